//! Gives each column of a list its width.

use super::pane::Column;

/// Returns the width of each column in a list of so many columns of text; 0 leaves a column out. There is one blank
/// behind each column.
pub fn widths(columns: &[Column], total: usize) -> Vec<usize> {
    let mut kept: Vec<bool> = vec![true; columns.len()];
    let need = |kept: &[bool]| -> usize {
        columns.iter().zip(kept).filter(|(_, k)| **k).map(|(c, _)| usize::from(c.least) + 1).sum()
    };
    while need(&kept) > total {
        let worst = columns.iter().enumerate().filter(|(i, c)| kept.get(*i) == Some(&true) && c.rank > 0);
        let Some((i, _)) = worst.max_by_key(|(_, c)| c.rank) else { break };
        if let Some(k) = kept.get_mut(i) {
            *k = false;
        }
    }
    let spare = total.saturating_sub(need(&kept));
    let shares: usize =
        columns.iter().zip(&kept).filter(|(_, k)| **k).map(|(c, _)| usize::from(c.share)).sum();
    let mut left = total;
    columns
        .iter()
        .zip(&kept)
        .map(|(c, kept)| {
            if !kept || left < 2 {
                return 0;
            }
            let extra = (spare * usize::from(c.share)).checked_div(shares).unwrap_or(0);
            let width = (usize::from(c.least) + extra).min(left - 1);
            left -= width + 1;
            width
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::pane::PANES;

    #[test]
    fn columns_never_take_more_than_there_is() {
        for pane in PANES {
            for total in 0..300 {
                let all = widths(pane.columns, total);
                let used: usize = all.iter().filter(|w| **w > 0).map(|w| w + 1).sum();
                assert!(used <= total.max(1), "{}: {total} columns: {all:?}", pane.title);
            }
        }
    }
}
