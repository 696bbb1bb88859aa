//! Finds the way from a leaf up to a trust anchor. Judges nothing beyond what it needs to prefer one way to another.

use std::collections::BTreeSet;

use super::edges::finding;
use super::{Link, Question, signature_of};
use crate::model::certificate::Certificate;
use crate::model::finding::Severity;
use crate::pki::signature::Verdict;

/// The longest chain followed.
const LONGEST: usize = 12;

/// How many signatures are checked at most, so that a hostile pool cannot make work without end.
const MOST: usize = 300;

/// Returns the best chain, leaf first: one that ends in an anchor, else the longest.
pub(super) fn climb(question: &Question<'_>) -> Vec<Link> {
    let anchor = |c: &Certificate| question.anchors.iter().any(|a| a.sha256 == c.sha256);
    let mut known: Vec<(&Certificate, &str, bool)> = Vec::new();
    let mut seen = BTreeSet::new();
    for anchor in question.anchors {
        if seen.insert(anchor.sha256) {
            known.push((anchor, "trusted root", true));
        }
    }
    for (certificate, origin) in question.pool {
        if seen.insert(certificate.sha256) {
            known.push((certificate, origin, false));
        }
    }
    let mut search = Search { known: &known, question, path: Vec::new(), best: Vec::new(), checks: 0 };
    if !anchor(question.leaf) {
        search.above(question.leaf);
    }
    let leaf = (question.leaf, if anchor(question.leaf) { "trusted root" } else { "leaf" });
    let above = search.best.iter().filter_map(|i| known.get(*i)).map(|(c, origin, _)| (*c, *origin));
    let link = |(c, origin): (&Certificate, &str)| Link {
        certificate: c.clone(),
        origin: origin.into(),
        findings: Vec::new(),
        checked: Vec::new(),
        revocation: String::new(),
    };
    let mut links: Vec<Link> = std::iter::once(leaf).chain(above).map(link).collect();
    if search.checks > MOST
        && let Some(leaf) = links.first_mut()
    {
        let text =
            format!("the search for a chain was given up after {MOST} signatures; there may be another.");
        let remedy = "Verify the certificate with fewer candidates of the same name beside it.";
        let cut = finding("chain.search", Severity::Warning, question.leaf, &text).remedy(remedy, None);
        leaf.findings.push(cut);
    }
    links
}

struct Search<'a> {
    known: &'a [(&'a Certificate, &'a str, bool)],
    question: &'a Question<'a>,
    /// The way so far, as places in `known`.
    path: Vec<usize>,
    best: Vec<usize>,
    checks: usize,
}

impl Search<'_> {
    /// Goes on above `current`; true when an anchor was reached.
    fn above(&mut self, current: &Certificate) -> bool {
        if self.path.len() > self.best.len() {
            self.best.clone_from(&self.path);
        }
        if self.path.len() >= LONGEST || current.is_self_issued() && self.signature(current, current) {
            return false;
        }
        let mut candidates: Vec<(Rank, usize)> = Vec::new();
        for (place, (issuer, _, anchor)) in self.known.iter().enumerate() {
            let new = issuer.sha256 != self.question.leaf.sha256 && !self.path.contains(&place);
            if !new || issuer.subject.der != current.issuer.der {
                continue;
            }
            let rank = Rank {
                signed: self.signature(current, issuer),
                anchor: *anchor,
                able: issuer.is_ca() || *anchor,
                valid: (issuer.not_before..=issuer.not_after).contains(&self.question.at),
                key: current.aki.is_some() && current.aki == issuer.ski,
            };
            candidates.push((rank, place));
        }
        // Stable: among equals the order of the pool decides.
        candidates.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        for (rank, place) in candidates {
            let Some((issuer, _, anchor)) = self.known.get(place) else { continue };
            self.path.push(place);
            if *anchor && rank.signed {
                self.best.clone_from(&self.path);
                return true;
            }
            if self.checks < MOST && self.above(issuer) {
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// Tells whether the signature could be that of the issuer.
    fn signature(&mut self, certificate: &Certificate, issuer: &Certificate) -> bool {
        self.checks += 1;
        self.checks <= MOST && signature_of(certificate, issuer) != Verdict::Bad
    }
}

/// What makes one issuer better than another, the weightiest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    signed: bool,
    able: bool,
    valid: bool,
    anchor: bool,
    key: bool,
}
