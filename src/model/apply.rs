//! What each fact does to the state: replaying the facts of the audit chain gives it.

use super::State;
use super::bytes::Serial;
use super::certifier::CrlInfo;
use super::change::Fact;
use super::crl::Publication;
use super::issued::{Reason, Revocation};
use super::profile::Profile;
use super::server::Server;
use super::time::Timestamp;

impl State {
    /// Makes a fact true in memory. It cannot fail: a fact about something unknown changes nothing.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::CertifierCreated { certifier } => {
                self.awaited.remove(&certifier.name);
                self.certifiers.insert(certifier.name.clone(), certifier.clone());
            }
            Fact::CertifierAwaited { awaited } => {
                self.awaited.insert(awaited.name.clone(), awaited.clone());
            }
            Fact::CertifierGivenUp { name } => {
                self.awaited.remove(name);
            }
            Fact::CertifierStatusChanged { certifier, status, .. } => {
                if let Some(c) = self.certifiers.get_mut(certifier) {
                    c.status = status.clone();
                }
            }
            Fact::CertifierSucceeded { certifier, by } => {
                if let Some(c) = self.certifiers.get_mut(certifier) {
                    c.succeeded_by = Some(by.clone());
                }
            }
            Fact::CertifierRenewed { certifier, certificate, chain, parent } => {
                if let Some(c) = self.certifiers.get_mut(certifier) {
                    c.certificate = certificate.clone();
                    c.chain.clone_from(chain);
                    c.parent.clone_from(parent);
                }
                self.forget_revocations();
            }
            Fact::PolicyAmended { certifier, policy, version, .. } => {
                if let Some(c) = self.certifiers.get_mut(certifier) {
                    c.policy = policy.clone();
                    c.versions.extend(version.clone());
                    c.proposal = None;
                }
            }
            Fact::KeyProtected { certifier, protection, .. } => {
                if let Some(c) = self.certifiers.get_mut(certifier) {
                    c.protection = protection.clone();
                }
            }
            Fact::PolicyProposed { certifier, proposal } => {
                if let Some(c) = self.certifiers.get_mut(certifier) {
                    c.proposal = Some(proposal.clone());
                }
            }
            Fact::ProposalWithdrawn { certifier, .. } => {
                if let Some(c) = self.certifiers.get_mut(certifier) {
                    c.proposal = None;
                }
            }
            Fact::CrlIssued { certifier, crl, .. } => {
                let of = self.certifiers.get_mut(certifier).map(|c| &mut c.crl);
                match of {
                    Some(Some(latest)) if crl.base.is_some() => latest.delta = Some(crl.next_update),
                    Some(latest) if crl.base.is_none() && crl.partition == 0 => {
                        let before = latest.take().unwrap_or_default();
                        let regular = if crl.immediate { before.regular } else { Some(crl.this_update) };
                        *latest = Some(CrlInfo { regular, delta: before.delta, ..crl.clone() });
                        self.published.remove(certifier);
                    }
                    _ => {}
                }
                self.owed.remove(certifier);
            }
            Fact::KeyringCreated { keyring } | Fact::KeyringChanged { keyring, .. } => {
                self.keyrings.insert(keyring.name.clone(), keyring.clone());
                self.forget_revocations();
            }
            Fact::KeyringRenamed { from, keyring } => {
                self.keyrings.remove(from);
                self.keyrings.insert(keyring.name.clone(), keyring.clone());
                for request in self.requests.values_mut().filter(|r| r.keyring.as_ref() == Some(from)) {
                    request.keyring = Some(keyring.name.clone());
                }
            }
            Fact::KeyringDeleted { name } => {
                self.keyrings.remove(name);
                self.forget_revocations();
                let file = format!("keyrings/{name}.kyr");
                self.unreadable.retain(|u| u.path != file || u.sort != super::unread::Sort::Missing);
            }
            Fact::RequestReceived { request } => {
                self.next_request = self.next_request.max(request.id.0 + 1);
                self.requests.insert(request.id, request.clone());
            }
            Fact::CertificateIssued { issued, .. } => {
                self.issued += 1;
                if let Some(request) = issued.request.and_then(|id| self.requests.get_mut(&id)) {
                    request.apply(fact);
                }
            }
            Fact::RequestApproved { id, .. }
            | Fact::RequestDenied { id, .. }
            | Fact::RequestNoted { id, .. }
            | Fact::PlanEdited { id, .. }
            | Fact::RequestWithdrawn { id, .. }
            | Fact::RequestExpired { id, .. }
            | Fact::SigningFailed { id, .. }
            | Fact::CertificatePickedUp { id, .. } => {
                if let Some(request) = self.requests.get_mut(id) {
                    request.apply(fact);
                }
            }
            Fact::CrlPublished { certifier, number, target, at, proved } => {
                let publication = Publication { number: *number, at: *at, proved: *proved };
                self.published.entry(certifier.clone()).or_default().insert(target.clone(), publication);
            }
            Fact::CrlProved { certifier, number, source, at, .. } => {
                let publication = Publication { number: *number, at: *at, proved: true };
                self.published.entry(certifier.clone()).or_default().insert(source.clone(), publication);
            }
            Fact::CertificateRecorded { issued, .. } => {
                self.issued += 1;
                self.unlisted.remove(&issued.sha256);
            }
            Fact::CertificateRevoked { certifier, serial, reason, at, by, invalidity, comment } => {
                self.revoked += 1;
                self.owe(certifier, Some((*reason, *at)));
                let (at, reason, invalidity) = (*at, *reason, *invalidity);
                let (by, comment) = (by.clone(), comment.clone());
                self.standing(certifier, serial, Some(Revocation { at, reason, invalidity, by, comment }));
            }
            Fact::RevocationChanged { certifier, serial, reason, at, changed, by, invalidity, comment } => {
                self.owe(certifier, Some((*reason, *changed)));
                let (at, reason, invalidity) = (*at, *reason, *invalidity);
                let (by, comment) = (by.clone(), comment.clone());
                self.standing(certifier, serial, Some(Revocation { at, reason, invalidity, by, comment }));
            }
            Fact::CertificateReleased { certifier, serial, .. } => {
                self.revoked = self.revoked.saturating_sub(1);
                self.owe(certifier, None);
                self.standing(certifier, serial, None);
            }
            Fact::SiteSaved { site, .. } => {
                self.sites.insert(site.name.clone(), site.clone());
            }
            Fact::SiteDeleted { name } => {
                self.sites.remove(name);
            }
            Fact::ServerSaved { server, .. } => {
                self.servers.insert(server.name.clone(), Server::clone(server));
            }
            Fact::ServerDeleted { name } => {
                self.servers.remove(name);
            }
            Fact::ProfileSaved { profile } => {
                self.profiles.insert(profile.name.clone(), Profile::clone(profile));
            }
            Fact::ProfileDeleted { name, instead: None } => {
                self.profiles.remove(name);
            }
            Fact::ProfileDeleted { name, instead: Some(profile) } => {
                self.profiles.insert(name.clone(), Profile::clone(profile));
            }
            Fact::KeyReported { report } => {
                self.compromised.insert(report.key, report.clone());
            }
            Fact::KeyCleared { key, .. } => {
                self.compromised.remove(key);
            }
            Fact::KeyListSaved { list } => {
                self.key_lists.insert(list.name.clone(), list.clone());
            }
            Fact::KeyListDropped { name } => {
                self.key_lists.remove(name);
            }
            Fact::FindingAccepted { risk } => {
                self.accepted.insert((risk.rule.clone(), risk.subject.clone()), risk.clone());
            }
            Fact::FindingUnaccepted { rule, subject } => {
                self.accepted.remove(&(rule.clone(), subject.clone()));
            }
            Fact::PersonSaved { person, .. } => {
                self.people.insert(person.name.clone(), person.clone());
                self.forget_revocations();
            }
            Fact::TaskSaved { task, .. } => {
                self.tasks.insert(task.name.clone(), task.clone());
            }
            Fact::PersonDeleted { name } => {
                self.people.remove(name);
                self.forget_revocations();
            }
            Fact::FilePutAway { path } => self.unreadable.retain(|unread| unread.path != *path),
            Fact::Reconciled { .. } => self.setback = None,
            Fact::StepWitnessed { certifier, .. } => {
                *self.witnessed.entry(certifier.clone()).or_default() += 1;
            }
            Fact::WorkspaceCreated
            | Fact::CertifierRequested { .. }
            | Fact::KeyExported { .. }
            | Fact::SigningAbandoned { .. }
            | Fact::Refused { .. }
            | Fact::UnlockFailed { .. }
            | Fact::UnlockRehearsed { .. }
            | Fact::CertifierUnlocked { .. } => {}
        }
    }

    /// Counts a change of what the next CRL of a certifier carries; a release is `None`.
    fn owe(&mut self, certifier: &str, revoked: Option<(Reason, Timestamp)>) {
        self.owed.entry(certifier.to_owned()).or_default().add(revoked);
    }

    /// Remembers the revocation of a certificate that stands in a keyring, of a person or of a certifier, or that it is not
    /// revoked.
    fn standing(&mut self, certifier: &str, serial: &Serial, revocation: Option<Revocation>) {
        let Some(issuer) = self.certifiers.get(certifier) else { return };
        let rings = self.keyrings.values().flat_map(|ring| &ring.entries).map(|e| &e.certificate);
        let authorities =
            self.certifiers.values().flat_map(|c| std::iter::once(&c.certificate).chain(&c.chain));
        let mut standing = rings.chain(self.people.values().flat_map(|p| &p.certificates)).chain(authorities);
        let Some(c) = standing.find(|c| c.serial == *serial && issuer.is_issuer_of(c)) else { return };
        match revocation {
            Some(revocation) => self.revocations.insert(c.sha256, revocation),
            None => self.revocations.remove(&c.sha256),
        };
    }

    /// Forgets the revocations of certificates that stand in no keyring and belong to no person or certifier any more.
    fn forget_revocations(&mut self) {
        let (keyrings, people, certifiers) = (&self.keyrings, &self.people, &self.certifiers);
        self.revocations.retain(|sha256, _| {
            keyrings.values().any(|ring| ring.entry(sha256).is_some())
                || people.values().any(|p| p.certificates.iter().any(|c| c.sha256 == *sha256))
                || certifiers.values().any(|c| c.certificates().any(|c| c.sha256 == *sha256))
        });
    }
}
