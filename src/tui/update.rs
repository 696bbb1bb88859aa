//! The one function that changes the model.

use super::model::Model;
use super::msg::{Effect, Msg};

/// Takes a message into the model and returns what the loop shall do.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Resize(columns, rows) => model.settings.size = (columns, rows),
        Msg::State(state) => model.state = state,
        Msg::Tick(now) => model.settings.now = now,
        Msg::Input(_) | Msg::Done(..) => {}
        Msg::Signal(code) => return vec![Effect::Quit(u8::try_from(code).unwrap_or(1))],
    }
    Vec::new()
}
