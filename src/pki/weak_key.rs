//! Keys that are weak by the way they were made, as arithmetic tells, and the marks by which lists name keys. Judges
//! nothing: the lint makes findings of it.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519, ParsedPublicKey,
    VerificationAlgorithm,
};
use num_bigint::BigUint;

use super::der::{elements, only};
use crate::model::bytes::Digest;
use crate::model::compromised::Sort;

/// Returns modulus and exponent of an RSA SubjectPublicKeyInfo without leading zeros.
pub fn rsa(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let [(2, _, modulus), (2, _, exponent)] = elements(only(0x30, point(spki)?)?)?[..] else { return None };
    let (modulus, exponent) = (plain(modulus), plain(exponent));
    (!modulus.is_empty()).then_some((modulus, exponent))
}

/// The content of the key's BIT STRING.
fn point(spki: &[u8]) -> Option<&[u8]> {
    let [(0x30, ..), (3, _, bits)] = elements(only(0x30, spki)?)?[..] else { return None };
    bits.strip_prefix(&[0])
}

fn plain(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|b| **b == 0).count()..]
}

/// Returns the number that makes a key, without leading zeros: the modulus of RSA, the x coordinate of a point of a curve,
/// else the octets of the key.
pub fn number(spki: &[u8]) -> Option<&[u8]> {
    if let Some((modulus, _)) = rsa(spki) {
        return Some(modulus);
    }
    let point = point(spki)?;
    let [(0x30, _, algorithm), _] = elements(only(0x30, spki)?)?[..] else { return None };
    // Only points of curves have a form in their first octet; the algorithm is id-ecPublicKey.
    let curve = elements(algorithm)?.first().is_some_and(|a| a.2 == EC_PUBLIC_KEY);
    Some(plain(match point.split_first() {
        Some((4, both)) if curve && both.len().is_multiple_of(2) => &both[..both.len() / 2],
        Some((2 | 3, x)) if curve => x,
        _ => point,
    }))
}

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];

/// Tells whether the algorithm of a key carries the parameters of its kind: NULL for RSA, the name of a curve and nothing more
/// for points of curves, none for Ed25519. Of other kinds nothing is known here.
pub fn parameters_fit(spki: &[u8]) -> bool {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    let algorithm = only(0x30, spki).and_then(elements).and_then(|parts| elements(parts.first()?.2));
    match algorithm.as_deref() {
        Some([(6, _, RSA), parameters @ ..]) => matches!(parameters, [(5, _, [])]),
        Some([(6, _, EC_PUBLIC_KEY), parameters @ ..]) => matches!(parameters, [(6, ..)]),
        Some([(6, _, ED25519), parameters @ ..]) => parameters.is_empty(),
        _ => true,
    }
}

/// Returns the mark of a key in lists of this sort; `None` when they cannot name such a key.
pub fn mark(spki: &[u8], sort: Sort) -> Option<Vec<u8>> {
    Some(match sort {
        Sort::Spki => super::sha256(spki).0.to_vec(),
        Sort::Number => number_mark(number(spki)?),
        Sort::Debian => debian_mark(rsa(spki)?.0),
    })
}

/// Returns the mark of the number of a key in lists of the sort [`Sort::Number`].
pub fn number_mark(number: &[u8]) -> Vec<u8> {
    super::sha256(plain(number)).0[..Sort::Number.size()].to_vec()
}

/// Returns the mark of an RSA modulus in Debian's lists: the end of SHA-1 over what `openssl rsa -modulus` prints.
fn debian_mark(modulus: &[u8]) -> Vec<u8> {
    let digits = modulus.iter().map(|b| format!("{b:02X}")).collect::<String>();
    // OpenSSL writes no leading zero digit.
    let line = format!("Modulus={}\n", digits.trim_start_matches('0'));
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, line.as_bytes());
    hash.as_ref()[10..].to_vec()
}

/// Lists the digests under which a key may have been reported: SHA-256 of the SubjectPublicKeyInfo and of its number.
pub fn reported_as(spki: &[u8]) -> Vec<Digest> {
    let number = number(spki).map(super::sha256);
    std::iter::once(super::sha256(spki)).chain(number).collect()
}

/// Returns after how many rounds of Fermat's method a modulus falls apart, out of 100: its primes are close together
/// (CA/Browser Forum 6.1.1.3).
pub fn close_primes(modulus: &[u8]) -> Option<u32> {
    let n = BigUint::from_bytes_be(modulus);
    if n.bits() < 64 {
        return None;
    }
    let one = BigUint::from(1u8);
    let mut a = n.sqrt();
    if &a * &a < n {
        a += &one;
    }
    // a * a - n; the next square is larger by 2 * a + 1.
    let mut rest = &a * &a - &n;
    for round in 1..=100 {
        if is_square(&rest) {
            return Some(round);
        }
        rest += (&a << 1u8) + &one;
        a += &one;
    }
    None
}

fn is_square(number: &BigUint) -> bool {
    // Of the 64 endings of a binary number only 12 are those of squares.
    const SQUARES: u64 = 0x0202_0212_0203_0213;
    let low = number.iter_u64_digits().next().unwrap_or(0) & 63;
    if SQUARES >> low & 1 == 0 {
        return false;
    }
    let root = number.sqrt();
    &root * &root == *number
}

/// Tells whether a modulus has the fingerprint of the Infineon library (ROCA, CVE-2017-15361): it is a power of 65537
/// modulo the product of the first 39 primes. Other keys pass for one with a chance of 2^-154.
pub fn is_roca(modulus: &[u8]) -> bool {
    let residues = PRIMES.map(|p| modulus.iter().fold(0u64, |rest, b| (rest << 8 | u64::from(*b)) % p));
    if residues.contains(&0) {
        return false;
    }
    let power = |base: &[u64; 39], exponent: u64| -> [u64; 39] {
        std::array::from_fn(|i| {
            let (mut base, mut exponent, mut result) = (base[i] % PRIMES[i], exponent, 1);
            while exponent > 0 {
                if exponent & 1 == 1 {
                    result = result * base % PRIMES[i];
                }
                base = base * base % PRIMES[i];
                exponent >>= 1;
            }
            result
        })
    };
    let generator = [65537; 39];
    let one = power(&generator, 0);
    if power(&residues, ORDER).iter().zip(one).any(|(found, one)| *found != one) {
        return false;
    }
    // It is in the group when it is in each of its parts of prime power order (Pohlig and Hellman).
    ORDER_PARTS.iter().all(|part| {
        let step = power(&generator, ORDER / part);
        let wanted = power(&residues, ORDER / part);
        let mut at = one;
        (0..*part).any(|_| {
            let here = at == wanted;
            at = std::array::from_fn(|i| at[i] * step[i] % PRIMES[i]);
            here
        })
    })
}

/// The order of 65537 modulo the product of the primes, and the prime powers that it is made of.
const ORDER: u64 = 2_454_106_387_091_158_800;
const ORDER_PARTS: [u64; 13] = [16, 81, 25, 7, 11, 13, 17, 23, 29, 37, 41, 53, 83];
const PRIMES: [u64; 39] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Tells whether the point of a curve that the program knows is one of it (CA/Browser Forum 6.1.6); `None` for other keys.
pub fn is_on_curve(algorithm: &str, spki: &[u8]) -> Option<bool> {
    let algorithm: &'static dyn VerificationAlgorithm = match algorithm {
        "P-256" => &ECDSA_P256_SHA256_ASN1,
        "P-384" => &ECDSA_P384_SHA384_ASN1,
        "P-521" => &ECDSA_P521_SHA512_ASN1,
        "Ed25519" => &ED25519,
        _ => return None,
    };
    Some(point(spki).is_some_and(|point| ParsedPublicKey::new(algorithm, point).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::KeyType;
    use crate::pki::der::wrap;
    use crate::pki::key::PrivateKey;

    fn power(exponent: u64) -> (BigUint, BigUint) {
        let product = PRIMES.iter().fold(BigUint::from(1u8), |product, p| product * p);
        let value = BigUint::from(65537u32).modpow(&BigUint::from(exponent), &product);
        (value, product)
    }

    #[test]
    fn the_order_is_that_of_its_parts() {
        assert_eq!(ORDER_PARTS.iter().product::<u64>(), ORDER);
        assert_eq!(power(ORDER).0, BigUint::from(1u8));
    }

    #[test]
    fn close_primes_are_found_and_others_not() {
        let prime = (BigUint::from(1u8) << 1023u32) + 1_234_567u32;
        for apart in [0u64, 2, 1 << 40] {
            let other = &prime + apart;
            assert!(close_primes(&(&prime * &other).to_bytes_be()).is_some(), "{apart}");
        }
        let far = &prime + (BigUint::from(1u8) << 900u32);
        assert_eq!(close_primes(&(&prime * far).to_bytes_be()), None);
        assert_eq!(close_primes(&[0xff; 7]), None);
    }

    #[test]
    fn real_keys_have_none_of_it() {
        for kind in [KeyType::Rsa2048, KeyType::Rsa3072] {
            let key = PrivateKey::generate(kind).unwrap();
            let (modulus, exponent) = rsa(&key.info().spki.0).unwrap();
            assert!(!is_roca(modulus) && close_primes(modulus).is_none());
            assert_eq!(exponent, [1, 0, 1]);
        }
        for kind in [KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519] {
            let key = PrivateKey::generate(kind).unwrap();
            let (word, spki) = (&key.info().algorithm, key.info().spki.0.clone());
            assert_eq!(is_on_curve(word, &spki), Some(true), "{word}");
            if kind != KeyType::Ed25519 {
                let mut beside = spki;
                let last = beside.len() - 1;
                beside[last] ^= 1;
                assert_eq!(is_on_curve(word, &beside), Some(false), "{word}");
            }
        }
    }

    #[test]
    fn a_key_is_named_as_the_lists_name_it() {
        let numbers = wrap(0x30, &[wrap(2, &[0, 0xab, 0xcd]), wrap(2, &[3])].concat());
        let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
        let spki = wrap(0x30, &[&algorithm[..], &wrap(3, &[&[0][..], &numbers].concat())].concat());
        assert_eq!(number(&spki), Some(&[0xab, 0xcd][..]));
        // printf 'Modulus=ABCD\n' | sha1sum, the last 20 digits; printf '\xab\xcd' | sha256sum, the first 30.
        let hex = |sort| crate::model::bytes::hex(&mark(&spki, sort).unwrap()).to_lowercase();
        assert_eq!(hex(Sort::Debian), DEBIAN);
        assert_eq!(hex(Sort::Number), NUMBER);
        assert_eq!(reported_as(&spki).len(), 2);

        let point = [&[4][..], &[0, 7, 1, 1]].concat();
        let curve = wrap(0x30, &wrap(6, EC_PUBLIC_KEY));
        let spki = wrap(0x30, &[curve, wrap(3, &[&[0][..], &point].concat())].concat());
        assert_eq!(number(&spki), Some(&[7][..]));
        assert!(mark(&spki, Sort::Debian).is_none());
    }

    /// Keys of the kind that were found in the wild, from the tests of the project badkeys (MIT).
    const INFINEON: &str = "\
        9132ad211fcc0dfb4dae48326ac864c227e4b394b09bd1c4930e197028a3c907694d2b489e4f69754aeae338c6ead939\
        c57f406985cbbb8edf9a2055cc2946bc05d365ba67e896c6d4811152cfa2d290514f90b352eeef27feb72fbd8dcd5bc9\
        15a4f4494139cc1ca10a3244fa97e53275f57b5529b4e767379007798e112a4ba056c7b75cedb132cdf21f7bd3c9976d\
        9da38815153477a13b3ebb2046d100a851dc00698f530d19396f00fbef2c4bf1659ebc4c7fd9556b5ffc93f03ca2d3df\
        acd222a5f028ab430a27ea31136c0c2f50c3c481931a635a37780f00d2727ae71aee9b40f8d1aae68535c77a56317812\
        beb5525d4a28364f31224acac52cf72d\
        ";
    const CLOSE: &str = "\
        9066d3b684ab3899abc2ef45577037c437f1367dc49d23bde0cf7e4082f7a898e320c877d31ac076b6b966c5e3849ad1\
        0292345fea80aef4d056febf9fd62a12800f985ee7e3ac89d53b581131731828ea935b0367cad5127ab86f13c7934110\
        705890227ea2c133ce8de89d0f658a50d215789588ff65fc32cdc84ddb7e3f88d5d0355e03aadd477d42946f871a8b35\
        39d4c0fbc9ccc0321dd2303f2aff0c38f1412dfdb8a7d381f1fcd73f6527a340924ab64b92d242a2e39c3f31a0041e6c\
        659147c69b2b7fbeae24d50b06b8c2f4f6f1c77a20a46572d4be420bdbfcaa4dcbe38a90a62e20fcf0bdc1636c2be34f\
        affb62ab8f92dee077ebd61ed67fb4cb\
        ";

    #[test]
    fn keys_of_the_wild_are_recognised() {
        let modulus = |hex: &str| crate::model::bytes::unhex(hex).unwrap();
        assert!(is_roca(&modulus(INFINEON)) && close_primes(&modulus(INFINEON)).is_none());
        assert!(!is_roca(&modulus(CLOSE)) && close_primes(&modulus(CLOSE)).is_some());
    }

    const DEBIAN: &str = "a0677fa162dd3c68d49c";
    const NUMBER: &str = "123d4c7ef2d1600a1b3a0f6addc60a";

    proptest::proptest! {
        #[test]
        fn powers_of_the_generator_have_the_fingerprint(exponent: u64, factor: u128) {
            let (value, product) = power(exponent);
            let modulus = (value + product * factor).to_bytes_be();
            proptest::prop_assert!(is_roca(&modulus));
            let beside = (BigUint::from_bytes_be(&modulus) * 3u8).to_bytes_be();
            proptest::prop_assert!(!is_roca(&beside));
        }

        #[test]
        fn garbage_is_no_key(bytes: Vec<u8>) {
            let _ = (rsa(&bytes), number(&bytes), is_roca(&bytes), close_primes(&bytes));
        }
    }
}
