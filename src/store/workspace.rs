//! The layout of a workspace folder and its format mark. Reads no content but the mark's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::file::{self, Stamp};
use super::ledger::Ledger;
use super::ledger::sqlite::SqliteLedger;
use super::{marked, seal};
use crate::model::Generation;
use crate::model::bytes::hex;
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::keyring::check_name;
use crate::model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The mark that makes a folder a workspace.
pub const MARK: &str = "format.ron";
/// The ledger.
pub const LEDGER: &str = "ledger.db";
/// The lock between consoles; nothing is ever read from it.
pub const LOCK: &str = ".lock";
/// Earlier versions, in each folder that has some.
pub const HISTORY: &str = ".history";
/// The folders of a workspace, each after the one it is in.
pub const FOLDERS: [&str; 12] = [
    "keyrings",
    "directory",
    "directory/sites",
    "directory/people",
    "directory/servers",
    "certifiers",
    "compromised",
    "profiles",
    "tasks",
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
    /// Random digits that tell this workspace and its copies from every other one; older ones have none.
    #[serde(default)]
    id: String,
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

/// Returns the digits that tell a workspace and its copies from every other one, if it has some.
pub fn id(folder: &Path) -> Result<Option<String>> {
    let (bytes, _) = file::read_public(&folder.join(MARK))?;
    let name = folder.join(MARK).display().to_string();
    let mark: Mark = marked::read("workspace", &name, &bytes, false)?;
    let good = mark.id.len() == 32 && mark.id.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(Some(mark.id).filter(|_| good))
}

/// Refuses a workspace whose folders or ledger are symbolic links: what they lead to is not of the workspace.
pub fn no_links(folder: &Path) -> Result<()> {
    let histories = FOLDERS.iter().map(|f| folder.join(f).join(HISTORY));
    let mut places = FOLDERS.iter().chain(&[LEDGER, LOCK]).map(|name| folder.join(name)).chain(histories);
    places.find(|p| file::is_link(p)).map_or(Ok(()), |place| Err(file::link(&place)))
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
    let id = hex(&*seal::random::<16>()?);
    let mark = marked::write("workspace", &Mark { format: marked::FORMAT, id })?;
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

/// Tells whether a path is that of a file in one of the folders, whatever it is called.
pub fn is_inside(path: &str) -> bool {
    path.rsplit_once('/')
        .is_some_and(|(folder, name)| FOLDERS.contains(&folder) && !name.is_empty() && !name.starts_with('.'))
}

/// Tells whether a file can be made again from the ledger: no history is kept of it, and it may be replaced unseen.
pub fn is_derived(path: &str) -> bool {
    let name = path.strip_prefix("certifiers/").and_then(|p| p.split_once('/')).map_or("", |(_, name)| name);
    let stem = name.strip_suffix(".der").or_else(|| name.strip_suffix(".pem"));
    stem.is_some_and(|stem| stem == "crl" || stem.starts_with("crl-"))
}

/// Returns where the version of a file is kept that a commit replaces: `mail.kyr` as `.history/mail.17.kyr`, when the
/// commit made generation 17.
pub fn history(path: &Path, generation: Generation) -> PathBuf {
    let part = |p: Option<&std::ffi::OsStr>| p.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    file::folder_of(path).join(HISTORY).join(format!("{stem}.{}.{extension}", generation.0))
}

/// Lists the versions of a file that the history keeps: the commit that replaced each, and its name; the newest first.
/// A file whose own name looks like a version of another one has to be told apart by what it says.
pub fn kept(folder: &Path, path: &str) -> Result<Vec<(Generation, String)>> {
    let (place, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let version = |name: String| {
        let rest = name.strip_prefix(stem)?.strip_prefix('.')?.strip_suffix(extension)?.strip_suffix('.')?;
        let (generation, again) = rest.split_once('.').unwrap_or((rest, "0"));
        let again: u32 = again.parse().ok()?;
        Some((Generation(generation.parse().ok()?), again, name))
    };
    let names = file::names(&folder.join(place).join(HISTORY))?;
    let mut found: Vec<_> = names.into_iter().filter_map(version).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(generation, _, name)| (generation, name)).collect())
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
    // A link may lead to a folder of others.
    all.retain(|f| f.is_dir() && !file::is_link(f));
    all.push(folder.to_owned());
    let history = |f: &PathBuf| Some(f.join(HISTORY)).filter(|h| h.is_dir() && !file::is_link(h));
    let histories: Vec<_> = all.iter().filter_map(history).collect();
    all.extend(histories);
    Ok(all)
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
