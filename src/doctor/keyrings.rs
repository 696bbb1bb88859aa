//! Rules about keyrings and the certificates in them.

use super::{Case, Check};
use crate::model::certificate::Lifetime;
use crate::model::finding::{Severity, Subject};
use crate::model::keyring::Keyring;
use crate::model::request::Status;
use crate::model::time::days_left;
use crate::pki::chain::{Question, explain};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K07",
        title: "A keyring has a key and no certificate.",
        severity: Severity::Warning,
        remedy: "Install the certificate that answers its request.",
        command: "keyring.install",
        run: |case, found| {
            for ring in rings(case).filter(|r| r.key.is_some() && r.leaf().is_none()) {
                let request = case.state.request_of_keyring(ring);
                let issued = request.is_some_and(|r| matches!(r.status, Status::Issued { .. }));
                let text =
                    if issued { "the certificate is issued, not installed" } else { "it waits for one" };
                found(subject(ring), format!("Keyring {} has no certificate: {text}.", ring.name));
            }
        },
    },
    Check {
        id: "K09",
        title: "A keyring's certificate does not verify up to a trusted root of the ring.",
        severity: Severity::Error,
        remedy: "Add what is missing, or install the certificate again.",
        command: "keyring.install",
        run: |case, found| {
            for ring in rings(case) {
                let Some(leaf) = ring.leaf().filter(|l| l.lifetime(case.now, 0) == Lifetime::Good) else {
                    continue;
                };
                let pool: Vec<_> = ring.entries.iter().map(|e| (&e.certificate, String::new())).collect();
                let anchors: Vec<_> = ring.trusted_roots().collect();
                let at = case.now;
                let question = Question { leaf, pool: &pool, anchors: &anchors, host: None, at, crls: &[] };
                let explanation = explain(&question);
                if !explanation.trusted {
                    let verdict = explanation.verdict.trim_end_matches('.');
                    found(subject(ring), format!("Keyring {}: {verdict}.", ring.name));
                }
            }
        },
    },
    Check {
        id: "K12",
        title: "A certificate in a keyring ends soon.",
        severity: Severity::Warning,
        remedy: "Request a new certificate in time; a new key waits in the ring while the old one serves.",
        command: "keyring.request",
        run: |case, found| {
            let widest = case.bands.iter().copied().max().unwrap_or(30);
            for ring in rings(case) {
                for entry in
                    ring.entries.iter().filter(|e| e.certificate.lifetime(case.now, widest) == Lifetime::Soon)
                {
                    let days = days_left(entry.certificate.not_after.days_from(case.now));
                    let what = format!("{} {}", entry.role.word(), entry.certificate.subject);
                    found(subject(ring), format!("Keyring {}: {what}: {days}.", ring.name));
                }
            }
        },
    },
    Check {
        id: "K13",
        title: "A certificate in a keyring is outside its validity.",
        severity: Severity::Error,
        remedy: "Install a valid one.",
        command: "keyring.install",
        run: |case, found| {
            for ring in rings(case) {
                for entry in &ring.entries {
                    let certificate = &entry.certificate;
                    let text = match certificate.lifetime(case.now, 0) {
                        Lifetime::Expired => format!("ended on {}", certificate.not_after.date()),
                        Lifetime::NotYet => format!("is valid from {} on", certificate.not_before.date()),
                        Lifetime::Soon | Lifetime::Good => continue,
                    };
                    let what = format!("{} {}", entry.role.word(), certificate.subject);
                    found(subject(ring), format!("Keyring {}: {what} {text}.", ring.name));
                }
            }
        },
    },
    Check {
        id: "K23",
        title: "A certificate in a keyring is revoked.",
        severity: Severity::Error,
        remedy: "Request a new certificate, with a new key when others may know this one.",
        command: "keyring.request",
        run: |case, found| {
            for ring in rings(case) {
                for entry in &ring.entries {
                    let Some(revoked) = case.state.revocations.get(&entry.certificate.sha256) else {
                        continue;
                    };
                    let what = format!("{} {}", entry.role.word(), entry.certificate.subject);
                    let (day, why) = (revoked.at.date(), revoked.reason.name());
                    found(
                        subject(ring),
                        format!("Keyring {}: {what} was revoked on {day}: {why}.", ring.name),
                    );
                }
            }
        },
    },
    Check {
        id: "K20",
        title: "No site document names the keyring.",
        severity: Severity::Info,
        remedy: "Name it in a site document, or delete it.",
        command: "site.create",
        run: |case, found| {
            for ring in rings(case).filter(|r| r.leaf().is_some()) {
                if case.state.sites_of_keyring(&ring.name).next().is_none() {
                    found(subject(ring), format!("Keyring {} is named by no site.", ring.name));
                }
            }
        },
    },
];

fn rings<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Keyring> {
    case.state.keyrings.values()
}

fn subject(ring: &Keyring) -> Subject {
    Subject::Keyring(ring.name.clone())
}
