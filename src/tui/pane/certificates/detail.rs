//! What the pane of certificates says of one row beside the list: its fields, what it shares with others, where it is used.

use super::rows::group_count;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::field::Record;
use crate::model::finding::Subject;
use crate::model::issued::Issued;
use crate::model::resolve::used;
use crate::store::listing::{self, Grouping};
use crate::tui::model::Model;
use crate::tui::pane::{Entry, PaneId, RowKey, Target, Used, entries as said};

/// Lists what the detail says of a row.
pub(super) fn entries(model: &Model, key: &RowKey) -> Vec<Entry> {
    match key {
        RowKey::Local(digest) => {
            let mut all = model.certificate(digest).map_or_else(Vec::new, |c| said(c, model));
            all.extend(beside(model, digest));
            told(model, key, all)
        }
        RowKey::Issued(id) => {
            model.issued.rows.get(id).map_or_else(Vec::new, |row| told(model, key, said(row, model)))
        }
        RowKey::Group(label) => {
            let what = match model.here().group {
                Some(Grouping::Month) => "Month of the end",
                _ => "Issuer",
            };
            vec![(what, label.clone()), ("Certificates", group_count(model, label).to_string())]
        }
        _ => Vec::new(),
    }
}

/// Lists where a row is used and what it belongs to.
pub(super) fn used(model: &Model, key: &RowKey) -> Vec<Used> {
    let (digest, row) = match key {
        RowKey::Local(digest) => (Some(*digest), model.issued.here.get(digest)),
        RowKey::Issued(id) => {
            let row = model.issued.rows.get(id);
            (row.map(|r| r.sha256), row)
        }
        _ => (None, None),
    };
    let mut lines = Vec::new();
    if let Some(row) = row {
        let certifier = RowKey::Name(row.certifier.clone());
        lines.push(Used::at(format!("issued by {}", row.certifier), PaneId::Certifiers, certifier));
        let request = row.request.filter(|id| model.state.requests.contains_key(id));
        lines.extend(row.request.map(|id| Used {
            text: format!("answers request {id}"),
            to: request.map(|id| Target::Row(PaneId::Requests, RowKey::Request(id))),
        }));
        for (word, other) in [("supersedes", &row.earlier), ("superseded by", &row.later)] {
            lines.extend(other.as_ref().map(|other| Used {
                text: format!("{word} {} {}", other.certifier, other.serial),
                to: Some(Target::Filter(PaneId::Certificates, format!("serial:{}", other.serial))),
            }));
        }
    }
    for subject in digest.and_then(|d| model.places.get(&d)).into_iter().flatten() {
        match subject {
            Subject::Keyring(name) => {
                lines.push(Used::at(format!("keyring {name}"), PaneId::Keyrings, RowKey::Name(name.clone())));
                lines.extend(used::of_keyring(&model.state, name).into_iter().map(|place| {
                    let place = Used::from(place);
                    Used { text: format!("  {}", place.text), ..place }
                }));
            }
            Subject::Certifier(name) => {
                lines.push(Used::at(
                    format!("certifier {name}"),
                    PaneId::Certifiers,
                    RowKey::Name(name.clone()),
                ));
            }
            _ => {}
        }
    }
    lines.extend(relatives(model, key).into_iter().map(|(what, digest, title)| {
        Used::at(format!("{what}: {title}"), PaneId::Certificates, RowKey::Local(digest))
    }));
    lines
}

/// Lists the other certificates of the workspace that have the same key or the same names: what they share, and title.
fn relatives(model: &Model, key: &RowKey) -> Vec<(&'static str, Digest, String)> {
    let (own, spki, names) = match key {
        RowKey::Local(digest) => match model.certificate(digest) {
            Some(c) => (*digest, c.key.sha256, listing::names(c)),
            None => return Vec::new(),
        },
        RowKey::Issued(id) => match model.issued.rows.get(id) {
            Some(row) => (row.sha256, row.key_sha256, row.alt_names.clone()),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for (digest, places) in model.places.iter().filter(|(digest, _)| **digest != own) {
        let Some(c) = model.certificate(digest) else { continue };
        let place = places.iter().map(listing::place).collect::<Vec<_>>().join(", ");
        let title = format!("{} ({place}, ends {})", c.subject.title(), c.not_after.date());
        if c.key.sha256 == spki {
            found.push(("Same key as", *digest, title));
        } else if !names.is_empty() && listing::names(c) == names {
            found.push(("Same names as", *digest, title));
        }
    }
    found
}

/// Says what is shared with others, and puts a revocation before everything else.
fn told(model: &Model, key: &RowKey, mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.extend(relatives(model, key).into_iter().map(|(what, _, title)| (what, title)));
    revoked_first(entries)
}

/// Returns what the issued list knows of a certificate of the workspace beyond the certificate itself.
pub(in crate::tui) fn beside(model: &Model, digest: &Digest) -> Vec<Entry> {
    let Some(row) = model.issued.here.get(digest) else { return Vec::new() };
    let look = model.look();
    let fields = Issued::FIELDS.iter().filter(|f| Certificate::FIELDS.iter().all(|c| c.label != f.label));
    let said = fields.map(|f| (f.label, (f.get)(row, &look)));
    revoked_first(said.filter(|(_, value)| !value.is_empty()).collect())
}

/// Puts a revocation before everything else.
fn revoked_first(mut entries: Vec<Entry>) -> Vec<Entry> {
    if let Some(at) = entries.iter().position(|(label, value)| *label == "Revoked" && value != "no") {
        let revoked = entries.remove(at);
        entries.insert(0, revoked);
    }
    entries
}
