//! The short work of job threads: reading and writing files a person names, completing paths, probing. Each is a
//! function that may block; none touches the screen or the workspace.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::msg::Done;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::{unseen, visible};
use crate::pki::pem;

/// How many completions are offered.
const COMPLETIONS: usize = 200;

/// Reads a file and recognises what it holds. Errors say what the path or the content is instead.
pub fn read(path: &Path) -> Result<Done> {
    let path = &at_home(path);
    let name = visible(&path.to_string_lossy());
    let cannot = |why: &std::io::Error| {
        let kind = if why.kind() == ErrorKind::NotFound { Kind::NotFound } else { Kind::Disk };
        Error::new(kind, format!("{name} cannot be read.")).why(format!("{why}."))
    };
    // Opening a pipe or a device may wait for ever.
    let metadata = std::fs::metadata(path).map_err(|e| cannot(&e))?;
    if !metadata.is_file() {
        return Err(
            Error::refused(format!("{name} is not a file.")).next("Name a file; Tab completes the path.")
        );
    }
    pem::allowed(usize::try_from(metadata.len()).unwrap_or(usize::MAX))?;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| cannot(&e))?;
    file.take(pem::LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(|e| cannot(&e))?;
    Ok(Done::Found(Box::new(pem::find(&bytes)?), format!("file {name}")))
}

/// Recognises what a paste holds.
pub fn paste(text: &str) -> Result<Done> {
    Ok(Done::Found(Box::new(pem::find(text.as_bytes())?), "pasted".into()))
}

/// Writes a new file, whole or not at all, that others may read as the umask allows. An existing one is refused.
pub fn write(path: &Path, bytes: &[u8]) -> Result<Done> {
    let path = at_home(path);
    let name = visible(&path.to_string_lossy());
    let cannot = |why: &std::io::Error| {
        Error::new(Kind::Disk, format!("{name} cannot be written.")).why(format!("{why}."))
    };
    if path.symlink_metadata().is_ok() {
        return Err(taken(&name));
    }
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".tmp-").permissions(Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(|e| cannot(&e))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|e| cannot(&e))?;
    match file.persist_noclobber(&path) {
        Ok(_) => {}
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => return Err(taken(&name)),
        Err(e) => return Err(cannot(&e.error)),
    }
    // The name is there; where a folder cannot be synced, as on some sticks, it becomes durable a little later.
    let _ = File::open(folder).and_then(|f| f.sync_all());
    Ok(Done::Written(path))
}

/// Completes a path: what begins with it, folders with a slash at the end; hidden ones only when their dot was typed.
pub fn complete(typed: &str) -> Result<Done> {
    let cut = typed.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, start) = typed.split_at(cut);
    let place = if folder.is_empty() { PathBuf::from(".") } else { at_home(Path::new(folder)) };
    if typed == "~" {
        return Ok(Done::Paths(vec!["~/".into()]));
    }
    let Ok(entries) = std::fs::read_dir(place) else { return Ok(Done::Paths(Vec::new())) };
    let mut paths: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            // A name with unseen characters cannot be typed, and one outside UTF-8 not be shown.
            let name = entry.file_name().into_string().ok().filter(|n| !n.chars().any(unseen))?;
            let offered = name.starts_with(start) && (start.starts_with('.') || !name.starts_with('.'));
            let is_folder = offered && std::fs::metadata(entry.path()).is_ok_and(|m| m.is_dir());
            offered.then(|| format!("{folder}{name}{}", if is_folder { "/" } else { "" }))
        })
        .collect();
    paths.sort_unstable();
    paths.truncate(COMPLETIONS);
    Ok(Done::Paths(paths))
}

/// Connects and tells what was seen.
#[cfg(feature = "network")]
pub fn probe(target: &crate::probe::connect::Target) -> Result<Done> {
    let seen = crate::probe::connect::probe(target)?;
    Ok(Done::Probed(seen.lines(), seen.explanation.trusted))
}

fn taken(name: &str) -> Error {
    Error::refused(format!("{name} is there already.")).next("Choose another name; nothing is overwritten.")
}

/// Replaces `~/` at the beginning by the user's home, as a shell does.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(typed: &str) -> Vec<String> {
        let Ok(Done::Paths(paths)) = complete(typed) else { panic!("no paths for {typed}") };
        paths
    }

    #[test]
    fn paths_are_completed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", folder.path().display());
        for name in ["web.csr", "web2.csr", ".hidden", "we\u{202e}b"] {
            std::fs::write(at(name), "x").unwrap();
        }
        std::fs::create_dir(at("weird")).unwrap();
        assert_eq!(paths(&at("we")), [at("web.csr"), at("web2.csr"), at("weird/")]);
        assert_eq!(paths(&at(".h")), [at(".hidden")]);
        assert!(paths(&at("none/x")).is_empty());
        assert_eq!(paths("~"), ["~/"]);
    }

    #[test]
    fn a_new_file_is_written_whole_and_an_old_one_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        assert!(matches!(write(&path, b"one"), Ok(Done::Written(p)) if p == path));
        let error = write(&path, b"two").unwrap_err();
        assert_eq!((error.kind, std::fs::read(&path).unwrap()), (Kind::Refused, b"one".to_vec()));
        assert_eq!(write(&folder.path().join("none/x"), b"").unwrap_err().kind, Kind::Disk);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary is left");
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap_err().kind, Kind::Refused);
        assert_eq!(read(Path::new("/dev/null")).unwrap_err().kind, Kind::Refused);
        assert_eq!(read(&folder.path().join("x")).unwrap_err().kind, Kind::NotFound);
    }
}
