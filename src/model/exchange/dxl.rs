//! DXL, the XML of Domino: `<database><document form="WebSite"><item name="ISiteAdrs"><textlist><text>`. What is neither text
//! nor a number is kept as it stands in the file. Maps nothing to fields.

use roxmltree::{Document as Xml, Node, ParsingOptions};
use serde_json::{Value, json};

use super::super::error::Result;
use super::{MOST, Note, NoteItem, outline, refused};

/// The name under which the place of a document in its database is kept.
const NOTE_INFO: &str = "noteinfo";
/// The key under which XML is kept.
const RAW: &str = "dxl";

/// Reads the documents of a file.
pub(super) fn read(text: &str) -> Result<Vec<Note>> {
    let text = outline::checked(text)?;
    let most = u32::try_from(MOST * 2).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: most, ..ParsingOptions::default() };
    let xml = Xml::parse_with_options(&text, options).map_err(|e| refused(format!("{e}.")))?;
    let root = xml.root_element();
    match root.tag_name().name() {
        "document" => Ok(vec![note(root, &text)]),
        "database" => {
            let documents = root.children().filter(|n| n.tag_name().name() == "document");
            Ok(documents.map(|n| note(n, &text)).collect())
        }
        other => Err(refused(format!("Its root is <{other}>, not <database> or <document>."))),
    }
}

fn note(document: Node<'_, '_>, text: &str) -> Note {
    let mut items = Vec::new();
    for node in document.children().filter(Node::is_element) {
        let raw = || json!({ RAW: text.get(node.range()).unwrap_or_default() });
        let name = match node.tag_name().name() {
            "item" => node.attribute("name").unwrap_or_default().to_owned(),
            name => name.to_owned(),
        };
        let value = if node.tag_name().name() == "item" { value(node) } else { None };
        // Attributes, such as those of names and readers, are more than the text says.
        let plain = node.attributes().len() == 1;
        let kept = value.clone().filter(|_| plain).unwrap_or_else(raw);
        items.push(NoteItem { name, value: value.unwrap_or(Value::Null), kept });
    }
    let mut note = Note { form: String::new(), partial: false, items };
    note.form = document.attribute("form").map_or_else(|| note.text("Form"), str::to_owned);
    note
}

fn value(item: Node<'_, '_>) -> Option<Value> {
    let mut inside = item.children().filter(Node::is_element);
    let (one, None) = (inside.next()?, inside.next()) else { return None };
    match one.tag_name().name() {
        _ if one.attributes().len() > 0 => None,
        "text" => words(one).map(Value::String),
        "number" => {
            let text = words(one)?;
            let number: serde_json::Number = serde_json::from_str(text.trim()).ok()?;
            (number.to_string() == text).then_some(Value::Number(number))
        }
        "textlist" => {
            let texts = one.children().filter(Node::is_element).map(|t| {
                let plain = t.tag_name().name() == "text" && t.attributes().len() == 0;
                plain.then(|| words(t).map(Value::String)).flatten()
            });
            texts.collect::<Option<Vec<_>>>().map(Value::Array)
        }
        _ => None,
    }
}

/// Reads text with line breaks; `None` when something else stands in it.
fn words(node: Node<'_, '_>) -> Option<String> {
    let mut text = String::new();
    for child in node.children() {
        match child.tag_name().name() {
            "break" => text.push('\n'),
            _ if child.is_text() => text.push_str(child.text().unwrap_or_default()),
            _ => return None,
        }
    }
    Some(text)
}

/// Writes documents.
pub(super) fn write(notes: &[Note], left: &mut Vec<String>) -> String {
    let mut out =
        String::from("<?xml version='1.0' encoding='utf-8'?>\n<database xmlns='http://www.lotus.com/dxl'>\n");
    for note in notes {
        out.push_str(&format!("<document form='{}'>\n", escaped(&note.form)));
        // Where a document stands in its database comes before what it says.
        let (first, rest): (Vec<_>, Vec<_>) = note.items.iter().partition(|i| i.name == NOTE_INFO);
        for item in first.into_iter().chain(rest) {
            match written(item) {
                Some(text) => out.push_str(&format!("{text}\n")),
                None => left.push(format!("{}: DXL cannot say what item {} holds", note.form, item.name)),
            }
        }
        out.push_str("</document>\n");
    }
    out.push_str("</database>\n");
    out
}

fn written(item: &NoteItem) -> Option<String> {
    let inside = match &item.kept {
        Value::Object(_) => return raw(&item.kept).and_then(proper).map(str::to_owned),
        Value::String(text) => tagged("text", text)?,
        Value::Number(number) => format!("<number>{number}</number>"),
        Value::Array(all) => {
            let texts = all.iter().map(|v| v.as_str().and_then(|t| tagged("text", t)));
            format!("<textlist>{}</textlist>", texts.collect::<Option<String>>()?)
        }
        _ => return None,
    };
    item.name.chars().all(allowed).then(|| format!("<item name='{}'>{inside}</item>", escaped(&item.name)))
}

/// Takes XML that was kept, when it is still one element and nothing else.
fn proper(raw: &str) -> Option<&str> {
    let checked = outline::checked(raw).ok()?;
    let xml = Xml::parse(&checked).ok()?;
    (xml.root().children().count() == 1 && xml.root_element().range() == (0..raw.len())).then_some(raw)
}

fn tagged(tag: &str, text: &str) -> Option<String> {
    text.chars().all(allowed).then(|| format!("<{tag}>{}</{tag}>", escaped(text).replace('\n', "<break/>")))
}

/// Tells whether XML can hold a character.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
    out
}

/// Returns the XML that was kept, which only DXL can carry.
pub(super) fn raw(value: &Value) -> Option<&str> {
    value.as_object().filter(|map| map.len() == 1)?.get(RAW)?.as_str()
}
