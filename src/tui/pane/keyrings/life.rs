//! Commands for the life of a keyring: request again, rename, duplicate, password, stash, self-certified certificate.

use crate::tui::command::Command;

pub(super) const COMMANDS: &[Command] = &[];
