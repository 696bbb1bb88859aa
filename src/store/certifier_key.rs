//! The sealed key of a certifier: a random data key seals the private key, and each way to unlock seals the data key.
//! See docs/formats.md.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{marked, seal};
use crate::model::bytes::{Der, Digest, hex};
use crate::model::change::FileWrite;
use crate::model::error::{Error, Kind, Result};
use crate::model::secret::Secret;
use crate::pki::key::PrivateKey;

/// How costly a password is to try: argon2id with one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// Memory in MiB.
    pub argon2_mib: u32,
    /// Passes.
    pub argon2_passes: u32,
    /// PBKDF2 rounds of keyrings.
    pub keyring_rounds: u32,
}

/// The most memory that a file may ask for, in MiB.
pub const MOST_MIB: u32 = 4096;

/// The most passes that a file may ask for.
pub const MOST_PASSES: u32 = 100;

const KIND: &str = "certifier key";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    certifier: String,
    /// SHA-256 of the public key.
    key: Digest,
    slots: Vec<Slot>,
    /// The PKCS#8 key, sealed with the data key.
    body: Der,
}

/// One way to unlock.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    kind: String,
    memory_mib: u32,
    passes: u32,
    salt: Der,
    /// The data key, sealed with the key derived from the password.
    data_key: Der,
}

impl Sealed {
    fn header(&self) -> String {
        format!("ringmaster {KIND} {}\ncertifier {}\nkey {}\n", marked::FORMAT, self.certifier, self.key)
    }

    fn slot_header(&self, slot: &Slot) -> String {
        let Slot { kind, memory_mib, passes, salt, .. } = slot;
        format!("{}slot {kind} argon2id {memory_mib} {passes} 1 {}\n", self.header(), hex(&salt.0))
    }
}

/// Returns the path of a certifier's sealed key inside of the workspace.
pub fn path(name: &str) -> String {
    format!("certifiers/{name}/key.ron")
}

/// Writes `certifiers/NAME/key.ron`. The parameters are authenticated, so they cannot be turned down unnoticed.
///
/// Errors: `Usage` for parameters out of range.
pub fn file(name: &str, key: &PrivateKey, password: &Secret, protection: &Protection) -> Result<FileWrite> {
    let data_key = seal::random::<32>()?;
    let mut slot = Slot {
        kind: "password".into(),
        memory_mib: protection.argon2_mib,
        passes: protection.argon2_passes,
        salt: Der(seal::random::<16>()?.to_vec()),
        data_key: Der::default(),
    };
    if !in_range(&slot) {
        return Err(Error::usage("The protection of certifier keys is out of range.").why(format!(
            "Memory may be 1 to {MOST_MIB} MiB and passes 1 to {MOST_PASSES}, not {} and {}.",
            slot.memory_mib, slot.passes
        )));
    }
    let mut sealed =
        Sealed { certifier: name.into(), key: key.info().sha256, slots: Vec::new(), body: Der::default() };
    slot.data_key = Der(seal::seal(&derive(&slot, password)?, &sealed.slot_header(&slot), &*data_key)?);
    sealed.slots.push(slot);
    sealed.body = Der(seal::seal(&data_key, &sealed.header(), key.pkcs8())?);
    let bytes = Zeroizing::new(marked::write(KIND, &sealed)?.into_bytes());
    Ok(FileWrite { path: path(name), bytes: Some(bytes) })
}

/// Opens a sealed key. Errors: `WrongPassword`, `Damaged`, `TooNew`, `Foreign`.
///
/// Parameters beyond [`MOST_MIB`] and [`MOST_PASSES`] are refused before any work is done. A change of the parameters
/// shows as a wrong password, for both make another key.
pub fn open(name: &str, bytes: &[u8], password: &Secret) -> Result<PrivateKey> {
    let file = path(name);
    let sealed: Sealed = marked::read(KIND, &file, bytes, true)?;
    let altered = |why: &str| Error::damaged(format!("{file} was altered or damaged.")).why(why);
    let restored = "Restore it from a backup.";
    if sealed.certifier != name {
        return Err(altered(&format!("It is the key of the certifier {}.", sealed.certifier)).next(restored));
    }
    let slots = sealed.slots.iter().filter(|s| s.kind == "password");
    let slot = slots.clone().next().ok_or_else(|| altered("It names no password.").next(restored))?;
    if slots.count() > 1 || !in_range(slot) {
        return Err(altered("Its protection is out of range.").next(restored));
    }
    let derived = derive(slot, password)?;
    let Some(data_key) = seal::open(&derived, &sealed.slot_header(slot), &slot.data_key.0) else {
        return Err(Error::new(
            Kind::WrongPassword,
            format!("The password does not open the key of the certifier {name}."),
        )
        .next("Type it again; capital letters count."));
    };
    let data_key = <[u8; 32]>::try_from(data_key.as_slice()).map(Zeroizing::new);
    let data_key = data_key.map_err(|_| altered("The data key has another length.").next(restored))?;
    let key = seal::open(&data_key, &sealed.header(), &sealed.body.0)
        .ok_or_else(|| altered("The password is right, and the sealed key does not open.").next(restored))?;
    let key = PrivateKey::read(&key)?;
    if key.info().sha256 != sealed.key {
        return Err(altered("It holds another key than it says.").next(restored));
    }
    Ok(key)
}

/// Checks without any password that a sealed key is of this certifier and of the public key with this SHA-256.
///
/// Errors: as [`open`], but `WrongPassword`.
pub fn check(name: &str, bytes: &[u8], key: &Digest) -> Result<()> {
    let file = path(name);
    let sealed: Sealed = marked::read(KIND, &file, bytes, true)?;
    if sealed.certifier == name && sealed.key == *key {
        return Ok(());
    }
    let whose = if sealed.certifier == name { "another key".into() } else { sealed.certifier };
    Err(Error::damaged(format!("{file} is not the key of this certifier."))
        .why(format!("It is of {whose}; what it signs would not fit the certificate."))
        .next("Restore it from its .history or from a backup."))
}

fn in_range(slot: &Slot) -> bool {
    (1..=MOST_MIB).contains(&slot.memory_mib)
        && (1..=MOST_PASSES).contains(&slot.passes)
        && (8..=64).contains(&slot.salt.0.len())
}

fn derive(slot: &Slot, password: &Secret) -> Result<seal::Key> {
    let failed = |e| Error::internal(format!("The password cannot be derived: {e}."));
    let parameters = argon2::Params::new(slot.memory_mib.saturating_mul(1024), slot.passes, 1, Some(32))
        .map_err(failed)?;
    let mut key = Zeroizing::new([0; 32]);
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters)
        .hash_password_into(password.expose().as_bytes(), &slot.salt.0, &mut *key)
        .map_err(failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::KeyType;

    const LIGHT: Protection = Protection { argon2_mib: 1, argon2_passes: 1, keyring_rounds: 1000 };

    fn password(text: &str) -> Secret {
        Secret::new(text.into())
    }

    #[test]
    fn a_key_opens_with_its_password_only() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let written = file("root", &key, &password("right"), &LIGHT).unwrap();
        assert_eq!(written.path, "certifiers/root/key.ron");
        let bytes = written.bytes.unwrap();
        let opened = open("root", &bytes, &password("right")).unwrap();
        assert_eq!(opened.pkcs8(), key.pkcs8());
        assert_eq!(open("root", &bytes, &password("wrong")).unwrap_err().kind, Kind::WrongPassword);
        assert_eq!(open("other", &bytes, &password("right")).unwrap_err().kind, Kind::Damaged);
    }

    #[test]
    fn parameters_can_be_turned_neither_down_nor_beyond_reason() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let two = Protection { argon2_passes: 2, ..LIGHT };
        let bytes = file("root", &key, &password("right"), &two).unwrap().bytes.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let kind = |from: &str, to: &str| {
            assert!(text.contains(from));
            open("root", text.replace(from, to).as_bytes(), &password("right")).unwrap_err().kind
        };
        assert_eq!(kind("passes: 2", "passes: 1"), Kind::WrongPassword);
        assert_eq!(kind("passes: 2", "passes: 101"), Kind::Damaged);
        assert_eq!(kind("memory_mib: 1", "memory_mib: 4097"), Kind::Damaged);
        assert_eq!(kind("memory_mib: 1", "memory_mib: 0"), Kind::Damaged);
        assert_eq!(kind("key 1", "key 2"), Kind::TooNew);
        for wrong in [(0, 1), (4097, 1), (1, 0), (1, 101)] {
            let wrong = Protection { argon2_mib: wrong.0, argon2_passes: wrong.1, ..LIGHT };
            assert_eq!(file("root", &key, &password("x"), &wrong).unwrap_err().kind, Kind::Usage);
        }
    }

    #[test]
    fn an_altered_byte_is_noticed_and_never_panics() {
        let key = PrivateKey::generate(KeyType::Ed25519).unwrap();
        let bytes = file("root", &key, &password("right"), &LIGHT).unwrap().bytes.unwrap();
        let mut runner = proptest::test_runner::TestRunner::default();
        let change = (0..bytes.len(), proptest::prelude::any::<u8>());
        runner
            .run(&change, |(at, to)| {
                let mut changed = bytes.to_vec();
                changed[at] = to;
                if let Ok(opened) = open("root", &changed, &password("right")) {
                    proptest::prop_assert_eq!(opened.pkcs8(), key.pkcs8());
                }
                Ok(())
            })
            .unwrap();
    }
}
