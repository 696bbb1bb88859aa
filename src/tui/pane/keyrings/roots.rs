//! Commands for the trusted roots of a keyring.

use crate::tui::command::Command;

pub(super) const COMMANDS: &[Command] = &[];
