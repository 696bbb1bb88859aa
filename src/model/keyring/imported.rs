//! What is asked for a keyring that comes from elsewhere: of a key and certificates, or a whole ring of another host.

use super::check_name;
use crate::model::field::{Field, Kind, Record, When, flag, yes_no};
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

const NAME: &str = "The name in lists and on disk; a-z, 0-9, dot, dash and underscore.";
const STASH: &str =
    "Whether unattended work may open the ring: keeps the password beside it, sealed for this user.";

impl Record for ImportedKeyring {
    const NOUN: &'static str = "imported keyring";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "name",
            label: "Name",
            help: NAME,
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.name.clone(),
            set: |x, t| {
                check_name(t.trim())?;
                x.name = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "password",
            label: "New password",
            help: "Seals the private key here; it need not be the password of the file, and cannot be recovered.",
            kind: Kind::Secret,
            when: When::AtCreation,
            get: |_, _| String::new(),
            set: |x, t| {
                x.password = Secret::new(t.to_owned());
                Ok(())
            },
        },
        Field {
            name: "repeat",
            label: "Password again",
            help: "The same once more.",
            kind: Kind::Secret,
            when: When::AtCreation,
            get: |_, _| String::new(),
            set: |x, t| {
                x.repeat = Secret::new(t.to_owned());
                Ok(())
            },
        },
        Field {
            name: "stash",
            label: "Stash",
            help: STASH,
            kind: Kind::Flag,
            when: When::AtCreation,
            get: |x, _| yes_no(x.stash),
            set: |x, t| {
                x.stash = flag(t)?;
                Ok(())
            },
        },
    ];
}

impl Record for MovedKeyring {
    const NOUN: &'static str = "moved keyring";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "name",
            label: "Name",
            help: NAME,
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.name.clone(),
            set: |x, t| {
                check_name(t.trim())?;
                x.name = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "password",
            label: "Its password",
            help: "The password the ring has; it stays, and can be changed afterwards.",
            kind: Kind::Secret,
            when: When::AtCreation,
            get: |_, _| String::new(),
            set: |x, t| {
                x.password = Secret::new(t.to_owned());
                Ok(())
            },
        },
        Field {
            name: "stash",
            label: "Stash",
            help: STASH,
            kind: Kind::Flag,
            when: When::AtCreation,
            get: |x, _| yes_no(x.stash),
            set: |x, t| {
                x.stash = flag(t)?;
                Ok(())
            },
        },
    ];
}
