//! What a server or client says of the peers it connects to: mail, POP, IMAP, LDAP.

use super::super::{Problem, cause};

pub(super) const PROBLEMS: &[Problem] = &[
    Problem {
        key: "remote-not-trusted",
        title: "The certificate of the server that was connected to is not trusted.",
        texts: &[
            "Remote server certificate authentication failed",
            "SSL No Cross Certificate available",
            "No cross certificate available",
        ],
        meaning: "Here the server or client is the one who looks: the peer's certificate leads to no root that it trusts. A Notes \
            client wants a cross certificate for the authority, a server a trusted root in its ring.",
        causes: &[
            cause("The peer's root is not in the ring, or its trust is off.", &["K10", "K11"]),
            cause("The client has no cross certificate for the peer's authority.", &[]),
            cause("The peer's certificate has ended or has another name.", &[]),
        ],
        look: &[
            "What the peer sends: ringmaster probe HOST.",
            "Trust its root: ringmaster keyring trust NAME FILE.",
            "\"Accept SSL site certificates\" would switch the check off: leave it No.",
        ],
        known: "Status 120 and 121. SPR CCAY53SP2M (fixed in 6.0): the client did not check the server's certificate.",
    },
    Problem {
        key: "nti-configuration",
        title: "The TLS configuration of a connection cannot be read.",
        texts: &[
            "Unable to get NTI SSL configuration or certificate information",
            "NTI SSL configuration unavailable",
        ],
        meaning: "A task wanted to begin TLS and could not get at its keyring or settings.",
        causes: &[
            cause(
                "The ring or its stash is missing, cannot be read or does not open.",
                &["K01", "K02", "K04", "K06"],
            ),
            cause("The document names no keyring.", &["S22"]),
        ],
        look: &[
            "The ring as the server sees it: ringmaster keyring show NAME, and both files on the server.",
        ],
        known: "Status 15100 (0x3AFC).",
    },
    Problem {
        key: "starttls",
        title: "STARTTLS is not offered or does not come about.",
        texts: &[
            "STARTTLS not supported",
            "Must issue a STARTTLS command first",
            "TLS not available",
            "454 4.7.0 TLS not available",
            "didn't found STARTTLS in server response",
            "SMTP CITask EstablishSSLSession> *",
            "STARTTLS is required but was not offered",
        ],
        meaning: "The connection begins without TLS and one side asks to change over. The other does not offer it, or its certificate \
            is not ready.",
        causes: &[
            cause("\"Negotiated SSL\" of the SMTP server is off.", &[]),
            cause(
                "There is no SMTP site for this server, or its keyring has no certificate.",
                &["S01", "K07", "S22"],
            ),
            cause("A firewall takes STARTTLS out of the greeting.", &[]),
        ],
        look: &[
            "Try it: ringmaster probe HOST --starttls smtp.",
            "A trace: SMTPDebugSSL=1, read with: ringmaster explain --log FILE.",
        ],
        known: "KB0029557. SPR BDAS5BBT9A (fixed in 6.0.1) made TLS optional where it had been demanded.",
    },
    Problem {
        key: "ldap-bind",
        title: "An LDAP connection over TLS does not come to its bind.",
        texts: &[
            "Can't contact LDAP server",
            "ldap_start_tls: *",
            "ldap_sasl_bind(SIMPLE): Can't contact LDAP server (-1)",
            "TLS: can't connect",
        ],
        meaning: "Programs of LDAP hide the handshake behind one text: name, port, certificate or bind may have failed.",
        causes: &[
            cause(
                "The client does not trust the certificate or the name in it; LDAP clients refuse then without a word.",
                &["K09", "K16"],
            ),
            cause("The port is not the one for TLS (636), or STARTTLS is needed.", &[]),
            cause("There is no LDAP site, or it lets nobody in.", &["S01", "S10"]),
        ],
        look: &[
            "The stage that fails: ringmaster probe HOST --port 636.",
            "With more words: ldapsearch -d 1.",
        ],
        known: "SPR SONL4R5S87 (6.0) and CCAY5M6STJ (6.5.0).",
    },
];
