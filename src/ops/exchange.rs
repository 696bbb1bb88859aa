//! Says what documents of a file become here, each with a result, before anything is stored; and what leaves. Stores nothing.

mod people;

use std::collections::{BTreeMap, BTreeSet};

use super::documents::save_documents;
use crate::model::State;
use crate::model::document::{Document, How, Saving, Sort, slug};
use crate::model::exchange::{self, CONFIGURATION, Form, Note, STARTTLS, Taken, Written};
use crate::model::keyring::check_name;
use crate::model::resolve::used;
use crate::model::server::Server;
use crate::model::server::called::{common_name, key, same_server};
use crate::model::site::Site;
use crate::model::time::Timestamp;

/// What becomes of a document of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Becomes {
    /// It is saved: as a new document, or over the one that is here.
    Saved(Saving),
    /// The document here says the same already.
    Same,
    /// It cannot be taken, and why.
    Refused(String),
}

/// The result for a document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What sort of document it is.
    pub sort: Sort,
    /// Its name here.
    pub name: String,
    /// What becomes of it.
    pub becomes: Becomes,
    /// What there is to say of it.
    pub remarks: Vec<String>,
}

impl Entry {
    /// Returns the result in a word.
    pub fn word(&self) -> &'static str {
        match &self.becomes {
            Becomes::Saved(Saving { before: None, .. }) => "new",
            Becomes::Saved(_) => "changed",
            Becomes::Same => "same",
            Becomes::Refused(_) => "refused",
        }
    }
}

/// What a file would do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Each document of it that is known here, in the order of the file.
    pub entries: Vec<Entry>,
    /// The forms that are not known here, with the number of their documents.
    pub skipped: BTreeMap<String, usize>,
    /// What there is to say of the file.
    pub remarks: Vec<String>,
}

impl Plan {
    /// Lists what would be saved.
    pub fn changes(&self) -> Vec<Saving> {
        let saved = self.entries.iter().filter_map(|e| match &e.becomes {
            Becomes::Saved(saving) => Some(saving.clone()),
            _ => None,
        });
        saved.collect()
    }

    /// Counts the documents with a result.
    pub fn count(&self, word: &str) -> usize {
        self.entries.iter().filter(|e| e.word() == word).count()
    }

    /// Says in one sentence what the file would do.
    pub fn summary(&self) -> String {
        let counts = ["new", "changed", "same", "refused"].map(|word| format!("{} {word}", self.count(word)));
        let skipped: usize = self.skipped.values().sum();
        let skipped = if skipped > 0 { format!(", {skipped} of other forms skipped") } else { String::new() };
        format!("{}{skipped}", counts.join(", "))
    }
}

/// Who reads a file, and when: what is bound by it says so.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The present.
    pub now: Timestamp,
    /// Who works.
    pub operator: &'a str,
}

/// Says what the documents of a file become.
pub fn plan(state: &State, notes: &[Note], reader: &Reader<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut servers: BTreeSet<String> = BTreeSet::new();
    let mut taken: BTreeSet<(Sort, String)> = BTreeSet::new();
    for note in notes {
        if note.is_server() || note.site_kind().is_some() {
            let mut entry = one(state, note, &taken);
            if note.is_server() && !servers.insert(key(&note.text("ServerName"))) {
                entry.becomes =
                    Becomes::Refused("the file has another document of this server already".into());
            }
            if !matches!(entry.becomes, Becomes::Refused(_)) {
                taken.insert((entry.sort, entry.name.clone()));
            }
            plan.entries.push(entry);
        } else if note.is_person() {
            match people::entry(state, note, &plan.entries, reader) {
                Some(entry) => plan.entries.push(entry),
                None => *plan.skipped.entry("Person without a certificate".into()).or_default() += 1,
            }
        } else if !note.form.eq_ignore_ascii_case(CONFIGURATION) {
            let form = if note.form.is_empty() { "(no form)".to_owned() } else { note.form.clone() };
            *plan.skipped.entry(form).or_default() += 1;
        }
    }
    for note in notes.iter().filter(|n| n.form.eq_ignore_ascii_case(CONFIGURATION)) {
        configure(state, note, &mut plan);
    }
    plan
}

fn one(state: &State, note: &Note, taken: &BTreeSet<(Sort, String)>) -> Entry {
    let here = find(state, note);
    let name = match &here {
        Some(document) => document.name().to_owned(),
        None => new_name(state, note, taken),
    };
    let sort = if note.is_server() { Sort::Server } else { Sort::Site };
    let refused =
        |why: String| Entry { sort, name: name.clone(), becomes: Becomes::Refused(why), remarks: Vec::new() };
    if here.is_some() && taken.contains(&(sort, name.clone())) {
        return refused("the file has another document for it already".into());
    }
    let blank = || match note.site_kind() {
        Some(kind) => Document::Site(Box::new(Site { name: name.clone(), ..Site::preset(kind) })),
        None => Document::Server(Box::new(Server { name: name.clone(), ..Server::default() })),
    };
    let before = here.clone().unwrap_or_else(blank);
    let Taken { document, mut remarks } = match exchange::take(note, &before, &|name| ring(state, name)) {
        Ok(taken) => taken,
        Err(why) => return refused(why),
    };
    if note.partial && here.is_none() {
        remarks
            .push("it changes a document that is not here; what it does not say is as in a new one".into());
    }
    let becomes = judged(state, here, document);
    Entry { sort, name, becomes, remarks }
}

/// Asks whether a document can be saved.
fn judged(state: &State, before: Option<Document>, after: Document) -> Becomes {
    if before.as_ref() == Some(&after) {
        return Becomes::Same;
    }
    let saving = Saving { how: How::Written, before, after };
    match save_documents(state, std::slice::from_ref(&saving), "") {
        Ok(_) => Becomes::Saved(saving),
        Err(error) => Becomes::Refused(error.to_string()),
    }
}

/// Finds the document here that a document of a file is: by its own name, by the server, or by kind and title, when there is
/// one such alone.
fn find(state: &State, note: &Note) -> Option<Document> {
    if note.is_server() {
        let called = note.text("ServerName");
        let server = state.servers.values().find(|s| same_server(used::called(s), &called))?;
        return Some(Document::Server(Box::new(server.clone())));
    }
    let kind = note.site_kind()?;
    let boxed = |site: &Site| Document::Site(Box::new(site.clone()));
    if let Some(own) = exchange::own_name(note) {
        return state.sites.get(&own).filter(|s| s.kind == kind).map(boxed);
    }
    let title = note.text("ISiteName");
    let mut same = state.sites.values().filter(|s| s.kind == kind && s.title == title && !title.is_empty());
    let (one, None) = (same.next()?, same.next()) else { return None };
    Some(boxed(one))
}

/// Makes the name of a new document: its own where it was exported from here, or of its title, host or server.
fn new_name(state: &State, note: &Note, taken: &BTreeSet<(Sort, String)>) -> String {
    let sort = if note.is_server() { Sort::Server } else { Sort::Site };
    let kind = note.site_kind().map_or("server", |kind| kind.name());
    let server = note.text("ServerName");
    let server = common_name(&server);
    let host = note.text("ISiteAdrs");
    let title = note.text("ISiteName");
    let words =
        [exchange::own_name(note).as_deref().unwrap_or_default(), server, &title, &host, kind].map(slug);
    let base = words.into_iter().find(|w| !w.is_empty()).unwrap_or_else(|| kind.to_owned());
    let free = |name: &String| {
        check_name(name).is_ok()
            && Document::find(state, sort, name).is_none()
            && !taken.contains(&(sort, name.clone()))
    };
    let more = (2..).map(|n| format!("{base}-{kind}-{n}"));
    let mut names =
        [base.clone(), format!("{base}-{kind}")].into_iter().chain(more.take(exchange::MOST_DOCUMENTS));
    names.find(free).unwrap_or(base)
}

/// Finds the keyring that a directory names: `name.kyr` in any folder, a name here, or a host name that one certificate alone
/// covers, as the certificate store looks it up.
fn ring(state: &State, named: &str) -> Option<String> {
    let file = named.rsplit(['/', '\\']).next().unwrap_or(named).to_ascii_lowercase();
    let name = file.strip_suffix(".kyr").unwrap_or(&file);
    if state.keyrings.contains_key(name) {
        return Some(name.to_owned());
    }
    let mut covering = state.keyrings.values().filter(|k| k.leaf().is_some_and(|leaf| leaf.covers(&file)));
    let (one, None) = (covering.next()?, covering.next()) else { return None };
    Some(one.name.clone())
}

/// Takes the switch for STARTTLS out of a Configuration document, for the servers that it names, of the file and here.
fn configure(state: &State, note: &Note, plan: &mut Plan) {
    let named = note.text("ServerName");
    let on = match note.item(STARTTLS) {
        None => {
            return plan
                .remarks
                .push(format!("the Configuration document of {named} says nothing of STARTTLS"));
        }
        Some(_) => match note.text(STARTTLS).as_str() {
            "1" => true,
            "0" | "" => false,
            other => {
                let why = format!("the Configuration document of {named} was skipped: {STARTTLS} is {other}");
                return plan.remarks.push(why);
            }
        },
    };
    let is = |server: &Server| named == "*" || same_server(used::called(server), &named);
    let said = format!("STARTTLS is as the Configuration document for {named} says");
    let mut any = false;
    let in_file: Vec<String> =
        plan.entries.iter().filter(|e| e.sort == Sort::Server).map(|e| e.name.clone()).collect();
    for entry in plan.entries.iter_mut().filter(|e| e.sort == Sort::Server) {
        let here = Document::find(state, Sort::Server, &entry.name);
        let (before, after) = match &entry.becomes {
            Becomes::Saved(saving) => (saving.before.clone(), Some(saving.after.clone())),
            Becomes::Same => (here.clone(), here),
            Becomes::Refused(_) => continue,
        };
        if let Some(Document::Server(mut server)) = after
            && is(&server)
        {
            any = true;
            server.starttls = on;
            entry.becomes = judged(state, before, Document::Server(server));
            if matches!(entry.becomes, Becomes::Saved(_)) {
                entry.remarks.push(said.clone());
            }
        }
    }
    for server in state.servers.values().filter(|s| is(s) && !in_file.contains(&s.name)) {
        any = true;
        let after = Document::Server(Box::new(Server { starttls: on, ..server.clone() }));
        let becomes = judged(state, Some(Document::Server(Box::new(server.clone()))), after);
        plan.entries.push(Entry {
            sort: Sort::Server,
            name: server.name.clone(),
            becomes,
            remarks: vec![said.clone()],
        });
    }
    if !any {
        plan.remarks.push(format!("the Configuration document is for {named}, and no Server document is"));
    }
}

/// Writes documents in a format.
pub fn export(state: &State, form: Form, documents: &[Document]) -> Written {
    exchange::write(form, documents, &|document| exchange::key_file(document, &|name| ring(state, name)))
}
