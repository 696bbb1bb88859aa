//! What the console is told when it starts. Says nothing of where that was read.

use std::collections::BTreeMap;

use crate::desk::publish::Targets;
use crate::model::key::KeyType;
use crate::model::time::Timestamp;
use crate::tui::theme::{Symbols, Theme};

/// What the console is told once, when it starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The workspace as it stands in the first line.
    pub workspace: String,
    /// Who works here.
    pub operator: String,
    /// Why the session may only read, if so.
    pub read_only: Option<String>,
    /// Certifiers that are already unlocked.
    pub unlocked: Vec<String>,
    /// The number of days from which on an end is near.
    pub soon: i64,
    /// The bands of days before an end that the checks tell, largest first.
    pub bands: Vec<i64>,
    /// The present.
    pub now: Timestamp,
    /// The size of the terminal: columns, rows.
    pub size: (u16, u16),
    /// The palette.
    pub theme: Theme,
    /// The character set.
    pub symbols: Symbols,
    /// Other keys for commands, by command name.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The key type that new keyrings propose.
    pub keyring_key: KeyType,
    /// The key type that new certifiers propose.
    pub certifier_key: KeyType,
    /// Where this machine publishes CRLs.
    pub targets: Targets,
    /// The time zone of the reader, when it is known.
    pub zone: Option<tz::TimeZone>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workspace: String::new(),
            operator: String::new(),
            read_only: None,
            unlocked: Vec::new(),
            soon: 30,
            bands: vec![90, 30, 14, 7],
            now: Timestamp::default(),
            size: (80, 24),
            theme: Theme::Ansi,
            symbols: Symbols::UNICODE,
            keys: BTreeMap::new(),
            keyring_key: KeyType::P256,
            certifier_key: KeyType::P384,
            targets: Targets::default(),
            zone: None,
        }
    }
}
