//! What a certificate that would be issued has otherwise than the latest one of the same certifier for the same subject. A
//! remark for the approver, never a reason to refuse.

use super::edit_plan;
use crate::model::bytes::Serial;
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::certifier::Certifier;
use crate::model::compromised::KeyHistory;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::issued::Issued;
use crate::model::keyring::join;
use crate::model::request::{Pkcs10, Plan};
use crate::model::time::Timestamp;

/// Returns the subject, as the ledger lists it, whose latest certificate is to be looked up for a plan.
pub fn subject(asked: &Pkcs10, plan: &Plan) -> String {
    edit_plan::wished(asked, plan).map_or_else(|_| asked.subject.text(), |wished| wished.subject.text())
}

/// Finds the certificate that one which is to be issued takes the place of: the latest of the same certifier, or of the one
/// whose key it took over from, for the same key that is still good, with the same subject or one of the names.
pub(super) fn replaced<'a>(
    issued: &'a [Issued],
    certifier: &Certifier,
    now: &Certificate,
    at: Timestamp,
) -> Option<&'a Issued> {
    let names: Vec<_> = now.alt_names.iter().map(ToString::to_string).collect();
    let same = |i: &Issued| {
        i.subject == now.subject.text() || i.alt_names.split(' ').any(|name| names.iter().any(|n| n == name))
    };
    let own = |i: &Issued| i.certifier == certifier.name || certifier.succeeds.as_ref() == Some(&i.certifier);
    let good = |i: &&Issued| own(i) && i.revoked.is_none() && i.not_after >= at && same(i);
    issued.iter().filter(good).max_by_key(|i| i.id)
}

/// Says which certificate it takes the place of, by key or else by subject and names; empty when none.
pub(super) fn renewal_of(
    known: &KeyHistory,
    certifier: &Certifier,
    plan: &Plan,
    now: &Certificate,
    at: Timestamp,
) -> String {
    if plan.beside {
        return "none: it stands beside the earlier ones".into();
    }
    let text = |serial: &Serial, ends: Timestamp| format!("serial {serial}, ends {}", ends.date());
    if let Some(issued) = replaced(&known.issued, certifier, now, at) {
        return text(&issued.serial, issued.not_after);
    }
    let revoked = |c: &Certificate| known.issued.iter().any(|i| i.serial == c.serial && i.revoked.is_some());
    let same =
        |c: &&Certificate| c.subject.der == now.subject.der && c.alt_names == now.alt_names && !revoked(c);
    known.before.as_deref().filter(same).map_or_else(String::new, |c| text(&c.serial, c.not_after))
}

/// Says what differs from the latest certificate; nothing when that is of another subject.
pub(super) fn differs(before: &Certificate, now: &Certificate, subject: &Subject) -> Option<Finding> {
    if before.subject.der != now.subject.der {
        return None;
    }
    let mut told = Vec::new();
    let mut tell = |what: &str, words: String| {
        if !words.is_empty() {
            told.push(format!("{what} {words}"));
        }
    };
    let lacks = |of: &Certificate, from: &Certificate| {
        join(of.alt_names.iter().filter(|name| !from.alt_names.contains(name)))
    };
    tell("names added:", lacks(now, before));
    tell("names left out:", lacks(before, now));
    let key = match before.key.sha256 == now.key.sha256 {
        true => "the same key".to_owned(),
        false if before.key.algorithm == now.key.algorithm => "a new key".to_owned(),
        false => format!("a new key, {} instead of {}", now.key.algorithm, before.key.algorithm),
    };
    tell("with", key);
    let usages = |c: &Certificate| {
        let usage = c.key_usage.map_or_else(String::new, KeyUsage::words);
        let all = [usage, c.extended_words()].into_iter().filter(|words| !words.is_empty());
        all.collect::<Vec<_>>().join(", ")
    };
    let (old, new) = (usages(before), usages(now));
    if old != new {
        let none = |words: String| if words.is_empty() { "none".to_owned() } else { words };
        tell("usages", format!("{} instead of {}", none(new), none(old)));
    }
    let (serial, ends) = (&before.serial, before.not_after.date());
    let text = format!(
        "Beside the latest one for this subject (serial {serial}, ends {ends}): {}.",
        told.join("; ")
    );
    Some(Finding::new("previous", Severity::Info, subject.clone(), text))
}
