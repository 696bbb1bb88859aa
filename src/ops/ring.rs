//! What can be done to a keyring once its password is proved, as data, and which verb does it. Commits nothing.

use super::Env;
use super::install::{install, unremarkable};
use super::trust::trust;
use super::{change_password, rename_keyring, request_again, restore, self_certify, stash};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::change::Change;
use crate::model::error::Result;
use crate::model::keyring::{Keyring, NewRequest};
use crate::model::secret::Secret;

/// A change of one keyring. Each needs the ring's password, which a stash can give.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Installs the certificate of the ring's key, with intermediates.
    Install {
        /// Leaf, intermediates and roots in any order.
        certificates: Vec<Certificate>,
    },
    /// Installs the newest certificate that was issued here for the ring's key, where there is nothing to warn of.
    InstallIssued,
    /// Adds trusted roots.
    Trust {
        /// The roots.
        roots: Vec<Certificate>,
    },
    /// Switches trust in roots of the ring on or off.
    SetTrust {
        /// The roots by SHA-256.
        roots: Vec<Digest>,
        /// Whether they are trusted from now on.
        trusted: bool,
    },
    /// Gives an entry of the ring another label.
    Label {
        /// The entry by SHA-256 of its certificate.
        entry: Digest,
        /// What a person calls it.
        label: String,
    },
    /// Takes roots out of the ring.
    RemoveRoots {
        /// The roots by SHA-256.
        roots: Vec<Digest>,
    },
    /// Makes a request again, from the key of the ring or from a new one that waits beside it.
    Request(NewRequest),
    /// Replaces the certificate by one that the ring's own key signs, for tests.
    SelfCertify {
        /// How many days it is valid.
        days: i64,
    },
    /// Drops the key that waits for its certificate.
    DropNextKey,
    /// Gives the ring another name, in every document that names it.
    Rename {
        /// The new name.
        to: String,
    },
    /// Seals the ring, and its stash if it has one, under another password.
    ChangePassword {
        /// The new password.
        new: Secret,
        /// The same again.
        repeat: Secret,
    },
    /// Makes a stash, so that unattended work can open the ring.
    MakeStash,
    /// Moves the stash to the history.
    DropStash,
    /// Makes an earlier revision the present one.
    Restore {
        /// The ring as it was.
        revision: Box<Keyring>,
        /// The password it had then, when that is another one.
        password: Option<Secret>,
    },
}

/// Carries an act out. Errors: those of the act; unknown keyring; wrong password.
///
/// `issued` is what was issued here for the ring's key, where the act asks for it.
pub fn act(
    state: &State,
    keyring: &str,
    act: &Act,
    issued: &[Certificate],
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    match act {
        Act::Install { certificates } => install(state, keyring, certificates, password, env),
        Act::InstallIssued => {
            unremarkable(state, keyring, issued, env.now)?;
            install(state, keyring, issued, password, env)
        }
        Act::Trust { roots } => trust(state, keyring, roots, password, env),
        Act::SetTrust { roots, trusted } => {
            super::trust::set_trust(state, keyring, roots, *trusted, password, env)
        }
        Act::Label { entry, label } => super::trust::label(state, keyring, entry, label, password),
        Act::RemoveRoots { roots } => super::trust::remove_roots(state, keyring, roots, password, env),
        Act::Request(asked) => request_again::request_again(state, keyring, asked, password, env),
        Act::SelfCertify { days } => self_certify::self_certify(state, keyring, *days, password, env),
        Act::DropNextKey => request_again::drop_next_key(state, keyring, password, env),
        Act::Rename { to } => rename_keyring::rename_keyring(state, keyring, to, password, env),
        Act::ChangePassword { new, repeat } => {
            change_password::change_password(state, keyring, new, repeat, password, env)
        }
        Act::MakeStash => stash::make_stash(state, keyring, password, env),
        Act::DropStash => stash::drop_stash(state, keyring),
        Act::Restore { revision, password: then } => {
            restore::restore(state, keyring, revision, then.as_ref(), password, env)
        }
    }
}
