//! Documents of the directory as other programs carry them: one-touch setup JSON and DXL. Reads and writes them and maps their
//! items to the fields here; it compares nothing with a workspace and stores nothing.

mod dxl;
mod items;
mod one_touch;
mod outline;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::document::Document;
use super::error::{Error, Result};
use super::site::{Item, SiteKind};
pub use items::{Taken, key_file, own_name, take};

/// The largest file that is read.
pub const LARGEST: usize = 100 << 20;
/// So many values or elements one file may have.
pub const MOST: usize = 2_000_000;
/// So many documents are read from one file.
pub const MOST_DOCUMENTS: usize = 20_000;

/// The item in which fields travel for which no item of the directory is known.
pub(super) const OWN: &str = "Ringmaster_Fields";
/// The item that names the keyring of a site.
pub const SITE_KEY_FILE: &str = "SSLKeyFile";
/// The item that names the keyring of a server.
pub const SERVER_KEY_FILE: &str = "HTTP_SSLKeyFile";
/// The form of Configuration documents.
pub const CONFIGURATION: &str = "ServerConfig";
/// The item of a Configuration document that switches STARTTLS.
pub const STARTTLS: &str = "SMTP_NegotiatedSSL";

/// The forms of site documents that are known, with their kind.
const FORMS: [(&str, SiteKind); 5] = [
    ("WebSite", SiteKind::Web),
    ("IMAPSite", SiteKind::Imap),
    ("POP3Site", SiteKind::Pop3),
    ("DirectorySite", SiteKind::Ldap),
    ("SMTPInboundSite", SiteKind::Smtp),
];

/// A format of exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One-touch setup JSON.
    OneTouch,
    /// Domino XML.
    Dxl,
}

impl Form {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::OneTouch, Self::Dxl];
    /// The names of all formats, in the order of [`Self::ALL`].
    pub const NAMES: [&'static str; 2] = ["one-touch", "dxl"];

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().zip(Self::NAMES).find(|(_, name)| *name == text.trim()).map(|(form, _)| form)
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneTouch => "one-touch",
            Self::Dxl => "dxl",
        }
    }
}

/// A document as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Its form; empty when the file does not say.
    pub form: String,
    /// Whether it only says what is to be changed; otherwise it is the whole document.
    pub partial: bool,
    /// Its items.
    pub items: Vec<NoteItem>,
}

/// An item of a document as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteItem {
    /// The name.
    pub name: String,
    /// What it says, as far as that is text or numbers.
    pub value: Value,
    /// What is kept of it when it has no field: the same, or more of what the file says.
    pub kept: Value,
}

impl Note {
    /// Finds an item; the case of names makes no difference.
    pub fn item(&self, name: &str) -> Option<&NoteItem> {
        self.items.iter().find(|i| i.name.eq_ignore_ascii_case(name))
    }

    /// Reads the only text of an item; empty when there is none.
    pub fn text(&self, name: &str) -> String {
        let texts = self.item(name).and_then(|i| items::texts(&i.value));
        texts.and_then(|t| t.into_iter().next()).unwrap_or_default()
    }

    /// Returns the kind of site document it is.
    pub fn site_kind(&self) -> Option<SiteKind> {
        FORMS.iter().find(|(form, _)| self.form.eq_ignore_ascii_case(form)).map(|(_, kind)| *kind)
    }

    /// Tells whether it is a Server document.
    pub fn is_server(&self) -> bool {
        self.form.eq_ignore_ascii_case("Server")
    }
}

/// Reads a file, by its content.
///
/// Errors: neither of the formats, more than the limits, damaged; entities that it declares are never expanded.
pub fn read(bytes: &[u8]) -> Result<(Form, Vec<Note>)> {
    if bytes.len() > LARGEST {
        return Err(refused(format!("It has more than {} MB.", LARGEST >> 20)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|e| {
        refused(format!("Byte {} is no UTF-8.", e.valid_up_to() + 1)).next("Save the file as UTF-8.")
    })?;
    let (form, notes) = match text.trim_start().as_bytes().first() {
        Some(b'{') => (Form::OneTouch, one_touch::read(text)?),
        Some(b'<') => (Form::Dxl, dxl::read(text)?),
        _ => return Err(refused("It begins neither as JSON nor as XML.")),
    };
    if notes.len() > MOST_DOCUMENTS {
        return Err(refused(format!("It has {} documents; at most {MOST_DOCUMENTS} are read.", notes.len()))
            .next("Export the Internet Sites and servers alone."));
    }
    Ok((form, notes))
}

/// A file that was made of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// How many documents are in it.
    pub count: usize,
    /// What could not be written, and why.
    pub left: Vec<String>,
}

/// Writes documents in a format. `key_file` says what each names its keyring.
pub fn write(form: Form, documents: &[Document], key_file: &dyn Fn(&Document) -> String) -> Written {
    let (mut left, mut count) = (Vec::new(), 0);
    let mut notes = Vec::new();
    for document in documents {
        match items::note(document, &key_file(document), &mut left) {
            Ok(note) => {
                count += 1;
                notes.push(note);
                if let Document::Server(server) = document
                    && server.starttls
                    && form == Form::OneTouch
                {
                    notes.push(items::configuration(server));
                }
            }
            Err(why) => left.push(format!("{} {}: {why}", document.sort().noun(), document.name())),
        }
    }
    let text = match form {
        Form::OneTouch => one_touch::write(&notes, &mut left),
        Form::Dxl => dxl::write(&notes, &mut left),
    };
    Written { text, count, left }
}

/// Reads what a kept item says.
fn kept(item: &Item) -> Value {
    serde_json::from_str(&item.value).unwrap_or_else(|_| Value::String(item.value.clone()))
}

fn refused(why: impl Into<String>) -> Error {
    Error::refused("The file cannot be read as documents of the directory.")
        .why(why)
        .next("Bring a DXL export of the directory, or one-touch setup JSON.")
}
