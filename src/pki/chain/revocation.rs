//! Asks CRLs about each certificate of a chain. A CRL counts when the issuer's name and key stand behind it.

use super::edges::finding;
use super::{Link, Question};
use crate::model::certificate::KeyUsage;
use crate::model::finding::Severity;
use crate::model::time::Timestamp;
use crate::pki::crl::List;
use crate::pki::signature::Verdict;

/// Adds findings to every link; returns the first reason not to trust the chain.
///
/// A CRL that has ended at the date of the question but not `now` is no reason: its successor will speak then.
pub(super) fn judge(question: &Question<'_>, now: Timestamp, links: &mut [Link]) -> Option<String> {
    let mut reason = None;
    let lists: Vec<_> = question.crls.iter().map(|der| List::open(der)).collect();
    for i in 0..links.len().saturating_sub(1) {
        let [link, issuer, ..] = &mut links[i..] else { break };
        let (c, issuer) = (&link.certificate, &issuer.certificate);
        let mut add = |rule, severity, text: &str| {
            let finding = finding(rule, severity, c, text);
            if severity == Severity::Error {
                reason.get_or_insert_with(|| finding.text.clone());
            }
            link.findings.push(finding);
        };
        let by = issuer.subject.title();
        // Name and key decide, and a list by a key that must not sign lists says nothing (RFC 5280 section 6.3.3).
        let able = issuer.key_usage.is_none_or(|u| u.0 & KeyUsage::CRL_SIGN != 0);
        let (mut current, mut expired, mut later, mut spoke, mut revoked) = (None, None, None, false, false);
        for list in lists.iter().flatten().filter(|l| l.issuer == issuer.subject.der.0) {
            if !able || !matches!(list.signature_by(issuer), Verdict::Good | Verdict::Weak(_)) {
                let text =
                    format!("a CRL in the name of {by} is not signed as it must be; it is not believed.");
                add("chain.crl-signature", Severity::Warning, &text);
                continue;
            }
            spoke = true;
            match list.find(&c.serial) {
                Ok(Some(why)) => {
                    revoked = true;
                    let text = format!("was revoked by {by} ({}).", why.name());
                    add("chain.revoked", Severity::Error, &text);
                }
                Ok(None) => {}
                Err(error) => add("chain.crl-damaged", Severity::Warning, &error.to_string()),
            }
            if list.this_update > question.at {
                continue;
            }
            // A list without an end is fresh for ever.
            let next = list.next_update.unwrap_or(Timestamp(i64::MAX));
            match next {
                next if next >= question.at => current = current.max(Some(next)),
                next if next >= now && question.at > now => later = later.max(Some(next)),
                next => expired = expired.max(Some(next)),
            }
        }
        let end = |at: Timestamp| if at.0 == i64::MAX { "without an end".into() } else { at.date() };
        link.revocation = match (revoked, current, later, expired) {
            (true, ..) => format!("revoked by {by}"),
            (_, Some(at), ..) => format!("not revoked; the CRL of {by} is fresh until {}", end(at)),
            (_, _, Some(at), _) => {
                format!("not revoked as known now; the CRL of {by} ends on {}, before this date", end(at))
            }
            (_, _, _, Some(at)) => format!("not known: the CRL of {by} is stale since {}", at.text()),
            _ if spoke => format!("not listed in the CRL of {by}, which is newer than this date"),
            _ => format!("no CRL of {by} is at hand; revocation was not looked at"),
        };
        if let (None, None, Some(at)) = (current, later, expired) {
            let text =
                format!("the latest CRL of {by} was valid until {}; revocation is not known.", at.text());
            let finding = finding("chain.crl-expired", Severity::Error, c, &text)
                .remedy("Sign or fetch a new CRL of this authority.", Some("certifier.crl"));
            reason.get_or_insert_with(|| finding.text.clone());
            link.findings.push(finding);
        }
    }
    let unread = lists.iter().filter_map(|l| l.as_ref().err()).map(|e| format!("a CRL is not used. {e}"));
    let unread: Vec<String> = unread.collect();
    if let Some(link) = links.first_mut() {
        for text in unread {
            link.findings.push(finding("chain.crl-damaged", Severity::Warning, &link.certificate, &text));
        }
    }
    reason
}
