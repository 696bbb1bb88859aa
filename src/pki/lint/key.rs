//! Lint of public keys. Judges the key alone; who holds it is the proof's affair.

use super::Report;
use crate::model::key::KeyInfo;
use crate::model::profile::Profile;
use crate::pki::weak_key;

/// Tells whether the profile accepts this kind and size.
pub(super) fn accepted(report: &mut Report, key: &KeyInfo, profile: &Profile) {
    let name = &profile.name;
    if key.algorithm.starts_with("RSA ") && profile.max_rsa > 0 {
        if key.bits < profile.min_rsa {
            let text = format!(
                "The RSA key has {} bits; the profile \"{name}\" wants {} at least.",
                key.bits, profile.min_rsa
            );
            report.error("key.rsa-small", text, "Ask for a request with a new, longer key.");
        } else if key.bits > profile.max_rsa {
            let text = format!(
                "The RSA key has {} bits; the profile \"{name}\" allows {} at most.",
                key.bits, profile.max_rsa
            );
            report.error("key.rsa-large", text, "Ask for a request with a new, shorter key.");
        }
    } else if !profile.keys.contains(&key.algorithm) {
        let rsa = (profile.max_rsa > 0).then(|| "RSA".to_owned());
        let kinds = rsa.into_iter().chain(profile.keys.iter().cloned());
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        let text = format!("The profile \"{name}\" accepts {kinds}; this key is {}.", key.algorithm);
        report.error("key.kind", text, "Ask for a request with a key of an accepted kind.");
    }
}

/// Looks for keys that are broken from birth (CA/Browser Forum 6.1.1.3 and 6.1.6).
pub(super) fn sound(report: &mut Report, key: &KeyInfo) {
    let again = "Ask for a request with a new key, made by an up-to-date program.";
    if !weak_key::parameters_fit(&key.spki.0) {
        let text = format!("The parameters of the {} key are not those of its kind.", key.algorithm);
        let remedy = "Strict readers refuse the certificate (RFC 3279, RFC 5480, RFC 8410); ask for a request made \
                      by an up-to-date program.";
        report.error("key.parameters", text, remedy);
    }
    if !key.algorithm.starts_with("RSA") {
        if weak_key::is_on_curve(&key.algorithm, &key.spki.0) == Some(false) {
            report.error("key.point", "The key is no point of its curve.", again);
        }
        return;
    }
    let Some((modulus, exponent)) = weak_key::rsa(&key.spki.0) else {
        report.error("key.damaged", "The RSA key cannot be read.", again);
        return;
    };
    match exponent {
        [] | [1] => report.error("key.exponent", "The RSA exponent is below 3.", again),
        e if e.last().is_some_and(|b| b & 1 == 0) => {
            report.error("key.exponent", "The RSA exponent is even.", again);
        }
        e if e.len() > 32 => {
            report.warning("key.exponent", "The RSA exponent is longer than 256 bits.", again)
        }
        e if e.len() < 3 => {
            report.warning("key.exponent", "The RSA exponent is smaller than 65537.", again);
        }
        _ => {}
    }
    if modulus.last().is_some_and(|b| b & 1 == 0) {
        report.error(
            "key.modulus",
            "The RSA modulus is even, so anybody can compute the private key.",
            again,
        );
    } else if let Some(factor) = small_factor(modulus) {
        let text = format!("The RSA modulus divides by {factor}, so anybody can compute the private key.");
        report.error("key.modulus", text, again);
    }
    if weak_key::is_roca(modulus) {
        let text =
            "The RSA key has the fingerprint of a flawed chip (ROCA, CVE-2017-15361): it can be computed.";
        report.error("key.roca", text, again);
    }
    if let Some(round) = weak_key::close_primes(modulus) {
        let text = format!(
            "The primes of the RSA key are close together: Fermat's method finds them in {round} of 100 rounds."
        );
        report.error("key.close-primes", text, again);
    }
    if !key.bits.is_multiple_of(8) {
        let text = format!("The RSA key has {} bits, which does not divide by 8.", key.bits);
        report.warning("key.modulus", text, again);
    }
}

/// Returns the smallest odd factor below 752.
fn small_factor(modulus: &[u8]) -> Option<u32> {
    // Composite divisors cost little and change nothing: their prime factors come first.
    (3..752).step_by(2).find(|d| modulus.iter().fold(0, |rest, b| (rest << 8 | u32::from(*b)) % d) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_factors_are_found() {
        assert_eq!(small_factor(&[0x03, 0x41]), Some(7)); // 833 = 7 * 7 * 17
        assert_eq!(small_factor(&(751_u32 * 757).to_be_bytes()), Some(751));
        assert_eq!(small_factor(&(757_u32 * 761).to_be_bytes()), None);
    }
}
