//! Problems with keyrings when a task of the server starts or reads them.

use super::super::{Problem, cause};

pub(super) const PROBLEMS: &[Problem] = &[
    Problem {
        key: "keyring-not-found",
        title: "The keyring that a document names is not found.",
        texts: &[
            "SSL Error: Keyring file not found",
            "Keyring file not found",
            "No keyring is named \"*\"",
            "There is no keyring *",
        ],
        meaning: "The task looks for the file that the site or Server document names, in the data directory unless a whole path \
            is given, and does not get it. It then opens its port without TLS or not at all.",
        causes: &[
            cause("No file has the name that stands in the document.", &["K01", "S22"]),
            cause(
                "Only one half was copied: the stash (.sth) has to lie beside the ring and have its name.",
                &["K02", "K03"],
            ),
            cause("The case of the name differs, which counts on Unix.", &["K03"]),
            cause("The user that the server runs as may not read the file.", &["K04"]),
            cause(
                "The path in the document is relative and is taken from the data directory, where the file is not.",
                &[],
            ),
        ],
        look: &[
            "Which keyring a site names, and whether it is there: ringmaster site show NAME.",
            "On the server, as its own user: ls -l of the .kyr and the .sth in the data directory.",
            "What is wrong in the workspace: ringmaster doctor --rule K01.",
        ],
        known: "Technote 1104908 is filed under missing files as well as under permissions; its text is not public.",
    },
    Problem {
        key: "keyring-access",
        title: "The keyring is there and does not open.",
        texts: &[
            "Keyring File access error",
            "Keyring File access error or Page cannot be displayed",
            "Page cannot be displayed",
            "This page can't be displayed",
            "*.sth does not open for this user",
            "* is of another password than *.kyr",
            "unable to load private key",
            "unable to load server certificate private key file",
            "bad decrypt",
        ],
        meaning: "Ring and stash are found, and the password in the stash does not open the ring, or a file cannot be read or is \
            damaged. The task answers no handshake; a browser only says that the page cannot be displayed.",
        causes: &[
            cause(
                "The password was changed and only one half of the pair was copied: stash and ring do not fit.",
                &["K06"],
            ),
            cause("There is no stash beside the ring.", &["K02"]),
            cause("The user that the server runs as may not read one of the files.", &["K04"]),
            cause("The file is damaged or was cut short on the way.", &["W01"]),
            cause("The certificate in the ring is not of its key.", &["K08"]),
        ],
        look: &[
            "Whether the stash opens the ring: ringmaster keyring show NAME; make a new one with: ringmaster keyring stash NAME --make.",
            "Copy both halves again, together, and compare their sizes and hashes with those here.",
            "The mode and owner of both files on the server.",
        ],
        known: "Technote 1109822 is filed under the place of the files as well as under permissions; its text is not public.",
    },
    Problem {
        key: "no-local-certificate",
        title: "The task has no certificate to show.",
        texts: &[
            "SSL Error: No local certificate",
            "No local certificate",
            "Keyring * has no certificate yet",
            "Site * has no certificate to serve",
            "no peer certificate available",
            "* sent no certificate",
        ],
        meaning: "The port is open and the keyring, or what was taken for it, holds no certificate for its key. Clients see a \
            handshake without a certificate or an alert.",
        causes: &[
            cause("The ring has a key and its certificate was never installed.", &["K07"]),
            cause(
                "The Server document names no keyring, or without a path: with an empty field some tasks take another file than expected.",
                &["S22"],
            ),
            cause("The certificate in the ring is not of its key.", &["K08"]),
            cause("The wrong ring was copied to the server.", &["K03"]),
        ],
        look: &[
            "What the ring holds: ringmaster keyring show NAME (a key, and a certificate beside it?).",
            "What waits to be installed: ringmaster doctor --rule K07.",
            "The whole path of the key file in the Server document.",
        ],
        known: "SPR CVEO4SWSVX (fixed in 6.0): IMAP said so when the Server record held no whole path.",
    },
    Problem {
        key: "no-trusted-root",
        title: "The issuer of a certificate is not trusted in the keyring.",
        texts: &[
            "No Trusted Root Certificate",
            "Unrecognized Certificate Authority signature",
            "issuer of * is not in the keyring",
        ],
        meaning: "The chain of a certificate has to end in a root that stands in the ring and whose trust is on. When it is merged \
            or used and that is not so, the certificate is refused. Overriding the warning leaves a ring that clients refuse.",
        causes: &[
            cause("The root or an intermediate was not installed before the certificate.", &["K09", "K10"]),
            cause("The root is in the ring and its trust is switched off.", &["K11"]),
            cause("The authority signs with a new root or intermediate since the last renewal.", &["K09"]),
        ],
        look: &[
            "The chain, certificate by certificate: ringmaster verify keyring NAME.",
            "The roots of the ring: ringmaster keyring root NAME; trust one with: ringmaster keyring trust NAME FILE.",
            "Install in order: root, intermediates, then the certificate; ringmaster keyring install sorts them by itself.",
        ],
        known: "SPR MROE5HYS3H (fixed in 7.0).",
    },
    Problem {
        key: "wrong-order",
        title: "Key and certificate do not belong together.",
        texts: &[
            "Cannot import without a private key",
            "key values mismatch",
            "the key is not the certificate's",
            "SSL_CTX_use_PrivateKey_file * key values mismatch",
            "private key missing for this certificate",
        ],
        meaning: "A certificate works only with the private key that its request was made with. Here another key is at hand, or \
            none.",
        causes: &[
            cause(
                "The ring was made anew after the request, so that the key of the request is gone.",
                &["K08"],
            ),
            cause("The certificate of another request or of an earlier year was taken.", &["K08"]),
            cause(
                "The file to import has no private key in it; key and certificates have to be in the same PEM or P12 file.",
                &[],
            ),
        ],
        look: &[
            "What is in the file: ringmaster inspect FILE.",
            "Which ring holds the key: ringmaster keyring list; earlier keys are in: ringmaster keyring history NAME.",
        ],
        known: "The HCL pages on certificate management give the text \"Cannot import without a private key\".",
    },
    Problem {
        key: "import-unreadable",
        title: "A PKCS#12 file cannot be taken in.",
        texts: &[
            "PKCS#12 import: unreadable",
            "PKCS#12 import file or password is bad",
            "mac verify error: invalid password?",
            "mac verify failure",
            "keystore password was incorrect",
            "unsupported version or content of PKCS12",
        ],
        meaning: "The file is damaged, its password is another one, or it is written with algorithms that the reader does not know.",
        causes: &[
            cause("The password is another one; capital letters and the keyboard layout count.", &[]),
            cause(
                "It was written with new algorithms (AES, SHA-256) and is read by an old program, or the other way round.",
                &[],
            ),
            cause("The file was cut short or changed on the way.", &[]),
        ],
        look: &[
            "What is in it: ringmaster inspect FILE.",
            "Write it for old programs: ringmaster keyring export NAME offers a PKCS#12 for old Java.",
        ],
        known: "",
    },
    Problem {
        key: "encrypted-data-modified",
        title: "A key cannot be decrypted by the server that should use it.",
        texts: &["The encrypted data has been modified or the wrong key was used to decrypt it"],
        meaning: "In the certificate store the private key is encrypted for the servers in \"Servers with access\". That list was \
            changed later, or the key was imported at a client, and the server's own key does not open it.",
        causes: &[
            cause(
                "\"Servers with access\" was changed after an exportable key was made or imported at a client.",
                &[],
            ),
            cause("The document was copied from another domain or certificate store.", &[]),
        ],
        look: &[
            "The TLS Credentials document: its servers, and whether the CertMgr server is among them.",
            "Import the key again from a file; here: ringmaster keyring export NAME.",
        ],
        known: "KB0105749.",
    },
    Problem {
        key: "certsrv-replica",
        title: "Server Certificate Administration refuses to work in the replica on the server.",
        texts: &["Invalid or nonexistent document"],
        meaning: "The application of Domino makes its keyrings where it is opened. Opened on the server it can fail with this text.",
        causes: &[cause("The application was opened on the server rather than in a local replica.", &[])],
        look: &[
            "Make a local replica of certsrv.nsf and work there; or make the ring here: ringmaster keyring create NAME.",
        ],
        known: "Technotes 1106171 and 1268695.",
    },
    Problem {
        key: "open-to-others",
        title: "A secret file can be read by others.",
        texts: &["* can be read by others", "* belongs to another user", "UNPROTECTED PRIVATE KEY FILE"],
        meaning: "A ring or stash is a secret: whoever reads it may answer in the server's name. Files that others can read are \
            left alone by this program until they are closed.",
        causes: &[
            cause("The file was copied with a mode that lets the group or everybody read.", &["K05"]),
            cause("Another user owns the file.", &["K04"]),
        ],
        look: &[
            "Close it: chmod 600 FILE; and find out who could read it since when.",
            "The rule: ringmaster doctor --explain K05.",
        ],
        known: "",
    },
];
