//! Reading keyrings with their stashes. Opens no stash for anything but to see whether it opens.

use std::collections::BTreeMap;

use super::{Load, MISSING, good_name, place};
use crate::model::State;
use crate::model::error::{Error, Kind, Result};
use crate::model::keyring::Keyring;
use crate::model::unread::Sort;
use crate::pki::parallel;
use crate::store::file::{self, Stamp};
use crate::store::ledger::known::Made;
use crate::store::{kyr, sth};

/// So many files of rings and stashes are read as one piece of work.
const PART: usize = 16;

impl Load<'_> {
    pub(super) fn keyrings(&mut self, made: &Made) -> Result<()> {
        let mut known = kyr::Known::new();
        let names = self.names("keyrings")?;
        let mut read = if self.before.is_none() { self.rings(&names)? } else { BTreeMap::new() };
        for (name, extension) in &names {
            let path = format!("keyrings/{name}.{extension}");
            let beside = |other: &str| names.binary_search(&(name.clone(), other.into())).is_ok();
            match extension.as_str() {
                "sth" if beside("kyr") => self.stash(name, path)?,
                "sth" => {
                    if made.keyrings.contains(name) {
                        // It may go to the history when the lost ring is crossed off.
                        self.stamp(&path)?;
                    }
                    self.lonely(name, path);
                }
                e if e.eq_ignore_ascii_case("kyr") => {
                    let stash = beside("sth");
                    let same = self.unchanged(&path, |s| s.keyrings.get(name).filter(|r| r.stash == stash));
                    let ring = match same {
                        Some(ring) => Ok(ring.clone()),
                        None => match read.remove(&path) {
                            Some((ring, stamp)) => {
                                self.stamps.insert(path.clone(), stamp);
                                ring
                            }
                            None => match self.private(&path) {
                                Ok(bytes) => kyr::read_with(name, &bytes, stash, &mut known),
                                Err(error) => Err(self.stranger(name, &path).unwrap_or(error)),
                            },
                        },
                    };
                    let ring = good_name(name).and(ring);
                    self.keep(path, ring, |s, ring| s.keyrings.insert(ring.name.clone(), ring));
                }
                _ => {}
            }
        }
        for name in &made.keyrings {
            let of_name = names.get(names.partition_point(|(stem, _)| stem < name)..).unwrap_or_default();
            let mut of_name = of_name.iter().take_while(|(stem, _)| stem == name);
            if of_name.any(|(_, extension)| extension.eq_ignore_ascii_case("kyr")) {
                continue;
            }
            let next = format!(
                "Bring its last version back with: ringmaster keyring undelete {name}, or restore it from a backup. If it is \
                 not to come back: ringmaster keyring delete {name} --confirm {name}"
            );
            self.unread(format!("keyrings/{name}.kyr"), Sort::Missing, &format!("{MISSING} {next}"));
        }
        Ok(())
    }

    /// Reads all rings on all cores, by path; what cannot be opened is left out, and told where it is read alone.
    fn rings(&self, names: &[(String, String)]) -> Result<BTreeMap<String, (Result<Keyring>, Stamp)>> {
        let (folder, waiting) = (self.folder, &self.waiting);
        let parts: Vec<_> = names.chunks(PART).collect();
        let read = parallel::map(&parts, |part| {
            let mut known = kyr::Known::new();
            let ring = |(name, extension): &(String, String)| {
                let path = format!("keyrings/{name}.{extension}");
                let (bytes, stamp) = file::read_private(&place(folder, waiting, &path)).ok()?;
                let stash = names.binary_search(&(name.clone(), "sth".into())).is_ok();
                Some((path, (kyr::read_with(name, &bytes, stash, &mut known), stamp)))
            };
            let rings = part.iter().filter(|(_, extension)| extension.eq_ignore_ascii_case("kyr"));
            Ok(rings.filter_map(ring).collect::<Vec<_>>())
        });
        Ok(read?.into_iter().flatten().collect())
    }

    /// Tells of a stash beside which no ring stands, and of which ring it says that it is.
    fn lonely(&mut self, name: &str, path: String) {
        let mut why = "No keyring of this name stands beside it.".to_owned();
        // Read without a stamp: no commit shall write over it unseen.
        let read = file::read_private(&self.at(&path)).ok();
        let ring = read.and_then(|(bytes, _)| sth::ring(name, &bytes));
        match ring.filter(|ring| ring != name) {
            Some(ring) => why.push_str(&format!(" It is the stash of keyring {ring}.")),
            None => why.push_str(" Its ring was renamed, moved or deleted."),
        }
        self.unread(path, Sort::StashAlone, &why);
    }

    /// Looks whether a stash fits its ring and opens for this user. One that does not is told, and may be replaced all
    /// the same.
    fn stash(&mut self, name: &str, path: String) -> Result<()> {
        let fits = |s: &&Keyring, before: &State| s.stash && before.unread(&path).is_none();
        if self.unchanged(&path, |s| s.keyrings.get(name).filter(|ring| fits(ring, s))).is_some() {
            return Ok(());
        }
        self.stamp(&path)?;
        let bytes = self.private(&path);
        let Some(ring) = self.state.keyrings.get(name) else { return Ok(()) };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                self.unread_for(path, &error);
                return Ok(());
            }
        };
        let key = self.key.get_or_init(|| self.keys.existing());
        let opened = sth::check(&bytes, ring).and_then(|()| sth::open_with(&bytes, ring, key));
        if let Err(error) = opened {
            let sort = if error.kind == Kind::Misnamed { Sort::Misnamed } else { Sort::StashUnfit };
            // What helps is said by the rule that tells of it.
            self.unread(path, sort, &Error { next: String::new(), ..error }.to_string());
        }
        Ok(())
    }

    /// Says what a file is that could not be read as a ring and is none: that helps more than advice about its mode.
    fn stranger(&self, name: &str, path: &str) -> Option<Error> {
        let (bytes, _) = file::read_public(&self.at(path)).ok()?;
        kyr::read(name, &bytes, false).err().filter(|e| e.kind == Kind::Foreign)
    }
}
