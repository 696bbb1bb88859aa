//! The rows of the present list: which is selected, and how the selection goes from one list to another and back.

use super::{Focus, Model};
use crate::tui::dialog::Dialog;
use crate::tui::msg::Effect;
use crate::tui::pane::{PaneId, RowKey, Target};
use crate::tui::view::areas;

/// How many jumps are remembered.
const JUMPS: usize = 50;

impl Model {
    /// Lists the rows of the present pane again, after filter, order or state have changed.
    pub fn list(&mut self) {
        let mut rows = (self.pane().rows)(self);
        if self.pane == PaneId::Certificates {
            rows = self.issued.place(rows);
        }
        self.here_mut().rows = rows;
        self.move_to(self.here().cursor);
    }

    /// Returns how many rows the present list has, the issued list included.
    pub fn count(&self) -> usize {
        let rows = &self.here().rows;
        if self.pane == PaneId::Certificates { self.issued.count(rows) } else { rows.len() }
    }

    /// Returns the key of a row of the present list.
    pub fn row(&self, index: usize) -> Option<RowKey> {
        let rows = &self.here().rows;
        if self.pane == PaneId::Certificates {
            self.issued.row(rows, index)
        } else {
            rows.get(index).cloned()
        }
    }

    /// Returns the selected row of the present list.
    pub fn selected(&self) -> Option<RowKey> {
        self.row(self.here().cursor)
    }

    /// Returns the name of the selected keyring, site or certifier.
    pub fn selected_name(&self) -> Option<String> {
        self.selected()?.name().map(str::to_owned)
    }

    /// Does something with the object that is selected by its name; where there is none, nothing.
    pub(in crate::tui) fn on_selected(
        &mut self,
        run: impl FnOnce(&mut Self, String) -> Vec<Effect>,
    ) -> Vec<Effect> {
        self.selected_name().map_or_else(Vec::new, |name| run(self, name))
    }

    /// Selects a row by its key; tells whether it is there.
    pub fn select(&mut self, key: &RowKey) -> bool {
        let rows = &self.here().rows;
        let found = match self.pane {
            PaneId::Certificates => self.issued.position(rows, key),
            _ => rows.iter().position(|k| k == key),
        };
        if let Some(index) = found
            && index != self.here().cursor
        {
            self.move_to(index);
        }
        found.is_some()
    }

    /// Jumps to another record, and remembers this one.
    pub fn jump(&mut self, target: Target) {
        // A checklist would hide where one has gone; its key brings it back.
        if let Some(at) = self.dialogs.iter().position(|d| matches!(d, Dialog::Checklist(_)))
            && let Dialog::Checklist(list) = self.dialogs.remove(at)
        {
            self.task = Some(list.name);
        }
        if let Some(key) = self.selected() {
            self.jumps.push((self.pane, key, self.here().filter.clone()));
            if self.jumps.len() > JUMPS {
                self.jumps.remove(0);
            }
        }
        match target {
            Target::Row(pane, key) => self.land(pane, Some(&key), None),
            Target::Filter(pane, filter) => self.land(pane, None, Some(filter)),
        }
    }

    /// Goes back to where one has jumped from.
    pub fn jump_back(&mut self) {
        if let Some((pane, key, filter)) = self.jumps.pop() {
            self.land(pane, Some(&key), Some(filter));
        }
    }

    /// Shows a pane with this filter, or with the one it has as long as that does not hide the row.
    fn land(&mut self, pane: PaneId, key: Option<&RowKey>, filter: Option<String>) {
        self.pane = pane;
        self.focus = Focus::List;
        if let Some(filter) = filter
            && filter != self.here().filter
        {
            let pane = self.here_mut();
            (pane.filter, pane.findings, pane.cursor, pane.top) = (filter, false, 0, 0);
            self.list();
        }
        let Some(key) = key else { return };
        if !self.select(key) && (!self.here().filter.is_empty() || self.here().findings) {
            let pane = self.here_mut();
            pane.filter.clear();
            pane.findings = false;
            self.list();
        }
        self.keep(key);
        if self.pane == PaneId::Certificates {
            // The issued list may be asked for only now.
            self.issued.keep = Some(key.clone());
        }
    }

    /// Stays on a row after the list was made anew, also when the issued list is still to come.
    pub fn keep(&mut self, key: &RowKey) {
        self.select(key);
        if self.pane == PaneId::Certificates && self.issued.asked.is_some() {
            self.issued.keep = Some(key.clone());
        }
    }

    /// Moves the selection to a row, or to the last one there is, and keeps it in sight.
    pub fn move_to(&mut self, index: usize) {
        let height = usize::from(areas(self).rows).max(1);
        let count = self.count();
        let pane = self.here_mut();
        let index = index.min(count.saturating_sub(1));
        if index != pane.cursor {
            pane.detail = 0;
        }
        pane.cursor = index;
        if index < pane.top || index >= pane.top.saturating_add(height) {
            // Half a page at once: on a slow line a page of rows costs as much as a single step of scrolling.
            pane.top = index.saturating_sub(height / 2);
        }
        pane.top = pane.top.min(count.saturating_sub(height));
    }
}
