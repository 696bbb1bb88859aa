//! Reports keys as known to others, takes a report back, and brings lists of such keys. A key that is reported or listed is
//! not certified.

use super::{Env, roles};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::change::{Change, Fact};
use crate::model::compromised::{KeyList, Reported};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::key::KeyInfo;
use crate::model::keyring::check_name;
use crate::pki::{key_list, sha256, weak_key};
use crate::store::compromised;

/// Finds what speaks against a key that others know: it was reported, or stands in lists, whose names are `listed`.
pub fn against(state: &State, key: &KeyInfo, listed: &[String], subject: &Subject) -> Vec<Finding> {
    let mut told = Vec::new();
    let mut tell = |rule: &str, text: String, remedy: &str| {
        told.push(Finding::new(rule, Severity::Error, subject.clone(), text).remedy(remedy, None));
    };
    let again = "Ask for a request with a new key.";
    let names = weak_key::reported_as(&key.spki.0);
    for report in names.iter().filter_map(|name| state.compromised.get(name)) {
        let (by, on, why) = (visible(&report.by), report.at.date(), visible(&report.why));
        tell("key.compromised", format!("Others know this key: {by} reported it on {on} ({why})."), again);
    }
    for list in listed {
        tell("key.listed", format!("The key stands in the list \"{list}\" of compromised keys."), again);
    }
    for unread in state.unreadable.iter().filter(|u| u.path.starts_with("compromised/")) {
        let text = format!("{} cannot be read, so compromised keys may pass.", unread.path);
        tell("key.lists", text, "Restore it from .history or a backup, or move it away.");
    }
    told
}

/// Reports a key. Errors: no reason, reported already.
pub fn report_key(state: &State, key: Digest, why: &str, env: &Env<'_>) -> Result<Change> {
    if why.trim().is_empty() {
        return Err(Error::usage("A reason is needed.").next("Say how it is known that others have the key."));
    }
    if let Some(known) = state.compromised.get(&key) {
        return Err(Error::refused("This key is reported already.").why(format!(
            "By {} on {}: {}",
            known.by,
            known.at.date(),
            known.why
        )));
    }
    let report = Reported { key, why: why.trim().into(), at: env.now, by: env.operator.to_owned() };
    let mut all = state.compromised.clone();
    all.insert(key, report.clone());
    Ok(Change { facts: vec![Fact::KeyReported { report }], files: vec![compromised::reported(&all)?] })
}

/// Takes a report back that was a mistake. Errors: not reported, no reason, not the person for it.
pub fn clear_key(state: &State, key: &Digest, why: &str, env: &Env<'_>) -> Result<Change> {
    if !state.compromised.contains_key(key) {
        return Err(
            Error::not_found("reported key", &key.to_string()).next("List them with: ringmaster key list")
        );
    }
    if why.trim().is_empty() {
        return Err(Error::usage("A reason is needed.").why("It is kept in the audit chain."));
    }
    roles::keeps_keys(state, env.operator)?;
    let mut all = state.compromised.clone();
    all.remove(key);
    let fact = Fact::KeyCleared { key: *key, why: why.trim().into() };
    Ok(Change { facts: vec![fact], files: vec![compromised::reported(&all)?] })
}

/// Brings a list of compromised keys, or replaces one of the same name.
///
/// Errors: the name cannot be a file, the list cannot be read; it replaces one, and not the person for that.
pub fn import_key_list(
    state: &State,
    name: &str,
    source: &str,
    bytes: &[u8],
    env: &Env<'_>,
) -> Result<Change> {
    check_name(name).map_err(|why| Error::usage("The list cannot have this name.").why(why))?;
    if name == compromised::OWN {
        return Err(Error::usage(format!("A list cannot be called \"{name}\"."))
            .why("The keys that are reported here have that name."));
    }
    if state.key_lists.contains_key(name) {
        roles::keeps_keys(state, env.operator)?;
    }
    let (sort, entries) = key_list::read(bytes)?;
    let count = entries.len() / sort.size();
    let list = KeyList {
        name: name.into(),
        sort,
        entries: u64::try_from(count).unwrap_or(u64::MAX),
        source: source.into(),
        sha256: sha256(&entries),
    };
    let files = compromised::list(&list, entries)?;
    Ok(Change { facts: vec![Fact::KeyListSaved { list }], files })
}

/// Drops a list; its files go to the history. Errors: unknown, not the person for it.
pub fn drop_key_list(state: &State, name: &str, env: &Env<'_>) -> Result<Change> {
    if !state.key_lists.contains_key(name) {
        return Err(Error::not_found("key list", name).next("List them with: ringmaster key list"));
    }
    roles::keeps_keys(state, env.operator)?;
    let files = compromised::list_removed(name);
    Ok(Change { facts: vec![Fact::KeyListDropped { name: name.into() }], files })
}
