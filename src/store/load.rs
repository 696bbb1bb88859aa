//! Reading a workspace whole into a State, and holding its files against what the ledger knows of them. Writes nothing.

mod certifiers;
mod keyrings;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::ledger::Ledger;
use super::ledger::sqlite::SqliteLedger;
use super::probes::Probes;
use super::workspace::Stamps;
use super::{accepted, compromised, directory, document, file, sth};
use crate::model::State;
use crate::model::error::{Error, Result};
use crate::model::keyring::{Role, check_name};
use crate::model::profile::Profile;
use crate::model::unread::{Sort, Unread};
use crate::pki::chain::signed_by;

/// How it begins what is said of a file that is not there.
const MISSING: &str = "It is missing, and the audit chain tells of it.";

/// Reads a workspace. What is the same as in `before` is not read again; what cannot be read is named in `unreadable`.
/// `keys` tells whether stashes open for this user.
///
/// Files of a commit that a crash left on their way, and that nobody could finish yet because the workspace is
/// read-only, are read from where they wait.
pub(super) fn load(
    folder: &Path,
    ledger: &SqliteLedger,
    keys: &sth::StashKeys,
    before: Option<(&State, &Stamps)>,
) -> Result<(State, Stamps)> {
    let pending = ledger.pending_files()?;
    let waiting = pending.into_iter().map(|p| (p.path, p.temporary)).collect();
    let (key, state, stamps) = (OnceCell::new(), State::default(), Stamps::new());
    let mut load = Load { folder, keys, key, before, waiting, state, stamps };
    load.state.generation = ledger.generation()?;
    let (issued, revoked, next_request) = ledger.counts()?;
    (load.state.issued, load.state.revoked, load.state.next_request) = (issued, revoked, next_request);
    let requests = ledger.open_requests()?.into_iter().chain(ledger.closed_requests(State::CLOSED_KEPT)?);
    load.state.requests = requests.map(|r| (r.id, r)).collect();
    let made = ledger.made()?;
    load.keyrings(&made)?;
    load.documents("directory/sites", |s| &s.sites, directory::read_site, |s| &mut s.sites)?;
    load.documents("directory/servers", |s| &s.servers, directory::read_server, |s| &mut s.servers)?;
    load.documents("directory/people", |s| &s.people, directory::read_person, |s| &mut s.people)?;
    load.documents("tasks", |s| &s.tasks, document::read_task, |s| &mut s.tasks)?;
    load.certifiers(ledger, &made)?;
    load.profiles()?;
    load.compromised()?;
    load.accepted();
    load.state.owed = ledger.owed()?;
    load.state.published = ledger.published()?;
    load.state.witnessed = ledger.witnessed()?;
    load.standings(ledger)?;
    load.state.visits = Probes { folder: folder.to_owned() }.latest()?;
    Ok((load.state, load.stamps))
}

type Bytes = Zeroizing<Vec<u8>>;

struct Load<'a> {
    folder: &'a Path,
    keys: &'a sth::StashKeys,
    /// The key of this user's stashes, read when the first stash is looked at.
    key: OnceCell<Result<sth::StashKey>>,
    before: Option<(&'a State, &'a Stamps)>,
    /// Files on their way: path and temporary file, which is empty for a removal.
    waiting: BTreeMap<String, String>,
    state: State,
    stamps: Stamps,
}

impl<'a> Load<'a> {
    /// Finds the revocations of what stands in keyrings, documents of persons and certifiers, and what in a keyring names a certifier
    /// here as its issuer and is not in its issued list.
    fn standings(&mut self, ledger: &SqliteLedger) -> Result<()> {
        let any = self.state.revoked > 0;
        for entry in self.state.keyrings.values().flat_map(|ring| &ring.entries) {
            let certificate = &entry.certificate;
            let issuer = self.state.certifier_of(certificate);
            // Nobody revokes a root.
            let revocable = any && entry.role != Role::Root;
            if issuer.is_none() && !revocable {
                continue;
            }
            match ledger.standing(&certificate.sha256)? {
                Some(Some(revocation)) if revocable => {
                    self.state.revocations.insert(certificate.sha256, revocation);
                }
                None if issuer.is_some_and(|c| signed_by(certificate, &c.certificate)) => {
                    self.state.unlisted.insert(certificate.sha256);
                }
                _ => {}
            }
        }
        let people = self.state.people.values().flat_map(|person| &person.certificates);
        let authorities =
            self.state.certifiers.values().flat_map(|c| std::iter::once(&c.certificate).chain(&c.chain));
        for certificate in people.chain(authorities.filter(|c| !c.is_self_issued())) {
            if any && let Some(Some(revocation)) = ledger.standing(&certificate.sha256)? {
                self.state.revocations.insert(certificate.sha256, revocation);
            }
        }
        Ok(())
    }

    /// Reads the documents of a folder, one a file.
    fn documents<T: Clone + 'a>(
        &mut self,
        folder: &str,
        of: impl Fn(&'a State) -> &'a BTreeMap<String, T>,
        read: impl Fn(&str, &[u8]) -> Result<T>,
        put: impl Fn(&mut State) -> &mut BTreeMap<String, T>,
    ) -> Result<()> {
        for (name, extension) in self.names(folder)? {
            if extension != "ron" {
                continue;
            }
            let path = format!("{folder}/{name}.ron");
            let document = match self.unchanged(&path, |s| of(s).get(&name)) {
                Some(document) => Ok(document.clone()),
                None => self.public(&path).and_then(|bytes| read(&name, &bytes)),
            };
            let document = good_name(&name).and(document);
            self.keep(path, document, |s, document| put(s).insert(name, document));
        }
        Ok(())
    }

    fn profiles(&mut self) -> Result<()> {
        for (name, text) in document::embedded_profiles() {
            let profile = document::read_profile(name, text.as_bytes())?;
            self.state.profiles.insert(name.into(), profile);
        }
        for (name, extension) in self.names("profiles")? {
            if extension != "ron" {
                continue;
            }
            let path = format!("profiles/{name}.ron");
            let profile: Result<Profile> = self.public(&path).and_then(|b| document::read_profile(&name, &b));
            if profile.is_err() {
                // Issuing by the embedded one instead would be a silent change of policy.
                self.state.profiles.remove(&name);
            }
            self.keep(path, profile, |s, p| s.profiles.insert(p.name.clone(), p));
        }
        Ok(())
    }

    fn compromised(&mut self) -> Result<()> {
        for (name, extension) in self.names("compromised")? {
            let path = compromised::list_path(&name, &extension);
            match extension.as_str() {
                "ron" if name == compromised::OWN => {
                    let reported = self.public(&path).and_then(|b| compromised::read_reported(&b));
                    self.keep(path, reported, |s, all| s.compromised = all);
                }
                "ron" => {
                    let list = self.public(&path).and_then(|b| compromised::read_list(&name, &b));
                    self.keep(path, list, |s, list| s.key_lists.insert(list.name.clone(), list));
                }
                // The entries are searched where they lie.
                "keys" => self.stamp(&path)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn accepted(&mut self) {
        let there = |path: &str| self.at(path).exists();
        if there(accepted::PATH) {
            let risks = self.public(accepted::PATH).and_then(|b| accepted::read(&b));
            self.keep(accepted::PATH.into(), risks, |s, risks| s.accepted = risks);
        }
    }

    /// Lists the files of a folder as (stem, extension), in order.
    fn names(&self, folder: &str) -> Result<Vec<(String, String)>> {
        let split = |name: String| {
            name.rsplit_once('.').map(|(stem, extension)| (stem.to_owned(), extension.to_owned()))
        };
        let mut names = file::names(&self.folder.join(folder))?;
        for (path, temporary) in &self.waiting {
            let Some(name) = path.strip_prefix(folder).and_then(|p| p.strip_prefix('/')) else { continue };
            names.retain(|n| n != name);
            if !temporary.is_empty() {
                names.push(name.to_owned());
            }
        }
        let mut names: Vec<_> = names.into_iter().filter(|n| !n.starts_with('.')).filter_map(split).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Returns where a file is: in its place, or where it waits.
    fn at(&self, path: &str) -> PathBuf {
        place(self.folder, &self.waiting, path)
    }

    /// Finds what a file said when it was read before, if it is still that version.
    fn unchanged<T>(&mut self, path: &str, find: impl FnOnce(&'a State) -> Option<&'a T>) -> Option<&'a T> {
        let (state, stamps) = self.before?;
        let stamp = file::stamp(&self.at(path)).ok()??;
        let found = stamps.get(path).filter(|s| **s == stamp).and_then(|_| find(state))?;
        self.stamps.insert(path.into(), stamp);
        Some(found)
    }

    fn private(&mut self, path: &str) -> Result<Bytes> {
        let (bytes, stamp) = file::read_private(&self.at(path))?;
        self.stamps.insert(path.into(), stamp);
        Ok(bytes)
    }

    fn public(&mut self, path: &str) -> Result<Bytes> {
        let (bytes, stamp) = file::read_public(&self.at(path))?;
        self.stamps.insert(path.into(), stamp);
        Ok(bytes)
    }

    /// Remembers the version of a file that is there.
    fn stamp(&mut self, path: &str) -> Result<()> {
        if let Some(stamp) = file::stamp(&self.at(path))? {
            self.stamps.insert(path.into(), stamp);
        }
        Ok(())
    }

    fn keep<T, O>(&mut self, path: String, read: Result<T>, put: impl FnOnce(&mut State, T) -> O) {
        match read {
            Ok(value) => {
                put(&mut self.state, value);
            }
            Err(e) => {
                // Without a stamp no commit writes over it.
                self.stamps.remove(&path);
                self.unread_for(path, &e);
            }
        }
    }

    fn unread_for(&mut self, path: String, error: &Error) {
        self.unread(path, error.kind.into(), &error.to_string());
    }

    fn unread(&mut self, path: String, sort: Sort, why: &str) {
        let path = crate::model::escape::visible(&path);
        self.state.unreadable.push(Unread { path, why: why.to_owned(), sort });
    }
}

/// Returns where a file is: in its place, or where it waits.
fn place(folder: &Path, waiting: &BTreeMap<String, String>, path: &str) -> PathBuf {
    match waiting.get(path).map(|temporary| folder.join(temporary)) {
        Some(temporary) if temporary.is_file() => temporary,
        _ => folder.join(path),
    }
}

fn good_name(name: &str) -> Result<()> {
    check_name(name).map_err(|why| Error::refused("Its name cannot be used here.").why(why))
}
