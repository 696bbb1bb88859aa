//! Sorts what a file holds: which certificate is of which key, the chain above each, roots, and what belongs to nothing;
//! and says it in words. Takes nothing in.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::chain::{self, Question};
use super::pem::Found;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::key::KeyInfo;
use crate::model::keyring::{Keyring, Role};
use crate::model::name::AltName;
use crate::model::time::{Timestamp, days_left};

/// How many chains are followed at most, and how many certificates are looked at above each: a hostile file must not make
/// work without end.
const MOST: usize = 50;

const HERE: &str = "here";
const ELSEWHERE: &str = "elsewhere";

/// A key with its certificate and the chain above it, or a certificate whose key is not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Identity {
    /// The place of the key among those given; `None` for a certificate alone.
    pub key: Option<usize>,
    /// The certificate of the key: the newest that is valid, else the newest; never an authority's where there is another.
    pub leaf: Option<Certificate>,
    /// Further certificates of the same key, which are not taken.
    pub others: Vec<Certificate>,
    /// The intermediates above it, upwards, whose signatures hold.
    pub chain: Vec<Certificate>,
    /// How many of the intermediates were not given but known elsewhere.
    pub borrowed: usize,
    /// The self-signed root at the top, and whether it was given.
    pub root: Option<(Certificate, bool)>,
}

/// What was given, sorted. Each certificate stands in it once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    /// One for each key in the order given, then one for each certificate of a server whose key is not there.
    pub identities: Vec<Identity>,
    /// Self-signed authorities.
    pub roots: Vec<Certificate>,
    /// Authorities that are no roots and stand above nothing here.
    pub strays: Vec<Certificate>,
    /// How many certificates were given more than once.
    pub doubled: usize,
}

/// Sorts certificates by these keys at this time. `known` are authorities known elsewhere, for intermediates that are missing.
pub fn sort(keys: &[&KeyInfo], given: &[Certificate], known: &[&Certificate], at: Timestamp) -> Bundle {
    let mut seen = HashSet::new();
    let mut rest: Vec<&Certificate> = given.iter().filter(|c| seen.insert(c.sha256)).collect();
    let mut bundle = Bundle { doubled: given.len() - rest.len(), ..Bundle::default() };
    let here = rest.iter().map(|c| (*c, HERE));
    let elsewhere = known.iter().filter(|c| !seen.contains(&c.sha256)).map(|c| (*c, ELSEWHERE));
    let mut pool: HashMap<&[u8], Vec<(&Certificate, &str)>> = HashMap::new();
    for (certificate, origin) in here.chain(elsewhere).filter(|(c, _)| c.is_ca()) {
        pool.entry(&certificate.subject.der.0).or_default().push((certificate, origin));
    }
    for (place, key) in keys.iter().enumerate() {
        let mut own: Vec<&Certificate> = rest.extract_if(.., |c| c.key.sha256 == key.sha256).collect();
        let valid = |c: &Certificate| matches!(c.lifetime(at, 0), Lifetime::Soon | Lifetime::Good);
        own.sort_by_key(|c| Reverse((!c.is_ca(), valid(c), c.not_before, c.not_after)));
        let mut own = own.into_iter().cloned();
        let identity =
            Identity { key: Some(place), leaf: own.next(), others: own.collect(), ..Identity::default() };
        bundle.identities.push(identity);
    }
    for leaf in rest.extract_if(.., |c| !c.is_ca()) {
        bundle.identities.push(Identity { leaf: Some(leaf.clone()), ..Identity::default() });
    }
    for identity in bundle.identities.iter_mut().filter(|i| i.leaf.is_some()).take(MOST) {
        identity.climb(&pool, at);
    }
    let used: HashSet<_> = bundle.identities.iter().flat_map(|i| &i.chain).map(|c| c.sha256).collect();
    for certificate in rest {
        if certificate.is_self_issued() && chain::signed_by(certificate, certificate) {
            bundle.roots.push(certificate.clone());
        } else if !used.contains(&certificate.sha256) {
            bundle.strays.push(certificate.clone());
        }
    }
    bundle
}

/// Sorts what an input holds; see [`sort`].
pub fn of(found: &Found, known: &[&Certificate], at: Timestamp) -> Bundle {
    let keys: Vec<_> = found.keys.iter().map(|k| k.key.info()).collect();
    sort(&keys, &found.certificates, known, at)
}

impl Bundle {
    /// Returns the certificates that go with a key: all that are given but those of other keys.
    pub fn going_with(&self, place: usize) -> Vec<Certificate> {
        let own = self.identities.iter().filter(|i| i.key.is_none_or(|key| key == place));
        let own = own.flat_map(|i| i.leaf.iter().chain(&i.others).chain(&i.chain));
        let mut seen = HashSet::new();
        own.chain(&self.roots).chain(&self.strays).filter(|c| seen.insert(c.sha256)).cloned().collect()
    }
}

impl Identity {
    /// Finds the intermediates and the root above the leaf. A loop ends where it comes back.
    fn climb(&mut self, pool: &HashMap<&[u8], Vec<(&Certificate, &str)>>, at: Timestamp) {
        let Some(leaf) = &self.leaf else { return };
        let (mut above, mut names, mut asked) = (Vec::new(), vec![&leaf.issuer], HashSet::new());
        while let Some(name) = names.pop().filter(|_| above.len() < MOST) {
            if asked.insert(&name.der.0) {
                let issuers = pool.get(&name.der.0[..]).map_or(&[][..], Vec::as_slice);
                let issuers = issuers.get(..MOST - above.len()).unwrap_or(issuers);
                names.extend(issuers.iter().map(|(c, _)| &c.issuer));
                above.extend(issuers.iter().map(|(c, origin)| (*c, (*origin).to_owned())));
            }
        }
        let question = Question { leaf, pool: &above, anchors: &[], host: None, at, crls: &[] };
        let links = chain::explain(&question).links;
        let mut below = leaf.clone();
        for link in links.into_iter().skip(1) {
            let (issuer, given) = (link.certificate, link.origin == HERE);
            if !chain::signed_by(&below, &issuer) {
                break;
            }
            if issuer.is_self_issued() {
                self.root = Some((issuer, given));
                break;
            }
            self.borrowed += usize::from(!given);
            below = issuer.clone();
            self.chain.push(issuer);
        }
    }

    /// Proposes a name for a ring: the first host name of the certificate, or what is written beside the key.
    pub fn proposed_name(&self, label: &str) -> String {
        let host = self.leaf.as_ref().and_then(|leaf| {
            let dns = leaf.alt_names.iter().find_map(|n| match n {
                AltName::Dns(host) => Some(host.as_str()),
                _ => None,
            });
            dns.or_else(|| leaf.subject.common_name()).map(str::to_owned)
        });
        let text = host.unwrap_or_else(|| label.to_owned()).to_lowercase().replace("*.", "wildcard.");
        let plain =
            |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c) { c } else { '-' };
        let name: String = text.chars().map(plain).take(64).collect();
        let name = name.trim_matches(['-', '.', '_']);
        if name.is_empty() { "imported".into() } else { name.to_owned() }
    }
}

/// How something told is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is so.
    Plain,
    /// It is so, and matters little.
    Aside,
    /// Somebody should look at it.
    Warning,
}

/// One thing told of what an input holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is: `Key 1`, `Root`.
    pub label: String,
    /// One or several lines.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// How many things of one sort are told one by one.
const SHOWN: usize = 100;

/// Says what an input holds, in words, keys first.
pub fn tell(found: &Found, bundle: &Bundle, at: Timestamp) -> Vec<Told> {
    let mut all = Vec::new();
    let mut say = |label: &str, text: String, tone| all.push(Told { label: label.into(), text, tone });
    let several = found.keys.len() > 1;
    let mut warnings = Vec::new();
    for identity in bundle.identities.iter().take(SHOWN) {
        let mut lines = Vec::new();
        let label = match identity.key.and_then(|place| Some((place, found.keys.get(place)?))) {
            None => "Certificate".to_owned(),
            Some((place, key)) => {
                let mut text = key.key.info().algorithm.clone();
                if !key.label.is_empty() {
                    text.push_str(&format!(", called \"{}\"", key.label));
                }
                text.push_str(if key.open { ", not encrypted" } else { ", was encrypted" });
                lines.push(text);
                if several { format!("Key {}", place + 1) } else { "Key".into() }
            }
        };
        match &identity.leaf {
            None => lines.push("no certificate of it is here".into()),
            Some(leaf) => {
                let of = if identity.key.is_some() { "certificate " } else { "" };
                let called =
                    found.labels.get(&leaf.sha256).map_or_else(String::new, |l| format!(", called \"{l}\""));
                lines.push(format!("{of}{}, {}{called}", leaf.subject, ends(leaf, at)));
                lines.extend(above(identity, leaf));
                match leaf.lifetime(at, 0) {
                    Lifetime::Expired => {
                        warnings.push(format!("{} ended on {}.", leaf.subject, leaf.not_after.date()))
                    }
                    Lifetime::NotYet => {
                        warnings.push(format!(
                            "{} is valid from {} on only.",
                            leaf.subject,
                            leaf.not_before.date()
                        ));
                    }
                    _ => {}
                }
                if leaf.is_ca() && leaf.is_self_issued() {
                    warnings.push(format!(
                        "{} is self-signed and says that it is an authority's (CA:TRUE): the root of an authority, or what \
                         openssl req -x509 makes for a server. An authority becomes a certifier; as a server's, many clients \
                         refuse it.",
                        leaf.subject
                    ));
                } else if leaf.is_ca() {
                    warnings.push(format!(
                        "{} is an authority's certificate, not a server's: it becomes a certifier.",
                        leaf.subject
                    ));
                }
            }
        }
        for other in &identity.others {
            lines.push(format!("of the same key, not taken: {}, {}", other.subject, ends(other, at)));
        }
        say(&label, lines.join("\n"), Tone::Plain);
    }
    let mut more = |sort: &str, count: usize| {
        if count > SHOWN {
            warnings.push(format!("{} more {sort} are not shown.", count - SHOWN));
        }
    };
    more("keys and certificates", bundle.identities.len());
    more("roots", bundle.roots.len());
    more("intermediates", bundle.strays.len());
    more("requests", found.requests.len());
    for root in bundle.roots.iter().take(SHOWN) {
        say("Root", format!("{}, {}", root.subject, ends(root, at)), Tone::Plain);
    }
    for stray in bundle.strays.iter().take(SHOWN) {
        say(
            "Intermediate",
            format!("{}, issued by {}; it stands above nothing here", stray.subject, stray.issuer),
            Tone::Plain,
        );
    }
    for request in found.requests.iter().take(SHOWN) {
        let text = format!("{}, {}\n{}", request.key.algorithm, request.subject, request.proof.text());
        say("Request", text, Tone::Plain);
    }
    if !found.crls.is_empty() {
        say(
            "CRLs",
            format!("{}; taken over only with the key of the authority", found.crls.len()),
            Tone::Aside,
        );
    }
    if bundle.doubled > 0 {
        let times = if bundle.doubled == 1 { "certificate stands" } else { "certificates stand" };
        say("Twice", format!("{} {times} in it again; each is taken once", bundle.doubled), Tone::Aside);
    }
    found.locked_words().into_iter().take(SHOWN).for_each(|text| say("Locked", text, Tone::Warning));
    found.unread.iter().take(SHOWN).for_each(|text| say("Not read", text.clone(), Tone::Warning));
    warnings.into_iter().for_each(|text| say("Mind", text, Tone::Warning));
    all
}

/// Says what a keyring of another host holds.
pub fn tell_ring(ring: &Keyring, at: Timestamp) -> Vec<Told> {
    let told = |label: &str, text: String| Told { label: label.into(), text, tone: Tone::Plain };
    let mut all = vec![told("Keyring", format!("{}, revision {}", ring.name, ring.revision))];
    all.push(told(
        "Key",
        match (&ring.key, &ring.next_key) {
            (Some(key), None) => format!("{}, sealed", key.algorithm),
            (Some(key), Some(next)) => {
                format!("{}, sealed; {} waits for its certificate", key.algorithm, next.algorithm)
            }
            (None, _) => "none: trusted roots only".into(),
        },
    ));
    for entry in &ring.entries {
        let label = match entry.role {
            Role::Leaf => "Certificate",
            Role::Chain => "Intermediate",
            Role::Root => "Root",
        };
        let mut text = format!("{}, {}", entry.certificate.subject, ends(&entry.certificate, at));
        if entry.label != entry.certificate.subject.title() {
            text.push_str(&format!(", called \"{}\"", entry.label));
        }
        if !entry.trusted {
            text.push_str("; its trust is switched off");
        }
        all.push(told(label, text));
    }
    all
}

/// Says what stands above a leaf.
fn above(identity: &Identity, leaf: &Certificate) -> Vec<String> {
    let own = identity.chain.len() - identity.borrowed.min(identity.chain.len());
    let mut lines: Vec<String> = identity.chain.iter().map(|c| format!("issued by {}", c.subject)).collect();
    if identity.borrowed > 0 {
        lines.push(format!("(intermediates: {own} given, {} taken from the workspace)", identity.borrowed));
    }
    let top = identity.chain.last().unwrap_or(leaf);
    lines.push(match &identity.root {
        Some((root, true)) => format!("up to the root {}", root.subject),
        Some((root, false)) => format!("up to the root {}, which is not in it but known here", root.subject),
        None if top.is_self_issued() => "signed by itself".into(),
        None if identity.chain.iter().any(|c| c.subject.der == top.issuer.der) => {
            format!("its issuer {} stands below it already: the chain runs in a circle", top.issuer)
        }
        None => format!("its issuer {} is not in it", top.issuer),
    });
    lines
}

fn ends(certificate: &Certificate, at: Timestamp) -> String {
    let days = certificate.not_after.days_from(at);
    format!("ends {} ({})", certificate.not_after.date(), days_left(days))
}
