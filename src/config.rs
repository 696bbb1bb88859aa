//! The settings in `config.ron`: where they are found, what they mean, and errors that name line, field and what is
//! allowed. Reads the environment for paths only, never for secrets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::error::Result;
use crate::model::key::KeyType;
use crate::store::certifier_key::Protection;

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Unless NO_COLOR is set or the terminal is plain.
    Auto,
    /// Always.
    Always,
    /// Never: bold, underline and reverse only.
    Never,
}

/// Which symbols are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Unicode where the locale says UTF-8.
    Auto,
    /// Line drawing and few marks.
    Unicode,
    /// ASCII only.
    Ascii,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file they came from; `None` for the embedded default.
    pub file: Option<PathBuf>,
    /// The workspace folder, made absolute against the file's folder (or the current one).
    pub workspace: PathBuf,
    /// Who works here; empty takes the login name.
    pub operator: String,
    /// Colours.
    pub colour: Colour,
    /// Symbols.
    pub symbols: Symbols,
    /// Days before an end at which it is shown as near, largest first; the largest is the `soon` of lists.
    pub expiry_bands: Vec<i64>,
    /// The key type that new keyrings propose.
    pub keyring_key: KeyType,
    /// The key type that new certifiers propose.
    pub certifier_key: KeyType,
    /// How passwords are hardened.
    pub protection: Protection,
    /// Minutes without a key press after which certifiers are locked again; 0 is never.
    pub relock_minutes: u32,
    /// Other keys for commands, by command name.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The folder of this user's stash key, outside the workspace.
    pub home: PathBuf,
}

impl Config {
    /// Finds and reads the settings: `explicit`, `$RINGMASTER_CONFIG`, `./config.ron`, the XDG place, the embedded default.
    pub fn load(_explicit: Option<&Path>) -> Result<Self> {
        todo!()
    }

    /// Reads settings from text; `file` is named in errors and resolves relative paths.
    pub fn parse(_text: &str, _file: Option<&Path>) -> Result<Self> {
        todo!()
    }
}
