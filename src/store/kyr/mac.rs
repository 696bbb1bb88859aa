//! What a ring's password proves: the verifier of the password and the MAC over the public part. Opens no key.

use std::num::NonZeroU32;

use aws_lc_rs::{constant_time, hmac, pbkdf2};
use zeroize::Zeroizing;

use super::{KIND, key_der, sha256};
use crate::model::bytes::hex;
use crate::model::error::{Error, Result};
use crate::model::keyring::{Keyring, Role, Sealed};
use crate::model::secret::Secret;
use crate::store::marked;

/// What the password gives: one PBKDF2 output, and from it a verifier and a MAC key that tell nothing of each other.
pub(super) struct Derived {
    pub(super) verifier: [u8; 32],
    mac: hmac::Key,
}

impl Derived {
    pub(super) fn of(sealed: &Sealed, password: &Secret) -> Self {
        let rounds = NonZeroU32::new(sealed.rounds).unwrap_or(NonZeroU32::MIN);
        let mut key = Zeroizing::new([0; 32]);
        let (salt, password) = (&sealed.salt, password.expose().as_bytes());
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, password, &mut *key);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*key);
        let part = |purpose: &[u8]| {
            let mut out = Zeroizing::new([0; 32]);
            out.copy_from_slice(hmac::sign(&key, purpose).as_ref());
            out
        };
        let mac = hmac::Key::new(hmac::HMAC_SHA256, &*part(b"ringmaster keyring mac"));
        Self { verifier: *part(b"ringmaster keyring verifier"), mac }
    }

    pub(super) fn fits(&self, sealed: &Sealed) -> bool {
        constant_time::verify_slices_are_equal(&self.verifier, &sealed.verifier).is_ok()
    }

    pub(super) fn mac(&self, ring: &Keyring) -> Result<[u8; 32]> {
        let mut mac = [0; 32];
        mac.copy_from_slice(hmac::sign(&self.mac, authenticated(ring)?.as_bytes()).as_ref());
        Ok(mac)
    }

    pub(super) fn mac_fits(&self, ring: &Keyring) -> Result<bool> {
        Ok(hmac::verify(&self.mac, authenticated(ring)?.as_bytes(), &ring.sealed.mac).is_ok())
    }
}

/// Writes everything that the MAC covers as lines of text: all of the header but the MAC, and by their SHA-256 the key
/// and the certificates.
fn authenticated(ring: &Keyring) -> Result<String> {
    let sealed = &ring.sealed;
    let mut text = format!(
        "ringmaster {KIND} {}\nname {}\nrevision {}\nsalt {}\nrounds {}\nverifier {}\n",
        marked::FORMAT,
        ring.name,
        ring.revision,
        hex(&sealed.salt),
        sealed.rounds,
        hex(&sealed.verifier)
    );
    match &ring.key {
        Some(key) => {
            let der = key_der(&ring.name, &sealed.key_pem)?;
            text.push_str(&format!("key {} {}\n", sha256(&key.spki.0), sha256(&der)));
        }
        None => text.push_str("key none\n"),
    }
    if let Some(key) = &ring.next_key {
        let der = key_der(&ring.name, &sealed.next_pem)?;
        text.push_str(&format!("next {} {}\n", sha256(&key.spki.0), sha256(&der)));
    }
    for entry in &ring.entries {
        let role = match entry.role {
            Role::Leaf => "leaf",
            Role::Chain => "chain",
            Role::Root => "root",
        };
        let trusted = if entry.trusted { "trusted" } else { "distrusted" };
        let label = serde_json::to_string(&entry.label)
            .map_err(|e| Error::internal(format!("A label cannot be written: {e}.")))?;
        text.push_str(&format!("{role} {} {trusted} {label}\n", entry.certificate.sha256));
    }
    Ok(text)
}
