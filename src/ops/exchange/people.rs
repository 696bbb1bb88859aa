//! Says what the Person documents of a file become here: those with certificates, bound by their keys.

use super::{Becomes, Entry, Reader, judged};
use crate::model::State;
use crate::model::certificate::Certificate;
use crate::model::document::{Document, Saving, Sort};
use crate::model::exchange::{Named, Note, certificate_texts, named};
use crate::model::field::Record;
use crate::model::person::{Bound, Person};
use crate::pki::certificate::within;
use crate::pki::pem::base64;

/// The longest text in which certificates are looked for.
const LONGEST: usize = 1 << 20;

/// Says what a Person document becomes; `None` when it holds no certificate of a person. `others` are the people of the
/// documents before it.
pub(super) fn entry(state: &State, note: &Note, others: &[Entry], reader: &Reader<'_>) -> Option<Entry> {
    let certificates = certificates(note);
    let named = named(note).filter(|_| !certificates.is_empty())?;
    let before = find(state, &named, &certificates);
    let name = before.map_or_else(|| new_name(state, &named, others), |p| p.name.clone());
    let mut remarks = Vec::new();
    let mut after = before.cloned().unwrap_or_else(|| Person { name: name.clone(), ..Person::default() });
    let becomes = match fill(&mut after, &named, &mut remarks) {
        Err(why) => Becomes::Refused(why),
        Ok(()) => {
            bind(&mut after, certificates, reader);
            match taken(others, &after) {
                Some(other) => {
                    Becomes::Refused(format!("a key of it is that of {other} in the file already"))
                }
                None => judged(
                    state,
                    before.map(|p| Document::Person(Box::new(p.clone()))),
                    Document::Person(Box::new(after)),
                ),
            }
        }
    };
    Some(Entry { sort: Sort::Person, name, becomes, remarks })
}

/// Reads the certificates of people that a document holds, each once.
fn certificates(note: &Note) -> Vec<Certificate> {
    let mut all: Vec<Certificate> = Vec::new();
    for text in certificate_texts(note).iter().filter(|text| text.len() <= LONGEST) {
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let bytes = base64(lines.join("\n").as_bytes()).unwrap_or_default();
        for certificate in within(&bytes).into_iter().filter(|c| !c.is_ca()) {
            if all.iter().all(|known| known.sha256 != certificate.sha256) {
                all.push(certificate);
            }
        }
    }
    all
}

/// Finds the person here: by a key, else the only one of that name who has one of the mail addresses, or none.
fn find<'a>(state: &'a State, named: &Named, certificates: &[Certificate]) -> Option<&'a Person> {
    let of_key = state.people.values().find(|p| certificates.iter().any(|c| p.has_key(&c.key.sha256)));
    let same = |p: &&Person| {
        p.full_name == named.full_name
            && (p.mail.is_empty() || named.mail.is_empty() || p.mail.iter().any(|m| named.mail.contains(m)))
    };
    of_key.or_else(|| {
        let mut all = state.people.values().filter(same);
        all.next().filter(|_| all.next().is_none())
    })
}

fn new_name(state: &State, named: &Named, others: &[Entry]) -> String {
    let base = Person::proposed_name(&named.full_name);
    let base = if base.is_empty() { "person".to_owned() } else { base };
    let free = |name: &String| {
        !state.people.contains_key(name) && !others.iter().any(|e| e.sort == Sort::Person && e.name == *name)
    };
    let short: String = base.chars().take(58).collect();
    let more = (2..=others.len() + state.people.len() + 2).map(|n| format!("{short}-{n}"));
    std::iter::once(base.clone()).chain(more).find(free).unwrap_or(base)
}

/// Sets what the document says. Errors: what is not allowed.
fn fill(person: &mut Person, named: &Named, remarks: &mut Vec<String>) -> Result<(), String> {
    person.set("full-name", &named.full_name)?;
    if let Err(why) = person.set("mail", &named.mail.join(" ")) {
        remarks.push(format!("the mail address is not taken: {why}"));
    }
    person.organization.clone_from(&named.organization);
    person.set("country", &named.country)
}

/// Binds the keys of certificates that are not known of the person yet.
fn bind(person: &mut Person, certificates: Vec<Certificate>, reader: &Reader<'_>) {
    for certificate in certificates {
        let sha256 = certificate.key.sha256;
        if !person.has_key(&sha256) {
            let by = reader.operator.to_owned();
            person.keys.push(Bound { sha256, from: "directory".into(), at: reader.now, by });
        }
        if person.certificates.iter().all(|c| c.sha256 != certificate.sha256) {
            person.certificates.push(certificate);
        }
    }
}

/// Finds who else in the file has a key of a person.
fn taken<'a>(others: &'a [Entry], person: &Person) -> Option<&'a str> {
    let shares = |entry: &&Entry| match &entry.becomes {
        Becomes::Saved(Saving { after: Document::Person(other), .. }) => {
            other.keys.iter().any(|key| person.has_key(&key.sha256))
        }
        _ => false,
    };
    others.iter().find(shares).map(|entry| entry.name.as_str())
}
