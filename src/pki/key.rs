//! Private keys: makes, reads, seals as PKCS#8, signs. Wiped from memory on drop.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair};
use zeroize::Zeroizing;

use super::der::{dotted, elements, only, tlv, wrap};
use super::pbe::{self, Strength, Work};
use crate::model::bytes::{Der, Digest};
use crate::model::error::{Error, Kind, Result};
use crate::model::key::{KeyInfo, KeyType};
use crate::model::secret::Secret;

/// The most PBKDF2 rounds that are read or written: some seconds of work; more is an attack or a mistake.
pub const MOST_ROUNDS: u32 = 10_000_000;

const SEALED: &str = "ENCRYPTED PRIVATE KEY";
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
const RSA_SHA256: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";

/// A curve the program signs on: its OID as a whole element, how aws-lc-rs knows it, and the AlgorithmIdentifier of its
/// signatures.
struct Curve {
    oid: &'static [u8],
    algorithm: &'static EcdsaSigningAlgorithm,
    signature: &'static [u8],
}

const CURVES: [Curve; 3] = [
    Curve {
        oid: b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
        algorithm: &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        signature: b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
    },
    Curve {
        oid: b"\x06\x05\x2b\x81\x04\x00\x22",
        algorithm: &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        signature: b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
    },
    Curve {
        oid: b"\x06\x05\x2b\x81\x04\x00\x23",
        algorithm: &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        signature: b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04",
    },
];

/// A private key that can sign. `Debug` shows the public part only.
pub struct PrivateKey {
    pair: Pair,
    pkcs8: Zeroizing<Vec<u8>>,
    info: KeyInfo,
    algorithm: &'static [u8],
}

/// Compares the public parts.
impl PartialEq for PrivateKey {
    fn eq(&self, other: &Self) -> bool {
        self.info == other.info
    }
}

/// The parsed key; aws-lc overwrites its memory when it is freed.
enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// Makes a new key. RSA takes 0.1 to 1.2 seconds: never on the UI thread.
    pub fn generate(kind: KeyType) -> Result<Self> {
        let rsa = |size| RsaKeyPair::generate(size).map(Pair::Rsa);
        let pair = match kind {
            KeyType::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyType::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyType::Rsa4096 => rsa(KeySize::Rsa4096),
            KeyType::P256 => EcdsaKeyPair::generate(CURVES[0].algorithm).map(Pair::Ec),
            KeyType::P384 => EcdsaKeyPair::generate(CURVES[1].algorithm).map(Pair::Ec),
            KeyType::P521 => EcdsaKeyPair::generate(CURVES[2].algorithm).map(Pair::Ec),
            KeyType::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        Self::from_pair(pair.map_err(|_| Error::internal("A key could not be made."))?)
    }

    /// Reads an unencrypted PKCS#8 (version 1 or 2), PKCS#1 or SEC1 DER key.
    ///
    /// Errors: `Damaged` when it is none of these, `Refused` for a kind that the program cannot sign with.
    pub fn read(der: &[u8]) -> Result<Self> {
        let damaged = || {
            Error::damaged("This is not a readable private key.")
                .next("Bring it as PKCS#8: openssl pkcs8 -topk8 -nocrypt.")
        };
        let body = only(0x30, der).ok_or_else(damaged)?;
        let (_, _, rest) = tlv(body).ok_or_else(damaged)?; // the version
        // What follows the version tells the three kinds apart.
        let pkcs8 = match rest.first() {
            Some(0x30) => Zeroizing::new(der.to_vec()),
            Some(0x02) => dress(RSA, der),
            Some(0x04) => dress(&sec1_algorithm(rest).ok_or_else(damaged)?, der),
            _ => return Err(damaged()),
        };
        Self::from_pkcs8(&pkcs8)
    }

    /// Opens `ENCRYPTED PRIVATE KEY` PEM. Errors: `WrongPassword`, `Damaged`, `Foreign` for a cipher or key derivation
    /// that is not known here, `Refused` for one that would take too long.
    pub fn open(pem: &str, password: &Secret) -> Result<Self> {
        let broken = |why: String| Error::damaged("The encrypted key cannot be read.").why(why);
        let blocks = pem::parse_many(pem).map_err(|e| broken(format!("Its PEM is damaged: {e}.")))?;
        let Some(block) = blocks.iter().find(|b| b.tag() == SEALED) else {
            return Err(broken(format!("There is no complete BEGIN {SEALED} block.")));
        };
        let parts = only(0x30, block.contents()).and_then(elements);
        let Some([(0x30, algorithm, _), (4, _, data)]) = parts.as_deref() else {
            return Err(broken("It does not hold together.".into()));
        };
        match pbe::open(algorithm, data, password, false, &Work::default())? {
            Some(plain) => Self::read(&plain),
            None => Err(Error::new(Kind::WrongPassword, "The password does not open the private key.")),
        }
    }

    /// Seals as `ENCRYPTED PRIVATE KEY` PEM: PBES2, PBKDF2-HMAC-SHA256 with `rounds` (1 to [`MOST_ROUNDS`]),
    /// AES-256-CBC.
    pub fn seal(&self, password: &Secret, rounds: u32) -> Result<String> {
        if rounds == 0 || rounds > MOST_ROUNDS {
            return Err(Error::usage(format!("PBKDF2 rounds must be from 1 to {MOST_ROUNDS}.")));
        }
        let (algorithm, data) = pbe::seal(&self.pkcs8, password, Strength::Aes256, rounds)?;
        Ok(super::pem::write(SEALED, &wrap(0x30, &[algorithm, wrap(4, &data)].concat())))
    }

    /// Returns the PKCS#8 v1 DER, which OpenSSL 3.0 reads for every kind.
    pub fn pkcs8(&self) -> &Zeroizing<Vec<u8>> {
        &self.pkcs8
    }

    /// Returns what is known of the public key.
    pub fn info(&self) -> &KeyInfo {
        &self.info
    }

    /// Returns the DER AlgorithmIdentifier of the signatures that [`Self::sign`] makes.
    pub fn algorithm(&self) -> &[u8] {
        self.algorithm
    }

    /// Signs. RSA PKCS#1 v1.5 with SHA-256, ECDSA with the curve's own hash, Ed25519.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let made = match &self.pair {
            Pair::Rsa(key) => {
                let mut out = vec![0; key.public_modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut out).map(|()| out)
            }
            Pair::Ec(key) => key.sign(&random, message).map(|s| s.as_ref().to_vec()),
            Pair::Ed25519(key) => key.try_sign(message).map(|s| s.as_ref().to_vec()),
        };
        made.map_err(|_| Error::internal("A signature could not be made."))
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self> {
        let damaged = || Error::damaged("The private key does not hold together.");
        let parts = only(0x30, pkcs8).and_then(elements).ok_or_else(damaged)?;
        let algorithm = parts.get(1).filter(|p| p.0 == 0x30).ok_or_else(damaged)?.1;
        let fields = only(0x30, algorithm).and_then(elements).ok_or_else(damaged)?;
        let oid = fields.first().filter(|f| f.0 == 6).ok_or_else(damaged)?.1;
        let pair = if algorithm == RSA {
            RsaKeyPair::from_pkcs8(pkcs8).map(Pair::Rsa)
        } else if algorithm == ED25519 {
            Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::Ed25519)
        } else if let Some(curve) = fields.get(1).filter(|_| oid == EC).and_then(|f| curve(f.1)) {
            EcdsaKeyPair::from_pkcs8(curve.algorithm, pkcs8).map(Pair::Ec)
        } else {
            return Err(cannot_sign(&describe(&wrap(0x30, algorithm)).algorithm));
        };
        Self::from_pair(pair.map_err(|e| match e.to_string().as_str() {
            text if text.contains("TooSmall") || text.contains("TooLarge") => {
                cannot_sign("RSA of a size outside 2048 to 8192 bits")
            }
            text => damaged().why(format!("The library says: {text}.")),
        })?)
    }

    /// Writes the key out again, so that what is kept is always PKCS#8 v1, whatever was read.
    fn from_pair(pair: Pair) -> Result<Self> {
        let failed = |_| Error::internal("A key could not be written as PKCS#8.");
        let (pkcs8, head, point, algorithm) = match &pair {
            Pair::Rsa(key) => {
                let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(key).map_err(failed)?;
                let plain = Zeroizing::new(der.as_ref().to_vec());
                (plain, RSA.to_vec(), key.public_key().as_ref(), RSA_SHA256)
            }
            Pair::Ec(key) => {
                let curve = CURVES.iter().find(|c| std::ptr::eq(c.algorithm, key.algorithm()));
                let curve = curve.ok_or_else(|| Error::internal("A key is on an unknown curve."))?;
                let plain = Zeroizing::new(key.to_pkcs8v1().map_err(failed)?.as_ref().to_vec());
                let head = wrap(0x30, &[EC, curve.oid].concat());
                (plain, head, key.public_key().as_ref(), curve.signature)
            }
            Pair::Ed25519(key) => {
                let plain = Zeroizing::new(key.to_pkcs8v1().map_err(failed)?.as_ref().to_vec());
                (plain, ED25519.to_vec(), key.public_key().as_ref(), ED25519)
            }
        };
        let bits = wrap(3, &[&[0], point].concat());
        let info = describe(&wrap(0x30, &[head, bits].concat()));
        Ok(Self { pair, pkcs8, info, algorithm })
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({}, {})", self.info.algorithm, self.info.sha256.short())
    }
}

/// Describes the key in a DER SubjectPublicKeyInfo; never fails: an unknown algorithm is named by its OID, and bytes that
/// are no SubjectPublicKeyInfo are named `unreadable`.
pub fn describe(spki: &[u8]) -> KeyInfo {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, spki);
    let sha256 = Digest(digest.as_ref().try_into().unwrap_or_default());
    let (algorithm, bits) = kind_of(spki).unwrap_or_else(|| ("unreadable".into(), 0));
    KeyInfo { algorithm, bits, spki: Der(spki.to_vec()), sha256 }
}

/// Returns the DER AlgorithmIdentifier of the signatures that the private key of this public key makes here. Errors:
/// `Refused` for a kind of key that the program cannot sign with.
pub fn signature_algorithm(info: &KeyInfo) -> Result<Vec<u8>> {
    let algorithm: &[u8] = match info.algorithm.as_str() {
        "P-256" => CURVES[0].signature,
        "P-384" => CURVES[1].signature,
        "P-521" => CURVES[2].signature,
        "Ed25519" => ED25519,
        rsa if rsa.starts_with("RSA ") && (2048..=8192).contains(&info.bits) => RSA_SHA256,
        other => return Err(cannot_sign(other)),
    };
    Ok(algorithm.to_vec())
}

/// Keys known by name: OID of the algorithm or of the curve, name, bits (0: to be read from the key).
const KNOWN: &[(&str, &str, u32)] = &[
    ("1.2.840.113549.1.1.1", "RSA", 0),
    ("1.2.840.113549.1.1.10", "RSA-PSS", 0),
    ("1.2.840.10040.4.1", "DSA", 0),
    ("1.3.101.110", "X25519", 253),
    ("1.3.101.111", "X448", 448),
    ("1.3.101.112", "Ed25519", 256),
    ("1.3.101.113", "Ed448", 456),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44", 10_496),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65", 15_616),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87", 20_736),
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.3.132.0.33", "P-224", 224),
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
    ("1.2.156.10197.1.301", "SM2", 256),
];

fn kind_of(spki: &[u8]) -> Option<(String, u32)> {
    let (_, body, _) = tlv(spki)?;
    let (head, algorithm, rest) = tlv(body)?;
    let fields = elements(algorithm).filter(|_| head.first() == Some(&0x30))?;
    let (oid, parameter) = (fields.first().filter(|f| f.0 == 6)?, fields.get(1));
    let named = match parameter {
        Some((6, _, curve)) if oid.1 == EC => dotted(curve)?,
        _ if oid.1 == EC => return Some(("EC with explicit parameters".into(), 0)),
        _ => dotted(oid.2)?,
    };
    let Some((_, name, bits)) = KNOWN.iter().find(|k| k.0 == named) else { return Some((named, 0)) };
    if !name.starts_with("RSA") {
        return Some(((*name).into(), *bits));
    }
    let bits = only(3, rest).and_then(|key| key.split_first()).and_then(|(_, key)| modulus_bits(key));
    Some(bits.map_or_else(|| ((*name).into(), 0), |bits| (format!("{name} {bits}"), bits)))
}

fn modulus_bits(key: &[u8]) -> Option<u32> {
    let parts = elements(only(0x30, key)?)?;
    let modulus = parts.first().filter(|p| p.0 == 2)?.2;
    let used = modulus.iter().position(|b| *b != 0).and_then(|zeros| modulus.get(zeros..))?;
    let bits = used.len().checked_mul(8)?;
    u32::try_from(bits).ok()?.checked_sub(used.first()?.leading_zeros())
}

fn curve(oid: &[u8]) -> Option<&'static Curve> {
    CURVES.iter().find(|c| c.oid == oid)
}

/// Puts the algorithm before a PKCS#1 or SEC1 key, which makes it PKCS#8.
fn dress(algorithm: &[u8], key: &[u8]) -> Zeroizing<Vec<u8>> {
    let key = Zeroizing::new(wrap(4, key));
    let body = Zeroizing::new([b"\x02\x01\x00", algorithm, &key].concat());
    Zeroizing::new(wrap(0x30, &body))
}

/// The AlgorithmIdentifier of a SEC1 key, whose curve stands in its `[0]`.
fn sec1_algorithm(fields: &[u8]) -> Option<Vec<u8>> {
    let fields = elements(fields)?;
    let curve = fields.iter().find(|f| f.0 == 0xa0)?.2;
    Some(wrap(0x30, &[EC, curve].concat()))
}

fn cannot_sign(kind: &str) -> Error {
    Error::refused(format!("The program cannot sign with a key of the kind {kind}."))
        .next("Use RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.into())
    }

    #[test]
    fn every_kind_is_made_sealed_opened_and_signs() {
        fn is_send<T: Send>(_: &T) {}
        for kind in KeyType::ALL {
            let key = PrivateKey::generate(kind).unwrap();
            is_send(&key);
            let sealed = key.seal(&secret("pä55 wörd"), 1000).unwrap();
            assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{sealed}");
            let again = PrivateKey::open(&sealed, &secret("pä55 wörd")).unwrap();
            assert_eq!(again.info(), key.info());
            assert_eq!(again.pkcs8(), key.pkcs8());
            let plain = |s: &str| s.to_ascii_lowercase().replace([' ', '-'], "");
            assert_eq!(plain(&key.info().algorithm), plain(kind.name()));
            assert_eq!(signature_algorithm(key.info()).unwrap(), key.algorithm());
            let signature = again.sign(b"message").unwrap();
            let verdict = |message: &[u8]| {
                super::super::signature::check(&key.info().spki.0, key.algorithm(), &signature, message)
            };
            assert_eq!(verdict(b"message"), super::super::signature::Verdict::Good);
            assert_eq!(verdict(b"massage"), super::super::signature::Verdict::Bad);
            let shown = format!("{key:?}");
            assert!(shown.len() < 60 && shown.contains(&key.info().algorithm), "{shown}");
        }
    }

    #[test]
    fn ed25519_is_written_as_version_one() {
        let key = PrivateKey::generate(KeyType::Ed25519).unwrap();
        assert_eq!(key.pkcs8().len(), 48, "version 2 would hold the public key too");
        assert_eq!(key.pkcs8()[..5], [0x30, 0x2e, 2, 1, 0]);
    }

    #[test]
    fn pkcs1_and_sec1_are_dressed_as_pkcs8() {
        for kind in [KeyType::Rsa2048, KeyType::P256, KeyType::P384, KeyType::P521] {
            let key = PrivateKey::generate(kind).unwrap();
            let parts = elements(only(0x30, key.pkcs8()).unwrap()).unwrap();
            let mut inner = parts[2].2.to_vec();
            if kind != KeyType::Rsa2048 {
                // Inside PKCS#8 the curve is often left out; a SEC1 file of its own has it.
                let sec1 = elements(only(0x30, &inner).unwrap()).unwrap();
                let curve = wrap(0xa0, elements(only(0x30, parts[1].1).unwrap()).unwrap()[1].1);
                let rest = sec1.iter().filter(|e| e.0 != 0xa0);
                let mut fields: Vec<u8> = rest.clone().take(2).flat_map(|e| e.1.to_vec()).collect();
                fields.extend(curve);
                rest.skip(2).for_each(|e| fields.extend(e.1));
                inner = wrap(0x30, &fields);
            }
            assert_eq!(PrivateKey::read(&inner).unwrap().info(), key.info(), "{kind:?}");
        }
    }

    #[test]
    fn a_wrong_password_is_told_from_damage() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let sealed = key.seal(&secret("right"), 1).unwrap();
        // One wrong password in 256 slips past the padding: none of these may be taken for damage.
        for i in 0..600 {
            let error = PrivateKey::open(&sealed, &secret(&format!("wrong {i}"))).unwrap_err();
            assert_eq!(error.kind, Kind::WrongPassword, "{error}");
        }
        let lines = sealed.lines().count();
        let cut: String = sealed.lines().take(lines - 2).map(|l| format!("{l}\n")).collect();
        for damaged in [cut, sealed.replacen("MI", "??", 1), sealed.replacen("MI", "AA", 1), String::new()] {
            let error = PrivateKey::open(&damaged, &secret("right")).unwrap_err();
            assert_eq!(error.kind, Kind::Damaged, "{error}");
        }
    }

    #[test]
    fn costly_files_are_refused_before_any_work() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        assert_eq!(key.seal(&secret("x"), 0).unwrap_err().kind, Kind::Usage);
        assert_eq!(key.seal(&secret("x"), MOST_ROUNDS + 1).unwrap_err().kind, Kind::Usage);
        let sealed = key.seal(&secret("x"), MOST_ROUNDS - 1).unwrap();
        let block = pem::parse(sealed).unwrap();
        let rounds = pbe::integer(MOST_ROUNDS - 1);
        let at = block.contents().windows(rounds.len()).position(|w| w == rounds).unwrap();
        let mut more = block.contents().to_vec();
        more[at..at + rounds.len()].copy_from_slice(&pbe::integer(MOST_ROUNDS + 1));
        let pem = super::super::pem::write(SEALED, &more);
        let error = PrivateKey::open(&pem, &secret("x")).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert!(error.why.contains("10000001"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_described_and_refused(bytes: Vec<u8>) {
            proptest::prop_assert_eq!(&describe(&bytes).spki.0, &bytes);
            proptest::prop_assert!(PrivateKey::read(&bytes).is_err());
            proptest::prop_assert!(signature_algorithm(&describe(&bytes)).is_err());
        }
    }
}
