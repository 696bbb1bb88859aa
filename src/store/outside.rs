//! Files outside of the workspace that a person named: written new, whole and durably, and never over another one. Knows
//! nothing of what they hold.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Permissions};
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::file::{self, folder_of};
use crate::model::bytes::Digest;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::pki::Sum;

/// The mode of a file that holds a private key.
pub const PRIVATE: u32 = 0o600;

/// What writes the content of a file.
pub type Fill<'a> = dyn FnMut(&mut dyn Write) -> std::io::Result<()> + 'a;

/// The mode of a file that anybody may read.
pub const PUBLIC: u32 = 0o644;

/// Finds where a new file or folder will be: its full path. `kept_out` is the workspace, where nothing is put.
///
/// Errors: `Refused` when something has that name already or it would be inside of the workspace, `Disk`.
pub fn place(path: &Path, kept_out: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| {
        Error::usage(format!("{} is not the name of a new file.", shown(path)))
            .next("Name a file that is not there.")
    })?;
    let cannot = |p: &Path, e: &std::io::Error| cannot("look at", p, e);
    let folder = folder_of(path);
    let folder = folder.canonicalize().map_err(|e| cannot(folder, &e))?;
    let inside = kept_out.canonicalize().map_err(|e| cannot(kept_out, &e))?;
    if folder.starts_with(&inside) {
        return Err(Error::refused(format!("{} is inside of the workspace.", shown(path)))
            .why("What stands there is the console's own; an export would be taken for a part of it, and backed up with it.")
            .next("Name a path elsewhere."));
    }
    let path = folder.join(name);
    if path.symlink_metadata().is_ok() {
        return Err(taken(&path));
    }
    Ok(path)
}

/// Writes a new file with a mode, whole or not at all, and makes it durable. Errors: `Refused` when it is there, `Disk`.
///
/// Where the system can, the file has no name until it is whole: a crash leaves nothing behind.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    write_by(path, mode, &mut |file| file.write_all(bytes))
}

/// Writes a new file as [`write()`] does, with what `fill` writes into it piece by piece; it may be called again.
pub fn write_by(path: &Path, mode: u32, fill: &mut Fill<'_>) -> Result<()> {
    let made = match nameless(path, mode, fill) {
        None => named(path, mode, fill),
        Some(result) => result,
    };
    made?;
    // The file is there; where a folder cannot be synced, as on some sticks, its name becomes durable a little later.
    let _ = file::sync_folder(folder_of(path));
    Ok(())
}

/// Makes a new folder with mode 0700. Errors: `Refused` when it is there, `Disk`.
pub fn make_folder(path: &Path) -> Result<()> {
    file::step();
    DirBuilder::new().mode(0o700).create(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => taken(path),
        _ => cannot("make", path, &e),
    })
}

/// Takes back what was written in vain: a folder that was just made and the files in it that were. Says what stays.
pub fn take_back(folder: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    let mut left: Vec<PathBuf> = files.iter().filter(|f| std::fs::remove_file(f).is_err()).cloned().collect();
    if std::fs::remove_dir(folder).is_err() && left.is_empty() {
        left.push(folder.to_owned());
    }
    left
}

/// Returns the SHA-256 of what stands in a file, of any size.
pub fn sum(path: &Path) -> Result<Digest> {
    let read = || {
        let (mut file, mut sum, mut piece) = (File::open(path)?, Sum::begin(), vec![0; 64 * 1024]);
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(sum.end()),
                n => sum.add(&piece[..n]),
            }
        }
    };
    read().map_err(|e: std::io::Error| cannot("read", path, &e))
}

/// Returns the permission bits that a file really has: some file systems keep none.
pub fn mode(path: &Path) -> Result<u32> {
    let meta = std::fs::symlink_metadata(path).map_err(|e| cannot("look at", path, &e))?;
    Ok(meta.mode() & 0o777)
}

/// Writes into a file without a name, and gives it its name at the end. `None` where the system or the file system knows
/// no such files.
#[cfg(target_os = "linux")]
fn nameless(path: &Path, mode: u32, content: &mut Fill<'_>) -> Option<Result<()>> {
    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
    use std::os::fd::AsRawFd;
    file::step();
    let made =
        open(folder_of(path), OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR);
    let mut file = File::from(made.ok()?);
    if let Err(error) = fill(&mut file, mode, content) {
        return Some(Err(cannot("write", path, &error)));
    }
    file::step();
    let here = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, here, CWD, path, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Some(Ok(())),
        Err(rustix::io::Errno::EXIST) => Some(Err(taken(path))),
        // No /proc, or no hard links: the other way tells what is really wrong.
        Err(_) => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path, _: u32, _: &mut Fill<'_>) -> Option<Result<()>> {
    None
}

/// Writes beside the name and renames.
fn named(path: &Path, mode: u32, content: &mut Fill<'_>) -> Result<()> {
    let failed = |e: &std::io::Error| cannot("write", path, e);
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(file::TEMPORARY).permissions(Permissions::from_mode(0o600));
    let mut file = builder.tempfile_in(folder_of(path)).map_err(|e| failed(&e))?;
    fill(file.as_file_mut(), mode, content).map_err(|e| failed(&e))?;
    file::step();
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Err(taken(path)),
        Err(e) => Err(failed(&e.error)),
    }
}

fn fill(file: &mut File, mode: u32, content: &mut Fill<'_>) -> std::io::Result<()> {
    let mut buffered = BufWriter::new(&mut *file);
    content(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    if mode != PRIVATE {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    file::step();
    file.sync_all()
}

fn taken(path: &Path) -> Error {
    Error::refused(format!("{} is there already.", shown(path)))
        .next("Choose another name; nothing is overwritten.")
}

fn cannot(doing: &str, path: &Path, why: &std::io::Error) -> Error {
    let what = format!("Could not {doing} {}.", shown(path));
    match why.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Error::new(Kind::Disk, what).why("The disk is full.")
        }
        _ => Error::new(Kind::Disk, what).why(format!("{why}.")),
    }
}

/// Names a path on a screen or in the audit log.
pub fn shown(path: impl AsRef<OsStr>) -> String {
    visible(&path.as_ref().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_written_whole_with_its_mode_and_an_old_one_kept() {
        let home = tempfile::tempdir().unwrap();
        for (name, mode_wanted, how) in [
            ("a", PRIVATE, write as fn(&Path, &[u8], u32) -> Result<()>),
            ("b", PUBLIC, write),
            ("c", PRIVATE, |path, bytes, mode| named(path, mode, &mut |file| file.write_all(bytes))),
            ("d", PUBLIC, |path, bytes, mode| named(path, mode, &mut |file| file.write_all(bytes))),
        ] {
            let path = home.path().join(name);
            how(&path, b"one", mode_wanted).unwrap();
            assert_eq!(mode(&path).unwrap(), mode_wanted);
            let error = how(&path, b"two", mode_wanted).unwrap_err();
            assert_eq!((error.kind, std::fs::read(&path).unwrap()), (Kind::Refused, b"one".to_vec()));
        }
        assert_eq!(write(&home.path().join("none/x"), b"", PUBLIC).unwrap_err().kind, Kind::Disk);
        assert_eq!(file::names(home.path()).unwrap(), ["a", "b", "c", "d"], "something temporary is left");
    }

    #[test]
    fn nothing_is_put_into_the_workspace_by_any_name_of_it() {
        let home = tempfile::tempdir().unwrap();
        let work = home.path().join("work");
        std::fs::create_dir_all(work.join("keyrings")).unwrap();
        std::os::unix::fs::symlink(&work, home.path().join("link")).unwrap();
        for inside in ["work/x", "work/keyrings/x", "link/x", "work/../work/x", "link/keyrings/../x"] {
            let error = place(&home.path().join(inside), &work).unwrap_err();
            assert!(error.what.contains("inside of the workspace"), "{inside}: {error}");
        }
        std::fs::write(home.path().join("there"), "").unwrap();
        assert!(place(&home.path().join("there"), &work).unwrap_err().what.contains("there already"));
        assert!(place(&home.path().join("none/x"), &work).is_err());
        assert!(place(Path::new("/"), &work).is_err());
        let good = home.path().canonicalize().unwrap().join("new");
        assert_eq!(place(&home.path().join("new"), &work).unwrap(), good);
    }
}
