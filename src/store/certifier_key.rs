//! The sealed key of a certifier: a random data key seals the private key, and each way to unlock seals the data key.
//! See docs/formats.md.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{marked, seal, shares};
use crate::model::bytes::{Der, Digest, hex};
use crate::model::change::FileWrite;
use crate::model::error::{Error, Kind, Result};
use crate::model::protection::{KeyProtection, MOST_SHARES, Sealing};
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

/// The way to unlock. There is one: a second, weaker one would undo the first.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    kind: String,
    memory_mib: u32,
    passes: u32,
    salt: Der,
    /// Of two people: their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holders: Vec<String>,
    /// Of shares: how many it takes.
    #[serde(default, skip_serializing_if = "is_zero")]
    needed: u8,
    /// Of shares: the set.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    set: String,
    /// Of shares: SHA-256 of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shares: Vec<Digest>,
    /// The data key, sealed with the key derived from what is given.
    data_key: Der,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl Slot {
    /// Returns what protects the key; `None` when the slot contradicts itself.
    fn protection(&self) -> Option<KeyProtection> {
        let plain = self.holders.is_empty() && self.shares.is_empty() && self.needed == 0;
        match self.kind.as_str() {
            "password" if plain => Some(KeyProtection::Password),
            "two-passwords" if self.shares.is_empty() => {
                let holders = <[String; 2]>::try_from(self.holders.clone()).ok()?;
                Some(KeyProtection::TwoPasswords { holders })
            }
            "shares" if self.holders.is_empty() => {
                let count = self.shares.len();
                let good = self.needed >= 2 && usize::from(self.needed) <= count;
                (good && count <= usize::from(MOST_SHARES)).then(|| KeyProtection::Shares {
                    needed: self.needed,
                    set: self.set.clone(),
                    shares: self.shares.clone(),
                })
            }
            _ => None,
        }
    }
}

impl Sealed {
    fn header(&self) -> String {
        format!("ringmaster {KIND} {}\ncertifier {}\nkey {}\n", marked::FORMAT, self.certifier, self.key)
    }

    fn slot_header(&self, slot: &Slot) -> String {
        let Slot { kind, memory_mib, passes, salt, .. } = slot;
        let mut header =
            format!("{}slot {kind} argon2id {memory_mib} {passes} 1 {}\n", self.header(), hex(&salt.0));
        for holder in &slot.holders {
            header.push_str(&format!("holder {}\n", hex(holder.as_bytes())));
        }
        if slot.needed > 0 {
            header.push_str(&format!("shares {} of set {}\n", slot.needed, slot.set));
        }
        for share in &slot.shares {
            header.push_str(&format!("share {share}\n"));
        }
        header
    }
}

/// Returns the path of a certifier's sealed key inside of the workspace.
pub fn path(name: &str) -> String {
    format!("certifiers/{name}/key.ron")
}

/// Writes `certifiers/NAME/key.ron`, protected by a password, as [`seal_by`] does.
pub fn file(name: &str, key: &PrivateKey, password: &Secret, protection: &Protection) -> Result<FileWrite> {
    seal_by(name, key, &Sealing::Password(password.clone()), protection)
}

/// Writes `certifiers/NAME/key.ron`, protected as said, with a new data key. The parameters are authenticated, so they
/// cannot be turned down unnoticed.
///
/// Errors: `Usage` for parameters out of range.
pub fn seal_by(name: &str, key: &PrivateKey, by: &Sealing, protection: &Protection) -> Result<FileWrite> {
    let data_key = seal::random::<32>()?;
    let mut slot = Slot {
        kind: "password".into(),
        memory_mib: protection.argon2_mib,
        passes: protection.argon2_passes,
        salt: Der(seal::random::<16>()?.to_vec()),
        holders: Vec::new(),
        needed: 0,
        set: String::new(),
        shares: Vec::new(),
        data_key: Der::default(),
    };
    let given = match by {
        Sealing::Password(password) => vec![password.clone()],
        Sealing::TwoPasswords([(first, one), (second, two)]) => {
            slot.kind = "two-passwords".into();
            slot.holders = vec![first.clone(), second.clone()];
            vec![one.clone(), two.clone()]
        }
        Sealing::Shares(dealt) => {
            slot.kind = "shares".into();
            if let KeyProtection::Shares { needed, set, shares } = shares::protection(dealt)? {
                (slot.needed, slot.set, slot.shares) = (needed, set, shares);
            }
            dealt.shares.iter().take(dealt.needed.into()).cloned().collect()
        }
    };
    if !in_range(&slot) {
        return Err(Error::usage("The protection of certifier keys is out of range.").why(format!(
            "Memory may be 1 to {MOST_MIB} MiB and passes 1 to {MOST_PASSES}, not {} and {}.",
            slot.memory_mib, slot.passes
        )));
    }
    let mut sealed =
        Sealed { certifier: name.into(), key: key.info().sha256, slots: Vec::new(), body: Der::default() };
    let derived = derive(&slot, &given)?
        .ok_or_else(|| Error::internal("A key was to be sealed with something else than it asks for."))?;
    slot.data_key = Der(seal::seal(&derived, &sealed.slot_header(&slot), &*data_key)?);
    sealed.slots.push(slot);
    sealed.body = Der(seal::seal(&data_key, &sealed.header(), key.pkcs8())?);
    let bytes = Zeroizing::new(marked::write(KIND, &sealed)?.into_bytes());
    Ok(FileWrite { path: path(name), bytes: Some(bytes) })
}

/// Opens a sealed key with what its protection asks for, in that order. Errors: `WrongPassword`, `Damaged`, `TooNew`,
/// `Foreign`.
///
/// Parameters beyond [`MOST_MIB`] and [`MOST_PASSES`] are refused before any work is done. A change of the parameters
/// shows as a wrong password, for both make another key. Of two passwords it is not told which one is wrong: each could be
/// guessed alone otherwise.
pub fn open(name: &str, bytes: &[u8], given: &(impl AsRef<[Secret]> + ?Sized)) -> Result<PrivateKey> {
    let file = path(name);
    let sealed: Sealed = marked::read(KIND, &file, bytes, true)?;
    let altered = |why: &str| Error::damaged(format!("{file} was altered or damaged.")).why(why);
    let restored = "Restore it from a backup.";
    if sealed.certifier != name {
        return Err(altered(&format!("It is the key of the certifier {}.", sealed.certifier)).next(restored));
    }
    let slot = slot(&sealed).ok_or_else(|| altered("Its protection is out of range.").next(restored))?;
    let wrong = |what: String| Error::new(Kind::WrongPassword, what);
    let derived = derive(slot, given.as_ref())?;
    let opened = derived.and_then(|key| seal::open(&key, &sealed.slot_header(slot), &slot.data_key.0));
    let Some(data_key) = opened else {
        return Err(match slot.kind.as_str() {
            "password" => wrong(format!("The password does not open the key of the certifier {name}."))
                .next("Type it again; capital letters count."),
            "two-passwords" => {
                wrong(format!("The two passwords do not open the key of the certifier {name}."))
                    .why("One of them is wrong, or both, or they were given in the other order.")
                    .next("Type both again; capital letters count.")
            }
            _ => wrong(format!("The shares do not open the key of the certifier {name}."))
                .why("Each fits the key file, and together they do not: the file was altered.")
                .next(restored),
        });
    };
    let data_key = <[u8; 32]>::try_from(data_key.as_slice()).map(Zeroizing::new);
    let data_key = data_key.map_err(|_| altered("The data key has another length.").next(restored))?;
    let key = seal::open(&data_key, &sealed.header(), &sealed.body.0)
        .ok_or_else(|| altered("The data key opens, and the sealed key does not.").next(restored))?;
    let key = PrivateKey::read(&key)?;
    if key.info().sha256 != sealed.key {
        return Err(altered("It holds another key than it says.").next(restored));
    }
    Ok(key)
}

/// Tells whether the passwords of a sealed key are cheaper to try than they shall be.
pub fn is_cheaper(bytes: &[u8], than: &Protection) -> bool {
    let sealed = marked::read::<Sealed>(KIND, "key.ron", bytes, true);
    sealed.is_ok_and(|sealed| {
        slot(&sealed).is_some_and(|slot| {
            let costs = |mib: u32, passes: u32| u64::from(mib) * u64::from(passes);
            let is = costs(slot.memory_mib, slot.passes);
            slot.kind != "shares" && is < costs(than.argon2_mib, than.argon2_passes)
        })
    })
}

/// Checks without any password that a sealed key is of this certifier and of the public key with this SHA-256.
///
/// Returns how it is protected. Errors: as [`open`], but `WrongPassword`.
pub fn check(name: &str, bytes: &[u8], key: &Digest) -> Result<KeyProtection> {
    let file = path(name);
    let sealed: Sealed = marked::read(KIND, &file, bytes, true)?;
    if sealed.certifier == name && sealed.key == *key {
        return slot(&sealed).and_then(Slot::protection).ok_or_else(|| {
            Error::damaged(format!("{file} was altered or damaged."))
                .why("Its protection is out of range.")
                .next("Restore it from a backup.")
        });
    }
    let whose = if sealed.certifier == name { "another key".into() } else { sealed.certifier };
    Err(Error::damaged(format!("{file} is not the key of this certifier."))
        .why(format!("It is of {whose}; what it signs would not fit the certificate."))
        .next("Restore it from its .history or from a backup."))
}

/// Returns the one slot, when it is in range and does not contradict itself.
fn slot(sealed: &Sealed) -> Option<&Slot> {
    let [slot] = sealed.slots.as_slice() else { return None };
    (in_range(slot) && slot.protection().is_some()).then_some(slot)
}

fn in_range(slot: &Slot) -> bool {
    (1..=MOST_MIB).contains(&slot.memory_mib)
        && (1..=MOST_PASSES).contains(&slot.passes)
        && (8..=64).contains(&slot.salt.0.len())
}

/// Derives the key that seals the data key; `None` when something else was given than is asked for.
///
/// Errors: a share that is mistyped or does not belong, named.
fn derive(slot: &Slot, given: &[Secret]) -> Result<Option<seal::Key>> {
    Ok(match (slot.protection(), given) {
        (Some(KeyProtection::Password), [password]) => Some(hardened(slot, password, &slot.salt.0)?),
        (Some(KeyProtection::TwoPasswords { .. }), [first, second]) => {
            let salt = |person: u8| [slot.salt.0.as_slice(), &[person]].concat();
            let one = hardened(slot, first, &salt(1))?;
            let two = hardened(slot, second, &salt(2))?;
            // Both have to be guessed together: neither key alone opens anything.
            let both = Zeroizing::new([b"ringmaster two passwords".as_slice(), &*one, &*two].concat());
            Some(Zeroizing::new(crate::pki::sha256(&both).0))
        }
        (Some(protection @ KeyProtection::Shares { .. }), given) if !given.is_empty() => {
            Some(shares::join(&protection, given)?.0)
        }
        _ => None,
    })
}

fn hardened(slot: &Slot, password: &Secret, salt: &[u8]) -> Result<seal::Key> {
    let failed = |e| Error::internal(format!("The password cannot be derived: {e}."));
    let parameters = argon2::Params::new(slot.memory_mib.saturating_mul(1024), slot.passes, 1, Some(32))
        .map_err(failed)?;
    let mut key = Zeroizing::new([0; 32]);
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters)
        .hash_password_into(password.expose().as_bytes(), salt, &mut *key)
        .map_err(failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests;
