//! Reads what a person brings from anywhere, a file or a stream: an import, never a file of the workspace. Stores nothing.

use std::fs::{Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

use super::kyr;
use crate::model::certifier::past::History;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::{unseen, visible_bytes};
use crate::model::keyring::Keyring;
use crate::pki::pem::{self, Found, LARGEST, Opening};

/// What was read.
pub struct Brought {
    /// The bytes; wiped when dropped, for they may hold a private key.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The command that closes the file to others, when they can read it.
    pub open_to_others: Option<String>,
    /// What an authority has issued before, when its folder was read.
    pub history: Option<History>,
}

/// Recognises by content what was brought: a keyring of ours with its certificates, or anything that [`pem::open`] knows.
///
/// Errors: those of [`pem::open`] and of [`kyr::read`].
pub fn recognise(bytes: &[u8], opening: Opening<'_>) -> Result<(Found, Option<Keyring>)> {
    if !kyr::is_ours(bytes) {
        return Ok((pem::open(bytes, opening)?, None));
    }
    let ring = kyr::read_brought(bytes)?;
    let certificates = ring.entries.iter().map(|e| e.certificate.clone()).collect();
    Ok((Found { certificates, ..Found::default() }, Some(ring)))
}

/// Shows a path as text: what a reader could not see, and what is no UTF-8, as `\XX`.
pub fn shown(path: &Path) -> String {
    visible_bytes(path.as_os_str().as_encoded_bytes())
}

/// Lists what stands in a folder, by name: files that are not hidden, and nothing below it.
pub fn folder(path: &Path) -> Result<Vec<PathBuf>> {
    let name = shown(path);
    let entries = std::fs::read_dir(path).map_err(|e| cannot(&name, &e))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| cannot(&name, &e))?;
        let hidden = entry.file_name().as_encoded_bytes().first() == Some(&b'.');
        if !hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Reads the requests in the files of a folder, in one text, each under the name of its file; `None` when there is none. What
/// holds no request is passed over, and what cannot be read is told.
///
/// Errors: more than `most` files, which nobody looks through; those of [`folder`]; `Cancelled`.
pub fn requests(path: &Path, most: usize, stop: &AtomicBool) -> Result<Option<Found>> {
    let files = folder(path)?;
    if files.len() > most {
        return Err(Error::refused(format!("There are {} files in {}.", files.len(), shown(path)))
            .why(format!("At most {most} are taken at once."))
            .next("Bring them in parts."));
    }
    let mut found = Found::default();
    for file in files {
        if stop.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Cancelled, "Stopped; nothing was taken."));
        }
        let name = file.file_name().map(|name| visible_bytes(name.as_encoded_bytes())).unwrap_or_default();
        match read(&file, false).and_then(|read| pem::find(&read.bytes)) {
            Ok(held) if held.requests.is_empty() => {
                found.unread.push(format!("{name}: passed over, there is no certificate request in it."));
            }
            Ok(held) => {
                let source = format!("file {name}");
                let of = held.requests.iter().map(|request| (request.sha256, source.clone()));
                found.labels.extend(of);
                found.unread.extend(held.unread.into_iter().map(|why| format!("{name}: {why}")));
                found.requests.extend(held.requests);
            }
            Err(error) => found.unread.push(format!("{name}: passed over: {error}")),
        }
    }
    Ok(Some(found).filter(|found| !found.requests.is_empty()))
}

/// Reads a file whole; with `pipes` also a named or inherited pipe, whose writer is waited for only if it is there.
///
/// Errors: `NotFound`; `Refused` for a folder, a device, and more than [`LARGEST`] bytes, which are not read; `Disk`.
pub fn read(path: &Path, pipes: bool) -> Result<Brought> {
    read_within(path, pipes, LARGEST)
}

/// Reads a file whole, as [`read`] does, of at most so many bytes.
pub fn read_within(path: &Path, pipes: bool, most: usize) -> Result<Brought> {
    let name = shown(path);
    // Non-blocking, or opening a pipe that nobody writes to would wait for ever.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let looked = std::fs::metadata(path).map_err(|e| cannot(&name, &e))?;
    proper(&looked, &name, pipes)?;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let mut file = opened.map_err(|e| cannot(&name, &e))?;
    // What was opened counts, not what stood there a moment ago.
    let meta = file.metadata().map_err(|e| cannot(&name, &e))?;
    proper(&meta, &name, pipes)?;
    if meta.file_type().is_fifo() {
        let blocking = rustix::fs::fcntl_getfl(&file)
            .and_then(|flags| rustix::fs::fcntl_setfl(&file, flags - rustix::fs::OFlags::NONBLOCK));
        blocking.map_err(|e| cannot(&name, &e.into()))?;
    }
    if meta.len() > most as u64 {
        return Err(too_large(&name, &format!("It has {} bytes", meta.len()), most));
    }
    let room = usize::try_from(meta.len()).unwrap_or(0) + 1;
    let bytes = bounded(&mut file, room, &name, most)?;
    let open_to_others = (meta.is_file() && meta.mode() & 0o077 != 0)
        .then(|| format!("Its mode is {:04o}; close it: chmod 600 {}", meta.mode() & 0o7777, quoted(path)));
    Ok(Brought { bytes, open_to_others, history: None })
}

/// Reads all of a stream, such as the standard input. Errors: `Refused` for more than [`LARGEST`] bytes, `Disk`.
pub fn read_stream(stream: &mut dyn Read, name: &str) -> Result<Brought> {
    read_stream_within(stream, name, LARGEST)
}

/// Reads all of a stream, as [`read_stream`] does, of at most so many bytes.
pub fn read_stream_within(stream: &mut dyn Read, name: &str, most: usize) -> Result<Brought> {
    Ok(Brought { bytes: bounded(stream, 64 << 10, name, most)?, open_to_others: None, history: None })
}

fn bounded(stream: &mut dyn Read, room: usize, name: &str, most: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let mut part = Zeroizing::new([0; 16 << 10]);
    loop {
        let count = match stream.read(&mut part[..]) {
            Ok(0) => return Ok(bytes),
            Ok(count) => count,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(cannot(name, &e)),
        };
        let wanted = bytes.len() + count;
        if wanted > most {
            return Err(too_large(name, "It has more", most));
        }
        if wanted > bytes.capacity() {
            // Moved by hand, so that no copy of a key stays behind in memory that was given back.
            let mut larger = Zeroizing::new(Vec::with_capacity((wanted * 2).min(most)));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend_from_slice(part.get(..count).unwrap_or_default());
    }
}

fn proper(meta: &Metadata, name: &str, pipes: bool) -> Result<()> {
    let kind = meta.file_type();
    if kind.is_file() || pipes && kind.is_fifo() {
        return Ok(());
    }
    let what = match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_char_device() || kind.is_block_device() => "a device",
        () => "no file that could be read",
    };
    Err(Error::refused(format!("{name} is not a file.")).why(format!("It is {what}.")).next("Name a file."))
}

fn too_large(name: &str, has: &str, most: usize) -> Error {
    Error::refused(format!("{name} is too large."))
        .why(format!("{has}; at most {} MiB are read.", most >> 20))
        .next("Bring the certificate, key or request alone.")
}

pub(super) fn cannot(name: &str, why: &std::io::Error) -> Error {
    let error = |kind| Error::new(kind, format!("{name} cannot be read."));
    match why.kind() {
        ErrorKind::NotFound => error(Kind::NotFound).why("There is no such file."),
        ErrorKind::PermissionDenied => error(Kind::Disk)
            .why("The operating system denies it to this user.")
            .next("Look at its owner and mode with: ls -l."),
        _ => error(Kind::Disk).why(format!("{why}.")),
    }
}

/// Quotes a path for a shell where it has to be: `$'..'` (as bash and zsh know it) where a reader could not see it whole.
fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+@%:,".contains(b);
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(plain) => text.to_owned(),
        Ok(text) if !text.chars().any(unseen) => format!("'{}'", text.replace('\'', "'\\''")),
        _ => {
            let each = bytes
                .iter()
                .map(|b| if plain(b) { char::from(*b).to_string() } else { format!("\\x{b:02x}") });
            format!("$'{}'", each.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Endless;
    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            Ok(into.len())
        }
    }

    #[test]
    fn a_stream_without_end_is_refused() {
        let error = read_stream(&mut Endless, "standard input").map(|_| ()).unwrap_err();
        assert!(error.kind == Kind::Refused && error.what.contains("standard input is too large"), "{error}");
        let mut whole: &[u8] = &vec![7; 100_000];
        assert_eq!(*read_stream(&mut whole, "x").map(|b| b.bytes).unwrap(), vec![7; 100_000]);
    }

    #[test]
    fn names_are_shown_escaped_and_quoted_for_a_shell() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9 \x1b\xc3\xbc.pem"));
        assert_eq!(shown(path), "caf\\E9 \\1Bü.pem");
        let quoted = |text: &str| quoted(Path::new(text));
        assert_eq!((quoted("/a/b.pem").as_str(), quoted("a b'c").as_str()), ("/a/b.pem", "'a b'\\''c'"));
        assert_eq!(super::quoted(path), "$'caf\\xe9\\x20\\x1b\\xc3\\xbc.pem'");
    }
}
