//! Commands that verify a keyring and explain its chain.

use super::{WRITE, ring};
use crate::tui::command::{Command, Level};
use crate::tui::dialog::verify::{Wanted, start};

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "keyring.verify",
    title: "verify",
    keys: &["v"],
    level: Level::Read,
    doc: "Explains the chain of the ring, leaf to root, with the verdict that TLS gives, at any date and for any host.",
    cli: Some("verify"),
    weight: 70,
    ready: |model| match model.selected().and_then(|key| ring(model, &key)) {
        None => Err("no keyring is selected".into()),
        Some(ring) if ring.leaf().is_none() => Err("this ring has no certificate yet".into()),
        Some(_) => Ok(()),
    },
    run: |model| model.on_selected(|model, name| start(model, Wanted::Keyring(name))),
    ..WRITE
}];
