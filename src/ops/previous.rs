//! What a certificate that would be issued has otherwise than the latest one of the same certifier for the same subject. A
//! remark for the approver, never a reason to refuse.

use super::edit_plan;
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::keyring::join;
use crate::model::request::{Pkcs10, Plan};

/// Returns the subject, as the ledger lists it, whose latest certificate is to be looked up for a plan.
pub fn subject(asked: &Pkcs10, plan: &Plan) -> String {
    edit_plan::wished(asked, plan).map_or_else(|_| asked.subject.text(), |wished| wished.subject.text())
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
