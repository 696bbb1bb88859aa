//! Makes a certifier: key, self-signed certificate and first CRL, together or not at all.

use super::{Env, new_password};
use crate::model::State;
use crate::model::bytes::{Der, Digest};
use crate::model::certifier::{Certifier, CrlInfo, NewCertifier, Policy, PolicyVersion};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::keyring::check_name;
use crate::model::profile::Validity;
use crate::model::time::Timestamp;
use crate::pki::key::PrivateKey;
use crate::pki::signer::Signing;
use crate::pki::{certificate, crl, issue, name};
use crate::store::{certifier_key, document};

/// Makes a certifier as asked; who makes it is its first CAA and RA. Errors: the name is taken or cannot be a folder, the passwords differ, no such profile,
/// roles that contradict each other.
pub fn create_certifier(state: &State, asked: &NewCertifier, env: &mut Env<'_>) -> Result<Change> {
    check_name(&asked.name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    if state.certifiers.contains_key(&asked.name) {
        return Err(Error::refused(format!("A certifier is already named \"{}\".", asked.name))
            .next("Choose another name."));
    }
    let place = format!("certifiers/{}/", asked.name);
    if state.unreadable.iter().any(|unread| unread.path.starts_with(&place)) {
        return Err(Error::refused(format!("A certifier was named \"{}\" before.", asked.name))
            .why("Its files are missing or cannot be read, and its serial and CRL numbers are spent.")
            .next("Restore its files from a backup, or choose another name."));
    }
    if asked.common_name.trim().is_empty() {
        return Err(Error::usage("A certifier needs a common name.")
            .next("Give the name that shall stand in every certificate it signs."));
    }
    let folder = format!("certifiers/{}/", asked.name);
    if state.unreadable.iter().any(|unread| unread.path.starts_with(&folder)) {
        return Err(Error::refused(format!("A certifier is already named \"{}\".", asked.name))
            .why("Its files stand in the workspace, but cannot be read.")
            .next("Repair them first (\"ringmaster doctor\" says what is wrong), or choose another name."));
    }
    super::profile(state, &asked.policy.profile)?;
    let mut policy = Policy { version: 1, ..asked.policy.clone() };
    policy.roles.found(env.operator);
    if let Some(why) = policy.roles.contradiction() {
        return Err(Error::usage("The roles contradict each other.").why(why));
    }
    new_password(&asked.password, &asked.repeat)?;

    let subject =
        name::build(&[("C", &asked.country), ("O", &asked.organization), ("CN", &asked.common_name)])?;
    if let Some(same) = state.certifiers.values().find(|c| c.certificate.subject.der == subject.der) {
        return Err(Error::refused(format!("Certifier {} already has the subject {subject}.", same.name))
            .why("Peers find issuers and CRLs by this name; two authorities with one name cannot be told apart.")
            .next("Choose another common name."));
    }
    let key = PrivateKey::generate(asked.key_type)?;
    let serial = env.serial();
    let not_after = env.now.plus_days(i64::from(asked.years) * 365);
    let validity =
        Validity { not_before: env.now, not_after: Timestamp(not_after.0 - 1), clamped: String::new() };
    let template = issue::root(subject, key.info(), serial.clone(), validity)?;
    let tbs = issue::to_be_signed(&template, &template.subject, key.algorithm())?;
    let work = [(Signing::Certificate(serial), tbs)];
    let signature = super::one(env.signer.sign_with(&key, &asked.name, &work)?)?;
    let der = issue::assemble(&work[0].1, key.algorithm(), &signature);
    issue::verify(&der, &template, &template.subject, key.info())?;

    let mut certifier = Certifier {
        name: asked.name.clone(),
        created: env.now,
        certificate: certificate::read(&der)?,
        versions: Vec::new(),
        proposal: None,
        policy,
        crl: None,
    };
    let version = PolicyVersion {
        policy: certifier.policy.clone(),
        by: env.operator.to_owned(),
        at: env.now,
        confirmed: String::new(),
        alone: String::new(),
        reason: String::new(),
        text: Digest::default(),
    };
    let files = super::amend::sign(&mut certifier, version, Some(&key), env)?;
    let mut files = [document::certifier(&certifier)?, files].concat();
    files.push(certifier_key::file(&asked.name, &key, &asked.password, &env.protection)?);
    let mut change = Change { facts: vec![Fact::CertifierCreated { certifier: certifier.clone() }], files };
    let first = first_crl(&certifier, &key, env)?;
    change.extend(first);
    Ok(change)
}

fn first_crl(certifier: &Certifier, key: &PrivateKey, env: &mut Env<'_>) -> Result<Change> {
    let next = env.now.plus_days(i64::from(certifier.policy.crl_days));
    let none = &mut std::iter::empty();
    let tbs = crl::to_be_signed(&certifier.certificate, key.algorithm(), 1, env.now, next, none)?;
    let work = [(Signing::Crl(1), tbs)];
    let signature = super::one(env.signer.sign_with(key, &certifier.name, &work)?)?;
    let der = issue::assemble(&work[0].1, key.algorithm(), &signature);
    let info: CrlInfo = crl::read(&der, &certifier.certificate)?;
    let files = document::crl(&certifier.name, &der);
    let fact = Fact::CrlIssued { certifier: certifier.name.clone(), crl: info, der: Der(der) };
    Ok(Change { facts: vec![fact], files })
}
