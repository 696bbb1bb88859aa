//! Commands that verify a keyring and explain its chain.

use crate::tui::command::Command;

pub(super) const COMMANDS: &[Command] = &[];
