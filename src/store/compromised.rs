//! Compromised keys on the disk: `compromised/keys.ron` with those reported here, and a description `NAME.ron` with sorted
//! entries `NAME.keys` for each list that was brought. Lists are searched where they lie; they may be large.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{file, marked};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::change::FileWrite;
use crate::model::compromised::{KeyList, Reported};
use crate::model::error::{Error, Result};
use crate::model::key::KeyInfo;
use crate::pki::weak_key;

/// The file of the keys that were reported here.
pub const REPORTED: &str = "compromised/keys.ron";

/// The name of [`REPORTED`], which no list can have.
pub const OWN: &str = "keys";

/// Writes the keys that were reported here.
pub fn reported(keys: &BTreeMap<Digest, Reported>) -> Result<FileWrite> {
    let all: Vec<&Reported> = keys.values().collect();
    Ok(text(REPORTED.into(), marked::write("compromised keys", &all)?))
}

/// Reads the keys that were reported here.
pub fn read_reported(bytes: &[u8]) -> Result<BTreeMap<Digest, Reported>> {
    let all: Vec<Reported> = marked::read("compromised keys", REPORTED, bytes, false)?;
    Ok(all.into_iter().map(|r| (r.key, r)).collect())
}

/// Returns the path of one of a list's files inside of the workspace.
pub fn list_path(name: &str, extension: &str) -> String {
    format!("compromised/{name}.{extension}")
}

/// Writes a list: its description and its entries.
pub fn list(list: &KeyList, entries: Vec<u8>) -> Result<Vec<FileWrite>> {
    let description = marked::write("key list", list)?;
    let entries = FileWrite { path: list_path(&list.name, "keys"), bytes: Some(Zeroizing::new(entries)) };
    Ok(vec![text(list_path(&list.name, "ron"), description), entries])
}

/// Moves a list to the history.
pub fn list_removed(name: &str) -> Vec<FileWrite> {
    ["ron", "keys"].map(|extension| FileWrite { path: list_path(name, extension), bytes: None }).to_vec()
}

/// Reads the description of a list. Errors: `Damaged`, also for one that is of another name.
pub fn read_list(name: &str, bytes: &[u8]) -> Result<KeyList> {
    let file = list_path(name, "ron");
    let list: KeyList = marked::read("key list", &file, bytes, true)?;
    if list.name != name {
        return Err(
            Error::damaged(format!("{file} is of another name.")).why(format!("It says \"{}\".", list.name))
        );
    }
    Ok(list)
}

fn text(path: String, text: String) -> FileWrite {
    FileWrite { path, bytes: Some(Zeroizing::new(text.into_bytes())) }
}

/// Looks keys up in the lists of a workspace.
#[derive(Debug, Clone)]
pub struct Lists {
    /// The workspace folder.
    pub folder: PathBuf,
}

impl Lists {
    /// Lists the names of the lists that a key stands in. Errors: a list cannot be read, so that nobody takes silence for
    /// an answer.
    pub fn holding(&self, key: &KeyInfo, state: &State) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for list in state.key_lists.values() {
            let Some(mark) = weak_key::mark(&key.spki.0, list.sort) else { continue };
            if self.holds(list, &mark)? {
                found.push(list.name.clone());
            }
        }
        Ok(found)
    }

    fn holds(&self, list: &KeyList, mark: &[u8]) -> Result<bool> {
        let path = self.folder.join(list_path(&list.name, "keys"));
        let unread = |e: &std::io::Error| {
            file::error("read", &path, e).next("Bring the list again: ringmaster key import-list FILE")
        };
        let keys = File::open(&path).map_err(|e| unread(&e))?;
        let size = list.sort.size();
        let length = keys.metadata().map_err(|e| unread(&e))?.len();
        if length != list.entries * size as u64 {
            return Err(Error::damaged(format!("The key list {} is cut or altered.", list.name))
                .why(format!("{} has {length} octets, not {} times {size}.", path.display(), list.entries))
                .next("Bring the list again: ringmaster key import-list FILE"));
        }
        let (mut low, mut high) = (0, list.entries);
        let mut entry = vec![0; size];
        while low < high {
            let middle = low + (high - low) / 2;
            keys.read_exact_at(&mut entry, middle * size as u64).map_err(|e| unread(&e))?;
            match entry.as_slice().cmp(mark) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::compromised::Sort;
    use crate::model::key::KeyType;
    use crate::pki::key::PrivateKey;

    #[test]
    fn keys_are_found_in_lists_and_a_cut_list_is_no_answer() {
        let temp = tempfile::tempdir().unwrap();
        let lists = Lists { folder: temp.path().to_owned() };
        std::fs::create_dir(temp.path().join("compromised")).unwrap();
        let keys: Vec<_> = (0..9).map(|_| PrivateKey::generate(KeyType::P256).unwrap()).collect();
        let mut state = State::default();
        for sort in [Sort::Spki, Sort::Number] {
            let mut entries: Vec<_> =
                keys[1..].iter().map(|k| weak_key::mark(&k.info().spki.0, sort).unwrap()).collect();
            entries.sort();
            let name = format!("{sort:?}").to_lowercase();
            let entries = entries.concat();
            let list = KeyList {
                name: name.clone(),
                sort,
                entries: 8,
                source: "x".into(),
                sha256: crate::pki::sha256(&entries),
            };
            for write in super::list(&list, entries).unwrap() {
                std::fs::write(temp.path().join(&write.path), &*write.bytes.unwrap()).unwrap();
            }
            let read = std::fs::read(temp.path().join(list_path(&name, "ron"))).unwrap();
            state.key_lists.insert(name.clone(), read_list(&name, &read).unwrap());
        }
        assert!(lists.holding(keys[0].info(), &state).unwrap().is_empty());
        for key in &keys[1..] {
            assert_eq!(lists.holding(key.info(), &state).unwrap(), ["number", "spki"]);
        }
        std::fs::write(temp.path().join("compromised/spki.keys"), [0; 40]).unwrap();
        assert!(lists.holding(keys[1].info(), &state).unwrap_err().what.contains("cut or altered"));
    }
}
