//! What is to be thought of a suite, and which keys it can be used with.

use super::{Anatomy, Auth, Mac, Suite};
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

/// Something that speaks against suites.
#[derive(Debug)]
pub struct Fault {
    /// How bad it makes a suite.
    pub grade: Grade,
    /// What it is, in a few words.
    pub word: &'static str,
    /// What that means.
    pub meaning: &'static str,
    of: fn(&Anatomy) -> bool,
}

/// Everything that speaks against suites, the worst first.
pub static FAULTS: [Fault; 10] = [
    Fault {
        grade: Grade::Broken,
        word: "no encryption",
        meaning: "everybody on the way can read",
        of: |a| a.bits() == 0,
    },
    Fault {
        grade: Grade::Broken,
        word: "anonymous",
        meaning: "no side shows who it is, so that anyone in between can take the place of both",
        of: |a| a.auth == Auth::Anonymous,
    },
    Fault {
        grade: Grade::Broken,
        word: "short key",
        meaning: "a key of 40 or 56 bits is found by trying",
        of: |a| (1..=56).contains(&a.bits()),
    },
    Fault {
        grade: Grade::Broken,
        word: "RC4",
        meaning: "its output is not random enough; RFC 7465 prohibits it in TLS",
        of: |a| a.encryption.starts_with("RC4"),
    },
    Fault { grade: Grade::Broken, word: "MD5", meaning: "the hash is broken", of: |a| a.mac == Mac::Md5 },
    Fault {
        grade: Grade::Weak,
        word: "no forward secrecy",
        meaning: "whoever gets the private key later can read what was recorded before",
        of: |a| !a.forward_secret(),
    },
    Fault {
        grade: Grade::Weak,
        word: "blocks of 64 bits",
        meaning: "they repeat in long connections, which gives parts of the text away (Sweet32)",
        of: |a| matches!(a.encryption, "3DES_EDE_CBC" | "DES_CBC" | "DES40_CBC" | "IDEA_CBC" | "RC2_CBC_40"),
    },
    Fault {
        grade: Grade::Weak,
        word: "CBC",
        meaning: "chained blocks with padding, which was attacked again and again (BEAST, Lucky 13, POODLE)",
        of: |a| a.chained(),
    },
    Fault {
        grade: Grade::Weak,
        word: "short tag",
        meaning: "8 octets of integrity are few",
        of: |a| a.encryption.ends_with("CCM_8"),
    },
    Fault {
        grade: Grade::Weak,
        word: "DSA",
        meaning: "nobody certifies such keys any more",
        of: |a| a.auth == Auth::Dss,
    },
];

impl Suite {
    /// Grades the suite. One that is not in the table is weak, for nothing is known of it.
    pub fn grade(self) -> Grade {
        match self.against().next() {
            Some(fault) => fault.grade,
            None if self.short().is_some() => Grade::Good,
            None => Grade::Weak,
        }
    }

    /// Lists what speaks against the suite, the worst first.
    pub fn against(self) -> impl Iterator<Item = &'static Fault> {
        let anatomy = self.anatomy();
        FAULTS.iter().filter(move |fault| anatomy.as_ref().is_some_and(fault.of))
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
        }
        assert!(FAULTS.is_sorted_by_key(|fault| std::cmp::Reverse(fault.grade)), "the worst stand first");
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
