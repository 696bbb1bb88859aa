//! Names of object identifiers that administrators meet, for reading only.

/// Dotted identifiers with the names that RFCs and common tools give them, in numerical order of their text.
const NAMES: &[(&str, &str)] = &[
    ("0.9.2342.19200300.100.1.1", "userId"),
    ("0.9.2342.19200300.100.1.25", "domainComponent"),
    ("1.2.840.10040.4.1", "dsa"),
    ("1.2.840.10045.2.1", "ecPublicKey"),
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.2.840.10045.4.1", "ecdsaWithSHA1"),
    ("1.2.840.10045.4.3.2", "ecdsaWithSHA256"),
    ("1.2.840.10045.4.3.3", "ecdsaWithSHA384"),
    ("1.2.840.10045.4.3.4", "ecdsaWithSHA512"),
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.10", "rsassaPss"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.8", "mgf1"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.2.840.113549.1.9.14", "extensionRequest"),
    ("1.2.840.113549.1.9.7", "challengePassword"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
    ("1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestamps"),
    ("1.3.6.1.4.1.11129.2.4.3", "precertificatePoison"),
    ("1.3.6.1.4.1.311.20.2", "microsoftCertificateTemplateName"),
    ("1.3.6.1.4.1.311.21.1", "microsoftCaVersion"),
    ("1.3.6.1.4.1.311.21.10", "microsoftApplicationPolicies"),
    ("1.3.6.1.4.1.311.21.7", "microsoftCertificateTemplate"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.11", "subjectInfoAccess"),
    ("1.3.6.1.5.5.7.1.24", "tlsFeature"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ("1.3.6.1.5.5.7.2.1", "cps"),
    ("1.3.6.1.5.5.7.2.2", "userNotice"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("1.3.6.1.5.5.7.48.1", "ocsp"),
    ("1.3.6.1.5.5.7.48.1.5", "ocspNoCheck"),
    ("1.3.6.1.5.5.7.48.2", "caIssuers"),
    ("2.16.840.1.101.3.4.2.1", "sha256"),
    ("2.16.840.1.101.3.4.2.2", "sha384"),
    ("2.16.840.1.101.3.4.2.3", "sha512"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
    ("2.16.840.1.113730.1.1", "netscapeCertType"),
    ("2.16.840.1.113730.1.13", "netscapeComment"),
    ("2.23.140.1.1", "extendedValidation"),
    ("2.23.140.1.2.1", "domainValidated"),
    ("2.23.140.1.2.2", "organizationValidated"),
    ("2.23.140.1.2.3", "individualValidated"),
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.16", "privateKeyUsagePeriod"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.20", "cRLNumber"),
    ("2.5.29.21", "cRLReason"),
    ("2.5.29.24", "invalidityDate"),
    ("2.5.29.27", "deltaCRLIndicator"),
    ("2.5.29.28", "issuingDistributionPoint"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.32.0", "anyPolicy"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extKeyUsage"),
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("2.5.29.46", "freshestCRL"),
    ("2.5.29.54", "inhibitAnyPolicy"),
    ("2.5.29.9", "subjectDirectoryAttributes"),
    ("2.5.4.10", "organizationName"),
    ("2.5.4.11", "organizationalUnitName"),
    ("2.5.4.12", "title"),
    ("2.5.4.3", "commonName"),
    ("2.5.4.4", "surname"),
    ("2.5.4.42", "givenName"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "countryName"),
    ("2.5.4.7", "localityName"),
    ("2.5.4.8", "stateOrProvinceName"),
    ("2.5.4.9", "streetAddress"),
    ("2.5.4.97", "organizationIdentifier"),
];

/// Returns the name of a dotted identifier.
pub fn of(dotted: &str) -> Option<&'static str> {
    NAMES.binary_search_by_key(&dotted, |(oid, _)| oid).ok().and_then(|i| NAMES.get(i)).map(|(_, name)| *name)
}

/// Writes an identifier with its name: `serverAuth (1.3.6.1.5.5.7.3.1)`, or the digits alone.
pub fn named(dotted: &str) -> String {
    of(dotted).map_or_else(|| dotted.to_owned(), |name| format!("{name} ({dotted})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_identifier_is_one() {
        assert!(NAMES.windows(2).all(|w| w[0].0 < w[1].0), "sorted, each once");
        for (oid, name) in NAMES {
            assert!(crate::pki::der::oid(oid).is_some(), "{oid}");
            assert_eq!(of(oid), Some(*name));
        }
        assert_eq!(named("1.2.3.4"), "1.2.3.4");
    }
}
