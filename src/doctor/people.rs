//! Rules about people and their client certificates.

use super::{Case, Check, Hit};
use crate::model::finding::{Severity, Subject};
use crate::model::person::Person;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "P01",
        title: "Two people have one key.",
        severity: Severity::Error,
        remedy: "Find out who holds the private key, and take it from the other one.",
        command: "person.unbind",
        explain: "A client certificate is looked up by its key: who holds the private key logs in, and with two documents it is \
            chance as whom. A document was copied by hand, or one file with a key was given to two people. Find out who holds \
            the key, take it from the other person, and make a new one there.",
        run: |case, found| {
            for person in people(case) {
                for key in &person.keys {
                    for other in case.state.people_of_key(&key.sha256).filter(|o| o.name > person.name) {
                        let text = format!("and {} have one key: {}.", other.name, key.sha256.short());
                        found(hit(person, text));
                    }
                }
            }
        },
    },
    Check {
        id: "P02",
        title: "A person can log in with no certificate, or soon will not.",
        severity: Severity::Warning,
        remedy: "Make a new key or register a new request, and have it signed.",
        command: "person.key",
        explain: "The best certificate of an enabled person has ended, ends soon, or is revoked. Servers treat the person as \
            anonymous from then on. Issue a new certificate, or disable the document when the person has left.",
        run: |case, found| {
            let soon = case.bands.first().copied().unwrap_or(30).min(30);
            for person in people(case).filter(|p| p.enabled) {
                let Some(best) = person.best(case.state) else { continue };
                if case.state.revocations.contains_key(&best.sha256) {
                    found(hit(person, "has no certificate but a revoked one."));
                    continue;
                }
                match best.not_after.days_from(case.now) {
                    days if days < 0 => found(hit(
                        person,
                        format!("has a certificate that ended on {}.", best.not_after.date()),
                    )),
                    days if days < soon => {
                        found(hit(
                            person,
                            format!("has a certificate that ends on {}.", best.not_after.date()),
                        ));
                    }
                    _ => {}
                }
            }
        },
    },
    Check {
        id: "P03",
        title: "The name in a certificate is not that of its person.",
        severity: Severity::Info,
        remedy: "Correct the full name, or issue a certificate with the right one.",
        command: "person.edit",
        explain: "Servers look for the common name of the certificate among the names of people before they compare the key; one \
            that differs is treated as anonymous by those that do so. The person has another name by now, or the name was \
            typed differently. Correct the document, or issue a certificate with the right name.",
        run: |case, found| {
            for person in people(case).filter(|p| p.enabled) {
                let Some(best) = person.best(case.state) else { continue };
                if let Some(name) = best.subject.common_name()
                    && name != person.full_name
                {
                    found(hit(
                        person,
                        format!("is called {}, and the certificate says {name}.", person.full_name),
                    ));
                }
            }
        },
    },
];

fn people<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Person> + use<'a> {
    case.state.people.values()
}

/// Makes a hit on a person; the sentence begins behind the name.
fn hit(person: &Person, text: impl std::fmt::Display) -> Hit {
    Hit::new(Subject::Person(person.name.clone()), format!("Person {} {text}", person.name))
}
