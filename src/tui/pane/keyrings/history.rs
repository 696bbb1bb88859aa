//! Commands for earlier revisions of a keyring, undoing, and what an abandoned attempt left.

use crate::tui::command::Command;

pub(super) const COMMANDS: &[Command] = &[];
