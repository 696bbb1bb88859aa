//! The filter line: what is typed narrows the list as soon as it can be read, Tab completes it, and the line under it
//! says what it means or points at what cannot be read. What an expression means is the model's affair.

use super::chord::Key;
use super::command;
use super::model::{Focus, Model};
use super::msg::{Effect, Input};
use super::pane::PaneId;
use super::theme::Role;
use super::widget::line_edit::LineEdit;
use super::widget::text::width;
use crate::model::certifier::Certifier;
use crate::model::escape::visible;
use crate::model::field::field_names;
use crate::model::filter::{self, Filter, Known, Mistake};
use crate::model::finding::Finding;
use crate::model::keyring::Keyring;
use crate::model::person::Person;
use crate::model::server::Server;
use crate::model::site::Site;

/// A filter line, and what Tab offers in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterLine {
    /// What is typed.
    pub line: LineEdit,
    /// The offers with the place of the one that stands in the line, and the text and cursor before.
    offers: Option<(Vec<String>, Option<usize>, String, usize)>,
}

impl FilterLine {
    /// Makes a line that holds the filter of the list.
    pub fn new(text: &str) -> Self {
        Self { line: LineEdit::new(text), offers: None }
    }
}

fn read(model: &Model, text: &str) -> Result<Filter, Mistake> {
    match model.pane {
        PaneId::Certificates => filter::parse(text),
        pane => filter::of_fields(text, &fields(pane)),
    }
}

/// Lists the fields that the filter of a pane knows, beside those of certificates.
fn fields(pane: PaneId) -> Vec<&'static str> {
    match pane {
        PaneId::Keyrings => field_names::<Keyring>(),
        PaneId::Certifiers => field_names::<Certifier>(),
        PaneId::Sites => field_names::<Site>(),
        PaneId::Servers => field_names::<Server>(),
        PaneId::People => field_names::<Person>(),
        PaneId::Findings => field_names::<Finding>(),
        _ => Vec::new(),
    }
}

/// Takes input into the filter line; the list follows each key.
pub(super) fn input(model: &mut Model, mut line: FilterLine, input: &Input) -> Vec<Effect> {
    if let Input::Chord(key) = input {
        match key {
            Key::Enter if read(model, line.line.text()).is_ok() => {
                model.focus = Focus::List;
                return Vec::new();
            }
            Key::Esc => {
                model.focus = Focus::List;
                narrow(model, String::new());
                return Vec::new();
            }
            Key::Up | Key::Down | Key::PageUp | Key::PageDown => {
                model.focus = Focus::List;
                let effects =
                    command::of_key(model, *key).map_or_else(Vec::new, |c| command::dispatch(model, c));
                model.focus = Focus::Filter(line);
                return effects;
            }
            _ => {}
        }
    }
    match input {
        Input::Chord(Key::Enter) => {}
        Input::Chord(Key::Tab) => complete(model, &mut line),
        Input::Chord(key) => {
            line.offers = None;
            line.line.key(*key);
        }
        Input::Paste(text, _) => {
            line.offers = None;
            line.line.insert(text);
        }
    }
    let text = line.line.text().to_owned();
    model.focus = Focus::Filter(line);
    // While a term is not finished the list stays as it was.
    if read(model, &text).is_ok() {
        narrow(model, text);
    }
    Vec::new()
}

fn narrow(model: &mut Model, text: String) {
    if model.here().filter != text {
        let pane = model.here_mut();
        (pane.filter, pane.cursor, pane.top) = (text, 0, 0);
        model.list();
    }
}

/// Completes the term before the cursor: first as far as all offers agree, then one offer after the other.
fn complete(model: &Model, line: &mut FilterLine) {
    if model.pane != PaneId::Certificates {
        return;
    }
    if let Some((offers, at, text, cursor)) = &mut line.offers {
        let next = at.map_or(0, |at| (at + 1) % offers.len().max(1));
        if let Some(offer) = offers.get(next) {
            let (text, cursor) = filter::replace(text, *cursor, offer);
            line.line.set_at(&text, cursor);
            *at = Some(next);
        }
        return;
    }
    let state = &model.state;
    let known = Known {
        issuers: state.certifiers.keys().cloned().collect(),
        rings: state.keyrings.keys().cloned().collect(),
        profiles: state.profiles.keys().cloned().collect(),
    };
    let (text, cursor) = (line.line.text().to_owned(), line.line.cursor());
    let offers = filter::complete(&text, cursor, &known);
    let Some(first) = offers.first() else { return };
    let common = offers.iter().skip(1).fold(first.as_str(), |common, offer| {
        let same = common.char_indices().zip(offer.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
        let end = same.unwrap_or_else(|| common.len().min(offer.len()));
        common.get(..end).unwrap_or_default()
    });
    let (agreed, behind) = filter::replace(&text, cursor, common);
    // Where the offers agree on less than was typed, what was typed stays.
    if agreed.len() > text.len() || offers.len() == 1 {
        line.line.set_at(&agreed, behind);
    }
    if offers.len() > 1 {
        let (text, cursor) = (line.line.text().to_owned(), line.line.cursor());
        line.offers = Some((offers, None, text, cursor));
    }
}

/// Says what the line under the filter says in so many columns, and how that looks.
pub(super) fn under(model: &Model, line: &FilterLine, columns: usize) -> (String, Role) {
    let text = line.line.text();
    if let Some((offers, at, ..)) = &line.offers {
        let shown = |(i, offer): (usize, &String)| {
            if *at == Some(i) { format!("[{offer}]") } else { offer.clone() }
        };
        let all: Vec<_> = offers.iter().enumerate().map(shown).collect();
        // The chosen one stays in sight.
        let from = at.unwrap_or(0).saturating_sub(2);
        return (format!("Tab: {}", all.get(from..).unwrap_or_default().join("  ")), Role::Text);
    }
    match read(model, text) {
        Err(mistake) => {
            let why = visible(&mistake.why);
            let at = 1 + width(&visible(text.get(..mistake.at).unwrap_or_default()));
            let message = if at + width(&why) + 2 <= columns {
                format!("{}^ {why}", " ".repeat(at))
            } else if width(&why) + 2 <= at {
                format!("{}{why} ^", " ".repeat(at.min(columns) - width(&why) - 1))
            } else {
                format!("^ {why}")
            };
            (message, Role::Warn)
        }
        Ok(filter) if filter.is_empty() && model.pane == PaneId::Certificates => {
            ("Words, expires<30d, key:rsa, used:no, name:*.example.test; Tab completes".into(), Role::Dim)
        }
        Ok(filter) if filter.is_empty() && model.pane == PaneId::Findings => {
            ("Words, rule:S09, severity:error, object:web01; -word leaves out".into(), Role::Dim)
        }
        Ok(filter) if filter.is_empty() && !fields(model.pane).is_empty() => {
            ("Words, field:word such as keyring:mail or enabled:no; -word leaves out".into(), Role::Dim)
        }
        Ok(filter) if filter.is_empty() => {
            ("Words; -word leaves out, quotes hold blanks together".into(), Role::Dim)
        }
        Ok(filter) => (filter.explain(), Role::Text),
    }
}
