//! Checks a signature of any algorithm that can be met, and says plainly when it cannot.

use aws_lc_rs::signature::*;

use super::der::{dotted, elements, only};
use super::key::describe;
use crate::model::request::Proof;

/// The outcome of checking a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Good,
    /// It is good, by means too weak to trust; says which.
    Weak(String),
    /// It does not fit.
    Bad,
    /// The algorithm is not known here; says which.
    CannotCheck(String),
}

impl Verdict {
    /// Returns what it proves where it is the signature of a request by its own key.
    pub(super) fn proof(self) -> Proof {
        match self {
            Self::Good => Proof::Good,
            Self::Weak(why) => Proof::Weak(why),
            Self::Bad => Proof::Bad,
            Self::CannotCheck(what) => Proof::CannotCheck(what),
        }
    }
}

/// Checks `signature` over `message` by the key in `spki` (a SubjectPublicKeyInfo) with `algorithm` (an
/// AlgorithmIdentifier), all DER.
pub fn check(spki: &[u8], algorithm: &[u8], signature: &[u8], message: &[u8]) -> Verdict {
    let key = describe(spki);
    let unknown = || Verdict::CannotCheck(format!("{} with a key {}", words(algorithm), key.algorithm));
    let Some((oid, hash)) = identify(algorithm) else { return unknown() };
    // A key marked RSA-PSS may not make a PKCS#1 v1.5 signature (RFC 4055 section 1.2).
    let is_rsa = key.algorithm.starts_with(if oid == PSS { "RSA" } else { "RSA " });
    let small = key.bits < 2048;
    let verifier: &'static dyn VerificationAlgorithm = match (oid.as_str(), key.algorithm.as_str()) {
        (SHA1_RSA, _) if is_rsa => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (SHA256_RSA, _) if is_rsa && small => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (SHA256_RSA, _) if is_rsa => &RSA_PKCS1_2048_8192_SHA256,
        (SHA384_RSA, _) if is_rsa && !small => &RSA_PKCS1_2048_8192_SHA384,
        (SHA512_RSA, _) if is_rsa && small => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (SHA512_RSA, _) if is_rsa => &RSA_PKCS1_2048_8192_SHA512,
        (PSS, _) if is_rsa && !small => match hash {
            Some("SHA-256") => &RSA_PSS_2048_8192_SHA256,
            Some("SHA-384") => &RSA_PSS_2048_8192_SHA384,
            Some("SHA-512") => &RSA_PSS_2048_8192_SHA512,
            _ => return unknown(),
        },
        (SHA1_ECDSA, "P-256") => &ECDSA_P256_SHA1_ASN1,
        (SHA1_ECDSA, "P-521") => &ECDSA_P521_SHA1_ASN1,
        (SHA224_ECDSA, "P-521") => &ECDSA_P521_SHA224_ASN1,
        (SHA256_ECDSA, "P-256") => &ECDSA_P256_SHA256_ASN1,
        (SHA384_ECDSA, "P-256") => &ECDSA_P256_SHA384_ASN1,
        (SHA512_ECDSA, "P-256") => &ECDSA_P256_SHA512_ASN1,
        (SHA256_ECDSA, "P-384") => &ECDSA_P384_SHA256_ASN1,
        (SHA384_ECDSA, "P-384") => &ECDSA_P384_SHA384_ASN1,
        (SHA512_ECDSA, "P-384") => &ECDSA_P384_SHA512_ASN1,
        (SHA256_ECDSA, "P-521") => &ECDSA_P521_SHA256_ASN1,
        (SHA384_ECDSA, "P-521") => &ECDSA_P521_SHA384_ASN1,
        (SHA512_ECDSA, "P-521") => &ECDSA_P521_SHA512_ASN1,
        (SHA256_ECDSA, "secp256k1") => &ECDSA_P256K1_SHA256_ASN1,
        ("1.3.101.112", "Ed25519") => &ED25519,
        ("2.16.840.1.101.3.4.3.17", "ML-DSA-44") => &ML_DSA_44,
        ("2.16.840.1.101.3.4.3.18", "ML-DSA-65") => &ML_DSA_65,
        ("2.16.840.1.101.3.4.3.19", "ML-DSA-87") => &ML_DSA_87,
        _ => return unknown(),
    };
    if is_rsa && !(1024..=8192).contains(&key.bits) {
        return unknown();
    }
    let point = only(0x30, spki).and_then(elements).and_then(|parts| Some(parts.get(1)?.2));
    let Some((0, point)) = point.and_then(|bits| bits.split_first()).map(|(unused, p)| (*unused, p)) else {
        return Verdict::CannotCheck("a malformed public key".into());
    };
    if UnparsedPublicKey::new(verifier, point).verify(message, signature).is_err() {
        return Verdict::Bad;
    }
    match oid.as_str() {
        SHA1_RSA | SHA1_ECDSA => Verdict::Weak("SHA-1".into()),
        _ if is_rsa && small => Verdict::Weak(format!("RSA key of {} bits", key.bits)),
        _ => Verdict::Good,
    }
}

/// Names an AlgorithmIdentifier of a signature in words: `RSA SHA-256`, `ECDSA SHA-384`, `Ed25519`, or a dotted OID.
pub fn words(algorithm: &[u8]) -> String {
    let fields = only(0x30, algorithm).and_then(elements).unwrap_or_default();
    let Some(oid) = fields.first().filter(|f| f.0 == 6).and_then(|f| dotted(f.2)) else {
        return "unreadable".into();
    };
    if oid == PSS {
        return match pss(fields.get(1).map(|f| f.1)) {
            Some((hash, salt)) if salt == length(hash) => format!("RSA-PSS {hash}"),
            Some((hash, salt)) => format!("RSA-PSS {hash} (salt of {salt} bytes)"),
            None => "RSA-PSS with other parameters".into(),
        };
    }
    KNOWN.iter().find(|k| k.0 == oid).map_or(oid, |k| k.1.into())
}

const SHA1_RSA: &str = "1.2.840.113549.1.1.5";
const SHA256_RSA: &str = "1.2.840.113549.1.1.11";
const SHA384_RSA: &str = "1.2.840.113549.1.1.12";
const SHA512_RSA: &str = "1.2.840.113549.1.1.13";
const PSS: &str = "1.2.840.113549.1.1.10";
const SHA1_ECDSA: &str = "1.2.840.10045.4.1";
const SHA224_ECDSA: &str = "1.2.840.10045.4.3.1";
const SHA256_ECDSA: &str = "1.2.840.10045.4.3.2";
const SHA384_ECDSA: &str = "1.2.840.10045.4.3.3";
const SHA512_ECDSA: &str = "1.2.840.10045.4.3.4";

const KNOWN: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.2", "RSA MD2"),
    ("1.2.840.113549.1.1.4", "RSA MD5"),
    (SHA1_RSA, "RSA SHA-1"),
    ("1.2.840.113549.1.1.14", "RSA SHA-224"),
    (SHA256_RSA, "RSA SHA-256"),
    (SHA384_RSA, "RSA SHA-384"),
    (SHA512_RSA, "RSA SHA-512"),
    (SHA1_ECDSA, "ECDSA SHA-1"),
    (SHA224_ECDSA, "ECDSA SHA-224"),
    (SHA256_ECDSA, "ECDSA SHA-256"),
    (SHA384_ECDSA, "ECDSA SHA-384"),
    (SHA512_ECDSA, "ECDSA SHA-512"),
    ("1.2.840.10040.4.3", "DSA SHA-1"),
    ("2.16.840.1.101.3.4.3.2", "DSA SHA-256"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// The OID, and for RSA-PSS the hash when aws-lc-rs can check it: it takes only a salt as long as the hash, and calls
/// everything else bad, which would be a wrong accusation.
fn identify(algorithm: &[u8]) -> Option<(String, Option<&'static str>)> {
    let fields = only(0x30, algorithm).and_then(elements)?;
    let oid = dotted(fields.first().filter(|f| f.0 == 6)?.2)?;
    if oid != PSS {
        return Some((oid, None));
    }
    let (hash, salt) = pss(fields.get(1).map(|f| f.1))?;
    (salt == length(hash)).then_some((oid, Some(hash)))
}

/// RSASSA-PSS-params (RFC 4055 section 3.1): the hash and the salt length, when the mask hash is the same and the trailer
/// is the usual one. `None` for anything else.
fn pss(parameters: Option<&[u8]>) -> Option<(&'static str, usize)> {
    let fields = elements(only(0x30, parameters?)?)?;
    let (mut hash, mut mask, mut salt) = ("SHA-1", "SHA-1", 20);
    for (tag, _, content) in fields {
        match tag {
            0xa0 => hash = hash_name(content)?,
            0xa1 => {
                let mgf = elements(only(0x30, content)?)?;
                if dotted(mgf.first()?.2)? != "1.2.840.113549.1.1.8" {
                    return None;
                }
                mask = hash_name(mgf.get(1)?.1)?;
            }
            0xa2 => {
                let number = only(2, content).filter(|n| n.len() <= 2)?;
                salt = number.iter().fold(0, |acc, b| acc << 8 | usize::from(*b));
            }
            _ => (only(2, content)? == [1]).then_some(())?,
        }
    }
    (hash == mask).then_some((hash, salt))
}

fn hash_name(algorithm: &[u8]) -> Option<&'static str> {
    match dotted(elements(only(0x30, algorithm)?)?.first()?.2)?.as_str() {
        "1.3.14.3.2.26" => Some("SHA-1"),
        "2.16.840.1.101.3.4.2.1" => Some("SHA-256"),
        "2.16.840.1.101.3.4.2.2" => Some("SHA-384"),
        "2.16.840.1.101.3.4.2.3" => Some("SHA-512"),
        _ => None,
    }
}

fn length(hash: &str) -> usize {
    match hash {
        "SHA-256" => 32,
        "SHA-384" => 48,
        "SHA-512" => 64,
        _ => 20,
    }
}

#[cfg(test)]
mod tests {
    use super::super::der::wrap;
    use super::super::key::PrivateKey;
    use super::*;
    use crate::model::key::KeyType;

    #[test]
    fn algorithms_are_named() {
        assert_eq!(words(b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"), "ECDSA SHA-384");
        assert_eq!(words(b"\x30\x03\x06\x01\x2a"), "1.2");
        assert_eq!(words(b"\x30\x02\x05\x00"), "unreadable");
    }

    #[test]
    fn a_strange_pair_of_key_and_algorithm_cannot_be_checked() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let rsa = super::super::der::oid(SHA256_RSA).unwrap();
        let verdict = check(&key.info().spki.0, &wrap(0x30, &rsa), b"x", b"y");
        assert_eq!(verdict, Verdict::CannotCheck("RSA SHA-256 with a key P-256".into()));
    }

    proptest::proptest! {
        #[test]
        fn a_flipped_bit_is_never_good(at: proptest::sample::Index, bit in 0u32..8, message: Vec<u8>) {
            let key = PrivateKey::generate(KeyType::P256).unwrap();
            let mut signature = key.sign(&message).unwrap();
            let at = at.index(signature.len());
            signature[at] ^= 1 << bit;
            let verdict = check(&key.info().spki.0, key.algorithm(), &signature, &message);
            proptest::prop_assert_eq!(verdict, Verdict::Bad);
        }

        #[test]
        fn garbage_never_panics(a: Vec<u8>, b: Vec<u8>, c: Vec<u8>) {
            let _ = (check(&a, &b, &c, &a), words(&a), pss(Some(&wrap(0x30, &b))));
        }
    }
}
