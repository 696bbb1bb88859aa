//! Gives an authority a new key under the same name: another certifier that takes over, the certificates that link both
//! keys, and the list of what is still to be renewed.

use super::create_certifier::{Wanted, awaited, below, made, new_name, self_signed, sign, sign_with};
use super::roles::{self, Act};
use super::{Env, new_password};
use crate::model::State;
use crate::model::certifier::rollover::{LINK, Need, NewKey, Task};
use crate::model::certifier::{Certifier, Decision, Policy, Status};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::Issued;
use crate::model::profile::Validity;
use crate::model::time::Timestamp;
use crate::pki::authority::{self, Limits};
use crate::pki::key::PrivateKey;
use crate::store::{certifier_key, document};

/// What ends within so many days is renewed in the ordinary course, when nobody names a day.
pub const SOON: i64 = 30;

/// Makes the successor of a certifier: the same subject, a new key, its own name, folder, ledger and CRLs. Of a root, the
/// old key signs the new one and the new key the old one, so that whoever trusts either verifies what both have signed
/// (RFC 4210 section 4.4). A subordinate's new key is signed by its issuer: here, or it waits for its certificate.
///
/// Errors: the old one is not active or locked; the name is taken; the passwords differ; the issuer is locked.
pub fn roll_over(state: &State, old: &str, asked: &NewKey, env: &mut Env<'_>) -> Result<Change> {
    // Also one whose certificate is revoked: a new key is what helps then.
    let old = super::active(state, old)?;
    roles::require(old, env.operator, Act::Administer)?;
    new_name(state, &asked.name)?;
    new_password(&asked.password, &asked.repeat)?;
    if let Some(waits) = state.awaited.values().find(|a| a.succeeds.as_deref() == Some(&old.name)) {
        return Err(Error::refused(format!("Certifier {} has a new key already.", old.name))
            .why(format!("{} waits for its certificate.", waits.name))
            .next("Bring its certificate back, or give it up first."));
    }
    if old.certificate.is_self_issued() {
        // First of all: while the old key is locked nothing is signed, not even with the new one.
        env.signer.key(&old.name)?;
    }
    let key = PrivateKey::generate(asked.key_type)?;
    let sealed = certifier_key::file(&asked.name, &key, &asked.password, &env.protection)?;
    let subject = old.certificate.subject.clone();
    // Its own count of versions begins anew: each is signed with the new key. Its CRLs have an address of their own: at one
    // address each would take the place of the other key's.
    let policy = Policy { version: 1, ..old.policy.of_next_key() };
    let limits =
        Limits { path_length: old.certificate.basic.and_then(|b| b.path_length), ..Limits::default() };
    let mut change = Change::default();
    if old.certificate.is_self_issued() {
        let certificate = self_signed(&asked.name, subject, &key, asked.years, env)?;
        let mut new = Certifier::new(asked.name.clone(), env.now, certificate, policy);
        new.succeeds = Some(old.name.clone());
        let until = old.certificate.not_after.min(new.certificate.not_after);
        let validity = |not_before| Validity { not_before, not_after: until, clamped: String::new() };
        let serial = env.serial();
        let template = authority::link(&new.certificate, &old.certificate, serial, validity(env.now))?;
        let (new_with_old, first) = sign(old, &template, LINK, env)?;
        let serial = env.serial();
        // From the beginning of the old key on: it links what that key has signed all along.
        let template = authority::link(
            &old.certificate,
            &new.certificate,
            serial,
            validity(old.certificate.not_before),
        )?;
        let (old_with_new, second) = sign_with(&new, Some(&key), &template, LINK, env)?;
        new.links = vec![new_with_old, old_with_new];
        change.facts.push(first);
        change.extend(made(new, &key, &[], env)?);
        change.facts.push(second);
    } else if let Some(parent) = &old.parent {
        let parent = super::issuing(state, parent)?;
        let constraints = authority::kept(&old.certificate);
        let wanted = Wanted {
            subject,
            key: key.info(),
            limits: &limits,
            years: asked.years,
            constraints,
            renews: None,
        };
        let (mut new, fact) = below(parent, &asked.name, policy, wanted, env)?;
        new.succeeds = Some(old.name.clone());
        change.facts.push(fact);
        change.extend(made(new, &key, &[], env)?);
    } else {
        let constraints = authority::kept(&old.certificate);
        let succeeds = Some(old.name.clone());
        change = awaited(&asked.name, &subject, &key, (&limits, constraints), policy, succeeds, env)?;
        change.files.push(sealed);
        return Ok(change);
    }
    change.files.push(sealed);
    change.extend(succeed(old, &asked.name, env)?);
    Ok(change)
}

/// Retires a certifier in favour of its successor: it signs CRLs, and nothing else.
pub(super) fn succeed(old: &Certifier, by: &str, env: &Env<'_>) -> Result<Change> {
    let why = format!("the key of {by} has taken over");
    let status = Status::Retired(Decision { by: env.operator.to_owned(), at: env.now, why });
    let retired = Certifier { succeeded_by: Some(by.to_owned()), status: status.clone(), ..old.clone() };
    let certifier = old.name.clone();
    let facts = vec![
        Fact::CertifierStatusChanged {
            certifier: certifier.clone(),
            status,
            plan: String::new(),
            why: String::new(),
        },
        Fact::CertifierSucceeded { certifier, by: by.to_owned() },
    ];
    Ok(Change { facts, files: vec![document::certifier_document(&retired)?] })
}

/// Says what is to be done about the certificates that were issued under an old key: `valid` are those that are neither
/// revoked nor have ended. Whatever ends before `day` needs nothing. What has to be renewed comes first, by its end.
pub fn worklist(state: &State, old: &Certifier, valid: Vec<Issued>, day: Timestamp) -> Vec<Task> {
    let mut tasks: Vec<Task> = valid
        .into_iter()
        .filter(|row| row.profile != LINK)
        .map(|issued| task(state, old, issued, day))
        .collect();
    tasks.sort_by(|a, b| {
        (a.need, a.issued.not_after, a.issued.id).cmp(&(b.need, b.issued.not_after, b.issued.id))
    });
    tasks
}

fn task(state: &State, old: &Certifier, issued: Issued, day: Timestamp) -> Task {
    let told =
        |issued: Issued, need, way: String, keyring| Task { issued, need, way, keyring, certifier: None };
    if issued.not_after < day {
        return told(
            issued,
            Need::NotNeeded,
            "ends before that day; the ordinary renewal is enough".into(),
            None,
        );
    }
    let below =
        state.certifiers.values().find(|c| c.certificate.sha256 == issued.sha256 && c.name != old.name);
    if let Some(below) = below {
        let way = match &below.succeeded_by {
            Some(next) => format!("certifier {} has a successor, {next}", below.name),
            None => format!(
                "renew certifier {0}, with its key or a new one: ringmaster certifier renew {0}",
                below.name
            ),
        };
        return Task { certifier: Some(below.name.clone()), ..told(issued, Need::Renew, way, None) };
    }
    let here =
        |ring: &&crate::model::keyring::Keyring| ring.leaf().is_some_and(|leaf| leaf.sha256 == issued.sha256);
    if let Some(ring) = state.keyrings.values().find(here) {
        let name = ring.name.clone();
        let way = format!("request again for keyring {name}");
        return told(issued, Need::Renew, way, Some(name));
    }
    if let Some(later) = issued.later.clone() {
        return told(issued, Need::NotNeeded, format!("serial {} has taken its place", later.serial), None);
    }
    if let Some(id) = issued.request {
        let way = format!("ask whoever sent request {id} for a new one");
        return told(issued, Need::Renew, way, None);
    }
    let way = if issued.origin.elsewhere.is_empty() {
        "nobody here has its key or its request; its holder has to ask anew"
    } else {
        "it was issued elsewhere; its holder has to ask anew"
    };
    told(issued, Need::NotPossible, way.into(), None)
}
