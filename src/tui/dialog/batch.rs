//! Many requests looked at together: a line each with what was asked, what would be issued and what speaks against it. The
//! clean ones are approved, marked ones denied with one reason, and what is approved is signed as a batch with its seal.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{Form, Goal};
use super::scroll::moved;
use super::{Dialog, Sheet, bulk, hint, review};
use crate::desk::Verb;
use crate::desk::queue::Looked;
use crate::model::error::Error;
use crate::model::finding::{Finding, Severity};
use crate::model::keyring::join;
use crate::model::request::{Plan, Request, RequestId, Status};
use crate::ops::issue::{BATCH, seal};
use crate::tui::areas::areas;
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{cut, fit, wrap};

/// What would be issued for one of them.
#[derive(Debug, Clone)]
struct Look {
    plan: Plan,
    /// Subject and names, and until when.
    subject: String,
    names: String,
    ends: String,
    findings: Vec<Finding>,
    error: Option<Error>,
}

/// Requests that are looked at together.
#[derive(Debug, Clone)]
pub struct Batch {
    ids: Vec<RequestId>,
    looks: BTreeMap<RequestId, Look>,
    marked: BTreeSet<RequestId>,
    cursor: usize,
    /// The certifier for requests that no plan stands for yet.
    certifier: Option<String>,
    /// The seal, while it is typed.
    typed: Option<LineEdit>,
    wrong: bool,
}

/// Opens the table of these requests.
pub(in crate::tui) fn open(model: &mut Model, ids: Vec<RequestId>) -> Vec<Effect> {
    let certifier = review::proposal(model).map(|plan| plan.certifier).or_else(|| next(model, None));
    let batch = Batch {
        ids,
        looks: BTreeMap::new(),
        marked: BTreeSet::new(),
        cursor: 0,
        certifier,
        typed: None,
        wrong: false,
    };
    let effects = batch.ask(model);
    model.dialogs.push(Dialog::Batch(Box::new(batch)));
    effects
}

/// Takes what would be issued for the requests of the table.
pub(in crate::tui) fn take(model: &mut Model, looked: Vec<Looked>) {
    let tables =
        model.dialogs.iter_mut().filter_map(|d| if let Dialog::Batch(b) = d { Some(b) } else { None });
    for batch in tables {
        for (id, plan, preview) in &looked {
            let mut look = Look {
                plan: plan.clone(),
                subject: String::new(),
                names: String::new(),
                ends: String::new(),
                findings: Vec::new(),
                error: None,
            };
            match preview {
                Ok(preview) => {
                    if let Some(certificate) = &preview.certificate {
                        look.subject = certificate.subject.text();
                        look.names = join(certificate.alt_names.iter()).replace('\n', " ");
                        look.ends = certificate.not_after.date();
                    }
                    look.findings.clone_from(&preview.findings);
                }
                Err(error) => look.error = Some(error.clone()),
            }
            batch.looks.insert(*id, look);
        }
    }
}

/// Asks again what would be issued, after something was decided.
pub(in crate::tui) fn renew(model: &mut Model) -> Vec<Effect> {
    let found =
        model.dialogs.iter().find_map(|d| if let Dialog::Batch(b) = d { Some(b.clone()) } else { None });
    found.map_or_else(Vec::new, |batch| batch.ask(model))
}

/// Names the certifier that comes after another one in the list of those that issue.
fn next(model: &Model, after: Option<&String>) -> Option<String> {
    let names: Vec<_> =
        model.state.certifiers.values().filter(|c| c.status.issues()).map(|c| &c.name).collect();
    let at = after.and_then(|name| names.iter().position(|n| *n == name)).map_or(0, |at| at + 1);
    names.get(at).or_else(|| names.first()).map(|name| (*name).clone())
}

impl Batch {
    /// Returns the plan that stands for a request, or the usual one of the chosen certifier.
    fn plan(&self, model: &Model, request: &Request) -> Option<Plan> {
        let usual = || {
            let certifier = self.certifier.as_ref().and_then(|name| model.state.certifiers.get(name))?;
            Some(review::usual(model, certifier))
        };
        match request.plan() {
            Some(plan) if !plan.certifier.is_empty() => Some(plan.clone()),
            Some(plan) => usual().map(|u| Plan { certifier: u.certifier, ..plan.clone() }),
            None => usual(),
        }
    }

    fn ask(&self, model: &mut Model) -> Vec<Effect> {
        let state = model.state.clone();
        let open = self.ids.iter().filter_map(|id| state.requests.get(id)).filter(|r| r.status.is_open());
        let plans: Vec<_> = open.filter_map(|r| Some((r.id, self.plan(model, r)?))).collect();
        if plans.is_empty() {
            return Vec::new();
        }
        vec![model.start(Job::Previews, |id| Effect::Previews(id, plans)).1]
    }

    /// Lists what is undecided and has nothing against it, with its plan.
    fn clean(&self, model: &Model) -> Vec<(RequestId, Plan)> {
        let clean = |look: &&Look| {
            look.error.is_none() && look.findings.iter().all(|f| f.severity < Severity::Warning)
        };
        let undecided = self
            .ids
            .iter()
            .filter(|id| model.state.requests.get(id).is_some_and(|r| r.status.is_undecided()));
        let looked = undecided.filter_map(|id| Some((*id, self.looks.get(id)?)));
        looked.filter(|(_, look)| clean(look)).map(|(id, look)| (id, look.plan.clone())).collect()
    }

    /// Lists those of a state: the marked ones, or all when none is marked.
    fn among(&self, model: &Model, wanted: fn(&Status) -> bool) -> Vec<RequestId> {
        let chosen = |id: &&RequestId| self.marked.is_empty() || self.marked.contains(id);
        let fits = |id: &&RequestId| model.state.requests.get(id).is_some_and(|r| wanted(&r.status));
        self.ids.iter().filter(chosen).filter(fits).copied().collect()
    }

    fn approved(&self, model: &Model) -> Vec<RequestId> {
        self.among(model, |status| matches!(status, Status::Approved { .. }))
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if self.typed.is_some() {
            return self.typing(model, input);
        }
        let Input::Chord(key) = input else { return (Some(Dialog::Batch(self.into())), Vec::new()) };
        let last = self.ids.len().saturating_sub(1);
        let page = usize::from(areas(model).sheet.1).saturating_sub(4).max(1);
        let mut effects = Vec::new();
        match key {
            Key::Esc | Key::Char('q') => return (None, Vec::new()),
            Key::Char(' ') => {
                if let Some(id) = self.ids.get(self.cursor) {
                    if !self.marked.remove(id) {
                        self.marked.insert(*id);
                    }
                    self.cursor = (self.cursor + 1).min(last);
                }
            }
            Key::Char('*') if self.marked.is_empty() => self.marked = self.ids.iter().copied().collect(),
            Key::Char('*') => self.marked.clear(),
            Key::Enter => {
                if let Some(id) = self.ids.get(self.cursor) {
                    effects = review::open(model, *id);
                }
            }
            Key::Char('a' | 'd' | 's') if model.settings.read_only.is_some() => {
                model.say(Mood::Warn, "Not done: this session is read-only.");
            }
            Key::Char('a') => {
                let clean = self.clean(model);
                if clean.is_empty() {
                    model.say(
                        Mood::Warn,
                        "None of them is undecided and without a warning: look at each (Enter).",
                    );
                } else {
                    let title = format!("Approve {} requests", clean.len());
                    let verbs =
                        clean.into_iter().map(|(id, plan)| (label(model, id), Verb::Approve { id, plan }));
                    let verbs = verbs.collect();
                    effects = bulk::start(model, title, verbs);
                }
            }
            Key::Char('d') => {
                let ids = match self.marked.is_empty() {
                    true => Vec::new(),
                    false => self.among(model, Status::is_open),
                };
                if ids.is_empty() {
                    model.say(Mood::Warn, "Mark the requests to deny first (Space).");
                } else {
                    let title = format!("Deny {} requests", ids.len());
                    model.dialogs.push(Dialog::Form(Form::new(model, title, Goal::Deny(ids))));
                }
            }
            Key::Char('s') => {
                if self.approved(model).is_empty() {
                    model.say(Mood::Warn, "None of them is approved.");
                } else {
                    (self.typed, self.wrong) = (Some(LineEdit::default()), false);
                }
            }
            Key::Char('c') => {
                self.certifier = next(model, self.certifier.as_ref());
                self.looks.clear();
                effects = self.ask(model);
            }
            _ => self.cursor = moved(*key, self.cursor, last, page),
        }
        (Some(Dialog::Batch(self.into())), effects)
    }

    /// Takes the seal as it is typed, and begins to sign when it is that of the batch.
    fn typing(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let ids = self.approved(model);
        let seal = seal(&model.state, &ids);
        let mut effects = Vec::new();
        if let Some(line) = &mut self.typed {
            match input {
                Input::Chord(Key::Esc) => self.typed = None,
                Input::Chord(Key::Enter) if line.text().trim().eq_ignore_ascii_case(&seal) => {
                    self.typed = None;
                    effects = sign(model, &ids);
                }
                Input::Chord(Key::Enter) => self.wrong = true,
                Input::Chord(key) => self.wrong &= !line.key(*key),
                Input::Paste(text, _) => line.insert(text.trim()),
            }
        }
        (Some(Dialog::Batch(self.into())), effects)
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let mut body = Vec::new();
        let number = self.ids.last().map_or(1, |id| id.to_string().len()).max(3);
        let rest = columns.saturating_sub(number + 2 + 16 + 12);
        let (subject, names) = (rest / 2, rest - rest / 2);
        let head = format!(
            "  {} {} {} {} {}",
            fit("no.", number, ""),
            fit("status", 14, ""),
            fit("subject", subject, ""),
            fit("names", names.saturating_sub(1), ""),
            "ends"
        );
        body.push(ink.line(Role::Title, &head));
        let mut cursor = (1, 0);
        for (at, id) in self.ids.iter().enumerate() {
            let Some(request) = model.state.requests.get(id) else { continue };
            let here = at == self.cursor;
            if here {
                cursor = (body.len(), 0);
            }
            let look = self.looks.get(id).filter(|_| request.status.is_open());
            let lead = match (here, self.marked.contains(id)) {
                (true, true) => format!("{}{}", ink.symbols.pointer, ink.symbols.mark),
                (true, false) => format!("{} ", ink.symbols.pointer),
                (false, true) => format!("{} ", ink.symbols.mark),
                _ => "  ".into(),
            };
            let asked = request.pkcs10.subject.text();
            let issued = look.map_or(asked.as_str(), |l| l.subject.as_str());
            let role = if here { Role::Selected } else { Role::Text };
            let cell = |text: &str, width: usize| fit(&ink.symbols.text(text), width, ink.symbols.ellipsis);
            let asked_names = join(request.pkcs10.alt_names.iter()).replace('\n', " ");
            let line = format!(
                "{} {} {} {}",
                cell(&id.to_string(), number),
                cell(request.word(), 14),
                cell(issued, subject),
                cell(look.map_or(asked_names.as_str(), |l| l.names.as_str()), names.saturating_sub(1)),
            );
            let ends = look.map_or("", |l| l.ends.as_str());
            body.push(vec![ink.symbol(role, lead), ink.symbol(role, format!("{line} {ends}"))].into());
            let Some(look) = look else { continue };
            let mut aside = |role: Role, text: String| {
                let indent = " ".repeat(number + 3);
                let room = columns.saturating_sub(indent.len()).max(1);
                let text = cut(&ink.symbols.text(&text), room, ink.symbols.ellipsis);
                body.push(vec![ink.symbol(role, indent), ink.symbol(role, text)].into());
            };
            if look.error.is_none() && look.subject != asked {
                aside(Role::Marked, format!("asked: {asked}"));
            }
            if look.error.is_none() && look.names != asked_names {
                aside(Role::Marked, format!("asked: {asked_names}"));
            }
            for finding in look.findings.iter().filter(|f| f.severity > Severity::Info) {
                let role = if finding.severity == Severity::Error { Role::Bad } else { Role::Warn };
                aside(role, format!("{}: {}", finding.severity.word(), finding.text));
            }
            if let Some(error) = &look.error {
                aside(Role::Bad, error.to_string());
            }
        }
        let mut foot = Vec::new();
        let mut hints = Vec::new();
        if let Some(line) = &self.typed {
            let ids = self.approved(model);
            let seal = seal(&model.state, &ids);
            let ask = format!("Type {seal} to sign these {} certificates:", ids.len());
            foot.extend(wrap(&ask, columns).iter().map(|l| ink.line(Role::Prompt, l)));
            let (shown, _) = line.shown(columns, "");
            foot.push(ink.line(Role::Input, &fit(&shown, 20.min(columns), "")));
            if self.wrong {
                foot.push(ink.line(Role::Warn, "That is not the seal of this batch. Nothing was signed."));
            }
            hints.extend([hint("Enter", "sign", 95), hint("Esc", "back", 90)]);
        } else {
            let (clean, approved) = (self.clean(model).len(), self.approved(model).len());
            let by = self.certifier.as_deref().unwrap_or("nobody");
            let text = format!(
                "{} marked, {clean} clean ones to approve, {approved} approved ones to sign; by {by} where nothing else stands.",
                self.marked.len()
            );
            foot.extend(wrap(&ink.symbols.text(&text), columns).iter().map(|l| ink.line(Role::Title, l)));
            hints.extend([
                hint("a", "approve the clean ones", 95),
                hint("d", "deny the marked", 90),
                hint("s", "sign the approved", 88),
                hint("Enter", "review", 85),
                hint("Space", "mark", 80),
                hint("Esc", "back", 75),
                hint("*", "mark all", 50),
            ]);
            if model.state.certifiers.len() > 1 {
                hints.push(hint("c", "other certifier", 60));
            }
        }
        Sheet {
            title: format!("Review of {} requests", self.ids.len()),
            body,
            foot,
            cursor: Some(cursor),
            hints,
            tall: true,
            ..Sheet::default()
        }
    }
}

/// Signs in batches, each durable before the next begins, with a result for each request.
pub(in crate::tui) fn sign(model: &mut Model, ids: &[RequestId]) -> Vec<Effect> {
    let tasks = ids.chunks(BATCH).map(|part| {
        let label = match part {
            [one] => label(model, *one),
            [first, .., last] => format!("requests {first} to {last} ({})", part.len()),
            [] => String::new(),
        };
        (label, Verb::Issue { ids: part.to_vec() })
    });
    let tasks = tasks.collect();
    bulk::start(model, format!("Sign {} certificates", ids.len()), tasks)
}

fn label(model: &Model, id: RequestId) -> String {
    let subject = model.state.requests.get(&id).map_or_else(String::new, |r| r.pkcs10.subject.title());
    format!("request {id} ({subject})")
}
