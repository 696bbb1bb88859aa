//! What a suite is made of, read off its IANA name: key exchange, authentication, encryption, integrity, versions.

use std::ops::RangeInclusive;

use super::Suite;

/// How the two sides come to a common secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kx {
    /// As the version has it: TLS 1.3 always with fresh keys.
    Any,
    /// Elliptic curves with fresh keys.
    Ecdhe,
    /// Finite fields with fresh keys.
    Dhe,
    /// Sent encrypted to the key of the certificate.
    Rsa,
    /// Elliptic curves with the key of the certificate.
    Ecdh,
    /// A secret that both have beforehand.
    Psk,
    /// A password that both know.
    Srp,
}

/// How the server shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Auth {
    /// With any kind of key: TLS 1.3.
    Any,
    /// With an RSA key.
    Rsa,
    /// With a key on an elliptic curve.
    Ecdsa,
    /// With a DSA key.
    Dss,
    /// With the secret or password that both know.
    Shared,
    /// Not at all.
    Anonymous,
}

/// How changes under way are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mac {
    /// By the encryption itself.
    Aead,
    /// HMAC with SHA-384.
    Sha384,
    /// HMAC with SHA-256.
    Sha256,
    /// HMAC with SHA-1.
    Sha1,
    /// HMAC with MD5.
    Md5,
}

/// What a suite is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anatomy {
    /// The key exchange.
    pub kx: Kx,
    /// The authentication.
    pub auth: Auth,
    /// The encryption as in the name: `AES_256_GCM`.
    pub encryption: &'static str,
    /// The integrity.
    pub mac: Mac,
    /// The largest key of a certificate that an export suite may be used with.
    pub export: Option<u32>,
}

impl Suite {
    /// Reads what the suite is made of off its name. A suite that is not in the table has none.
    pub fn anatomy(self) -> Option<Anatomy> {
        let name = self.short()?;
        let Some((keys, rest)) = name.split_once("_WITH_") else {
            let encryption = name.rsplit_once('_')?.0;
            return Some(Anatomy { kx: Kx::Any, auth: Auth::Any, encryption, mac: Mac::Aead, export: None });
        };
        let (keys, export) = match (keys.strip_suffix("_EXPORT"), keys.strip_suffix("_EXPORT1024")) {
            (Some(keys), _) => (keys, Some(512)),
            (_, Some(keys)) => (keys, Some(1024)),
            _ => (keys, None),
        };
        let (kx, auth) = match keys {
            "RSA" => (Kx::Rsa, Auth::Rsa),
            "DHE_RSA" => (Kx::Dhe, Auth::Rsa),
            "DHE_DSS" => (Kx::Dhe, Auth::Dss),
            "DH_anon" => (Kx::Dhe, Auth::Anonymous),
            "ECDHE_RSA" => (Kx::Ecdhe, Auth::Rsa),
            "ECDHE_ECDSA" => (Kx::Ecdhe, Auth::Ecdsa),
            "ECDH_anon" => (Kx::Ecdhe, Auth::Anonymous),
            "ECDH_RSA" | "ECDH_ECDSA" => (Kx::Ecdh, Auth::Ecdsa),
            "PSK" => (Kx::Psk, Auth::Shared),
            "DHE_PSK" | "PSK_DHE" => (Kx::Dhe, Auth::Shared),
            "ECDHE_PSK" => (Kx::Ecdhe, Auth::Shared),
            "RSA_PSK" => (Kx::Rsa, Auth::Rsa),
            "SRP_SHA" => (Kx::Srp, Auth::Shared),
            "SRP_SHA_RSA" => (Kx::Srp, Auth::Rsa),
            "SRP_SHA_DSS" => (Kx::Srp, Auth::Dss),
            _ => return None,
        };
        let (encryption, mac) = match rest.rsplit_once('_')? {
            (encryption, "SHA256" | "SHA384")
                if encryption.ends_with("GCM") || encryption.ends_with("POLY1305") =>
            {
                (encryption, Mac::Aead)
            }
            (encryption, "SHA384") => (encryption, Mac::Sha384),
            (encryption, "SHA256") => (encryption, Mac::Sha256),
            (encryption, "SHA") => (encryption, Mac::Sha1),
            (encryption, "MD5") => (encryption, Mac::Md5),
            // CCM names no hash.
            _ => (rest, Mac::Aead),
        };
        Some(Anatomy { kx, auth, encryption, mac, export })
    }

    /// Lists the versions that have the suite, as they are on the wire: 0x0300 is SSL 3.0, 0x0304 is TLS 1.3.
    pub fn versions(self) -> Option<RangeInclusive<u16>> {
        let a = self.anatomy()?;
        let shared = self.short().is_some_and(|name| name.contains("PSK"));
        let first = match a.mac {
            _ if a.kx == Kx::Any => return Some(0x0304..=0x0304),
            Mac::Aead => 0x0303,
            Mac::Sha256 | Mac::Sha384 if shared => 0x0301,
            Mac::Sha256 | Mac::Sha384 => 0x0303,
            _ if matches!(a.kx, Kx::Ecdhe | Kx::Ecdh) => 0x0301,
            _ => 0x0300,
        };
        let last = match a.encryption {
            _ if a.export.is_some() => 0x0301,
            "DES_CBC" | "IDEA_CBC" => 0x0302,
            _ => 0x0303,
        };
        Some(first..=last)
    }
}

impl Anatomy {
    /// Tells whether what was recorded stays secret when the key of the certificate becomes known.
    pub fn forward_secret(self) -> bool {
        matches!(self.kx, Kx::Any | Kx::Ecdhe | Kx::Dhe | Kx::Srp)
    }

    /// Tells whether encryption and integrity are one.
    pub fn aead(self) -> bool {
        self.mac == Mac::Aead
    }

    /// Returns the strength of the encryption in bits.
    pub fn bits(self) -> u32 {
        match self.encryption {
            "NULL" => 0,
            "RC4_40" | "RC2_CBC_40" | "DES40_CBC" => 40,
            "DES_CBC" | "RC4_56" => 56,
            "3DES_EDE_CBC" => 112,
            e if e.contains("256") || e.starts_with("CHACHA20") => 256,
            _ => 128,
        }
    }

    /// Tells whether the encryption works in chained blocks, with padding.
    pub fn chained(self) -> bool {
        self.encryption.contains("CBC")
    }
}

/// Names a version as it is on the wire.
pub fn version_text(version: u16) -> &'static str {
    match version {
        0x0002 => "SSL 2.0",
        0x0300 => "SSL 3.0",
        0x0301 => "TLS 1.0",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        _ => "an unknown version",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_suite_is_made_of() {
        let of = |code| Suite(code).anatomy().unwrap();
        let a = of(0xc030);
        assert_eq!((a.kx, a.auth, a.encryption, a.bits()), (Kx::Ecdhe, Auth::Rsa, "AES_256_GCM", 256));
        assert!(a.forward_secret() && a.aead());
        let a = of(0x0035);
        assert_eq!((a.kx, a.auth, a.mac, a.forward_secret()), (Kx::Rsa, Auth::Rsa, Mac::Sha1, false));
        assert_eq!((of(0x0064).export, of(0x0003).export, of(0x0005).export), (Some(1024), Some(512), None));
        assert_eq!(of(0x1303).encryption, "CHACHA20_POLY1305");
        assert_eq!((of(0xc0a2).encryption, of(0xc0a2).aead()), ("AES_128_CCM_8", true));
        assert_eq!(Suite(0xc028).versions(), Some(0x0303..=0x0303));
        assert_eq!(Suite(0xc014).versions(), Some(0x0301..=0x0303));
        assert_eq!(Suite(0x0009).versions(), Some(0x0300..=0x0302));
        assert_eq!(Suite(0x1301).versions(), Some(0x0304..=0x0304));
        assert_eq!(Suite(0xfafa).anatomy(), None);
    }
}
