//! Lets the list leave the workspace as a new file: works it out, writes it page by page and reads it back, on the thread
//! of whoever asks, who can stop it and is told how far it is.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Form, Rows};
use crate::desk::Desk;
use crate::model::State;
use crate::model::error::{Error, Kind, Result};
use crate::ops::export::differs;
use crate::pki::Sum;
use crate::store::ledger::Ledger;
use crate::store::listing::{Chosen, Listing, Wish, list};
use crate::store::outside::{self, shown};
use crate::store::search::Search;

/// Which list shall be written, in which form and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAsked {
    /// The list.
    pub wish: Wish,
    /// The rows that were chosen of it; `None` is all that its filter shows.
    pub chosen: Option<Chosen>,
    /// The form.
    pub form: Form,
    /// The new file.
    pub to: PathBuf,
}

/// A list on its way out, with its own eyes on the ledger: it can go to another thread.
pub struct Leaving {
    asked: ListAsked,
    state: Arc<State>,
    ledger: Box<dyn Ledger + Send>,
}

impl Desk {
    /// Prepares to write a list to a file outside of the workspace. Errors: `Refused` when something has that name already
    /// or it would be inside of the workspace, `Disk`.
    pub fn leaving(&self, mut asked: ListAsked) -> Result<Leaving> {
        asked.to = outside::place(&asked.to, self.folder())?;
        Ok(Leaving { asked, state: self.state(), ledger: self.reader()? })
    }
}

impl Leaving {
    /// Writes the list, reads it back, and says how many rows there are and where. `told` is called with how far it is.
    ///
    /// Errors: `Cancelled` when it was stopped, and `Disk`: then no file is there; `Damaged` when it does not read back.
    pub fn write(&self, stop: &AtomicBool, told: &dyn Fn(String)) -> Result<String> {
        let ListAsked { wish, form, to, .. } = &self.asked;
        let listing = self.list()?;
        let total = listing.len();
        let rows = Rows::new(&*self.ledger, &listing, &self.state, wish.at);
        let (mut count, mut sum, mut read) = (0, Sum::begin(), Ok(()));
        let written = outside::write_by(to, outside::PUBLIC, &mut |file| {
            (count, sum, read) = (0, Sum::begin(), Ok(()));
            let mut put = |text: &str| {
                sum.add(text.as_bytes());
                file.write_all(text.as_bytes())
            };
            let mut wrote = put(&form.begin());
            let mut share = 0;
            read = rows.each(*form == Form::Openssl, &mut |row| {
                count += 1;
                wrote = match stop.load(Ordering::Relaxed) {
                    true => Err(std::io::Error::other("stopped")),
                    false => put(&rows.write(*form, row, count)),
                };
                // So often that it moves, and on a slow line no more often than that.
                if count * 100 / total.max(1) > share {
                    share = count * 100 / total.max(1);
                    told(format!("{count} of {total} rows are written."));
                }
                wrote.is_ok()
            });
            match &read {
                Ok(()) => wrote.and_then(|()| put(form.end(count))),
                Err(error) => Err(std::io::Error::other(error.to_string())),
            }
        });
        if written.is_err() && stop.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Cancelled, "Stopped; nothing was written."));
        }
        read.and(written)?;
        told("Reading back what was written.".into());
        if outside::sum(to)? != sum.end() {
            return Err(differs("Its bytes are other ones."));
        }
        let (rows, were) =
            if count == 1 { ("1 row".into(), "was") } else { (format!("{count} rows"), "were") };
        let less = if count < total { " What was not issued here is left out." } else { "" };
        Ok(format!("{rows} {were} written and read back: {}.{less}", shown(to)))
    }

    /// Works out which rows there are.
    fn list(&self) -> Result<Listing> {
        let ListAsked { wish, chosen, .. } = &self.asked;
        let ledger = &*self.ledger;
        match chosen {
            Some(chosen) => chosen.list(ledger, wish),
            None => {
                let flat = wish.flat();
                let ids = ledger.issued_ids(flat.order())?;
                list(ledger, &mut Search::default(), &ids, &flat, &mut || {})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::config::Config;
    use crate::desk::Desk;

    /// The demonstration in a folder of its own.
    fn demo(folder: &std::path::Path) -> Desk {
        let text =
            "(operator: \"ada\", argon2_mib: 8, argon2_passes: 1, keyring_rounds: 10000, home: \"home\")";
        let config = Config::parse(text, Some(&folder.join("config.ron"))).unwrap();
        let mut desk = Desk::open(&config, Some(&folder.join("ring")), false).unwrap();
        crate::demo::furnish(&mut desk, 300, &mut |_| {}).unwrap();
        desk
    }

    #[test]
    fn what_is_stopped_leaves_nothing_and_what_is_written_is_told_in_steps() {
        let home = tempfile::tempdir().unwrap();
        let desk = demo(home.path());
        let to = home.path().join("list.json");
        let asked = ListAsked { wish: Wish::default(), chosen: None, form: Form::Json, to: to.clone() };
        let before = std::fs::read_dir(home.path()).unwrap().count();
        let (stop, steps) = (AtomicBool::new(false), Cell::new(0));
        let stopping = |_| {
            steps.set(steps.get() + 1);
            stop.store(true, Ordering::Relaxed);
        };
        let error = desk.leaving(asked.clone()).unwrap().write(&stop, &stopping).unwrap_err();
        assert_eq!((error.kind, steps.get()), (Kind::Cancelled, 1));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), before, "something is left");

        let (stop, steps) = (AtomicBool::new(false), Cell::new(0));
        let told = |_| steps.set(steps.get() + 1);
        let said = desk.leaving(asked.clone()).unwrap().write(&stop, &told).unwrap();
        assert_eq!(steps.get(), 101, "a hundred shares, and reading back");
        let read: serde_json::Value = serde_json::from_slice(&std::fs::read(&to).unwrap()).unwrap();
        assert!(said.starts_with(&format!("{} rows were", read.as_array().unwrap().len())), "{said}");
        assert_eq!(desk.leaving(asked).err().unwrap().kind, Kind::Refused, "it is there already");
    }
}
