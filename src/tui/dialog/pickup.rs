//! Asks for a pick-up ID, and offers what to do with the certificate that it finds.

use super::menu::{Action, Menu, item};
use super::viewer::Text;
use super::{Dialog, Sheet, hint};
use crate::model::certificate::Certificate;
use crate::model::request::Request;
use crate::pki::pem;
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{fit, wrap};

/// An ID that is being typed.
#[derive(Debug, Clone)]
pub struct PickUpLine {
    /// The job that looks for it.
    pub busy: Option<JobId>,
    line: LineEdit,
}

impl PickUpLine {
    /// Asks for an ID; proposes one.
    pub fn new(proposed: &str) -> Self {
        Self { busy: None, line: LineEdit::new(proposed) }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        match input {
            Input::Chord(Key::Esc) => return (None, Vec::new()),
            _ if self.busy.is_some() => {}
            Input::Chord(Key::Enter) => {
                let typed = self.line.text().trim().to_owned();
                if !typed.is_empty() {
                    let (id, effect) = model.start(Job::PickUp, |id| Effect::PickUp(id, typed));
                    self.busy = Some(id);
                    return (Some(Dialog::PickUp(self)), vec![effect]);
                }
            }
            Input::Chord(key) => {
                self.line.key(*key);
            }
            Input::Paste(text, _) => self.line.insert(text.trim()),
        }
        (Some(Dialog::PickUp(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let (shown, at) = self.line.shown(columns.saturating_sub(12), "");
        let shown = fit(&shown, columns.saturating_sub(12), "");
        let mut body =
            vec![vec![ink.span(Role::Prompt, "Pick-up ID: "), ink.span(Role::Input, &shown)].into()];
        let help = "As it was given out with the request, such as K7M-QX4-T9D, or the number of the request.";
        let text = if self.busy.is_some() { "Working." } else { help };
        body.extend(wrap(text, columns).iter().map(|l| ink.line(Role::Dim, l)));
        Sheet {
            title: "Pick a certificate up".into(),
            body,
            cursor: Some((0, at + 12)),
            hints: vec![hint("Enter", "look for it", 90), hint("Esc", "back", 80)],
            ..Sheet::default()
        }
    }
}

/// Offers what to do with the certificate that was found, the root standing last in `answer`.
pub(in crate::tui) fn offer(model: &mut Model, request: &Request, answer: &[Certificate]) {
    let line = |label: &str, text: String| Text { label: label.into(), text, role: Role::Text };
    let told = request.told(&model.state, model.now);
    let mut lines = vec![line("Request", request.id.to_string()), line("State", told)];
    lines.extend(
        answer.iter().map(|c| line("Certificate", format!("{} until {}", c.subject, c.not_after.date()))),
    );
    let text = |all: &[&Certificate]| -> String {
        all.iter().map(|c| pem::write("CERTIFICATE", &c.der.0)).collect()
    };
    let chain: Vec<_> = answer.iter().filter(|c| c.subject.der != c.issuer.der).collect();
    let whole: Vec<_> = answer.iter().collect();
    let name = |what: &str| format!("request-{}{what}.pem", request.id);
    let pem = text(&chain);
    let shown = pem.lines().map(|text| line("", text.to_owned())).collect();
    let mut items = vec![
        item(
            "Write the certificate and its chain to a file",
            Action::HandOut(request.id, name(""), pem.clone()),
        ),
        item("Copy them to the terminal's clipboard", Action::CopyOut(request.id, pem)),
        item("Only look at them", Action::Show("Certificate and chain (PEM)".into(), shown)),
    ];
    if whole.len() > chain.len() {
        items.push(item(
            "Write them with the root, which its peers have to trust",
            Action::HandOut(request.id, name("-with-root"), text(&whole)),
        ));
    }
    items.push(item("Back", Action::Close));
    model.dialogs.push(Dialog::Menu(Menu::new("Pick a certificate up", lines, items)));
}
