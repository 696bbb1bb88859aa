//! Where things stand on a screen of a size. Pure: the update asks it for page heights, the view for rectangles.

use ratatui::layout::Rect;

use super::model::Model;

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
    areas_of(model.size, wanted(model))
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

/// Returns the areas of a screen with so many columns and rows, and a list that can use so many lines.
pub fn areas_of((width, height): (u16, u16), wanted: Option<u16>) -> Areas {
    let whole = Rect::new(0, 0, width, height);
    let strip = |y: u16| Rect::new(0, y, width, 1).intersection(whole);
    let body = Rect::new(0, 1, width, height.saturating_sub(3)).intersection(whole);
    let (mut list, mut detail, mut beside) = (body, None, false);
    if width >= 100 && body.height >= 4 {
        let left = width / 5 * 3;
        list.width = left;
        beside = true;
        detail = Some(Rect::new(left.saturating_add(2), body.y, width.saturating_sub(left + 2), body.height));
    } else if width >= 60 && body.height >= 12 {
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

    #[test]
    fn every_area_lies_on_the_screen() {
        for width in 0..220 {
            for height in 0..70 {
                let whole = Rect::new(0, 0, width, height);
                let a = areas_of((width, height), [None, Some(2), Some(30)][usize::from(height % 3)]);
                for area in [a.tabs, a.body, a.list, a.status, a.footer].into_iter().chain(a.detail) {
                    assert_eq!(area.intersection(whole).area(), area.area(), "{width}x{height}: {area:?}");
                }
            }
        }
    }
}
