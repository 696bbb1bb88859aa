//! What happened, in a sentence for the person who asked for it. One entry for each fact.

use crate::model::certifier::CrlInfo;
use crate::model::change::Fact;
use crate::model::crl::{entries, parts};
use crate::model::document::How;
use crate::model::escape::visible;
use crate::model::keyring::{Keyring, Role};

/// Says what became true, for the status line; `None` for a fact that another one in the same change says better.
pub(super) fn sentence(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::CertifierCreated { certifier } if !certifier.origin.is_empty() => {
            format!("Certifier {} is taken over from {}.", certifier.name, certifier.origin)
        }
        Fact::CertifierCreated { certifier } => {
            format!("Certifier {} is made, with its certificate and first CRL.", certifier.name)
        }
        Fact::CertifierAwaited { awaited } => format!(
            "The key of certifier {} is made; its request has to be answered, and the certificate be brought back.",
            awaited.name
        ),
        Fact::CertifierGivenUp { name } => format!("Certifier {name} is given up; its key is destroyed."),
        Fact::CertifierStatusChanged { certifier, plan, .. } if !plan.is_empty() => {
            format!("The key of certifier {certifier} is destroyed: {plan}.")
        }
        Fact::CertifierStatusChanged { certifier, status, .. } => {
            format!("Certifier {certifier} is {}.", status.word())
        }
        Fact::CertifierSucceeded { certifier, by } => {
            format!("Certifier {certifier} is succeeded by {by}, and signs CRLs only.")
        }
        Fact::CertifierRequested { certifier, .. } => {
            format!(
                "A request of the key of certifier {certifier} is made; its certificate is to be brought back."
            )
        }
        Fact::CertifierRenewed { certifier, certificate, .. } => {
            format!("Certifier {certifier} has its certificate until {}.", certificate.not_after.date())
        }
        Fact::WorkspaceCreated => return None,
        Fact::FilePutAway { path } => format!("{path} was moved to the history."),
        Fact::KeyringCreated { keyring } if keyring.is_self_certified() => {
            format!("Keyring {} is made and certifies itself, for tests only.", keyring.name)
        }
        Fact::KeyringCreated { keyring } => made(keyring),
        Fact::RequestReceived { request } => match &request.keyring {
            Some(ring) if request.source == format!("keyring {ring}") => {
                format!("Keyring {ring} is made; its request {} waits for a decision.", request.id)
            }
            Some(_) => format!("Request {} waits for a decision: {}.", request.id, request.source),
            None => {
                format!("Request {} waits for a decision. Its pick-up ID is {}.", request.id, request.pickup)
            }
        },
        Fact::CrlIssued { crl, .. } if crl.number == 1 => return None,
        Fact::CrlIssued { crl, .. } if crl.partition > 0 => return None,
        Fact::CrlIssued { certifier, crl, .. } => signed(certifier, crl, 0),
        Fact::CrlPublished { certifier, number, target, proved, .. } => {
            let proof = if *proved { ", and read back there" } else { "" };
            format!("CRL {number} of certifier {certifier} was published: {target}{proof}.")
        }
        Fact::CrlProved { certifier, number, source, .. } => {
            format!("What is served is CRL {number} of certifier {certifier}: {source}.")
        }
        Fact::KeyringChanged { keyring, what } => format!("Keyring {}: {what}.", keyring.name),
        Fact::KeyringRenamed { from, keyring } => format!("Keyring {from} is called {} now.", keyring.name),
        Fact::KeyringDeleted { name } => format!("Keyring {name} was moved to the history."),
        Fact::KeyExported { keyring, what } => {
            format!("The private key of keyring {keyring} was exported: {what}.")
        }
        Fact::PolicyAmended { certifier, policy, version } => {
            let alone = version.as_ref().map_or("", |v| v.alone.as_str());
            let alone = if alone.is_empty() { String::new() } else { format!(", amended alone ({alone})") };
            format!("Certifier {certifier} has policy version {}{alone}.", policy.version)
        }
        Fact::PolicyProposed { certifier, proposal } => format!(
            "Policy version {} of certifier {certifier} is proposed; another CAA has to confirm it.",
            proposal.policy.version
        ),
        Fact::ProposalWithdrawn { certifier, version, .. } => {
            format!("The proposed policy version {version} of certifier {certifier} is withdrawn.")
        }
        Fact::RequestApproved { id, plan, relaxed, .. } => {
            let relaxed = if relaxed.is_empty() { String::new() } else { format!(" {relaxed}.") };
            format!("Request {id} is approved; {} has to sign it.{relaxed}", plan.certifier)
        }
        Fact::RequestDenied { id, .. } => format!("Request {id} is denied."),
        Fact::RequestNoted { id, .. } => format!("It is noted at request {id}."),
        Fact::PlanEdited { id, .. } => {
            format!(
                "Request {id} is under review: what will be issued was edited, and somebody else approves it."
            )
        }
        Fact::RequestWithdrawn { id, .. } => format!("Request {id} is withdrawn."),
        Fact::RequestExpired { id, .. } => format!("Request {id} is expired."),
        Fact::SigningFailed { id, .. } => {
            format!("Request {id} could not be signed and is under review again.")
        }
        Fact::CertificatePickedUp { id, to, .. } => {
            format!("The certificate of request {id} was picked up: {to}.")
        }
        Fact::CertificateIssued { issued, .. } => {
            format!("{} signed {} with serial {}.", issued.certifier, issued.subject, issued.serial)
        }
        Fact::CertificateRecorded { .. } => return None,
        Fact::CertificateRevoked { certifier, serial, reason, .. } => {
            let how = if reason.is_hold() { "on hold" } else { "revoked" };
            format!("Serial {serial} is {how}; certifier {certifier} owes a new CRL.")
        }
        Fact::RevocationChanged { certifier, serial, reason, .. } => {
            format!("Serial {serial} is revoked for {}; certifier {certifier} owes a new CRL.", reason.name())
        }
        Fact::CertificateReleased { certifier, serial, .. } => {
            format!("Serial {serial} is released; certifier {certifier} owes a new CRL.")
        }
        Fact::SiteSaved { site, how } if !how.is_written() => format!("Site {}: {}.", site.name, how.words()),
        Fact::SiteSaved { site, .. } => format!("Site {} is saved.", site.name),
        Fact::SiteDeleted { name } => format!("Site {name} is deleted."),
        Fact::ServerSaved { server, how: How::Refreshed } => format!(
            "Server {} {}; what is changed from here on is found to be pending (S20).",
            server.name,
            How::Refreshed.words()
        ),
        Fact::ServerSaved { server, how } if !how.is_written() => {
            format!("Server {}: {}.", server.name, how.words())
        }
        Fact::ServerSaved { server, .. } => format!("Server {} is saved.", server.name),
        Fact::ServerDeleted { name } => format!("Server {name} is deleted."),
        Fact::ProfileSaved { profile } => {
            format!("Profile {} is saved as version {}.", profile.name, profile.version)
        }
        Fact::ProfileDeleted { name, instead: Some(_) } => {
            format!("Profile {name} is the built-in one again.")
        }
        Fact::ProfileDeleted { name, .. } => format!("Profile {name} is deleted."),
        Fact::KeyReported { report } => {
            format!("The key {} is reported; it will not be certified.", report.key.short())
        }
        Fact::KeyCleared { key, .. } => format!("The report of key {} is taken back.", key.short()),
        Fact::FindingAccepted { risk } => {
            format!(
                "{} about {} is accepted until {}.",
                risk.rule,
                visible(&risk.subject.to_string()),
                risk.until.date()
            )
        }
        Fact::FindingUnaccepted { rule, subject } => {
            format!("{rule} about {} is not accepted any more.", visible(&subject.to_string()))
        }
        Fact::KeyListSaved { list } => {
            format!("The list {} is kept: {} {}.", list.name, list.entries, list.sort.word())
        }
        Fact::KeyListDropped { name } => format!("The list {name} is dropped."),
        Fact::PersonSaved { what, .. } if what.starts_with("certificate") && what.contains(" issued by ") => {
            return None;
        }
        Fact::PersonSaved { person, what } => format!("Person {}: {what}.", person.name),
        Fact::TaskSaved { task, what } => format!("Task {}: {what}.", task.name),
        Fact::PersonDeleted { name } => {
            format!("Person {name} is deleted; keys and certificates stay where they are.")
        }
        Fact::SigningAbandoned { what, .. } => format!("An unfinished signature was found: {what}."),
        Fact::Refused { what, .. } => what.clone(),
        Fact::StepWitnessed { by, .. } => format!("{by} witnessed it."),
        Fact::UnlockFailed { what } => format!("Unlocking failed: {what}."),
        Fact::Reconciled { crls, unlisted, .. } => {
            let next = crls.iter().map(|(name, number)| format!("{name} goes on with CRL {}", number + 1));
            let next = next.collect::<Vec<_>>().join(", ");
            let found = match unlisted.len() {
                0 => String::new(),
                1 => " One certificate that it does not know was found.".into(),
                n => format!(" {n} certificates that it does not know were found."),
            };
            let next = if next.is_empty() { String::new() } else { format!(" {next}.") };
            format!("The older ledger is gone on with.{next}{found}")
        }
        Fact::UnlockRehearsed { certifier, with } => {
            format!("Certifier {certifier} opens with {with}; it is locked again, and nothing was signed.")
        }
        Fact::KeyProtected { certifier, protection, before } if protection.words() == *before => format!(
            "The key of certifier {certifier} is sealed anew, still by {before}; the file before was wiped."
        ),
        Fact::KeyProtected { certifier, protection, before } => format!(
            "The key of certifier {certifier} is protected by {}, no longer by {before}; the file before was wiped.",
            protection.words()
        ),
        Fact::CertifierUnlocked { certifier } => format!("Certifier {certifier} is unlocked."),
    })
}

/// Says what became true of several requests, certificates or documents together.
pub(super) fn sentence_of_many(facts: &[Fact]) -> Option<String> {
    let saved = |fact: &Fact| match fact {
        Fact::SiteSaved { .. } => Some("sites"),
        Fact::ServerSaved { .. } => Some("servers"),
        Fact::PersonSaved { .. } => Some("people"),
        _ => None,
    };
    let part = |fact: &Fact| matches!(fact, Fact::CrlIssued { crl, .. } if crl.partition > 0);
    let word = match facts {
        // What was witnessed is told by what was done.
        [Fact::StepWitnessed { .. }, rest @ ..] => return sentence_of_many(rest),
        [_] | [] => return None,
        [Fact::CrlIssued { certifier, crl, .. }, rest @ ..] if rest.iter().all(part) => {
            return Some(signed(certifier, crl, rest.len()));
        }
        [first, ..] if let Some(nouns) = saved(first) => {
            let same = facts.iter().all(|f| saved(f) == Some(nouns));
            let nouns = if same { nouns } else { "documents" };
            let all = facts.iter().all(|f| saved(f).is_some());
            return all.then(|| format!("{} {nouns} are saved.", facts.len()));
        }
        [Fact::RequestReceived { .. }, ..] => {
            return Some(format!("{} requests wait for a decision.", facts.len()));
        }
        [Fact::RequestExpired { .. }, ..] => return Some(format!("{} requests are expired.", facts.len())),
        [Fact::FindingAccepted { risk }, ..] => {
            return Some(format!("{} findings are accepted until {}.", facts.len(), risk.until.date()));
        }
        [Fact::CertificateReleased { .. }, ..] => "released",
        [Fact::CertificateRevoked { reason, .. }, ..] if reason.is_hold() => "on hold",
        [Fact::CertificateRevoked { .. } | Fact::RevocationChanged { .. }, ..] => "revoked",
        _ => return None,
    };
    Some(format!("{} certificates are {word}; their certifiers owe a new CRL.", facts.len()))
}

/// Says which CRL was signed, with so many parts.
fn signed(certifier: &str, crl: &CrlInfo, count: usize) -> String {
    let what = if crl.base.is_some() { "delta CRL" } else { "CRL" };
    let beside = if count == 0 { String::new() } else { format!(", and its {}", parts(count)) };
    format!("Certifier {certifier} signed {what} {} with {}{beside}.", crl.number, entries(crl.entries))
}

/// Says what a ring that is new here holds.
fn made(ring: &Keyring) -> String {
    let some = |role, one: &str, more: &str| match ring.with_role(role).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let own = match (ring.leaf(), &ring.key) {
        (Some(leaf), _) => Some(format!("{} until {}", leaf.subject, leaf.not_after.date())),
        (None, Some(_)) => Some("a key without a certificate".into()),
        (None, None) => None,
    };
    let above = some(Role::Chain, "intermediate", "intermediates");
    let roots = some(Role::Root, "trusted root", "trusted roots");
    let parts: Vec<_> = [own, above, roots].into_iter().flatten().collect();
    format!("Keyring {} is made: {}.", ring.name, parts.join(", "))
}
