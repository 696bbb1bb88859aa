//! What a field is. The FIELDS tables of the records give forms, details, differences, `show`, options and docs.

mod texts;

use serde_json::{Map, Value};

use super::State;
use super::escape::visible_lines;
use super::filter::{Filter, Test, field_of};
use super::key::KeyType;
use super::time::{Timestamp, local};
pub(super) use texts::BETWEEN;
pub use texts::{
    bounded, change, choice, few, flag, names, number, put, put_flag, put_path, write_names, yes_no,
};

/// How a field is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text,
    /// One of a fixed set.
    Choice(&'static [&'static str]),
    /// `yes` or `no`.
    Flag,
    /// A whole number within bounds, inclusive.
    Number(u64, u64),
    /// Several texts, separated by spaces or commas.
    Names,
    /// Several texts, one a line.
    Lines,
    /// A password: typed without echo, never shown, never an argument.
    Secret,
    /// A file on this machine.
    Path,
    /// The name of a keyring.
    Keyring,
    /// The name of a certifier.
    Certifier,
    /// Who signs a new certifier: `itself`, `elsewhere`, or the name of a certifier.
    Signer,
    /// The name of a profile.
    Profile,
    /// A list of cipher suites, as `model::cipher::parse_list` reads it.
    Ciphers,
}

/// When a field may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Only when the record is made.
    AtCreation,
    /// At any time.
    Amendable,
    /// Never: it follows from others.
    Derived,
}

/// What a derived field may look at beside its record.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The state of the workspace.
    pub state: &'a State,
    /// The present.
    pub now: Timestamp,
    /// The number of days from which on an end is near.
    pub soon: i64,
    /// The time zone of the reader, when it is known.
    pub zone: Option<&'a tz::TimeZone>,
}

impl Look<'_> {
    /// Writes a time in UTC, and as the reader's clock shows it where that differs.
    pub fn time(&self, at: Timestamp) -> String {
        let here = self.zone.and_then(|zone| local(at, zone));
        here.map_or_else(|| at.text(), |here| format!("{} = {here}", at.text()))
    }
}

/// One field of a record `T`.
pub struct Field<T: 'static> {
    /// The name used by options, `set`, files and docs; lower case with dashes.
    pub name: &'static str,
    /// The label on screens.
    pub label: &'static str,
    /// One sentence for the help line.
    pub help: &'static str,
    /// How it is edited.
    pub kind: Kind,
    /// When it may be set.
    pub when: When,
    /// Reads it as text. Several lines are separated by `\n`. Foreign text is escaped. A secret reads as empty.
    pub get: fn(&T, &Look<'_>) -> String,
    /// Sets it from text; the error says what is allowed.
    pub set: fn(&mut T, &str) -> Result<(), String>,
}

/// Reads a field of a record `T` as text.
pub type Get<T> = fn(&T, &Look<'_>) -> String;

/// Sets a field of a record `T` from text.
pub type Set<T> = fn(&mut T, &str) -> Result<(), String>;

impl<T> Field<T> {
    /// A field that can be set at any time.
    pub const fn amendable(
        name: &'static str,
        label: &'static str,
        help: &'static str,
        kind: Kind,
        get: Get<T>,
        set: Set<T>,
    ) -> Self {
        Self { name, label, help, kind, when: When::Amendable, get, set }
    }

    /// One line of text that can be set at any time.
    pub const fn text(
        name: &'static str,
        label: &'static str,
        help: &'static str,
        get: Get<T>,
        set: Set<T>,
    ) -> Self {
        Self::amendable(name, label, help, Kind::Text, get, set)
    }

    /// `yes` or `no`, which can be set at any time.
    pub const fn flag(
        name: &'static str,
        label: &'static str,
        help: &'static str,
        get: Get<T>,
        set: Set<T>,
    ) -> Self {
        Self::amendable(name, label, help, Kind::Flag, get, set)
    }

    /// One line of text that is set when the record is made.
    pub const fn fixed(
        name: &'static str,
        label: &'static str,
        help: &'static str,
        get: Get<T>,
        set: Set<T>,
    ) -> Self {
        Self { name, label, help, kind: Kind::Text, when: When::AtCreation, get, set }
    }

    /// Tells whether a form of a new record, or of one that is edited, shows it.
    pub fn is_set(&self, editing: bool) -> bool {
        self.when == When::Amendable || !editing && self.when == When::AtCreation
    }

    /// A field that follows from others and is only read.
    pub const fn derived(
        name: &'static str,
        label: &'static str,
        help: &'static str,
        get: fn(&T, &Look<'_>) -> String,
    ) -> Self {
        let set = |_: &mut T, _: &str| Err("this field follows from others and cannot be set".to_owned());
        Self { name, label, help, kind: Kind::Text, when: When::Derived, get, set }
    }

    /// A password that is asked when the record is made: it is never shown, and reads as empty.
    pub const fn secret(
        name: &'static str,
        label: &'static str,
        help: &'static str,
        set: fn(&mut T, &str) -> Result<(), String>,
    ) -> Self {
        Self { name, label, help, kind: Kind::Secret, when: When::AtCreation, get: |_, _| String::new(), set }
    }

    /// The new password once more, for nobody sees what is typed.
    pub const fn again(set: fn(&mut T, &str) -> Result<(), String>) -> Self {
        Self::secret("repeat", "Password again", "The same once more.", set)
    }

    /// The name of what is made, which is that of its file or folder as well.
    pub const fn name(get: Get<T>, set: Set<T>) -> Self {
        Self::fixed(
            "name",
            "Name",
            "The name in lists and on disk; a-z, 0-9, dot, dash and underscore.",
            get,
            set,
        )
    }

    /// The kind of the key that is made.
    pub const fn key_type(get: Get<T>, set: Set<T>) -> Self {
        let kind = Kind::Choice(KeyType::NAMES);
        let (name, label, help) = ("key-type", "Key type", "The kind of key to make.");
        Self { name, label, help, kind, when: When::AtCreation, get, set }
    }

    /// Where something is written that leaves the workspace.
    pub const fn to(get: Get<T>, set: Set<T>) -> Self {
        let help = "A new path outside of the workspace; nothing is ever written over.";
        Self { name: "to", label: "Write to", help, kind: Kind::Path, when: When::AtCreation, get, set }
    }

    /// Whether a keyring that comes into being gets a stash.
    pub const fn stash(
        get: fn(&T, &Look<'_>) -> String,
        set: fn(&mut T, &str) -> Result<(), String>,
    ) -> Self {
        let help =
            "Whether unattended work may open the ring: keeps the password beside it, sealed for this user.";
        Self { name: "stash", label: "Stash", help, kind: Kind::Flag, when: When::AtCreation, get, set }
    }
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<T> {}

/// Joins tables into one of `N` fields, so that a table can be shared by several records.
pub const fn join<T, const N: usize>(tables: &[&[Field<T>]]) -> [Field<T>; N] {
    let mut all = [tables[0][0]; N];
    let (mut table, mut at) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[at] = tables[table][row];
            (row, at) = (row + 1, at + 1);
        }
        table += 1;
    }
    all
}

/// A record with a FIELDS table.
pub trait Record: Sized + 'static {
    /// The noun in docs and messages: `site`, `new keyring`.
    const NOUN: &'static str;
    /// The table.
    const FIELDS: &'static [Field<Self>];

    /// Finds a field by name.
    fn field(name: &str) -> Option<&'static Field<Self>> {
        Self::FIELDS.iter().find(|f| f.name == name)
    }

    /// Tells whether this record has the field: some exist for records of some kinds only.
    fn applies(&self, _field: &str) -> bool {
        true
    }

    /// Says for records of which kinds a field exists; empty where every record has it.
    fn scope(_field: &str) -> String {
        String::new()
    }

    /// Tells whether a summary leaves a field out: another one says the same in fewer lines, or it has no effect now.
    fn omits(&self, _field: &str) -> bool {
        false
    }

    /// Lists the fields that this record has.
    fn own(&self) -> impl Iterator<Item = &'static Field<Self>> {
        Self::FIELDS.iter().filter(|f| self.applies(f.name))
    }

    /// Sets a field by name. Errors: there is none, it follows from others, this record does not have it, or what is
    /// allowed.
    fn set(&mut self, field: &str, text: &str) -> Result<(), String> {
        let found = Self::field(field).ok_or_else(|| format!("a {} has no field {field}", Self::NOUN))?;
        if !self.applies(field) {
            return Err(absent::<Self>(field));
        }
        (found.set)(self, text)
    }
}

/// Says that a record does not have a field, and which do.
pub fn absent<T: Record>(field: &str) -> String {
    format!("this {} has no such field; it exists for {}", T::NOUN, T::scope(field))
}

/// Lists the names of the fields of a record.
pub fn field_names<T: Record>() -> Vec<&'static str> {
    T::FIELDS.iter().map(|f| f.name).collect()
}

/// Tells whether a record fits a filter over its fields: a word stands in one of the texts, `field:word` in that field.
pub fn fits<T: Record>(record: &T, filter: &Filter, texts: &[String], look: &Look<'_>) -> bool {
    let names = field_names::<T>();
    filter.terms.iter().all(|term| {
        let Test::Text(word) = &term.test else { return true };
        let holds = |text: &str| text.to_lowercase().contains(word.as_str());
        let found = match field_of(word, &names).and_then(|(field, word)| Some((T::field(field)?, word))) {
            Some((field, _)) if !record.applies(field.name) => false,
            Some((field, "")) => (field.get)(record, look).is_empty(),
            Some((field, word)) => (field.get)(record, look).to_lowercase().contains(word),
            None => texts.iter().any(|text| holds(text)),
        };
        found != term.not
    })
}

/// Returns a record as a JSON object with the names of its fields; several lines are separated by `\n`.
pub fn object<T: Record>(record: &T, look: &Look<'_>) -> Map<String, Value> {
    record.own().map(|f| (f.name.to_owned(), Value::String(visible_lines(&(f.get)(record, look))))).collect()
}

/// Returns the fields that can be set and that one of two records has, in which they differ, as (label, first, second).
pub fn differences<T: Record>(a: &T, b: &T, look: &Look<'_>) -> Vec<(&'static str, String, String)> {
    let fields = T::FIELDS.iter().filter(|f| f.when != When::Derived);
    let fields = fields.filter(|f| a.applies(f.name) || b.applies(f.name));
    let both = fields.map(|f| (f.label, (f.get)(a, look), (f.get)(b, look)));
    both.filter(|(_, x, y)| x != y).collect()
}
