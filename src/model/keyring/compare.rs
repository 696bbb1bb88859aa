//! What differs between two versions of a keyring, as lines to read. Decides nothing and opens nothing.

use super::{Entry, Keyring, Role};
use crate::model::escape::visible;
use crate::model::key::KeyInfo;

/// Whether something came, went, or is another way now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// It stands in the second version only.
    Added,
    /// It stands in the first version only.
    Removed,
    /// It stands in both and differs.
    Changed,
}

impl Sign {
    /// Returns the sign before the line: `+`, `-` or `~`.
    pub fn mark(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => '~',
        }
    }

    /// Returns the word for it, as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One difference between two versions of a keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which way.
    pub sign: Sign,
    /// What, in words; foreign text in it is escaped.
    pub text: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.sign.mark(), self.text)
    }
}

/// Returns what was added, removed and changed from one version of a keyring to another: name, keys, password, and
/// certificates with label, trust and order. Revision numbers and stashes are no difference.
pub fn compare(before: &Keyring, after: &Keyring) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |sign, text| found.push(Difference { sign, text });
    if before.name != after.name {
        add(Sign::Changed, format!("name: {} is {} now", before.name, after.name));
    }
    keys("private key", before.key.as_ref(), after.key.as_ref(), &mut add);
    keys("waiting key", before.next_key.as_ref(), after.next_key.as_ref(), &mut add);
    // The salt is a fresh one whenever the password is set.
    if before.sealed.salt != after.sealed.salt {
        add(Sign::Changed, "password: set anew".into());
    }
    let same = |e: &Entry, other: &Keyring| {
        other
            .entries
            .iter()
            .find(|o| o.role == e.role && o.certificate.sha256 == e.certificate.sha256)
            .cloned()
    };
    for entry in before.entries.iter().filter(|e| same(e, after).is_none()) {
        add(Sign::Removed, titled(entry));
    }
    for entry in &after.entries {
        let Some(was) = same(entry, before) else {
            add(Sign::Added, titled(entry));
            continue;
        };
        let title = format!("{} {}", entry.role.word(), entry.certificate.subject);
        if was.trusted != entry.trusted {
            let word = if entry.trusted { "on" } else { "off" };
            add(Sign::Changed, format!("{title}: trust switched {word}"));
        }
        if was.label != entry.label {
            let (was, is) = (visible(&was.label), visible(&entry.label));
            add(Sign::Changed, format!("{title}: label \"{was}\" is \"{is}\" now"));
        }
    }
    let order = |one: &Keyring, other: &Keyring| -> Vec<_> {
        let common = one.entries.iter().filter(|e| same(e, other).is_some());
        common.map(|e| (e.role, e.certificate.sha256)).collect()
    };
    if order(before, after) != order(after, before) {
        add(Sign::Changed, "order of the certificates".into());
    }
    found
}

fn keys(what: &str, before: Option<&KeyInfo>, after: Option<&KeyInfo>, add: &mut impl FnMut(Sign, String)) {
    let words = |k: &KeyInfo| format!("{} {}", k.algorithm, k.sha256.short());
    match (before, after) {
        (Some(before), Some(after)) if before.sha256 != after.sha256 => {
            add(Sign::Changed, format!("{what}: {} is {} now", words(before), words(after)));
        }
        (Some(before), None) => add(Sign::Removed, format!("{what}: {}", words(before))),
        (None, Some(after)) => add(Sign::Added, format!("{what}: {}", words(after))),
        _ => {}
    }
}

fn titled(entry: &Entry) -> String {
    let certificate = &entry.certificate;
    let off = if entry.role == Role::Root && !entry.trusted { ", switched off" } else { "" };
    format!(
        "{} {} (ends {}, {}{off})",
        entry.role.word(),
        certificate.subject,
        certificate.not_after.date(),
        certificate.sha256.short()
    )
}
