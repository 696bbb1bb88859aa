//! What the console knows and shows. Holds no handles: it is data, can be cloned, printed and compared by a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::State;
use crate::model::time::Timestamp;

/// What the console is told once, when it starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The workspace as it stands in the first line.
    pub workspace: String,
    /// Why the session may only read, if so.
    pub read_only: Option<String>,
    /// Certifiers that are already unlocked.
    pub unlocked: Vec<String>,
    /// The number of days from which on an end is near.
    pub soon: i64,
    /// The present.
    pub now: Timestamp,
    /// The size of the terminal: columns, rows.
    pub size: (u16, u16),
    /// The palette.
    pub theme: super::theme::Theme,
    /// The character set.
    pub symbols: super::theme::Symbols,
    /// Other keys for commands, by command name.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The key type that new keyrings propose.
    pub keyring_key: crate::model::key::KeyType,
    /// The key type that new certifiers propose.
    pub certifier_key: crate::model::key::KeyType,
}

/// The model.
#[derive(Debug, Clone)]
pub struct Model {
    /// The state of the workspace.
    pub state: Arc<State>,
    /// The settings.
    pub settings: Settings,
}

impl Model {
    /// Makes the model of a console that has just started.
    pub fn new(state: Arc<State>, settings: Settings) -> Self {
        Self { state, settings }
    }

    /// Tells whether [`Msg::Tick`](super::msg::Msg::Tick) is of use now: something on the screen waits for time.
    pub fn wants_tick(&self) -> bool {
        false
    }
}
