//! Guided tasks: a checklist of ordinary commands that is left and resumed. Whether a step is done is read from the state
//! wherever the state can tell; only what happens outside of the program is ticked by a person.

pub mod guides;
pub mod page;
pub mod receipt;
pub mod steps;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use super::audit::Head;
use super::bytes::Serial;
use super::certifier::Certifier;
use super::escape::visible;
use super::field::{Field, Record};
use super::finding::Subject;
use super::keyring::Keyring;
use super::name::AltName;
use super::person::Person;
use super::request::{Request, RequestId, Status};
use super::time::Timestamp;
pub use guides::{GUIDES, Guide};
pub use steps::{At, Step};

/// What a person noted of a step that the state cannot tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// A remark: where the paper lies, what was compared.
    #[serde(default)]
    pub note: String,
}

/// A task that somebody has begun.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Task {
    /// Its name, which is its file name.
    pub name: String,
    /// The guide it follows, by its key.
    pub guide: String,
    /// Who began it.
    pub by: String,
    /// When.
    pub started: Timestamp,
    /// The last entry of the audit chain then.
    pub from: Head,
    /// The latest request then; `None` when there was none, or when it was not noted yet.
    pub after: Option<RequestId>,
    /// The certifier it is about.
    pub certifier: String,
    /// The certifier above that one.
    pub other: String,
    /// The keyring it is about.
    pub keyring: String,
    /// The request it is about.
    pub request: Option<RequestId>,
    /// The person it is about.
    pub person: String,
    /// The serial number of the certificate it is about, hexadecimal.
    pub serial: String,
    /// What was ticked, by the key of the step.
    pub ticks: BTreeMap<String, Tick>,
    /// When it was ended, and by whom.
    pub ended: Option<Tick>,
}

impl Task {
    /// Returns the guide it follows; a guide of a newer version is not known.
    pub fn guide(&self) -> Option<&'static Guide> {
        guides::find(&self.guide)
    }

    /// Lists the objects it is about, as the audit chain names them.
    pub fn objects(&self, state: &State) -> Vec<Subject> {
        let named =
            |name: &String, make: fn(String) -> Subject| (!name.is_empty()).then(|| make(name.clone()));
        let case = Case { state, task: self };
        let own = [
            named(&self.certifier, Subject::Certifier),
            case.other().map(|c| Subject::Certifier(c.name.clone())),
            named(&self.keyring, Subject::Keyring),
            case.own().map(|r| Subject::Request(r.id)),
            case.request().map(|r| Subject::Request(r.id)),
            named(&self.person, Subject::Person),
        ];
        let sites = case.keyring().into_iter().flat_map(|ring| state.sites_of_keyring(&ring.name));
        let sites = sites.map(|site| Subject::Site(site.name.clone()));
        own.into_iter().flatten().chain(sites).collect()
    }
}

/// What a step looks at.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The state of the workspace.
    pub state: &'a State,
    /// The task.
    pub task: &'a Task,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The state says that it is done.
    Seen,
    /// A person has ticked it.
    Ticked(Tick),
    /// It is still to be done.
    Open,
}

impl Standing {
    /// Tells whether it is done.
    pub fn is_done(&self) -> bool {
        *self != Self::Open
    }
}

impl<'a> Case<'a> {
    /// Returns how a step stands. What was ticked counts only where the state cannot tell.
    pub fn standing(&self, step: &Step) -> Standing {
        match self.task.ticks.get(step.key) {
            // What a person noted is told, also of what is seen as well.
            Some(tick) if step.takes_tick() => Standing::Ticked(tick.clone()),
            _ if step.seen.is_some_and(|seen| seen(self)) => Standing::Seen,
            _ => Standing::Open,
        }
    }

    /// Returns the first step that is not done.
    pub fn next(&self) -> Option<&'static Step> {
        self.task.guide()?.steps.iter().find(|step| !self.standing(step).is_done())
    }

    /// Returns how many steps are done, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let steps = self.task.guide().map_or(&[][..], |g| g.steps);
        (steps.iter().filter(|step| self.standing(step).is_done()).count(), steps.len())
    }

    /// Returns the command of the console that does a step; empty for what happens outside.
    pub fn command(&self, step: &Step) -> &'static str {
        (step.instead)(self).map_or(step.command, |(command, _)| command)
    }

    /// Returns the command line of a step, with the objects of the task filled in where they are known.
    pub fn command_line(&self, step: &Step) -> Option<String> {
        let cli = (step.instead)(self).map_or(step.cli, |(_, cli)| cli);
        if cli.is_empty() {
            return None;
        }
        Some(PLACES.iter().fold(cli.to_owned(), |line, (place, word, value)| {
            let value = value(self);
            line.replace(place, if value.is_empty() { word } else { &value })
        }))
    }

    /// Lists what the form of a step proposes: fields by name, as far as the objects of the task are known.
    pub fn fills(&self, step: &Step) -> Vec<(&'static str, String)> {
        let filled = |text: &str| match PLACES.iter().find(|(place, ..)| *place == text) {
            Some((.., value)) => value(self),
            None => text.to_owned(),
        };
        let all = step.fills.iter().map(|(field, text)| (*field, filled(text)));
        all.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Returns the certifier it is about.
    pub fn certifier(&self) -> Option<&'a Certifier> {
        self.state.certifiers.get(&self.task.certifier)
    }

    /// Returns the certifier above it that was named, else the one whose key has taken over from it.
    pub fn other(&self) -> Option<&'a Certifier> {
        self.state.certifiers.get(&self.task.other).or_else(|| self.successor())
    }

    /// Returns the certifier whose key has taken over from the one it is about.
    pub fn successor(&self) -> Option<&'a Certifier> {
        self.state.certifiers.get(self.certifier()?.succeeded_by.as_ref()?)
    }

    /// Returns the keyring it is about.
    pub fn keyring(&self) -> Option<&'a Keyring> {
        self.state.keyrings.get(&self.task.keyring)
    }

    /// Returns the person it is about.
    pub fn person(&self) -> Option<&'a Person> {
        self.state.people.get(&self.task.person)
    }

    /// Returns the request of the keyring it is about.
    pub fn own(&self) -> Option<&'a Request> {
        self.keyring().and_then(|ring| self.state.request_of_keyring(ring))
    }

    /// Returns the request it is about: the one that was named, else the latest for the key of the keyring or person, or,
    /// where it is to be brought, the latest that came since and that no keyring here has made.
    pub fn request(&self) -> Option<&'a Request> {
        if let Some(id) = self.task.request {
            return self.state.requests.get(&id);
        }
        let mut latest = self.state.requests.values().rev();
        let nobody = self.task.keyring.is_empty() && self.task.person.is_empty();
        if self.task.guide().is_some_and(|g| g.brought || nobody && g.asks.contains(&"request")) {
            let here = |r: &Request| self.state.keyring_of_key(&r.pkcs10.key.sha256).is_some();
            return latest.find(|r| self.came(r) && !here(r));
        }
        if self.keyring().is_some() {
            return self.own();
        }
        let person = self.person()?;
        latest.find(|r| person.has_key(&r.pkcs10.key.sha256))
    }

    /// Tells whether a request came since the task was begun; the clock alone cannot tell that within a second.
    pub fn came(&self, request: &Request) -> bool {
        Some(request.id) > self.task.after && request.received >= self.task.started
    }

    /// Tells whether a CRL of the certifier was signed since the task was begun.
    fn crl_since(&self) -> bool {
        let crl = self.certifier().and_then(|c| c.crl.as_ref());
        crl.is_some_and(|crl| crl.this_update >= self.task.started)
    }

    /// Tells whether the certificate it is about is revoked: exactly where it stands in the workspace, else by what its
    /// certifier owes or has listed since the task was begun.
    fn revoked(&self) -> bool {
        let Some(serial) = Serial::typed(&self.task.serial) else { return false };
        let all = self.state.certificates();
        let known = self.state.revocations.keys().filter_map(|sha256| all.get(sha256));
        let mut people = self.state.people.values().flat_map(|p| &p.certificates);
        let here = known.map(|(c, _)| *c).any(|c| c.serial == serial)
            || people.any(|c| c.serial == serial && self.state.revocations.contains_key(&c.sha256));
        let owed = self.state.owed.get(&self.task.certifier);
        let since = owed.is_some_and(|d| d.compromise.max(d.other) >= Some(self.task.started));
        let listed = self.certifier().and_then(|c| c.crl.as_ref()).is_some_and(|crl| crl.entries > 0);
        here || since || (self.crl_since() && listed)
    }

    /// Tells whether the latest CRL of the certifier was brought to a target, or with `proved`, whether what is served at
    /// one was compared with what was signed.
    fn published(&self, proved: bool) -> bool {
        let Some(crl) = self.certifier().and_then(|c| c.crl.as_ref()) else { return false };
        let mut all = self.state.published.get(&self.task.certifier).into_iter().flat_map(BTreeMap::values);
        all.any(|p| p.number == crl.number && (p.proved || !proved))
    }
}

/// What stands for an object in commands and forms: the place, the word where it is not known, and the object.
type Place = (&'static str, &'static str, fn(&Case<'_>) -> String);

const PLACES: &[Place] = &[
    ("{certifier}", "CERTIFIER", |case| case.task.certifier.clone()),
    ("{other}", "CERTIFIER", |case| case.other().map_or(&case.task.other, |c| &c.name).clone()),
    ("{keyring}", "KEYRING", |case| case.task.keyring.clone()),
    ("{hosts}", "...", |case| {
        let leaf = case.keyring().and_then(Keyring::leaf);
        let host = |name: &AltName| if let AltName::Dns(host) = name { Some(host.clone()) } else { None };
        leaf.map_or_else(String::new, |leaf| {
            leaf.alt_names.iter().filter_map(host).collect::<Vec<_>>().join(" ")
        })
    }),
    ("{request}", "N", |case| case.request().map_or_else(String::new, |r| r.id.to_string())),
    ("{own}", "N", |case| case.own().map_or_else(String::new, |r| r.id.to_string())),
    ("{person}", "PERSON", |case| case.task.person.clone()),
    ("{serial}", "SERIAL", |case| case.task.serial.clone()),
];

impl Record for Task {
    const NOUN: &'static str = "task";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("name", "Task", "Its name.", |x, _| x.name.clone()),
        Field::derived("guide", "Guide", "What it leads through.", |x, _| {
            x.guide().map_or_else(|| visible(&x.guide), |g| format!("{}: {}", g.key, g.title))
        }),
        Field::derived("progress", "Done", "How many steps are done.", |x, look| {
            let (done, all) = Case { state: look.state, task: x }.progress();
            let ended = x
                .ended
                .as_ref()
                .map_or_else(String::new, |t| format!(", ended on {} by {}", t.at.date(), visible(&t.by)));
            format!("{done} of {all} steps{ended}")
        }),
        Field::derived("begun", "Begun", "When and by whom.", |x, _| {
            format!("{} by {}", x.started.text(), visible(&x.by))
        }),
        Field::text(
            "certifier",
            "Certifier",
            "The certifier it is about; one that is still to be made gets this name.",
            |x, _| x.certifier.clone(),
            |x, t| set_name(&mut x.certifier, t),
        ),
        Field::text(
            "other",
            "Other certifier",
            "The certifier above it.",
            |x, _| x.other.clone(),
            |x, t| set_name(&mut x.other, t),
        ),
        Field::text(
            "keyring",
            "Keyring",
            "The keyring it is about; one that is still to be made gets this name.",
            |x, _| x.keyring.clone(),
            |x, t| set_name(&mut x.keyring, t),
        ),
        Field::text(
            "person",
            "Person",
            "The document of the person it is about.",
            |x, _| x.person.clone(),
            |x, t| set_name(&mut x.person, t),
        ),
        Field::text(
            "request",
            "Request",
            "The number of the request it is about; empty takes the one of the keyring or person.",
            |x, _| x.request.map_or_else(String::new, |id| id.to_string()),
            |x, t| {
                x.request = match t.trim() {
                    "" => None,
                    number => Some(RequestId(number.parse().map_err(|_| "the number of a request")?)),
                };
                Ok(())
            },
        ),
        Field::text(
            "serial",
            "Serial number",
            "The serial number of the certificate it is about, hexadecimal.",
            |x, _| x.serial.clone(),
            |x, t| {
                if t.trim().is_empty() {
                    x.serial.clear();
                    return Ok(());
                }
                let serial = Serial::typed(t).ok_or("a serial number in hexadecimal")?;
                x.serial = serial.to_string();
                Ok(())
            },
        ),
    ];
}

fn set_name(field: &mut String, text: &str) -> Result<(), String> {
    if !text.trim().is_empty() {
        super::keyring::check_name(text.trim())?;
    }
    text.trim().clone_into(field);
    Ok(())
}

/// A remark that goes with a tick.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remark {
    /// In words.
    pub note: String,
}

impl Record for Remark {
    const NOUN: &'static str = "tick";
    const FIELDS: &'static [Field<Self>] = &[Field::fixed(
        "note",
        "Note",
        "Where the paper lies, what was compared, who was there; it stands on the receipt and may be empty.",
        |x, _| visible(&x.note),
        |x, t| {
            t.trim().clone_into(&mut x.note);
            Ok(())
        },
    )];
}
