//! Asks CRLs about each certificate of a chain. A CRL counts when the issuer's name and key stand behind it.

use super::edges::finding;
use super::{Link, Question};
use crate::model::certificate::KeyUsage;
use crate::model::finding::Severity;
use crate::pki::crl::List;
use crate::pki::signature::Verdict;

/// Adds findings to every link; returns the first reason not to trust the chain.
pub(super) fn judge(question: &Question<'_>, links: &mut [Link]) -> Option<String> {
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
        let (mut current, mut expired) = (false, None);
        for list in lists.iter().flatten().filter(|l| l.issuer == issuer.subject.der.0) {
            if !able || !matches!(list.signature_by(issuer), Verdict::Good | Verdict::Weak(_)) {
                let text =
                    format!("a CRL in the name of {by} is not signed as it must be; it is not believed.");
                add("chain.crl-signature", Severity::Warning, &text);
                continue;
            }
            match list.find(&c.serial) {
                Ok(Some(why)) => {
                    let text = format!("was revoked by {by} ({}).", why.name());
                    add("chain.revoked", Severity::Error, &text);
                }
                Ok(None) => {}
                Err(error) => add("chain.crl-damaged", Severity::Warning, &error.to_string()),
            }
            let began = list.this_update <= question.at;
            if list.next_update.is_none_or(|next| next >= question.at) {
                current |= began;
            } else {
                expired = expired.max(list.next_update);
            }
        }
        if let Some(at) = expired.filter(|_| !current) {
            let text =
                format!("the latest CRL of {by} was valid until {}; revocation is not known.", at.text());
            add("chain.crl-expired", Severity::Error, &text);
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
