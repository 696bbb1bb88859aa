//! Judges a bundle as it was presented: whether it is what a server has to send, in order and nothing beside it. What
//! the certificates are worth is judged elsewhere.

use std::collections::BTreeSet;

use super::Explanation;
use crate::model::certificate::Certificate;
use crate::model::finding::{Finding, Severity, Subject};

/// A bundle as presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its state in a word: `leaf-only`, `incomplete`, `without-root`, `with-root` or `self-signed`.
    pub state: &'static str,
    /// Its state in words.
    pub text: String,
    /// Whether a server may send it so.
    pub complete: bool,
    /// What is superfluous, doubled or out of order.
    pub findings: Vec<Finding>,
}

/// Judges a bundle by the chain that was found for it; `None` for an empty one.
pub(super) fn judge(given: &[Certificate], explanation: &Explanation) -> Option<Bundle> {
    given.first()?;
    let links = &explanation.links;
    let has = |c: &Certificate| given.iter().any(|g| g.sha256 == c.sha256);
    let top = links.last().map(|l| &l.certificate)?;
    let own = top.is_self_issued();
    let gap = links.iter().rev().skip(1).any(|l| !has(&l.certificate));
    let (state, text, complete) = match () {
        () if links.len() == 1 && own => ("self-signed", "one self-signed certificate".into(), true),
        () if explanation.missing.is_some() && links.len() == 1 => {
            ("leaf-only", "leaf only: the certificate of its issuer is missing".into(), false)
        }
        () if explanation.missing.is_some() => {
            ("incomplete", "incomplete: the chain breaks off before a root".into(), false)
        }
        () if gap => {
            let text = "incomplete as it stands: what is missing was found elsewhere".into();
            (if given.len() == 1 { "leaf-only" } else { "incomplete" }, text, false)
        }
        () if has(top) && own => ("with-root", "complete with its root".into(), true),
        () if links.len() == 2 => {
            ("without-root", "leaf only, which is all: the root itself issued it".into(), true)
        }
        () => ("without-root", "complete except for the root, as a server should send it".into(), true),
    };
    Some(Bundle { state, text, complete, findings: findings(given, explanation) })
}

fn findings(given: &[Certificate], explanation: &Explanation) -> Vec<Finding> {
    let find = |rule, severity, c: &Certificate, text: String| {
        let text = format!("{}: {text}", c.subject.title());
        Finding::new(rule, severity, Subject::Certificate(c.sha256), text)
    };
    let mut all = Vec::new();
    let chain: Vec<_> = explanation.links.iter().map(|l| l.certificate.sha256).collect();
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    for c in given {
        if !seen.insert(c.sha256) {
            all.push(find("bundle.double", Severity::Warning, c, "stands in it more than once.".into()));
        } else if let Some(place) = chain.iter().position(|sha256| *sha256 == c.sha256) {
            order.push(place);
        } else {
            let twin = explanation.links.iter().any(|l| l.certificate.subject.der == c.subject.der);
            let (severity, text) = if twin {
                (Severity::Info, "is another certificate of an issuer in the chain; it was not needed.")
            } else {
                (Severity::Warning, "does not belong to this chain.")
            };
            all.push(find("bundle.superfluous", severity, c, text.into()));
        }
    }
    if !order.is_sorted()
        && let Some(leaf) = given.first()
    {
        let stands: Vec<String> = order.iter().map(|place| (place + 1).to_string()).collect();
        let text = format!(
            "the order is {}, by the numbers above; the leaf comes first and each issuer after what it signed.",
            stands.join(", ")
        );
        let remedy = "Sort it: old clients and many servers do not do it themselves.";
        all.push(find("bundle.order", Severity::Warning, leaf, text).remedy(remedy, None));
    }
    if let (Some(top), true) = (explanation.links.last(), explanation.links.len() > 1)
        && top.certificate.is_self_issued()
        && given.iter().any(|c| c.sha256 == top.certificate.sha256)
    {
        let text = "the root is in it; a server need not send it, for who trusts it has it.".into();
        all.push(find("bundle.root", Severity::Info, &top.certificate, text));
    }
    // A bundle of thousands says the same thousands of times.
    const MOST: usize = 10;
    if let Some(more) = all.len().checked_sub(MOST).filter(|n| *n > 0) {
        all.truncate(MOST);
        let text = format!("and {more} more remarks about the bundle.");
        all.push(Finding::new("bundle.more", Severity::Info, Subject::Workspace, text));
    }
    all
}
