//! Problems with the certificate store (certstore.nsf) and CertMgr of Domino 12 and later.

use super::super::{Problem, cause};

pub(super) const PROBLEMS: &[Problem] = &[
    Problem {
        key: "certstore-missing",
        title: "The certificate store is not on the server.",
        texts: &[
            "The Certificate Store database (certstore.nsf) is not available on this server",
            "TLSCache-*: The Certificate Store database (certstore.nsf) is not available on this server",
        ],
        meaning: "From 12 on each task asks the certificate store first and takes keyrings when it finds nothing there. CertMgr was \
            never loaded here, so there is none; keyrings go on working.",
        causes: &[
            cause("CertMgr was not loaded; it does not start by itself after an upgrade.", &[]),
            cause("The replica from the CertMgr server has not come yet.", &[]),
        ],
        look: &[
            "On the console: load certmgr; for good: ServerTasks in notes.ini.",
            "Tasks read the store when they start: restart them once.",
        ],
        known: "",
    },
    Problem {
        key: "tls-cache",
        title: "The TLS cache of a task found no credential.",
        texts: &["TLSCache-* CacheLookupResult * Err: *", "CacheLookupRequest", "CacheLookupResult"],
        meaning: "With CERTSTORE_CACHELOG=1 each look-up in the cache of the certificate store is told: host or tag asked for, kind \
            of key, and an error number, 0x0 where it was found. Where nothing is found the keyring of the document is taken.",
        causes: &[
            cause("The host name is not among the host names of any TLS Credentials document.", &[]),
            cause(
                "The key file name of the site is neither a tag nor a host name of a credential.",
                &["K01"],
            ),
            cause("\"Servers with access\" of the credential does not name this server.", &[]),
        ],
        look: &[
            "Names and errors, counted: ringmaster explain --log FILE.",
            "On the console: tell certmgr show certs.",
        ],
        known: "",
    },
    Problem {
        key: "credential-not-used",
        title: "A credential of the certificate store is never used.",
        texts: &[
            "Servers with access",
            "certificate store credential is not used",
            "wildcard credential not found",
        ],
        meaning: "The document is in the store and the task still shows another certificate.",
        causes: &[
            cause("\"Servers with access\" is empty or names other servers.", &[]),
            cause(
                "A wildcard name was not matched by HTTP; reports differ, adding the whole host name helped.",
                &[],
            ),
            cause("The task has started before the store was there.", &[]),
        ],
        look: &[
            "Which certificate answers: ringmaster probe HOST.",
            "CERTSTORE_CACHELOG=1, then: ringmaster explain --log FILE.",
        ],
        known: "Whether wildcards are matched by the look-up is told differently by different sources.",
    },
    Problem {
        key: "ocsp-disabled",
        title: "OCSP is not configured.",
        texts: &[
            "CertMgr: OCSP is disabled on this server",
            "OCSP is disabled on this server",
            "no OCSP response",
            "OCSP response: no response sent",
        ],
        meaning: "The status of certificates is not asked for, because no responder is named.",
        causes: &[cause("OCSP_RESPONDER is not set in notes.ini.", &[])],
        look: &[
            "Set OCSP_RESPONDER to the responder's address; it only shows the status in: tell certmgr show ocsp.",
        ],
        known: "",
    },
    Problem {
        key: "acme-challenge",
        title: "The challenge of an ACME authority fails.",
        texts: &[
            "ACME challenge failed",
            "urn:ietf:params:acme:error:*",
            "Challenge failed",
            "Invalid response from http://*/.well-known/acme-challenge/*",
            "Timeout during connect (likely firewall problem)",
        ],
        meaning: "The authority fetches a file from port 80 of the host, from several places of the world, and did not get the answer \
            it wants.",
        causes: &[
            cause("Port 80 is closed, or open only to some countries.", &[]),
            cause("There is an AAAA record and nothing listens over IPv6.", &[]),
            cause("The site redirects to TLS before there is a certificate.", &["K07"]),
            cause("The server asks for a login: HTTPPUBLICURLS=/.well-known/acme-challenge/*.", &[]),
        ],
        look: &[
            "From outside: curl -v http://HOST/.well-known/acme-challenge/test.",
            "The addresses of the name: dig HOST A, dig HOST AAAA.",
        ],
        known: "",
    },
    Problem {
        key: "broken-import-14",
        title: "An import made with the Notes 14.0 client is broken.",
        texts: &["import broken Notes 14.0 client", "TLS Credentials import fails with Notes 14.0"],
        meaning: "Notes clients of 14.0 write TLS Credentials that servers cannot use; it is mended in 14.0 FP1.",
        causes: &[cause("The import was done with a 14.0 client without fix packs.", &[])],
        look: &["Do it again with a 12.0.x client or with 14.0 FP1."],
        known: "",
    },
];
