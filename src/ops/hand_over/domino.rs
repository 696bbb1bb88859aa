//! Presets for Domino: `kyrtool` up to release 11, CertMgr from release 12 on.

use super::{File, Part, Piece, Preset};

const KYRTOOL: Preset = Preset {
    name: "kyrtool",
    title: "Domino kyrtool",
    files: &[File { name: "{ring}.pem", part: Part::Pem(&[Piece::RsaKey, Piece::WholeChain]) }],
    rsa: true,
    root: true,
    warnings: &[
        "The private key in {ring}.pem is not encrypted, for kyrtool reads no other: carry it over a safe way and destroy it when the ring is made.",
        "Run kyrtool as the user that Domino runs as, never as root: what root makes, the server cannot read.",
        "Run it in the Domino data directory, where it finds notes.ini; on Windows name that file first: kyrtool =C:\\path\\notes.ini COMMAND.",
        "A ring is two files, .kyr and .sth. Both have to stand in the data directory, and whoever has both has the private key.",
        "create does not ask before it takes the place of a ring: look first that neither file is there.",
        "The password given with -p can be seen in the list of processes while the command runs.",
    ],
    commands: "\
# The certificates stand leaf first and root last; the last one becomes a trusted root.
# As the Domino user, in the Domino data directory:
ls {ring}.kyr {ring}.sth
kyrtool verify {folder}/{ring}.pem
kyrtool create -k {ring}.kyr -p NEW-PASSWORD
kyrtool import all -k {ring}.kyr -i {folder}/{ring}.pem
kyrtool show certs -k {ring}.kyr
kyrtool show roots -k {ring}.kyr -v

# Name the ring in the site document: Security, Key file name: {ring}.kyr
# On the server console, for HTTP and every other task that speaks TLS:
restart task http

# Then destroy the open key:
shred -u {folder}/{ring}.pem
",
};

const CERTMGR: Preset = Preset {
    name: "certmgr",
    title: "Domino CertMgr",
    files: &[
        File { name: "{ring}.pem", part: Part::Pem(&[Piece::SealedKey, Piece::WholeChain]) },
        File { name: "{ring}.p12", part: Part::KeyStore },
        File { name: "{ring}.txt", part: Part::Facts },
    ],
    rsa: false,
    root: false,
    warnings: &[
        "-importpem deletes the .pem when the import succeeds: give it a copy, never the only one.",
        "The name of the file becomes the tag of the credential.",
        "List the servers with access before the import: the key is encrypted for those that are named then, and a credential without any is never used.",
        "The console of a Domino server cannot ask for the pass phrase. Where -importpem does not take the encrypted key, import the .pem or the .p12 in the Notes client, which asks for it.",
        "A Notes client of release 14.0 without a fix pack imports wrongly: use 12.0.x or 14.0 FP1 and later.",
    ],
    commands: "\
# On the server that runs CertMgr, as the Domino user: a copy, which the import deletes.
cp {folder}/{ring}.pem /tmp/{ring}.pem
# On its console:
load certmgr -importpem /tmp/{ring}.pem
load certmgr -showcerts
tell certmgr show certs

# Or in the Notes client: certstore.nsf, TLS Credentials, Import TLS Credentials:
#   {folder}/{ring}.p12 (PKCS#12), with the pass phrase.

# What should be shown afterwards stands in {ring}.txt: names, end and key id.
",
};

pub(super) const PRESETS: &[Preset] = &[KYRTOOL, CERTMGR];
