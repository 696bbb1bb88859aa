//! Renews the certificate of a subordinate certifier for the same key and name: signed by the certifier above it at once, or
//! by an authority elsewhere, which answers a request of this key. What it has issued goes on being good.

use super::Env;
use super::complete_certifier::{above, fitting};
use super::compromised::against;
use super::create_certifier::{Wanted, end, signed};
use super::roles::{self, Act};
use crate::model::State;
use crate::model::bytes::Der;
use crate::model::certificate::Certificate;
use crate::model::certifier::Certifier;
use crate::model::change::{Change, Fact, FileWrite};
use crate::model::compromised::KeyHistory;
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::issued::Revocation;
use crate::pki::authority::{self, Limits};
use crate::pki::key::PrivateKey;
use crate::pki::{chain, request};
use crate::store::document;

/// Returns the certifier of the workspace that renews another one's certificate: the one that signed it, or whoever took over
/// from that; `None` when none of them issues.
pub fn issuer<'a>(state: &'a State, certifier: &Certifier) -> Option<&'a Certifier> {
    let mut next = certifier.parent.as_ref();
    for _ in 0..16 {
        let at = state.certifiers.get(next?)?;
        if at.status.issues() {
            return Some(at);
        }
        next = at.succeeded_by.as_ref();
    }
    None
}

/// Lets the certifier above sign another certificate for the same key, name, path length and name constraints.
///
/// Errors: a root, or its key is destroyed or known to others; nobody above it issues here; it would end no later than the present one; the one
/// above is locked, or may not sign it.
pub fn renew_certifier(
    state: &State,
    name: &str,
    years: u32,
    known: &KeyHistory,
    env: &mut Env<'_>,
) -> Result<Change> {
    let own = renewable(state, name, known, env)?;
    let Some(issuer) = issuer(state, own) else {
        return Err(refused(name)
            .why("No certifier of this workspace that still issues has signed its certificate.")
            .next(format!("Send a request of its key out: ringmaster certifier renew {name} --request")));
    };
    // Before anything is reserved or signed: what would be of no use leaves no trace.
    let end = end(issuer, years, env.now);
    if end <= own.certificate.not_after {
        let why = match end == issuer.certificate.not_after {
            true => format!(": {} ends then itself", issuer.name),
            false => String::new(),
        };
        return Err(refused(name)
            .why(format!(
                "The new certificate would end on {}, not later than the present one{why}.",
                end.date()
            ))
            .next("Ask for more years, or renew the authority above first."));
    }
    let limits = limits(&own.certificate);
    let wanted = Wanted {
        subject: own.certificate.subject.clone(),
        key: &own.certificate.key,
        limits: &limits,
        years,
        constraints: authority::kept(&own.certificate),
        renews: Some(&own.certificate),
    };
    let (certificate, fact) = signed(issuer, wanted, env)?;
    let chain = std::iter::once(&issuer.certificate).chain(&issuer.chain).cloned().collect();
    let mut change = Change::of(fact);
    change.extend(renewed(state, own, certificate, chain, Some(issuer.name.clone()))?);
    Ok(change)
}

/// Makes a request of the certifier's key for an authority elsewhere; its certificate is brought back when it
/// has come.
///
/// Errors: a root, or its key is destroyed, locked or known to others.
pub fn request_renewal(state: &State, name: &str, known: &KeyHistory, env: &mut Env<'_>) -> Result<Change> {
    let own = renewable(state, name, known, env)?;
    let key = PrivateKey::read(&zeroize::Zeroizing::new(env.signer.key(name)?.pkcs8().to_vec()))?;
    let constraints = authority::kept(&own.certificate);
    let subject = &own.certificate.subject;
    let wished = authority::wishes(subject, key.info(), &limits(&own.certificate), constraints)?;
    let der = Der(request::build_authority(subject, &wished, &key)?);
    Ok(Change::of(Fact::CertifierRequested { certifier: name.to_owned(), der }))
}

/// Takes another certificate of the same key and name, that an authority elsewhere has issued, in place of the present one.
///
/// Errors: a root, or its key is destroyed or known to others; what [`fitting`] and [`above`] refuse; it ends no later; it has another key
/// identifier, which what was issued before names.
pub(super) fn take_renewed(
    state: &State,
    name: &str,
    certificates: &[Certificate],
    known: &KeyHistory,
    env: &mut Env<'_>,
) -> Result<Change> {
    let own = renewable(state, name, known, env)?;
    let present = &own.certificate;
    let new = fitting(name, (&present.key, &present.subject), certificates, env)?;
    if new.not_after <= present.not_after {
        return Err(refused(name).why(format!(
            "The certificate that was brought ends on {}, and the present one on {}.",
            new.not_after.date(),
            present.not_after.date()
        )));
    }
    if new.ski != present.ski {
        return Err(refused(name)
            .why("It has another subject key identifier than the present one, which every certificate issued so far names.")
            .next("Ask the authority to keep the identifier of the key."));
    }
    let chain = above(state, name, new, certificates, env)?;
    let parent =
        state.issuer_of(new).filter(|c| chain::signed_by(new, &c.certificate)).map(|c| c.name.clone());
    renewed(state, own, new.clone(), chain, parent)
}

fn refused(name: &str) -> Error {
    Error::refused(format!("The certificate of certifier {name} was not renewed."))
}

/// Takes a subordinate certifier that has its key, and has it alone.
fn renewable<'a>(state: &'a State, name: &str, known: &KeyHistory, env: &Env<'_>) -> Result<&'a Certifier> {
    let own = super::certifier(state, name)?;
    roles::require(own, env.operator, Act::Administer)?;
    if !own.status.has_key() {
        return Err(refused(name).why("Its key is destroyed."));
    }
    if own.certificate.is_self_issued() {
        return Err(refused(name)
            .why("It is a root: everybody who trusts it would have to take its new certificate anyway.")
            .next("Give it a new key instead, which both certificates link with the old one.")
            .command("certifier.rollover"));
    }
    its_key_alone(state, own, known)?;
    Ok(own)
}

/// Refuses to certify a key again that others know: what they sign with it would be good as well.
fn its_key_alone(state: &State, own: &Certifier, known: &KeyHistory) -> Result<()> {
    // A certificate from elsewhere has no row of the issued list.
    let revoked = state.revocations.get(&own.certificate.sha256).into_iter();
    let mut revoked = revoked.chain(known.issued.iter().filter_map(|row| row.revoked.as_ref()));
    let why = match revoked.find(|r| r.reason.is_compromise()) {
        Some(Revocation { at, reason, .. }) => {
            let (day, reason) = (at.date(), reason.name());
            format!("A certificate of its key was revoked on {day} because others know the key ({reason}).")
        }
        None => {
            let subject = Subject::Certifier(own.name.clone());
            match against(state, &own.certificate.key, &known.listed, &subject).into_iter().next() {
                Some(finding) => finding.text,
                None => return Ok(()),
            }
        }
    };
    Err(refused(&own.name)
        .why(why)
        .next(format!("Give it a new key: ringmaster certifier rollover {}", own.name))
        .command("certifier.rollover"))
}

fn limits(certificate: &Certificate) -> Limits {
    Limits { path_length: certificate.basic.and_then(|b| b.path_length), ..Limits::default() }
}

/// Puts a certificate in the place of the present one, in the certifier and in the chains of those below it.
fn renewed(
    state: &State,
    own: &Certifier,
    certificate: Certificate,
    chain: Vec<Certificate>,
    parent: Option<String>,
) -> Result<Change> {
    let mut change = Change::default();
    let before = own.certificate.sha256;
    let above: Vec<_> = std::iter::once(&certificate).chain(&chain).cloned().collect();
    let below = state.certifiers.values().filter_map(|c| {
        let at = c.chain.iter().position(|c| c.sha256 == before)?;
        let chain = c.chain.iter().take(at).chain(&above).cloned().collect();
        Some(Certifier { chain, ..c.clone() })
    });
    let changed = Certifier { certificate, chain, parent, ..own.clone() };
    for c in std::iter::once(changed).chain(below) {
        change.files.extend(document::certifier(&c)?);
        if c.chain.is_empty() && !own.chain.is_empty() {
            change
                .files
                .push(FileWrite { path: document::certifier_path(&c.name, "chain.pem"), bytes: None });
        }
        change.facts.push(Fact::CertifierRenewed {
            certifier: c.name,
            certificate: c.certificate,
            chain: c.chain,
            parent: c.parent,
        });
    }
    Ok(change)
}
