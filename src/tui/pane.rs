//! The PANES as data: columns, rows, detail and commands of each. A pane draws nothing and keeps nothing.

pub mod certificates;
pub mod certifiers;
mod documents;
pub mod findings;
pub mod keyrings;
pub mod people;
pub mod requests;
pub mod servers;
pub mod sites;

use std::sync::Arc;

use super::command::Command;
use super::dialog::menu::Copy;
use super::model::Model;
use super::theme::Role;
use crate::model::bytes::Digest;
use crate::model::field::{Record, field_names, fits};
use crate::model::filter::{self, Test};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::request::RequestId;
use crate::model::resolve::used;
use crate::model::seen::Visit;

/// Which pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaneId {
    /// Keyrings.
    Keyrings,
    /// Certificates.
    Certificates,
    /// Site documents.
    Sites,
    /// The queue.
    Requests,
    /// Certifiers.
    Certifiers,
    /// What the checks have found.
    Findings,
    /// People and their client certificates.
    People,
    /// Server documents.
    Servers,
}

/// Every pane, in the order of the digits.
pub const PANES: [&Pane; 8] = [
    &keyrings::PANE,
    &certificates::PANE,
    &sites::PANE,
    &requests::PANE,
    &certifiers::PANE,
    &findings::PANE,
    &people::PANE,
    &servers::PANE,
];

/// A row of a list, by what it is the row of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    /// A keyring, site or certifier by name.
    Name(String),
    /// A request by number.
    Request(RequestId),
    /// A certificate that stands in the workspace.
    Local(Digest),
    /// A row of the issued list by its id.
    Issued(u32),
    /// The head of a group, by its label.
    Group(String),
    /// A finding, whole: it has no other name.
    Finding(Arc<Finding>),
}

impl RowKey {
    /// Returns the name of a row that goes by a name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Finds the pane and the row of an object; what has no row of its own has none.
    pub fn of(subject: &Subject) -> Option<(PaneId, Self)> {
        Some(match subject {
            Subject::Keyring(name) => (PaneId::Keyrings, Self::Name(name.clone())),
            Subject::Site(name) => (PaneId::Sites, Self::Name(name.clone())),
            Subject::Server(name) => (PaneId::Servers, Self::Name(name.clone())),
            Subject::Person(name) => (PaneId::People, Self::Name(name.clone())),
            Subject::Certifier(name) => (PaneId::Certifiers, Self::Name(name.clone())),
            Subject::Request(id) => (PaneId::Requests, Self::Request(*id)),
            Subject::Workspace | Subject::Certificate(_) | Subject::Issued(..) => return None,
        })
    }
}

/// A column of a list.
#[derive(Debug)]
pub struct Column {
    /// The heading.
    pub title: &'static str,
    /// The least width that is of use.
    pub least: u16,
    /// The share of what is left over.
    pub share: u16,
    /// Columns with a higher rank are left out first where the list is narrow; 0 stays.
    pub rank: u8,
}

/// A cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The text; it is escaped when drawn.
    pub text: String,
    /// How it looks.
    pub role: Role,
}

impl Cell {
    /// Makes a plain cell.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), role: Role::Text }
    }

    /// Makes a cell with a role.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self { text: text.into(), role }
    }
}

/// One line of a detail: label and value.
pub type Entry = (&'static str, String);

/// A place where a row is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// What it is.
    pub text: String,
    /// Where it stands, if it stands in a list.
    pub to: Option<Target>,
}

/// Where a jump leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a row of a pane.
    Row(PaneId, RowKey),
    /// To the rows of a pane that fit a filter.
    Filter(PaneId, String),
}

impl Used {
    /// Makes a place that is a row of a pane.
    pub fn at(text: impl Into<String>, pane: PaneId, key: RowKey) -> Self {
        Self { text: text.into(), to: Some(Target::Row(pane, key)) }
    }

    /// Makes a place that stands in no list.
    pub fn nowhere(text: impl Into<String>) -> Self {
        Self { text: text.into(), to: None }
    }
}

impl From<used::Use> for Used {
    fn from(used: used::Use) -> Self {
        let to = RowKey::of(&used.to).map(|(pane, key)| Target::Row(pane, key));
        Self { text: used.text, to }
    }
}

/// A pane.
#[derive(Debug)]
pub struct Pane {
    /// Which.
    pub id: PaneId,
    /// The title in the first line.
    pub title: &'static str,
    /// The same where the line is narrow.
    pub short: &'static str,
    /// The columns of its list.
    pub columns: &'static [Column],
    /// Lists its rows, narrowed and sorted as the model asks. The issued list is not in it.
    pub rows: fn(&Model) -> Vec<RowKey>,
    /// Says what the list is sorted by: the title of a column, or other words; empty where there is one order alone.
    pub sorted: fn(&Model) -> &'static str,
    /// Returns the cells of a row, one a column; `None` when the row is not known (yet).
    pub cells: fn(&Model, &RowKey) -> Option<Vec<Cell>>,
    /// Returns everything there is to say of a row.
    pub detail: fn(&Model, &RowKey) -> Vec<Entry>,
    /// Says where a row is used, and how one gets there.
    pub used: fn(&Model, &RowKey) -> Vec<Used>,
    /// Lists what of a row can be copied.
    pub copies: fn(&Model, &RowKey) -> Vec<Copy>,
    /// Says what can be done first when there is nothing, as command names with one line of why.
    pub empty: fn(&Model) -> Vec<(&'static str, &'static str)>,
    /// Its commands.
    pub commands: &'static [&'static [Command]],
}

impl PaneId {
    /// Returns the place in [`PANES`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Returns the pane.
    pub fn pane(self) -> &'static Pane {
        PANES.get(self.index()).copied().unwrap_or(&keyrings::PANE)
    }
}

/// Reads every field of a record that says something.
pub(super) fn entries<T: Record>(record: &T, model: &Model) -> Vec<Entry> {
    let look = model.look();
    let all = record.own().filter(|f| !record.omits(f.name)).map(|f| (f.label, (f.get)(record, &look)));
    all.filter(|(_, value)| !value.is_empty()).collect()
}

/// Names the worst that was found about an object, with how much more there is; `None` when nothing matters.
pub(super) fn worst(model: &Model, subject: &Subject) -> Option<(String, Role)> {
    let found: Vec<_> = model.findings_of(subject).filter(|f| f.severity > Severity::Info).collect();
    // Of equally bad ones the first.
    let worst = found.iter().rev().max_by_key(|f| f.severity)?;
    let role = if worst.severity == Severity::Error { Role::Bad } else { Role::Warn };
    let more = if found.len() > 1 { format!(" +{}", found.len() - 1) } else { String::new() };
    Some((format!("finding {}{more}", worst.rule), role))
}

/// Tells whether all words of a filter, and none that it leaves out, stand in one of the texts.
pub(super) fn matches(filter: &str, texts: &[&str]) -> bool {
    let low: Vec<String> = texts.iter().map(|t| t.to_lowercase()).collect();
    let terms = filter::plain(filter).unwrap_or_default().terms;
    terms.iter().all(|term| match &term.test {
        Test::Text(word) => low.iter().any(|t| t.contains(word.as_str())) != term.not,
        _ => true,
    })
}

/// Narrows the named records of a map by filter and findings, as most panes do.
pub(super) fn named<'a, T: Record>(
    model: &Model,
    all: impl Iterator<Item = (&'a String, &'a T)>,
    texts: impl Fn(&T) -> String,
    good: impl Fn(&T) -> bool,
) -> Vec<RowKey> {
    let pane = model.here();
    let Ok(filter) = filter::of_fields(&pane.filter, &field_names::<T>()) else { return Vec::new() };
    let look = model.look();
    let wanted = |(name, record): &(&String, &T)| {
        (!pane.findings || !good(record))
            && (filter.is_empty() || fits(*record, &filter, &[(*name).clone(), texts(record)], &look))
    };
    all.filter(wanted).map(|(name, _)| RowKey::Name(name.clone())).collect()
}

/// Joins the alternative names of a certificate.
fn names_of(certificate: &crate::model::certificate::Certificate) -> String {
    certificate.alt_names.iter().map(|n| n.value()).collect::<Vec<_>>().join(" ")
}

/// Writes the cells of a row as one line of text.
fn row_text(model: &Model, key: &RowKey) -> String {
    let cells = (model.pane().cells)(model, key).unwrap_or_default();
    let text = cells.iter().map(|c| crate::model::escape::visible(&c.text)).collect::<Vec<_>>();
    text.join("\t")
}

/// Lists the latest visits, as lines of a detail.
fn visited(model: &Model, of: impl Fn(&Visit) -> bool) -> impl Iterator<Item = Entry> {
    model.state.visits.iter().filter(move |visit| of(visit)).map(|visit| ("Last visit", visit.line()))
}

/// Lists what the checks found about a subject, as lines of its detail.
fn found<'a>(model: &'a Model, subject: &'a Subject) -> Vec<Entry> {
    let text = |f: &Finding| {
        let command = f.command.as_deref().and_then(super::command::find);
        let run = command.map_or_else(String::new, |c| format!(" ({}: {})", model.key_of(c), c.title));
        format!("{} {}: {} {}{run}", f.rule, f.severity.word(), f.text, f.remedy)
    };
    model.findings_of(subject).map(|f| ("Finding", text(f))).collect()
}
