//! The short work of job threads: reading and writing files a person names, completing paths, probing. Each is a
//! function that may block; none touches the screen or the workspace.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::brought::{Brought, Given};
use super::msg::Done;
use crate::desk::Desk;
use crate::model::State;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::{typed_bytes, visible_bytes};
use crate::model::exchange;
use crate::model::explain::log;
use crate::model::secret::Secret;
use crate::ops::exchange::{Reader, plan};
use crate::ops::import_request::MOST;
use crate::pki::chain::inquiry::Inquiry;
use crate::pki::pem::Opening;
use crate::store::{brought, foreign_ca, foreign_xca, lines, outside};

/// How many completions are offered.
const COMPLETIONS: usize = 200;

/// Reads a file or a paste and recognises what it holds, with a password if one was typed. Errors say what the path or the
/// content is instead; `WrongPassword`; `Cancelled` when it was stopped.
pub fn read(given: Given, password: Option<&Secret>, stop: &AtomicBool, state: &State) -> Result<Done> {
    let opening = Opening { password, stop: Some(stop) };
    let (source, read) = match &given {
        Given::File(path) => {
            let path = typed(path);
            // The folder of an authority tells its past beside its key; another one may hold requests.
            let (word, read) = match path.is_dir() {
                true => match foreign_ca::folder(&path) {
                    Err(error) if error.kind == Kind::NotFound => {
                        let source = format!("folder {}", brought::shown(&path));
                        let found = brought::requests(&path, MOST, stop)?.ok_or(error)?;
                        let brought = Brought::new(given, source, found, None, state, Desk::now());
                        return Ok(Done::Found(Box::new(brought)));
                    }
                    read => ("folder", read?),
                },
                false if foreign_xca::is(&path) => ("file", foreign_xca::read(&path)?),
                false => ("file", brought::read(&path, false)?),
            };
            (format!("{word} {}", brought::shown(&path)), Some(read))
        }
        Given::Pasted(_) => ("pasted".to_owned(), None),
    };
    let (found, ring) = match (&read, &given) {
        (Some(read), _) => brought::recognise(&read.bytes, opening)?,
        (None, Given::Pasted(text)) => brought::recognise(text.expose().as_bytes(), opening)?,
        (None, Given::File(_)) => Default::default(),
    };
    if stop.load(Ordering::SeqCst) {
        return Err(Error::new(Kind::Cancelled, "Stopped; nothing was taken."));
    }
    let (open_to_others, history) =
        read.map_or((None, None), |r| (r.open_to_others, r.history.map(Arc::new)));
    let brought = Brought::new(given, source, found, ring, state, Desk::now());
    Ok(Done::Found(Box::new(Brought { open_to_others, history, opened: password.is_some(), ..brought })))
}

/// Reads documents of a Domino directory and works out what they become. `Cancelled` when it was stopped.
pub fn read_directory(path: &Path, stop: &AtomicBool, state: &State, operator: &str) -> Result<Done> {
    let path = typed(path);
    let read = brought::read_within(&path, false, exchange::LARGEST)?;
    let (_, notes) = exchange::read(&read.bytes)?;
    let plan = plan(state, &notes, &Reader { now: Desk::now(), operator });
    if stop.load(Ordering::SeqCst) {
        return Err(Error::new(Kind::Cancelled, "Stopped; nothing was taken."));
    }
    Ok(Done::Directory(Box::new((brought::shown(&path), plan))))
}

/// Reads a server's log. `Cancelled` when it was stopped.
pub fn read_log(path: &Path, stop: &AtomicBool) -> Result<Done> {
    let path = typed(path);
    let mut reader = log::Reader::default();
    lines::of_file(&path, &mut |line, length, cut| {
        reader.line(line, length, cut);
        !stop.load(Ordering::Relaxed)
    })?;
    if stop.load(Ordering::SeqCst) {
        return Err(Error::new(Kind::Cancelled, "Stopped; nothing was taken."));
    }
    Ok(Done::LogRead(Box::new((brought::shown(&path), reader.end()))))
}

/// Writes a new file that others may read, whole or not at all. An existing one is refused, and so is a place in `workspace`.
pub fn write(path: &Path, bytes: &[u8], workspace: &Path) -> Result<Done> {
    let path = at_home(path);
    outside::write(&outside::place(&path, workspace)?, bytes, outside::PUBLIC)?;
    Ok(Done::Written(path))
}

/// Completes a path: what begins with it, folders with a slash at the end; hidden ones only when their dot was typed.
pub fn complete(text: &str) -> Result<Done> {
    let cut = text.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, start) = text.split_at(cut);
    let place = if folder.is_empty() { PathBuf::from(".") } else { typed(Path::new(folder)) };
    if text == "~" {
        return Ok(Done::Paths(vec!["~/".into()]));
    }
    let Ok(entries) = std::fs::read_dir(place) else { return Ok(Done::Paths(Vec::new())) };
    let mut paths: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = visible_bytes(entry.file_name().as_bytes());
            let offered = name.starts_with(start) && (start.starts_with('.') || !name.starts_with('.'));
            let is_folder = offered && std::fs::metadata(entry.path()).is_ok_and(|m| m.is_dir());
            offered.then(|| format!("{folder}{name}{}", if is_folder { "/" } else { "" }))
        })
        .collect();
    paths.sort_unstable();
    paths.truncate(COMPLETIONS);
    Ok(Done::Paths(paths))
}

/// Answers an inquiry about a chain.
pub fn verified(inquiry: Inquiry) -> Done {
    let answer = inquiry.answer();
    Done::Verified(Box::new((inquiry, answer)))
}

/// Connects and tells what was seen.
#[cfg(feature = "network")]
pub fn probe(target: &crate::probe::connect::Target) -> Result<Done> {
    let seen = crate::probe::connect::probe(target)?;
    Ok(verified(seen.inquiry))
}

/// Takes a path as it is typed: what has no keys stands as `\XX` in it, unless a file has that very name.
fn typed(path: &Path) -> PathBuf {
    let literal = at_home(path);
    match literal.to_str() {
        Some(text) if text.contains('\\') && literal.symlink_metadata().is_err() => {
            OsStr::from_bytes(&typed_bytes(text)).into()
        }
        _ => literal,
    }
}

/// Replaces `~/` at the beginning by the user's home, as a shell does.
pub(super) fn at_home(path: &Path) -> PathBuf {
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
        assert_eq!(paths(&at("we")), [at("we\\E2\\80\\AEb"), at("web.csr"), at("web2.csr"), at("weird/")]);
        assert_eq!(paths(&at(".h")), [at(".hidden")]);
        assert!(paths(&at("none/x")).is_empty());
        assert_eq!(paths("~"), ["~/"]);
    }

    #[test]
    fn a_new_file_is_written_whole_and_an_old_one_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (path, workspace) = (folder.path().join("ca.pem"), folder.path().join("ring"));
        std::fs::create_dir(&workspace).unwrap();
        assert!(matches!(write(&path, b"one", &workspace), Ok(Done::Written(p)) if p == path));
        let error = write(&path, b"two", &workspace).unwrap_err();
        assert_eq!((error.kind, std::fs::read(&path).unwrap()), (Kind::Refused, b"one".to_vec()));
        assert_eq!(write(&folder.path().join("none/x"), b"", &workspace).unwrap_err().kind, Kind::Disk);
        assert_eq!(write(&workspace.join("x"), b"", &workspace).unwrap_err().kind, Kind::Refused);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing temporary is left");
    }

    fn read_file(path: &Path) -> Result<Done> {
        read(Given::File(path.into()), None, &AtomicBool::new(false), &State::default())
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        // A folder may be that of an authority; this one is not.
        assert_eq!(read_file(folder.path()).unwrap_err().kind, Kind::NotFound);
        assert_eq!(read_file(Path::new("/dev/null")).unwrap_err().kind, Kind::Refused);
        assert_eq!(read_file(&folder.path().join("x")).unwrap_err().kind, Kind::NotFound);
    }

    #[test]
    fn a_folder_gives_its_requests_each_under_the_name_of_its_file() {
        use crate::model::key::KeyType;
        use crate::pki::key::PrivateKey;
        use crate::pki::{name, pem, request};
        let folder = tempfile::tempdir().unwrap();
        for host in ["a.test", "b.test"] {
            let key = PrivateKey::generate(KeyType::P256).unwrap();
            let der = request::build(&name::build(&[("CN", host)]).unwrap(), &[], &key).unwrap();
            let text = pem::write("CERTIFICATE REQUEST", &der);
            std::fs::write(folder.path().join(format!("{host}.csr")), text).unwrap();
        }
        std::fs::write(folder.path().join("readme.txt"), "no request").unwrap();
        std::fs::create_dir(folder.path().join("below")).unwrap();
        let Ok(Done::Found(brought)) = read_file(folder.path()) else { panic!("nothing was read") };
        let found = &brought.found;
        assert!(brought.source.starts_with("folder "), "{}", brought.source);
        let sources: Vec<_> = found.requests.iter().map(|r| found.labels[&r.sha256].as_str()).collect();
        assert_eq!(sources, ["file a.test.csr", "file b.test.csr"]);
        assert!(matches!(&found.unread[..], [only] if only.starts_with("readme.txt: passed over")));
    }

    #[test]
    fn a_name_that_is_no_utf8_is_completed_and_read_as_it_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(OsStr::from_bytes(b"caf\xe9.pem"));
        std::fs::write(&file, "no pem").unwrap();
        let shown = format!("{}/caf\\E9.pem", folder.path().display());
        assert_eq!(paths(&format!("{}/c", folder.path().display())), std::slice::from_ref(&shown));
        assert!(read_file(Path::new(&shown)).unwrap_err().what.contains("text without PEM"));
    }
}
