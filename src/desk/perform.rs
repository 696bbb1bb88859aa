//! What each verb needs of the disk beside the state, and which function carries it out. Commits nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Desk, Verb};
use crate::model::State;
use crate::model::audit::setback::Reconciliation;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::change::Change;
use crate::model::compromised::KeyHistory;
use crate::model::crl::CrlKind;
use crate::model::error::{Error, Result};
use crate::model::export::Which;
use crate::model::issued::{Issued, Revocation};
use crate::model::key::KeyInfo;
use crate::model::request::{Request, RequestId};
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::ops::accept::{accept, unaccept};
use crate::ops::approve::approve;
use crate::ops::certifier_status::{Ending, change_status, destroy_key};
use crate::ops::complete_certifier::{complete_certifier, give_up_certifier};
use crate::ops::compromised::{clear_key, drop_key_list, import_key_list, report_key};
use crate::ops::create_certifier::create_certifier;
use crate::ops::create_keyring::create_keyring;
use crate::ops::delete_keyring::delete_keyring;
use crate::ops::deny::deny;
use crate::ops::documents::save_documents;
use crate::ops::edit_plan::edit_plan;
use crate::ops::expire::expire;
use crate::ops::import_certifier::import_certifier;
use crate::ops::import_keyring::{import_keyring, move_keyring};
use crate::ops::import_request::{Known, import_requests};
use crate::ops::install::not_revoked;
use crate::ops::issue::{ByRequest, issue};
use crate::ops::issue_crl::{Prepared, issue_crl, wanted};
use crate::ops::note_request::note_request;
use crate::ops::pick_up::pick_up;
use crate::ops::profile::{delete_profile, save_profile};
use crate::ops::put_away::put_away;
use crate::ops::reconcile::{self, reconcile};
use crate::ops::renew_certifier::{renew_certifier, request_renewal};
use crate::ops::restore::undelete;
use crate::ops::revoke::{release, revoke};
use crate::ops::ring::{self, Act};
use crate::ops::roles;
use crate::ops::roll_over::roll_over;
use crate::ops::site::{delete_site, save_site};
use crate::ops::withdraw::withdraw;
use crate::ops::{Env, amend, person, server, task};
use crate::pki::crl::{self, Entries};
use crate::pki::pem::Opening;
use crate::store::brought;
use crate::store::ledger::Listed;

/// What a verb needs of the disk beside the state.
#[derive(Default)]
pub(super) struct Needs {
    password: Secret,
    known: Known,
    request: Option<Request>,
    keys: ByRequest,
    key: KeyHistory,
    issued: Vec<Issued>,
    crls: Vec<Prepared>,
    revocations: BTreeMap<Digest, Revocation>,
    certificates: Vec<Certificate>,
    ending: Ending,
    ledger: reconcile::Known,
}

impl Needs {
    pub(super) fn of(desk: &mut Desk, state: &State, verb: &Verb, now: Timestamp) -> Result<Self> {
        let mut needs = Self::default();
        match verb {
            Verb::Ring { act: Act::DropStash, .. } => {}
            // The password of the revision is what counts; the present one only saves asking when it is the same.
            Verb::Ring { keyring, act: Act::Restore { .. }, password } => {
                needs.password = desk.ring_password(state, keyring, password.as_ref()).unwrap_or_default();
            }
            Verb::Ring { keyring, act, password } => {
                match act {
                    Act::Install { certificates } => needs.revocations = revocations(desk, certificates)?,
                    // What is revoked is not among them.
                    Act::InstallIssued => {
                        let ring = state.keyrings.get(keyring);
                        needs.certificates =
                            ring.map(|ring| desk.issued_for(ring)).transpose()?.into_iter().collect();
                    }
                    _ => {}
                }
                needs.password = desk.ring_password(state, keyring, password.as_ref())?;
            }
            Verb::ImportRequests(delivery) => needs.known = desk.known(delivery)?,
            Verb::PickUp { id, .. } | Verb::NoteRequest { id, .. } => {
                needs.request = Some(desk.request(*id)?);
            }
            Verb::Approve { id, .. }
            | Verb::Deny { id, .. }
            | Verb::EditPlan { id, .. }
            | Verb::WithdrawRequest { id, .. } => needs.look_at(desk, state, *id)?,
            Verb::Expire { ids } => {
                for id in ids {
                    needs.look_at(desk, state, *id)?;
                }
            }
            Verb::Issue { ids } => {
                for id in ids {
                    needs.look_at(desk, state, *id)?;
                }
            }
            Verb::Revoke { which, .. } | Verb::Release { which, .. } => {
                needs.issued = which.iter().map(|one| listed(desk, one)).collect::<Result<_>>()?;
            }
            Verb::RenewCertifier { name, .. }
            | Verb::RequestCertifier { name }
            | Verb::CompleteCertifier { name, .. } => {
                if let Some(certifier) = state.certifiers.get(name) {
                    needs.key = key_history(desk, state, &certifier.certificate.key)?;
                }
            }
            Verb::StartTask(_) => needs.ledger.head = desk.store.ledger().head()?,
            Verb::Reconcile(asked) => needs.look_back(desk, state, asked)?,
            Verb::IssueCrl { certifier, kind } => needs.crls = crls(desk, state, certifier, *kind, now)?,
            Verb::DestroyKey { name, .. } => needs.ending = ending(desk, state, name, now)?,
            _ => {}
        }
        Ok(needs)
    }

    /// Looks up what the ledger knows, and which of the certificates in a file it does not know.
    fn look_back(&mut self, desk: &mut Desk, state: &State, asked: &Reconciliation) -> Result<()> {
        let mut crls = Vec::new();
        if let Some(path) = &asked.found {
            self.ledger.place = format!("file {}", brought::shown(path));
            let (found, ring) = brought::recognise(&brought::read(path, true)?.bytes, Opening::default())?;
            crls = found.crls;
            self.ledger.found = found.certificates;
            self.ledger.found.extend(ring.into_iter().flat_map(|ring| ring.entries).map(|e| e.certificate));
        }
        let ledger = desk.store.ledger();
        self.ledger.head = ledger.head()?;
        for name in state.certifiers.keys() {
            self.ledger.crls.insert(name.clone(), ledger.last_crl_number(name)?);
        }
        let mut unknown = Vec::new();
        for certificate in std::mem::take(&mut self.ledger.found) {
            if ledger.issued_by_sha256(&certificate.sha256)?.is_none() {
                unknown.push(certificate);
            }
        }
        self.ledger.found = unknown;
        for (name, certifier) in &state.certifiers {
            let number = |der: &[u8]| crl::read(der, &certifier.certificate).ok().map(|crl| crl.number);
            let mut theirs: Vec<_> = crls.iter().filter_map(|der| Some((number(der)?, der))).collect();
            // Of two that tell of the same certificate the newer one is right.
            theirs.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
            let mut told = BTreeSet::new();
            for (number, der) in theirs {
                let highest = self.ledger.crls.entry(name.clone()).or_default();
                *highest = number.max(*highest);
                for (serial, revocation) in crl::revocations(der, &certifier.certificate)? {
                    let row = ledger.issued_by_serial(name, &serial)?;
                    let known = row.as_ref().is_some_and(|(issued, _)| issued.revoked.is_some());
                    if known || !told.insert(serial.clone()) {
                        continue;
                    }
                    let (certifier, listed) = (name.clone(), row.is_some());
                    self.ledger.revoked.push(reconcile::Lost { certifier, serial, revocation, listed });
                }
            }
        }
        Ok(())
    }

    /// Looks up what is known of the key of a request. Errors: it was closed long ago, and is not in the state.
    fn look_at(&mut self, desk: &mut Desk, state: &State, id: RequestId) -> Result<()> {
        match state.requests.get(&id) {
            Some(request) => {
                self.keys.insert(id, key_history(desk, state, &request.pkcs10.key)?);
                Ok(())
            }
            None => match desk.store.ledger().request(id)? {
                Some(closed) => Err(Error::refused(format!("Nothing was done with request {id}."))
                    .why(format!("It is {} already.", closed.status.word()))),
                None => Err(Error::not_found("request", &id.to_string())),
            },
        }
    }
}

/// Reads the entries of the CRLs that are to be signed now, and gives them their numbers.
pub(super) fn crls(
    desk: &mut Desk,
    state: &State,
    certifier: &str,
    kind: CrlKind,
    now: Timestamp,
) -> Result<Vec<Prepared>> {
    let issuer = &crate::ops::certifier(state, certifier)?.certificate;
    let ledger = desk.store.ledger();
    let floor = state.certifiers.get(certifier).map_or(0, |c| c.crl_floor);
    let last = ledger.last_crl_number(certifier)?.max(floor);
    let mut prepared = Vec::new();
    for (number, wanted) in (last + 1..).zip(wanted(state, certifier, kind, now)?) {
        let mut entries = Entries::new(issuer, now);
        let each = &mut |l: Listed<'_>| entries.push(l.serial, l.at, l.reason, l.invalidity);
        match wanted.base {
            Some(base) => ledger.revoked_since(certifier, base, each)?,
            None => ledger.revoked(certifier, wanted.part, now, each)?,
        }
        prepared.push(Prepared { wanted, number, entries });
    }
    Ok(prepared)
}

/// Looks up what the ledger and the lists know of a key.
fn key_history(desk: &mut Desk, state: &State, key: &KeyInfo) -> Result<KeyHistory> {
    let issued = desk.store.ledger().issued_by_key(&key.sha256)?;
    let listed = desk.store.lists().holding(key, state)?;
    Ok(KeyHistory { issued, listed, before: None })
}

/// Looks up what the final CRL of a certifier has to carry, and until when.
pub(super) fn ending(desk: &mut Desk, state: &State, name: &str, now: Timestamp) -> Result<Ending> {
    let crls = crls(desk, state, name, CrlKind::Regular, now)?;
    let mut ending = Ending { crls, ..Ending::default() };
    super::valid(desk.store.ledger(), now, &mut |row| {
        if row.certifier == name {
            ending.valid += 1;
            ending.last = ending.last.max(Some(row.not_after));
        }
    })?;
    Ok(ending)
}

/// Finds a row of the issued list. Errors: no certifier of the workspace has issued it.
fn listed(desk: &mut Desk, which: &Which) -> Result<Issued> {
    let ledger = desk.store.ledger();
    let (found, name) = match which {
        Which::Serial(certifier, serial) => {
            (ledger.issued_by_serial(certifier, serial)?.map(|(row, _)| row), serial.to_string())
        }
        Which::Sha256(sha256) => (ledger.issued_by_sha256(sha256)?.map(|(row, _)| row), sha256.to_string()),
        Which::Issued(id) => (ledger.issued_rows(&[*id])?.pop(), format!("row {id}")),
    };
    found.ok_or_else(|| Error::not_found("issued certificate", &name))
}

/// Looks up which of some certificates are revoked, by SHA-256.
pub(super) fn revocations(
    desk: &mut Desk,
    certificates: &[Certificate],
) -> Result<BTreeMap<Digest, Revocation>> {
    let mut found = BTreeMap::new();
    for c in certificates {
        let row = desk.store.ledger().issued_by_sha256(&c.sha256)?;
        found.extend(row.and_then(|(row, _)| row.revoked).map(|r| (c.sha256, r)));
    }
    Ok(found)
}

pub(super) fn perform(state: &State, verb: &Verb, needs: &mut Needs, env: &mut Env<'_>) -> Result<Change> {
    roles::not_auditor(state, env.operator)?;
    match verb {
        Verb::CreateCertifier(asked) => create_certifier(state, asked, env),
        Verb::CompleteCertifier { name, certificates } => {
            complete_certifier(state, name, certificates, &needs.key, env)
        }
        Verb::GiveUpCertifier { name } => give_up_certifier(state, name, env),
        Verb::ImportCertifier { asked, key, certificates, history } => {
            import_certifier(state, asked, key, certificates, history, env)
        }
        Verb::RollOver { name, asked } => roll_over(state, name, asked, env),
        Verb::RenewCertifier { name, years } => renew_certifier(state, name, *years, &needs.key, env),
        Verb::RequestCertifier { name } => request_renewal(state, name, &needs.key, env),
        Verb::CertifierStatus { name, step, why } => change_status(state, name, *step, why, env),
        Verb::DestroyKey { name, why } => destroy_key(state, name, why, &needs.ending, env),
        Verb::CreateKeyring(asked) => create_keyring(state, asked, env),
        Verb::ImportRequests(delivery) => import_requests(state, delivery, &needs.known, env),
        Verb::NoteRequest { note, .. } => match &needs.request {
            Some(request) => note_request(request, note, env),
            None => Err(Error::internal("A request was not looked up.")),
        },
        Verb::PickUp { to, .. } => match &needs.request {
            Some(request) => pick_up(request, to, env),
            None => Err(Error::internal("A request was not looked up.")),
        },
        Verb::EditPlan { id, plan } => edit_plan(state, *id, plan, env),
        Verb::WithdrawRequest { id, reason } => withdraw(state, *id, reason, env),
        Verb::Expire { ids } => expire(state, ids, env),
        Verb::Approve { id, plan } => {
            let nothing = KeyHistory::default();
            approve(state, *id, plan, needs.keys.get(id).unwrap_or(&nothing), env)
        }
        Verb::Deny { id, reason } => deny(state, *id, reason, env),
        Verb::Issue { ids } => issue(state, ids, &needs.keys, env),
        Verb::Ring { keyring, act, .. } => {
            if let Act::Install { certificates } = act {
                not_revoked(state, keyring, certificates, &needs.revocations, env.now)?;
            }
            ring::act(state, keyring, act, &needs.certificates, &needs.password, env)
        }
        Verb::ImportKeyring { asked, key, certificates, labels } => {
            import_keyring(state, asked, key.as_deref(), certificates, labels, env)
        }
        Verb::MoveKeyring { asked, ring } => move_keyring(state, asked, ring, env),
        Verb::Undelete { revision, password } => undelete(state, revision, password, env),
        Verb::PutAway { path } => put_away(state, path, env.now),
        Verb::DeleteKeyring { name } => delete_keyring(state, name),
        Verb::SaveProfile { before, profile } => {
            save_profile(state, before.as_deref(), profile, env.operator)
        }
        Verb::DeleteProfile { name } => delete_profile(state, name, env),
        Verb::ReportKey { key, why } => report_key(state, *key, why, env),
        Verb::ClearKey { key, why } => clear_key(state, key, why, env),
        Verb::AcceptFindings { findings, asked } => accept(state, findings, asked, env),
        Verb::UnacceptFinding { rule, subject } => unaccept(state, rule, subject),
        Verb::ImportKeyList { name, source, bytes } => import_key_list(state, name, source, bytes, env),
        Verb::DropKeyList { name } => drop_key_list(state, name, env),
        Verb::SaveSite { before, site } => save_site(state, before.as_ref(), site),
        Verb::DeleteSite { name } => delete_site(state, name),
        Verb::SaveDocuments { changes } => save_documents(state, changes, env.operator),
        Verb::SaveServer { before, server } => server::save_server(state, before.as_deref(), server),
        Verb::DeleteServer { name } => server::delete_server(state, name),
        Verb::ServerRefreshed { name } => server::refreshed(state, name, env),
        Verb::SavePerson { before, person } => person::save_person(state, before.as_ref(), person),
        Verb::DeletePerson { name } => person::delete_person(state, name),
        Verb::RegisterRequest { person, id } => person::register_request(state, person, *id, env),
        Verb::RegisterCertificates { person, certificates, source } => {
            person::register_certificates(state, person, certificates, source, env)
        }
        Verb::Unbind { person, key } => person::unbind(state, person, key),
        Verb::MakePersonKey(asked) => person::make_key(state, asked, env),
        Verb::Amend { certifier, before, amendment } => {
            amend::amend(state, certifier, *before, &amendment.policy, &amendment.reason, env)
        }
        Verb::Confirm { certifier, proposal } => amend::confirm(state, certifier, proposal, env),
        Verb::Withdraw { certifier, reason } => amend::withdraw(state, certifier, reason, env),
        Verb::StartTask(asked) => task::start_task(state, asked, needs.ledger.head, env),
        Verb::ChangeTask(changed) => task::change_task(state, changed),
        Verb::TickTask { name, step, note, done } => task::tick_task(state, name, step, note, *done, env),
        Verb::EndTask { name, anyway } => task::end_task(state, name, *anyway, env),
        Verb::Reconcile(asked) => reconcile(state, asked, &needs.ledger, env),
        Verb::Revoke { asked, .. } => revoke(state, &needs.issued, asked, env),
        Verb::Release { comment, .. } => release(state, &needs.issued, comment, env),
        Verb::IssueCrl { certifier, .. } => issue_crl(state, certifier, std::mem::take(&mut needs.crls), env),
    }
}
