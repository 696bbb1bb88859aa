//! Replaces the certificate of a keyring by one that its own key signs, for tests.

use super::create_keyring::request_of;
use super::{Env, rewrite, unlocked};
use crate::model::State;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::keyring::{Entry, Identity, Role, SelfCertifying};
use crate::model::profile::{Profile, Validity};
use crate::model::request::Pkcs10;
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::pki::issue;
use crate::pki::key::PrivateKey;

/// Signs a certificate with the ring's own key, for the names that its certificate or its latest request has, and installs
/// it. A certificate that an authority signed and that is still valid is left alone.
///
/// Errors: unknown keyring, no key, no names to take over, a valid certificate of an authority, days out of range, wrong
/// password.
pub fn self_certify(
    state: &State,
    keyring: &str,
    days: i64,
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let days = u32::try_from(days).ok().filter(|d| (1..=SelfCertifying::MOST).contains(d));
    let days = days.ok_or_else(|| {
        Error::usage(format!("A self-certified certificate lasts 1 to {} days.", SelfCertifying::MOST))
    })?;
    let (mut ring, keys) = unlocked(state, keyring, password)?;
    let refused = || Error::refused(format!("Keyring {keyring} did not certify itself."));
    let Some(key) = keys.key else {
        return Err(refused().why("It holds no private key.").command("keyring.request"));
    };
    if let Some(leaf) = ring.leaf().filter(|_| !ring.is_self_certified())
        && leaf.lifetime(env.now, 0) == Lifetime::Good
    {
        return Err(refused()
            .why(format!(
                "Its certificate of {} is valid until {}, and no client would trust what replaces it.",
                leaf.issuer,
                leaf.not_after.date()
            ))
            .next("Make a keyring like this one for your tests.")
            .command("keyring.duplicate"));
    }
    let of_request = || state.request_of_keyring(&ring).map(|r| Identity::of_request(&r.pkcs10));
    let identity = ring.leaf().map(Identity::of_certificate).or_else(of_request).ok_or_else(|| {
        refused()
            .why("It has neither a certificate nor a request to take names from.")
            .command("keyring.request")
    })?;
    let (subject, alt_names) = super::create_keyring::named(&identity)?;
    let certificate = certificate(&request_of(&subject, &alt_names, &key)?, &key, days, env)?;
    ring.entries.retain(|e| e.role == Role::Root);
    ring.entries.insert(0, entry(certificate));
    rewrite(ring, password, "certified by its own key, for tests only")
}

/// Signs a certificate for what a request asks with the request's own key.
pub(super) fn certificate(
    pkcs10: &Pkcs10,
    key: &PrivateKey,
    days: u32,
    env: &mut Env<'_>,
) -> Result<Certificate> {
    let not_before = Timestamp(env.now.0 - BACKDATE);
    let not_after = Timestamp(env.now.plus_days(i64::from(days)).0 - 1);
    let validity = Validity { not_before, not_after, clamped: String::new() };
    let template = issue::self_certified(pkcs10, &profile(), env.serial(), validity)?;
    let tbs = issue::to_be_signed(&template, &template.subject, key.algorithm())?;
    let der = issue::assemble(&tbs, key.algorithm(), &key.sign(&tbs)?);
    issue::verify(&der, &template, &template.subject, key.info())
}

/// Makes the entry of a self-certified certificate.
pub(super) fn entry(certificate: Certificate) -> Entry {
    let label = certificate.subject.title();
    Entry { role: Role::Leaf, label, trusted: true, certificate }
}

/// Seconds before the signing, for peers whose clocks are behind.
const BACKDATE: i64 = 3600;

/// What such a certificate holds. No policy of an authority applies, so no profile of the workspace does.
fn profile() -> Profile {
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    Profile {
        name: "self-certified".into(),
        title: "For tests only".into(),
        max_days: SelfCertifying::MOST,
        backdate: 0,
        key_usage_rsa: words(&["digitalSignature", "keyEncipherment"]),
        extended: words(&["1.3.6.1.5.5.7.3.1"]),
        alt_names: words(&["dns", "ip"]),
        names_needed: true,
        keys: Vec::new(),
        ..Profile::default()
    }
}
