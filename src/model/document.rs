//! The documents of the directory and the profiles seen as one: sites, servers, people, by their fields. What only one of
//! them has is the affair of its own module.

use serde::{Deserialize, Serialize};

use super::State;
use super::change::Fact;
use super::escape::visible;
use super::field::{Kind, Look, Record, When, differences, field_names, fits};
use super::filter::{Filter, Mistake, of_fields};
use super::finding::Subject;
use super::person::Person;
use super::profile::Profile;
use super::server::Server;
use super::site::{Item, Site};
use super::time::Timestamp;

/// A sort of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Internet Site documents.
    Site,
    /// Server documents.
    Server,
    /// People.
    Person,
    /// Profiles of certificates.
    Profile,
}

impl Sort {
    /// Returns the noun of one.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Site => Site::NOUN,
            Self::Server => Server::NOUN,
            Self::Person => Person::NOUN,
            Self::Profile => Profile::NOUN,
        }
    }

    /// Returns the noun of several.
    pub fn nouns(self) -> &'static str {
        match self {
            Self::Site => "sites",
            Self::Server => "servers",
            Self::Person => "people",
            Self::Profile => "profiles",
        }
    }

    /// Returns the folder inside of the workspace.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Site => "directory/sites",
            Self::Server => "directory/servers",
            Self::Person => "directory/people",
            Self::Profile => "profiles",
        }
    }

    /// Returns what a document of this name is, for findings and the audit chain.
    pub fn subject(self, name: &str) -> Subject {
        match self {
            Self::Site => Subject::Site(name.into()),
            Self::Server => Subject::Server(name.into()),
            Self::Person => Subject::Person(name.into()),
            Self::Profile => Subject::Workspace,
        }
    }

    /// Reads a filter: words, `field:word`, and a minus before what is left out. Errors: no field is called so.
    pub fn filter(self, text: &str) -> Result<Filter, Mistake> {
        let fields = match self {
            Self::Site => field_names::<Site>(),
            Self::Server => field_names::<Server>(),
            Self::Person => field_names::<Person>(),
            Self::Profile => field_names::<Profile>(),
        };
        of_fields(text, &fields)
    }

    /// Lists the fields that can be changed.
    pub fn amendable(self) -> Vec<About> {
        fn of<T: Record>() -> Vec<About> {
            let fields = T::FIELDS.iter().filter(|f| f.when == When::Amendable && f.kind != Kind::Secret);
            fields.map(|f| About { name: f.name, label: f.label, help: f.help, kind: f.kind }).collect()
        }
        match self {
            Self::Site => of::<Site>(),
            Self::Server => of::<Server>(),
            Self::Person => of::<Person>(),
            Self::Profile => of::<Profile>(),
        }
    }
}

/// What there is to know of a field without a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The name used by options, `set`, files and docs.
    pub name: &'static str,
    /// The label on screens.
    pub label: &'static str,
    /// One sentence for the help line.
    pub help: &'static str,
    /// How it is edited.
    pub kind: Kind,
}

/// A document of the directory, or a profile.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// An Internet Site document.
    Site(Box<Site>),
    /// A Server document.
    Server(Box<Server>),
    /// A person.
    Person(Box<Person>),
    /// A profile of certificates.
    Profile(Box<Profile>),
}

/// Does the same with a document of any sort.
macro_rules! each {
    ($document:expr, $one:ident => $does:expr) => {
        match $document {
            Document::Site($one) => $does,
            Document::Server($one) => $does,
            Document::Person($one) => $does,
            Document::Profile($one) => $does,
        }
    };
}

impl Document {
    /// Returns its sort.
    pub fn sort(&self) -> Sort {
        match self {
            Self::Site(_) => Sort::Site,
            Self::Server(_) => Sort::Server,
            Self::Person(_) => Sort::Person,
            Self::Profile(_) => Sort::Profile,
        }
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        each!(self, x => &x.name)
    }

    /// Makes an empty one of its sort, kind and name, to compare a new one with.
    #[must_use]
    pub fn blank(&self) -> Self {
        match self {
            Self::Site(x) => Self::Site(Box::new(Site { name: x.name.clone(), ..Site::preset(x.kind) })),
            Self::Server(x) => Self::Server(Box::new(Server { name: x.name.clone(), ..Server::default() })),
            Self::Person(x) => Self::Person(Box::new(Person { name: x.name.clone(), ..Person::default() })),
            Self::Profile(x) => {
                Self::Profile(Box::new(Profile { name: x.name.clone(), ..Profile::default() }))
            }
        }
    }

    /// Finds one by name.
    pub fn find(state: &State, sort: Sort, name: &str) -> Option<Self> {
        Some(match sort {
            Sort::Site => Self::Site(Box::new(state.sites.get(name)?.clone())),
            Sort::Server => Self::Server(Box::new(state.servers.get(name)?.clone())),
            Sort::Person => Self::Person(Box::new(state.people.get(name)?.clone())),
            Sort::Profile => Self::Profile(Box::new(state.profiles.get(name)?.clone())),
        })
    }

    /// Lists all of a sort, by name.
    pub fn all(state: &State, sort: Sort) -> Vec<Self> {
        match sort {
            Sort::Site => state.sites.values().cloned().map(|x| Self::Site(Box::new(x))).collect(),
            Sort::Server => state.servers.values().cloned().map(|x| Self::Server(Box::new(x))).collect(),
            Sort::Person => state.people.values().cloned().map(|x| Self::Person(Box::new(x))).collect(),
            Sort::Profile => state.profiles.values().cloned().map(|x| Self::Profile(Box::new(x))).collect(),
        }
    }

    /// Takes the document out of the fact that it was saved.
    pub fn of_fact(fact: Fact) -> Option<Self> {
        match fact {
            Fact::SiteSaved { site, .. } => Some(Self::Site(Box::new(site))),
            Fact::ServerSaved { server, .. } => Some(Self::Server(Box::new(Server::clone(&server)))),
            Fact::PersonSaved { person, .. } => Some(Self::Person(Box::new(person))),
            Fact::ProfileSaved { profile } => Some(Self::Profile(profile)),
            _ => None,
        }
    }

    /// Reads a field as text; `None` when it does not have the field.
    pub fn get(&self, field: &str, look: &Look<'_>) -> Option<String> {
        fn of<T: Record>(record: &T, field: &str, look: &Look<'_>) -> Option<String> {
            T::field(field).filter(|f| record.applies(f.name)).map(|f| (f.get)(record, look))
        }
        each!(self, x => of(&**x, field, look))
    }

    /// Sets a field from text. Errors: it has no such field, or what is allowed.
    pub fn set(&mut self, field: &str, text: &str) -> Result<(), String> {
        each!(self, x => x.set(field, text))
    }

    /// Returns the fields that can be set, and what else of it no field sets, in which it differs from another one of its sort,
    /// as (label, this, other).
    pub fn differences(&self, other: &Self, look: &Look<'_>) -> Vec<(&'static str, String, String)> {
        let fields = match (self, other) {
            (Self::Site(a), Self::Site(b)) => differences(&**a, &**b, look),
            (Self::Server(a), Self::Server(b)) => differences(&**a, &**b, look),
            (Self::Person(a), Self::Person(b)) => differences(&**a, &**b, look),
            (Self::Profile(a), Self::Profile(b)) => differences(&**a, &**b, look),
            _ => Vec::new(),
        };
        fields.into_iter().chain(self.beside(other)).collect()
    }

    /// Makes a version of it with what another console has saved meanwhile: `before` is what both began with, and what this one
    /// sets otherwise than that is set in `theirs`. What cannot be set there any more stays as theirs.
    #[must_use]
    pub fn merged(&self, before: &Self, theirs: &Self) -> Self {
        let state = State::default();
        let look = Look { state: &state, now: Timestamp::default(), soon: 0, zone: None };
        let mut merged = theirs.clone();
        for About { name, .. } in self.sort().amendable() {
            let mine = self.get(name, &look);
            if let Some(text) = mine.filter(|text| before.get(name, &look).as_ref() != Some(text)) {
                let _ = merged.set(name, &text);
            }
        }
        merged
    }

    /// Returns in what else two differ that no field sets.
    fn beside(&self, other: &Self) -> Vec<(&'static str, String, String)> {
        let all = match (self, other) {
            (Self::Site(a), Self::Site(b)) => vec![("Other items", items(&a.items), items(&b.items))],
            (Self::Server(a), Self::Server(b)) => vec![("Other items", items(&a.items), items(&b.items))],
            (Self::Person(a), Self::Person(b)) => {
                let keys = |x: &Person| x.keys.iter().map(|k| k.sha256.short()).collect::<Vec<_>>().join(" ");
                let serials = |x: &Person| {
                    x.certificates.iter().map(|c| c.serial.to_string()).collect::<Vec<_>>().join(" ")
                };
                vec![("Keys", keys(a), keys(b)), ("Certificates", serials(a), serials(b))]
            }
            _ => Vec::new(),
        };
        all.into_iter().filter(|(_, a, b)| a != b).collect()
    }

    /// Tells whether it fits a filter that [`Sort::filter`] has read.
    pub fn fits(&self, filter: &Filter, look: &Look<'_>) -> bool {
        fn of<T: Record>(record: &T, filter: &Filter, look: &Look<'_>) -> bool {
            let fields = record.own().filter(|f| f.when != When::Derived && f.kind != Kind::Flag);
            let texts: Vec<_> = fields.map(|f| (f.get)(record, look)).collect();
            fits(record, filter, &texts, look)
        }
        each!(self, x => of(&**x, filter, look))
    }
}

/// Writes the items of an imported document that have no field.
fn items(items: &[Item]) -> String {
    items.iter().map(|i| visible(&format!("{}={}", i.name, i.value))).collect::<Vec<_>>().join("\n")
}

/// Writes text as the name of a document can be: what that cannot hold becomes a dash.
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' | '.' | '_' => out.push(c),
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
        // Room stays for the kind and a number.
        if out.len() >= 40 {
            break;
        }
    }
    out.trim_matches(['-', '.', '_']).to_owned()
}

/// How a document came to say what it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum How {
    /// Somebody wrote it.
    #[default]
    Written,
    /// The last change of it was undone: this version is back.
    Undone(String),
    /// This version of it was restored.
    Restored(String),
    /// It was noted that the server was restarted or refreshed.
    Refreshed,
}

impl How {
    /// Tells whether somebody wrote it, as is usual.
    pub fn is_written(&self) -> bool {
        *self == Self::Written
    }

    /// Says it in a few words; nothing where somebody wrote it.
    pub fn words(&self) -> String {
        match self {
            Self::Written => String::new(),
            Self::Undone(version) => format!("the last change is undone, version {version} is back"),
            Self::Restored(version) => format!("version {version} is back"),
            Self::Refreshed => "runs with what its documents say now".into(),
        }
    }
}

/// A document as it was and as it shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct Saving {
    /// How it comes to be so.
    pub how: How,
    /// It, as it was when editing began; `None` makes a new one.
    pub before: Option<Document>,
    /// It, as it shall be.
    pub after: Document,
}

/// The name in a fact about a document; the rest of it is not read.
#[derive(Debug, Deserialize)]
enum Told {
    SiteSaved {
        site: Name,
        #[serde(default)]
        how: How,
    },
    SiteDeleted {
        name: String,
    },
    ServerSaved {
        server: Name,
        #[serde(default)]
        how: How,
    },
    ServerDeleted {
        name: String,
    },
    PersonSaved {
        person: Name,
    },
    PersonDeleted {
        name: String,
    },
    ProfileSaved {
        profile: Name,
    },
    ProfileDeleted {
        name: String,
    },
}

#[derive(Debug, Deserialize)]
struct Name {
    name: String,
}

/// Reads from an entry of the audit chain only which document it is about, and how it was saved; `None` for a deleted one.
pub fn told(body: &str) -> Option<(Sort, String, Option<How>)> {
    Some(match serde_json::from_str(body).ok()? {
        Told::SiteSaved { site, how } => (Sort::Site, site.name, Some(how)),
        Told::SiteDeleted { name } => (Sort::Site, name, None),
        Told::ServerSaved { server, how } => (Sort::Server, server.name, Some(how)),
        Told::ServerDeleted { name } => (Sort::Server, name, None),
        Told::PersonSaved { person } => (Sort::Person, person.name, Some(How::Written)),
        Told::PersonDeleted { name } => (Sort::Person, name, None),
        Told::ProfileSaved { profile } => (Sort::Profile, profile.name, Some(How::Written)),
        Told::ProfileDeleted { name } => (Sort::Profile, name, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::site::SiteKind;

    fn site(name: &str, kind: SiteKind, keyring: &str) -> Document {
        let hosts = vec![format!("{name}.example.test")];
        let site = Site { name: name.into(), keyring: keyring.into(), hosts, ..Site::preset(kind) };
        Document::Site(Box::new(site))
    }

    #[test]
    fn what_both_changed_is_mine_and_what_they_changed_stays() {
        let of = |port: u16, title: &str, comment: &str| {
            let site =
                Site { port, title: title.into(), comment: comment.into(), ..Site::preset(SiteKind::Web) };
            Document::Site(Box::new(site))
        };
        let (before, theirs) = (of(443, "Shop", ""), of(444, "Their shop", ""));
        assert_eq!(of(443, "My shop", "mine").merged(&before, &theirs), of(444, "My shop", "mine"));
        assert_eq!(before.merged(&before, &theirs), theirs);
    }

    #[test]
    fn a_filter_finds_words_anywhere_or_in_one_field() {
        let state = State::default();
        let look = Look { state: &state, now: Timestamp::default(), soon: 0, zone: None };
        let www = site("www", SiteKind::Web, "mail");
        for (filter, fits) in [
            ("", true),
            ("WWW", true),
            ("keyring:mail kind:web", true),
            ("keyring:www", false),
            ("-keyring:www", true),
            ("example -mail", false),
            ("redirect:no", true),
            ("comment:", true),
            ("keyring:", false),
            ("::1", false),
            ("title:\"a b\"", false),
            ("\"keyrings:mail\"", false),
        ] {
            assert_eq!(www.fits(&Sort::Site.filter(filter).unwrap(), &look), fits, "{filter}");
        }
        assert!(Sort::Site.filter("x keyrings:mail").unwrap_err().why.contains("no field keyrings"));
        let filter = Sort::Site.filter("redirect:no").unwrap();
        assert!(!site("imap", SiteKind::Imap, "").fits(&filter, &look), "it has no such field");
    }
}
