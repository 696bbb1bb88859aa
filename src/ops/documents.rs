//! Saves several documents of the directory, or profiles, in one change, all or none; and says how the last change of one is undone.

use super::{person, profile, server, site};
use crate::model::State;
use crate::model::change::Change;
use crate::model::document::{Document, How, Saving, Sort};
use crate::model::error::{Error, Result};
use crate::store::history::document::History;

/// Saves documents. Errors: those of saving one; the first ends it, and nothing is saved.
pub fn save_documents(state: &State, changes: &[Saving], operator: &str) -> Result<Change> {
    let mut all = Change::default();
    for saving in changes {
        let Change { mut facts, files, .. } = save(state, saving, operator)?;
        // What follows it, such as sites that name a server by its new name, was written.
        facts.iter_mut().take(1).for_each(|fact| fact.came(&saving.how));
        all.facts.extend(facts);
        all.files.extend(files);
    }
    if all.facts.is_empty() {
        return Err(Error::refused("Nothing was changed.").why("Every document is so already."));
    }
    Ok(all)
}

fn save(state: &State, saving: &Saving, operator: &str) -> Result<Change> {
    match (&saving.after, &saving.before) {
        (Document::Site(after), Some(Document::Site(before))) => site::save_site(state, Some(before), after),
        (Document::Site(after), _) => site::save_site(state, None, after),
        (Document::Server(after), Some(Document::Server(before))) => {
            server::save_server(state, Some(before), after)
        }
        (Document::Server(after), _) => server::save_server(state, None, after),
        (Document::Person(after), before) => {
            // What comes back may bring a key that somebody else has by now.
            person::all_free(state, after)?;
            let before = match before {
                Some(Document::Person(before)) => Some(&**before),
                _ => None,
            };
            person::save_person(state, before, after)
        }
        (Document::Profile(after), Some(Document::Profile(before))) => {
            profile::save_profile(state, Some(before), after, operator)
        }
        (Document::Profile(after), _) => profile::save_profile(state, None, after, operator),
    }
}

/// Says what has to be saved so that a version comes back, by undoing or restoring: in the place of the present one, or anew
/// when it was deleted.
///
/// Errors: the version cannot be read, it is the present one, or it says the same.
pub fn restoring(state: &State, history: &History, given: &str, how: How) -> Result<Saving> {
    let (noun, name) = (history.sort.noun(), &history.name);
    let mut after = history.find(given)?.document.clone()?;
    let before = Document::find(state, history.sort, name);
    if let (Some(Document::Server(now)), Document::Server(then)) = (&before, &mut after) {
        // What it runs with is no choice of a person.
        then.live.clone_from(&now.live);
    }
    if let (Some(Document::Profile(now)), Document::Profile(then)) = (&before, &mut after) {
        // What comes back is the next version.
        then.version = now.version;
    }
    if before.as_ref() == Some(&after) {
        return Err(Error::refused(format!("Nothing of {noun} {name} was changed."))
            .why(format!("Version {given} says the same as the present one.")));
    }
    Ok(Saving { how, before, after })
}

/// Says which version comes back when the last change of a document is undone: the one before it. An undoing is undone the same
/// way, and a deleted document comes back as it was last.
///
/// Errors: it is as it was made.
pub fn undoing(history: &History) -> Result<String> {
    let (noun, name) = (history.sort.noun(), &history.name);
    let at = usize::from(history.deleted.is_none());
    history.versions.get(at).map(crate::store::history::document::Version::title).ok_or_else(|| {
        let delete = match history.sort {
            Sort::Site => "site.delete",
            Sort::Server => "server.delete",
            Sort::Person => "person.delete",
            Sort::Profile => "profile.list",
        };
        Error::refused(format!("Nothing of {noun} {name} was undone."))
            .why("It is as it was made.")
            .next("Delete it, if it is not to be.")
            .command(delete)
    })
}
