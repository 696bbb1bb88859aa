//! People: makes, changes and deletes their documents, binds keys to them, makes keys for them, and packs what is delivered
//! to them. A key belongs to one person: who binds it to a second one has to take it from the first.

use zeroize::Zeroizing;

use super::conflict::unchanged;
use super::create_keyring::{received, request_of};
use super::export::{Outgoing, Parcel};
use super::{Env, new_keyring_name, new_password};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::export::Secrecy;
use crate::model::key::KeyInfo;
use crate::model::keyring::{Keyring, check_name};
use crate::model::name::{AltName, Name};
use crate::model::person::{Bound, NewPersonKey, Person, addresses};
use crate::model::request::RequestId;
use crate::model::secret::Secret;
use crate::pki::chain::signed_by;
use crate::pki::key::PrivateKey;
use crate::pki::name;
use crate::pki::pkcs12::{self, Content, Protection};
use crate::store::{directory, kyr, sth};

/// Saves a document. `before` is the document as it was when editing began; `None` makes a new one.
///
/// Errors: the name is taken or cannot be a file, no full name; `Conflict` when the document was changed since.
pub fn save_person(state: &State, before: Option<&Person>, person: &Person) -> Result<Change> {
    check_name(&person.name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    let taken = || {
        Error::refused(format!("A person is already named \"{}\".", person.name))
            .why("People may share a full name; their documents may not.")
            .next("Choose another name for the document, or change that one.")
    };
    let versions = (before, state.people.get(&person.name), person);
    unchanged(state, &format!("Person {}", person.name), versions, taken)?;
    if person.full_name.is_empty() {
        return Err(Error::usage("A person needs a full name.").next("Such as: --full-name \"Ann Miller\""));
    }
    let what = if before.is_some() { "changed" } else { "made" };
    saved(person.clone(), what.into())
}

/// Deletes a document; its file goes to the history, and keyrings and certificates stay.
pub fn delete_person(state: &State, name: &str) -> Result<Change> {
    let person = find(state, name)?;
    let files = vec![directory::person_removed(&person.name)];
    Ok(Change { facts: vec![Fact::PersonDeleted { name: name.into() }], files })
}

/// Registers the key of a request to a person; a document that is not there is made from the names asked for.
///
/// Errors: unknown request; the key belongs to another person.
pub fn register_request(state: &State, name: &str, id: RequestId, env: &Env<'_>) -> Result<Change> {
    let request = super::request(state, id)?;
    let asked = &request.pkcs10;
    let person = person_of(state, name, &asked.subject, &asked.alt_names)?;
    bind(state, person, &asked.key, &format!("request {id}"), env)
}

/// Registers certificates that others issued: their keys, and the certificates themselves.
///
/// Errors: there is none; one is an authority's; a key belongs to another person.
pub fn register_certificates(
    state: &State,
    name: &str,
    certificates: &[Certificate],
    source: &str,
    env: &Env<'_>,
) -> Result<Change> {
    let leaves: Vec<&Certificate> = certificates.iter().filter(|c| !c.is_ca()).collect();
    let Some(first) = leaves.first() else {
        return Err(Error::refused("There is no certificate of a person in it.")
            .why("What was brought holds none, or only those of authorities."));
    };
    let mut person = person_of(state, name, &first.subject, &first.alt_names)?;
    let mut what = Vec::new();
    for certificate in leaves {
        free(state, &person, &certificate.key.sha256)?;
        if !person.has_key(&certificate.key.sha256) {
            person.keys.push(bound(&certificate.key, source, env));
        }
        if person.certificates.iter().all(|c| c.sha256 != certificate.sha256) {
            person.certificates.push(certificate.clone());
            what.push(format!("certificate {} from {source}", certificate.serial));
        }
    }
    if what.is_empty() {
        return Err(Error::refused(format!("Person {name} has it already.")));
    }
    saved(person, what.join(", "))
}

/// Takes a key and its certificates from a person.
pub fn unbind(state: &State, name: &str, key: &Digest) -> Result<Change> {
    let mut person = find(state, name)?.clone();
    if !person.has_key(key) {
        return Err(Error::refused(format!("Person {name} has no key {key}.")));
    }
    person.keys.retain(|bound| bound.sha256 != *key);
    person.certificates.retain(|c| c.key.sha256 != *key);
    saved(person, format!("key {} taken away", key.short()))
}

/// Makes a key for a person in a keyring of its own, with a request in the queue that names the person.
///
/// Errors: the name of the ring is taken, the passwords differ, the person has neither full name nor mail address.
pub fn make_key(state: &State, asked: &NewPersonKey, env: &mut Env<'_>) -> Result<Change> {
    let person = find(state, &asked.person)?;
    new_keyring_name(state, &asked.keyring)?;
    new_password(&asked.password, &asked.repeat)?;
    let subject =
        name::build(&[("C", &person.country), ("O", &person.organization), ("CN", &person.full_name)])?;
    let alt_names: Vec<AltName> = person.mail.iter().cloned().map(AltName::Email).collect();
    let key = PrivateKey::generate(asked.key_type)?;
    let pkcs10 = request_of(&subject, &alt_names, &key)?;
    let ring = Keyring {
        name: asked.keyring.clone(),
        revision: 0,
        key: Some(key.info().clone()),
        next_key: None,
        entries: Vec::new(),
        stash: true,
        sealed: Default::default(),
    };
    let ring = kyr::seal(ring, Some(&key), &asked.password, env.protection.keyring_rounds)?;
    let files = vec![kyr::file(&ring)?, sth::file(&ring, &asked.password, &(env.stash_key)()?)?];
    let source = format!("keyring {}", asked.keyring);
    let request = received(state, &asked.keyring, pkcs10, source, env);
    let id = request.id;
    let facts = vec![Fact::KeyringCreated { keyring: ring }, Fact::RequestReceived { request }];
    let mut change = Change { facts, files };
    let mut bound_to = person.clone();
    bound_to.keys.push(bound(key.info(), &format!("made here, request {id}"), env));
    change.extend(saved(bound_to, format!("key made in keyring {}, request {id}", asked.keyring))?);
    Ok(change)
}

/// Adds certificates that were just issued to the people whose keys they are for.
pub fn certified(state: &State, facts: &[Fact]) -> Result<Change> {
    let mut people = std::collections::BTreeMap::<&str, (Person, Vec<String>)>::new();
    for fact in facts {
        let Fact::CertificateIssued { issued, der } = fact else { continue };
        for person in state.people_of_key(&issued.key_sha256) {
            let (changed, what) = people.entry(&person.name).or_insert_with(|| (person.clone(), Vec::new()));
            changed.certificates.push(crate::pki::certificate::read(&der.0)?);
            what.push(format!("certificate {} issued by {}", issued.serial, issued.certifier));
        }
    }
    let mut change = Change::default();
    for (person, what) in people.into_values() {
        change.extend(saved(person, what.join(", "))?);
    }
    Ok(change)
}

/// Finds the keyring here that holds the private key of a person's certificate: of the best one that has such a ring.
///
/// Errors: no certificate, or the private key is not here.
pub fn deliverable<'a>(state: &'a State, person: &'a Person) -> Result<(&'a Keyring, &'a Certificate)> {
    let refused = || Error::refused(format!("There is nothing to deliver to {}.", person.name));
    if person.certificates.is_empty() {
        let next = match person.keys.is_empty() {
            true => "Make a key for the person, or register a request of theirs.",
            false => "Have the request for the key signed first.",
        };
        return Err(refused().why("No certificate is known for a key of this person.").next(next));
    }
    let mut all: Vec<_> =
        person.certificates.iter().filter(|c| !state.revocations.contains_key(&c.sha256)).collect();
    all.sort_by_key(|c| std::cmp::Reverse(c.not_after));
    let holds = |c: &&'a Certificate| {
        let mine = |ring: &&Keyring| ring.key.as_ref().is_some_and(|key| key.sha256 == c.key.sha256);
        Some((state.keyrings.values().find(mine)?, *c))
    };
    all.iter().find_map(holds).ok_or_else(|| {
        refused().why("The private key is with the person: it was not made here, or its keyring was deleted, or the certificate is revoked.")
            .next("Give them the certificate alone: ringmaster person certificates NAME")
    })
}

/// Makes the PKCS#12 file for a person: key, certificate and the chain above it, under the pass phrase.
pub fn pack(
    state: &State,
    person: &Person,
    key: &PrivateKey,
    pass_phrase: &Secret,
    legacy: bool,
) -> Result<Parcel> {
    let (ring, leaf) = deliverable(state, person)?;
    let known: Vec<&Certificate> = state
        .certifiers
        .values()
        .map(|c| &c.certificate)
        .chain(ring.entries.iter().map(|e| &e.certificate))
        .collect();
    let mut chain = vec![leaf.clone()];
    let mut roots = Vec::new();
    while let Some(issuer) = above(chain.last().unwrap_or(leaf), &known) {
        if issuer.subject.der == issuer.issuer.der {
            roots.push((issuer.subject.title(), issuer.clone()));
            break;
        }
        if chain.len() > LONGEST {
            break;
        }
        chain.push(issuer.clone());
    }
    let protection = if legacy { Protection::Legacy } else { Protection::Modern };
    let content = Content { key: Some((key, &person.full_name)), chain: &chain, roots: &roots };
    let bytes = pkcs12::write(&content, pass_phrase, protection)?;
    let file = Outgoing {
        name: String::new(),
        bytes: Zeroizing::new(bytes.to_vec()),
        secrecy: Secrecy::Sealed,
        key: Some(key.info().sha256),
        certificates: chain.iter().chain(roots.iter().map(|(_, root)| root)).map(|c| c.sha256).collect(),
    };
    let told =
        format!("PKCS#12 for person {}, certificate {}, one-time pass phrase", person.name, leaf.serial);
    Ok(Parcel { files: vec![file], folder: false, told: Some(told) })
}

/// The longest chain that is packed.
const LONGEST: usize = 8;

fn above<'a>(below: &Certificate, known: &[&'a Certificate]) -> Option<&'a Certificate> {
    if below.subject.der == below.issuer.der {
        return None;
    }
    known.iter().copied().find(|c| c.subject.der == below.issuer.der && signed_by(below, c))
}

/// The characters of a pass phrase: none of them is taken for another one on paper or on the telephone.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";

/// Draws a pass phrase of six groups of four characters: 118 bits.
pub fn pass_phrase(random: &mut dyn FnMut(&mut [u8])) -> Secret {
    let mut text = Zeroizing::new(String::new());
    while text.len() < 29 {
        let mut byte = Zeroizing::new([0]);
        random(&mut *byte);
        // The last of the 32 stands between groups, and is drawn again.
        let letter = LETTERS[usize::from(byte[0] & 31)];
        if letter != b'-' {
            if text.len() % 5 == 4 {
                text.push('-');
            }
            text.push(char::from(letter));
        }
    }
    Secret::new(text.to_string())
}

/// Finds the document, or makes one for somebody with these names.
fn person_of(state: &State, name: &str, subject: &Name, alt_names: &[AltName]) -> Result<Person> {
    check_name(name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    if let Some(person) = state.people.get(name) {
        return Ok(person.clone());
    }
    let first = |short| subject.values(short).next().unwrap_or_default().to_owned();
    let country = Some(first("C")).filter(|c| c.len() == 2).unwrap_or_default();
    Ok(Person {
        name: name.into(),
        full_name: subject.common_name().unwrap_or(name).to_owned(),
        mail: addresses(alt_names),
        organization: first("O"),
        country,
        ..Person::default()
    })
}

fn bind(state: &State, mut person: Person, key: &KeyInfo, from: &str, env: &Env<'_>) -> Result<Change> {
    free(state, &person, &key.sha256)?;
    if person.has_key(&key.sha256) {
        return Err(Error::refused(format!("Person {} has this key already.", person.name)));
    }
    person.keys.push(bound(key, from, env));
    saved(person, format!("key bound from {from}"))
}

/// Checks that every key of a person belongs to nobody else. Errors: whose one is.
pub(super) fn all_free(state: &State, person: &Person) -> Result<()> {
    person.keys.iter().try_for_each(|bound| free(state, person, &bound.sha256))
}

/// Refuses a key that belongs to somebody else.
fn free(state: &State, person: &Person, key: &Digest) -> Result<()> {
    match state.people_of_key(key).find(|other| other.name != person.name) {
        Some(other) => Err(Error::refused(format!("The key belongs to {} already.", other.name))
            .why("A key tells one person from another: who holds it logs in as that person.")
            .next(format!("Take it away there first: ringmaster person unbind {} {key}", other.name))),
        None => Ok(()),
    }
}

fn bound(key: &KeyInfo, from: &str, env: &Env<'_>) -> Bound {
    Bound { sha256: key.sha256, from: from.into(), at: env.now, by: env.operator.to_owned() }
}

fn saved(person: Person, what: String) -> Result<Change> {
    let files = vec![directory::person(&person)?];
    Ok(Change { facts: vec![Fact::PersonSaved { person, what }], files })
}

fn find<'a>(state: &'a State, name: &str) -> Result<&'a Person> {
    state
        .people
        .get(name)
        .ok_or_else(|| Error::not_found("person", name).next("List them with: ringmaster person list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_phrase_has_six_groups_without_letters_that_look_alike() {
        let mut n = 0_u8;
        let phrase = pass_phrase(&mut |buffer| {
            for byte in buffer {
                n = n.wrapping_add(37);
                *byte = n;
            }
        });
        let text = phrase.expose();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4; 6], "{text}");
        assert!(!text.contains(['0', 'o', '1', 'l', 'i']));
    }
}
