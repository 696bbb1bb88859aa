//! Rules about the chain above a keyring's certificate. Each chain is explained once, for every rule that asks.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Case, Check, Hit, rings};
use crate::model::bytes::Digest;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::finding::{Finding, Severity};
use crate::model::keyring::{Keyring, Role};
use crate::model::time::Timestamp;
use crate::pki::chain::{Explanation, Question, explain, signed_by};

/// What other rules say of a certificate of a chain: it is not said twice.
const SAID_ELSEWHERE: &[&str] = &[
    "chain.expired",
    "chain.not-yet",
    "chain.extended",
    "chain.leaf-is-ca",
    "chain.not-ca",
    "chain.key-usage",
    "chain.weak",
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K09",
        title: "The chain above a keyring's certificate has a gap or does not hold.",
        severity: Severity::Error,
        remedy: "Install the certificate again, with every intermediate that its authority sent.",
        command: "keyring.install",
        explain: "Between the certificate and a trusted root an intermediate is missing, or one of the steps does not verify, so \
            clients that do not know the missing part by chance refuse the server. Usually only the certificate was \
            installed, without the chain that its authority sent with it. Fetch the chain and install the certificate again \
            with it; a self-signed certificate has no chain and is for tests.",
        run: |case, found| {
            for (ring, chain) in case.chains.all(case) {
                match &chain.trouble {
                    Some(Trouble::Gap(text)) => found(Hit::ring(ring, text)),
                    Some(Trouble::SelfSigned) => {
                        let text = "has a self-signed certificate, which is for tests only: no client trusts it by itself.";
                        let hit = Hit::ring(ring, text).severity(Severity::Warning);
                        let remedy =
                            "Request a certificate of an authority, before more than tests depend on it.";
                        found(hit.instead(remedy, "keyring.request"));
                    }
                    _ => {}
                }
            }
        },
    },
    Check {
        id: "K10",
        title: "The chain in a keyring is complete except for its root.",
        severity: Severity::Info,
        remedy: "Trust the root in the ring, so that the chain can be checked here.",
        command: "keyring.trust",
        explain: "Everything that a server sends is there; only the root, which clients bring along themselves, is not in the \
            ring. Nothing is broken, but the chain cannot be verified to its end here. Add the root to the trusted roots of \
            the ring after comparing its fingerprint with its owner's.",
        run: |case, found| {
            for (ring, chain) in case.chains.all(case) {
                if let Some(Trouble::RootMissing(text)) = &chain.trouble {
                    found(Hit::ring(ring, text));
                }
            }
        },
    },
    Check {
        id: "K11",
        title: "The root of a keyring's own chain is switched off.",
        severity: Severity::Warning,
        remedy: "Switch the trust of the root on, or install a certificate of another authority.",
        command: "keyring.trust",
        explain: "The root above the keyring's certificate stands in the ring with its trust flag off, so the ring does not \
            believe its own certificate. Somebody distrusted the authority, or the flag was switched off by mistake. Switch \
            it on again, or have the certificate replaced by one of an authority that is trusted.",
        run: |case, found| {
            for (ring, chain) in case.chains.all(case) {
                if let Some(Trouble::SwitchedOff(root)) = &chain.trouble {
                    found(Hit::ring(ring, format!("does not trust the root of its own chain: {root}.")));
                }
            }
        },
    },
];

/// What is the matter with a chain.
#[derive(Debug)]
enum Trouble {
    /// A step is missing or does not hold.
    Gap(String),
    /// The certificate stands for itself alone.
    SelfSigned,
    /// Only the root is missing.
    RootMissing(String),
    /// The root is there and its trust flag is off.
    SwitchedOff(String),
}

/// The chain of one keyring.
#[derive(Debug)]
pub(super) struct Chain {
    /// The certificates from the leaf upward.
    pub(super) links: Vec<Digest>,
    /// The name of the issuer above the last one.
    pub(super) top_issuer: Vec<u8>,
    trouble: Option<Trouble>,
}

/// What decides how a ring's chain is explained, beside the time: its certificates, what they are, and whether trusted.
type Contents = Vec<(Digest, Role, bool)>;

/// A chain as it was explained, and between which times it is the same.
#[derive(Debug)]
struct Remembered {
    explanation: Arc<Explanation>,
    since: Timestamp,
    until: Timestamp,
}

/// Chains explained by earlier examinations: a change of one keyring does not verify all the others anew.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<Contents, Remembered>>);

impl Memory {
    fn recall(&self, contents: &Contents, now: Timestamp) -> Option<Arc<Explanation>> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory.get(contents).filter(|known| known.since <= now && now < known.until);
        known.map(|known| known.explanation.clone())
    }

    /// Remembers these chains and forgets all others.
    fn keep(&self, chains: HashMap<Contents, Remembered>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = chains;
    }
}

/// The chains of all keyrings whose certificate is valid now, explained when first asked for.
pub(super) struct Chains<'a> {
    memory: &'a Memory,
    chains: OnceCell<Vec<(&'a Keyring, Chain)>>,
}

impl<'a> Chains<'a> {
    pub(super) fn new(memory: &'a Memory) -> Self {
        Self { memory, chains: OnceCell::new() }
    }

    /// Lists the chains, in the order of the keyrings' names.
    pub(super) fn all(&'a self, case: &Case<'a>) -> &'a [(&'a Keyring, Chain)] {
        self.chains.get_or_init(|| self.explain(case))
    }

    fn explain(&self, case: &Case<'a>) -> Vec<(&'a Keyring, Chain)> {
        let now = case.now;
        let leaf = |ring: &'a Keyring| {
            let leaf = ring.leaf().filter(|leaf| leaf.lifetime(now, 0) == Lifetime::Good)?;
            let entries = ring.entries.iter();
            let contents: Contents = entries.map(|e| (e.certificate.sha256, e.role, e.trusted)).collect();
            let known = self.memory.recall(&contents, now);
            Some((ring, leaf, contents, known))
        };
        let rings: Vec<_> = rings(case).filter_map(leaf).collect();
        let explained = crate::pki::parallel::map(&rings, |(ring, leaf, _, known)| {
            Ok(known.clone().unwrap_or_else(|| Arc::new(explain_ring(ring, leaf, now))))
        });
        let known = Known::of(case);
        let (mut chains, mut memory) = (Vec::new(), HashMap::new());
        // The work itself never fails; a thread that could not go on leaves the rules without an answer.
        for ((ring, leaf, contents, _), explanation) in rings.into_iter().zip(explained.unwrap_or_default()) {
            let links = explanation.links.iter().map(|l| l.certificate.sha256).collect();
            let top = explanation.links.last().map_or(leaf, |l| &l.certificate);
            let top_issuer = top.issuer.der.0.clone();
            chains.push((ring, Chain { links, top_issuer, trouble: trouble(ring, &explanation, &known) }));
            let (since, until) = unchanged(ring, now);
            memory.insert(contents, Remembered { explanation, since, until });
        }
        self.memory.keep(memory);
        chains
    }
}

fn explain_ring(ring: &Keyring, leaf: &Certificate, at: Timestamp) -> Explanation {
    let pool: Vec<_> = ring.entries.iter().map(|e| (&e.certificate, String::new())).collect();
    let anchors: Vec<_> = ring.trusted_roots().collect();
    explain(&Question { leaf, pool: &pool, anchors: &anchors, host: None, at, crls: &[] })
}

/// Returns the span around the present in which no certificate of a ring begins or ends to be valid.
fn unchanged(ring: &Keyring, now: Timestamp) -> (Timestamp, Timestamp) {
    let edges = || {
        let certificates = ring.entries.iter().map(|e| &e.certificate);
        certificates.flat_map(|c| [c.not_before, Timestamp(c.not_after.0.saturating_add(1))])
    };
    let since = edges().filter(|t| *t <= now).max().unwrap_or(now);
    let until = edges().filter(|t| *t > now).min().unwrap_or(now);
    (since, until)
}

/// The certificates of the workspace by their subject.
struct Known<'a>(BTreeMap<&'a [u8], Vec<&'a Certificate>>);

impl<'a> Known<'a> {
    fn of(case: &Case<'a>) -> Self {
        let mut known: BTreeMap<&[u8], Vec<&Certificate>> = BTreeMap::new();
        for (certificate, _) in case.state.certificates().into_values() {
            known.entry(&certificate.subject.der.0).or_default().push(certificate);
        }
        Self(known)
    }

    /// Finds the certificate whose key signed this one.
    fn issuer(&self, certificate: &Certificate) -> Option<&'a Certificate> {
        let named = self.0.get(certificate.issuer.der.0.as_slice())?;
        named.iter().copied().find(|issuer| signed_by(certificate, issuer))
    }
}

/// Finds what is the matter with a chain, if anything is.
fn trouble(ring: &Keyring, chain: &Explanation, known: &Known<'_>) -> Option<Trouble> {
    if chain.trusted {
        return None;
    }
    let last = &chain.links.last()?.certificate;
    let off = |e: &&crate::model::keyring::Entry| e.role == Role::Root && !e.trusted;
    if ring.entry(&last.sha256).as_ref().is_some_and(off) {
        return Some(Trouble::SwitchedOff(last.subject.title()));
    }
    let errors = chain.links.iter().flat_map(|l| &l.findings);
    let errors: Vec<&Finding> = errors.filter(|f| f.severity == Severity::Error).collect();
    let other = |f: &&&Finding| {
        !SAID_ELSEWHERE.contains(&f.rule.as_str())
            && !matches!(f.rule.as_str(), "chain.missing" | "chain.untrusted")
    };
    if let Some(error) = errors.iter().find(other) {
        return Some(Trouble::Gap(format!("has a chain that does not hold: {}", error.text)));
    }
    if let Some(missing) = &chain.missing {
        let missing = missing.title();
        return Some(match known.issuer(last) {
            Some(issuer) if issuer.is_self_issued() => Trouble::RootMissing(format!(
                "does not hold the root of its chain, {missing}, which is known here."
            )),
            Some(_) => Trouble::Gap(format!(
                "lacks the intermediate {missing}, which another ring or certifier of the workspace has."
            )),
            None if last.is_ca() => Trouble::RootMissing(format!(
                "has a chain up to {}; its issuer {missing} is not here, which is right if that is a root.",
                last.subject.title()
            )),
            None => Trouble::Gap(format!("lacks the certificate of the issuer, {missing}.")),
        });
    }
    if errors.iter().any(|f| f.rule == "chain.untrusted") {
        return Some(match chain.links.as_slice() {
            [_] => Trouble::SelfSigned,
            _ => Trouble::RootMissing(format!(
                "has the root {} as an intermediate, and does not trust it.",
                last.subject.title()
            )),
        });
    }
    let all = chain.links.iter().flat_map(|l| &l.findings);
    if all.filter(|f| SAID_ELSEWHERE.contains(&f.rule.as_str())).count() > 0 {
        return None;
    }
    Some(Trouble::Gap(format!("has a chain that TLS refuses: {}.", chain.verdict.trim_end_matches('.'))))
}
