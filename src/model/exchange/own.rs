//! The item of this program, in which the fields travel that have no item of their own.

use super::super::State;
use super::super::field::{Look, When};
use super::super::time::Timestamp;
use super::items::Exchanged;

/// Lists the fields that travel in it.
fn fields<T: Exchanged>() -> impl Iterator<Item = &'static str> {
    let with_item: Vec<_> = T::ITEMS.iter().map(|m| m.field).chain(["kind", "keyring"]).collect();
    let fields = T::FIELDS.iter().filter(|f| f.when != When::Derived).map(|f| f.name);
    fields.filter(move |name| *name == "ciphers" || !with_item.contains(name))
}

/// Returns what a field says, as it is written in the item.
fn value<T: Exchanged>(x: &T, field: &str, state: &State) -> String {
    let look = Look { state, now: Timestamp::default(), soon: 0, zone: None };
    x.raw(field).or_else(|| T::field(field).map(|f| (f.get)(x, &look))).unwrap_or_default()
}

/// Writes the fields where they are otherwise than usual: `field=value`.
pub(super) fn write<T: Exchanged>(x: &T, usual: &T) -> Vec<String> {
    let state = State::default();
    let mut lines = Vec::new();
    for name in fields::<T>() {
        let said = value(x, name, &state);
        let listed = name == "ciphers" && said != "none";
        if said != value(usual, name, &state) && !listed {
            lines.push(format!("{name}={said}"));
        }
    }
    lines
}

/// Sets the fields, each to what is said or else to what is usual.
pub(super) fn read<T: Exchanged>(x: &mut T, usual: &T, lines: &[String]) -> Result<(), String> {
    let state = State::default();
    let mut told: Vec<(&str, &str)> = Vec::new();
    for line in lines {
        let (name, value) = line.split_once('=').ok_or("field=value in each line")?;
        if !fields::<T>().any(|known| known == name) {
            return Err(format!("no field without an item is called {name}"));
        }
        told.push((name, value));
    }
    for name in fields::<T>().filter(|name| *name != "name") {
        let usually = value(usual, name, &state);
        let value = told.iter().find(|(n, _)| *n == name).map_or(usually.as_str(), |(_, value)| value);
        // Also what the kind does not have, as a file may say it.
        if name == "comment" {
            value.clone_into(x.comment());
        } else if let Some(field) = T::field(name) {
            (field.set)(x, value).map_err(|why| format!("{name}: {why}"))?;
        }
    }
    Ok(())
}
