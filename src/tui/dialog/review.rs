//! What an approver looks at: the request as it came, who proves to hold its key, what lint says, and what was asked
//! beside what will be issued. A decision is made from here and nowhere else.

use super::form::{Form, Goal};
use super::scroll::scrolled;
use super::viewer::{Text, labelled};
use super::{Dialog, Sheet, hint};
use crate::desk::Preview;
use crate::model::certifier::Certifier;
use crate::model::error::Error;
use crate::model::finding::Severity;
use crate::model::request::{Plan, Proof, Request, RequestId, Status};
use crate::tui::chord::Key;
use crate::tui::command;
use crate::tui::job::Job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::pane::entries;
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::{fit, wrap};

/// A request under review.
#[derive(Debug, Clone)]
pub struct Review {
    /// Which.
    pub id: RequestId,
    /// What would be issued by.
    pub plan: Option<Plan>,
    /// What would be issued; `None` until it is known.
    pub preview: Option<Box<Preview>>,
    /// Why it is not known.
    pub error: Option<Error>,
    top: usize,
}

/// Opens the review of a request, with the plan it was approved by or the one its certifier proposes.
pub(in crate::tui) fn open(model: &mut Model, id: RequestId) -> Vec<Effect> {
    let Some(request) = model.state.requests.get(&id) else { return Vec::new() };
    let plan = match request.plan() {
        _ if !request.status.is_open() => None,
        Some(plan) if !plan.certifier.is_empty() => Some(plan.clone()),
        // Subject and names stay as they were edited, whoever signs.
        Some(plan) => proposal(model).map(|usual| Plan { certifier: usual.certifier, ..plan.clone() }),
        None => proposal(model),
    };
    let review = Review { id, plan: plan.clone(), preview: None, error: None, top: 0 };
    model.dialogs.push(Dialog::Review(review));
    plan.map_or_else(Vec::new, |plan| ask(model, id, plan))
}

/// Opens the review of a request by a plan that a person wants to try.
pub(in crate::tui) fn open_by(model: &mut Model, id: RequestId, plan: Plan) -> Vec<Effect> {
    let review = Review { id, plan: Some(plan.clone()), preview: None, error: None, top: 0 };
    model.dialogs.push(Dialog::Review(review));
    ask(model, id, plan)
}

/// Shows what a certifier would issue by a profile, in the review of a request that nobody planned for yet.
pub(in crate::tui) fn propose(
    model: &mut Model,
    id: RequestId,
    values: &[(&'static str, String)],
) -> Vec<Effect> {
    let of = |field: &str| values.iter().find(|(name, _)| *name == field).map(|(_, value)| value.as_str());
    let undecided =
        model.state.requests.get(&id).is_some_and(|r| r.status.is_undecided() && r.plan().is_none());
    let certifier = of("certifier").and_then(|name| model.state.certifiers.get(name));
    let Some(certifier) = certifier.filter(|c| undecided && c.status.issues()) else { return Vec::new() };
    let usual = usual(model, certifier);
    let plan = match of("profile").and_then(|name| model.state.profiles.get(name)) {
        Some(profile) => Plan { profile: profile.name.clone(), days: profile.days, ..usual },
        None => usual,
    };
    preview_again(model, id, plan)
}

/// Asks for the preview of another plan, in the review that is open.
pub(in crate::tui) fn preview_again(model: &mut Model, id: RequestId, plan: Plan) -> Vec<Effect> {
    for dialog in &mut model.dialogs {
        if let Dialog::Review(review) = dialog
            && review.id == id
        {
            review.plan = Some(plan.clone());
            review.preview = None;
            review.error = None;
            review.top = 0;
        }
    }
    ask(model, id, plan)
}

fn ask(model: &mut Model, id: RequestId, plan: Plan) -> Vec<Effect> {
    let job = Job::Preview(id, plan.clone());
    vec![model.start(job, |job| Effect::Preview(job, id, plan)).1]
}

/// Proposes a plan, with the certifier's own profile: the only certifier, or the only one that is unlocked. Among several a
/// person chooses.
pub(in crate::tui) fn proposal(model: &Model) -> Option<Plan> {
    let all: Vec<_> = model.state.certifiers.values().filter(|c| c.status.issues()).collect();
    let mut unlocked = all.iter().filter(|c| model.unlocked.contains(&c.name));
    let certifier = match (all.as_slice(), unlocked.next(), unlocked.next()) {
        ([only], ..) => only,
        (_, Some(only), None) => only,
        _ => return None,
    };
    Some(usual(model, certifier))
}

/// Returns what a certifier usually issues.
pub(in crate::tui) fn usual(model: &Model, certifier: &Certifier) -> Plan {
    let profile = certifier.policy.profile.clone();
    let days = model.state.profiles.get(&profile).map_or(90, |p| p.days);
    Plan { certifier: certifier.name.clone(), profile, days, ..Plan::default() }
}

/// A plan in which a person still has to choose the certifier.
fn undecided(model: &Model, id: RequestId) -> Plan {
    if let Some(plan) = model.state.requests.get(&id).and_then(|r| r.plan()) {
        return plan.clone();
    }
    let profiles = &model.state.profiles;
    let usual = model.state.certifiers.values().next().map(|c| c.policy.profile.clone());
    let profile = usual.filter(|name| profiles.contains_key(name)).unwrap_or_default();
    let days = profiles.get(&profile).map_or(90, |p| p.days);
    Plan { certifier: String::new(), profile, days, reason: String::new(), ..Plan::default() }
}

impl Review {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let inner = areas(model).sheet;
        let page = usize::from(inner.1).saturating_sub(1).max(1);
        let last = self.body(model, usize::from(inner.0)).len().saturating_sub(page);
        let mut effects = Vec::new();
        if let Input::Chord(key) = input {
            match key {
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Char('a') => self.approve(model),
                Key::Char('d') => self.decide(model, "request.deny", |review, model| {
                    let title = format!("Deny request {}", review.id);
                    model.dialogs.push(Dialog::Form(Form::new(model, title, Goal::Deny(vec![review.id]))));
                    Vec::new()
                }),
                Key::Char('e') => {
                    if let Some(command) = command::find("request.edit") {
                        effects = command::dispatch(model, command);
                    }
                }
                Key::Char('s') => {
                    if let Some(command) = command::find("request.issue") {
                        effects = command::dispatch(model, command);
                    }
                }
                _ => self.top = scrolled(*key, self.top, last, page),
            }
        }
        (Some(Dialog::Review(self)), effects)
    }

    /// Opens a decision form, through the same gate as any command.
    fn decide(&self, model: &mut Model, name: &str, open: fn(&Self, &mut Model) -> Vec<Effect>) {
        let Some(command) = command::find(name) else { return };
        match command::refusal(model, command) {
            Some(why) => model.say(Mood::Warn, format!("Not done ({}): {why}", command.title)),
            None => {
                open(self, model);
            }
        }
    }

    fn approve(&self, model: &mut Model) {
        let say = |model: &mut Model, text: &str| model.say(Mood::Warn, format!("Not approved: {text}"));
        match (&self.plan, &self.preview) {
            (None, _) if model.state.certifiers.is_empty() => {
                say(model, "there is no certifier yet; create one in pane 5.")
            }
            (None, _) if self.pending(model) => self.decide(model, "request.approve", |r, m| r.form(m, 0)),
            (None, _) => say(model, "it was decided already."),
            (Some(_), None) if self.error.is_some() => {
                self.decide(model, "request.approve", |r, m| r.form(m, 0))
            }
            (Some(_), None) => say(model, "what would be issued is not known yet."),
            (Some(_), Some(preview)) if count(preview, Severity::Error) > 0 => {
                // Another profile may allow it: the form opens, and the plan is reviewed again before it can pass.
                say(model, "the review found errors; another plan may pass, or deny it.");
                self.decide(model, "request.approve", |r, m| r.form(m, 0));
            }
            (Some(_), Some(_)) => self.decide(model, "request.approve", |r, m| {
                let warnings = r.preview.as_ref().map_or(0, |p| count(p, Severity::Warning));
                r.form(m, warnings)
            }),
        }
    }

    fn form(&self, model: &mut Model, warnings: usize) -> Vec<Effect> {
        let plan = self.plan.clone().unwrap_or_else(|| undecided(model, self.id));
        let goal = Goal::Approve(self.id, plan, warnings);
        let form = Form::new(model, format!("Approve request {}", self.id), goal);
        model.dialogs.push(Dialog::Form(form));
        Vec::new()
    }

    fn pending(&self, model: &Model) -> bool {
        model.state.requests.get(&self.id).is_some_and(|r| r.status.is_undecided())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let status = model.state.requests.get(&self.id).map(|r| &r.status);
        let mut hints = match status {
            Some(status) if status.is_undecided() => {
                vec![hint("a", "approve", 95), hint("d", "deny", 90), hint("e", "edit", 70)]
            }
            Some(Status::Approved { .. }) => {
                vec![hint("s", "sign", 95), hint("d", "deny", 90), hint("a", "approve again", 60)]
            }
            _ => Vec::new(),
        };
        hints.extend([hint("Esc", "back", 80), hint("Up/Down", "scroll", 50), hint("PgUp/PgDn", "page", 40)]);
        let id = self.id;
        Sheet {
            title: match status {
                Some(status) if status.is_undecided() => {
                    format!("Review of request {id}: a approves, d denies")
                }
                Some(Status::Approved { .. }) => format!("Review of request {id}: s signs, d denies"),
                _ => format!("Request {id}"),
            },
            body: self.body(model, columns),
            top: Some(self.top),
            hints,
            tall: true,
            ..Sheet::default()
        }
    }

    fn body(&self, model: &Model, columns: usize) -> Vec<ratatui::text::Line<'static>> {
        let ink = model.ink();
        let Some(request) = model.state.requests.get(&self.id) else {
            return vec![ink.line(Role::Warn, "The request is not in the queue any more.")];
        };
        let heading = |text: &str| ink.line(Role::Title, text);
        let (first, rest): (Vec<_>, Vec<_>) =
            about(request, model).into_iter().partition(|t| FIRST.contains(&t.label.as_str()));
        let mut body = labelled(model, &first, columns);
        body.extend(self.outcome(model, request, columns));
        body.push(ink.line(Role::Text, ""));
        body.push(heading("The request"));
        body.extend(labelled(model, &rest, columns));
        body
    }

    /// Lays out what would be issued, beside what was asked.
    fn outcome(&self, model: &Model, request: &Request, columns: usize) -> Vec<ratatui::text::Line<'static>> {
        let ink = model.ink();
        let heading = |text: &str| ink.line(Role::Title, text);
        let mut body = Vec::new();
        body.push(ink.line(Role::Text, ""));
        if let Some(error) = &self.error {
            body.push(heading("What would be issued: nothing"));
            for part in [&error.what, &error.why, &error.next] {
                body.extend(wrap(&ink.symbols.text(part), columns).iter().map(|l| ink.line(Role::Bad, l)));
            }
            return body;
        }
        let Some(plan) = &self.plan else {
            let decided = !request.status.is_open();
            let text = if decided {
                "It was decided."
            } else if model.state.certifiers.is_empty() {
                "No certifier can sign it yet: create one in pane 5."
            } else {
                "Several certifiers could sign it: a chooses one and shows what it would issue."
            };
            let role = if decided { Role::Dim } else { Role::Warn };
            body.extend(wrap(text, columns).iter().map(|line| ink.line(role, line)));
            return body;
        };
        let Some(preview) = &self.preview else {
            body.push(ink.line(Role::Dim, "Working out what would be issued."));
            return body;
        };
        body.push(heading(&format!(
            "Review by {} ({} days, profile {})",
            plan.certifier, plan.days, plan.profile
        )));
        for finding in &preview.findings {
            let role = match finding.severity {
                Severity::Error => Role::Bad,
                Severity::Warning => Role::Warn,
                Severity::Info => Role::Text,
            };
            let text = format!("{}: {} {}", finding.severity.word(), finding.text, finding.remedy);
            body.extend(wrap(&ink.symbols.text(text.trim_end()), columns).iter().map(|l| ink.line(role, l)));
        }
        if preview.findings.is_empty() {
            body.push(ink.line(Role::Ok, "Nothing was found against it."));
        }
        body.push(ink.line(Role::Text, ""));
        let label = preview.rows.iter().map(|(l, ..)| l.len()).max().unwrap_or(0).min(22);
        let room = columns.saturating_sub(label + 4) / 2;
        let head = format!("{}  {}  {}", fit("", label, ""), fit("asked", room, ""), "will be issued");
        body.push(heading(&head));
        for (name, asked, issued) in &preview.rows {
            let side = |text: &str| -> Vec<String> {
                text.split('\n').flat_map(|l| wrap(&ink.symbols.text(l), room.max(1))).collect()
            };
            let (left, right) = (side(asked), side(issued));
            for i in 0..left.len().max(right.len()) {
                let name = if i == 0 { name } else { "" };
                let role = if asked == issued { Role::Text } else { Role::Marked };
                let cell = |side: &[String]| fit(side.get(i).map_or("", String::as_str), room, "");
                body.push(
                    vec![
                        ink.span(Role::Dim, &format!("{}  ", fit(name, label, ""))),
                        ink.span(Role::Text, &format!("{}  ", cell(&left))),
                        ink.span(role, &cell(&right)),
                    ]
                    .into(),
                );
            }
        }
        body
    }
}

/// What an approver compares by telephone, and what decides, stands first.
const FIRST: [&str; 4] = ["Status", "Key fingerprint", "Proof of possession", "Source"];

fn about(request: &Request, model: &Model) -> Vec<Text> {
    let role = |label: &str| match (&request.pkcs10.proof, label) {
        (Proof::Good, "Proof of possession") => Role::Ok,
        (Proof::Bad, "Proof of possession") => Role::Bad,
        (_, "Proof of possession") => Role::Warn,
        _ => Role::Text,
    };
    let line = |(label, text): (&str, String)| Text { label: label.into(), text, role: role(label) };
    entries(request, model).into_iter().map(line).collect()
}

fn count(preview: &Preview, severity: Severity) -> usize {
    preview.findings.iter().filter(|f| f.severity == severity).count()
}
