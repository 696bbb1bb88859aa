//! Status numbers: those of Domino, which are a package base and an offset, and those of OpenSSL's verification and of TLS
//! alerts, which people paste just the same.

/// The base of Domino's SSL package; its offsets 0 to 15 are known to exist, their texts are not public.
pub const SSL_PACKAGE: u16 = 0x1040;
/// What is left of a status number when its marks are taken off.
const NUMBER: u16 = 0x3FFF;
/// The mark of a status that another machine has sent.
const REMOTE: u16 = 0x4000;
/// The mark of a status that was shown already.
const DISPLAYED: u16 = 0x8000;

/// Whose number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// A status of Domino.
    Domino,
    /// An alert of TLS.
    Alert,
    /// A result of OpenSSL's verification.
    OpenSsl,
}

impl Family {
    /// Says whose it is, as the beginning of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Domino => "Domino status",
            Self::Alert => "TLS alert",
            Self::OpenSsl => "OpenSSL verify code",
        }
    }
}

/// What a number stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whose number it is.
    pub family: Family,
    /// The number as it was given.
    pub given: u32,
    /// The number itself, without marks.
    pub number: u16,
    /// Its text, or that there is none.
    pub text: String,
    /// The marks on it and its package, in words; may be empty.
    pub parts: String,
    /// The problem it belongs to.
    pub problem: &'static str,
}

impl Status {
    /// Writes the number in both ways: `Domino status 4171 = 0x104B`.
    pub fn title(&self) -> String {
        match self.family {
            Family::Domino => format!("{} {} = 0x{:04X}", self.family.words(), self.number, self.number),
            _ => format!("{} {}", self.family.words(), self.number),
        }
    }
}

type Row = (u16, &'static str, &'static str);

/// The status numbers of Domino whose texts are known, each with its problem.
const DOMINO: &[Row] = &[
    (120, "Remote server certificate authentication failed.", "remote-not-trusted"),
    (121, "SSL No Cross Certificate available.", "remote-not-trusted"),
    (3649, "Invalid signature on certificate or CRL", "bad-signature"),
    (3659, "Cannot establish trust in a certificate or CRL.", "trust-not-established"),
    (3667, "Invalid CRL contents or format", "crl-unreadable"),
    (3673, "Certificate, private key or CRL was not found", "not-found-here"),
    (3674, "A certificate chain could not be constructed", "chain-not-built"),
    (3680, "Unsupported certificate or CRL signature algorithm", "weak-algorithm"),
    (3683, "The revocation status of this certificate could not be verified", "crl-missing"),
    (3811, "Organization structures have not been initialized", "organization-structures"),
    (3812, "Multiple Organizations in Internet Site documents with the same IP address", "two-organizations"),
    (4677, "A hostname is required to configure SSL.", "hostname-required"),
    (5616, "The signer of the certificate is not trusted", "trust-not-established"),
    (5617, "The certificate of the authority is unavailable", "trust-not-established"),
    (5618, "The private key for this certificate is missing", "wrong-order"),
    (5629, "The PKCS#12 file cannot be read", "import-unreadable"),
    (5630, "The PKCS#12 file has an unsupported version or content", "import-unreadable"),
    (5631, "The PKCS#12 file or its password is bad", "import-unreadable"),
    (5949, "The certificate was revoked", "revoked"),
    (5950, "Certificate is expired or not yet valid", "expired"),
    (5951, "The CRL is expired or not yet valid", "crl-expired"),
    (5952, "A CRL was required, but not found for the certificate", "crl-missing"),
    (5953, "The chain is invalid due to a key usage violation", "key-usage"),
    (11505, "Unable to parse certificate", "crl-unreadable"),
    (11516, "Invalid certificate contents or format", "crl-unreadable"),
    (15100, "Unable to get NTI SSL configuration or certificate information.", "nti-configuration"),
    (15101, "SSL Certificate has expired.", "expired"),
    (15102, "SSL Certificate is Invalid.", "certificate-refused"),
];

/// The alerts of TLS (RFC 8446 section 6 and those before it) that end a handshake.
const ALERTS: &[Row] = &[
    (40, "handshake_failure", "no-common-cipher"),
    (41, "no_certificate", "client-certificate"),
    (42, "bad_certificate", "certificate-refused"),
    (43, "unsupported_certificate", "certificate-refused"),
    (44, "certificate_revoked", "revoked"),
    (45, "certificate_expired", "expired"),
    (46, "certificate_unknown", "certificate-refused"),
    (48, "unknown_ca", "issuer-unknown"),
    (51, "decrypt_error", "bad-signature"),
    (70, "protocol_version", "no-common-version"),
    (71, "insufficient_security", "no-common-cipher"),
    (100, "no_renegotiation", "renegotiation"),
    (112, "unrecognized_name", "unrecognised-name"),
    (116, "certificate_required", "client-certificate"),
];

/// The results of OpenSSL's verification that are met in practice.
const OPENSSL: &[Row] = &[
    (2, "unable to get issuer certificate", "issuer-unknown"),
    (3, "unable to get certificate CRL", "crl-missing"),
    (7, "certificate signature failure", "bad-signature"),
    (8, "CRL signature failure", "bad-signature"),
    (9, "certificate is not yet valid", "expired"),
    (10, "certificate has expired", "expired"),
    (11, "CRL is not yet valid", "crl-expired"),
    (12, "CRL has expired", "crl-expired"),
    (18, "self-signed certificate", "issuer-unknown"),
    (19, "self-signed certificate in certificate chain", "issuer-unknown"),
    (20, "unable to get local issuer certificate", "issuer-unknown"),
    (21, "unable to verify the first certificate", "issuer-unknown"),
    (23, "certificate revoked", "revoked"),
    (24, "invalid CA certificate", "key-usage"),
    (26, "unsuitable certificate purpose", "key-usage"),
    (62, "hostname mismatch", "name-mismatch"),
    (64, "IP address mismatch", "name-mismatch"),
];

/// Tells what a number may stand for; Domino's meaning comes first.
pub fn decode(given: u32) -> Vec<Status> {
    domino(given)
        .into_iter()
        .chain(small(given, Family::Alert, ALERTS))
        .chain(small(given, Family::OpenSsl, OPENSSL))
        .collect()
}

/// Tells what a number stands for as a status of Domino, if that is known.
pub fn domino(given: u32) -> Option<Status> {
    let marked = u16::try_from(given).ok()?;
    let number = marked & NUMBER;
    let mut parts = Vec::new();
    let package = (SSL_PACKAGE..SSL_PACKAGE + 16).contains(&number);
    let (text, problem) = if package {
        let offset = number - SSL_PACKAGE;
        parts.push(format!("SSL package, 0x{SSL_PACKAGE:04X} and offset {offset}"));
        ("The texts of the SSL package are not public.", "handshake-failure")
    } else {
        let (_, text, problem) = DOMINO.iter().find(|(known, ..)| *known == number)?;
        (*text, *problem)
    };
    if marked & REMOTE != 0 {
        parts.push("0x4000 marks what another machine sent".into());
    }
    if marked & DISPLAYED != 0 {
        parts.push("0x8000 marks what was shown already".into());
    }
    Some(Status {
        family: Family::Domino,
        given,
        number,
        text: text.into(),
        parts: parts.join("; "),
        problem,
    })
}

fn small(given: u32, family: Family, rows: &[Row]) -> Option<Status> {
    let (number, text, problem) = rows.iter().find(|(known, ..)| u32::from(*known) == given)?;
    Some(Status { family, given, number: *number, text: (*text).into(), parts: String::new(), problem })
}

/// Reads a number as people write it: `4171`, `0x104B`, `104Bh`, `104B`; digits alone are decimal.
pub fn number(word: &str) -> Option<u32> {
    let word = word.trim();
    let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    let hex = hex.or_else(|| word.strip_suffix(['h', 'H']).filter(|digits| !digits.is_empty()));
    if let Some(digits) = hex {
        return u32::from_str_radix(digits, 16).ok();
    }
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return word.parse().ok();
    }
    let hex = matches!(word.len(), 3..=8) && word.bytes().all(|b| b.is_ascii_hexdigit());
    hex.then(|| u32::from_str_radix(word, 16).ok())
        .flatten()
        .filter(|_| word.bytes().any(|b| b.is_ascii_digit()))
}

/// Returns the part of the reference on numbers.
pub(super) fn markdown() -> String {
    let mut out = String::from(
        "\n## Status numbers\n\nA status of Domino is the base of a package and an offset; 4160 to 4175 (0x1040 to 0x104F) are the SSL package,\n\
        whose texts are not public. 0x4000 and 0x8000 mark what another machine sent and what was shown already.\n\n\
        | number | hex | text | problem |\n|---|---|---|---|\n",
    );
    let problem = |key: &str| super::find(key).map_or("", |p| p.title).trim_end_matches('.').to_owned();
    for (number, text, key) in DOMINO {
        out.push_str(&format!("| {number} | {number:04X} | {text} | {} |\n", problem(key)));
    }
    for (title, rows) in [("TLS alert", ALERTS), ("OpenSSL verify code", OPENSSL)] {
        out.push_str(&format!("\n| {title} | text | problem |\n|---|---|---|\n"));
        for (number, text, key) in rows {
            out.push_str(&format!("| {number} | {text} | {} |\n", problem(key)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_every_way_it_is_written() {
        for text in ["4171", "0x104B", "0X104b", "104B", "104bh"] {
            assert_eq!(number(text), Some(4171), "{text}");
        }
        for text in ["", "bad", "4171x", "0x", "h", "deadbeef", "-5", "99999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn every_number_leads_to_a_problem() {
        for (number, ..) in DOMINO.iter().chain(ALERTS).chain(OPENSSL) {
            for status in decode(u32::from(*number)) {
                assert!(super::super::find(status.problem).is_some(), "{status:?}");
            }
        }
        let ssl = domino(4171).unwrap();
        assert_eq!((ssl.title().as_str(), ssl.problem), ("Domino status 4171 = 0x104B", "handshake-failure"));
        assert!(ssl.parts.contains("0x1040 and offset 11"), "{ssl:?}");
        assert!(
            domino(4160).is_some()
                && domino(4175).is_some()
                && domino(4176).is_none()
                && domino(4159).is_none()
        );
        let remote = domino(4171 | 0x4000).unwrap();
        assert!(remote.number == 4171 && remote.parts.contains("another machine"), "{remote:?}");
        assert_eq!(decode(0), []);
        assert_eq!(decode(u32::MAX), []);
        // 62 is OpenSSL's alone, 120 is Domino's.
        assert_eq!(decode(62)[0].family, Family::OpenSsl);
        assert_eq!(decode(3674)[0].problem, "chain-not-built");
    }

    proptest::proptest! {
        #[test]
        fn any_number_and_word_is_survived(given: u32, word: String) {
            let _ = decode(given);
            let _ = number(&word);
        }
    }
}
