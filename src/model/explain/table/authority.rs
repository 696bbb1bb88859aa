//! Problems with chains, trust and revocation, mostly met as status numbers.

use super::super::{Problem, cause};

pub(super) const PROBLEMS: &[Problem] = &[
    Problem {
        key: "chain-not-built",
        title: "No chain leads from the certificate to a trusted root.",
        texts: &[
            "A certificate chain could not be constructed",
            "Cert Chain Evaluation Status: err: *",
            "SSLCheckCertChain> Invalid certificate chain received",
            "Invalid certificate chain received",
            "X509CertChainIncompleteErr",
            "X509CertChainInvalidErr",
        ],
        meaning: "An issuer is missing between the certificate and a root that is trusted. In a trace at the start of a task it is \
            the server's own ring that is incomplete; in a handshake it may be that of the client.",
        causes: &[
            cause("An intermediate certificate is missing in the ring.", &["K09"]),
            cause("The root is not in the ring or its trust is off.", &["K10", "K11"]),
            cause("The intermediate of another root or of an earlier year was installed.", &["K09"]),
            cause("A client sent a certificate of an authority that the ring does not trust.", &["S11"]),
        ],
        look: &[
            "The chain, certificate by certificate: ringmaster verify keyring NAME.",
            "What a client gets sent: ringmaster probe HOST.",
            "Install what is missing: ringmaster keyring install NAME FILE takes intermediates too.",
        ],
        known: "Status 3674 (0x0E5A).",
    },
    Problem {
        key: "trust-not-established",
        title: "A certificate or CRL is signed by somebody who is not trusted.",
        texts: &[
            "Cannot establish trust in a certificate or CRL",
            "signer not trusted",
            "CA certificate unavailable",
            "The signer of the certificate is not trusted",
        ],
        meaning: "The signature leads to an authority that is not among the trusted ones, or whose certificate is not at hand.",
        causes: &[
            cause("The root is missing or its trust is switched off.", &["K10", "K11"]),
            cause("An intermediate is missing.", &["K09"]),
            cause("The CRL is of an authority with another key than the one that is trusted.", &["C04"]),
        ],
        look: &[
            "The chain and its roots: ringmaster verify keyring NAME.",
            "A CRL: ringmaster inspect FILE.",
        ],
        known: "Status 3659 (0x0E4B), 5616 and 5617.",
    },
    Problem {
        key: "bad-signature",
        title: "A signature does not verify.",
        texts: &[
            "Invalid signature on certificate or CRL",
            "certificate signature failure",
            "decrypt error",
            "SEC_ERROR_BAD_SIGNATURE",
            "ERR_CERT_INVALID",
            "bad signature",
        ],
        meaning: "The bytes were changed, or the certificate above has the right name and another key: typically after an authority \
            renewed its own certificate with a new key.",
        causes: &[
            cause("The authority's certificate in the ring has the same name and an older key.", &["K09"]),
            cause("The certificate or CRL was damaged on the way.", &["W01"]),
        ],
        look: &[
            "Each signature is tested by: ringmaster verify keyring NAME, or ringmaster verify file FILE.",
        ],
        known: "Status 3649 (0x0E41).",
    },
    Problem {
        key: "weak-algorithm",
        title: "A key or signature algorithm is refused.",
        texts: &[
            "Unsupported certificate or CRL signature algorithm",
            "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
            "ERR_CERT_WEAK_SIGNATURE_ALGORITHM",
            "ERR_SSL_WEAK_SERVER_EPHEMERAL_DH_KEY",
            "ee key too small",
            "ca md too weak",
            "dh key too small",
            "Algorithm constraints check failed",
            "SSL_TRUSTPOLICY> bits for signature hashes: *",
        ],
        meaning: "MD5, SHA-1 and RSA keys below 2048 bits are refused by clients today; the other way round, old servers do not know \
            ECDSA, Ed25519 or RSA-PSS.",
        causes: &[
            cause("A certificate of the chain has a short key or a SHA-1 signature.", &["K14"]),
            cause(
                "The certificate has a kind of key that the release does not know: EC keys need Domino 12.",
                &[],
            ),
            cause("The Diffie-Hellman group is too small: take the DHE suites out of the list.", &["S16"]),
        ],
        look: &[
            "Keys and signatures: ringmaster verify keyring NAME; the rule: ringmaster doctor --explain K14.",
        ],
        known: "Status 3680 (0x0E60).",
    },
    Problem {
        key: "not-found-here",
        title: "A certificate, private key or CRL was not found.",
        texts: &["Certificate, private key or CRL was not found", "certificate not found"],
        meaning: "What was asked for is not in the ring or in the person's ID.",
        causes: &[
            cause("The ring has a key and no certificate.", &["K07"]),
            cause("The ring that is named is not there.", &["K01"]),
            cause("The certifier has not signed a CRL.", &["C01", "C02"]),
        ],
        look: &["What the ring holds: ringmaster keyring show NAME.", "CRLs: ringmaster crl due."],
        known: "Status 3673 (0x0E59), 5617 and 5618.",
    },
    Problem {
        key: "revoked",
        title: "The certificate is revoked.",
        texts: &[
            "The certificate was revoked",
            "certificate revoked",
            "ERR_CERT_REVOKED",
            "SEC_ERROR_REVOKED_CERTIFICATE",
            "alert certificate revoked",
            "CRYPT_E_REVOKED",
        ],
        meaning: "Its authority has listed it, and whoever asks refuses it. That cannot be taken back, except for a certificate on hold.",
        causes: &[
            cause("A certificate in use here is revoked.", &["K23"]),
            cause("The client's certificate is revoked.", &["P02"]),
        ],
        look: &[
            "Why and since when: ringmaster certificate list --filter status:revoked.",
            "Get a new one with a new key: ringmaster keyring renew NAME --key p-256.",
        ],
        known: "Status 5949 (0x173D).",
    },
    Problem {
        key: "crl-missing",
        title: "A CRL was required and is not at hand.",
        texts: &[
            "A CRL was required, but not found for the certificate",
            "The revocation status of this certificate could not be verified",
            "unable to get certificate CRL",
            "unable to get certificate CRL issuer",
            "revocation check failed",
            "CRYPT_E_NO_REVOCATION_CHECK",
            "CRYPT_E_REVOCATION_OFFLINE",
            "ERR_CERT_UNABLE_TO_CHECK_REVOCATION",
        ],
        meaning: "\"Check for CRLs\" is Yes, no CRL of the issuer was found, and \"Allow CRL search to fail\" is No: every client \
            certificate is refused.",
        causes: &[
            cause("No CRL was ever signed or published.", &["C01", "S15"]),
            cause("The place named in the certificates does not answer.", &[]),
            cause("Client certificates come from an authority that publishes none.", &["S15"]),
        ],
        look: &[
            "The latest CRL: ringmaster crl due; sign one with: ringmaster crl issue NAME.",
            "What the switches mean: ringmaster site crl-rules NAME.",
        ],
        known: "Status 5952 (0x1740) and 3683 (0x0E63).",
    },
    Problem {
        key: "crl-expired",
        title: "The CRL is past its date or not valid yet.",
        texts: &["The CRL is expired or not yet valid", "CRL has expired", "CRL is not yet valid"],
        meaning: "The next CRL should have come already. With \"Trust expired CRLs\" No, an old one counts as none.",
        causes: &[
            cause("The certifier's CRL is due and was not signed.", &["C01"]),
            cause("It was signed and not published.", &["C01", "S15"]),
            cause("A clock is wrong, on the server or where it was signed.", &[]),
        ],
        look: &[
            "Due dates: ringmaster crl due; sign: ringmaster crl issue NAME.",
            "What the switches mean: ringmaster site crl-rules NAME.",
        ],
        known: "Status 5951 (0x173F).",
    },
    Problem {
        key: "crl-unreadable",
        title: "A CRL or certificate cannot be read.",
        texts: &[
            "Invalid CRL contents or format",
            "Unable to parse certificate",
            "invalid certificate contents or format",
            "This is not a readable certificate",
            "no start line",
            "asn1 encoding routines",
        ],
        meaning: "The bytes are no certificate or CRL: another format, cut short, or with text of a mail around them.",
        causes: &[
            cause("It is DER where PEM is expected, or the other way round.", &[]),
            cause("Lines were lost or changed by copying it through a mail program.", &[]),
            cause("A file of the workspace is damaged.", &["W01"]),
        ],
        look: &["What the file holds: ringmaster inspect FILE."],
        known: "Status 3667 (0x0E53), 11505 and 11516.",
    },
    Problem {
        key: "key-usage",
        title: "A certificate of the chain may not be used so.",
        texts: &[
            "chain invalid due to a key usage violation",
            "unsuitable certificate purpose",
            "unsupported certificate purpose",
            "invalid CA certificate",
            "SEC_ERROR_INADEQUATE_KEY_USAGE",
            "SEC_ERROR_INADEQUATE_CERT_TYPE",
            "SEC_ERROR_CA_CERT_INVALID",
            "Extended key usage does not permit use for TLS server authentication",
            "ERR_SSL_KEY_USAGE_INCOMPATIBLE",
        ],
        meaning: "Key usage and extended key usage say what a certificate is for. One in the chain lacks what its place asks for: a \
            server's needs serverAuth, a client's clientAuth, an authority's the right to sign certificates.",
        causes: &[
            cause("The certificate was issued for another purpose.", &["K17"]),
            cause("A certificate that is no authority's stands as an intermediate.", &["K09", "K17"]),
        ],
        look: &[
            "Each certificate with its usages: ringmaster verify keyring NAME.",
            "The profile: ringmaster profile show NAME.",
        ],
        known: "Status 5953 (0x1741).",
    },
];
