//! The full-screen console: Model, Msg, `update(&mut Model, Msg) -> Vec<Effect>`, `view(&Model, &mut Frame)`. Holds no
//! rules of its own: every change goes through the desk as a verb.

mod answer;
pub mod areas;
pub mod backend;
pub mod brought;
pub mod chord;
mod clerk;
pub mod columns;
pub mod command;
mod compromised;
pub mod dialog;
pub mod effect;
mod everywhere;
pub mod filter;
pub mod findings;
pub mod input;
pub mod issued;
pub mod job;
pub mod keys;
pub mod model;
mod moving;
pub mod msg;
#[cfg_attr(not(feature = "network"), path = "offline.rs")]
mod online;
pub mod pane;
pub mod query;
pub mod run;
mod tabs;
pub mod task;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod wake;
pub mod widget;
