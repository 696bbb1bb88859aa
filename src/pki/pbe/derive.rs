//! Passwords to keys: PBKDF1 and PBKDF2 (RFC 8018), scrypt (RFC 7914), the PKCS#12 derivation (RFC 7292 appendix B) and
//! OpenSSL's for PEM. Long ones are counted and can be stopped.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::{digest, hmac, pbkdf2};
use zeroize::{Zeroize, Zeroizing};

use crate::model::error::{Error, Kind, Result};
use crate::pki::key::MOST_ROUNDS;

/// The most rounds that all derivations for one input may take together: a minute or so of work.
const MOST_ALTOGETHER: u64 = 100_000_000;

/// The most memory that scrypt may take, in bytes; OpenSSL's own files need 16 MiB, and it reads up to 32 MiB.
const SCRYPT_MEMORY: u64 = 256 << 20;

/// How many rounds are run before it is asked whether to go on: about two milliseconds.
const BETWEEN_LOOKS: u32 = 4096;

/// A hash function that derivations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pki) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// What is spent on one input, and whether to go on.
#[derive(Default)]
pub(in crate::pki) struct Work<'a> {
    stop: Option<&'a AtomicBool>,
    spent: Cell<u64>,
}

impl<'a> Work<'a> {
    /// Begins; `stop` ends it early.
    pub(in crate::pki) fn new(stop: Option<&'a AtomicBool>) -> Self {
        Self { stop, spent: Cell::new(0) }
    }

    /// Says `Cancelled` once another thread has asked for it.
    pub(in crate::pki) fn go_on(&self) -> Result<()> {
        if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(Error::new(Kind::Cancelled, "Opening was stopped."));
        }
        Ok(())
    }

    fn spend(&self, rounds: u32) -> Result<()> {
        self.go_on()?;
        let costly = |why: String| {
            Err(Error::refused("It is too costly to open.")
                .why(why)
                .next("Each round slows a guess of the password down, and the opening as well: write the file again with fewer, such as openssl pkcs12 -export -iter 600000."))
        };
        if rounds == 0 {
            return Err(Error::damaged("It asks for no rounds of key derivation."));
        }
        if rounds > MOST_ROUNDS {
            return costly(format!(
                "It asks for {rounds} rounds of key derivation; at most {MOST_ROUNDS} are run."
            ));
        }
        let spent = self.spent.get() + u64::from(rounds);
        if spent > MOST_ALTOGETHER {
            return costly(format!(
                "Its parts together ask for more than {MOST_ALTOGETHER} rounds of key derivation."
            ));
        }
        self.spent.set(spent);
        Ok(())
    }

    /// Runs `round` as often as asked, looking up in between.
    fn rounds(&self, count: u32, mut round: impl FnMut()) -> Result<()> {
        for done in 0..count {
            if done % BETWEEN_LOOKS == 0 {
                self.go_on()?;
            }
            round();
        }
        Ok(())
    }
}

/// A digest of up to 64 bytes; wiped.
type Block = Zeroizing<[u8; 64]>;

impl Hash {
    /// Length of a digest and of a block, in bytes.
    fn sizes(self) -> (usize, usize) {
        match self {
            Self::Md5 => (16, 64),
            Self::Sha1 => (20, 64),
            Self::Sha224 => (28, 64),
            Self::Sha256 => (32, 64),
            Self::Sha384 => (48, 128),
            Self::Sha512 => (64, 128),
        }
    }

    /// Returns how long a digest is, in bytes.
    pub(in crate::pki) fn length(self) -> usize {
        self.sizes().0
    }

    /// Digests parts that follow each other.
    pub(in crate::pki) fn of(self, parts: &[&[u8]]) -> Block {
        let mut out = Zeroizing::new([0; 64]);
        let algorithm = match self {
            Self::Md5 => {
                use md5::Digest;
                let mut context = md5::Md5::new();
                parts.iter().for_each(|part| context.update(part));
                out[..16].copy_from_slice(&context.finalize());
                return out;
            }
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        let done = match parts {
            [only] => digest::digest(algorithm, only),
            _ => {
                let mut context = digest::Context::new(algorithm);
                parts.iter().for_each(|part| context.update(part));
                context.finish()
            }
        };
        out[..self.length()].copy_from_slice(done.as_ref());
        out
    }

    /// Returns HMAC as the library knows it; none with MD5.
    pub(in crate::pki) fn hmac(self) -> Option<hmac::Algorithm> {
        Some(match self {
            Self::Md5 => return None,
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => hmac::HMAC_SHA224,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        })
    }

    fn pbkdf2(self) -> Option<pbkdf2::Algorithm> {
        Some(match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
            Self::Md5 | Self::Sha224 => return None,
        })
    }
}

/// Fills `out` by PBKDF2 with HMAC.
pub(in crate::pki) fn by_pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    out: &mut [u8],
    work: &Work<'_>,
) -> Result<()> {
    let blocks = u32::try_from(out.len().div_ceil(hash.length())).unwrap_or(u32::MAX);
    for _ in 0..blocks {
        work.spend(rounds)?;
    }
    // Where nobody can stop it, the library does the whole at once, and faster.
    if let (None, Some(algorithm), Some(rounds)) = (work.stop, hash.pbkdf2(), NonZeroU32::new(rounds)) {
        pbkdf2::derive(algorithm, rounds, salt, password, out);
        return Ok(());
    }
    let Some(algorithm) = hash.hmac() else {
        return Err(Error::internal("PBKDF2 was asked for with MD5."));
    };
    let key = hmac::Key::new(algorithm, password);
    for (number, chunk) in (1u32..).zip(out.chunks_mut(hash.length())) {
        let mut last = hmac::sign(&key, &[salt, &number.to_be_bytes()].concat());
        let mut sum = Zeroizing::new([0; 64]);
        add(&mut sum, last.as_ref());
        work.rounds(rounds - 1, || {
            last = hmac::sign(&key, last.as_ref());
            add(&mut sum, last.as_ref());
        })?;
        chunk.copy_from_slice(&sum[..chunk.len()]);
    }
    Ok(())
}

fn add(sum: &mut [u8; 64], other: &[u8]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum ^= other);
}

/// What a PKCS#12 derivation is for; the numbers are those of RFC 7292 appendix B.3.
#[derive(Debug, Clone, Copy)]
pub(in crate::pki) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// Fills `out` by the PKCS#12 derivation; the password is a BMPString with its two zero bytes, or nothing.
pub(in crate::pki) fn by_pkcs12(
    hash: Hash,
    (password, salt, rounds): (&[u8], &[u8], u32),
    purpose: Purpose,
    out: &mut [u8],
    work: &Work<'_>,
) -> Result<()> {
    let (length, block) = hash.sizes();
    let filled = |from: &[u8]| -> Vec<u8> {
        let length = from.len().div_ceil(block) * block;
        from.iter().copied().cycle().take(length).collect()
    };
    let diversifier = [purpose as u8; 128];
    let mut input = Zeroizing::new(filled(salt));
    input.extend(Zeroizing::new(filled(password)).iter());
    let mut chunks = out.chunks_mut(length).peekable();
    while let Some(chunk) = chunks.next() {
        work.spend(rounds)?;
        let mut last = hash.of(&[&diversifier[..block], &input]);
        work.rounds(rounds - 1, || last = hash.of(&[&last[..length]]))?;
        chunk.copy_from_slice(&last[..chunk.len()]);
        if chunks.peek().is_none() {
            break;
        }
        // Each block of the input grows by the digest, repeated to a block, and one.
        for part in input.chunks_mut(block) {
            let mut carry = 1u16;
            for (at, byte) in part.iter_mut().enumerate().rev() {
                let sum = u16::from(*byte) + u16::from(last[at % length]) + carry;
                [_, *byte] = sum.to_be_bytes();
                carry = sum >> 8;
            }
        }
    }
    Ok(())
}

/// Fills `out`, at most one digest, by PBKDF1.
pub(in crate::pki) fn by_pbkdf1(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    out: &mut [u8],
    work: &Work<'_>,
) -> Result<()> {
    work.spend(rounds)?;
    let mut last = hash.of(&[password, salt]);
    work.rounds(rounds - 1, || last = hash.of(&[&last[..hash.length()]]))?;
    out.iter_mut().zip(last.iter()).for_each(|(out, byte)| *out = *byte);
    Ok(())
}

/// Fills `out` as OpenSSL does for a PEM key with a `DEK-Info` line: MD5, once, over and over.
pub(in crate::pki) fn by_openssl(password: &[u8], salt: &[u8], out: &mut [u8]) {
    let mut last: Block = Zeroizing::new([0; 64]);
    let mut used = 0;
    for chunk in out.chunks_mut(16) {
        last = Hash::Md5.of(&[&last[..used], password, salt]);
        used = 16;
        chunk.copy_from_slice(&last[..chunk.len()]);
    }
    last.zeroize();
}

/// Fills `out` by scrypt. `cost` is N, `size` r and `passes` p of RFC 7914.
pub(in crate::pki) fn by_scrypt(
    (password, salt): (&[u8], &[u8]),
    (cost, size, passes): (u64, u32, u32),
    out: &mut [u8],
    work: &Work<'_>,
) -> Result<()> {
    let memory = 128u64.saturating_mul(cost).saturating_mul(size.into());
    if memory > SCRYPT_MEMORY || passes > 16 || u64::from(size).saturating_mul(passes.into()) > 1 << 12 {
        return Err(Error::refused("It is too costly to open.")
            .why("Its scrypt parameters ask for more than 256 MiB or 16 passes.")
            .next("If it is genuine, write it again with openssl pkcs8 -topk8 -v2 aes256."));
    }
    let wrong = || Error::damaged("Its scrypt parameters make no sense.");
    if cost < 2 || !cost.is_power_of_two() {
        return Err(wrong());
    }
    // Some 30 rounds of PBKDF2 take as long as one kibibyte of scrypt.
    work.spend(
        u32::try_from(memory.saturating_mul(passes.into()) / 32).unwrap_or(u32::MAX).clamp(1, MOST_ROUNDS),
    )?;
    let log = u8::try_from(cost.ilog2()).map_err(|_| wrong())?;
    let parameters = scrypt::Params::new(log, size, passes).map_err(|_| wrong())?;
    scrypt::scrypt(password, salt, &parameters, out).map_err(|_| wrong())?;
    work.go_on()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn pbkdf2_gives_the_known_answers_both_ways() {
        // RFC 6070, and RFC 7914 section 11.
        type Known<'a> = (Hash, &'a [u8], &'a [u8], u32, &'a str);
        let known: [Known<'_>; 4] = [
            (Hash::Sha1, b"password", b"salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
            (Hash::Sha1, b"password", b"salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
            (
                Hash::Sha1,
                b"passwordPASSWORDpassword",
                b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
                4096,
                "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
            ),
            (
                Hash::Sha256,
                b"passwd",
                b"salt",
                1,
                "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
            ),
        ];
        let stop = AtomicBool::new(false);
        for (hash, password, salt, rounds, answer) in known {
            for work in [Work::default(), Work::new(Some(&stop))] {
                let mut out = vec![0; answer.len() / 2];
                by_pbkdf2(hash, password, salt, rounds, &mut out, &work).unwrap();
                assert_eq!(hex(&out), answer);
            }
        }
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let (mut at_once, mut in_steps) = ([0; 100], [0; 100]);
            by_pbkdf2(hash, b"p", b"s", 77, &mut at_once, &Work::default()).unwrap();
            by_pbkdf2(hash, b"p", b"s", 77, &mut in_steps, &Work::new(Some(&stop))).unwrap();
            assert_eq!(at_once, in_steps);
        }
    }

    #[test]
    fn the_pkcs12_derivation_gives_the_known_answers() {
        // The vectors that OpenSSL and Bouncy Castle test with: the passwords are "smeg" and "queeg".
        let smeg = b"\0s\0m\0e\0g\0\0";
        let queeg = b"\0q\0u\0e\0e\0g\0\0";
        let known: [(&[u8], &str, u32, Purpose, &str); 6] = [
            (smeg, "0a58cf64530d823f", 1, Purpose::Key, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"),
            (smeg, "0a58cf64530d823f", 1, Purpose::Iv, "79993dfe048d3b76"),
            (smeg, "642b99ab44fb4b1f", 1, Purpose::Key, "f3a95fec48d7711e985cfe67908c5ab79fa3d7c5caa5d966"),
            (smeg, "3d83c0e4546ac140", 1, Purpose::Mac, "8d967d88f6caa9d714800ab3d48051d63f73a312"),
            (
                queeg,
                "05dec959acff72f7",
                1000,
                Purpose::Key,
                "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4",
            ),
            (queeg, "05dec959acff72f7", 1000, Purpose::Iv, "11dedad7758d4860"),
        ];
        for (password, salt, rounds, purpose, answer) in known {
            let salt: Vec<u8> =
                (0..8).map(|i| u8::from_str_radix(&salt[2 * i..2 * i + 2], 16).unwrap()).collect();
            let mut out = vec![0; answer.len() / 2];
            by_pkcs12(Hash::Sha1, (password, &salt, rounds), purpose, &mut out, &Work::default()).unwrap();
            assert_eq!(hex(&out), answer);
        }
    }

    #[test]
    fn scrypt_gives_the_known_answer() {
        let mut out = [0; 64];
        by_scrypt((b"password", b"NaCl"), (1024, 8, 16), &mut out, &Work::default()).unwrap();
        assert!(hex(&out).starts_with("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"));
    }

    #[test]
    fn work_is_bounded_and_can_be_stopped() {
        let mut out = [0; 32];
        let work = Work::default();
        let error = by_pbkdf2(Hash::Sha256, b"p", b"s", MOST_ROUNDS + 1, &mut out, &work).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert!(error.why.contains("10000001") && error.next.contains("slows"), "{error}");
        assert_eq!(by_pbkdf1(Hash::Sha1, b"p", b"s", 0, &mut out, &work).unwrap_err().kind, Kind::Damaged);
        let error = by_scrypt((b"p", b"s"), (1 << 40, 8, 1), &mut out, &work).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        for (cost, size, passes) in
            [(0, 8, 1), (3, 8, 1), (1024, 0, 1), (1024, 8, 0), (2, u32::MAX, 16), (1 << 63, 0, 0)]
        {
            assert!(by_scrypt((b"p", b"s"), (cost, size, passes), &mut out, &work).is_err());
        }
        let stop = AtomicBool::new(true);
        let work = Work::new(Some(&stop));
        let error = by_pbkdf2(Hash::Sha256, b"p", b"s", 1, &mut out, &work).unwrap_err();
        assert_eq!(error.kind, Kind::Cancelled);
        // All parts of one input share one allowance.
        let work = Work { stop: None, spent: Cell::new(MOST_ALTOGETHER) };
        assert!(by_pkcs12(Hash::Sha1, (b"", b"s", 1), Purpose::Mac, &mut out, &work).is_err());
    }
}
