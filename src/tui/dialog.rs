//! The dialogs: a closed set, on a stack, of which the last one has the keys. Each takes input and says what it shows as
//! a [`Sheet`]; where it stands on the screen is the view's affair.

pub mod batch;
pub mod bulk;
pub mod change;
pub mod ciphers;
pub mod compare;
pub mod confirm;
pub(in crate::tui) mod directory;
pub mod error;
pub mod explain;
pub mod form;
pub mod help;
pub mod history;
pub mod import;
pub mod install;
pub mod leftovers;
mod line;
pub mod log;
pub mod log_report;
pub mod menu;
pub mod palette;
mod past;
pub mod path;
pub mod phrase;
pub mod pick;
pub mod pickup;
pub mod records;
pub mod review;
pub mod roots;
pub mod scan;
mod scroll;
pub mod secret;
pub mod shares;
pub mod tasks;
pub mod timeline;
pub mod verify;
pub mod versions;
pub mod viewer;
pub mod visits;
pub mod who;

use ratatui::text::Line;

use super::areas::areas;
use super::model::Model;
use super::msg::{Effect, Input, JobId};

/// A dialog.
#[derive(Debug, Clone)]
pub enum Dialog {
    /// Fields to fill in.
    Form(form::Form),
    /// A name to type before something is taken away.
    Confirm(confirm::Confirm),
    /// Every command, to find one by words.
    Palette(palette::Palette),
    /// Lines to read.
    Viewer(viewer::Viewer),
    /// A few ways to go on.
    Menu(menu::Menu),
    /// A file to name.
    Path(path::PathLine),
    /// A password to type.
    Secret(secret::SecretLine),
    /// Shares to hand out.
    Shares(Box<shares::Shares>),
    /// What installing would do.
    Install(install::Install),
    /// What an approver looks at.
    Review(review::Review),
    /// Many requests looked at together.
    Batch(Box<batch::Batch>),
    /// A pick-up ID to type.
    PickUp(pickup::PickUpLine),
    /// The same done to many records.
    Bulk(bulk::Bulk),
    /// When certificates end.
    Timeline(timeline::Chart),
    /// The ciphers of a document.
    Ciphers(Box<ciphers::Ciphers>),
    /// The trusted roots of a keyring.
    Roots(roots::Roots),
    /// Two certificates side by side.
    Compare(compare::Compare),
    /// Certificates to choose from.
    Pick(pick::Pick),
    /// A report on a chain.
    Verify(Box<verify::Verify>),
    /// A service that is being scanned, or services that are visited.
    Scan(scan::Scanning),
    /// What visits saw.
    Visits(Box<visits::Visits>),
    /// What a file or a paste holds.
    Import(Box<import::Import>),
    /// The revisions of a keyring.
    Revisions(history::Revisions),
    /// The versions of a document.
    Versions(Box<versions::Versions>),
    /// The same change of many documents.
    Change(Box<change::Change>),
    /// What abandoned attempts have left.
    Leftovers(leftovers::Leftovers),
    /// A pass phrase that is shown once.
    Phrase(phrase::Phrase),
    /// A guided task.
    Checklist(tasks::Checklist),
    /// The audit chain.
    Log(Box<log::Log>),
    /// Who answers, explained while one types.
    Who(Box<who::Who>),
    /// An error text or a number, and what it means.
    Explain(Box<explain::Explain>),
    /// What a log says about TLS.
    LogReport(Box<log_report::LogReport>),
    /// A refusal or failure.
    Error(error::ErrorBox),
}

/// A hint of the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key as people know it.
    pub key: String,
    /// What it does.
    pub title: String,
    /// Hints with less weight are left out first.
    pub weight: u8,
}

/// What a dialog shows.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// The title in the border.
    pub title: String,
    /// Lines that stay at the top.
    pub head: Vec<Line<'static>>,
    /// The lines, of which as many are shown as fit.
    pub body: Vec<Line<'static>>,
    /// Lines that stay at the bottom.
    pub foot: Vec<Line<'static>>,
    /// Where the cursor stands: line of the body, column.
    pub cursor: Option<(usize, usize)>,
    /// How many lines below the cursor's belong to it and are kept in sight with it.
    pub below: usize,
    /// The first line shown; `None` keeps the cursor's line in sight.
    pub top: Option<usize>,
    /// What the footer says.
    pub hints: Vec<Hint>,
    /// Whether it takes all the room there is.
    pub tall: bool,
}

impl Sheet {
    /// Returns the first line of the body that is shown where so many fit.
    pub fn first(&self, page: usize) -> usize {
        self.top.unwrap_or_else(|| {
            let row = self.cursor.map_or(0, |(row, _)| row);
            let last = row + self.below;
            if last < page { 0 } else { (last + 1 - page).min(row) }
        })
    }

    /// Returns the first line shown a page further up or down, where the cursor need not be; a line stays in sight.
    pub fn paged(&self, model: &Model, up: bool) -> usize {
        let page = usize::from(areas(model).sheet.1).max(2);
        let (top, step) = (self.first(page), page - 1);
        let next = if up { top.saturating_sub(step) } else { top + step };
        next.min(self.body.len().saturating_sub(page))
    }
}

/// Makes a hint.
pub(super) fn hint(key: &str, title: &str, weight: u8) -> Hint {
    Hint { key: key.into(), title: title.into(), weight }
}

impl Dialog {
    /// Takes input. Returns the dialog as it goes on, `None` when it is closed, and what the loop shall do.
    pub fn input(self, model: &mut Model, input: &Input) -> (Option<Self>, Vec<Effect>) {
        match self {
            Self::Form(d) => d.input(model, input),
            Self::Confirm(d) => d.input(model, input),
            Self::Palette(d) => d.input(model, input),
            Self::Viewer(d) => d.input(model, input),
            Self::Menu(d) => d.input(model, input),
            Self::Path(d) => d.input(model, input),
            Self::Secret(d) => d.input(model, input),
            Self::Shares(d) => d.input(model, input),
            Self::Install(d) => d.input(model, input),
            Self::Review(d) => d.input(model, input),
            Self::Batch(d) => d.input(model, input),
            Self::PickUp(d) => d.input(model, input),
            Self::Bulk(d) => d.input(model, input),
            Self::Timeline(d) => d.input(model, input),
            Self::Ciphers(d) => d.input(model, input),
            Self::Roots(d) => d.input(model, input),
            Self::Compare(d) => d.input(model, input),
            Self::Pick(d) => d.input(model, input),
            Self::Verify(d) => d.input(model, input),
            Self::Scan(d) => d.input(model, input),
            Self::Visits(d) => d.input(model, input),
            Self::Import(d) => d.input(model, input),
            Self::Revisions(d) => d.input(model, input),
            Self::Versions(d) => d.input(model, input),
            Self::Change(d) => d.input(model, input),
            Self::Leftovers(d) => d.input(model, input),
            Self::Phrase(d) => d.input(model, input),
            Self::Checklist(d) => d.input(model, input),
            Self::Log(d) => d.input(model, input),
            Self::Who(d) => d.input(model, input),
            Self::Explain(d) => d.input(model, input),
            Self::LogReport(d) => d.input(model, input),
            Self::Error(d) => d.input(model, input),
        }
    }

    /// Says what it shows in so many columns.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        match self {
            Self::Form(d) => d.sheet(model, columns),
            Self::Confirm(d) => d.sheet(model, columns),
            Self::Palette(d) => d.sheet(model, columns),
            Self::Viewer(d) => d.sheet(model, columns),
            Self::Menu(d) => d.sheet(model, columns),
            Self::Path(d) => d.sheet(model, columns),
            Self::Secret(d) => d.sheet(model, columns),
            Self::Shares(d) => d.sheet(model, columns),
            Self::Install(d) => d.sheet(model, columns),
            Self::Review(d) => d.sheet(model, columns),
            Self::Batch(d) => d.sheet(model, columns),
            Self::PickUp(d) => d.sheet(model, columns),
            Self::Bulk(d) => d.sheet(model, columns),
            Self::Timeline(d) => d.sheet(model, columns),
            Self::Ciphers(d) => d.sheet(model, columns),
            Self::Roots(d) => d.sheet(model, columns),
            Self::Compare(d) => d.sheet(model, columns),
            Self::Pick(d) => d.sheet(model, columns),
            Self::Verify(d) => d.sheet(model, columns),
            Self::Scan(d) => d.sheet(model, columns),
            Self::Visits(d) => d.sheet(model, columns),
            Self::Import(d) => d.sheet(model, columns),
            Self::Revisions(d) => d.sheet(model, columns),
            Self::Versions(d) => d.sheet(model, columns),
            Self::Change(d) => d.sheet(model, columns),
            Self::Leftovers(d) => d.sheet(model, columns),
            Self::Phrase(d) => d.sheet(model, columns),
            Self::Checklist(d) => d.sheet(model, columns),
            Self::Log(d) => d.sheet(model, columns),
            Self::Who(d) => d.sheet(model, columns),
            Self::Explain(d) => d.sheet(model, columns),
            Self::LogReport(d) => d.sheet(model, columns),
            Self::Error(d) => d.sheet(model, columns),
        }
    }

    /// Returns the job it waits for.
    pub fn busy(&self) -> Option<JobId> {
        match self {
            Self::Form(d) => d.busy,
            Self::Path(d) => d.busy,
            Self::PickUp(d) => d.busy,
            Self::Secret(d) => d.busy,
            Self::Menu(d) => d.busy,
            Self::Install(d) => d.busy,
            Self::Phrase(d) => d.busy,
            Self::Change(d) => d.busy,
            Self::Scan(d) => d.busy,
            _ => None,
        }
    }

    /// Sets the job it waits for.
    pub fn set_busy(&mut self, job: Option<JobId>) {
        match self {
            Self::Form(d) => d.busy = job,
            Self::Path(d) => d.busy = job,
            Self::PickUp(d) => d.busy = job,
            Self::Secret(d) => d.busy = job,
            Self::Menu(d) => d.busy = job,
            Self::Install(d) => d.busy = job,
            Self::Phrase(d) => d.busy = job,
            Self::Change(d) => d.busy = job,
            Self::Scan(d) => d.busy = job,
            _ => {}
        }
    }

    /// Takes how far the job is that it waits for.
    pub fn told(&mut self, text: &str) {
        match self {
            Self::Scan(d) => text.clone_into(&mut d.told),
            Self::Path(d) => text.clone_into(&mut d.told),
            _ => {}
        }
    }

    /// Says what would be lost by leaving now, if anything.
    pub fn unsaved(&self) -> Option<String> {
        match self {
            Self::Form(d) if d.changed() => {
                Some(format!("What was typed in \"{}\" has not been saved.", d.title))
            }
            Self::Bulk(d) if d.works() => {
                Some(format!("\"{}\" is not finished; what has not begun is left out.", d.title()))
            }
            _ => None,
        }
    }

    /// Tells whether it shows something that changes with time.
    pub fn follows(&self) -> bool {
        matches!(self, Self::Viewer(v) if v.follows)
    }
}
