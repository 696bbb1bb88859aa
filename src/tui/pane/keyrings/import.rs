//! Commands that make a keyring of what was made elsewhere.

use crate::tui::command::Command;

pub(super) const COMMANDS: &[Command] = &[];
