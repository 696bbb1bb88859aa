//! The small parts that panes and dialogs are drawn with.

pub mod ink;
pub mod line_edit;
pub mod text;
