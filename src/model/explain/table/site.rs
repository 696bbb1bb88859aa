//! Problems with Internet Site documents, Server documents and ports.

use super::super::{Problem, cause};

pub(super) const PROBLEMS: &[Problem] = &[
    Problem {
        key: "no-site-allows-ssl",
        title: "A TLS port is open and no site document of its kind allows TLS.",
        texts: &[
            "SSL Port is enabled, but there are no Internet Site Documents allowing SSL for this server",
            "there are no Internet Site Documents allowing SSL for this server",
            "TLS Port is enabled, but there are no Internet Site Documents allowing TLS",
        ],
        meaning: "The Server document opens the port and loads Internet Sites: then every protocol needs a site document that names \
            this server and lets somebody in over TLS. The task finds none and does not serve the port.",
        causes: &[
            cause("There is no site document of this kind.", &["S01"]),
            cause("The document names other servers, or another organisation.", &["S01", "S19"]),
            cause("All of its authentication options over TLS are No.", &["S01", "S10"]),
            cause(
                "Another document of the same kind and organisation comes first and has TLS off.",
                &["S05"],
            ),
            cause("The document is disabled or names no keyring.", &["S22"]),
        ],
        look: &[
            "The documents: ringmaster site list; who answers and why: ringmaster site who HOST.",
            "The ports of the server: either a document for each open TLS port, or close the port.",
        ],
        known: "SPR NORK5TLPM9 (fixed in 6.0.5, 6.5.4 and 7.0): the message did not say which condition failed.",
    },
    Problem {
        key: "site-not-enabled",
        title: "The server refuses because no site document lets the client in.",
        texts: &["This site is not enabled on the server", "site is not enabled on this server"],
        meaning: "The server loads Internet Sites, and for this protocol it finds no document, or one whose authentication options \
            for this port are all No. The switch is all or nothing: every protocol needs its document.",
        causes: &[
            cause("There is no site document for this protocol, server and organisation.", &["S01"]),
            cause("All authentication options of the port are No.", &["S10"]),
            cause("The document is hosted by other servers.", &["S19"]),
        ],
        look: &[
            "Who answers and why: ringmaster site who HOST --protocol KIND.",
            "The Security fields: ringmaster site show NAME.",
        ],
        known: "",
    },
    Problem {
        key: "two-organizations",
        title: "Two organisations claim one IP address.",
        texts: &[
            "Multiple Organizations in Internet Site documents with the same IP address",
            "Multiple Organizations * same IP address",
        ],
        meaning: "A server finds the organisation by the address a connection arrives at. Site documents of two organisations list \
            the same address, so it cannot.",
        causes: &[cause("Two site documents of different organisations list the same address.", &["S03"])],
        look: &[
            "Give each organisation an address of its own, or both documents the same organisation: ringmaster site list.",
        ],
        known: "Status 3812.",
    },
    Problem {
        key: "organization-structures",
        title: "The server has not read the site documents yet.",
        texts: &[
            "Organization structures have not been initialized",
            "Unable to load Organization Name: IP Addr: *",
            "Lookup of IP address for host * failed",
            "Unable to load Organization Name",
        ],
        meaning: "The table of organisations and addresses is built from the site documents. It is not ready, or a host name in a \
            document has no address in the name service.",
        causes: &[
            cause("A host name in a site document is not found by the name service of the server.", &[]),
            cause("A site document names no organisation.", &[]),
            cause(
                "The directory was not ready when the task started; it reads the documents again after a while.",
                &[],
            ),
        ],
        look: &[
            "Look each host name up on the server itself: nslookup HOST.",
            "The documents: ringmaster site list.",
        ],
        known: "Status 3811.",
    },
    Problem {
        key: "site-cache",
        title: "The server tells of its table of addresses and organisations, which is no error.",
        texts: &[
            "Add IP address to Internet Site cache: *",
            "Purge IP address from Internet Site cache: *",
            "Organization Name Lookup: IP Addr: *, OrgName: *",
        ],
        meaning: "The server finds the organisation of a connection by its address, and keeps what it found. With debugging on it \
            tells of each look-up; which organisation comes out decides which site document answers.",
        causes: &[cause("Debugging of Internet Sites is switched on.", &[])],
        look: &[
            "Whether the organisation is the one of the document that should answer: ringmaster site who HOST.",
        ],
        known: "",
    },
    Problem {
        key: "ssl-required",
        title: "A resource asks for TLS and was reached without.",
        texts: &[
            "SSL Connection Required Exception - Access to this resource requires an SSL connection",
            "Access to this resource requires an SSL connection",
            "SSL Connection Required Exception",
            "Access to this resource requires a TLS connection",
        ],
        meaning: "A database has the property that the Web may reach it over TLS only. The request came over the TCP port, and no \
            redirect to the TLS port was possible.",
        causes: &[
            cause("The TLS port of HTTP is disabled while a database asks for it.", &["S01", "S02"]),
            cause("\"Redirect TCP to SSL\" is No in the site document.", &["S09"]),
            cause("The redirect leads to a wrong port or name.", &["S07", "S08"]),
        ],
        look: &[
            "The ports of the server and the redirect of the site: ringmaster site show NAME.",
            "Try it: ringmaster site rehearse NAME.",
        ],
        known: "SPR DCOY5XTKJB (fixed in 6.0.5, 6.5.3 and 7.0); DMEA5KZQR2: the redirect left a port other than 443 out.",
    },
    Problem {
        key: "redirect-loop",
        title: "A redirect leads nowhere or in a circle.",
        texts: &[
            "ERR_TOO_MANY_REDIRECTS",
            "The page isn't redirecting properly",
            "redirected you too many times",
        ],
        meaning: "The TCP port redirects to TLS, and what answers there sends the client back, or the address in the redirect lacks \
            the port or the name.",
        causes: &[
            cause("A proxy ends TLS and reaches the server over TCP, which redirects again and again.", &[]),
            cause("The redirect lacks the port, where that is not 443.", &["S08"]),
            cause(
                "The site lists only its name or only its address; a redirecting site needs both.",
                &["S07"],
            ),
        ],
        look: &[
            "The first answer alone: curl -I http://HOST/.",
            "Try it here: ringmaster site rehearse NAME.",
        ],
        known: "SPR DMEA5KZQR2 (fixed in 6.0.5, 6.5.3 and 7.0).",
    },
    Problem {
        key: "hostname-required",
        title: "A host name is missing where TLS is configured.",
        texts: &["A hostname is required to configure SSL"],
        meaning: "TLS needs a name that stands in the certificate; the document or the client's account has none.",
        causes: &[
            cause("The field for the host name is empty.", &[]),
            cause("The certificate has no alternative name.", &["K15"]),
        ],
        look: &["The host names of the document: ringmaster site show NAME."],
        known: "Status 4677.",
    },
    Problem {
        key: "port-taken",
        title: "The port is taken or the address is not of this machine.",
        texts: &[
            "Address already in use",
            "another process is using the port",
            "cannot bind to host",
            "Cannot assign requested address",
            "cannot listen at * port *",
        ],
        meaning: "A task wants to listen and another program does so at this address already, or the address belongs to another \
            machine.",
        causes: &[
            cause("Two protocols or sites are given the same port.", &["S18"]),
            cause("Another program, such as a Web server of the system, listens there.", &[]),
            cause("The task still runs or has not ended yet.", &[]),
        ],
        look: &["Who listens: ss -ltnp.", "The ports of the documents: ringmaster doctor --rule S18."],
        known: "SPR SONL4R5S87 (fixed in 6.0): an LDAP gateway over SSL could not bind to its host.",
    },
];
