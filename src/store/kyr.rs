//! The `.kyr` file: a RON header with a MAC, then PEM. See docs/formats.md.

mod mac;

use std::collections::HashMap;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{foreign, marked, seal as sealing};
use crate::model::bytes::{Der, Digest};
use crate::model::certificate::Certificate;
use crate::model::change::FileWrite;
use crate::model::error::{Error, Kind, Result};
use crate::model::key::KeyInfo;
use crate::model::keyring::{Entry, Keyring, Role, Sealed};
use crate::model::secret::Secret;
use crate::pki;
use crate::pki::key::PrivateKey;
use mac::Derived;

/// The most PBKDF2 rounds that a file may ask for: some seconds.
pub const MOST_ROUNDS: u32 = 10_000_000;

const KIND: &str = "keyring";
const MARKER: &str = "// PEM: key, certificate, intermediates, trusted roots";
const KEY_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// A ring opened with its password.
#[derive(Debug)]
pub struct Opened {
    /// The private key, if the ring holds one.
    pub key: Option<PrivateKey>,
    /// The private key that waits for its certificate, if there is one.
    pub next: Option<PrivateKey>,
    /// Whether the MAC fits; when false, header or certificates were changed by somebody without the password.
    pub intact: bool,
}

/// Certificates already read, by SHA-256: roots and intermediates stand in many rings.
pub type Known = HashMap<Digest, Certificate>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    name: String,
    revision: u64,
    salt: Der,
    rounds: u32,
    verifier: Digest,
    mac: Digest,
    key: Option<HeaderKey>,
    /// The key that waits for its certificate; left out of the file when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_key: Option<HeaderKey>,
    entries: Vec<HeaderEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderKey {
    /// The public key, as SubjectPublicKeyInfo.
    spki: Der,
    /// SHA-256 of the encrypted private key's DER.
    sha256: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderEntry {
    role: Role,
    label: String,
    trusted: bool,
    sha256: Digest,
}

/// Seals `ring` under a password with a fresh salt and `rounds`, with this key and no other, and returns it with `sealed`
/// filled in and the revision raised by one. Used when a ring is made.
///
/// Errors: `Usage` for rounds out of range, `OtherKey` when the ring's certificate is not of this key.
pub fn seal(ring: Keyring, key: Option<&PrivateKey>, password: &Secret, rounds: u32) -> Result<Keyring> {
    seal_both(ring, key, None, password, rounds)
}

/// Does what [`seal`] does, also with a key that waits for its certificate. Used whenever the password of a ring changes.
pub fn seal_both(
    mut ring: Keyring,
    key: Option<&PrivateKey>,
    next: Option<&PrivateKey>,
    password: &Secret,
    rounds: u32,
) -> Result<Keyring> {
    if !(1..=MOST_ROUNDS).contains(&rounds) {
        return Err(Error::usage(format!("PBKDF2 rounds may be 1 to {MOST_ROUNDS}, not {rounds}.")));
    }
    ring.key = key.map(|k| k.info().clone());
    ring.next_key = next.map(|k| k.info().clone());
    let sealed = |key: Option<&PrivateKey>| key.map_or(Ok(String::new()), |k| key_pem(k, password, rounds));
    ring.sealed = Sealed {
        key_pem: sealed(key)?,
        next_pem: sealed(next)?,
        salt: sealing::random::<16>()?.to_vec(),
        rounds,
        ..Sealed::default()
    };
    let derived = Derived::of(&ring.sealed, password);
    ring.sealed.verifier = derived.verifier;
    ring.revision += 1;
    ring.sealed.mac = derived.mac(&ring)?;
    check(&ring)?;
    Ok(ring)
}

/// Lets a new key wait in a ring for its certificate, in the place of one that waits already; [`amend`] the ring
/// afterwards. A ring that holds no key yet gets it as its key.
///
/// Errors: `WrongPassword`.
pub fn add_key(ring: &mut Keyring, key: &PrivateKey, password: &Secret) -> Result<()> {
    if !Derived::of(&ring.sealed, password).fits(&ring.sealed) {
        return Err(wrong_password(&ring.name));
    }
    let pem = key_pem(key, password, ring.sealed.rounds)?;
    let info = Some(key.info().clone());
    if ring.key.is_none() {
        (ring.key, ring.sealed.key_pem) = (info, pem);
    } else {
        (ring.next_key, ring.sealed.next_pem) = (info, pem);
    }
    Ok(())
}

/// Puts the key that waits in the place of the ring's key, which goes; [`amend`] the ring afterwards.
pub fn promote_key(ring: &mut Keyring) {
    if let Some(next) = ring.next_key.take() {
        ring.key = Some(next);
        ring.sealed.key_pem = std::mem::take(&mut ring.sealed.next_pem);
    }
}

/// Drops the key that waits; [`amend`] the ring afterwards.
pub fn drop_next_key(ring: &mut Keyring) {
    ring.next_key = None;
    ring.sealed.next_pem = String::new();
}

/// Computes the MAC anew after the public part was changed, and raises the revision by one; the keys stay as they are.
///
/// It cannot tell whether the part before the change was intact: open the ring first. Errors: `WrongPassword`, `OtherKey`
/// when the ring's certificate is not of its key.
pub fn amend(mut ring: Keyring, password: &Secret) -> Result<Keyring> {
    let derived = Derived::of(&ring.sealed, password);
    if !derived.fits(&ring.sealed) {
        return Err(wrong_password(&ring.name));
    }
    ring.revision += 1;
    ring.sealed.mac = derived.mac(&ring)?;
    check(&ring)?;
    Ok(ring)
}

/// Opens a ring. A wrong password takes as long as a right one.
///
/// Errors: `WrongPassword`, `Damaged` when the password is right and the key does not open.
pub fn open(ring: &Keyring, password: &Secret) -> Result<Opened> {
    let derived = Derived::of(&ring.sealed, password);
    let tried = |pem: &String| (!pem.is_empty()).then(|| PrivateKey::open(pem, password));
    // Tried in any case, so that the time tells nothing; only then is the password judged.
    let (key, next) = (tried(&ring.sealed.key_pem), tried(&ring.sealed.next_pem));
    if !derived.fits(&ring.sealed) {
        return Err(wrong_password(&ring.name));
    }
    let closed = |e| {
        Error::damaged(format!("The private key of the keyring {} does not open.", ring.name))
            .why(format!("The password is right, but the key was altered or damaged. {e}"))
            .next("Take the version before it from keyrings/.history, or a backup.")
    };
    let (key, next) = (key.transpose().map_err(closed)?, next.transpose().map_err(closed)?);
    let same = |key: &Option<PrivateKey>, info: &Option<KeyInfo>| {
        key.as_ref().map(|k| k.info().sha256) == info.as_ref().map(|k| k.sha256)
    };
    let same_keys = same(&key, &ring.key) && same(&next, &ring.next_key);
    Ok(Opened { intact: same_keys && derived.mac_fits(ring)?, key, next })
}

/// Writes the file of a sealed ring: `keyrings/NAME.kyr`. Errors: `Refused` for a ring that could not be read again.
pub fn file(ring: &Keyring) -> Result<FileWrite> {
    check(ring)?;
    let header_key = |key: &Option<KeyInfo>, pem: &str| {
        let key = key.as_ref().map(|key| {
            let sha256 = sha256(&key_der(&ring.name, pem)?);
            Ok::<_, Error>(HeaderKey { spki: key.spki.clone(), sha256 })
        });
        key.transpose()
    };
    let entry = |e: &Entry| HeaderEntry {
        role: e.role,
        label: e.label.clone(),
        trusted: e.trusted,
        sha256: e.certificate.sha256,
    };
    let header = Header {
        name: ring.name.clone(),
        revision: ring.revision,
        salt: Der(ring.sealed.salt.clone()),
        rounds: ring.sealed.rounds,
        verifier: Digest(ring.sealed.verifier),
        mac: Digest(ring.sealed.mac),
        key: header_key(&ring.key, &ring.sealed.key_pem)?,
        next_key: header_key(&ring.next_key, &ring.sealed.next_pem)?,
        entries: ring.entries.iter().map(entry).collect(),
    };
    let mut text = marked::write(KIND, &header)?;
    text.push_str(MARKER);
    text.push('\n');
    text.push_str(&ring.sealed.key_pem);
    for entry in &ring.entries {
        text.push_str(&pki::pem::write("CERTIFICATE", &entry.certificate.der.0));
    }
    // Last, so that servers which read the file find the key and the certificates that serve now.
    text.push_str(&ring.sealed.next_pem);
    Ok(FileWrite { path: path(&ring.name), bytes: Some(Zeroizing::new(text.into_bytes())) })
}

/// Moves the two files of a ring to the history.
pub fn removed(ring: &Keyring) -> Vec<FileWrite> {
    [path(&ring.name), super::sth::path(&ring.name)].map(|path| FileWrite { path, bytes: None }).into()
}

/// Returns the path of a ring inside of the workspace.
pub fn path(name: &str) -> String {
    format!("keyrings/{name}.kyr")
}

/// Tells whether bytes begin as a keyring of this program does, of any version.
pub fn is_ours(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    text.starts_with(format!("{}{KIND} ", marked::BEGIN).as_bytes())
}

/// Reads a file. `stash` tells whether a `.sth` stands beside it. Errors: `Foreign` for a proprietary binary keyring, a
/// PFX, a JPEG and other strangers (says which and what to do), `TooNew`, `Misnamed`, `OtherKey`, `Damaged`.
pub fn read(name: &str, bytes: &[u8], stash: bool) -> Result<Keyring> {
    read_with(name, bytes, stash, &mut Known::new())
}

/// Reads a file as [`read`] does, and each certificate only once for many rings.
pub fn read_with(name: &str, bytes: &[u8], stash: bool, known: &mut Known) -> Result<Keyring> {
    let file = format!("{name}.kyr");
    if !is_ours(bytes) {
        return Err(foreign::refusal(&file, bytes));
    }
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let bad = |why: String| {
        Error::damaged(format!("{file} is damaged; it is left alone."))
            .why(why)
            .next(format!(
                "Bring the version before it back with: ringmaster keyring undelete {name}, or take it from a backup."
            ))
    };
    let text = std::str::from_utf8(text).map_err(|e| bad(format!("Byte {} is no text.", e.valid_up_to())))?;
    let text = marked::body(KIND, &file, text, true)?;
    let (header, pem) = split(text).ok_or_else(|| bad("The line before the PEM part is missing.".into()))?;
    let header: Header = marked::parse(&file, header)?;
    if header.name != name {
        return Err(Error::new(Kind::Misnamed, format!("{file} holds the ring \"{}\".", header.name))
            .why("A ring is bound to its name; it is left alone.")
            .next(format!(
                "If it was renamed by hand, rename it back in the workspace: mv -n keyrings/{file} keyrings/{to}.kyr. \
                 If that one is there too, this is a copy of it: move it away.",
                to = header.name
            )));
    }
    if !(1..=MOST_ROUNDS).contains(&header.rounds) {
        return Err(bad(format!("{} PBKDF2 rounds are out of range.", header.rounds)));
    }
    let blocks = blocks(pem).map_err(&bad)?;
    let keys = usize::from(header.key.is_some()) + usize::from(header.next_key.is_some());
    let wanted = keys + header.entries.len();
    if blocks.len() != wanted {
        return Err(bad(format!("{} PEM blocks are needed and {} are there.", wanted, blocks.len())));
    }
    let mut blocks = blocks.into_iter();
    let mut next = |label: &str, sha256_of: Digest, what: &str| match blocks.next() {
        Some((found, _)) if found != label => {
            Err(bad(format!("{what} is missing; {found} is in its place.")))
        }
        Some((_, der)) if sha256(&der) != sha256_of => {
            Err(bad(format!("{what} is not the one of the header.")))
        }
        Some((_, der)) => Ok(der),
        None => Err(bad(format!("{what} is missing."))),
    };
    let key_pem = match &header.key {
        Some(key) => pki::pem::write(KEY_LABEL, &next(KEY_LABEL, key.sha256, "The private key")?),
        None => String::new(),
    };
    let mut entries = Vec::with_capacity(header.entries.len());
    for (number, entry) in header.entries.into_iter().enumerate() {
        let what = format!("Certificate {}", number + 1);
        let der = next("CERTIFICATE", entry.sha256, &what)?;
        let certificate = match known.get(&entry.sha256) {
            Some(certificate) => certificate.clone(),
            None => {
                let read = pki::certificate::read(&der).map_err(|e| bad(format!("{what}: {e}")))?;
                known.insert(entry.sha256, read.clone());
                read
            }
        };
        entries.push(Entry { role: entry.role, label: entry.label, trusted: entry.trusted, certificate });
    }
    let next_pem = match &header.next_key {
        Some(key) => pki::pem::write(KEY_LABEL, &next(KEY_LABEL, key.sha256, "The key that waits")?),
        None => String::new(),
    };
    let key = header.key.map(|key| match entries.first().map(|e| &e.certificate.key) {
        Some(same) if same.spki == key.spki => same.clone(),
        _ => pki::key::describe(&key.spki.0),
    });
    let sealed = Sealed {
        key_pem,
        next_pem,
        salt: header.salt.0,
        rounds: header.rounds,
        verifier: header.verifier.0,
        mac: header.mac.0,
    };
    let (name, revision) = (header.name, header.revision);
    let next_key = header.next_key.map(|key| pki::key::describe(&key.spki.0));
    let ring = Keyring { name, revision, key, next_key, entries, stash, sealed };
    check(&ring).map_err(|e| match e.kind {
        Kind::OtherKey => Error { kind: e.kind, ..bad(e.why) },
        _ => bad(e.why),
    })?;
    Ok(ring)
}

/// Reads a ring that was brought from elsewhere, whatever its file is called there; it has no stash yet. Errors: as
/// [`read`].
pub fn read_brought(bytes: &[u8]) -> Result<Keyring> {
    let text = String::from_utf8_lossy(bytes);
    let named = marked::body(KIND, "The keyring", &text, true).ok().and_then(split);
    let header = named.and_then(|(header, _)| marked::parse::<Header>("The keyring", header).ok());
    // What cannot be read is refused with the reason below.
    read(&header.map_or_else(|| "brought".into(), |h| h.name), bytes, false)
}

/// Holds what every ring keeps: at most one leaf, of the ring's key; leaf, chain, roots in this order; none twice.
fn check(ring: &Keyring) -> Result<()> {
    let no = |why: &str| Err(Error::refused(format!("The keyring {} is not in order.", ring.name)).why(why));
    if ring.key.is_some() == ring.sealed.key_pem.is_empty() {
        return no("Public and private key do not stand together.");
    }
    if ring.next_key.is_some() == ring.sealed.next_pem.is_empty() {
        return no("Public and private part of the key that waits do not stand together.");
    }
    if ring.next_key.as_ref().is_some_and(|next| ring.key.as_ref().is_none_or(|k| k.spki == next.spki)) {
        return no("The key that waits has no other key to wait beside.");
    }
    if !ring.entries.is_sorted_by_key(|e| e.role) {
        return no("Its certificates are not in the order leaf, intermediates, trusted roots.");
    }
    if ring.with_role(Role::Leaf).count() > 1 {
        return no("It has more than one certificate of its own.");
    }
    if ring.leaf().is_some_and(|l| ring.key.as_ref().is_none_or(|k| k.spki != l.key.spki)) {
        return no("Its own certificate is not of its key.").map_err(|e| Error { kind: Kind::OtherKey, ..e });
    }
    let twice = |(i, e): (usize, &Entry)| {
        ring.entries[..i].iter().any(|f| f.role == e.role && f.certificate.sha256 == e.certificate.sha256)
    };
    if ring.entries.iter().enumerate().any(twice) {
        return no("A certificate stands in it twice.");
    }
    Ok(())
}

/// Splits a file at the marker line.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.find(&format!("\n{MARKER}"))? + 1;
    let (header, rest) = text.split_at(at);
    let (marker, pem) = rest.split_once('\n').unwrap_or((rest, ""));
    (marker.trim_end() == MARKER).then_some((header, pem))
}

/// Takes PEM apart strictly: nothing between the blocks, no headers, each with its end. Errors say what is wrong.
fn blocks(text: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut found = Vec::new();
    let mut lines = text.lines().filter(|l| !l.trim().is_empty());
    while let Some(first) = lines.next() {
        let label = first.trim_end().strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----"));
        let label = label.ok_or("There is text between the PEM blocks.")?;
        let end = format!("-----END {label}-----");
        let mut block = format!("{first}\n");
        loop {
            let line = lines.next().ok_or("The file ends inside of a PEM block.")?;
            block.push_str(line);
            block.push('\n');
            if line.trim_end() == end {
                break;
            }
            if line.starts_with("-----") {
                return Err("A PEM block has no end.".into());
            }
        }
        let parsed = pem::parse(&block).map_err(|e| format!("PEM block {}: {e}.", found.len() + 1))?;
        if parsed.headers().iter().next().is_some() {
            return Err("A PEM block has headers.".into());
        }
        found.push((label.to_owned(), parsed.into_contents()));
    }
    Ok(found)
}

/// Seals a private key and writes it as this file does.
fn key_pem(key: &PrivateKey, password: &Secret, rounds: u32) -> Result<String> {
    let pem = key.seal(password, rounds)?;
    key_der("", &pem).map(|der| pki::pem::write(KEY_LABEL, &der))
}

fn key_der(name: &str, key_pem: &str) -> Result<Vec<u8>> {
    let parsed = pem::parse(key_pem).ok().filter(|p| p.tag() == KEY_LABEL);
    parsed
        .map(pem::Pem::into_contents)
        .ok_or_else(|| Error::damaged(format!("The private key of the keyring {name} is no {KEY_LABEL}.")))
}

fn sha256(bytes: &[u8]) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    Digest(out)
}

fn wrong_password(name: &str) -> Error {
    Error::new(Kind::WrongPassword, format!("The password does not open the keyring {name}."))
        .next("Type it again; capital letters count.")
}

#[cfg(test)]
mod tests;
