//! What is asked for a key rollover, and the work that it leaves: what was issued under the old key and is still valid.

use super::check_certifier_name;
use crate::model::field::{Field, Kind, Record, When, choice, number, put};
use crate::model::issued::Issued;
use crate::model::key::KeyType;
use crate::model::secret::Secret;

/// What the issued list has for the profile of a certificate that links two keys.
pub const LINK: &str = "link";

/// What is asked for the key that takes over from that of a certifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The name of the certifier that is made of it: its own, for a name means one key.
    pub name: String,
    /// The kind of key to make.
    pub key_type: KeyType,
    /// Validity of its certificate in years of 365 days.
    pub years: u32,
    /// The password that seals the key.
    pub password: Secret,
    /// The password again.
    pub repeat: Secret,
}

impl NewKey {
    /// Proposes a successor of a certifier: `root` becomes `root-2`, `root-2` becomes `root-3`.
    pub fn after(name: &str, key_type: KeyType, years: u32) -> Self {
        let (stem, number) = match name.rsplit_once('-') {
            Some((stem, number)) if number.parse::<u32>().is_ok_and(|n| (2..1000).contains(&n)) => {
                (stem, number.parse::<u32>().unwrap_or(1))
            }
            _ => (name, 1),
        };
        let name = format!("{stem}-{}", number + 1);
        Self { name, key_type, years, password: Secret::default(), repeat: Secret::default() }
    }
}

impl Record for NewKey {
    const NOUN: &'static str = "new key";
    const FIELDS: &'static [Field<Self>] = &[
        Field::fixed(
            "name",
            "Name",
            "The name of the successor in lists and on disk; its subject is the same as before.",
            |x, _| x.name.clone(),
            |x, t| check_certifier_name(t.trim()).and_then(|()| put(&mut x.name, t)),
        ),
        Field::key_type(
            |x, _| x.key_type.name().into(),
            |x, t| choice(t, KeyType::NAMES, KeyType::from_name).map(|key_type| x.key_type = key_type),
        ),
        Field {
            name: "years",
            label: "Validity in years",
            help: "How long its certificate lasts; a subordinate's ends with its issuer's at the latest.",
            kind: Kind::Number(1, 30),
            when: When::AtCreation,
            get: |x, _| x.years.to_string(),
            set: |x, t| number(t, 1, 30).map(|years| x.years = years),
        },
        Field::secret(
            "password",
            "Password",
            "Seals the new private key; it cannot be recovered.",
            |x, t| x.password.put(t),
        ),
        Field::again(|x, t| x.repeat.put(t)),
    ];
}

/// Whether a certificate under the old key has to be issued again under the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It outlasts the day, and there is a way to renew it.
    Renew,
    /// It outlasts the day, and nobody here can ask for another one.
    NotPossible,
    /// It ends before the day, and is renewed in the ordinary course.
    NotNeeded,
}

impl Need {
    /// Returns the word of lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::NotPossible => "not possible",
            Self::NotNeeded => "not needed",
        }
    }
}

/// A certificate under the old key, and what is to be done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its row of the issued list.
    pub issued: Issued,
    /// Whether it has to be issued again.
    pub need: Need,
    /// How, or why not, in words.
    pub way: String,
    /// The keyring that asks again, when one of the workspace holds the key.
    pub keyring: Option<String>,
    /// The certifier of the workspace whose certificate it is.
    pub certifier: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_are_counted() {
        let next = |name| NewKey::after(name, KeyType::P256, 10).name;
        assert_eq!(
            ["root", "root-2", "issuing-ca", "a-1"].map(next),
            ["root-2", "root-3", "issuing-ca-2", "a-1-2"]
        );
    }
}
