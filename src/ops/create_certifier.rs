//! Makes a certifier: a root with key, certificate and first CRL; a subordinate that a certifier of the workspace signs; or
//! a key with a request that an authority elsewhere answers. Together or not at all.

use super::approve::issuers;
use super::roles::{self, Act};
use super::{Env, issue_crl, new_password};
use crate::model::State;
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certificate::{Certificate, Extension};
use crate::model::certifier::{
    Awaited, Certifier, CrlInfo, NewCertifier, Policy, PolicyVersion, SignedBy, check_certifier_name,
};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Reason};
use crate::model::key::KeyInfo;
use crate::model::name::Name;
use crate::model::profile::Validity;
use crate::model::time::Timestamp;
use crate::pki::authority::{self, Limits};
use crate::pki::crl::Entries;
use crate::pki::issue::{self, Template};
use crate::pki::key::PrivateKey;
use crate::pki::signer::Signing;
use crate::pki::{certificate, chain, crl, name, request};
use crate::store::{certifier_key, document};

/// What the issued list has for the profile of an authority's certificate.
pub(super) const AUTHORITY: &str = "sub-ca";

/// Makes a certifier as asked; who makes it is its first CAA and RA. Errors: the name is taken or cannot be a folder, the
/// passwords differ, no such profile, roles that contradict each other; the certifier that shall sign is locked, issues
/// nothing, or may not stand above another authority.
pub fn create_certifier(state: &State, asked: &NewCertifier, env: &mut Env<'_>) -> Result<Change> {
    new_name(state, &asked.name)?;
    if asked.common_name.trim().is_empty() {
        return Err(Error::usage("A certifier needs a common name.")
            .next("Give the name that shall stand in every certificate it signs."));
    }
    super::profile(state, &asked.policy.profile)?;
    let mut policy = Policy { version: 1, ..asked.policy.clone() };
    policy.roles.found(env.operator);
    agrees(&policy)?;
    new_password(&asked.password, &asked.repeat)?;
    let subject = name::build(&[
        ("C", &asked.country),
        ("ST", &asked.state),
        ("L", &asked.locality),
        ("O", &asked.organization),
        ("OU", &asked.unit),
        ("CN", &asked.common_name),
    ])?;
    new_subject(state, &subject)?;
    let limits = Limits {
        path_length: asked.path_length,
        permitted: asked.permitted.clone(),
        excluded: asked.excluded.clone(),
    };
    if asked.signed_by == SignedBy::Itself && !(limits.permitted.is_empty() && limits.excluded.is_empty()) {
        return Err(Error::usage("A root cannot limit itself to names.")
            .why("Whoever trusts a root trusts it for everything; only an authority above can limit another one.")
            .next("Leave the permitted and excluded names out, or let another certifier sign."));
    }
    let key = PrivateKey::generate(asked.key_type)?;
    let sealed = certifier_key::file(&asked.name, &key, &asked.password, &env.protection)?;
    let mut change = match &asked.signed_by {
        SignedBy::Itself => {
            let certificate = self_signed(&asked.name, subject, &key, asked.years, env)?;
            let certifier = Certifier::new(asked.name.clone(), env.now, certificate, policy);
            made(certifier, &key, &[], env)?
        }
        SignedBy::Certifier(parent) => {
            let parent = super::issuing(state, parent)?;
            within(state, parent, &subject, &limits)?;
            let constraints = authority::constraints(&limits)?;
            let wanted = Wanted {
                subject,
                key: key.info(),
                limits: &limits,
                years: asked.years,
                constraints,
                renews: None,
            };
            let (certifier, fact) = below(parent, &asked.name, policy, wanted, env)?;
            let mut change = Change::of(fact);
            change.extend(made(certifier, &key, &[], env)?);
            change
        }
        SignedBy::Elsewhere => {
            let limits = (&limits, authority::constraints(&limits)?);
            awaited(&asked.name, &subject, &key, limits, policy, None, env)?
        }
    };
    change.files.push(sealed);
    Ok(change)
}

/// Refuses a first policy that contradicts itself.
pub(super) fn agrees(policy: &Policy) -> Result<()> {
    if let Some(why) = policy.roles.contradiction() {
        return Err(Error::usage("The roles contradict each other.").why(why));
    }
    match policy.crl_contradiction() {
        Some(why) => Err(Error::usage("What is said about CRLs contradicts itself.").why(why)),
        None => Ok(()),
    }
}

/// Checks the name of a certifier that is to be made. Errors: it cannot be a folder; it is taken; its files cannot be read.
pub(super) fn new_name(state: &State, name: &str) -> Result<()> {
    check_certifier_name(name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    if state.certifiers.contains_key(name) || state.awaited.contains_key(name) {
        return Err(
            Error::refused(format!("A certifier is already named \"{name}\".")).next("Choose another name.")
        );
    }
    let place = format!("certifiers/{name}/");
    if state.unreadable.iter().any(|unread| unread.path.starts_with(&place)) {
        return Err(Error::refused(format!("A certifier was named \"{name}\" before."))
            .why("Its files are missing or cannot be read, and its serial and CRL numbers are spent.")
            .next("Restore its files from a backup (\"ringmaster doctor\" says what is wrong), or choose another name."));
    }
    Ok(())
}

/// Refuses a subject that another certifier has: a second key under one name is made by a key rollover only.
pub(super) fn new_subject(state: &State, subject: &Name) -> Result<()> {
    let named = state.certifiers.values().find(|c| c.certificate.subject.der == subject.der).map(|c| &c.name);
    let awaited = || state.awaited.values().find(|a| a.request.subject.der == subject.der).map(|a| &a.name);
    match named.or_else(awaited) {
        None => Ok(()),
        Some(same) => Err(Error::refused(format!("Certifier {same} already has the subject {subject}."))
            .why("Peers find issuers and CRLs by this name; two authorities with one name cannot be told apart.")
            .next("Choose another common name. A new key for the same authority is a key rollover.")
            .command("certifier.rollover")),
    }
}

/// Refuses a subject and permitted names that those above do not permit: what it would issue for them could not be signed.
fn within(state: &State, parent: &Certifier, subject: &Name, limits: &Limits) -> Result<()> {
    let beyond = chain::beyond(subject, &limits.permitted, &issuers(state, parent))?;
    if beyond.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!("Certifier {} cannot sign an authority for these names.", parent.name))
        .why(format!("Not permitted: {}.", beyond.join("; ")))
        .next(
            "Name what lies within that alone, leave the permitted names out, or let another certifier sign.",
        ))
}

/// Makes the certificate of a root.
pub(super) fn self_signed(
    name: &str,
    subject: Name,
    key: &PrivateKey,
    years: u32,
    env: &mut Env<'_>,
) -> Result<Certificate> {
    let serial = env.serial();
    let not_after = env.now.plus_days(i64::from(years) * 365);
    let validity =
        Validity { not_before: env.now, not_after: Timestamp(not_after.0 - 1), clamped: String::new() };
    let template = issue::root(subject, key.info(), serial.clone(), validity)?;
    let tbs = issue::to_be_signed(&template, &template.subject, key.algorithm())?;
    let work = [(Signing::Certificate(serial), tbs)];
    let signature = super::one(env.signer.sign_with(key, name, &work)?)?;
    let der = issue::assemble(&work[0].1, key.algorithm(), &signature);
    issue::verify(&der, &template, &template.subject, key.info())?;
    certificate::read(&der)
}

/// What a subordinate's certificate shall say.
pub(super) struct Wanted<'a> {
    /// Its subject.
    pub(super) subject: Name,
    /// Its key.
    pub(super) key: &'a KeyInfo,
    /// What it may do.
    pub(super) limits: &'a Limits,
    /// Its validity in years of 365 days; it ends with its issuer's at the latest.
    pub(super) years: u32,
    /// What names it may issue for.
    pub(super) constraints: Option<Extension>,
    /// The certificate of the same key that it takes the place of.
    pub(super) renews: Option<&'a Certificate>,
}

/// Makes a certifier whose certificate another one signs. The fact is its row of the issued list.
pub(super) fn below(
    parent: &Certifier,
    name: &str,
    policy: Policy,
    wanted: Wanted<'_>,
    env: &mut Env<'_>,
) -> Result<(Certifier, Fact)> {
    let (certificate, fact) = signed(parent, wanted, env)?;
    let mut certifier = Certifier::new(name.to_owned(), env.now, certificate, policy);
    certifier.chain = std::iter::once(&parent.certificate).chain(&parent.chain).cloned().collect();
    certifier.parent = Some(parent.name.clone());
    Ok((certifier, fact))
}

/// Returns when a subordinate's certificate of so many years would end that a certifier signs now.
pub(super) fn end(parent: &Certifier, years: u32, now: Timestamp) -> Timestamp {
    Timestamp(now.plus_days(i64::from(years) * 365).0 - 1).min(parent.certificate.not_after)
}

/// Lets a certifier sign the certificate of a subordinate. The fact is its row of the issued list.
pub(super) fn signed(
    parent: &Certifier,
    wanted: Wanted<'_>,
    env: &mut Env<'_>,
) -> Result<(Certificate, Fact)> {
    let above = &parent.certificate;
    let refused = || Error::refused(format!("Certifier {} cannot stand above another one.", parent.name));
    match (above.basic.and_then(|b| b.path_length), wanted.limits.path_length) {
        (Some(0), _) => {
            return Err(refused()
                .why("Its own certificate has the path length 0: no authority may stand below it.")
                .next("Let another certifier sign."));
        }
        (Some(most), asked) if asked.is_none_or(|asked| asked >= most) => {
            return Err(refused()
                .why(format!("Its own certificate has the path length {most}."))
                .next(format!("Choose a path length of {} or less.", most - 1)));
        }
        _ => {}
    }
    let not_after = end(parent, wanted.years, env.now);
    let validity = Validity { not_before: env.now, not_after, clamped: String::new() };
    let serial = env.serial();
    let Wanted { subject, key, limits, constraints, renews, .. } = wanted;
    let mut template = authority::subordinate(subject, key, parent, limits, constraints, serial, validity)?;
    if let Some(before) = renews {
        authority::keep_identifier(&mut template.extensions, before);
    }
    sign(parent, &template, AUTHORITY, env)
}

/// Signs a template with the key of a certifier. Errors: it is locked; its own certificate is not valid now.
pub(super) fn sign(
    certifier: &Certifier,
    template: &Template,
    profile: &str,
    env: &mut Env<'_>,
) -> Result<(Certificate, Fact)> {
    roles::require(certifier, env.operator, Act::Sign)?;
    sign_with(certifier, None, template, profile, env)
}

/// Signs a template as [`sign`] does, with a key that is just being made for the certifier, when there is one.
pub(super) fn sign_with(
    certifier: &Certifier,
    key: Option<&PrivateKey>,
    template: &Template,
    profile: &str,
    env: &mut Env<'_>,
) -> Result<(Certificate, Fact)> {
    let own = &certifier.certificate;
    if env.now > own.not_after || env.now < own.not_before {
        return Err(Error::refused(format!("Certifier {} cannot sign now.", certifier.name))
            .why(format!(
                "Its own certificate is valid from {} to {}.",
                own.not_before.text(),
                own.not_after.text()
            ))
            .next("Check the clock, or sign with another certifier."));
    }
    let algorithm = match key {
        Some(key) => key.algorithm().to_vec(),
        None => env.signer.key(&certifier.name)?.algorithm().to_vec(),
    };
    let tbs = issue::to_be_signed(template, &own.subject, &algorithm)?;
    let work = [(Signing::Certificate(template.serial.clone()), tbs)];
    let signatures = match key {
        Some(key) => env.signer.sign_with(key, &certifier.name, &work)?,
        None => env.signer.sign(&certifier.name, &work)?,
    };
    let der = issue::assemble(&work[0].1, &algorithm, &super::one(signatures)?);
    let certificate = issue::verify(&der, template, &own.subject, &own.key)?;
    let mut issued = Issued::of(&certificate, &certifier.name, profile, env.now, env.operator);
    issued.origin.session = env.session.to_owned();
    Ok((certificate, Fact::CertificateIssued { issued, der: Der(der) }))
}

/// An entry of a first CRL: serial, when and why it was revoked, and since when it is invalid.
pub(super) type Entry = (Serial, Timestamp, Reason, Option<Timestamp>);

/// Makes a certifier whose certificate is there: the first version of its policy and its first CRLs, with these entries in
/// the order of their serials, are signed with its key. The certifier is the first fact, CRLs are the others.
pub(super) fn made(
    mut certifier: Certifier,
    key: &PrivateKey,
    revoked: &[Entry],
    env: &mut Env<'_>,
) -> Result<Change> {
    let version = PolicyVersion {
        policy: certifier.policy.clone(),
        by: env.operator.to_owned(),
        at: env.now,
        confirmed: String::new(),
        alone: String::new(),
        reason: String::new(),
        text: Digest::default(),
    };
    let signed = super::amend::sign(&mut certifier, version, Some(key), env)?;
    let files = [document::certifier(&certifier)?, signed].concat();
    let mut change = Change { facts: vec![Fact::CertifierCreated { certifier: certifier.clone() }], files };
    change.extend(first_crls(&certifier, key, revoked, env)?);
    Ok(change)
}

/// Makes a certifier that waits for an answer to its request.
pub(super) fn awaited(
    name: &str,
    subject: &Name,
    key: &PrivateKey,
    (limits, constraints): (&Limits, Option<Extension>),
    policy: Policy,
    succeeds: Option<String>,
    env: &Env<'_>,
) -> Result<Change> {
    let wished = authority::wishes(subject, key.info(), limits, constraints)?;
    let request = request::read(&request::build_authority(subject, &wished, key)?)?;
    let (name, by) = (name.to_owned(), env.operator.to_owned());
    let awaited = Awaited { name, created: env.now, by, request, policy, succeeds };
    let files = document::awaited(&awaited)?;
    Ok(Change { facts: vec![Fact::CertifierAwaited { awaited }], files })
}

/// Signs the complete CRL and its parts with a key that is just being made or brought.
fn first_crls(
    certifier: &Certifier,
    key: &PrivateKey,
    revoked: &[Entry],
    env: &mut Env<'_>,
) -> Result<Change> {
    let (mut work, mut kinds) = (Vec::new(), Vec::new());
    for (number, part) in (certifier.crl_floor + 1..).zip(0..=certifier.crl_parts()) {
        let mut entries = Entries::new(&certifier.certificate, env.now);
        // What comes with a past names no part.
        for (serial, at, reason, invalidity) in revoked.iter().filter(|_| part == 0) {
            entries.push(&serial.0, *at, Some(*reason), *invalidity)?;
        }
        let wanted = issue_crl::Wanted { base: None, part, immediate: false };
        let times = (env.now, None);
        let tbs = issue_crl::encode(certifier, key.algorithm(), &wanted, number, entries, times)?;
        work.push((Signing::Crl(number), tbs));
        kinds.push(part);
    }
    let signatures = env.signer.sign_with(key, &certifier.name, &work)?;
    if signatures.len() != work.len() {
        return Err(Error::internal("The signer returned another number of signatures than asked."));
    }
    let mut change = Change::default();
    for (((_, tbs), signature), partition) in work.iter().zip(&signatures).zip(kinds) {
        let der = issue::assemble(tbs, key.algorithm(), signature);
        let info = CrlInfo { partition, ..crl::read(&der, &certifier.certificate)? };
        change.files.extend(document::crl(&certifier.name, &info, &der));
        change.facts.push(Fact::CrlIssued { certifier: certifier.name.clone(), crl: info, der: Der(der) });
    }
    Ok(change)
}
