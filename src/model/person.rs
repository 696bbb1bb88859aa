//! People with their client certificates: documents bound by key. A name may be shared; a key belongs to one person.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::State;
use super::bytes::Digest;
use super::certificate::{Certificate, Lifetime};
use super::escape::visible;
use super::field::{Field, Kind, Look, Record, When, choice, names, put, put_flag, yes_no};
use super::key::KeyType;
use super::keyring::{Keyring, check_name, country};
use super::name::AltName;
use super::secret::Secret;
use super::time::Timestamp;

/// A key that belongs to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub sha256: Digest,
    /// Where it was taken from: `request 3`, `file ann.pem`, `made here`.
    pub from: String,
    /// When it was bound.
    pub at: Timestamp,
    /// Who bound it.
    pub by: String,
}

/// A person, as the directory knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The document's own name, which is its file name.
    pub name: String,
    /// The name in access lists and certificates; people may share one, for the key decides.
    pub full_name: String,
    /// Mail addresses.
    pub mail: Vec<String>,
    /// The organisation.
    pub organization: String,
    /// The country, two letters.
    pub country: String,
    /// A person who is disabled logs in with no certificate.
    pub enabled: bool,
    /// Free text.
    pub comment: String,
    /// The keys, the latest last.
    pub keys: Vec<Bound>,
    /// The certificates for these keys that were seen, the latest last.
    pub certificates: Vec<Certificate>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            name: String::new(),
            full_name: String::new(),
            mail: Vec::new(),
            organization: String::new(),
            country: String::new(),
            enabled: true,
            comment: String::new(),
            keys: Vec::new(),
            certificates: Vec::new(),
        }
    }
}

impl Person {
    /// Tells whether a key belongs to this person.
    pub fn has_key(&self, sha256: &Digest) -> bool {
        self.keys.iter().any(|key| key.sha256 == *sha256)
    }

    /// Returns the certificate that ends last among those that are not revoked; of ended ones if there is no other.
    pub fn best(&self, state: &State) -> Option<&Certificate> {
        let kept = self.certificates.iter().filter(|c| !state.revocations.contains_key(&c.sha256));
        kept.max_by_key(|c| c.not_after).or_else(|| self.certificates.last())
    }

    /// Proposes a name for the document of somebody: `ann.miller` for Ann Miller.
    pub fn proposed_name(full_name: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
        let text: String = full_name.chars().map(plain).collect();
        text.split_whitespace().collect::<Vec<_>>().join(".").chars().take(64).collect()
    }
}

impl State {
    /// Finds the people to whom a key belongs; more than one is a finding.
    pub fn people_of_key<'a>(&'a self, sha256: &'a Digest) -> impl Iterator<Item = &'a Person> {
        self.people.values().filter(move |p| p.has_key(sha256))
    }

    /// Finds the person for whom a ring keeps a key: one who has the certificate for it. Both are delivered to that person, and
    /// nothing is to be installed in the ring.
    pub fn kept_for<'a>(&'a self, ring: &'a Keyring) -> Option<&'a Person> {
        let key = ring.key.as_ref().filter(|_| ring.leaf().is_none())?;
        let certified = |p: &&Person| p.certificates.iter().any(|c| c.key.sha256 == key.sha256);
        self.people_of_key(&key.sha256).find(certified)
    }
}

/// Returns the mail addresses that names hold.
pub fn addresses(alt_names: &[AltName]) -> Vec<String> {
    let mails = alt_names.iter().filter_map(|name| match name {
        AltName::Email(mail) => Some(mail.clone()),
        _ => None,
    });
    mails.collect()
}

/// Reads mail addresses. Errors: one is none.
fn mails(text: &str) -> Result<Vec<String>, String> {
    let all = names(text);
    let good = |mail: &String| {
        let (local, host) = mail.rsplit_once('@').unwrap_or_default();
        !local.is_empty() && host.contains('.') && mail.bytes().all(|b| b.is_ascii_graphic())
    };
    match all.iter().find(|mail| !good(mail)) {
        Some(bad) => Err(format!("\"{}\" is no mail address, such as ann@example.test", visible(bad))),
        None => Ok(all),
    }
}

/// Says how a certificate of a person stands.
pub fn standing(person: &Person, certificate: &Certificate, look: &Look<'_>) -> &'static str {
    if !person.enabled {
        return "disabled";
    }
    if look.state.revocations.contains_key(&certificate.sha256) {
        return "revoked";
    }
    match certificate.lifetime(look.now, look.soon) {
        Lifetime::Expired => "expired",
        Lifetime::NotYet => "not yet valid",
        Lifetime::Soon => "ends soon",
        Lifetime::Good => "ok",
    }
}

fn certificates(person: &Person, look: &Look<'_>) -> String {
    let line = |c: &Certificate| {
        let (serial, ends) = (&c.serial, c.not_after.date());
        format!(
            "{}: {} by {}, serial {serial}, until {ends}",
            standing(person, c, look),
            c.subject.title(),
            c.issuer.title()
        )
    };
    person.certificates.iter().rev().map(line).collect::<Vec<_>>().join("\n")
}

fn keys(person: &Person, look: &Look<'_>) -> String {
    let line = |key: &Bound| {
        let others = look.state.people_of_key(&key.sha256).filter(|p| p.name != person.name);
        let others = others.map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        let shared = if others.is_empty() { String::new() } else { format!("; ALSO OF {others}") };
        format!("{} ({}, {} by {}){shared}", key.sha256, visible(&key.from), key.at.date(), visible(&key.by))
    };
    person.keys.iter().rev().map(line).collect::<Vec<_>>().join("\n")
}

impl Record for Person {
    const NOUN: &'static str = "person";
    const FIELDS: &'static [Field<Self>] = &[
        Field::fixed(
            "name",
            "Document",
            "The name of the document and its file: a-z, 0-9, dots and dashes, such as ann.miller.",
            |x, _| x.name.clone(),
            |x, t| check_name(t.trim()).and_then(|()| put(&mut x.name, t)),
        ),
        Field::text(
            "full-name",
            "Full name",
            "The common name in certificates, and the name that access lists use, such as Ann Miller.",
            |x, _| visible(&x.full_name),
            |x, t| {
                if t.trim().is_empty() || t.chars().count() > 64 {
                    return Err("a name of 1 to 64 characters".into());
                }
                put(&mut x.full_name, t)
            },
        ),
        Field::amendable(
            "mail",
            "Mail",
            "Mail addresses, separated by spaces; they stand in the certificate as alternative names.",
            Kind::Names,
            |x, _| x.mail.iter().map(|m| visible(m)).collect::<Vec<_>>().join(" "),
            |x, t| mails(t).map(|mail| x.mail = mail),
        ),
        Field::text(
            "organization",
            "Organization",
            "The legal name of the organisation; empty for none.",
            |x, _| visible(&x.organization),
            |x, t| put(&mut x.organization, t),
        ),
        Field::text(
            "country",
            "Country",
            "Two letters, such as DE; empty for none.",
            |x, _| x.country.clone(),
            |x, t| country(t).map(|country| x.country = country),
        ),
        Field::flag(
            "enabled",
            "Enabled",
            "A person who is disabled stays in the directory and logs in with no certificate.",
            |x, _| yes_no(x.enabled),
            |x, t| put_flag(&mut x.enabled, t),
        ),
        Field::text(
            "comment",
            "Comment",
            "Free text.",
            |x, _| visible(&x.comment),
            |x, t| put(&mut x.comment, t),
        ),
        Field::derived("verdict", "Verdict", "How the best certificate of the person stands.", |x, look| {
            match x.best(look.state) {
                Some(best) => standing(x, best, look).into(),
                None if x.keys.is_empty() => "no key".into(),
                None => "no certificate yet".into(),
            }
        }),
        Field::derived(
            "keys",
            "Keys",
            "The fingerprints (SHA-256 of the public key) that tell the person from others.",
            keys,
        ),
        Field::derived(
            "certificates",
            "Certificates",
            "What is known for these keys, the latest first.",
            certificates,
        ),
    ];
}

/// What is asked for a key that is made here for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPersonKey {
    /// The person by document.
    pub person: String,
    /// The keyring that keeps the key until it is delivered.
    pub keyring: String,
    /// The kind of key.
    pub key_type: KeyType,
    /// The password that seals the ring.
    pub password: Secret,
    /// The same again.
    pub repeat: Secret,
}

impl Default for NewPersonKey {
    fn default() -> Self {
        Self {
            person: String::new(),
            keyring: String::new(),
            key_type: KeyType::P256,
            password: Secret::default(),
            repeat: Secret::default(),
        }
    }
}

impl Record for NewPersonKey {
    const NOUN: &'static str = "key of a person";
    const FIELDS: &'static [Field<Self>] = &[
        Field::fixed(
            "keyring",
            "Keyring",
            "The new keyring that keeps the key until it is delivered.",
            |x, _| x.keyring.clone(),
            |x, t| check_name(t.trim()).and_then(|()| put(&mut x.keyring, t)),
        ),
        Field::key_type(
            |x, _| x.key_type.name().into(),
            |x, t| choice(t, KeyType::NAMES, KeyType::from_name).map(|key_type| x.key_type = key_type),
        ),
        Field::secret(
            "password",
            "Password",
            "Seals the keyring as long as it is here; the person gets a pass phrase of their own.",
            |x, t| x.password.put(t),
        ),
        Field::again(|x, t| x.repeat.put(t)),
    ];
}

/// What is asked when a person is registered from a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registration {
    /// The document: one that is there, or a new one.
    pub person: String,
}

impl Record for Registration {
    const NOUN: &'static str = "registration";
    const FIELDS: &'static [Field<Self>] = &[Field::fixed(
        "person",
        "Person",
        "The document the key is bound to; one that is not there is made from the names asked for.",
        |x, _| x.person.clone(),
        |x, t| check_name(t.trim()).and_then(|()| put(&mut x.person, t)),
    )];
}

/// What is asked when a person's private key leaves as a PKCS#12 file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    /// The person by document.
    pub person: String,
    /// The new file.
    pub to: PathBuf,
    /// Whether old programs have to read it.
    pub legacy: bool,
}

impl Record for Delivery {
    const NOUN: &'static str = "delivery";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "to",
            label: "Write to",
            help: "A new file outside of the workspace, such as ann.p12; nothing is ever written over.",
            kind: Kind::Path,
            when: When::AtCreation,
            get: |x, _| x.to.display().to_string(),
            set: |x, t| {
                if t.trim().is_empty() {
                    return Err("the path of a new file".into());
                }
                x.to = PathBuf::from(t.trim());
                Ok(())
            },
        },
        Field {
            name: "legacy",
            label: "For old programs",
            help: "3DES under SHA-1, which Windows before 10, older macOS and Java need. Weaker; say no if you can.",
            kind: Kind::Flag,
            when: When::AtCreation,
            get: |x, _| yes_no(x.legacy),
            set: |x, t| put_flag(&mut x.legacy, t),
        },
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_named_after_the_person() {
        for (full, name) in [("Ann Miller", "ann.miller"), ("  Zoë  O'Neil ", "zo.o.neil"), ("東京", "")] {
            assert_eq!(Person::proposed_name(full), name);
        }
    }

    #[test]
    fn mail_addresses_are_checked() {
        let mut person = Person::default();
        let field = Person::field("mail").unwrap();
        (field.set)(&mut person, "ann@example.test, a.m@mail.example.test").unwrap();
        assert_eq!(person.mail.len(), 2);
        for bad in ["ann", "@example.test", "ann@host", "änn@example.test"] {
            assert!((field.set)(&mut person, bad).is_err(), "{bad}");
        }
    }
}
