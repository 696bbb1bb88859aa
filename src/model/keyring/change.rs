//! What is asked to change a keyring that is there already: another name, another password, a certificate for tests.

use super::check_name;
use crate::model::field::{Field, Kind, Record, When, number, put};
use crate::model::secret::Secret;

/// How a keyring shall be called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renaming {
    /// The new name.
    pub to: String,
}

/// Under which password a keyring shall be sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewPassword {
    /// The new password.
    pub password: Secret,
    /// The same again.
    pub repeat: Secret,
}

/// How a keyring certifies itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfCertifying {
    /// How many days the certificate is valid.
    pub days: u32,
}

impl SelfCertifying {
    /// The most days.
    pub const MOST: u32 = 397;
}

impl Default for SelfCertifying {
    fn default() -> Self {
        Self { days: 90 }
    }
}

impl Record for Renaming {
    const NOUN: &'static str = "renaming";
    const FIELDS: &'static [Field<Self>] = &[Field::fixed(
        "to",
        "New name",
        "Files, stash, every site document and every request that names the ring follow; a-z, 0-9, dot, dash and \
               underscore.",
        |x, _| x.to.clone(),
        |x, t| check_name(t.trim()).and_then(|()| put(&mut x.to, t)),
    )];
}

impl Record for NewPassword {
    const NOUN: &'static str = "new password";
    const FIELDS: &'static [Field<Self>] = &[
        Field::secret(
            "password",
            "New password",
            "Seals the keys and the stash anew; versions in keyrings/.history keep the password they had.",
            |x, t| x.password.put(t),
        ),
        Field::again(|x, t| x.repeat.put(t)),
    ];
}

impl Record for SelfCertifying {
    const NOUN: &'static str = "self-certified certificate";
    const FIELDS: &'static [Field<Self>] = &[Field {
        name: "days",
        label: "Validity in days",
        help: "For tests only: the ring's own key signs the certificate, and no client trusts it.",
        kind: Kind::Number(1, Self::MOST as u64),
        when: When::AtCreation,
        get: |x, _| x.days.to_string(),
        set: |x, t| number(t, 1, u64::from(Self::MOST)).map(|days| x.days = days),
    }];
}
