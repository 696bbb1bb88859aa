//! What follows from a list of suites: each suite told, the order in which a server chooses, and what speaks against the whole.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{Grade, Standing, Suite, fits, version_text};
use crate::model::key::KeyInfo;
use crate::model::server::Release;

/// Everything there is to say of a suite: for tables, whatever shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The suite.
    pub suite: Suite,
    /// Its strength in bits.
    pub bits: u32,
    /// Whether it has forward secrecy.
    pub forward_secret: bool,
    /// Whether encryption and integrity are one.
    pub aead: bool,
    /// What is to be thought of it.
    pub grade: Grade,
    /// What speaks against it; empty when nothing does.
    pub why: String,
    /// The versions that have it.
    pub versions: String,
    /// What the release does with it.
    pub standing: Standing,
    /// Whether the key can use it, or why not; `None` where no key was named.
    pub key: Option<Result<(), String>>,
}

/// Explains a suite for a release and a key.
pub fn explain(suite: Suite, release: Release, key: Option<&KeyInfo>) -> Explained {
    let anatomy = suite.anatomy();
    let mut reasons: Vec<&str> = suite.against().map(|fault| fault.word).collect();
    if anatomy.is_none() {
        reasons.push("not known here");
    }
    let versions = suite.versions().map_or_else(String::new, |versions| {
        let (first, last) = (version_text(*versions.start()), version_text(*versions.end()));
        if first == last { first.to_owned() } else { format!("{first} to {last}") }
    });
    Explained {
        suite,
        bits: anatomy.map_or(0, |a| a.bits()),
        forward_secret: anatomy.is_some_and(|a| a.forward_secret()),
        aead: anatomy.is_some_and(|a| a.aead()),
        grade: suite.grade(),
        why: reasons.join(", "),
        versions,
        standing: suite.standing(release),
        key: key.map(|key| fits(suite, key)),
    }
}

/// Sorts suites as a server prefers them: forward secrecy first, then AEAD, so that AES-128-GCM comes before AES-256-CBC, then
/// strength, and ECDHE before the equivalent DHE. RC4 and what is worse comes last.
pub fn priority(suites: &mut [Suite]) {
    suites.sort_by_cached_key(|suite| {
        let broken = suite.grade() == Grade::Broken;
        let a = suite.anatomy();
        let order = a.map(|a| (!a.forward_secret(), !a.aead(), Reverse(a.bits()), a.mac, a.kx, a.auth));
        (broken, order.is_none(), order, suite.0)
    });
}

/// Says what follows from a list as a whole, the worst first.
pub fn remarks(suites: &[Suite], release: Release, key: Option<&KeyInfo>) -> Vec<String> {
    let list = |wanted: &dyn Fn(Suite) -> bool| -> Vec<String> {
        let mut seen = BTreeSet::new();
        suites.iter().filter(|s| wanted(**s) && seen.insert(**s)).map(|s| s.hex()).collect()
    };
    let mut lines = Vec::new();
    let mut say = |codes: Vec<String>, what: &str| {
        if !codes.is_empty() {
            lines.push(format!("{}: {what}.", codes.join(" ")));
        }
    };
    if suites.is_empty() {
        return vec!["There is no cipher at all: TLS does not start.".into()];
    }
    say(list(&|s| s.short().is_none()), "no suite that is known here");
    say(list(&|s| s.grade() == Grade::Broken), "broken");
    say(list(&|s| s.short().is_some() && s.grade() == Grade::Weak), "weak");
    say(list(&|s| s.standing(release) == Standing::Switch), "needs USE_WEAK_SSL_CIPHERS=1 in notes.ini");
    say(list(&|s| s.standing(release) == Standing::Never), "of TLS 1.3, which Domino does not speak");
    say(list(&|s| s.standing(release) == Standing::NotYet), "came with a later release");
    say(list(&|s| suites.iter().filter(|other| **other == s).count() > 1), "stands there more than once");
    if let Some(key) = key
        && suites.iter().all(|s| fits(*s, key).is_err())
    {
        lines.push(format!(
            "None of them can be used with the key of the ring ({}): TLS does not start.",
            key.algorithm
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_prefers_as_its_rules_say() {
        let order = |codes: &[u16]| {
            let mut suites: Vec<Suite> = codes.iter().map(|c| Suite(*c)).collect();
            priority(&mut suites);
            suites.iter().map(|s| s.0).collect::<Vec<_>>()
        };
        // Forward secrecy before none, ECDHE before DHE, AES128-GCM before AES256-CBC, RC4 last.
        assert_eq!(
            order(&[0x009d, 0x0039, 0xc014, 0xc02f, 0x009f, 0xc030]),
            [0xc030, 0x009f, 0xc02f, 0xc014, 0x0039, 0x009d]
        );
        assert_eq!(
            order(&[0x0005, 0x0035, 0x009c, 0x000a, 0xfafa]),
            [0x009c, 0x0035, 0x000a, 0xfafa, 0x0005]
        );
        assert_eq!(order(&[0xc011, 0x0035]), [0x0035, 0xc011]);
    }

    #[test]
    fn remarks_name_what_is_wrong_with_a_list() {
        let said = |codes: &[u16]| {
            let suites: Vec<Suite> = codes.iter().map(|c| Suite(*c)).collect();
            remarks(&suites, Release::R14, None).join("\n")
        };
        assert_eq!(said(&[0xc030, 0x009f]), "");
        assert!(said(&[]).contains("TLS does not start"));
        let all = said(&[0xc030, 0x0005, 0xc028, 0xc030, 0xc0ff, 0x1301]);
        for part in
            ["C0FF: no suite", "05: broken", "C028: weak", "05 C028: needs USE_WEAK", "1301: of TLS 1.3"]
        {
            assert!(all.contains(part), "{part} in {all}");
        }
        assert!(all.contains("C030: stands there more than once"), "{all}");
    }
}
