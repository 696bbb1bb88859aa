//! The layout of a workspace folder, its format mark, and reading it whole into a State.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::file::{self, Stamp};
use super::ledger::Ledger;
use super::ledger::sqlite::SqliteLedger;
use super::{certifier_key, document, kyr, marked};
use crate::model::certifier::Certifier;
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::keyring::check_name;
use crate::model::profile::Profile;
use crate::model::time::Timestamp;
use crate::model::{Generation, State};

/// The mark that makes a folder a workspace.
pub const MARK: &str = "format.ron";
/// The ledger.
pub const LEDGER: &str = "ledger.db";
/// The lock between consoles; nothing is ever read from it.
pub const LOCK: &str = ".lock";
/// Earlier versions, in each folder that has some.
pub const HISTORY: &str = ".history";
/// The folders of a workspace, each after the one it is in.
pub const FOLDERS: [&str; 9] = [
    "keyrings",
    "directory",
    "directory/sites",
    "directory/servers",
    "certifiers",
    "profiles",
    "transfer",
    "transfer/inbox",
    "transfer/outbox",
];

/// The versions of files that were read, by path inside of the workspace.
pub type Stamps = BTreeMap<String, Stamp>;

/// What stands where a workspace is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing, an empty folder, or a workspace that was never finished: one can be made here.
    Nothing,
    /// A workspace of a format that this version knows.
    Workspace,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    format: u32,
}

/// Looks at a folder and touches nothing. Errors: `TooNew`, `Foreign` for a folder with other things in it, `Damaged`.
pub fn look(folder: &Path) -> Result<Found> {
    match file::read_public(&folder.join(MARK)) {
        Ok((bytes, _)) => {
            let name = folder.join(MARK).display().to_string();
            let mark: Mark = marked::read("workspace", &name, &bytes, false)?;
            return match mark.format {
                1..=marked::FORMAT => Ok(Found::Workspace),
                newer => Err(marked::too_new(&format!("The workspace {}", folder.display()), newer)),
            };
        }
        Err(e) if e.kind == Kind::NotFound => {}
        Err(e) => return Err(e),
    }
    if folder.exists() && !folder.is_dir() {
        return Err(Error::new(Kind::Foreign, format!("{} is a file, not a folder.", folder.display())));
    }
    for name in file::names(folder)? {
        let path = folder.join(&name);
        let unfinished = name == LOCK
            || name.starts_with(LEDGER)
            || name.starts_with(file::TEMPORARY)
            || (FOLDERS.contains(&name.as_str()) && holds_nothing(&path)?);
        if !unfinished {
            return Err(Error::new(Kind::Foreign, format!("{} is not a workspace.", folder.display()))
                .why(format!("It has no {MARK} and holds other things, such as {name}. It is left alone."))
                .next("Name an empty or a new folder, or restore the mark from a backup."));
        }
    }
    Ok(Found::Nothing)
}

/// Makes a workspace, or finishes one whose making was cut short. Runs under the lock.
///
/// The mark comes last, and a ledger that is there without it is taken over only when nothing but the making of the
/// workspace stands in it.
pub fn make(folder: &Path, operator: &str, now: Timestamp) -> Result<()> {
    FOLDERS.iter().try_for_each(|f| file::make_folder(&folder.join(f)))?;
    let ledger = folder.join(LEDGER);
    if ledger.exists() {
        if SqliteLedger::open(&ledger, true)?.generation()? != Generation(1) {
            return Err(Error::damaged(format!("The workspace {} has lost its mark.", folder.display()))
                .why(format!("There is a used {LEDGER} and no {MARK}."))
                .next(format!("Restore {MARK} from a backup.")));
        }
    } else {
        file::step();
        SqliteLedger::create(&ledger, &Fact::WorkspaceCreated, operator, now)?;
    }
    let mark = marked::write("workspace", &Mark { format: marked::FORMAT })?;
    file::replace(&folder.join(MARK), mark.as_bytes())
}

/// Says why nothing can be written to a workspace, if so.
pub fn unwritable(folder: &Path) -> Option<String> {
    use rustix::fs::{Access, access};
    let closed = |path: PathBuf| match access(&path, Access::WRITE_OK) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => None,
        Err(e) => Some((path, std::io::Error::from(e))),
    };
    let closed = [folder.to_owned(), folder.join(LEDGER)].into_iter().find_map(closed);
    closed.map(|(path, e)| match e.kind() {
        std::io::ErrorKind::ReadOnlyFilesystem => {
            format!("{} is on a read-only file system.", path.display())
        }
        std::io::ErrorKind::PermissionDenied => format!("{} is closed to this user.", path.display()),
        _ => format!("{} cannot be written: {e}.", path.display()),
    })
}

/// Tells whether a path may be written by a commit: a plain name in one of the folders, or in a certifier's own.
pub fn is_ours(path: &str) -> bool {
    let mut parts: Vec<_> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let folder = match parts.as_slice() {
        ["certifiers", certifier] => check_name(certifier).is_ok(),
        _ => FOLDERS.contains(&parts.join("/").as_str()),
    };
    folder && check_name(name.rsplit_once('.').map_or("", |(stem, _)| stem)).is_ok()
}

/// Tells whether a file can be made again from the ledger: no history is kept of it, and it may be replaced unseen.
pub fn is_derived(path: &str) -> bool {
    path.starts_with("certifiers/") && (path.ends_with("/crl.der") || path.ends_with("/crl.pem"))
}

/// Returns where the version of a file is kept that a commit replaces: `mail.kyr` as `.history/mail.17.kyr`, when the
/// commit made generation 17.
pub fn history(path: &Path, generation: Generation) -> PathBuf {
    let part = |p: Option<&std::ffi::OsStr>| p.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    file::folder_of(path).join(HISTORY).join(format!("{stem}.{}.{extension}", generation.0))
}

/// Returns a path as it is written inside of the workspace, with `/`.
pub fn relative(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}

/// Lists every folder that a commit may write to, and the histories.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all: Vec<_> = FOLDERS.iter().map(|f| folder.join(f)).collect();
    for certifier in file::names(&folder.join("certifiers"))? {
        all.push(folder.join("certifiers").join(certifier));
    }
    all.push(folder.to_owned());
    all.retain(|f| f.is_dir());
    let histories: Vec<_> = all.iter().map(|f| f.join(HISTORY)).filter(|f| f.is_dir()).collect();
    all.extend(histories);
    Ok(all)
}

/// Reads a workspace. What is the same as in `before` is not read again; what cannot be read is named in `unreadable`.
///
/// Files of a commit that a crash left on their way, and that nobody could finish yet because the workspace is
/// read-only, are read from where they wait.
pub fn load(
    folder: &Path,
    ledger: &SqliteLedger,
    before: Option<(&State, &Stamps)>,
) -> Result<(State, Stamps)> {
    let pending = ledger.pending_files()?;
    let waiting = pending.into_iter().map(|p| (p.path, p.temporary)).collect();
    let mut load = Load { folder, before, waiting, state: State::default(), stamps: Stamps::new() };
    load.state.generation = ledger.generation()?;
    let (issued, revoked, next_request) = ledger.counts()?;
    (load.state.issued, load.state.revoked, load.state.next_request) = (issued, revoked, next_request);
    let requests = ledger.open_requests()?.into_iter().chain(ledger.closed_requests(State::CLOSED_KEPT)?);
    load.state.requests = requests.map(|r| (r.id, r)).collect();
    load.keyrings()?;
    load.sites()?;
    load.certifiers(ledger)?;
    load.profiles()?;
    Ok((load.state, load.stamps))
}

type Bytes = Zeroizing<Vec<u8>>;

struct Load<'a> {
    folder: &'a Path,
    before: Option<(&'a State, &'a Stamps)>,
    /// Files on their way: path and temporary file, which is empty for a removal.
    waiting: BTreeMap<String, String>,
    state: State,
    stamps: Stamps,
}

impl<'a> Load<'a> {
    fn keyrings(&mut self) -> Result<()> {
        let mut known = kyr::Known::new();
        let names = self.names("keyrings")?;
        for (name, extension) in &names {
            let path = format!("keyrings/{name}.{extension}");
            let beside = |other: &str| names.binary_search(&(name.clone(), other.into())).is_ok();
            match extension.as_str() {
                "sth" if beside("kyr") => self.stamp(&path)?,
                "sth" => self.unread(path, "No keyring of this name stands beside it."),
                e if e.eq_ignore_ascii_case("kyr") => {
                    let stash = beside("sth");
                    let same = self.unchanged(&path, |s| s.keyrings.get(name).filter(|r| r.stash == stash));
                    let ring = match same {
                        Some(ring) => Ok(ring.clone()),
                        None => match self.private(&path) {
                            Ok(bytes) => kyr::read_with(name, &bytes, stash, &mut known),
                            Err(error) => Err(self.stranger(name, &path).unwrap_or(error)),
                        },
                    };
                    let ring = good_name(name).and(ring);
                    self.keep(path, ring, |s, ring| s.keyrings.insert(ring.name.clone(), ring));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn sites(&mut self) -> Result<()> {
        for (name, extension) in self.names("directory/sites")? {
            if extension != "ron" {
                continue;
            }
            let path = document::site_path(&name);
            let site = match self.unchanged(&path, |s| s.sites.get(&name)) {
                Some(site) => Ok(site.clone()),
                None => self.public(&path).and_then(|b| document::read_site(&name, &b)),
            };
            let site = good_name(&name).and(site);
            self.keep(path, site, |s, site| s.sites.insert(site.name.clone(), site));
        }
        Ok(())
    }

    fn certifiers(&mut self, ledger: &SqliteLedger) -> Result<()> {
        let mut crls: BTreeMap<_, _> = ledger.crls()?.into_iter().collect();
        for name in file::names(&self.folder.join("certifiers"))? {
            let place = self.folder.join("certifiers").join(&name);
            if name.starts_with('.')
                || !place.is_dir()
                || self.names(&format!("certifiers/{name}"))?.is_empty()
            {
                continue;
            }
            let path = document::certifier_path(&name, "certifier.ron");
            let pem = document::certifier_path(&name, "certificate.pem");
            let crl = crls.remove(&name);
            let same = self.unchanged(&path, |s| s.certifiers.get(&name));
            let certifier = match same.and_then(|_| self.unchanged(&pem, |s| s.certifiers.get(&name))) {
                Some(same) => Ok(Certifier { crl, ..same.clone() }),
                None => self.public(&path).and_then(|ron| {
                    let pem = self.public(&pem)?;
                    document::read_certifier(&name, &ron, &pem, crl)
                }),
            };
            let certifier = good_name(&name).and(certifier);
            if certifier.is_ok() {
                self.stamp(&certifier_key::path(&name))?;
            } else {
                self.stamps.remove(&pem);
            }
            self.keep(path, certifier, |s, c| s.certifiers.insert(c.name.clone(), c));
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
        match self.waiting.get(path).map(|t| self.folder.join(t)) {
            Some(temporary) if temporary.is_file() => temporary,
            _ => self.folder.join(path),
        }
    }

    /// Finds what a file said when it was read before, if it is still that version.
    fn unchanged<T>(&mut self, path: &str, find: impl FnOnce(&'a State) -> Option<&'a T>) -> Option<&'a T> {
        let (state, stamps) = self.before?;
        let stamp = file::stamp(&self.at(path)).ok()??;
        let found = stamps.get(path).filter(|s| **s == stamp).and_then(|_| find(state))?;
        self.stamps.insert(path.into(), stamp);
        Some(found)
    }

    /// Says what a file is that could not be read as a ring and is none: that helps more than advice about its mode.
    fn stranger(&self, name: &str, path: &str) -> Option<Error> {
        let (bytes, _) = file::read_public(&self.at(path)).ok()?;
        kyr::read(name, &bytes, false).err().filter(|e| e.kind == Kind::Foreign)
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
                self.unread(path, &e.to_string());
            }
        }
    }

    fn unread(&mut self, path: String, why: &str) {
        self.state.unreadable.push((crate::model::escape::visible(&path), why.to_owned()));
    }
}

fn good_name(name: &str) -> Result<()> {
    check_name(name).map_err(|why| Error::refused("Its name cannot be used here.").why(why))
}

fn holds_nothing(folder: &Path) -> Result<bool> {
    for name in file::names(folder)? {
        let path = folder.join(name);
        if !path.is_dir() || !holds_nothing(&path)? {
            return Ok(false);
        }
    }
    Ok(true)
}
