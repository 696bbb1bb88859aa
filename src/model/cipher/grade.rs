//! What is to be thought of a suite, and which keys it can be used with.

use super::{Auth, Suite};
use crate::model::key::KeyInfo;

/// What is to be thought of a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Nothing is known against it.
    Good,
    /// It works, and there is better.
    Weak,
    /// It protects nobody.
    Broken,
}

impl Grade {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Broken => "broken",
        }
    }
}

impl Suite {
    /// Grades the suite. One that is not in the table is weak, for nothing is known of it.
    pub fn grade(self) -> Grade {
        self.against().iter().map(|(grade, _)| *grade).max().unwrap_or(Grade::Good)
    }

    /// Says what speaks against the suite, the worst first.
    pub fn against(self) -> Vec<(Grade, &'static str)> {
        let Some(a) = self.anatomy() else {
            return vec![(Grade::Weak, "nothing is known of it")];
        };
        let narrow =
            matches!(a.encryption, "3DES_EDE_CBC" | "DES_CBC" | "DES40_CBC" | "IDEA_CBC" | "RC2_CBC_40");
        [
            (a.bits() == 0, Grade::Broken, "it encrypts nothing"),
            (
                a.auth == Auth::Anonymous,
                Grade::Broken,
                "nobody shows who they are: anyone in between can read",
            ),
            ((1..=56).contains(&a.bits()), Grade::Broken, "its key is so short that it is found by trying"),
            (a.encryption.starts_with("RC4"), Grade::Broken, "RC4 is prohibited in TLS (RFC 7465)"),
            (a.mac == super::Mac::Md5, Grade::Broken, "MD5"),
            (
                !a.forward_secret(),
                Grade::Weak,
                "no forward secrecy: whoever gets the key can read what was recorded",
            ),
            (narrow, Grade::Weak, "blocks of 64 bits repeat in long connections (Sweet32)"),
            (a.chained(), Grade::Weak, "CBC with padding, which was attacked again and again"),
            (a.encryption.ends_with("CCM_8"), Grade::Weak, "a tag of 8 octets is short"),
            (a.auth == Auth::Dss, Grade::Weak, "DSA keys, which nobody certifies any more"),
        ]
        .into_iter()
        .filter(|(so, ..)| *so)
        .map(|(_, grade, why)| (grade, why))
        .collect()
    }
}

/// Tells whether a server with this key can use the suite; the error says why not.
pub fn fits(suite: Suite, key: &KeyInfo) -> Result<(), String> {
    let Some(a) = suite.anatomy() else { return Err("nothing is known of the suite".into()) };
    let kind = key.algorithm.as_str();
    let pss = kind.starts_with("RSA-PSS");
    let rsa = kind.starts_with("RSA");
    let curve = ["P-", "Ed", "secp", "brainpool"].iter().any(|name| kind.starts_with(name));
    let needs = |what: &str| Err(format!("it needs {what}, and the ring has {kind}"));
    match a.auth {
        Auth::Anonymous => return Err("it uses no certificate".into()),
        Auth::Shared => return Err("it needs a secret that both sides have beforehand".into()),
        Auth::Dss if !kind.starts_with("DSA") => return needs("a DSA key"),
        Auth::Rsa if !rsa => return needs("an RSA key"),
        Auth::Ecdsa if !curve => return needs("a key on an elliptic curve"),
        Auth::Any if !rsa && !curve => return needs("an RSA key or one on an elliptic curve"),
        _ => {}
    }
    if pss && !a.forward_secret() {
        return Err("an RSA-PSS key only signs, it cannot take a secret".into());
    }
    match a.export {
        Some(most) if key.bits > most => {
            Err(format!("an export suite: keys of up to {most} bits only, and the ring has {}", key.bits))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::{Der, Digest};

    fn key(algorithm: &str, bits: u32) -> KeyInfo {
        KeyInfo { algorithm: algorithm.into(), bits, spki: Der(Vec::new()), sha256: Digest([0; 32]) }
    }

    #[test]
    fn the_worst_reason_makes_the_grade() {
        let grades = [
            (0xc030, Grade::Good),
            (0x009e, Grade::Good),
            (0x1305, Grade::Weak),
            (0xc028, Grade::Weak),
            (0x009d, Grade::Weak),
            (0x000a, Grade::Weak),
            (0x0005, Grade::Broken),
            (0x0009, Grade::Broken),
            (0x0001, Grade::Broken),
            (0x0034, Grade::Broken),
            (0xfafa, Grade::Weak),
        ];
        for (code, grade) in grades {
            assert_eq!(Suite(code).grade(), grade, "{code:04X}");
            let worst = Suite(code).against().first().map_or(Grade::Good, |(grade, _)| *grade);
            assert_eq!(worst, grade, "{code:04X}: the worst stands first");
        }
    }

    #[test]
    fn a_key_can_use_what_its_kind_signs_for() {
        let rsa = key("RSA 4096", 4096);
        let curve = key("P-256", 256);
        assert!(fits(Suite(0xc030), &rsa).is_ok() && fits(Suite(0xc02c), &curve).is_ok());
        assert!(fits(Suite(0x1301), &rsa).is_ok() && fits(Suite(0x1301), &curve).is_ok());
        assert!(fits(Suite(0xc02c), &rsa).unwrap_err().contains("elliptic curve, and the ring has RSA 4096"));
        assert!(fits(Suite(0xc030), &curve).unwrap_err().contains("an RSA key"));
        assert!(fits(Suite(0x0064), &rsa).unwrap_err().contains("up to 1024 bits"));
        assert!(fits(Suite(0x0064), &key("RSA 1024", 1024)).is_ok());
        assert!(fits(Suite(0x0003), &key("RSA 1024", 1024)).is_err());
        assert!(fits(Suite(0x0035), &key("RSA-PSS 2048", 2048)).is_err());
        assert!(fits(Suite(0xc02f), &key("RSA-PSS 2048", 2048)).is_ok());
        for none in [0x0034, 0x00a8, 0x0032, 0xfafa] {
            assert!(fits(Suite(none), &rsa).is_err(), "{none:04X}");
        }
    }
}
