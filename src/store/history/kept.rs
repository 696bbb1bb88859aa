//! The versions that files hold, and which of them is which of those that the audit chain tells of.

use std::path::Path;

use super::told::{Told, Whose};
use super::{MOST, Revision};
use crate::model::Generation;
use crate::model::error::{Error, Kind};
use crate::model::keyring::Keyring;
use crate::model::unread::Unread;
use crate::store::{file, kyr, workspace};

/// Makes the row of the present version.
pub(super) fn of_present(ring: &Keyring) -> Revision {
    Revision {
        name: ring.name.clone(),
        number: Some(ring.revision),
        replaced: None,
        path: kyr::path(&ring.name),
        made: None,
        ring: Ok(ring.clone()),
        altered: false,
        earlier: false,
        revoked: None,
    }
}

/// Makes the row of a present file that is of no use.
pub(super) fn of_unread(keyring: &str, unread: &Unread) -> Revision {
    Revision {
        name: keyring.to_owned(),
        number: None,
        replaced: None,
        path: unread.path.clone(),
        made: None,
        ring: Err(Error::damaged(&unread.why)),
        altered: false,
        earlier: false,
        revoked: None,
    }
}

/// Reads a file of the history; `None` when it is of another ring, whose name only looks like a version of this one.
pub(super) fn of_file(folder: &Path, name: &str, replaced: Generation, kept: &str) -> Option<Revision> {
    let path = format!("keyrings/{}/{kept}", workspace::HISTORY);
    let ring = file::read_private(&folder.join(&path)).and_then(|(bytes, _)| {
        let ring = kyr::read(name, &bytes, false);
        let of_another = kept.strip_suffix(".kyr").and_then(|k| k.rsplit_once('.')).map(|(stem, _)| stem);
        match of_another.filter(|other| *other != name && kyr::read(other, &bytes, false).is_ok()) {
            Some(_) => Ok(None),
            None => ring.map(Some),
        }
    });
    let ring = ring.transpose()?.map_err(|error| match error.kind {
        Kind::Damaged | Kind::Misnamed | Kind::OtherKey | Kind::Foreign => Error {
            what: format!("{path} cannot be read."),
            next: "Choose another revision, or look for this file in a backup.".into(),
            ..error
        },
        // What only has to be permitted says how.
        _ => error,
    });
    let number = ring.as_ref().ok().map(|r| r.revision);
    let replaced = Some(replaced);
    let (altered, earlier) = (false, false);
    Some(Revision {
        name: name.to_owned(),
        number,
        replaced,
        path,
        made: None,
        ring,
        altered,
        earlier,
        revoked: None,
    })
}

/// Tells whether two public parts say the same.
fn same(a: &Keyring, b: &Keyring) -> bool {
    let entries = |r: &Keyring| -> Vec<_> {
        r.entries.iter().map(|e| (e.role, e.label.clone(), e.trusted, e.certificate.sha256)).collect()
    };
    let keys = |r: &Keyring| (r.key.as_ref().map(|k| k.sha256), r.next_key.as_ref().map(|k| k.sha256));
    keys(a) == keys(b) && entries(a) == entries(b)
}

/// Gives each file what the audit chain tells of it, drops those of other rings, and adds versions whose file is gone.
pub(super) fn explain(revisions: Vec<Revision>, versions: &[Told], keyring: &str) -> Vec<Revision> {
    let mut used = vec![false; versions.len()];
    let mut of = Vec::with_capacity(revisions.len());
    for revision in &revisions {
        let is = |t: &Told| t.ring.name == revision.name && Some(t.ring.revision) == revision.number;
        let found = revision.ring.as_ref().ok().and_then(|ring| {
            let exact =
                versions.iter().zip(&used).position(|(t, used)| !used && is(t) && same(&t.ring, ring));
            exact.map(|i| (i, false)).or_else(|| {
                let other = versions.iter().zip(&used).position(|(t, used)| !used && is(t));
                other.map(|i| (i, true))
            })
        });
        if let Some(used) = found.and_then(|(i, _)| used.get_mut(i)) {
            *used = true;
        }
        of.push(found);
    }
    // A file that cannot be read is what the chain tells of between its neighbours.
    let mut from = 0;
    for (at, revision) in revisions.iter().enumerate() {
        match of.get(at).copied().flatten() {
            Some((i, _)) => from = i + 1,
            None if revision.ring.is_err() => {
                let until = of.iter().skip(at).flatten().map(|(i, _)| *i).next().unwrap_or(versions.len());
                let fits = |i: &usize| {
                    let told = versions.get(*i);
                    used.get(*i) == Some(&false) && told.is_some_and(|t| t.ring.name == revision.name)
                };
                if let Some(i) = (from..until).find(fits) {
                    if let (Some(of), Some(used)) = (of.get_mut(at), used.get_mut(i)) {
                        (*of, *used) = (Some((i, false)), true);
                    }
                    from = i + 1;
                }
            }
            None => {}
        }
    }
    let mut rows: Vec<(Option<usize>, Revision)> = Vec::with_capacity(revisions.len());
    for (mut revision, found) in revisions.into_iter().zip(of) {
        if let Some((told, altered)) = found.and_then(|(i, altered)| Some((versions.get(i)?, altered))) {
            if told.whose == Whose::Others {
                continue;
            }
            revision.earlier = told.whose == Whose::Earlier;
            revision.made = Some(told.made.clone());
            revision.number = Some(told.ring.revision);
            revision.altered = altered;
            if let Ok(ring) = &mut revision.ring {
                ring.stash = told.ring.stash;
            }
        } else if revision.name != keyring {
            // Under a name of its past, what the chain does not tell of this ring is of another one.
            continue;
        }
        rows.push((found.map(|(i, _)| i), revision));
    }
    let mut at = 0;
    for (i, told) in versions.iter().enumerate() {
        if let Some(row) = rows.iter().position(|(of, _)| *of == Some(i)) {
            at = row + 1;
        } else if used.get(i) == Some(&false) && told.whose != Whose::Others && rows.len() < MOST {
            rows.insert(at.min(rows.len()), (Some(i), lost(told)));
            at += 1;
        }
    }
    rows.into_iter().map(|(_, revision)| revision).collect()
}

/// Makes the row of a version that the audit chain tells of, and whose file nobody finds any more.
fn lost(told: &Told) -> Revision {
    let (name, number) = (told.ring.name.clone(), told.ring.revision);
    let why = Error::damaged(format!("No file of revision {number} is kept any more."))
        .why("The audit chain tells of it, and keyrings/.history does not hold it.")
        .next("Look for it in a backup.");
    Revision {
        path: String::new(),
        name,
        number: Some(number),
        replaced: None,
        made: Some(told.made.clone()),
        ring: Err(why),
        altered: false,
        earlier: told.whose == Whose::Earlier,
        revoked: None,
    }
}
