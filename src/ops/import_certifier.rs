//! Makes a certifier of an authority that was run elsewhere: its sealed key, its certificate and chain, and its past as rows
//! of the issued list; its revocations stand on the first CRL that is signed here.

use super::Env;
use super::complete_certifier::above;
use super::create_certifier::{agrees, made, new_name, new_subject};
use super::new_password;
use crate::model::State;
use crate::model::bytes::Der;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::certifier::Certifier;
use crate::model::certifier::Policy;
use crate::model::certifier::past::{History, ImportedCertifier, Past};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Origin};
use crate::pki::chain::signed_by;
use crate::pki::key::PrivateKey;
use crate::store::certifier_key;

/// Makes a certifier of this key, its certificate among those given, and its past.
///
/// Errors: the name or the subject is taken; the passwords differ; no such profile; no certificate of an authority is of this
/// key; it has ended; a signature above it does not hold.
pub fn import_certifier(
    state: &State,
    asked: &ImportedCertifier,
    key: &PrivateKey,
    certificates: &[Certificate],
    history: &History,
    env: &mut Env<'_>,
) -> Result<Change> {
    new_name(state, &asked.name)?;
    super::profile(state, &asked.policy.profile)?;
    new_password(&asked.password, &asked.repeat)?;
    let own = own(&asked.name, key, certificates, env)?;
    new_subject(state, &own.subject)?;
    let mut policy = Policy { version: 1, ..asked.policy.clone() };
    policy.roles.found(env.operator);
    agrees(&policy)?;
    let mut new = Certifier::new(asked.name.clone(), env.now, own.clone(), policy);
    if !own.is_self_issued() {
        new.chain = above(state, &asked.name, own, certificates, env)?;
        new.parent = state.issuer_of(own).filter(|c| signed_by(own, &c.certificate)).map(|c| c.name.clone());
    }
    new.origin.clone_from(&history.from);
    new.crl_floor = asked.crl_number.max(history.crl_number);
    let (mut facts, mut revoked) = (Vec::new(), Vec::new());
    let own_key = key.info().sha256;
    for past in history.issued.iter().filter(|p| p.authority.is_none_or(|key| key == own_key)) {
        let (issued, der) = row(&new.name, past, history);
        let (serial, not_after) = (issued.serial.clone(), issued.not_after);
        facts.push(Fact::CertificateRecorded { issued, der });
        if let Some(r) = &past.revoked {
            facts.push(Fact::CertificateRevoked {
                certifier: new.name.clone(),
                serial: serial.clone(),
                reason: r.reason,
                at: r.at,
                by: env.operator.to_owned(),
                invalidity: r.invalidity,
                comment: "taken over".into(),
            });
            if not_after >= env.now {
                revoked.push((serial, r.at, r.reason, r.invalidity));
            }
        }
    }
    revoked.sort_by(|a, b| a.0.cmp(&b.0));
    let mut change = made(new, key, &revoked, env)?;
    // After the certifier and before its CRL, which carries the revocations.
    change.facts.splice(1..1, facts);
    change.files.push(certifier_key::file(&asked.name, key, &asked.password, &env.protection)?);
    Ok(change)
}

/// Finds the certificate of the authority's key. Errors: there is none, or it has ended.
fn own<'a>(name: &str, key: &PrivateKey, given: &'a [Certificate], env: &Env<'_>) -> Result<&'a Certificate> {
    let refused = || Error::refused(format!("Certifier {name} was not made."));
    let of_key = given.iter().filter(|c| c.key.sha256 == key.info().sha256);
    let Some(own) = of_key.max_by_key(|c| (c.is_ca(), c.not_after)) else {
        return Err(refused()
            .why("None of the certificates is of this key.")
            .next("Name the right key or certificate."));
    };
    if !own.is_ca() {
        return Err(refused()
            .why(format!("The certificate of {} is not that of an authority.", own.subject))
            .next("Make a keyring of it instead.")
            .command("keyring.import"));
    }
    if own.subject.rdns.is_empty() {
        return Err(refused()
            .why("The subject of its certificate is empty, so it can be the issuer of nothing (RFC 5280 section 4.1.2.6).")
            .next("Make a new authority, and let it answer for what is needed still."));
    }
    match own.lifetime(env.now, 0) {
        Lifetime::Expired => {
            Err(refused().why(format!("Its certificate ended on {}.", own.not_after.date())))
        }
        Lifetime::NotYet => {
            Err(refused().why(format!("It is valid from {} on only.", own.not_before.text())))
        }
        Lifetime::Soon | Lifetime::Good => Ok(own),
    }
}

fn row(certifier: &str, past: &Past, history: &History) -> (Issued, Der) {
    let origin = Origin { elsewhere: history.from.clone(), ..Origin::default() };
    match &past.certificate {
        Some(c) => {
            let issued = Issued { origin, ..Issued::of(c, certifier, "", c.not_before, "") };
            (issued, c.der.clone())
        }
        None => {
            let issued = Issued {
                certifier: certifier.to_owned(),
                serial: past.serial.clone(),
                subject: past.subject.clone(),
                not_after: past.not_after,
                origin,
                ..Issued::default()
            };
            (issued, Der::default())
        }
    }
}
