//! Makes a change durable: files beside their places, one ledger transaction, then the renames, so that a crash leaves
//! the old or the new. What a crash leaves behind is finished in `recovery`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::file;
use super::ledger::sqlite::PendingFile;
use super::workspace::{self, Stamps};
use crate::model::Generation;
use crate::model::change::FileWrite;
use crate::model::error::{Error, Kind, Result};

/// Holds the files of a change against what may be written and what was read: nothing outside of the known folders, and
/// nothing over a file that this console has not seen in its present version. A plain file that could not be read may go to
/// the history unseen, for nothing of it is lost. Of two writes to one path the last counts.
pub fn checked<'a>(folder: &Path, stamps: &Stamps, files: &'a [FileWrite]) -> Result<Vec<&'a FileWrite>> {
    let last: BTreeMap<&str, &FileWrite> = files.iter().map(|f| (f.path.as_str(), f)).collect();
    for (path, write) in &last {
        let away = write.bytes.is_none() && !stamps.contains_key(*path) && workspace::is_inside(path);
        if away {
            file::can_be_moved(&folder.join(path))?;
            continue;
        }
        if !workspace::is_ours(path) {
            return Err(Error::internal(format!("A change would write to {path}.")));
        }
        let now = file::stamp(&folder.join(path))?;
        if now.is_none() || workspace::is_derived(path) || now == stamps.get(*path).copied() {
            continue;
        }
        let error = if stamps.contains_key(*path) {
            Error::new(Kind::Conflict, format!("{path} was changed by another program; nothing was written."))
        } else {
            Error::new(Kind::Conflict, format!("{path} is in the way; it is left alone."))
                .why("It was put there by hand, or it could not be read.")
        };
        return Err(error.next("Read the workspace again to see what it holds, or move the file away."));
    }
    Ok(last.into_values().collect())
}

/// Writes the next version of every file beside its place, durably. When one fails, all are taken away again.
pub fn prepare(folder: &Path, next: Generation, files: &[&FileWrite]) -> Result<Vec<PendingFile>> {
    let mut pending = Vec::with_capacity(files.len());
    let written = files.iter().try_for_each(|write| {
        let mut temporary = String::new();
        if let Some(bytes) = &write.bytes {
            let path = folder.join(&write.path);
            file::make_folder(file::folder_of(&path))?;
            let beside = file::waiting(&path, next.0);
            temporary = workspace::relative(folder, &beside);
            // A crash of another console may have left one of this very name, of a commit that never came true.
            file::remove(&beside)?;
            file::write_new(&beside, bytes)?;
        }
        pending.push(PendingFile { temporary, path: write.path.clone() });
        Ok(())
    });
    // The names have to be durable before the ledger speaks of them.
    let durable = written.and_then(|()| sync_folders(folder, &pending));
    durable.map(|()| pending.clone()).inspect_err(|_| discard(folder, &pending))
}

/// Takes the temporary files of a commit away that did not come true.
pub fn discard(folder: &Path, pending: &[PendingFile]) {
    for waiting in pending.iter().filter(|p| !p.temporary.is_empty()) {
        // What cannot be removed now is swept away when the workspace is opened the next time.
        let _ = std::fs::remove_file(folder.join(&waiting.temporary));
    }
}

/// Brings the files of a commit that is true to their places, and keeps the versions before under the number of the
/// generation. It can be repeated: what was done already is passed over.
pub fn place(folder: &Path, pending: &[PendingFile], generation: Generation) -> Result<()> {
    for file in pending {
        let path = folder.join(&file.path);
        let temporary = folder.join(&file.temporary);
        let removal = file.temporary.is_empty();
        if (removal && !path.exists()) || (!removal && !temporary.exists()) {
            continue;
        }
        if path.exists() && (removal || !workspace::is_derived(&file.path)) {
            file::keep(&path, &workspace::history(&path, generation))?;
        }
        if removal {
            file::remove(&path)?;
        } else {
            file::rename(&temporary, &path)?;
        }
    }
    sync_folders(folder, pending)
}

fn sync_folders(folder: &Path, pending: &[PendingFile]) -> Result<()> {
    let folders: BTreeSet<_> =
        pending.iter().map(|p| file::folder_of(&folder.join(&p.path)).to_owned()).collect();
    folders.iter().try_for_each(|f| file::sync_folder(f))
}
