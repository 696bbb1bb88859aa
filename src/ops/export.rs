//! Makes the bytes of what leaves the workspace, says what the audit log is told before a private key does, and compares
//! what was written with what should have been. Writes nothing.

use aws_lc_rs::digest;
use zeroize::Zeroizing;

use super::{hand_over, keyring, new_password};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::export::{CertificateExport, Export, Format, Order, Secrecy, What};
use crate::model::keyring::{Keyring, Role};
use crate::model::secret::Secret;
use crate::pki::key::PrivateKey;
use crate::pki::pem::{self, Opening};
use crate::pki::pkcs12::{self, Content, Protection};
use crate::pki::{open_key, pkcs7};

/// PBKDF2 rounds of an exported key: it may lie about for years.
pub const ROUNDS: u32 = 600_000;

/// A file that is about to be written.
#[derive(Debug)]
pub struct Outgoing {
    /// Its name inside of the folder; empty for one that has a path of its own.
    pub name: String,
    /// Its bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether a private key is in it.
    pub secrecy: Secrecy,
    /// SHA-256 of the public key that belongs to the private key in it.
    pub key: Option<Digest>,
    /// The certificates in it by SHA-256, where other programs read them out.
    pub certificates: Vec<Digest>,
}

/// Everything that one export writes.
#[derive(Debug)]
pub struct Parcel {
    /// The files.
    pub files: Vec<Outgoing>,
    /// Whether they stand in a new folder.
    pub folder: bool,
    /// What the audit log is told, without the path; `None` when no private key leaves.
    pub told: Option<String>,
}

/// Refuses what must not be done, before anything is opened: a private key leaves only for somebody who names its ring.
///
/// Errors: unknown keyring, the name was not repeated, no pass phrase or two different ones, no key, no certificate.
pub fn allow(state: &State, asked: &Export) -> Result<()> {
    let ring = keyring(state, &asked.keyring)?;
    if asked.secrecy == Secrecy::Public {
        return Ok(());
    }
    if ring.key.is_none() {
        return Err(Error::refused(format!("Keyring {} holds no private key.", ring.name))
            .why("It is a ring of trusted roots only.")
            .next("Export its roots."));
    }
    if asked.confirm != ring.name {
        return Err(Error::usage(format!("The private key of keyring {} stays here.", ring.name))
            .why("It leaves only when the name of the ring is repeated.")
            .next(format!("On the command line: --confirm {}", ring.name)));
    }
    if asked.secrecy == Secrecy::Sealed {
        new_password(&asked.password, &asked.repeat)
            .map_err(|error| Error { why: "It seals the private key in what is written.".into(), ..error })?;
    }
    if let What::Preset(name) = asked.what {
        hand_over::find(name)?.fits(ring)?;
    }
    Ok(())
}

/// Makes what is written. `key` is the ring's, opened, where a private key leaves.
///
/// Errors: those of [`allow`]; the ring has not what is asked for; a kind of key that the form cannot hold.
pub fn pack(state: &State, asked: &Export, key: Option<&PrivateKey>) -> Result<Parcel> {
    allow(state, asked)?;
    let ring = keyring(state, &asked.keyring)?;
    let form = match asked.what {
        What::Preset(preset) => return hand_over::pack(state, ring, hand_over::find(preset)?, asked, key),
        What::Form(form) => form,
    };
    let private = || key.ok_or_else(|| Error::internal("The private key was not opened."));
    let mut file = Outgoing {
        name: String::new(),
        bytes: Zeroizing::default(),
        secrecy: asked.secrecy,
        key: key.filter(|_| asked.secrecy != Secrecy::Public).map(|k| k.info().sha256),
        certificates: Vec::new(),
    };
    let mut chain = Vec::new();
    file.bytes = match form {
        Format::Pem | Format::P7b | Format::P7bDer => {
            chain = chain_of(ring, asked.with_root)?;
            if asked.order == Order::RootFirst {
                chain.reverse();
            }
            certificates(&chain, form)
        }
        Format::Leaf | Format::Der => {
            chain = vec![leaf(ring)?.clone()];
            certificates(&chain, form)
        }
        Format::Roots => {
            chain = ring.with_role(Role::Root).map(|e| e.certificate.clone()).collect();
            if chain.is_empty() {
                return Err(Error::refused(format!("Keyring {} holds no root.", ring.name)));
            }
            certificates(&chain, Format::Pem)
        }
        Format::PublicKey => {
            let info = ring.key.as_ref().ok_or_else(|| {
                Error::refused(format!("Keyring {} has no key.", ring.name))
                    .why("It is a ring of trusted roots only.")
            })?;
            text(pem::write("PUBLIC KEY", &info.spki.0))
        }
        Format::Request => {
            let request = state.request_of_keyring(ring).ok_or_else(|| {
                Error::refused(format!("Keyring {} has no request in the queue.", ring.name))
                    .why("It was never made here, or closed long ago.")
            })?;
            text(pem::write("CERTIFICATE REQUEST", &request.pkcs10.der.0))
        }
        Format::Pkcs8 => text(private()?.seal(&asked.password, ROUNDS)?),
        Format::Pkcs8Plain => secret(open_key::pkcs8(private()?)),
        Format::Traditional => secret(open_key::traditional(private()?)?),
        Format::Pkcs12 | Format::Pkcs12Legacy => {
            chain = chain_of(ring, asked.with_root)?;
            let protection = if form == Format::Pkcs12 { Protection::Modern } else { Protection::Legacy };
            let content = Content { key: Some((private()?, &ring.name)), chain: &chain, roots: &[] };
            pkcs12::write(&content, &asked.password, protection)?
        }
    };
    file.certificates = chain.iter().map(|c| c.sha256).collect();
    let told = (asked.secrecy != Secrecy::Public).then(|| form.info().title.to_owned());
    Ok(Parcel { files: vec![file], folder: false, told })
}

/// Makes what is written of certificates. Those that are asked for and not given were not found.
///
/// Errors: nothing is left to write; several in a form that holds one.
pub fn pack_certificates(asked: &CertificateExport, given: &[Certificate]) -> Result<Parcel> {
    let separate = asked.separate;
    if given.is_empty() {
        return Err(Error::refused("None of these certificates is known here."));
    }
    if given.len() > 1 && !separate && !asked.form.info().chain {
        return Err(Error::usage(format!("One file holds one {}.", asked.form.info().title))
            .next("Write a file each into a new folder: --separate yes."));
    }
    let outgoing = |name: String, all: &[Certificate]| Outgoing {
        name,
        bytes: certificates(all, asked.form),
        secrecy: Secrecy::Public,
        key: None,
        certificates: if asked.form == Format::PublicKey {
            Vec::new()
        } else {
            all.iter().map(|c| c.sha256).collect()
        },
    };
    let files = if separate {
        given.iter().map(|c| outgoing(file_name(c, asked.form), std::slice::from_ref(c))).collect()
    } else {
        vec![outgoing(String::new(), given)]
    };
    Ok(Parcel { files, folder: separate, told: None })
}

/// Says that a file that was just written holds something else.
pub fn differs(why: &str) -> Error {
    Error::damaged("What was written does not read back as it should.")
        .why(why)
        .next("Remove it, look at the disk, and export again.")
}

/// Reads back what was written, and says what was found to be the same. Errors: what is different.
pub fn compare(made: &Outgoing, written: &[u8], pass_phrase: &Secret) -> Result<String> {
    if written != made.bytes.as_slice() {
        return Err(differs("Its bytes are other ones."));
    }
    if made.key.is_none() && made.certificates.is_empty() {
        return Ok("read back, the same".into());
    }
    let password = (!pass_phrase.is_empty()).then_some(pass_phrase);
    let found = pem::open(written, Opening { password, stop: None })?;
    let mut said = Vec::new();
    if let Some(wanted) = made.key {
        match found.keys.as_slice() {
            [one] if one.key.info().sha256 == wanted => {}
            [_] => return Err(differs("The private key in it is another one.")),
            _ => return Err(differs("There is not exactly one private key in it that opens.")),
        }
        said.push(match made.secrecy {
            Secrecy::Sealed => "the key opens with the pass phrase and is the ring's".to_owned(),
            _ => "the key is the ring's and lies open".to_owned(),
        });
    }
    let mut there: Vec<Digest> = found.certificates.iter().map(|c| c.sha256).collect();
    let mut wanted = made.certificates.clone();
    there.sort_unstable();
    wanted.sort_unstable();
    if there != wanted {
        return Err(differs("The certificates in it are other ones."));
    }
    match wanted.len() {
        0 => {}
        1 => said.push("its certificate is the same".into()),
        n => said.push(format!("its {n} certificates are the same")),
    }
    Ok(format!("read back: {}", said.join(", ")))
}

/// Returns the certificate of a ring. Errors: there is none yet.
pub(super) fn leaf(ring: &Keyring) -> Result<&Certificate> {
    ring.leaf().ok_or_else(|| {
        Error::refused(format!("Keyring {} has no certificate yet.", ring.name))
            .next("Install it first.")
            .command("keyring.install")
    })
}

/// Returns the certificate of a ring with the intermediates above it, and the root if asked.
pub(super) fn chain_of(ring: &Keyring, with_root: bool) -> Result<Vec<Certificate>> {
    let mut chain = vec![leaf(ring)?.clone()];
    chain.extend(ring.with_role(Role::Chain).map(|e| e.certificate.clone()));
    if with_root {
        let root = root_of(ring, &chain).ok_or_else(|| {
            Error::refused(format!("Keyring {} does not hold the root of its chain.", ring.name))
                .next("Trust the root in this ring, or export without it.")
                .command("keyring.trust")
        })?;
        chain.extend(root.cloned());
    }
    Ok(chain)
}

/// Finds the root that signed the top of a chain: `Some(None)` when the top is its own root, `None` when it is missing.
pub(super) fn root_of<'a>(ring: &'a Keyring, chain: &[Certificate]) -> Option<Option<&'a Certificate>> {
    let top = chain.last()?;
    if top.is_self_issued() {
        return Some(None);
    }
    let mut roots: Vec<_> = ring.with_role(Role::Root).collect();
    roots.sort_by_key(|e| !e.trusted);
    let signed = |c: &&Certificate| c.subject.der == top.issuer.der && crate::pki::chain::signed_by(top, c);
    roots.into_iter().map(|e| &e.certificate).find(signed).map(Some)
}

/// Writes certificates in a public form; where it holds one, the first.
fn certificates(all: &[Certificate], form: Format) -> Zeroizing<Vec<u8>> {
    let first = || all.first().map(|c| c.der.0.clone()).unwrap_or_default();
    match form {
        Format::Der => Zeroizing::new(first()),
        Format::P7b => text(pem::write("PKCS7", &pkcs7::write(all))),
        Format::P7bDer => Zeroizing::new(pkcs7::write(all)),
        Format::PublicKey => {
            let spki = all.first().map(|c| c.key.spki.0.as_slice()).unwrap_or_default();
            text(pem::write("PUBLIC KEY", spki))
        }
        _ => text(all.iter().map(|c| pem::write("CERTIFICATE", &c.der.0)).collect()),
    }
}

/// Takes a text over as bytes.
pub(super) fn text(text: String) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.into_bytes())
}

/// Takes a text over as bytes, without a copy of it.
pub(super) fn secret(mut text: Zeroizing<String>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(std::mem::take(&mut *text).into_bytes())
}

/// Names the file of a certificate among others: by subject and the start of its SHA-256, so that no two are the same.
fn file_name(certificate: &Certificate, form: Format) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
    let title: String = certificate.subject.title().chars().take(60).map(plain).collect();
    let suffix = if form == Format::Pem { ".pem" } else { form.info().suffix };
    let title = title.trim_matches(['-', '.']).to_ascii_lowercase();
    let id = certificate.sha256.to_string();
    format!("{title}-{}{suffix}", id.get(..12).unwrap_or(&id))
}

/// Returns the SHA-1 of bytes in hexadecimal with colons: a name of a key, no protection of anything.
pub(super) fn sha1(bytes: &[u8]) -> String {
    crate::model::bytes::colons(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}
