//! What a document says in a file. A field that has no known item travels in an item of this program.

use serde_json::Value;

use super::super::document::{Document, Sort};
use super::super::field::Record;
use super::super::server::Server;
use super::super::site::Site;
use super::items::{Exchanged, list, texts};
use super::{CONFIGURATION, FORM, Note, NoteItem, OWN, STARTTLS, kept, own, usual_form};

/// Says what a document names its keyring in the directory: as it came, when that still is its keyring.
pub fn key_file(document: &Document, ring: &dyn Fn(&str) -> Option<String>) -> String {
    match document {
        Document::Site(x) => key_file_of(&**x, ring),
        Document::Server(x) => key_file_of(&**x, ring),
        Document::Person(_) | Document::Profile(_) => String::new(),
    }
}

fn key_file_of<T: Exchanged>(x: &T, ring: &dyn Fn(&str) -> Option<String>) -> String {
    let (keyring, items) = x.kept();
    let came = items.iter().find(|i| i.name.eq_ignore_ascii_case(T::KEY_FILE)).map(kept);
    let came = came.and_then(|v| texts(&v)?.into_iter().next()).unwrap_or_default();
    match came.is_empty() {
        false if keyring.is_empty() || ring(came.trim()).as_ref() == Some(keyring) => came,
        _ if keyring.is_empty() => String::new(),
        _ => format!("{keyring}.kyr"),
    }
}

/// Makes the items of a document. Errors: its kind has no form that is known.
pub(super) fn note(document: &Document, key_file: &str, left: &mut Vec<String>) -> Result<Note, String> {
    let (form, mut items, own, kept_items, key_item) = match document {
        Document::Site(x) => {
            let came = x.items.iter().find(|i| i.name == FORM).map(kept);
            let came = came.and_then(|form| form.as_str().map(str::to_owned));
            let form = came.or_else(|| usual_form(x.kind).map(str::to_owned));
            let form = form.ok_or_else(|| format!("the form of {} documents is not known", x.kind.name()))?;
            let fields = Site::ITEMS.iter().filter(|m| x.applies(m.field));
            let items: Vec<_> = fields.filter_map(|m| Some((m.item, (m.get)(x)?))).collect();
            (form, items, own::write(&**x, &Site::preset(x.kind)), &x.items, Site::KEY_FILE)
        }
        Document::Server(x) => {
            let items: Vec<_> = Server::ITEMS.iter().filter_map(|m| Some((m.item, (m.get)(x)?))).collect();
            ("Server".to_owned(), items, own::write(&**x, &Server::default()), &x.items, Server::KEY_FILE)
        }
        Document::Person(_) | Document::Profile(_) => {
            return Err("only sites and servers are exchanged".into());
        }
    };
    if !key_file.is_empty() {
        items.push((key_item, Value::String(key_file.into())));
    }
    items.extend(list(&own).map(|own| (OWN, own)));
    let plain = |(name, value): (&str, Value)| NoteItem { name: name.into(), kept: value.clone(), value };
    let mut items: Vec<_> = items.into_iter().map(plain).collect();
    let count = items.len();
    for item in kept_items.iter().filter(|item| item.name != FORM) {
        if items.iter().take(count).all(|i| !i.name.eq_ignore_ascii_case(&item.name)) {
            let value = kept(item);
            items.push(NoteItem { name: item.name.clone(), kept: value.clone(), value });
        } else if item.name != key_item {
            left.push(format!("{form} {}: item {} was kept and has a field", document.name(), item.name));
        }
    }
    if !items.iter().any(|i| i.name.eq_ignore_ascii_case("Type")) {
        let value = Value::String(form.clone());
        items.push(NoteItem { name: "Type".into(), kept: value.clone(), value });
    }
    Ok(Note { form, partial: document.sort() == Sort::Server, items })
}

/// Makes the change of the Configuration document of a server that offers STARTTLS.
pub(super) fn configuration(server: &Server) -> Note {
    let item = |name: &str, value: &str| {
        let value = Value::String(value.into());
        NoteItem { name: name.into(), kept: value.clone(), value }
    };
    let items = vec![item("ServerName", &server.server_name), item(STARTTLS, "1")];
    Note { form: CONFIGURATION.into(), partial: true, items }
}
