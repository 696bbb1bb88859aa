//! What is asked for a new keyring and for a request made again.

use super::check_name;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Record, When, choice, flag, names, yes_no};
use crate::model::key::KeyType;
use crate::model::secret::Secret;
use crate::model::site::host_name;

/// What is asked for a new keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKeyring {
    /// The ring's name.
    pub name: String,
    /// The subject's common name; empty takes the first host name.
    pub common_name: String,
    /// The host names, the first of which is repeated as common name.
    pub hosts: Vec<String>,
    /// The organisation.
    pub organization: String,
    /// The organisational unit.
    pub unit: String,
    /// The locality.
    pub locality: String,
    /// The state or province, in full.
    pub state: String,
    /// The country, two letters.
    pub country: String,
    /// The kind of key to make.
    pub key_type: KeyType,
    /// The password that seals the ring.
    pub password: Secret,
    /// The password again.
    pub repeat: Secret,
    /// Whether a stash is made, so that unattended work can open the ring.
    pub stash: bool,
}

impl Default for NewKeyring {
    fn default() -> Self {
        Self {
            name: String::new(),
            common_name: String::new(),
            hosts: Vec::new(),
            organization: String::new(),
            unit: String::new(),
            locality: String::new(),
            state: String::new(),
            country: String::new(),
            key_type: KeyType::P256,
            password: Secret::default(),
            repeat: Secret::default(),
            stash: true,
        }
    }
}

/// Reads a country: two letters, in upper case; empty is none.
pub(in crate::model) fn country(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_uppercase();
    if text.is_empty() || (text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())) {
        Ok(text)
    } else {
        Err("two letters, such as DE".into())
    }
}

/// What is asked for a new request of a keyring that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewRequest {
    /// The kind of a new key; `None` asks again for the key that the ring has.
    pub new_key: Option<KeyType>,
    /// The host names.
    pub hosts: Vec<String>,
}

impl Record for NewKeyring {
    const NOUN: &'static str = "new keyring";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "name",
            label: "Name",
            help: "The name in lists and on disk; a-z, 0-9, dot, dash and underscore.",
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
            name: "hosts",
            label: "Host names",
            help: "The names the certificate shall answer for, separated by spaces; the first is also the common name.",
            kind: Kind::Names,
            when: When::AtCreation,
            get: |x, _| x.hosts.join(" "),
            set: |x, t| {
                x.hosts = names(t).iter().map(|h| host_name(h)).collect::<Result<_, _>>()?;
                Ok(())
            },
        },
        Field {
            name: "common-name",
            label: "Common name",
            help: "Empty takes the first host name.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| visible(&x.common_name),
            set: |x, t| {
                x.common_name = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "organization",
            label: "Organization",
            help: "The legal name of the organisation.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| visible(&x.organization),
            set: |x, t| {
                x.organization = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "unit",
            label: "Organizational unit",
            help: "The department, if any.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| visible(&x.unit),
            set: |x, t| {
                x.unit = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "locality",
            label: "City or locality",
            help: "In full.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| visible(&x.locality),
            set: |x, t| {
                x.locality = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "state",
            label: "State or province",
            help: "In full, not abbreviated.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| visible(&x.state),
            set: |x, t| {
                x.state = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "country",
            label: "Country",
            help: "Two letters, such as DE; written as PrintableString.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.country.clone(),
            set: |x, t| {
                x.country = country(t)?;
                Ok(())
            },
        },
        Field {
            name: "key-type",
            label: "Key type",
            help: "The kind of key to make.",
            kind: Kind::Choice(KeyType::NAMES),
            when: When::AtCreation,
            get: |x, _| x.key_type.name().into(),
            set: |x, t| {
                x.key_type = choice(t, KeyType::NAMES, KeyType::from_name)?;
                Ok(())
            },
        },
        Field {
            name: "password",
            label: "Password",
            help: "Seals the private key; it cannot be recovered.",
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
            help: "Whether unattended work may open the ring: keeps the password beside it, sealed for this user.",
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
