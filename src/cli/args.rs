//! The shapes of arguments that many commands have: a value behind its name, a switch, a file.

use std::path::PathBuf;

use clap::builder::{IntoResettable, StyledStr};
use clap::{Arg, ArgAction, value_parser};

/// Makes an option with a value: `--name VALUE`.
pub(super) fn option(name: &'static str, value: &'static str, help: impl IntoResettable<StyledStr>) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// Makes a switch: `--name`.
pub(super) fn flag(name: &'static str, help: impl IntoResettable<StyledStr>) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// Makes the argument that names a file.
pub(super) fn file(help: impl IntoResettable<StyledStr>) -> Arg {
    Arg::new("file").value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
}
