//! Shows what a file or a paste holds, and the ways to go on. Nothing is done before one is chosen.

use super::Dialog;
use super::install::Install;
use super::menu::{Action, Menu, item};
use super::viewer::Text;
use crate::desk::Verb;
use crate::ops::ring::Act;
use crate::pki::pem::Found;
use crate::tui::job::ReadFor;
use crate::tui::model::Model;
use crate::tui::pane::PaneId;
use crate::tui::theme::Role;

/// Shows what a file or a paste holds, and the ways to go on; nothing is done yet.
pub(in crate::tui) fn show(model: &mut Model, found: Found, source: String, purpose: Option<ReadFor>) {
    if let (Some(ReadFor::Install(ring)), false) = (&purpose, found.certificates.is_empty()) {
        let install = Install::new(model, ring, found.certificates);
        model.dialogs.push(Dialog::Install(install));
        return;
    }
    let plain = |label: &str, text: String, role| Text { label: label.into(), text, role };
    let mut lines = Vec::new();
    for r in &found.requests {
        let text = format!("{}, {}\n{}", r.key.algorithm, r.subject, r.proof.text());
        lines.push(plain("Request", text, Role::Text));
    }
    for c in &found.certificates {
        let text = format!("{}\nissued by {}, ends {}", c.subject, c.issuer, c.not_after.date());
        lines.push(plain("Certificate", text, Role::Text));
    }
    if !found.crls.is_empty() {
        lines.push(plain("CRLs", format!("{}; a CRL cannot be imported", found.crls.len()), Role::Dim));
    }
    if !found.keys.is_empty() || !found.locked.is_empty() {
        let text = format!(
            "{}; left alone. A private key does not belong into a paste or a shared file.",
            found.keys.len() + found.locked.len()
        );
        lines.push(plain("Private keys", text, Role::Warn));
    }
    lines.extend(found.unread.iter().map(|text| plain("Not read", text.clone(), Role::Warn)));
    let mut items = Vec::new();
    let ring = match &purpose {
        Some(ReadFor::Trust(ring) | ReadFor::Install(ring)) => Some(ring.clone()),
        None if model.pane == PaneId::Keyrings => model.selected_name(),
        _ => None,
    };
    if let (Some(ring), false) = (&ring, found.certificates.is_empty()) {
        let (keyring, certificates) = (ring.clone(), found.certificates.clone());
        let install = item(
            format!("Install in keyring {ring}: its certificate and what belongs above it"),
            Action::Install(keyring.clone(), certificates.clone()),
        );
        let trust = item(
            format!("Trust as roots in keyring {ring}"),
            Action::Verb(Verb::ring(keyring, Act::Trust { roots: certificates })),
        );
        match purpose {
            Some(ReadFor::Trust(_)) => items.push(trust),
            _ => items.extend([install, trust]),
        }
    }
    let count = found.requests.len();
    if count > 0 && (ring.is_none() || purpose.is_none()) {
        let label = if count == 1 {
            "Put it into the queue".into()
        } else {
            format!("Put all {count} into the queue")
        };
        items.push(item(
            label,
            Action::Verb(Verb::ImportRequests { requests: found.requests.clone(), source }),
        ));
    }
    if items.is_empty() {
        let text = match &purpose {
            Some(ReadFor::Queue) => "There is no certificate request in it.",
            Some(_) => "There is no certificate in it.",
            None => {
                "Nothing in it fits here. Certificates are taken into the keyring that is selected in pane 1."
            }
        };
        lines.push(plain("", text.into(), Role::Warn));
    }
    items.push(item("Back, nothing is done", Action::Close));
    let title = match (found.requests.as_slice(), found.certificates.len()) {
        ([one], 0) => {
            let cn =
                one.subject.common_name().map_or_else(|| "no common name".into(), |cn| format!("CN={cn}"));
            format!("Import: 1 certificate request ({}, {cn})", one.key.algorithm)
        }
        (requests, certificates) => {
            let some = |n: usize, noun: &str| match n {
                0 => None,
                1 => Some(format!("1 {noun}")),
                n => Some(format!("{n} {noun}s")),
            };
            let parts = [some(requests.len(), "certificate request"), some(certificates, "certificate")];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            if parts.is_empty() { "Import: nothing".into() } else { format!("Import: {}", parts.join(", ")) }
        }
    };
    model.dialogs.push(Dialog::Menu(Menu::new(title, lines, items)));
}
