//! Encryption under a password as files bring it: PBES1 and PBES2 (RFC 8018), the schemes of PKCS#12 (RFC 7292), and the
//! `DEK-Info` of PEM. Knows nothing of what is inside.

mod cipher;
mod derive;

pub(super) use cipher::Cipher;
pub(super) use derive::{Hash, Purpose, Work, by_pbkdf2, by_pkcs12};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::der::{dotted, elements, oid, only, wrap};
use crate::model::error::{Error, Kind, Result};
use crate::model::secret::Secret;

const PBES2: &str = "1.2.840.113549.1.5.13";
const PBKDF2: &str = "1.2.840.113549.1.5.12";
const SCRYPT: &str = "1.3.6.1.4.1.11591.4.11";
const HMAC_SHA256: &str = "1.2.840.113549.2.9";
const AES_256: &str = "2.16.840.1.101.3.4.1.42";
const SHA1_3DES: &str = "1.2.840.113549.1.12.1.3";

/// Schemes that name hash and cipher at once: OID, hash, cipher, whether it is one of PKCS#12.
const JOINED: [(&str, Hash, Cipher, bool); 8] = [
    (SHA1_3DES, Hash::Sha1, Cipher::Des3, true),
    ("1.2.840.113549.1.12.1.4", Hash::Sha1, Cipher::Des2, true),
    ("1.2.840.113549.1.12.1.5", Hash::Sha1, Cipher::Rc2(16, 128), true),
    ("1.2.840.113549.1.12.1.6", Hash::Sha1, Cipher::Rc2(5, 40), true),
    ("1.2.840.113549.1.5.3", Hash::Md5, Cipher::Des, false),
    ("1.2.840.113549.1.5.6", Hash::Md5, Cipher::Rc2(8, 64), false),
    ("1.2.840.113549.1.5.10", Hash::Sha1, Cipher::Des, false),
    ("1.2.840.113549.1.5.11", Hash::Sha1, Cipher::Rc2(8, 64), false),
];

/// Ciphers that PBES2 names by themselves.
const CIPHERS: [(&str, Cipher); 5] = [
    ("2.16.840.1.101.3.4.1.2", Cipher::Aes128),
    ("2.16.840.1.101.3.4.1.22", Cipher::Aes192),
    (AES_256, Cipher::Aes256),
    ("1.2.840.113549.3.7", Cipher::Des3),
    ("1.3.14.3.2.7", Cipher::Des),
];

const RC2: &str = "1.2.840.113549.3.2";

/// Hashes by the OID of their HMAC and by their own.
const HASHES: [(&str, &str, Hash); 5] = [
    ("1.2.840.113549.2.7", "1.3.14.3.2.26", Hash::Sha1),
    ("1.2.840.113549.2.8", "2.16.840.1.101.3.4.2.4", Hash::Sha224),
    (HMAC_SHA256, "2.16.840.1.101.3.4.2.1", Hash::Sha256),
    ("1.2.840.113549.2.10", "2.16.840.1.101.3.4.2.2", Hash::Sha384),
    ("1.2.840.113549.2.11", "2.16.840.1.101.3.4.2.3", Hash::Sha512),
];

/// Names for what is recognised and not supported.
const NAMED: [(&str, &str); 9] = [
    ("1.2.840.113549.1.12.1.1", "RC4 with 128 bits"),
    ("1.2.840.113549.1.12.1.2", "RC4 with 40 bits"),
    ("1.2.840.113549.1.5.1", "MD2 and DES"),
    ("1.2.840.113549.1.5.4", "MD2 and RC2"),
    ("2.16.840.1.101.3.4.1.6", "AES-128-GCM"),
    ("2.16.840.1.101.3.4.1.46", "AES-256-GCM"),
    ("1.2.392.200011.61.1.1.1.4", "Camellia-256"),
    ("1.2.643.2.2.21", "GOST 28147-89"),
    ("1.3.6.1.4.1.11591.4.11", "scrypt"),
];

/// The ciphers of the `DEK-Info` line of a PEM key.
const PEM: [(&str, Cipher); 6] = [
    ("DES-EDE3-CBC", Cipher::Des3),
    ("DES-EDE-CBC", Cipher::Des2),
    ("DES-CBC", Cipher::Des),
    ("AES-128-CBC", Cipher::Aes128),
    ("AES-192-CBC", Cipher::Aes192),
    ("AES-256-CBC", Cipher::Aes256),
];

/// Secret bytes, overwritten when dropped.
type Bytes = Zeroizing<Vec<u8>>;

/// Finds a hash by its own OID, given as the content of the element.
pub(super) fn hash(oid: &[u8]) -> Result<Hash> {
    let name = dotted(oid).unwrap_or_default();
    HASHES.iter().find(|h| h.1 == name).map(|h| h.2).ok_or_else(|| foreign(&name))
}

/// Finds a hash by the OID of its HMAC, given as the content of the element.
pub(super) fn hmac(oid: &[u8]) -> Result<Hash> {
    let name = dotted(oid).unwrap_or_default();
    HASHES.iter().find(|h| h.0 == name).map(|h| h.2).ok_or_else(|| foreign(&name))
}

fn foreign(oid: &str) -> Error {
    let name =
        NAMED.iter().find(|n| n.0 == oid).map_or_else(|| format!("the algorithm {oid}"), |n| n.1.to_owned());
    Error::new(Kind::Foreign, "It is protected in a way that is not supported here.")
        .why(format!("It uses {name}."))
        .next("Convert it with the tool that made it, or with OpenSSL: openssl pkcs12 -legacy for a PKCS#12 file, openssl pkcs8 -topk8 -v2 aes256 for a key.")
}

fn damaged() -> Error {
    Error::damaged("What says how it is encrypted is damaged.")
        .next("Bring the file again, whole, from where it was made.")
}

/// Reads a small non-negative INTEGER from its content.
pub(super) fn number(content: &[u8]) -> Option<u32> {
    let digits = content.iter().skip_while(|b| **b == 0).count();
    let negative = content.first().is_none_or(|b| b & 0x80 != 0);
    if negative || digits > 4 {
        return None;
    }
    Some(content.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
}

/// Writes a password as the BMPString of PKCS#12, with its two zero bytes; what is outside the basic plane as two
/// surrogates, as OpenSSL and Java do.
fn wide(units: impl Iterator<Item = u16>, end: &[u8]) -> Bytes {
    // The right size from the start, so that no half of it is left behind by growth.
    let mut out = Zeroizing::new(Vec::with_capacity(2 * units.size_hint().1.unwrap_or(512) + 2));
    units.for_each(|unit| out.extend(unit.to_be_bytes()));
    out.extend(end);
    out
}

/// Returns the bytes that a password may stand for in the derivations of PKCS#12, the likely ones first.
pub(super) fn wide_forms(password: &Secret) -> Vec<Bytes> {
    let text = password.expose();
    let mut forms = vec![wide(text.encode_utf16(), &[0, 0])];
    if text.is_empty() {
        // Some take no password for an empty one.
        forms.push(Zeroizing::new(Vec::new()));
    }
    if !text.is_ascii() {
        // OpenSSL before 1.1 widened each byte of UTF-8.
        forms.push(wide(text.bytes().map(u16::from), &[0, 0]));
    }
    forms
}

/// Returns the bytes that a password may stand for elsewhere, the likely ones first.
fn forms(password: &Secret, pkcs12: bool) -> Vec<Bytes> {
    let text = password.expose();
    let mut forms = vec![Zeroizing::new(text.as_bytes().to_vec())];
    if !text.is_ascii() && text.chars().all(|c| u32::from(c) < 256) {
        // What was typed on a Latin-1 terminal.
        let mut latin = Zeroizing::new(Vec::with_capacity(text.len()));
        latin.extend(text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()));
        forms.push(latin);
    }
    if pkcs12 {
        // Older NSS took the BMPString here, too.
        forms.push(wide(text.encode_utf16(), &[0, 0]));
    }
    forms
}

/// Where the key of a PBES2 comes from.
enum Kdf<'a> {
    Pbkdf2(Hash, &'a [u8], u32),
    Scrypt(&'a [u8], (u64, u32, u32)),
}

/// How something is encrypted, from its AlgorithmIdentifier.
enum Scheme<'a> {
    Pkcs12(Hash, Cipher, &'a [u8], u32),
    Pbes1(Hash, Cipher, &'a [u8], u32),
    Pbes2(Kdf<'a>, Cipher, &'a [u8]),
}

/// Splits an AlgorithmIdentifier into the dotted OID and the elements of its parameters' SEQUENCE.
fn algorithm(whole: &[u8]) -> Option<(String, Vec<super::der::Element<'_>>)> {
    let parts = elements(only(0x30, whole)?)?;
    let name = parts.first().filter(|p| p.0 == 6).and_then(|p| dotted(p.2))?;
    let parameters = match parts.get(1) {
        Some((0x30, _, content)) => elements(content)?,
        Some(other) => vec![*other],
        None => Vec::new(),
    };
    Some((name, parameters))
}

/// Reads the parameters of PBKDF2: hash, salt and rounds. `whole` is an AlgorithmIdentifier.
pub(super) fn pbkdf2(whole: &[u8]) -> Result<(Hash, &[u8], u32, Option<u32>)> {
    let (name, parameters) = algorithm(whole).ok_or_else(damaged)?;
    if name != PBKDF2 {
        return Err(foreign(&name));
    }
    let [(4, _, salt), (2, _, rounds), rest @ ..] = parameters.as_slice() else { return Err(damaged()) };
    let prf = match rest.iter().find(|p| p.0 == 0x30) {
        Some((_, whole, _)) => {
            let fields = only(0x30, whole).and_then(elements).ok_or_else(damaged)?;
            hmac(fields.first().filter(|f| f.0 == 6).ok_or_else(damaged)?.2)?
        }
        None => Hash::Sha1,
    };
    let length = rest.iter().find(|p| p.0 == 2).and_then(|p| number(p.2));
    Ok((prf, salt, number(rounds).unwrap_or(u32::MAX), length))
}

impl<'a> Scheme<'a> {
    fn read(whole: &'a [u8]) -> Result<Self> {
        let (name, parameters) = algorithm(whole).ok_or_else(damaged)?;
        if let Some((_, hash, cipher, pkcs12)) = JOINED.iter().find(|s| s.0 == name) {
            let [(4, _, salt), (2, _, rounds)] = parameters.as_slice() else { return Err(damaged()) };
            let rounds = number(rounds).unwrap_or(u32::MAX);
            return Ok(if *pkcs12 {
                Self::Pkcs12(*hash, *cipher, salt, rounds)
            } else {
                Self::Pbes1(*hash, *cipher, salt, rounds)
            });
        }
        if name != PBES2 {
            return Err(foreign(&name));
        }
        let [(0x30, kdf, _), (0x30, encryption, _)] = parameters.as_slice() else { return Err(damaged()) };
        let (name, parameters) = algorithm(encryption).ok_or_else(damaged)?;
        let (cipher, iv) = match parameters.as_slice() {
            [(4, _, iv)] => (CIPHERS.iter().find(|c| c.0 == name).map(|c| c.1), iv),
            [(2, _, version), (4, _, iv)] if name == RC2 => {
                let bits = match number(version) {
                    Some(160) => 40,
                    Some(120) => 64,
                    _ => 128,
                };
                (Some(Cipher::Rc2(bits / 8, bits)), iv)
            }
            _ if CIPHERS.iter().any(|c| c.0 == name) => return Err(damaged()),
            _ => return Err(foreign(&name)),
        };
        let cipher = cipher.ok_or_else(|| foreign(&name))?;
        let (name, parameters) = algorithm(kdf).ok_or_else(damaged)?;
        let kdf = if name == SCRYPT {
            let [(4, _, salt), (2, _, cost), (2, _, size), (2, _, passes), ..] = parameters.as_slice() else {
                return Err(damaged());
            };
            let cost = number(cost).map_or(u64::MAX, u64::from);
            let rest = |n: &[u8]| number(n).unwrap_or(u32::MAX);
            Kdf::Scrypt(salt, (cost, rest(size), rest(passes)))
        } else {
            let (hash, salt, rounds, _) = pbkdf2(kdf)?;
            Kdf::Pbkdf2(hash, salt, rounds)
        };
        Ok(Self::Pbes2(kdf, cipher, iv))
    }

    fn forms(&self, password: &Secret, pkcs12: bool) -> Vec<Bytes> {
        match self {
            Self::Pkcs12(..) => wide_forms(password),
            Self::Pbes1(..) | Self::Pbes2(..) => forms(password, pkcs12),
        }
    }

    /// Derives key and initialisation vector from one form of the password.
    fn key(&self, password: &[u8], work: &Work<'_>) -> Result<(Cipher, Bytes, Bytes)> {
        let blank = |length| Zeroizing::new(vec![0; length]);
        Ok(match self {
            Self::Pkcs12(hash, cipher, salt, rounds) => {
                let (mut key, mut iv) = (blank(cipher.key_length()), blank(cipher.block()));
                by_pkcs12(*hash, (password, salt, *rounds), Purpose::Key, &mut key, work)?;
                by_pkcs12(*hash, (password, salt, *rounds), Purpose::Iv, &mut iv, work)?;
                (*cipher, key, iv)
            }
            Self::Pbes1(hash, cipher, salt, rounds) => {
                let mut both = blank(16);
                derive::by_pbkdf1(*hash, password, salt, *rounds, &mut both, work)?;
                let iv = Zeroizing::new(both.split_off(8));
                (*cipher, both, iv)
            }
            Self::Pbes2(kdf, cipher, iv) => {
                let mut key = blank(cipher.key_length());
                match kdf {
                    Kdf::Pbkdf2(hash, salt, rounds) => {
                        by_pbkdf2(*hash, password, salt, *rounds, &mut key, work)?
                    }
                    Kdf::Scrypt(salt, cost) => derive::by_scrypt((password, salt), *cost, &mut key, work)?,
                }
                (*cipher, key, Zeroizing::new(iv.to_vec()))
            }
        })
    }
}

/// Decrypts what an AlgorithmIdentifier says is encrypted. `None`: the password does not open it. `pkcs12` also tries what
/// some writers of PKCS#12 take for the password.
///
/// Errors: `Foreign` for an algorithm that is not known here, `Refused` for one that would take too long, `Damaged`,
/// `Cancelled`.
pub(super) fn open(
    algorithm: &[u8],
    data: &[u8],
    password: &Secret,
    pkcs12: bool,
    work: &Work<'_>,
) -> Result<Option<Bytes>> {
    let scheme = Scheme::read(algorithm)?;
    for form in scheme.forms(password, pkcs12) {
        let (cipher, key, iv) = scheme.key(&form, work)?;
        // A wrong password slips past the padding once in 256 times; then no SEQUENCE comes out.
        let plain = cipher.decrypt(&key, &iv, data);
        if let Some(plain) = plain.filter(|plain| is_sequence(plain)) {
            return Ok(Some(plain));
        }
    }
    Ok(None)
}

/// Decrypts a PEM key by its `DEK-Info` line; errors and `None` as [`open`].
pub(super) fn open_pem(info: &str, data: &[u8], password: &Secret) -> Result<Option<Bytes>> {
    let (name, iv) = info.trim().split_once(',').ok_or_else(damaged)?;
    let (name, iv) = (name.trim(), hex(iv.trim()).ok_or_else(damaged)?);
    let cipher =
        PEM.iter().find(|c| c.0.eq_ignore_ascii_case(name)).map(|c| c.1).ok_or_else(|| foreign(name))?;
    let salt = iv.get(..8).ok_or_else(damaged)?;
    for form in forms(password, false) {
        let mut key = Zeroizing::new(vec![0; cipher.key_length()]);
        derive::by_openssl(&form, salt, &mut key);
        if let Some(plain) = cipher.decrypt(&key, &iv, data).filter(|plain| is_sequence(plain)) {
            return Ok(Some(plain));
        }
    }
    Ok(None)
}

fn is_sequence(plain: &[u8]) -> bool {
    plain.first() == Some(&0x30) && super::ber::element(plain).is_some_and(|(_, rest)| rest.is_empty())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

/// Which algorithms to encrypt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC.
    Aes256,
    /// The PKCS#12 scheme with SHA-1 and 3DES.
    Des3,
}

/// Encrypts: (AlgorithmIdentifier, data).
pub(super) fn seal(
    plain: &[u8],
    password: &Secret,
    strength: Strength,
    rounds: u32,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let failed = || Error::internal("Something could not be encrypted.");
    let named = |name: &str, rest: &[u8]| Some(wrap(0x30, &[&oid(name)?, rest].concat()));
    let salt = random::<16>()?;
    let rounds_der = integer(rounds);
    let algorithm = match strength {
        Strength::Des3 => {
            let salted = wrap(0x30, &[wrap(4, &salt[..8]), rounds_der].concat());
            named(SHA1_3DES, &salted)
        }
        Strength::Aes256 => (|| {
            let prf = named(HMAC_SHA256, &[5, 0])?;
            let kdf = named(PBKDF2, &wrap(0x30, &[wrap(4, &salt), rounds_der, prf].concat()))?;
            let cipher = named(AES_256, &wrap(4, &random::<16>().ok()?))?;
            named(PBES2, &wrap(0x30, &[kdf, cipher].concat()))
        })(),
    };
    let algorithm = algorithm.ok_or_else(failed)?;
    let scheme = Scheme::read(&algorithm)?;
    let form = scheme.forms(password, false).into_iter().next().ok_or_else(failed)?;
    let (cipher, key, iv) = scheme.key(&form, &Work::default())?;
    let sealed = cipher.encrypt(&key, &iv, plain).ok_or_else(failed)?;
    Ok((algorithm, sealed))
}

/// Returns random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::internal("No random bytes are to be had."))?;
    Ok(bytes)
}

/// Writes a number as an INTEGER.
pub(super) fn integer(value: u32) -> Vec<u8> {
    let bytes = [&[0], &value.to_be_bytes()[..]].concat();
    // All zeros but the one before a set bit are left out.
    let start = bytes.windows(2).take_while(|w| w[0] == 0 && w[1] & 0x80 == 0).count().min(4);
    wrap(2, bytes.get(start..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_password_only() {
        let plain = wrap(0x30, &[4, 3, 1, 2, 3]);
        for strength in [Strength::Aes256, Strength::Des3] {
            for password in ["x", "", "pä55 wörd", "🔑 key"] {
                let (algorithm, data) = seal(&plain, &Secret::new(password.into()), strength, 1000).unwrap();
                let try_with = |word: &str| {
                    open(&algorithm, &data, &Secret::new(word.into()), false, &Work::default()).unwrap()
                };
                assert_eq!(try_with(password).unwrap()[..], plain);
                assert_eq!(try_with("other"), None);
            }
        }
    }

    #[test]
    fn passwords_are_widened_as_the_standard_says() {
        let form = |text: &str| wide_forms(&Secret::new(text.into())).remove(0).to_vec();
        // RFC 7292 appendix B.1.
        assert_eq!(form("Beavis"), [0, 0x42, 0, 0x65, 0, 0x61, 0, 0x76, 0, 0x69, 0, 0x73, 0, 0]);
        assert_eq!(form("🔑"), [0xd8, 0x3d, 0xdd, 0x11, 0, 0]);
        assert_eq!(wide_forms(&Secret::default()).len(), 2);
    }

    #[test]
    fn numbers_are_read_and_written() {
        for value in [0, 1, 127, 128, 255, 256, 32_768, 300_000, u32::MAX] {
            assert_eq!(only(2, &integer(value)).and_then(number), Some(value));
        }
        assert_eq!(integer(128), [2, 2, 0, 128]);
        for content in [&[][..], &[0x80], &[1, 0, 0, 0, 0]] {
            assert_eq!(number(content), None);
        }
    }

    #[test]
    fn unknown_algorithms_are_named() {
        let rc4 = wrap(0x30, &[oid("1.2.840.113549.1.12.1.1").unwrap(), vec![0x30, 0]].concat());
        let error = open(&rc4, &[], &Secret::default(), false, &Work::default()).unwrap_err();
        assert_eq!(error.kind, Kind::Foreign);
        assert!(error.why.contains("RC4") && !error.next.is_empty(), "{error}");
        let error = open_pem("SEED-CBC,0011223344556677", &[], &Secret::default()).unwrap_err();
        assert!(error.why.contains("SEED-CBC"), "{error}");
        for info in ["", "AES-128-CBC", "AES-128-CBC,", "AES-128-CBC,xx", "AES-128-CBC,0011"] {
            assert_eq!(open_pem(info, &[0; 16], &Secret::default()).unwrap_err().kind, Kind::Damaged);
        }
        assert_eq!(open_pem("AES-128-CBC,0011223344556677", &[0; 16], &Secret::default()).unwrap(), None);
    }

    proptest::proptest! {
        #[test]
        fn changed_algorithms_never_panic(at: proptest::sample::Index, value: u8, strength: bool) {
            let strength = if strength { Strength::Aes256 } else { Strength::Des3 };
            let (mut algorithm, data) = seal(&[0x30, 0], &Secret::default(), strength, 1).unwrap();
            let at = at.index(algorithm.len());
            algorithm[at] = value;
            // A changed count may ask for millions of rounds; they are stopped at once.
            let stop = std::sync::atomic::AtomicBool::new(true);
            let _ = open(&algorithm, &data, &Secret::default(), true, &Work::new(Some(&stop)));
            let _ = algorithm_parts(&algorithm);
        }
    }

    fn algorithm_parts(whole: &[u8]) -> bool {
        Scheme::read(whole).is_ok()
    }
}
