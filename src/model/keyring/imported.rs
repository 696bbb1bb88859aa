//! What is asked for a keyring that comes from elsewhere: of a key and certificates, or a whole ring of another host.

use super::check_name;
use crate::model::field::{Field, Record, flag, put, yes_no};
use crate::model::secret::Secret;

/// How a keyring is made of a key and certificates that were made elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedKeyring {
    /// The ring's name.
    pub name: String,
    /// The password that seals the ring; it need not be the one the file had.
    pub password: Secret,
    /// The password again.
    pub repeat: Secret,
    /// Whether a stash is made.
    pub stash: bool,
}

/// How a keyring of another host is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedKeyring {
    /// The ring's name here.
    pub name: String,
    /// The password it has, which stays.
    pub password: Secret,
    /// Whether a stash is made for this user.
    pub stash: bool,
}

impl Default for ImportedKeyring {
    fn default() -> Self {
        Self { name: String::new(), password: Secret::default(), repeat: Secret::default(), stash: true }
    }
}

impl Default for MovedKeyring {
    fn default() -> Self {
        Self { name: String::new(), password: Secret::default(), stash: true }
    }
}

impl Record for ImportedKeyring {
    const NOUN: &'static str = "imported keyring";
    const FIELDS: &'static [Field<Self>] = &[
        Field::name(|x, _| x.name.clone(), |x, t| check_name(t.trim()).and_then(|()| put(&mut x.name, t))),
        Field::secret(
            "password",
            "New password",
            "Seals the private key here; it need not be the password of the file, and cannot be recovered.",
            |x, t| x.password.put(t),
        ),
        Field::again(|x, t| x.repeat.put(t)),
        Field::stash(|x, _| yes_no(x.stash), |x, t| flag(t).map(|on| x.stash = on)),
    ];
}

impl Record for MovedKeyring {
    const NOUN: &'static str = "moved keyring";
    const FIELDS: &'static [Field<Self>] = &[
        Field::name(|x, _| x.name.clone(), |x, t| check_name(t.trim()).and_then(|()| put(&mut x.name, t))),
        Field::secret(
            "password",
            "Its password",
            "The password the ring has; it stays, and can be changed afterwards.",
            |x, t| x.password.put(t),
        ),
        Field::stash(|x, _| yes_no(x.stash), |x, t| flag(t).map(|on| x.stash = on)),
    ];
}
