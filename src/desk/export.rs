//! Lets files out of the workspace: proves the ring's password, tells the audit log before a private key leaves, writes,
//! and reads back what was written. What may leave and in which form is decided in `ops::export`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Desk;
use crate::model::State;
use crate::model::audit::{Filter, Form};
use crate::model::certificate::Certificate;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::export::{CertificateExport, Export, Secrecy, What, Which};
use crate::model::person::Delivery;
use crate::model::secret::Secret;
use crate::ops::export::{Outgoing, Parcel, allow, compare, pack, pack_certificates};
use crate::ops::hand_over::COMMANDS_FILE;
use crate::ops::person::{self, deliverable};
use crate::store::ledger::Ledger;
use crate::store::outside::{self, shown};
use crate::store::{file, kyr};

/// Something that shall leave the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A keyring or a part of it.
    Keyring(Box<Export>),
    /// Certificates.
    Certificates(CertificateExport),
}

/// What became of an export.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The state afterwards.
    pub state: Arc<State>,
    /// One sentence.
    pub message: String,
    /// What was written and read back, and what was left out, one each.
    pub lines: Vec<String>,
    /// What to run now, where it was handed over.
    pub commands: Option<String>,
}

impl Desk {
    /// Writes something to files outside of the workspace. `password` is that of the ring; `None` asks the stash.
    ///
    /// Errors: `Locked` when the ring needs its password; those of `ops::export`; `Disk`, which says what the audit log
    /// has been told already.
    pub fn export(&mut self, asked: &Asked, password: Option<&Secret>) -> Result<Exported> {
        match asked {
            Asked::Keyring(asked) if asked.secrecy == Secrecy::Public => {
                let mut asked = (**asked).clone();
                asked.to = outside::place(&asked.to, self.folder())?;
                let state = self.state();
                let parcel = pack(&state, &asked, None)?;
                let lines = write(&parcel, &asked.to, &asked.password)?;
                let message = format!("Written and read back: {}", shown(&asked.to));
                Ok(Exported { state, message, lines, commands: None })
            }
            Asked::Keyring(asked) => self.export_key((**asked).clone(), password),
            Asked::Certificates(asked) => self.export_certificates(asked),
        }
    }

    /// Makes what a public export writes, without writing it.
    pub fn exported(&mut self, asked: &Asked) -> Result<(Parcel, Vec<String>)> {
        match asked {
            Asked::Keyring(asked) => Ok((pack(&self.state(), asked, None)?, Vec::new())),
            Asked::Certificates(asked) => {
                let (found, missing) = self.certificates(asked)?;
                Ok((pack_certificates(asked, &found)?, missing))
            }
        }
    }

    fn export_key(&mut self, mut asked: Export, password: Option<&Secret>) -> Result<Exported> {
        self.writable()?;
        allow(&self.state(), &asked)?;
        asked.to = outside::place(&asked.to, self.folder())?;
        let mut made = None;
        let outcome = self.work(&mut |desk, state, _| {
            let password = desk.ring_password(state, &asked.keyring, password)?;
            let ring = super::ring(state, &asked.keyring)?;
            let opened = kyr::open(ring, &password)?;
            if !opened.intact {
                return Err(altered(&ring.name));
            }
            let parcel = pack(state, &asked, opened.key.as_ref())?;
            let told = parcel.told.as_deref().unwrap_or("private key");
            let what = format!("{told}, to {}", shown(&asked.to));
            made = Some(parcel);
            Ok(Change::of(Fact::KeyExported { keyring: asked.keyring.clone(), what }))
        });
        let outcome = outcome.map_err(|error| self.told(&format!("keyring {}", asked.keyring), error))?;
        // From here on the audit log says that the key leaves.
        let parcel = made.ok_or_else(|| Error::internal("Nothing was made to be exported."))?;
        let lines = write(&parcel, &asked.to, &asked.password).map_err(|error| {
            let told = "The audit log says already that the private key leaves; that entry stays.";
            Error { why: format!("{} {told}", error.why).trim().to_owned(), ..error }
        })?;
        let commands = parcel.files.iter().find(|f| f.name == COMMANDS_FILE);
        let commands = commands.map(|f| String::from_utf8_lossy(&f.bytes).into_owned());
        let what =
            if matches!(asked.what, What::Preset(_)) { "was handed over to" } else { "was written to" };
        let message = format!("The private key of keyring {} {what} {}", asked.keyring, shown(&asked.to));
        Ok(Exported { state: outcome.state, message, lines, commands })
    }

    /// Writes the PKCS#12 file of a person under a pass phrase. `password` is that of the ring that holds the key; `None` asks
    /// the stash.
    ///
    /// Errors: nothing to deliver; `Locked` when the ring needs its password; `Disk`.
    pub fn deliver(
        &mut self,
        asked: &Delivery,
        pass_phrase: &Secret,
        password: Option<&Secret>,
    ) -> Result<Exported> {
        self.writable()?;
        let to = outside::place(&asked.to, self.folder())?;
        let (mut made, mut of) = (None, String::new());
        let outcome = self.work(&mut |desk, state, _| {
            let person = state.people.get(&asked.person);
            let person = person.ok_or_else(|| Error::not_found("person", &asked.person))?;
            let (ring, _) = deliverable(state, person)?;
            of.clone_from(&ring.name);
            let password = desk.ring_password(state, &ring.name, password)?;
            let opened = kyr::open(ring, &password)?;
            if !opened.intact {
                return Err(altered(&ring.name));
            }
            let key = opened.key.ok_or_else(|| Error::internal("The private key was not opened."))?;
            let parcel = person::pack(state, person, &key, pass_phrase, asked.legacy)?;
            let what = format!("{}, to {}", parcel.told.as_deref().unwrap_or("private key"), shown(&to));
            made = Some(parcel);
            Ok(Change::of(Fact::KeyExported { keyring: ring.name.clone(), what }))
        });
        let outcome = outcome.map_err(|error| self.told(&format!("keyring {of}"), error))?;
        // From here on the audit log says that the key leaves.
        let parcel = made.ok_or_else(|| Error::internal("Nothing was made to be exported."))?;
        let lines = write(&parcel, &to, pass_phrase).map_err(|error| {
            let told = "The audit log says already that the private key leaves; that entry stays.";
            Error { why: format!("{} {told}", error.why).trim().to_owned(), ..error }
        })?;
        let message = format!("Written for {}: {}", asked.person, shown(&to));
        Ok(Exported { state: outcome.state, message, lines, commands: None })
    }

    fn export_certificates(&mut self, asked: &CertificateExport) -> Result<Exported> {
        let to = outside::place(&asked.to, self.folder())?;
        let (found, missing) = self.certificates(asked)?;
        let parcel = pack_certificates(asked, &found)?;
        let mut lines = write(&parcel, &to, &Secret::default())?;
        // A folder has a line for each file; of several in one file each is named as well.
        if !parcel.folder && found.len() > 1 {
            let each = |c: &Certificate| {
                let (title, serial) = (c.subject.title(), &c.serial);
                format!("{title}, serial number {serial}: written and read back")
            };
            lines.extend(found.iter().map(each));
        }
        lines.extend(missing);
        let many = if found.len() == 1 { String::new() } else { format!(" ({} certificates)", found.len()) };
        let message = format!("Written and read back: {}{many}", shown(&to));
        Ok(Exported { state: self.state(), message, lines, commands: None })
    }

    /// Finds certificates in the workspace and in the issued list, and says of which there are none.
    fn certificates(&mut self, asked: &CertificateExport) -> Result<(Vec<Certificate>, Vec<String>)> {
        let state = self.state();
        let here = state.certificates();
        let ledger = self.store.ledger();
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for which in &asked.certificates {
            let row = match which {
                Which::Sha256(_) => None,
                Which::Issued(id) => ledger.issued_rows(&[*id])?.pop(),
                Which::Serial(certifier, serial) => {
                    ledger.issued_by_serial(certifier, serial)?.map(|(row, _)| row)
                }
            };
            if let Some(record) = row.as_ref().filter(|row| !row.is_known()) {
                missing.push(format!("{}: not written: {}", record.subject, record.unknown()));
                continue;
            }
            let digest = match which {
                Which::Sha256(digest) => Some(*digest),
                _ => row.map(|row| row.sha256),
            };
            let one = match digest.and_then(|d| here.get(&d)) {
                Some((certificate, _)) => Ok(Some((*certificate).clone())),
                None => match digest {
                    Some(digest) => ledger
                        .issued_by_sha256(&digest)?
                        .map(|(_, der)| crate::pki::certificate::read(&der.0))
                        .transpose(),
                    None => Ok(None),
                },
            };
            let name = || digest.map_or_else(|| "a certificate".to_owned(), |d| d.to_string());
            match one {
                Ok(Some(certificate)) => found.push(certificate),
                Ok(None) => missing.push(format!("{}: not written, it is not known any more", name())),
                Err(error) => missing.push(format!("{}: not written: {error}", name())),
            }
        }
        Ok((found, missing))
    }
}

fn altered(ring: &str) -> Error {
    Error::damaged(format!("Keyring {ring} was altered outside of this program."))
        .why("Its certificates or trust flags do not fit its seal, so nothing of it leaves.")
        .next("Compare it with the revisions in keyrings/.history, and put the right one back.")
}

/// Writes entries of the audit chain to a new file, from number `from` on, readable for this user alone; returns how many
/// they are.
pub fn audit(ledger: &dyn Ledger, filter: &Filter, form: Form, from: u64, to: &Path) -> Result<u64> {
    let (mut count, mut read) = (0, Ok(()));
    let written = outside::write_by(to, outside::PRIVATE, &mut |file| {
        (count, read) = (0, Ok(()));
        let mut wrote = Ok(());
        read = ledger.audit_onward(from, &mut |line| {
            if filter.keeps(line) {
                count += 1;
                wrote = writeln!(file, "{}", form.write(line));
            }
            wrote.is_ok()
        });
        match &read {
            Ok(()) => wrote,
            Err(error) => Err(std::io::Error::other(error.to_string())),
        }
    });
    read.and(written).map(|()| count)
}

/// Writes a parcel and reads it back; takes everything back when a file cannot be written.
fn write(parcel: &Parcel, to: &Path, pass_phrase: &Secret) -> Result<Vec<String>> {
    let path = |one: &Outgoing| if parcel.folder { to.join(&one.name) } else { to.to_owned() };
    if parcel.folder {
        outside::make_folder(to)?;
    }
    let mut done: Vec<PathBuf> = Vec::new();
    for one in &parcel.files {
        let mode = if one.secrecy == Secrecy::Public { outside::PUBLIC } else { outside::PRIVATE };
        if let Err(mut error) = outside::write(&path(one), &one.bytes, mode) {
            let left = if parcel.folder { outside::take_back(to, &done) } else { Vec::new() };
            let said = match left.as_slice() {
                [] => "Nothing was left behind.".to_owned(),
                left => format!("Left behind: {}.", left.iter().map(shown).collect::<Vec<_>>().join(", ")),
            };
            error.why = format!("{} {said}", error.why).trim().to_owned();
            return Err(error);
        }
        done.push(path(one));
    }
    parcel.files.iter().map(|one| read_back(one, &path(one), pass_phrase)).collect()
}

fn read_back(one: &Outgoing, path: &Path, pass_phrase: &Secret) -> Result<String> {
    let written = file::read_public(path)?.0;
    let said = compare(one, &written, pass_phrase)
        .map_err(|error| Error { what: format!("{}: {}", shown(path), error.what), ..error })?;
    let mode = outside::mode(path)?;
    let warning = if one.secrecy != Secrecy::Public && mode & 0o077 != 0 {
        format!("; WARNING: this file system lets others read it (mode {mode:04o})")
    } else {
        String::new()
    };
    let name = path.file_name().map_or_else(String::new, shown);
    Ok(format!("{name}: {said}{warning}"))
}
