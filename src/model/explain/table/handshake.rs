//! Problems of the handshake itself: versions, ciphers, alerts, sessions.

use super::super::{Problem, cause};

pub(super) const PROBLEMS: &[Problem] = &[
    Problem {
        key: "handshake-failure",
        title: "A handshake with a client failed, and the server gives only a number.",
        texts: &[
            "HTTP Server: SSL handshake failure, IP address [*], Key Ring [*], error status [*]",
            "SSL handshake failure, IP address *",
            "HTTP Server: SSL handshake failure",
            "SSL handshake failure",
            "TLS handshake failure",
        ],
        meaning: "A client began TLS and it came to no end. The status is of the SSL package (0x1040 and an offset from 0 to 15), \
            whose texts are not public; 4171 is offset 11. A single line is often a scanner or a client that left; many of one peer \
            or ring are a fault.",
        causes: &[
            cause("Client and server have no version or cipher in common.", &["S16", "S17"]),
            cause(
                "The client refuses the certificate: name, date, issuer or a missing intermediate.",
                &["K09", "K12", "K13", "K16"],
            ),
            cause("The ring does not open or holds no certificate.", &["K02", "K06", "K07", "K08"]),
            cause(
                "A client certificate is asked for, and the client has none or one that is not trusted.",
                &["S11", "S13"],
            ),
            cause("A port scanner or a monitor opens the port and closes it without TLS.", &[]),
        ],
        look: &[
            "Which peers and rings, how often: ringmaster explain --log console.log.",
            "What a client gets to see: ringmaster probe HOST; what is offered: ringmaster probe HOST --matrix.",
            "On the server, for a short while: set config DEBUG_SSL_HANDSHAKE=2, and read the trace the same way.",
        ],
        known: "SPR CVEO52JHNS (fixed in 6.0); WRAY5HVRUM (fixed in 6.0.3): such lines swelled the log.",
    },
    Problem {
        key: "no-common-cipher",
        title: "Client and server have no cipher suite in common.",
        texts: &[
            "no shared cipher",
            "no common algorithm",
            "The client and server cannot communicate, because they do not possess a common algorithm",
            "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
            "SSL_ERROR_NO_CYPHER_OVERLAP",
            "no cipher suites in common",
            "no ciphers available",
            "no suitable signature algorithm",
            "no shared signature algorithms",
            "sslv3 alert handshake failure",
            "alert handshake failure",
            "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
            "handshake_failure (40)",
            "insufficient security",
            "No ciphers specified (no shared ciphers or no shared protocols)",
        ],
        meaning: "Every suite that one side offers is refused by the other: the list is too narrow, only weak ones are left, or the \
            key of the ring fits none of them. The alert for it is handshake_failure, number 40.",
        causes: &[
            cause(
                "The cipher list of the document is empty or holds only suites that the release or the client refuses.",
                &["S16"],
            ),
            cause(
                "The key does not fit: ECDSA suites need a ring with an EC key, RSA suites one with an RSA key.",
                &["K14"],
            ),
            cause("The client is so old that it knows only CBC, RSA key exchange or RC4.", &[]),
            cause("The server has no certificate for the name that was asked for.", &["K07", "S06"]),
        ],
        look: &[
            "The suites that are offered, by version: ringmaster probe HOST --matrix.",
            "What a list means: ringmaster cipher explain LIST; what a ring can use: ringmaster cipher list --keyring NAME.",
            "Try the change before it is deployed: ringmaster site rehearse NAME.",
        ],
        known: "From Domino 14 on everything but six suites needs USE_WEAK_SSL_CIPHERS=1.",
    },
    Problem {
        key: "no-common-version",
        title: "Client and server have no version of TLS in common.",
        texts: &[
            "unsupported protocol",
            "tlsv1 alert protocol version",
            "alert protocol version",
            "no protocols available",
            "ERR_SSL_OBSOLETE_VERSION",
            "SSL_ERROR_UNSUPPORTED_VERSION",
            "SSL_ERROR_PROTOCOL_VERSION_ALERT",
            "protocol is disabled or cipher suites are inappropriate",
            "* chose a version of TLS that is not supported here",
            "SSL2ProcessClientHello",
            "Reading an insecure SSLv2 record",
        ],
        meaning: "One side knows only versions that the other has switched off: SSL 2.0 and 3.0 and TLS 1.0 and 1.1 are refused \
            today, and the internet stack of Domino had no TLS 1.3 as of early 2026.",
        causes: &[
            cause(
                "The server is older than TLS 1.2 (before 9.0.1 FP3), or TLS 1.2 is switched off there.",
                &["S17"],
            ),
            cause("The client knows only TLS 1.0 or begins with the hello of SSL 2.0.", &[]),
            cause("The protocol version in the document is one of the SSL choices.", &["S17"]),
        ],
        look: &[
            "The versions that are offered: ringmaster probe HOST --matrix.",
            "In notes.ini: SSL_DISABLE_TLS_10, SSL_ENABLE_TLS_10, DISABLE_SSLV3, SSL_ENABLE_INSECURE_SSLV2_HELLO.",
        ],
        known: "SPR LMES9QRUZY: after SSL 2.0 hellos were refused, old senders could not use STARTTLS.",
    },
    Problem {
        key: "not-tls",
        title: "What answers at the port does not speak TLS.",
        texts: &[
            "wrong version number",
            "packet length too long",
            "record layer failure",
            "ERR_SSL_PROTOCOL_ERROR",
            "SSL_ERROR_RX_RECORD_TOO_LONG",
            "http request",
            "unknown protocol",
            "Unrecognized SSL message, plaintext connection?",
            "* does not speak TLS at this port",
            "not TLS: the client says *",
            "The plain HTTP request was sent to HTTPS port",
        ],
        meaning: "One side speaks TLS and the other something else: HTTP, or a mail protocol that begins without TLS and waits for \
            STARTTLS.",
        causes: &[
            cause("TCP and TLS port are mixed up, in the client or in the document.", &["S18"]),
            cause(
                "The port begins without TLS: use STARTTLS or the port that is TLS from the first byte.",
                &[],
            ),
            cause("A proxy or firewall in between answers with a page of its own.", &[]),
        ],
        look: &[
            "What answers there: ringmaster probe HOST --port PORT.",
            "The ports of the document: ringmaster site show NAME.",
        ],
        known: "",
    },
    Problem {
        key: "closed-in-handshake",
        title: "The connection ended in the middle of the handshake.",
        texts: &[
            "unexpected eof while reading",
            "unexpected EOF",
            "PR_END_OF_FILE_ERROR",
            "PR_CONNECT_RESET_ERROR",
            "ERR_CONNECTION_RESET",
            "ERR_CONNECTION_CLOSED",
            "Connection reset by peer",
            "SSL_ERROR_SYSCALL",
            "Remote host terminated the handshake",
            "Remote host closed connection during handshake",
            "* closed the connection during the handshake",
            "the client went away during the handshake",
            "write:errno=104",
        ],
        meaning: "One side closed without an alert. Servers do so when their keyring does not open or when the task crashes; \
            firewalls do it when a name or a protocol is not allowed.",
        causes: &[
            cause("The keyring does not open on the server, or has no certificate.", &["K02", "K06", "K07"]),
            cause("A firewall or proxy in between cuts the connection.", &[]),
            cause(
                "The client gave up: a scanner, a monitor, or a browser that refused the certificate.",
                &["K12", "K16"],
            ),
        ],
        look: &[
            "The stage that fails: ringmaster probe HOST.",
            "The console of the server at this moment: ringmaster explain --log FILE.",
        ],
        known: "SPR DKEN4V2V6X (fixed in 6.0): the server did not shut down cleanly after errors.",
    },
    Problem {
        key: "session-too-small",
        title: "Session data is larger than its place in the cache.",
        texts: &[
            "New SSL session data length of * bytes is larger than the current size of * bytes",
            "You may want to set the Notes.ini variable SSL_SESSION_SIZE to at least * bytes",
        ],
        meaning: "A session that could be resumed holds the client's certificate; with a large one it does not fit. The handshake \
            works, it is only not resumed.",
        causes: &[cause("Clients with large certificates or long chains connect.", &[])],
        look: &[
            "In notes.ini: SSL_SESSION_SIZE (8000 is often enough); SSL_RESUMABLE_SESSIONS is the number of entries, 1 switches it off.",
        ],
        known: "SPR DKEN55C4E6 (fixed in 6.0): a session was resumed with another cipher.",
    },
    Problem {
        key: "weak-cipher-disabled",
        title: "The server leaves a weak cipher out.",
        texts: &[
            "SSLDisableExportCiphers> Disabling weak cipher *",
            "Disabling weak cipher *. Set notes.ini \"USE_WEAK_SSL_CIPHERS=1\" to re-enable",
            "Server key (* bits) too strong for EXPORT1024 ciphers",
            "User is forcing * cipher spec bitmask for * ciphers",
        ],
        meaning: "The list in the document or in notes.ini names suites that the server switches off by itself. That is no fault, \
            unless an old client has no other one.",
        causes: &[
            cause("The cipher list holds suites of the time of DES, RC4 and export keys.", &["S16"]),
            cause("SSLCipherSpec in notes.ini replaces the lists of all documents.", &[]),
        ],
        look: &[
            "What the list means: ringmaster cipher explain LIST.",
            "Take the suites out of the list, rather than switch them on again.",
        ],
        known: "From 10.0.1 on SSLCipherSpec is said to be moved into the documents at the upgrade; sources differ.",
    },
    Problem {
        key: "handshake-not-done",
        title: "A trace says that the handshake goes on, which is no error.",
        texts: &[
            "SSLHandshakeNoDone",
            "int_MapSSLError> Mapping SSL error -5000 to *",
            "int_MapSSLError> Mapping SSL error 0 to 0 [SSLNoErr]",
        ],
        meaning: "In the traces of the TLS stack the value -5000 means that more of the handshake has to come; 0 is success. Only \
            what comes last on the same thread says how it ended.",
        causes: &[cause("The trace was switched on; the lines come with every handshake.", &[])],
        look: &[
            "How each one ended, and which did not: ringmaster explain --log FILE.",
            "Switch the trace off again: set config DEBUG_SSL_ALL=0.",
        ],
        known: "SPR RGET66EUT4 (fixed in 7.0): thread logs told neither of failed handshakes nor of their end.",
    },
    Problem {
        key: "unrecognised-name",
        title: "No site answers for the name that the client asked for.",
        texts: &[
            "tlsv1 unrecognized name",
            "alert unrecognized name",
            "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
            "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
            "unrecognized_name",
        ],
        meaning: "The client names a host in the handshake (SNI), and the server has no site for it, so that it ends the handshake or \
            shows the certificate of another site.",
        causes: &[
            cause("No site document lists the host name.", &["S01"]),
            cause("The server does not choose by name: before 12 SNI needs ENABLE_SNI=1.", &["S06"]),
            cause(
                "More rings than the cache holds: SSL_KYR_CACHE_MAX_SIZE, 10 by default on 11.0.1.",
                &["K22"],
            ),
        ],
        look: &[
            "Who answers for a name: ringmaster site who HOST.",
            "What the server shows with and without the name: ringmaster probe HOST.",
        ],
        known: "",
    },
    Problem {
        key: "renegotiation",
        title: "A second handshake on the same connection is refused.",
        texts: &[
            "unsafe legacy renegotiation disabled",
            "no renegotiation",
            "renegotiation is not allowed",
            "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
        ],
        meaning: "Renegotiation without RFC 5746 lets an attacker put text before that of a client (CVE-2009-3555). Clients refuse \
            servers that do not know the safe form, and servers refuse to do it at all.",
        causes: &[
            cause("The server is too old for secure renegotiation.", &[]),
            cause(
                "Client certificates are asked for by path, which needs a second handshake up to TLS 1.2.",
                &["S11"],
            ),
        ],
        look: &[
            "In notes.ini: SSL_Disable_Renegotiate, TLS_ALLOW_RENEGOTIATION.",
            "What the server offers: ringmaster probe HOST --matrix.",
        ],
        known: "KB0036502.",
    },
];
