//! Gives a keyring another name, in every document that names it.

use super::{Env, new_keyring_name, opened};
use crate::model::State;
use crate::model::accepted::Accepted;
use crate::model::change::{Change, Fact};
use crate::model::document::How;
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::site::Site;
use crate::store::{accepted, directory, kyr, sth};

/// Renames a keyring: its files, its stash, every site document, Server document and request that names it, and what was accepted
/// of it, in one change. What the history keeps stays under the name it had.
///
/// Errors: unknown keyring, wrong password, the new name is taken or cannot be a file.
pub fn rename_keyring(
    state: &State,
    keyring: &str,
    to: &str,
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    if keyring == to {
        return Err(Error::refused(format!("Keyring {keyring} has this name already.")));
    }
    new_keyring_name(state, to)?;
    let mut ring = opened(state, keyring, password)?;
    let mut files = kyr::removed(&ring);
    to.clone_into(&mut ring.name);
    // The name stands in the seals of both files.
    let ring = kyr::amend(ring, password)?;
    files.push(kyr::file(&ring)?);
    if ring.stash {
        files.push(sth::file(&ring, password, &(env.stash_key)()?)?);
    }
    let mut facts = Vec::new();
    for site in state.sites_of_keyring(keyring) {
        let site = Site { keyring: to.to_owned(), ..site.clone() };
        files.push(directory::site(&site)?);
        facts.push(Fact::SiteSaved { site, how: How::Written });
    }
    for server in state.servers_of_keyring(keyring) {
        let server = Server { keyring: to.to_owned(), ..server.clone() };
        files.push(directory::server(&server)?);
        facts.push(Fact::ServerSaved { server: Box::new(server), how: How::Written });
    }
    let mut accepted = state.accepted.clone();
    for risk in state.accepted.values().filter(|r| r.subject == Subject::Keyring(keyring.to_owned())) {
        accepted.remove(&(risk.rule.clone(), risk.subject.clone()));
        facts.push(Fact::FindingUnaccepted { rule: risk.rule.clone(), subject: risk.subject.clone() });
        let risk = Accepted { subject: Subject::Keyring(to.to_owned()), ..risk.clone() };
        accepted.insert((risk.rule.clone(), risk.subject.clone()), risk.clone());
        facts.push(Fact::FindingAccepted { risk });
    }
    if accepted != state.accepted {
        files.push(accepted::write(&accepted)?);
    }
    facts.push(Fact::KeyringRenamed { from: keyring.to_owned(), keyring: ring });
    Ok(Change { facts, files })
}
