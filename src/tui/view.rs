//! Draws the model. Changes nothing.

use ratatui::Frame;

use super::model::Model;

/// Draws the model into the frame.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    frame.render_widget(model.settings.workspace.as_str(), frame.area());
}
