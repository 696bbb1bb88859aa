//! Rules about certifiers.

use super::{Case, Check, Hit};
use crate::model::certificate::Lifetime;
use crate::model::certifier::Certifier;
use crate::model::crl::{Due, Light};
use crate::model::escape::visible;
use crate::model::finding::{Severity, Subject};
use crate::model::time::days_left;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "C01",
        title: "A certifier's CRL is due.",
        severity: Severity::Warning,
        remedy: "Sign a new CRL and publish it.",
        command: "certifier.crl",
        explain: "Clients that look for revocation refuse every certificate of a certifier whose CRL has passed its next update. \
            The next regular one is due as many days after the one before as the policy says, or once three quarters of its \
            validity have passed, so that publishing has time; and so is a delta CRL that has ended. Sign a new one and \
            publish it where the certificates say.",
        run: |case, found| {
            for certifier in signing(case) {
                let due = Due::of_schedule(certifier, case.now);
                if certifier.crl.is_some() && due.light > Light::Green {
                    let text = format!("Certifier {}: {}", certifier.name, due.text());
                    found(Hit::new(subject(certifier), text).severity(grave(due.light)));
                }
            }
        },
    },
    Check {
        id: "C02",
        title: "A certifier owes a new CRL: it has revoked certificates since the latest one.",
        severity: Severity::Warning,
        remedy: "Sign a new CRL and publish it; until then nobody learns of the revocation.",
        command: "certifier.crl",
        explain: "A revocation takes effect for others only with the CRL that lists it. Certificates were revoked since the \
            latest CRL of the certifier was signed. Sign a new one and publish it.",
        run: |case, found| {
            for certifier in signing(case) {
                if let Some(owed) = case.state.owed.get(&certifier.name) {
                    let (light, _) = owed.due(&certifier.policy, case.now);
                    let late =
                        if light == Light::Red { "; the deadline of its policy has passed" } else { "" };
                    let text = format!("Certifier {} owes a CRL: {}{late}.", certifier.name, owed.words());
                    found(Hit::new(subject(certifier), text).severity(grave(light)));
                }
            }
        },
    },
    Check {
        id: "C03",
        title: "A certifier's own certificate ends soon.",
        severity: Severity::Warning,
        remedy: "Make a new certifier and let everybody trust it in time; nothing it signs outlasts its certificate.",
        command: "certifier.create",
        explain: "Nothing that a certifier signs outlasts its own certificate, and every client that trusts it has to learn of \
            its successor before. That takes longer than a renewal. Make a new certifier, let everybody trust it, and issue \
            from it from then on.",
        run: |case, found| {
            let widest = case.bands.iter().copied().max().unwrap_or(30);
            for certifier in case.state.certifiers.values() {
                if certifier.status.issues()
                    && certifier.certificate.lifetime(case.now, widest) == Lifetime::Soon
                {
                    let days = days_left(certifier.certificate.not_after.days_from(case.now));
                    let text = format!("The certificate of certifier {}: {days}.", certifier.name);
                    found(Hit::new(subject(certifier), text));
                }
            }
        },
    },
    Check {
        id: "C04",
        title: "A certifier's own certificate is outside its validity.",
        severity: Severity::Error,
        remedy: "It signs nothing now, no CRL either: make a new certifier.",
        command: "certifier.create",
        explain: "The certificate of the certifier has ended or does not count yet, so nothing it signs is believed, CRLs \
            included. When it should be valid now, look at the clock of this machine first. Otherwise make a new certifier, \
            and issue again what its clients still use.",
        run: |case, found| {
            for certifier in case.state.certifiers.values() {
                let certificate = &certifier.certificate;
                let text = match certificate.lifetime(case.now, 0) {
                    Lifetime::Expired => format!("ended on {}", certificate.not_after.date()),
                    Lifetime::NotYet => format!("is valid from {} on", certificate.not_before.date()),
                    Lifetime::Soon | Lifetime::Good => continue,
                };
                // One that issues no more has ended as it should.
                if !certifier.status.issues() {
                    continue;
                }
                found(Hit::new(
                    subject(certifier),
                    format!("The certificate of certifier {} {text}.", certifier.name),
                ));
            }
        },
    },
    Check {
        id: "C05",
        title: "A certifier's own certificate is revoked.",
        severity: Severity::Error,
        remedy: "Give it a new key under the same name, and renew what its old key has signed.",
        command: "certifier.rollover",
        explain: "The certificate of the certifier, or of an authority above it, is revoked, so whoever looks at CRLs refuses \
            everything below it. It issues nothing until it has another certificate, and goes on signing CRLs. A hold is \
            lifted by whoever set it; otherwise give it a new key: `ringmaster certifier rollover NAME`, and work the list of \
            what its old key has signed.",
        run: |case, found| {
            for certifier in case.state.certifiers.values().filter(|c| c.status.issues()) {
                if let Some(words) = case.state.revoked_words(certifier) {
                    let text = format!("Certifier {} cannot issue. {words}", certifier.name);
                    found(Hit::new(subject(certifier), text));
                }
            }
        },
    },
    Check {
        id: "C06",
        title: "Two certifiers have one CRL address.",
        severity: Severity::Warning,
        remedy: "Give one of them another address, and publish its CRL there.",
        command: "certifier.amend",
        explain: "At one address there is one CRL. Whichever was published last takes the place of the other one, and peers \
            refuse certificates of the other certifier, or learn nothing of its revocations. Amend one policy: \
            `ringmaster certifier amend NAME crl-url=ADDRESS`. Certificates issued before keep the address that stands in them; \
            leave the CRL there to the certifier that has issued most of those that are valid.",
        run: |case, found| {
            let with_address = || signing(case).filter(|c| !c.policy.crl_url.is_empty());
            for certifier in with_address() {
                let same =
                    |c: &&Certifier| c.name < certifier.name && c.policy.crl_url == certifier.policy.crl_url;
                if let Some(other) = with_address().find(same) {
                    let (one, two) = (&other.name, &certifier.name);
                    let text = format!(
                        "Certifiers {one} and {two} have one CRL address, {}.",
                        visible(&certifier.policy.crl_url)
                    );
                    found(Hit::new(subject(certifier), text));
                }
            }
        },
    },
    Check {
        id: "C20",
        title: "A certifier has no roles.",
        severity: Severity::Info,
        remedy: "Name its CAAs, RAs and auditors in the policy.",
        command: "certifier.amend",
        explain: "Without roles everybody who can open the workspace may approve, sign and revoke, and may approve what the \
            same person submitted. It was made before there were roles. Name at least one CAA and one RA: \
            `ringmaster certifier amend NAME caa=ann ra=ann,bea`.",
        run: |case, found| {
            for certifier in case.state.certifiers.values().filter(|c| c.policy.roles.is_empty()) {
                let name = &certifier.name;
                let text = format!("Certifier {name} has no roles: everybody may do everything with it.");
                found(Hit::new(subject(certifier), text));
            }
        },
    },
    Check {
        id: "C21",
        title: "A certifier has only one CAA, though two people have to share its work.",
        severity: Severity::Info,
        remedy: "Name a second CAA, so that one may leave.",
        command: "certifier.amend",
        explain: "The policy keeps requester and approver apart, but only one person can sign, and amends the policy alone. \
            When that person leaves, nobody can give the role to another. Name a second CAA.",
        run: |case, found| {
            let strict = |c: &&Certifier| !c.policy.own_approval && c.policy.roles.caa.len() == 1;
            for certifier in case.state.certifiers.values().filter(strict) {
                let text = format!("Certifier {} has a single CAA.", certifier.name);
                found(Hit::new(subject(certifier), text));
            }
        },
    },
    Check {
        id: "C22",
        title: "An amendment of a policy waits for a second CAA.",
        severity: Severity::Info,
        remedy: "Another CAA confirms or rejects it.",
        command: "certifier.proposal",
        explain: "A CAA has proposed another policy for the certifier, and the policy asks for a second CAA. Until then \
            nothing has changed. Another CAA looks at the differences and confirms or rejects them.",
        run: |case, found| {
            for certifier in case.state.certifiers.values() {
                let Some(proposal) = &certifier.proposal else { continue };
                let (version, by) = (proposal.policy.version, &proposal.by);
                let text = format!(
                    "Policy version {version} of certifier {}, proposed by {by} on {}, waits to be confirmed.",
                    certifier.name,
                    proposal.at.date()
                );
                found(Hit::new(subject(certifier), text));
            }
        },
    },
    Check {
        id: "C23",
        title: "A keyring trusts the root of an old key and not yet the new one.",
        severity: Severity::Warning,
        remedy: "Let it trust the new root, too, beside the old one.",
        command: "certifier.worklist",
        explain: "An authority has a new key, and with it a new root. A keyring that trusts only the old root refuses what the \
            new key signs wherever a peer does not send the link certificate, and everything once the old root has ended. Let \
            the keyring trust the new root as well: `ringmaster keyring trust RING --certifier NAME`. The old root is taken \
            away when nothing under it is in use any more.",
        run: |case, found| {
            for certifier in case.state.certifiers.values().filter(|c| case.now <= c.certificate.not_after) {
                let untold = certifier.untold(case.state);
                let next = certifier.succeeded_by.as_deref().unwrap_or_default();
                for ring in untold {
                    let text = format!(
                        "Keyring {ring} trusts the root of certifier {} and not that of {next}, which issues in its place.",
                        certifier.name
                    );
                    found(Hit::new(subject(certifier), text));
                }
            }
        },
    },
];

/// Says how bad it is that a CRL is due.
fn grave(light: Light) -> Severity {
    if light == Light::Red { Severity::Error } else { Severity::Warning }
}

/// Lists the certifiers that can still sign a CRL.
fn signing<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Certifier> {
    let now = case.now;
    case.state.certifiers.values().filter(move |c| c.status.has_key() && now <= c.certificate.not_after)
}

fn subject(certifier: &Certifier) -> Subject {
    Subject::Certifier(certifier.name.clone())
}
