//! PKCS#12 files (RFC 7292): writes keys and certificates under a password, and reads what others wrote.

mod read;

use zeroize::Zeroizing;

pub(super) use read::read;

use super::der::wrap;
use super::key::PrivateKey;
use super::pbe::{self, Hash, Purpose, Strength, Work};
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;

/// Contents of the OBJECT IDENTIFIERs that a file is made of.
mod oids {
    pub(super) const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    pub(super) const ENCRYPTED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
    pub(super) const PBMAC1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e";
    /// A number follows: 1 key, 2 encrypted key, 3 certificate, 4 CRL, 5 secret, 6 bags.
    pub(super) const BAG_STEM: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
    pub(super) const X509: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
    pub(super) const CRL: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x17\x01";
    pub(super) const FRIENDLY_NAME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14";
    pub(super) const LOCAL_KEY_ID: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15";
    /// 2.16.840.1.113894.746875.1.1, by which keytool knows a certificate that it trusts.
    pub(super) const JAVA_TRUSTED: &[u8] = b"\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01";
    pub(super) const ANY_USAGE: &[u8] = b"\x55\x1d\x25\x00";
    pub(super) const SHA1: &[u8] = b"\x2b\x0e\x03\x02\x1a";
    pub(super) const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
}

/// Rounds of each key derivation: as many as .NET reads without being told to, a third of its limit for a whole file.
const MODERN_ROUNDS: u32 = 300_000;

/// Rounds where old programs have to read it.
const LEGACY_ROUNDS: u32 = 50_000;

/// Which algorithms protect a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// AES-256-CBC under PBKDF2 with HMAC-SHA256, and a MAC with SHA-256: OpenSSL 1.1 and 3, Java 8u301 and later, Windows 10.
    Modern,
    /// 3DES under SHA-1: what older Java, Windows and macOS read. Weak: the password has to be strong.
    Legacy,
}

/// What is written into a file.
pub struct Content<'a> {
    /// The private key with the name it is listed under (`friendlyName`).
    pub key: Option<(&'a PrivateKey, &'a str)>,
    /// Its certificate first, then the chain above it.
    pub chain: &'a [Certificate],
    /// Further certificates with the names they are listed under; keytool takes them for trusted.
    pub roots: &'a [(String, Certificate)],
}

/// Writes a file. Takes about half a second: never on the UI thread.
///
/// Errors: a password that the format cannot hold; a key that does not belong to the first certificate of the chain;
/// nothing to write.
pub fn write(content: &Content<'_>, password: &Secret, protection: Protection) -> Result<Zeroizing<Vec<u8>>> {
    let rounds = match protection {
        Protection::Modern => MODERN_ROUNDS,
        Protection::Legacy => LEGACY_ROUNDS,
    };
    write_with(content, password, protection, rounds)
}

fn write_with(
    content: &Content<'_>,
    password: &Secret,
    protection: Protection,
    rounds: u32,
) -> Result<Zeroizing<Vec<u8>>> {
    if password.expose().contains('\0') {
        return Err(Error::usage("A password with a zero character cannot be written into a PKCS#12 file.")
            .why("Other programs end a password there."));
    }
    if let (Some((key, _)), Some(leaf)) = (content.key, content.chain.first())
        && key.info().spki != leaf.key.spki
    {
        return Err(Error::refused(
            "The private key does not belong to the certificate it would be written with.",
        ));
    }
    if content.key.is_none() && content.chain.is_empty() && content.roots.is_empty() {
        return Err(Error::refused("There is nothing to write into the PKCS#12 file."));
    }
    let strength = match protection {
        Protection::Modern => Strength::Aes256,
        Protection::Legacy => Strength::Des3,
    };
    let seal = |plain: &[u8]| pbe::seal(plain, password, strength, rounds);

    let mut safes = Vec::new();
    let certificates = certificate_bags(content);
    if !certificates.is_empty() {
        let (algorithm, data) = seal(&wrap(0x30, &certificates))?;
        let inner = wrap(0x30, &[wrap(6, oids::DATA), algorithm, wrap(0x80, &data)].concat());
        let body = wrap(0x30, &[pbe::integer(0), inner].concat());
        safes.extend(content_info(oids::ENCRYPTED_DATA, &body));
    }
    if let Some((key, name)) = content.key {
        let (algorithm, data) = seal(key.pkcs8())?;
        let value = wrap(0x30, &[algorithm, wrap(4, &data)].concat());
        let attributes = vec![local_key_id(key.info().sha256.0), friendly_name(name)];
        let bags = wrap(0x30, &bag(2, &value, attributes));
        safes.extend(content_info(oids::DATA, &wrap(4, &bags)));
    }
    let safes = wrap(0x30, &safes);
    let mac = mac(&safes, password, protection, rounds)?;
    let safe = content_info(oids::DATA, &wrap(4, &safes));
    Ok(Zeroizing::new(wrap(0x30, &[pbe::integer(3), safe, mac].concat())))
}

/// Every certificate once: the leaf with the identifier of its key, the roots as trusted.
fn certificate_bags(content: &Content<'_>) -> Vec<u8> {
    let root = |c: &Certificate| content.roots.iter().find(|(_, root)| root.sha256 == c.sha256);
    let mut written = std::collections::BTreeSet::new();
    let mut bags = Vec::new();
    for certificate in content.chain.iter().chain(content.roots.iter().map(|(_, root)| root)) {
        if !written.insert(certificate.sha256) {
            continue;
        }
        let attributes = match (content.key, root(certificate)) {
            // keytool takes a certificate for trusted only when no key has its identifier.
            (Some((key, name)), _) if key.info().spki == certificate.key.spki => {
                vec![local_key_id(key.info().sha256.0), friendly_name(name)]
            }
            (_, Some((name, _))) => {
                vec![friendly_name(name), attribute(oids::JAVA_TRUSTED, &wrap(6, oids::ANY_USAGE))]
            }
            _ => Vec::new(),
        };
        let der = wrap(0xa0, &wrap(4, &certificate.der.0));
        bags.extend(bag(3, &wrap(0x30, &[wrap(6, oids::X509), der].concat()), attributes));
    }
    bags
}

fn content_info(kind: &[u8], content: &[u8]) -> Vec<u8> {
    wrap(0x30, &[wrap(6, kind), wrap(0xa0, content)].concat())
}

/// Makes a bag; its attributes are a SET, which DER sorts.
fn bag(kind: u8, value: &[u8], mut attributes: Vec<Vec<u8>>) -> Vec<u8> {
    let kind = wrap(6, &[oids::BAG_STEM, &[kind]].concat());
    attributes.sort();
    let attributes = Some(attributes.concat()).filter(|a| !a.is_empty()).map(|a| wrap(0x31, &a));
    wrap(0x30, &[kind, wrap(0xa0, value), attributes.unwrap_or_default()].concat())
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    wrap(0x30, &[wrap(6, kind), wrap(0x31, value)].concat())
}

fn local_key_id(sha256: [u8; 32]) -> Vec<u8> {
    attribute(oids::LOCAL_KEY_ID, &wrap(4, &sha256))
}

/// The attribute that names a bag; nothing for an empty name.
fn friendly_name(name: &str) -> Vec<u8> {
    if name.is_empty() {
        return Vec::new();
    }
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    attribute(oids::FRIENDLY_NAME, &wrap(0x1e, &units))
}

fn mac(safes: &[u8], password: &Secret, protection: Protection, rounds: u32) -> Result<Vec<u8>> {
    let failed = || Error::internal("The MAC of a PKCS#12 file could not be made.");
    let (hash, oid) = match protection {
        Protection::Modern => (Hash::Sha256, oids::SHA256),
        Protection::Legacy => (Hash::Sha1, oids::SHA1),
    };
    let salt = pbe::random::<16>()?;
    let form = pbe::wide_forms(password).into_iter().next().ok_or_else(failed)?;
    let mut key = Zeroizing::new(vec![0; hash.length()]);
    pbe::by_pkcs12(hash, (&form, &salt, rounds), Purpose::Mac, &mut key, &Work::default())?;
    let key = aws_lc_rs::hmac::Key::new(hash.hmac().ok_or_else(failed)?, &key);
    let tag = aws_lc_rs::hmac::sign(&key, safes);
    let algorithm = wrap(0x30, &[wrap(6, oid), vec![5, 0]].concat());
    let digest = wrap(0x30, &[algorithm, wrap(4, tag.as_ref())].concat());
    Ok(wrap(0x30, &[digest, wrap(4, &salt), pbe::integer(rounds)].concat()))
}

#[cfg(test)]
mod tests;
