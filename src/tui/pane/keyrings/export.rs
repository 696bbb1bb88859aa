//! Commands that write parts of a keyring to files, and hand it over to other programs.

use crate::tui::command::Command;

pub(super) const COMMANDS: &[Command] = &[];
