//! Person documents of a directory: who it is, and the texts in which certificates may stand. Nothing else of them is taken:
//! they hold password hashes and ID files, which have no place here. Decodes no certificate.

use serde_json::Value;

use super::super::server::called::{common_name, organization_of};
use super::{Note, dxl, items};

/// Who a Person document is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The common name.
    pub full_name: String,
    /// Mail addresses.
    pub mail: Vec<String>,
    /// The organisation; empty when the name has none.
    pub organization: String,
    /// The country, two letters; empty when the name has none.
    pub country: String,
}

/// Reads who a Person document is about; `None` when it has no name.
pub fn named(note: &Note) -> Option<Named> {
    let hierarchical = note.text("FullName");
    let spoken = [note.text("FirstName"), note.text("LastName")].join(" ");
    let full_name =
        [common_name(&hierarchical), spoken.trim()].into_iter().find(|n| !n.is_empty())?.to_owned();
    let last = hierarchical.split('/').skip(2).last().unwrap_or_default();
    let country = last.trim_start_matches("C=").trim();
    let of_texts = |name: &str| note.item(name).and_then(|i| items::texts(&i.value)).unwrap_or_default();
    Some(Named {
        full_name,
        mail: of_texts("InternetAddress").into_iter().filter(|mail| !mail.trim().is_empty()).collect(),
        organization: organization_of(&hierarchical).unwrap_or_default().to_owned(),
        country: if country.len() == 2 { country.to_ascii_uppercase() } else { String::new() },
    })
}

/// Lists the texts of the items that hold certificates: PEM or base64, among other things.
pub fn certificate_texts(note: &Note) -> Vec<String> {
    let mut all = Vec::new();
    for item in note.items.iter().filter(|i| i.name.to_ascii_lowercase().contains("certificate")) {
        match (&item.value, dxl::raw(&item.kept)) {
            (Value::Null, Some(raw)) => all.extend(between_tags(raw)),
            (value, _) => all.extend(items::texts(value).unwrap_or_default()),
        }
    }
    all
}

/// Returns what stands between the tags of XML.
fn between_tags(xml: &str) -> impl Iterator<Item = String> {
    xml.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.to_owned())
}
