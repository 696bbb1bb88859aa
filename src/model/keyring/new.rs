//! What is asked for a new keyring and for a request made again.

use super::check_name;
use super::identity::{self, Identity, Names};
use crate::model::field::{Field, Kind, Record, When, choice, flag, put, put_flag, yes_no};
use crate::model::key::KeyType;
use crate::model::secret::Secret;

/// What is asked for a new keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKeyring {
    /// The ring's name.
    pub name: String,
    /// Whom its certificate shall name.
    pub identity: Identity,
    /// A keyring whose trusted roots are taken over; empty for none. Its key is never copied.
    pub like: String,
    /// The kind of key to make.
    pub key_type: KeyType,
    /// The password that seals the ring.
    pub password: Secret,
    /// The password again.
    pub repeat: Secret,
    /// Whether a stash is made, so that unattended work can open the ring.
    pub stash: bool,
    /// Whether the ring's own key signs its certificate, for tests only, instead of a request that waits for an
    /// authority.
    pub self_certified: bool,
}

impl Default for NewKeyring {
    fn default() -> Self {
        Self {
            name: String::new(),
            identity: Identity::default(),
            like: String::new(),
            key_type: KeyType::P256,
            password: Secret::default(),
            repeat: Secret::default(),
            stash: true,
            self_certified: false,
        }
    }
}

impl Names for NewKeyring {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn identity_mut(&mut self) -> &mut Identity {
        &mut self.identity
    }
}

/// Which key a new request is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKey {
    /// The one that the ring has.
    Same,
    /// A new one of this kind, which waits beside the other one for its certificate.
    New(KeyType),
}

impl RequestKey {
    /// The names of all ways, `same` and then those of [`KeyType::NAMES`].
    pub const NAMES: &'static [&'static str] =
        &["same", "rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521", "ed25519"];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::New(kind) => kind.name(),
        }
    }

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        if text.trim().eq_ignore_ascii_case("same") {
            return Some(Self::Same);
        }
        KeyType::from_name(text).map(Self::New)
    }
}

/// What is asked for a new request of a keyring that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewRequest {
    /// The key; `None` until somebody has chosen, for both ways have their price.
    pub key: Option<RequestKey>,
    /// Whom the certificate shall name.
    pub identity: Identity,
}

impl Names for NewRequest {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn identity_mut(&mut self) -> &mut Identity {
        &mut self.identity
    }
}

impl Record for NewKeyring {
    const NOUN: &'static str = "new keyring";
    const FIELDS: &'static [Field<Self>] = &[
        Field::name(|x, _| x.name.clone(), |x, t| check_name(t.trim()).and_then(|()| put(&mut x.name, t))),
        identity::hosts(),
        identity::common_name(),
        identity::organization(),
        identity::unit(),
        identity::locality(),
        identity::state(),
        identity::country_field(),
        Field::key_type(
            |x, _| x.key_type.name().into(),
            |x, t| choice(t, KeyType::NAMES, KeyType::from_name).map(|key_type| x.key_type = key_type),
        ),
        Field::secret("password", "Password", "Seals the private key; it cannot be recovered.", |x, t| {
            x.password.put(t)
        }),
        Field::again(|x, t| x.repeat.put(t)),
        Field::stash(|x, _| yes_no(x.stash), |x, t| flag(t).map(|on| x.stash = on)),
        Field {
            name: "like",
            label: "Like keyring",
            help: "Takes names and trusted roots over from another keyring; its key is never copied.",
            kind: Kind::Keyring,
            when: When::AtCreation,
            get: |x, _| x.like.clone(),
            set: |x, t| put(&mut x.like, t),
        },
        Field {
            name: "self-certified",
            label: "Self-certified",
            help: "For tests only: the ring's own key signs its certificate for 90 days, which no client trusts, and no \
                   request is made.",
            kind: Kind::Flag,
            when: When::AtCreation,
            get: |x, _| yes_no(x.self_certified),
            set: |x, t| put_flag(&mut x.self_certified, t),
        },
    ];
}

impl Record for NewRequest {
    const NOUN: &'static str = "new request";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "key",
            label: "Key",
            help: "same: the key is never rotated, and one that others know stays known. A new kind: a new key waits in \
                   the ring while the old one serves, until its certificate is installed; then the old one goes to the \
                   history.",
            kind: Kind::Choice(RequestKey::NAMES),
            when: When::AtCreation,
            get: |x, _| x.key.map_or_else(String::new, |k| k.name().into()),
            set: |x, t| {
                let chosen = choice(t, RequestKey::NAMES, RequestKey::from_name);
                x.key =
                    Some(chosen.map_err(|all| format!("choose: the same key again, or a new one ({all})"))?);
                Ok(())
            },
        },
        identity::hosts(),
        identity::common_name(),
        identity::organization(),
        identity::unit(),
        identity::locality(),
        identity::state(),
        identity::country_field(),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_can_be_made_with_the_same_key_or_one_of_every_kind() {
        let kinds = KeyType::NAMES.iter().copied();
        assert_eq!(RequestKey::NAMES, std::iter::once("same").chain(kinds).collect::<Vec<_>>());
        for name in RequestKey::NAMES {
            assert_eq!(RequestKey::from_name(name).map(RequestKey::name), Some(*name));
        }
        let key = NewRequest::field("key").unwrap();
        assert!((key.set)(&mut NewRequest::default(), "").unwrap_err().contains("choose"));
    }
}
