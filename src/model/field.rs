//! What a field is. The FIELDS tables of the records give forms, details, differences, `show`, options and docs.

use super::State;
use super::time::{Timestamp, local};

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

impl<T> Field<T> {
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
}

/// Reads `yes` or `no`.
pub fn flag(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "on" | "1" => Ok(true),
        "no" | "n" | "false" | "off" | "0" | "" => Ok(false),
        _ => Err("say yes or no".into()),
    }
}

/// Writes `yes` or `no`.
pub fn yes_no(value: bool) -> String {
    if value { "yes".into() } else { "no".into() }
}

/// Reads a whole number within bounds.
pub fn number<N: TryFrom<u64>>(text: &str, low: u64, high: u64) -> Result<N, String> {
    let allowed = || format!("a whole number from {low} to {high}");
    let value: u64 = text.trim().parse().map_err(|_| allowed())?;
    if !(low..=high).contains(&value) {
        return Err(allowed());
    }
    N::try_from(value).map_err(|_| allowed())
}

/// Reads several texts separated by spaces or commas.
pub fn names(text: &str) -> Vec<String> {
    text.split([' ', ',', '\n', '\t']).filter(|s| !s.is_empty()).map(Into::into).collect()
}

/// Reads one of a fixed set, by a function that knows it.
pub fn choice<C>(text: &str, allowed: &[&str], read: fn(&str) -> Option<C>) -> Result<C, String> {
    read(text).ok_or_else(|| format!("one of {}", allowed.join(", ")))
}

/// Returns the fields that can be set in which two records differ, as (label, first, second).
pub fn differences<T: Record>(a: &T, b: &T, look: &Look<'_>) -> Vec<(&'static str, String, String)> {
    let fields = T::FIELDS.iter().filter(|f| f.when != When::Derived);
    let both = fields.map(|f| (f.label, (f.get)(a, look), (f.get)(b, look)));
    both.filter(|(_, x, y)| x != y).collect()
}
