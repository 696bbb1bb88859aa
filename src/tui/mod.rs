//! The full-screen console: Model, Msg, `update(&mut Model, Msg) -> Vec<Effect>`, `view(&Model, &mut Frame)`. Holds no
//! rules of its own: every change goes through the desk as a verb.

pub mod chord;
pub mod model;
pub mod msg;
pub mod theme;
pub mod update;
pub mod view;
