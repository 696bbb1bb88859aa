//! Where things stand on a screen of a size. Pure: the update asks it for page heights, the view for rectangles.

use ratatui::layout::Rect;

use super::columns::widths;
use super::model::Model;
use super::pane::Column;

/// The least size at which anything but a message is drawn: columns, rows.
pub const LEAST: (u16, u16) = (40, 8);
/// The widest a dialog becomes; longer lines are hard to read.
pub const WIDEST: u16 = 110;

/// The rectangles of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// The first line.
    pub tabs: Rect,
    /// Everything between the first line and the status line.
    pub body: Rect,
    /// The list with its heading.
    pub list: Rect,
    /// The text of the detail, without its border.
    pub detail: Option<Rect>,
    /// Whether the detail stands beside the list, not below it.
    pub beside: bool,
    /// The line before the last.
    pub status: Rect,
    /// The last line.
    pub footer: Rect,
    /// How many rows the list shows.
    pub rows: u16,
    /// The room inside a tall dialog: columns, rows.
    pub sheet: (u16, u16),
}

/// Returns the areas for the model's screen.
pub fn areas(model: &Model) -> Areas {
    areas_of(model.size, wanted(model), model.pane().columns)
}

/// Returns how many lines the list can use, its heading included; `None` where it takes what it can get: an empty list
/// says what to do first, and a narrowed one would move the detail with every key typed.
fn wanted(model: &Model) -> Option<u16> {
    let pane = model.here();
    let whole = pane.filter.is_empty() && !pane.findings && model.count() > 0;
    whole.then(|| u16::try_from(model.count()).unwrap_or(u16::MAX).saturating_add(1))
}

/// The least lines of a list with a detail below it, the heading included.
const LIST: u16 = 5;
/// The least lines of a body in which a detail stands below the list.
const LEAST_BELOW: u16 = 12;

/// Returns how many columns a list of so many columns of text leaves out.
fn left_out(columns: &[Column], width: u16) -> usize {
    widths(columns, usize::from(width).saturating_sub(2)).iter().filter(|w| **w == 0).count()
}

/// Returns the areas of a screen with so many columns and rows, and a list of these columns that can use so many lines.
pub fn areas_of((width, height): (u16, u16), wanted: Option<u16>, columns: &[Column]) -> Areas {
    let whole = Rect::new(0, 0, width, height);
    let strip = |y: u16| Rect::new(0, y, width, 1).intersection(whole);
    let body = Rect::new(0, 1, width, height.saturating_sub(3)).intersection(whole);
    let (mut list, mut detail, mut beside) = (body, None, false);
    let left = width / 5 * 3;
    // Beside the list the detail has more lines, but what the list says of every row comes first.
    let room = body.height < LEAST_BELOW || left_out(columns, left) <= left_out(columns, width) + 1;
    if width >= 100 && body.height >= 4 && room {
        list.width = left;
        beside = true;
        detail = Some(Rect::new(left.saturating_add(2), body.y, width.saturating_sub(left + 2), body.height));
    } else if width >= 60 && body.height >= LEAST_BELOW {
        let most = body.height.saturating_sub(body.height * 2 / 5 + 1);
        list.height = wanted.map_or(most, |lines| lines.max(LIST).min(most));
        let below = body.height.saturating_sub(list.height + 1);
        let y = list.bottom().saturating_add(1);
        detail = Some(Rect::new(0, y, width, below));
    }
    Areas {
        tabs: strip(0),
        body,
        list,
        detail,
        beside,
        status: strip(height.saturating_sub(2)),
        footer: strip(height.saturating_sub(1)),
        rows: list.height.saturating_sub(1),
        sheet: (width.min(WIDEST).saturating_sub(4), body.height.saturating_sub(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::pane::PANES;

    #[test]
    fn every_area_lies_on_the_screen() {
        for width in 0..220 {
            for height in 0..70 {
                let whole = Rect::new(0, 0, width, height);
                let wanted = [None, Some(2), Some(30)][usize::from(height % 3)];
                let pane = &PANES[usize::from(width) % PANES.len()];
                let a = areas_of((width, height), wanted, pane.columns);
                for area in [a.tabs, a.body, a.list, a.status, a.footer].into_iter().chain(a.detail) {
                    assert_eq!(area.intersection(whole).area(), area.area(), "{width}x{height}: {area:?}");
                }
            }
        }
    }

    #[test]
    fn a_detail_beside_the_list_costs_one_column_at_most() {
        for pane in PANES {
            for width in 60..300 {
                let a = areas_of((width, 43), None, pane.columns);
                assert!(a.detail.is_some());
                let lost = left_out(pane.columns, a.list.width) - left_out(pane.columns, width);
                assert!(lost <= 1, "{} at {width}: {lost} columns are lost", pane.title);
            }
            assert!(areas_of((200, 43), None, pane.columns).beside, "{}", pane.title);
        }
    }
}
