//! Takes the certificate that an authority elsewhere has issued for a certifier of the workspace, or gives the certifier up.

use super::create_certifier::made;
use super::renew_certifier::take_renewed;
use super::roles::{self, Act};
use super::{Env, certifier};
use crate::model::State;
use crate::model::certificate::{Certificate, KeyUsage, Lifetime};
use crate::model::certifier::{Awaited, Certifier};
use crate::model::change::{Change, Fact, FileWrite};
use crate::model::compromised::KeyHistory;
use crate::model::error::{Error, Result};
use crate::model::key::KeyInfo;
use crate::model::name::Name;
use crate::pki::chain;
use crate::pki::key::PrivateKey;
use crate::pki::lint;
use crate::store::{certifier_key, document};

/// Makes a certifier of one that waits, from what came back: its certificate and those above it, in any order.
/// Certificates above that are missing are taken from what the workspace knows. With its key at hand it signs its first
/// CRL at once. One that has its certificate already takes a newer one of the same key in its place.
///
/// Errors: no certificate of this key among them; it is no CA, may not sign certificates and CRLs, names somebody else, has
/// ended; a signature above does not hold; the path length above is used up.
pub fn complete_certifier(
    state: &State,
    name: &str,
    certificates: &[Certificate],
    known: &KeyHistory,
    env: &mut Env<'_>,
) -> Result<Change> {
    if state.certifiers.contains_key(name) {
        return take_renewed(state, name, certificates, known, env);
    }
    let awaited = awaited(state, name)?;
    roles::require_of(name, &awaited.policy.roles, env.operator, Act::Administer)?;
    let asked = (&awaited.request.key, &awaited.request.subject);
    let own = fitting(name, asked, certificates, env)?;
    let chain = above(state, name, own, certificates, env)?;
    let mut new = Certifier::new(name, env.now, own.clone(), awaited.policy.clone());
    new.chain = chain;
    new.parent =
        state.issuer_of(own).filter(|c| chain::signed_by(own, &c.certificate)).map(|c| c.name.clone());
    new.succeeds.clone_from(&awaited.succeeds);
    let key = env.signer.key(name)?.pkcs8().to_vec();
    let key = PrivateKey::read(&zeroize::Zeroizing::new(key))?;
    let mut change = made(new, &key, &[], env)?;
    change.files.extend(document::awaited_no_more(name));
    if let Some(old) = awaited.succeeds.as_ref().and_then(|old| state.certifiers.get(old))
        && old.status.has_key()
    {
        change.extend(super::roll_over::succeed(old, name, env)?);
    }
    Ok(change)
}

/// Gives a certifier up that waits for its certificate; its key file is moved to the history and then destroyed. Where the
/// policy asks for two people, whoever made it does not give it up.
pub fn give_up_certifier(state: &State, name: &str, env: &Env<'_>) -> Result<Change> {
    let awaited = awaited(state, name)?;
    roles::require_of(name, &awaited.policy.roles, env.operator, Act::Administer)?;
    roles::second(name, &awaited.policy, (&awaited.by, "made"), env.operator)?;
    let mut files = document::awaited_no_more(name);
    files.push(FileWrite { path: certifier_key::path(name), bytes: None });
    Ok(Change { facts: vec![Fact::CertifierGivenUp { name: name.to_owned() }], files })
}

fn awaited<'a>(state: &'a State, name: &str) -> Result<&'a Awaited> {
    state.awaited.get(name).ok_or_else(|| match certifier(state, name) {
        Ok(_) => Error::refused(format!("Certifier {name} waits for no certificate.")).why("It has one."),
        Err(error) => error,
    })
}

/// Finds the certificate of a certifier's key among those that came back, and checks that it can serve.
pub(super) fn fitting<'a>(
    name: &str,
    (key, subject): (&KeyInfo, &Name),
    given: &'a [Certificate],
    env: &Env<'_>,
) -> Result<&'a Certificate> {
    let refused = || Error::refused(format!("Certifier {name} did not take the certificate."));
    let of_key = given.iter().filter(|c| c.key.sha256 == key.sha256);
    let Some(own) = of_key.max_by_key(|c| (c.is_ca(), c.not_after)) else {
        return Err(refused()
            .why(format!("None of the {} brought is of its key ({}).", given.len(), key.sha256.short()))
            .next("Take the certificate that answers this certifier's request."));
    };
    let next = "Send the request again, and ask for the certificate of a subordinate authority.";
    if own.is_self_issued() {
        return Err(refused().why("It is signed by its own subject: nobody stands above it.").next(next));
    }
    if own.subject.der != subject.der {
        let why = format!("It names {}, and the request asked for {subject}.", own.subject);
        return Err(refused().why(why).next(next));
    }
    if !own.basic.is_some_and(|b| b.ca) {
        return Err(refused()
            .why("It is no certificate of an authority: basicConstraints has no CA bit.")
            .next(next));
    }
    let usage = own.key_usage.map_or(0, |u| u.0);
    if usage & KeyUsage::CERT_SIGN == 0 || usage & KeyUsage::CRL_SIGN == 0 {
        let has = own.key_usage.map_or_else(|| "none".into(), KeyUsage::words);
        let why =
            format!("Its key usage is {has}; keyCertSign and cRLSign are needed (RFC 5280 section 4.2.1.3).");
        return Err(refused().why(why).next(next));
    }
    match own.lifetime(env.now, 0) {
        Lifetime::Expired => Err(refused().why(format!("It ended on {}.", own.not_after.text())).next(next)),
        Lifetime::NotYet => Err(refused()
            .why(format!("It is valid from {} on only.", own.not_before.text()))
            .next("Bring it then, or check the clock.")),
        Lifetime::Soon | Lifetime::Good => Ok(own),
    }
}

/// Finds the certificates above, upward, as far as they are known, and checks them.
pub(super) fn above(
    state: &State,
    name: &str,
    own: &Certificate,
    given: &[Certificate],
    env: &Env<'_>,
) -> Result<Vec<Certificate>> {
    let refused = || Error::refused(format!("Certifier {name} did not take the certificate."));
    let known = state.certificates();
    let pool = || given.iter().chain(known.values().map(|(c, _)| *c)).filter(|c| c.is_ca());
    let mut chain: Vec<Certificate> = Vec::new();
    loop {
        let top = chain.last().unwrap_or(own);
        if top.is_self_issued() {
            break;
        }
        let named: Vec<_> = pool().filter(|c| c.subject.der == top.issuer.der).collect();
        let signed = |c: &&&Certificate| chain::signed_by(top, c);
        // A root ends the chain; a link certificate of the same name only makes it longer.
        let Some(next) = named.iter().filter(signed).max_by_key(|c| (c.is_self_issued(), c.not_after)) else {
            if !named.is_empty() {
                return Err(refused()
                    .why(format!("The signature of {} does not fit the key of {}.", top.subject, top.issuer))
                    .next("Ask the authority for its present certificate, and bring both in one file."));
            }
            break;
        };
        if chain.iter().any(|c| c.sha256 == next.sha256) || chain.len() > 10 {
            return Err(refused().why("The certificates above it lead in a circle."));
        }
        chain.push((**next).clone());
    }
    let whole: Vec<_> = std::iter::once(own).chain(&chain).collect();
    for (below, authority) in whole.iter().enumerate().skip(1) {
        // Self-issued certificates between do not count (RFC 5280 section 6.1.4 l).
        let between = whole.get(..below).into_iter().flatten().filter(|c| !c.is_self_issued()).count();
        let limit = authority.basic.and_then(|b| b.path_length);
        if limit.is_some_and(|limit| between > usize::try_from(limit).unwrap_or(usize::MAX)) {
            return Err(refused()
                .why(format!("{} may not have an authority at this depth below it.", authority.subject))
                .next("Ask the authority for a certificate of an issuer that may."));
        }
        if env.now > authority.not_after {
            return Err(refused()
                .why(format!("{} above it has ended on {}.", authority.subject, authority.not_after.date()))
                .next("Ask the authority for its present certificate, and bring both in one file."));
        }
    }
    let subject = crate::model::finding::Subject::Certifier(name.to_owned());
    let errors: Vec<_> = lint::certificate(own, subject)
        .into_iter()
        .filter(|f| f.severity == crate::model::finding::Severity::Error)
        .map(|f| f.text)
        .collect();
    if !errors.is_empty() {
        return Err(refused()
            .why(errors.join(" "))
            .next("Ask the authority to issue it again without this."));
    }
    Ok(chain)
}
