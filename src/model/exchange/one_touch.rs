//! One-touch setup JSON: `appConfiguration.databases[].documents[]`, each with an action and items. Maps nothing to fields.

use serde_json::{Map, Value, json};

use super::super::error::Result;
use super::{CONFIGURATION, MOST, Note, NoteItem, TITLE, dxl, refused};

/// Reads the documents of a file.
pub(super) fn read(text: &str) -> Result<Vec<Note>> {
    let values = memchr::memchr2_iter(b',', b'[', text.as_bytes()).count();
    if values > MOST {
        return Err(refused(format!("It has more than {MOST} values.")));
    }
    let all: Value = serde_json::from_str(text).map_err(|e| refused(format!("{e}.")))?;
    let databases = all.pointer("/appConfiguration/databases").and_then(Value::as_array);
    let databases = databases.ok_or_else(|| refused("It has no appConfiguration with databases."))?;
    let lists = databases.iter().filter_map(|d| d.get("documents")?.as_array());
    lists.flatten().map(note).collect()
}

fn note(document: &Value) -> Result<Note> {
    let object = |key: &str| document.get(key).and_then(Value::as_object);
    let mut items: Vec<NoteItem> = object("items").map(of).unwrap_or_default();
    let partial = match document.get("action").and_then(Value::as_str) {
        Some("create") => false,
        Some("update") => true,
        other => {
            let said = other.unwrap_or("(none)");
            return Err(refused(format!("The action of a document is \"{said}\", not create or update.")));
        }
    };
    // What the document is found by is true of it as well.
    for found in object("findDocument").map(of).unwrap_or_default() {
        if !items.iter().any(|i| i.name.eq_ignore_ascii_case(&found.name)) {
            items.push(found);
        }
    }
    let mut note = Note { form: String::new(), partial, items };
    note.form =
        [note.text("Form"), note.text("Type")].into_iter().find(|f| !f.is_empty()).unwrap_or_default();
    Ok(note)
}

fn of(items: &Map<String, Value>) -> Vec<NoteItem> {
    let item = |(name, value): (&String, &Value)| NoteItem {
        name: name.clone(),
        value: value.clone(),
        kept: value.clone(),
    };
    items.iter().map(item).collect()
}

/// Writes documents: sites as new ones or, when `update` is set, as changes of those that are there; servers and their
/// Configuration documents always as changes.
pub(super) fn write(notes: &[Note], update: bool, left: &mut Vec<String>) -> String {
    let mut documents = Vec::new();
    for note in notes {
        let mut items = Map::new();
        for item in &note.items {
            if let Some(raw) = dxl::raw(&item.kept) {
                // What is no item says where the document stands in its database, which says nothing elsewhere.
                if raw.starts_with("<item") {
                    left.push(format!("{}: item {} is XML, which only DXL can carry", note.form, item.name));
                }
            } else if items.contains_key(&item.name) {
                left.push(format!("{}: item {} stands there twice", note.form, item.name));
            } else {
                items.insert(item.name.clone(), item.kept.clone());
            }
        }
        let server = items.get("ServerName").cloned().unwrap_or_default();
        let document = if note.is_server() || note.form == CONFIGURATION {
            items.remove("ServerName");
            let found = json!({ "Type": note.form, "ServerName": server });
            json!({ "action": "update", "findDocument": found, "items": items })
        } else if update {
            let found = json!({ "Type": note.form, TITLE: items.remove(TITLE) });
            items.remove("Type");
            json!({ "action": "update", "findDocument": found, "items": items })
        } else {
            items.insert("Form".into(), json!(note.form));
            json!({ "action": "create", "computeWithForm": true, "items": items })
        };
        documents.push(document);
    }
    let database = json!({ "filePath": "names.nsf", "action": "update", "documents": documents });
    let all = json!({ "appConfiguration": { "databases": [database] } });
    format!("{all:#}\n")
}
