//! What is asked for a new certifier: its name, its key, who signs its certificate and what that allows, and the policy it
//! begins with.

use super::constraints::{self, Subtree};
use super::{HasPolicy, Policy};
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Record, When, choice, join, number, put};
use crate::model::key::KeyType;
use crate::model::keyring::{check_name, country};
use crate::model::policy::Fields;
use crate::model::secret::Secret;

/// Who signs the certificate of a new certifier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SignedBy {
    /// Its own key: it is a root.
    #[default]
    Itself,
    /// An authority outside of the workspace, which answers a request.
    Elsewhere,
    /// A certifier of the workspace.
    Certifier(String),
}

impl SignedBy {
    /// Reads `itself`, `elsewhere`, or the name of a certifier.
    pub fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" | "itself" => Ok(Self::Itself),
            "elsewhere" => Ok(Self::Elsewhere),
            name => check_name(name).map(|()| Self::Certifier(name.to_owned())),
        }
    }

    /// Writes it as [`Self::read`] takes it.
    pub fn text(&self) -> &str {
        match self {
            Self::Itself => "itself",
            Self::Elsewhere => "elsewhere",
            Self::Certifier(name) => name,
        }
    }
}

/// Reads the name of a new certifier; the words of [`SignedBy`] are none.
pub fn check_certifier_name(name: &str) -> Result<(), String> {
    check_name(name)?;
    match name {
        "itself" | "elsewhere" => Err("another name: this word says who signs".into()),
        _ => Ok(()),
    }
}

/// Reads a path length: a number, or `none` for no limit.
fn path_length(text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" | "none" => Ok(None),
        n => {
            n.parse().ok().filter(|n| *n <= 9).map(Some).ok_or_else(|| "0 to 9, or none for no limit".into())
        }
    }
}

/// What is asked for a new certifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertifier {
    /// The certifier's name.
    pub name: String,
    /// The subject's common name.
    pub common_name: String,
    /// The organisation.
    pub organization: String,
    /// The organisational unit.
    pub unit: String,
    /// The city or locality.
    pub locality: String,
    /// The state or province.
    pub state: String,
    /// The country, two letters.
    pub country: String,
    /// The kind of key to make.
    pub key_type: KeyType,
    /// Who signs its certificate.
    pub signed_by: SignedBy,
    /// How many authorities may stand below a subordinate one; `None` is without limit.
    pub path_length: Option<u32>,
    /// What a subordinate one may issue for; empty is anything.
    pub permitted: Vec<Subtree>,
    /// What a subordinate one must not issue for.
    pub excluded: Vec<Subtree>,
    /// Validity of its own certificate in years of 365 days.
    pub years: u32,
    /// What may be amended later. Who makes it becomes its first CAA and RA.
    pub policy: Policy,
    /// The password that seals the key.
    pub password: Secret,
    /// The password again.
    pub repeat: Secret,
}

impl Default for NewCertifier {
    fn default() -> Self {
        Self {
            name: String::new(),
            common_name: String::new(),
            organization: String::new(),
            unit: String::new(),
            locality: String::new(),
            state: String::new(),
            country: String::new(),
            key_type: KeyType::P384,
            signed_by: SignedBy::Itself,
            path_length: Some(0),
            permitted: Vec::new(),
            excluded: Vec::new(),
            years: 10,
            policy: Policy::default(),
            password: Secret::default(),
            repeat: Secret::default(),
        }
    }
}

impl HasPolicy for NewCertifier {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }
}

impl NewCertifier {
    const OWN: &'static [Field<Self>] = &[
        Field::name(
            |x, _| x.name.clone(),
            |x, t| check_certifier_name(t.trim()).and_then(|()| put(&mut x.name, t)),
        ),
        Field::fixed(
            "common-name",
            "Common name",
            "The name of the authority in every certificate it signs, such as Example Root CA.",
            |x, _| visible(&x.common_name),
            |x, t| put(&mut x.common_name, t),
        ),
        Field::fixed(
            "organization",
            "Organization",
            "The legal name of the organisation.",
            |x, _| visible(&x.organization),
            |x, t| put(&mut x.organization, t),
        ),
        Field::fixed(
            "unit",
            "Organizational unit",
            "The department, if any.",
            |x, _| visible(&x.unit),
            |x, t| put(&mut x.unit, t),
        ),
        Field::fixed(
            "locality",
            "City or locality",
            "In full, if any.",
            |x, _| visible(&x.locality),
            |x, t| put(&mut x.locality, t),
        ),
        Field::fixed(
            "state",
            "State or province",
            "In full, not abbreviated, if any.",
            |x, _| visible(&x.state),
            |x, t| put(&mut x.state, t),
        ),
        Field::fixed(
            "country",
            "Country",
            "Two letters, such as DE; written as PrintableString.",
            |x, _| x.country.clone(),
            |x, t| country(t).map(|country| x.country = country),
        ),
        Field::key_type(
            |x, _| x.key_type.name().into(),
            |x, t| choice(t, KeyType::NAMES, KeyType::from_name).map(|key_type| x.key_type = key_type),
        ),
        Field {
            name: "signed-by",
            label: "Signed by",
            help: "itself: a root. A certifier of this workspace: a subordinate, signed at once. elsewhere: a request goes \
                   out, and the certificate is brought back.",
            kind: Kind::Signer,
            when: When::AtCreation,
            get: |x, _| x.signed_by.text().to_owned(),
            set: |x, t| SignedBy::read(t).map(|signed_by| x.signed_by = signed_by),
        },
        Field::fixed(
            "path-length",
            "Path length",
            "Of a subordinate: how many authorities may stand below it; 0 is best, none is without limit.",
            |x, _| x.path_length.map_or_else(|| "none".into(), |n| n.to_string()),
            |x, t| path_length(t).map(|path_length| x.path_length = path_length),
        ),
        Field::fixed(
            "permitted",
            "Permitted names",
            "Of a subordinate: the only names it may issue for, such as dns:example.test ip:10.0.0.0/8 \
                   email:example.test; dir:O=Example,C=DE. Empty is any.",
            |x, _| visible(&constraints::write(&x.permitted)),
            |x, t| constraints::read(t).map(|permitted| x.permitted = permitted),
        ),
        Field::fixed(
            "excluded",
            "Excluded names",
            "Of a subordinate: names it must not issue for, written as the permitted ones.",
            |x, _| visible(&constraints::write(&x.excluded)),
            |x, t| constraints::read(t).map(|excluded| x.excluded = excluded),
        ),
        Field {
            name: "years",
            label: "Validity in years",
            help: "How long its own certificate lasts; a subordinate's ends with its issuer's at the latest.",
            kind: Kind::Number(1, 30),
            when: When::AtCreation,
            get: |x, _| x.years.to_string(),
            set: |x, t| number(t, 1, 30).map(|years| x.years = years),
        },
    ];
    const SECRETS: &'static [Field<Self>] = &[
        Field::secret("password", "Password", "Seals the private key; it cannot be recovered.", |x, t| {
            x.password.put(t)
        }),
        Field::again(|x, t| x.repeat.put(t)),
    ];
}

impl Record for NewCertifier {
    const NOUN: &'static str = "new certifier";
    const FIELDS: &'static [Field<Self>] = &join::<
        _,
        { Self::OWN.len() + Fields::<Self>::ALL.len() + Self::SECRETS.len() },
    >(&[Self::OWN, Fields::<Self>::ALL, Self::SECRETS]);
}
