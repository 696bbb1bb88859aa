//! Revoking the marked certificates or the selected one, and lifting holds. Ends in the offer to sign the next CRL.

use super::leave::ending;
use super::{READ, selected_issued};
use crate::desk::Verb;
use crate::model::change::Fact;
use crate::model::export::Which;
use crate::model::issued::{Issued, Reason};
use crate::ops::roles::{self, Act};
use crate::tui::command::{Command, Level, Question};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::viewer::Text;
use crate::tui::everywhere::selected;
use crate::tui::model::Model;
use crate::tui::pane::RowKey;
use crate::tui::theme::Role;

/// What is said before.
const FINAL: &str =
    "A revocation cannot be taken back, unless it is a hold. Clients learn of it from the next CRL.";

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certificate.revoke",
        title: "revoke",
        keys: &["R"],
        level: Level::Destroy,
        doc: "Revokes the marked certificates, or the selected one, or changes the reason to keyCompromise; the next CRL \
              carries them.",
        cli: Some("certificate revoke"),
        weight: 30,
        ready: |model| {
            selected(model)?;
            if !marked(model).is_empty() {
                return Ok(());
            }
            match selected_issued(model) {
                Some(Issued { revoked: Some(r), .. }) if !r.reason.is_hold() && is_worst(r.reason) => {
                    Err(format!("it is revoked for {} already", r.reason.name()))
                }
                Some(row) => may(model, row),
                None => Err("no certifier of this workspace has issued it".into()),
            }
        },
        confirm: Some(|model| {
            let marked = marked(model);
            let asked_next = "The reason is asked next, and since when.";
            if !marked.is_empty() {
                let count = marked.len();
                let lines = vec![
                    format!("{count} marked certificates are revoked together, or none of them."),
                    FINAL.into(),
                    format!("{asked_next} Type here how many they are."),
                ];
                return Question { word: count.to_string(), lines };
            }
            let Some(row) = selected_issued(model) else {
                return Question { word: String::new(), lines: Vec::new() };
            };
            let mut lines =
                vec![format!("{}, serial {}, issued by {}.", row.subject, row.serial, row.certifier)];
            lines.push(match &row.revoked {
                Some(r) if r.reason.is_hold() => "It is on hold; this revokes it for good.".into(),
                Some(r) => format!(
                    "It is revoked for {}; the reason can only become keyCompromise.",
                    r.reason.name()
                ),
                None => FINAL.into(),
            });
            lines.push(format!("{asked_next} The end of the serial number is enough here."));
            Question { word: ending(&row.serial), lines }
        }),
        run: |model| {
            let which = meant(model);
            let title = match (which.len(), selected_issued(model)) {
                (1, Some(row)) => format!("Revoke {}", row.subject),
                (many, _) => format!("Revoke {many} certificates"),
            };
            // A final reason can only become this one.
            let revoked = selected_issued(model).and_then(|row| row.reason()).filter(|r| !r.is_hold());
            let proposed = match revoked.filter(|_| which.len() == 1) {
                Some(_) => Reason::KeyCompromise,
                None => Reason::Unspecified,
            };
            let form = Form::new(model, title, Goal::Revoke(which, proposed));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "certificate.release",
        title: "release",
        keys: &["e"],
        level: Level::Write,
        doc: "Lifts the hold of the marked certificates, or of the selected one; the next CRL does not carry them.",
        cli: Some("certificate release"),
        weight: 24,
        ready: |model| {
            if !marked(model).is_empty() {
                return Ok(());
            }
            match selected_issued(model) {
                Some(row) if row.revoked.as_ref().is_some_and(|r| r.reason.is_hold()) => may(model, row),
                _ => Err("it is not on hold".into()),
            }
        },
        run: |model| {
            let which = meant(model);
            let title = match which.len() {
                1 => "Release a certificate".to_owned(),
                many => format!("Release {many} certificates"),
            };
            let form = Form::new(model, title, Goal::Release(which));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..READ
    },
];

/// Needs a certificate that this operator may revoke and release.
fn may(model: &Model, row: &Issued) -> Result<(), String> {
    roles::hindrance(&model.state, &row.certifier, &model.settings.operator, Act::Revoke)
}

/// Tells whether no other reason can take the place of this one.
fn is_worst(reason: Reason) -> bool {
    matches!(reason, Reason::KeyCompromise)
}

fn marked(model: &Model) -> Vec<Which> {
    let which = |key: &RowKey| match key {
        RowKey::Local(digest) => Some(Which::Sha256(*digest)),
        RowKey::Issued(id) => Some(Which::Issued(*id)),
        _ => None,
    };
    model.here().marked.iter().filter_map(which).collect()
}

/// Lists the marked certificates, or the selected one.
fn meant(model: &Model) -> Vec<Which> {
    let marked = marked(model);
    if !marked.is_empty() {
        return marked;
    }
    let row = selected_issued(model);
    row.map(|row| Which::Serial(row.certifier.clone(), row.serial.clone())).into_iter().collect()
}

/// Offers the CRL that the facts of a commit ask for: until it is signed, the certifier owes it.
pub(in crate::tui) fn offer_crl(model: &mut Model, facts: &[Fact]) {
    let certifier = |fact: &Fact| match fact {
        Fact::CertificateRevoked { certifier, .. }
        | Fact::RevocationChanged { certifier, .. }
        | Fact::CertificateReleased { certifier, .. } => Some(certifier.clone()),
        _ => None,
    };
    let mut owing: Vec<String> = facts.iter().filter_map(certifier).collect();
    owing.sort_unstable();
    owing.dedup();
    if owing.is_empty() {
        return;
    }
    let text = format!(
        "Nobody learns of it before the next CRL of {} is signed and published. Until then the title bar says what is owed.",
        owing.join(", ")
    );
    let lines = vec![Text { label: String::new(), text, role: Role::Text }];
    let all = (owing.len() > 1).then(|| {
        let verbs = owing.iter().map(|name| Verb::issue_crl(name.clone())).collect();
        item(format!("Sign the CRLs of all {} now", owing.len()), Action::Verbs(verbs))
    });
    let sign = owing
        .iter()
        .map(|name| item(format!("Sign the CRL of {name} now"), Action::Verb(Verb::issue_crl(name.clone()))));
    let items =
        all.into_iter().chain(sign).chain([item("Later: the CRL stays owed", Action::Close)]).collect();
    model.dialogs.push(Dialog::Menu(Menu::new("The next CRL", lines, items)));
}
