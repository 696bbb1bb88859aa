//! What becomes of a document of a file here. An item that has no field is kept.

use serde_json::Value;

use super::super::document::Document;
use super::super::server::Server;
use super::super::site::{Item, Site, SiteKind};
use super::items::{Exchanged, STATUS, texts};
use super::{FORM, GUESSED, Note, OWN, own, usual_form};

/// What was taken from a document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The document here.
    pub document: Document,
    /// What there is to say of it.
    pub remarks: Vec<String>,
}

/// Reads the name here of a document that was exported by this program.
pub fn own_name(note: &Note) -> Option<String> {
    let lines = texts(&note.item(OWN)?.value)?;
    lines.iter().find_map(|line| line.strip_prefix("name=")).map(str::to_owned)
}

/// Makes of a document of a file what it is here, upon what it was. `ring` finds the keyring that a name stands for.
///
/// Errors: an item that cannot be understood, with what is allowed.
pub fn take(note: &Note, before: &Document, ring: &dyn Fn(&str) -> Option<String>) -> Result<Taken, String> {
    let mut document = before.clone();
    let remarks = match &mut document {
        Document::Site(x) => {
            let usual = Site::preset(x.kind);
            let remarks = take_items(&mut **x, &usual, note, ring)?;
            keep_form(&mut x.items, note, x.kind);
            remarks
        }
        Document::Server(x) => take_items(&mut **x, &Server::default(), note, ring)?,
        Document::Person(_) | Document::Profile(_) => {
            return Err("only sites and servers are exchanged".into());
        }
    };
    Ok(Taken { document, remarks })
}

/// Takes all items but the form, and returns what there is to say of them.
fn take_items<T: Exchanged>(
    x: &mut T,
    usual: &T,
    note: &Note,
    ring: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<String>, String> {
    let mut remarks = Vec::new();
    if let Some(item) = note.item(OWN) {
        let lines = texts(&item.value).ok_or_else(|| format!("item {OWN} is no list of texts"))?;
        own::read(x, usual, &lines).map_err(|why| format!("{OWN}: {why}"))?;
    }
    let items = read_items(x, note, &mut remarks)?;
    keep(x.kept_mut().1, items, note.partial);
    take_ring(x, note, ring, &mut remarks);
    Ok(remarks)
}

/// Takes the items that have a field, and lists the others as kept, by name.
fn read_items<T: Exchanged>(x: &mut T, note: &Note, remarks: &mut Vec<String>) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for item in &note.items {
        let field = T::ITEMS.iter().find(|m| m.item.eq_ignore_ascii_case(&item.name));
        if let Some(field) = field {
            if seen.contains(&field.item) {
                return Err(format!("item {} stands there twice", field.item));
            }
            seen.push(field.item);
            let values = texts(&item.value).ok_or_else(|| format!("item {} is no text", field.item))?;
            match (field.set)(x, &values) {
                Ok(()) => continue,
                Err(why) if field.field == STATUS => remarks.push(format!("{} is kept: {why}", field.item)),
                Err(why) => return Err(format!("{}: {why}", field.item)),
            }
        }
        let same = |name: &str| item.name.eq_ignore_ascii_case(name);
        let form = same("Form") || (same("Type") && note.text("Type") == note.form);
        if !form && !same(OWN) && !same(T::KEY_FILE) {
            items.push(Item { name: item.name.clone(), value: item.kept.to_string() });
        }
    }
    Ok(items)
}

/// Joins what is kept with what was: all of it, or what a change names.
fn keep(before: &mut Vec<Item>, mut items: Vec<Item>, partial: bool) {
    if partial {
        let stays = |old: &&Item| !items.iter().any(|new| new.name.eq_ignore_ascii_case(&old.name));
        let stay: Vec<_> = before.iter().filter(stays).cloned().collect();
        items.extend(stay);
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    *before = items;
}

/// Keeps the form of a document where it is not the usual one of its kind, or where that was guessed; what this program has
/// written proves nothing.
fn keep_form(items: &mut Vec<Item>, note: &Note, kind: SiteKind) {
    let proved = GUESSED.contains(&kind) && note.item(OWN).is_none();
    if proved || usual_form(kind).is_some_and(|usual| !note.form.eq_ignore_ascii_case(usual)) {
        items.retain(|i| i.name != FORM);
        items.push(Item { name: FORM.into(), value: Value::String(note.form.clone()).to_string() });
        items.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// Takes the name of the keyring. What it is called in the file is kept where that is not its name here.
fn take_ring<T: Exchanged>(
    x: &mut T,
    note: &Note,
    ring: &dyn Fn(&str) -> Option<String>,
    remarks: &mut Vec<String>,
) {
    let item = T::KEY_FILE;
    let (keyring, items) = x.kept_mut();
    let Some(found) = note.item(item) else { return };
    items.retain(|i| !i.name.eq_ignore_ascii_case(item));
    let name = note.text(item);
    let name = name.trim();
    if name.is_empty() {
        keyring.clear();
        return;
    }
    match ring(name) {
        Some(own) => {
            if name != format!("{own}.kyr") {
                items.push(Item { name: item.into(), value: found.kept.to_string() });
            }
            *keyring = own;
        }
        None => {
            keyring.clear();
            items.push(Item { name: item.into(), value: found.kept.to_string() });
            remarks.push(format!(
                "no keyring here is {name}; the document keeps that name and has no keyring yet"
            ));
        }
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
}
