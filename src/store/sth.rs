//! The `.sth` stash: the ring's password sealed with a key kept outside the workspace, and that key. See docs/formats.md.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{file, marked, seal};
use crate::model::bytes::{Der, hex, unhex};
use crate::model::change::FileWrite;
use crate::model::error::{Error, Kind, Result};
use crate::model::keyring::Keyring;
use crate::model::secret::Secret;

/// The name of the stash key's file in the user's own folder.
pub const KEY_FILE: &str = "stash.key";

/// Passwords are filled up to a multiple of this before they are sealed, so that a stash does not tell their length.
const BLOCK: usize = 64;

const AGAIN: &str = "Open the ring with its password, and make the stash again.";

/// The per-user key that seals stashes.
#[derive(Clone)]
pub struct StashKey(pub Zeroizing<[u8; 32]>);

impl std::fmt::Debug for StashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StashKey(***)")
    }
}

/// The folder of this user's stash key, and the workspace that it has to be outside of.
#[derive(Debug, Clone)]
pub struct StashKeys {
    /// The folder of the key.
    pub home: PathBuf,
    /// The workspace folder.
    pub workspace: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stash {
    ring: String,
    salt: Der,
    sealed: Der,
}

impl Stash {
    fn header(&self) -> String {
        format!("ringmaster stash {}\nring {}\nsalt {}\n", marked::FORMAT, self.ring, hex(&self.salt.0))
    }
}

/// Returns the path of a ring's stash inside of the workspace.
pub fn path(ring: &str) -> String {
    format!("keyrings/{ring}.sth")
}

/// Writes the stash of a ring, bound to the ring's name and salt: `keyrings/NAME.sth`.
///
/// The salt is a fresh one whenever the ring's password is set, so a stash never outlives its password. Errors: `Refused`
/// for a password with a NUL in it.
pub fn file(ring: &Keyring, password: &Secret, key: &StashKey) -> Result<FileWrite> {
    if password.expose().contains('\0') {
        return Err(Error::refused("A password with a NUL character cannot be stashed."));
    }
    let length = (password.expose().len() / BLOCK + 1) * BLOCK;
    let mut plain = Zeroizing::new(Vec::with_capacity(length));
    plain.extend_from_slice(password.expose().as_bytes());
    plain.resize(length, 0);
    let salt = Der(ring.sealed.salt.clone());
    let mut stash = Stash { ring: ring.name.clone(), salt, sealed: Der::default() };
    stash.sealed = Der(seal::seal(&key.0, &stash.header(), &plain)?);
    let bytes = Zeroizing::new(marked::write("stash", &stash)?.into_bytes());
    Ok(FileWrite { path: path(&ring.name), bytes: Some(bytes) })
}

/// Opens a stash. Errors: `Misnamed` when it is of another ring, `Damaged` when it is of another password or user or was
/// altered, `TooNew`, `Foreign`.
pub fn open(bytes: &[u8], ring: &Keyring, key: &StashKey) -> Result<Secret> {
    let stash = read(bytes, ring)?;
    let closed = || {
        Error::damaged(format!("{}.sth does not open for this user.", ring.name))
            .why("It was sealed by another user or on another machine, or it was altered.")
            .next(AGAIN)
    };
    let plain = seal::open(&key.0, &stash.header(), &stash.sealed.0).ok_or_else(closed)?;
    let end = plain.iter().position(|b| *b == 0).unwrap_or(plain.len());
    let text = std::str::from_utf8(&plain[..end]).map_err(|_| closed())?;
    Ok(Secret::new(text.to_owned()))
}

/// Opens a stash with this user's key, as far as there is one. Errors: as [`open`], and why there is no key.
pub fn open_with(bytes: &[u8], ring: &Keyring, key: &Result<StashKey>) -> Result<Secret> {
    match key {
        Ok(key) => open(bytes, ring, key),
        Err(e) if e.kind == Kind::NotFound => {
            Err(Error::damaged(format!("{}.sth does not open for this user.", ring.name))
                .why(format!("The key of the user who made it is not here: {}", e.what))
                .next(AGAIN))
        }
        Err(e) => Err(e.clone()),
    }
}

/// Tells of which ring a stash says that it is; `None` for what cannot be read.
pub fn ring(name: &str, bytes: &[u8]) -> Option<String> {
    let stash: Stash = marked::read("stash", &format!("{name}.sth"), bytes, true).ok()?;
    crate::model::keyring::check_name(&stash.ring).ok().map(|()| stash.ring)
}

/// Checks without the key that a stash is of this ring and its present password. Errors: `Misnamed`, `Damaged`, `TooNew`,
/// `Foreign`.
pub fn check(bytes: &[u8], ring: &Keyring) -> Result<()> {
    read(bytes, ring).map(|_| ())
}

fn read(bytes: &[u8], ring: &Keyring) -> Result<Stash> {
    let name = format!("{}.sth", ring.name);
    let stash: Stash = marked::read("stash", &name, bytes, true)?;
    if stash.ring != ring.name {
        let what = format!("{name} is the stash of another ring: {}.", stash.ring);
        return Err(Error::new(Kind::Misnamed, what).next(AGAIN));
    }
    if stash.salt.0 != ring.sealed.salt {
        return Err(Error::damaged(format!("{name} is of another password than {}.kyr.", ring.name))
            .why("The two files are not from the same change of the password.")
            .next(AGAIN));
    }
    Ok(stash)
}

impl StashKeys {
    /// Returns the key that seals stashes of this user, made when first needed: `stash.key`, 0600, in a folder 0700. An
    /// existing one is never replaced.
    ///
    /// Errors: `Refused` when others can read it or its folder is inside the workspace, `Damaged`, `Disk`.
    pub fn key(&self) -> Result<StashKey> {
        match self.existing() {
            Err(e) if e.kind == Kind::NotFound => {}
            found => return found,
        }
        file::make_folder(&self.home)?;
        let _lock = self.lock()?;
        let fresh = seal::random::<32>()?;
        let digits = Zeroizing::new(hex(&*fresh));
        let text = Zeroizing::new(format!("{}stash key {}\n{}\n", marked::BEGIN, marked::FORMAT, *digits));
        file::create(&self.path(), text.as_bytes())?;
        // Read again: another console may have been faster, and then its key counts.
        self.existing()
    }

    /// Returns the key and never makes one. Errors: as [`Self::key`], and `NotFound`.
    pub fn existing(&self) -> Result<StashKey> {
        if self.is_inside()? {
            return Err(Error::refused("The stash key would lie inside the workspace.")
                .why(format!(
                    "{} is in {}: every copy of the workspace would open its stashes.",
                    self.home.display(),
                    self.workspace.display()
                ))
                .next(format!(
                    "Set home in config.ron to a folder outside of the workspace, and move {KEY_FILE} there if there \
                     is one already; copies of the workspace may hold it too."
                )));
        }
        let path = self.path();
        let (bytes, _) = file::read_private(&path)?;
        let name = path.display().to_string();
        let no_key = || Error::damaged(format!("{name} is no stash key."));
        let text = std::str::from_utf8(&bytes).map_err(|_| no_key())?;
        let digits = marked::body("stash key", &name, text, true)?.lines().nth(1).unwrap_or_default();
        let key = unhex(digits).map(Zeroizing::new);
        let key = key.and_then(|k| <[u8; 32]>::try_from(k.as_slice()).ok());
        let key = key.ok_or_else(|| {
            no_key()
                .why("Its second line has to be 64 hexadecimal digits.")
                .next("Take it from a backup; stashes made with another key have to be made again.")
        })?;
        Ok(StashKey(Zeroizing::new(key)))
    }

    /// Removes what a crash left while a key was made.
    pub fn sweep(&self) -> Result<()> {
        let left = || -> Result<Vec<_>> {
            Ok(file::names(&self.home)?.into_iter().filter(|n| n.starts_with(file::TEMPORARY)).collect())
        };
        if self.is_inside()? || left()?.is_empty() {
            return Ok(());
        }
        let _lock = self.lock()?;
        left()?.iter().try_for_each(|name| file::remove(&self.home.join(name)))
    }

    /// Keeps two consoles from making and sweeping at once.
    fn lock(&self) -> Result<file::Lock> {
        file::Lock::exclusive(&self.home.join(".lock"), Duration::from_secs(10))
    }

    /// Returns where the key is.
    pub fn path(&self) -> PathBuf {
        self.home.join(KEY_FILE)
    }

    /// Tells whether the folder of the key is the workspace or below it, all symbolic links followed.
    pub(super) fn is_inside(&self) -> Result<bool> {
        let looked = |path: &Path| std::fs::canonicalize(path).map_err(|e| file::error("look at", path, &e));
        let home = std::path::absolute(&self.home).map_err(|e| file::error("find", &self.home, &e))?;
        // A folder that is yet to be made lies where the last one above it lies.
        let there = home.ancestors().find(|f| f.exists()).unwrap_or(&home);
        Ok(looked(there)?.starts_with(looked(&self.workspace)?))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::model::keyring::Sealed;

    fn ring(name: &str, salt: u8) -> Keyring {
        let sealed = Sealed { salt: vec![salt; 16], ..Sealed::default() };
        Keyring {
            name: name.into(),
            revision: 1,
            key: None,
            next_key: None,
            entries: vec![],
            stash: true,
            sealed,
        }
    }

    fn fresh() -> StashKey {
        StashKey(seal::random().unwrap())
    }

    #[test]
    fn a_stash_opens_for_its_ring_password_and_user_only() {
        let key = fresh();
        let stash = file(&ring("mail", 1), &Secret::new("pässword".into()), &key).unwrap();
        assert_eq!(stash.path, "keyrings/mail.sth");
        let bytes = stash.bytes.unwrap();
        assert_eq!(open(&bytes, &ring("mail", 1), &key).unwrap().expose(), "pässword");
        for (other, key) in [(ring("mail", 2), &key), (ring("mail", 1), &fresh())] {
            assert_eq!(open(&bytes, &other, key).unwrap_err().kind, Kind::Damaged);
        }
        assert_eq!(open(&bytes, &ring("web", 1), &key).unwrap_err().kind, Kind::Misnamed);
        let text = std::str::from_utf8(&bytes).unwrap().replace("mail", "mbil");
        assert_eq!(open(text.as_bytes(), &ring("mbil", 1), &key).unwrap_err().kind, Kind::Damaged);
        let text = std::str::from_utf8(&bytes).unwrap().replace("stash 1", "stash 2");
        assert_eq!(open(text.as_bytes(), &ring("mail", 1), &key).unwrap_err().kind, Kind::TooNew);
    }

    #[test]
    fn the_length_of_the_password_does_not_show() {
        let key = fresh();
        let length =
            |p: &str| file(&ring("mail", 1), &Secret::new(p.into()), &key).unwrap().bytes.unwrap().len();
        assert_eq!(length("a"), length(&"a".repeat(60)));
    }

    #[test]
    fn the_stash_key_is_made_once_and_has_to_be_private() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("ringmaster");
        let keys = StashKeys { home: folder.clone(), workspace: home.path().join("data") };
        std::fs::create_dir(&keys.workspace).unwrap();
        assert_eq!(keys.existing().unwrap_err().kind, Kind::NotFound);
        let made = keys.key().unwrap();
        assert_eq!(*keys.key().unwrap().0, *made.0);
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let path = keys.path();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert_eq!(keys.existing().unwrap_err().kind, Kind::Exposed);
        assert_eq!(keys.key().unwrap_err().kind, Kind::Exposed);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "// ringmaster stash key 1\n0011\n").unwrap();
        assert_eq!(keys.key().unwrap_err().kind, Kind::Damaged);
    }

    #[test]
    fn a_stash_key_inside_the_workspace_is_neither_made_nor_used() {
        let temp = tempfile::tempdir().unwrap();
        let (workspace, outside) = (temp.path().join("data"), temp.path().join("home"));
        let keys = |home: &Path| StashKeys { home: home.to_owned(), workspace: workspace.clone() };
        std::fs::create_dir(&workspace).unwrap();
        keys(&outside).key().unwrap();
        let linked = temp.path().join("linked");
        std::os::unix::fs::symlink(&workspace, &linked).unwrap();
        for home in
            [&workspace, &workspace.join("home/deep"), &linked, &linked.join("new"), &linked.join("../data")]
        {
            for made in [keys(home).key(), keys(home).existing()] {
                let error = made.unwrap_err();
                assert!(error.kind == Kind::Refused && error.next.contains("config.ron"), "{error}");
            }
            keys(home).sweep().unwrap();
        }
        assert_eq!(file::names(&workspace).unwrap(), [] as [&str; 0]);
        // The workspace above a key that is there already.
        let above = StashKeys { home: outside, workspace: temp.path().to_owned() };
        assert_eq!(above.existing().unwrap_err().kind, Kind::Refused);
        // A folder whose name only begins like the workspace's is another one.
        assert!(keys(&temp.path().join("data-2")).key().is_ok());
    }

    proptest::proptest! {
        #[test]
        fn every_password_comes_back_and_garbage_never_panics(
            password in "[^\0]{0,200}",
            at: proptest::sample::Index,
            to: u8,
        ) {
            let key = fresh();
            let ring = ring("mail", 7);
            let secret = Secret::new(password);
            let mut bytes = file(&ring, &secret, &key).unwrap().bytes.unwrap().to_vec();
            proptest::prop_assert!(open(&bytes, &ring, &key).unwrap() == secret);
            let at = at.index(bytes.len());
            bytes[at] = to;
            // A change either shows or, as in upper-case digits, changes nothing.
            proptest::prop_assert!(open(&bytes, &ring, &key).is_ok_and(|s| s == secret) || open(&bytes, &ring, &key).is_err());
        }
    }
}
