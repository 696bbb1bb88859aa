//! Documents of the directory as other programs carry them: one-touch setup JSON and DXL. Reads and writes them and maps their
//! items to the fields here; it compares nothing with a workspace and stores nothing.

mod dxl;
mod give;
mod items;
mod one_touch;
mod outline;
mod own;
mod person;
mod take;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::document::Document;
use super::error::{Error, Result};
use super::site::{Item, Site, SiteKind};
pub use give::key_file;
pub use person::{Named, certificate_texts, named};
pub use take::{Taken, own_name, take};

/// The largest file that is read.
pub const LARGEST: usize = 100 << 20;
/// So many values or elements one file may have.
pub const MOST: usize = 2_000_000;
/// So many documents are read from one file.
pub const MOST_DOCUMENTS: usize = 20_000;

/// The item in which fields travel for which no item of the directory is known.
pub(super) const OWN: &str = "Ringmaster_Fields";
/// The item that names the form of a document.
const FORM: &str = "Form";
/// The item that names the keyring of a site.
pub const SITE_KEY_FILE: &str = "SSLKeyFile";
/// The item that names the keyring of a server.
pub const SERVER_KEY_FILE: &str = "HTTP_SSLKeyFile";
/// The form of Configuration documents.
pub const CONFIGURATION: &str = "ServerConfig";
/// The item of a Configuration document that switches STARTTLS.
pub const STARTTLS: &str = "SMTP_NegotiatedSSL";

/// The forms of site documents, with their kind. Of a kind with several the first is written, unless the document came with
/// another one.
const FORMS: [(&str, SiteKind); 12] = [
    ("WebSite", SiteKind::Web),
    ("IMAPSite", SiteKind::Imap),
    ("POP3Site", SiteKind::Pop3),
    ("DirectorySite", SiteKind::Ldap),
    ("SMTPInboundSite", SiteKind::Smtp),
    ("IIOPSite", SiteKind::Iiop),
    ("DIIOPSite", SiteKind::Iiop),
    ("GlobalWebSettings", SiteKind::GlobalWeb),
    ("GlobalWebSite", SiteKind::GlobalWeb),
    ("WebGlobal", SiteKind::GlobalWeb),
    ("WebGlobalSettings", SiteKind::GlobalWeb),
    ("WebSiteGlobal", SiteKind::GlobalWeb),
];
/// The kinds whose form was not seen in an export of Domino: it is named as those of the other kinds are.
const GUESSED: [SiteKind; 2] = [SiteKind::Iiop, SiteKind::GlobalWeb];
/// The item by which a directory finds a site again.
const TITLE: &str = "ISiteName";

/// A format of exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One-touch setup JSON that makes new site documents, as the setup of a new server needs them.
    OneTouch,
    /// One-touch setup JSON that changes the site documents that are there, found by kind and descriptive name.
    OneTouchUpdate,
    /// Domino XML.
    Dxl,
}

impl Form {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::OneTouch, Self::OneTouchUpdate, Self::Dxl];
    /// The names of all formats, in the order of [`Self::ALL`].
    pub const NAMES: [&'static str; 3] = ["one-touch", "one-touch-update", "dxl"];

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().zip(Self::NAMES).find(|(_, name)| *name == text.trim()).map(|(form, _)| form)
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneTouch => "one-touch",
            Self::OneTouchUpdate => "one-touch-update",
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

    /// Tells whether it is a Person document.
    pub fn is_person(&self) -> bool {
        self.form.eq_ignore_ascii_case("Person")
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
    /// What there is to say of what was written.
    pub remarks: Vec<String>,
}

/// Writes documents in a format. `key_file` says what each names its keyring.
pub fn write(form: Form, documents: &[Document], key_file: &dyn Fn(&Document) -> String) -> Written {
    let (mut left, mut remarks, mut count) = (Vec::new(), Vec::new(), 0);
    let mut notes = Vec::new();
    for document in documents {
        let findable = match (form, document) {
            (Form::OneTouchUpdate, Document::Site(site)) => findable(site, documents),
            _ => Ok(()),
        };
        match findable.and_then(|()| give::note(document, &key_file(document), &mut left)) {
            Ok(note) => {
                count += 1;
                if let Document::Site(site) = document {
                    remarks.extend(doubts(site, &note.form));
                }
                notes.push(note);
                if let Document::Server(server) = document
                    && server.starttls
                    && form != Form::Dxl
                {
                    notes.push(give::configuration(server));
                }
            }
            Err(why) => left.push(format!("{} {}: {why}", document.sort().noun(), document.name())),
        }
    }
    let text = match form {
        Form::OneTouch => one_touch::write(&notes, false, &mut left),
        Form::OneTouchUpdate => one_touch::write(&notes, true, &mut left),
        Form::Dxl => dxl::write(&notes, &mut left),
    };
    remarks.sort();
    remarks.dedup();
    Written { text, count, left, remarks }
}

/// Tells whether a directory finds a site document by its kind and descriptive name. Errors: why it does not.
fn findable(site: &Site, documents: &[Document]) -> std::result::Result<(), String> {
    let same = |d: &&Document| matches!(d, Document::Site(s) if s.kind == site.kind && s.title == site.title);
    match (site.title.is_empty(), documents.iter().filter(same).count()) {
        (true, _) => Err("it has no descriptive name to be found by".into()),
        (false, 2..) => Err(format!("another one of its kind is called \"{}\" as well", site.title)),
        _ => Ok(()),
    }
}

/// Says what a directory may take otherwise than it is meant.
fn doubts(site: &Site, form: &str) -> Vec<String> {
    let mut all = Vec::new();
    if GUESSED.contains(&site.kind) && !site.items.iter().any(|item| item.name == FORM) {
        all.push(format!(
            "the form {form} of {} documents is named as those of the other kinds are; compare it with one of your directory",
            site.kind.name()
        ));
    }
    if !site.rules.is_empty() {
        all.push(format!(
            "the Web Site Rules of {} travel in the item {OWN}; a directory has them in documents of their own",
            site.name
        ));
    }
    all
}

/// Returns the form that documents of a kind have, unless they came with another one.
fn usual_form(kind: SiteKind) -> Option<&'static str> {
    FORMS.iter().find(|(_, of)| *of == kind).map(|(form, _)| *form)
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
