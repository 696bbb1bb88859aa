//! Files that are replaced whole or not at all, with private modes, and the lock between consoles. Knows nothing of what
//! the files hold.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::model::bytes::hex;
use crate::model::error::{Error, Kind, Result};

/// How names of temporary files begin; whatever begins so and belongs to no commit is swept away.
pub const TEMPORARY: &str = ".tmp-";

/// The largest file that is read, in bytes.
pub const LARGEST: u64 = 64 << 20;

/// Tells one version of a file from the next without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The lock between consoles; it is given back when this is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its lock")] File);

impl Lock {
    /// Takes the lock for changing, and makes its file when it is missing. Waits at most `wait`.
    ///
    /// Errors: `Refused` when another console holds it for longer, `Disk`.
    pub fn exclusive(path: &Path, wait: Duration) -> Result<Self> {
        let mut how = OpenOptions::new();
        how.create(true).truncate(false).read(true).write(true).mode(0o600).custom_flags(no_follow());
        let file = how.open(path).map_err(|e| opening(path, &e))?;
        Self::wait(file, path, wait, File::try_lock)
    }

    /// Takes the lock for reading only; a missing lock file needs no lock.
    pub fn shared(path: &Path, wait: Duration) -> Result<Option<Self>> {
        match OpenOptions::new().read(true).custom_flags(no_follow()).open(path) {
            Ok(file) => Self::wait(file, path, wait, File::try_lock_shared).map(Some),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(opening(path, &e)),
        }
    }

    fn wait(
        file: File,
        path: &Path,
        wait: Duration,
        take: fn(&File) -> std::result::Result<(), TryLockError>,
    ) -> Result<Self> {
        let deadline = Instant::now() + wait;
        loop {
            match take(&file) {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::refused("Another console is just writing to this workspace.")
                        .why(format!("It has held {} for {} seconds.", path.display(), wait.as_secs()))
                        .next("Try again; if it stays so, end the other console: the lock ends with it."));
                }
                Err(TryLockError::Error(e)) => return Err(error("lock", path, &e)),
            }
        }
    }
}

/// Makes a folder, and those above it, durably and with mode 0700; one that is there stays as it is.
pub fn make_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = folder_of(path);
    make_folder(above)?;
    step();
    match DirBuilder::new().mode(0o700).create(path) {
        Err(e) if !path.is_dir() => Err(error("make", path, &e)),
        _ => sync_folder(above),
    }
}

/// Writes a new file with mode 0600 and makes its content durable; its name is durable after [`sync_folder`]. A file that
/// could not be written whole is removed again.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    step();
    let mut how = OpenOptions::new();
    let mut file = how
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(no_follow())
        .open(path)
        .map_err(|e| error("make", path, &e))?;
    step();
    let written = file.write_all(bytes).and_then(|()| {
        step();
        file.sync_all()
    });
    written.map_err(|e| {
        let _ = std::fs::remove_file(path);
        error("write", path, &e)
    })
}

/// Replaces a file, or makes it, whole or not at all and durably; mode 0600.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = random_temporary(path)?;
    write_new(&temporary, bytes)?;
    rename(&temporary, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&temporary);
    })?;
    sync_folder(folder_of(path))
}

/// Makes a file whole and durably unless it is there already; tells whether it was made.
pub fn create(path: &Path, bytes: &[u8]) -> Result<bool> {
    let temporary = random_temporary(path)?;
    write_new(&temporary, bytes)?;
    step();
    let linked = std::fs::hard_link(&temporary, path);
    let _ = std::fs::remove_file(&temporary);
    match linked {
        Ok(()) => sync_folder(folder_of(path)).map(|()| true),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(error("make", path, &e)),
    }
}

/// Renames a file over another one.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    step();
    std::fs::rename(from, to).map_err(|e| error("rename", from, &e))
}

/// Removes a file; one that is not there is no error.
pub fn remove(path: &Path) -> Result<()> {
    step();
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(error("remove", path, &e)),
        _ => Ok(()),
    }
}

/// Keeps the present version of a file under a second name. A hard link where the file system knows them, else a copy.
///
/// Doing it again changes nothing. When another file has that name, as after a restored backup, the name gets a number.
pub fn keep(path: &Path, history: &Path) -> Result<()> {
    make_folder(folder_of(history))?;
    let mut name = history.to_owned();
    for number in 2u32.. {
        step();
        match std::fs::hard_link(path, &name) {
            Ok(()) => return sync_folder(folder_of(history)),
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(error("keep", path, &e)),
            Err(_) if !name.exists() => {
                let bytes = std::fs::read(path).map(Zeroizing::new).map_err(|e| error("read", path, &e))?;
                return replace(&name, &bytes);
            }
            Err(_) if same(path, &name) => return Ok(()),
            Err(_) => {}
        }
        let extension = history.extension().unwrap_or_default().to_string_lossy();
        name = history.with_extension(format!("{number}.{extension}"));
    }
    Err(Error::internal(format!("{} has no free name in its history.", path.display())))
}

/// Refuses what could not be moved to the history for certain: a link, a folder, a file of another user.
pub fn can_be_moved(path: &Path) -> Result<()> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(error("look at", path, &e)),
    };
    let why = if !meta.is_file() {
        "It is a link, a folder or a device."
    } else if meta.uid() != rustix::process::geteuid().as_raw() {
        "It belongs to another user."
    } else {
        return Ok(());
    };
    Err(Error::refused(format!("{} cannot be moved to the history.", path.display()))
        .why(why)
        .next("Move it away by hand."))
}

/// Overwrites a file with zeros, durably, and removes it; one that is not there is fine. A disk that writes elsewhere than
/// before, or a snapshot of the file system, may keep the old bytes all the same.
pub fn wipe(path: &Path) -> Result<()> {
    let opened = OpenOptions::new().write(true).custom_flags(no_follow()).open(path);
    match opened {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(error("open", path, &e)),
        Ok(mut file) => {
            step();
            let length = file.metadata().map_err(|e| error("read", path, &e))?.len();
            let zeros = vec![0; usize::try_from(length.min(LARGEST)).unwrap_or(0)];
            file.write_all(&zeros).and_then(|()| file.sync_all()).map_err(|e| error("write", path, &e))?;
        }
    }
    step();
    remove(path)
}

/// Makes the names in a folder durable.
pub fn sync_folder(path: &Path) -> Result<()> {
    step();
    File::open(path).and_then(|f| f.sync_all()).map_err(|e| error("make durable", path, &e))
}

/// Reads a private file whole: a regular file that is no symbolic link, belongs to this user (or root) and is closed to
/// group and world.
///
/// Errors: `NotFound`, `Denied` and `Exposed` with the command that repairs it, `Refused` for what is no file of its own,
/// `Damaged` when larger than [`LARGEST`], `Disk`.
pub fn read_private(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Stamp)> {
    let (mut file, meta) = open(path)?;
    let owner = meta.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(Error::new(Kind::Denied, format!("{} belongs to another user.", path.display()))
            .why(format!("Its owner is user number {owner}; a file that others can change is no secret."))
            .next(format!("Work as that user, or: chown $(id -u) {}", path.display())));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(Error::new(Kind::Exposed, format!("{} can be read by others.", path.display()))
            .why(format!("Its mode is {:04o}; a secret has mode 0600.", meta.mode() & 0o7777))
            .next(format!("chmod 600 {}", path.display())));
    }
    read(&mut file, path, &meta)
}

/// Reads a file that holds no secret; otherwise as [`read_private`].
pub fn read_public(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Stamp)> {
    let (mut file, meta) = open(path)?;
    read(&mut file, path, &meta)
}

/// Returns the stamp of a file; `None` when there is none.
pub fn stamp(path: &Path) -> Result<Option<Stamp>> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(stamp_of(&meta))),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(error("look at", path, &e)),
    }
}

/// Lists the names in a folder, in order; those that are no UTF-8 are escaped. A missing folder is empty.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(error("list", folder, &e)),
    };
    let name = |e: std::io::Result<std::fs::DirEntry>| {
        e.map(|e| e.file_name().to_string_lossy().into_owned()).map_err(|e| error("list", folder, &e))
    };
    let mut names = entries.map(name).collect::<Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

/// Returns the name under which the next version of a file waits for the commit that makes this generation.
pub fn waiting(path: &Path, generation: u64) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{TEMPORARY}{generation}-{name}"))
}

/// Returns the folder of a path.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Says what the operating system refused. A full disk has its own sentence.
pub fn error(doing: &str, path: &Path, why: &std::io::Error) -> Error {
    match why.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => full().why(format!("{}: {why}", path.display())),
        ErrorKind::NotFound => Error::new(Kind::NotFound, format!("There is no {}.", path.display())),
        ErrorKind::ReadOnlyFilesystem => {
            Error::new(Kind::Disk, format!("Could not {doing} {}.", path.display()))
                .why("The file system is read-only.")
        }
        ErrorKind::PermissionDenied => {
            Error::new(Kind::Denied, format!("Could not {doing} {}.", path.display()))
                .why("The operating system denies it to this user.")
                .next(format!("ls -ld {}", path.display()))
        }
        _ => Error::new(Kind::Disk, format!("Could not {doing} {}.", path.display())).why(format!("{why}.")),
    }
}

/// The disk is full.
pub fn full() -> Error {
    Error::new(Kind::Disk, "The disk is full; nothing was changed.").next(
        "Make room on the file system of the workspace and do it again; --read-only still shows everything.",
    )
}

/// Counts a durable step. In debug builds the process dies here, as if it were killed, when the count reaches
/// `RINGMASTER_CRASH_AT`: the crash tests stop the program at every step in turn.
pub fn step() {
    #[cfg(debug_assertions)]
    {
        use std::sync::LazyLock;
        use std::sync::atomic::{AtomicU64, Ordering};
        #[allow(
            clippy::disallowed_methods,
            reason = "only crash tests set it, and release builds leave it out"
        )]
        static CRASH_AT: LazyLock<Option<u64>> =
            LazyLock::new(|| std::env::var("RINGMASTER_CRASH_AT").ok()?.parse().ok());
        static STEPS: AtomicU64 = AtomicU64::new(0);
        if CRASH_AT.is_some_and(|at| STEPS.fetch_add(1, Ordering::Relaxed) + 1 == at) {
            std::process::abort();
        }
    }
}

/// Says why a file could not be opened without following a link.
fn opening(path: &Path, why: &std::io::Error) -> Error {
    if why.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        link(path)
    } else {
        error("open", path, why)
    }
}

/// Refuses a symbolic link.
pub fn link(path: &Path) -> Error {
    Error::refused(format!("{} is a symbolic link.", path.display()))
        .why("What it leads to may belong to others.")
        .next("Put the file or folder itself there.")
}

/// Tells whether this is a symbolic link.
pub fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

fn no_follow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0)
}

fn open(path: &Path) -> Result<(File, std::fs::Metadata)> {
    // Non-blocking, or a named pipe put in the place of a file would hold the program for ever.
    let flags = no_follow() | i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|e| opening(path, &e))?;
    let meta = file.metadata().map_err(|e| error("look at", path, &e))?;
    if !meta.is_file() {
        return Err(Error::refused(format!("{} is not a file.", path.display())));
    }
    Ok((file, meta))
}

fn read(file: &mut File, path: &Path, meta: &std::fs::Metadata) -> Result<(Zeroizing<Vec<u8>>, Stamp)> {
    if meta.len() > LARGEST {
        return Err(Error::damaged(format!("{} is too large.", path.display()))
            .why(format!("It has {} bytes; no file of ours has more than {LARGEST}.", meta.len())));
    }
    // Room for one byte more than expected, so that reading never moves a secret to a larger buffer.
    let room = usize::try_from(meta.len()).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|e| error("read", path, &e))?;
    Ok((bytes, stamp_of(meta)))
}

fn stamp_of(meta: &std::fs::Metadata) -> Stamp {
    Stamp {
        inode: meta.ino(),
        bytes: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
    }
}

fn random_temporary(path: &Path) -> Result<PathBuf> {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Error::internal("The system gives no random numbers."))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(path.with_file_name(format!("{TEMPORARY}{}-{name}", hex(&random))))
}

/// Tells whether two names hold the same bytes.
fn same(one: &Path, two: &Path) -> bool {
    let read = |path| std::fs::read(path).map(Zeroizing::new).ok();
    two.is_file() && read(one).is_some_and(|bytes| read(two) == Some(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_and_folders_are_made_private_and_replaced_whole() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        make_folder(&folder).unwrap();
        assert_eq!((mode(&folder), mode(&home.path().join("a"))), (0o700, 0o700));
        let path = folder.join("x");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(&**read_private(&path).unwrap().0, b"two");
        assert_eq!(names(&folder).unwrap(), ["x"], "a temporary file is left");
        assert!(!create(&path, b"three").unwrap());
        assert_eq!(&**read_private(&path).unwrap().0, b"two");
        assert!(create(&folder.join("y"), b"three").unwrap());
    }

    #[test]
    fn the_earlier_version_is_kept_once() {
        let home = tempfile::tempdir().unwrap();
        let (path, history) = (home.path().join("x"), home.path().join(".history/x.1"));
        replace(&path, b"one").unwrap();
        keep(&path, &history).unwrap();
        keep(&path, &history).unwrap();
        assert_eq!(names(&home.path().join(".history")).unwrap(), ["x.1"]);
        replace(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&history).unwrap(), b"one");
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&history), 0o600);
        // The number was used before, in a time that a restored backup has undone: nothing is lost.
        keep(&path, &history).unwrap();
        assert_eq!(std::fs::read(&history).unwrap(), b"one");
        assert_eq!(std::fs::read(home.path().join(".history/x.2.1")).unwrap(), b"two");
    }

    #[test]
    fn secrets_that_others_can_read_links_and_pipes_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("secret");
        replace(&path, b"x").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let error = read_private(&path).unwrap_err();
        assert_eq!(error.kind, Kind::Exposed);
        assert_eq!(error.next, format!("chmod 600 {}", path.display()));
        assert!(read_public(&path).is_ok());

        let link = home.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read_public(&link).unwrap_err().kind, Kind::Refused);
        assert_eq!(read_public(home.path()).unwrap_err().kind, Kind::Refused);
        assert_eq!(read_private(&home.path().join("none")).unwrap_err().kind, Kind::NotFound);
    }

    #[test]
    fn a_stamp_tells_versions_apart() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x");
        assert_eq!(stamp(&path).unwrap(), None);
        replace(&path, b"one").unwrap();
        let first = read_public(&path).unwrap().1;
        assert_eq!(stamp(&path).unwrap(), Some(first));
        replace(&path, b"two").unwrap();
        assert_ne!(stamp(&path).unwrap(), Some(first));
    }

    #[test]
    fn the_second_console_is_told_that_it_has_to_wait() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".lock");
        let held = Lock::exclusive(&path, Duration::ZERO).unwrap();
        let error = Lock::exclusive(&path, Duration::ZERO).unwrap_err();
        assert!(error.what.contains("Another console"), "{error}");
        assert!(Lock::shared(&path, Duration::ZERO).is_err());
        drop(held);
        let shared = Lock::shared(&path, Duration::ZERO).unwrap();
        assert!(shared.is_some() && Lock::shared(&path, Duration::ZERO).unwrap().is_some());
        assert!(Lock::exclusive(&path, Duration::ZERO).is_err());
    }

    #[test]
    fn a_full_disk_is_said_as_such() {
        let why = std::io::Error::from(ErrorKind::StorageFull);
        let error = error("write", Path::new("x"), &why);
        assert_eq!(error.kind, Kind::Disk);
        assert_eq!(error.what, "The disk is full; nothing was changed.");
    }
}
