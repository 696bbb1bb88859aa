//! What is asked when certificates leave the workspace.

use std::path::PathBuf;

use super::form::{CERTIFICATE_FORMS, Format};
use crate::model::bytes::{Digest, Serial};
use crate::model::field::{Field, Kind, Record, When, choice, put_flag, put_path, yes_no};

/// A certificate that is known here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// By its SHA-256.
    Sha256(Digest),
    /// By the id of its row in the issued list.
    Issued(u32),
    /// By certifier and serial number.
    Serial(String, Serial),
}

/// An export of one or several certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateExport {
    /// Which, in the order of the list.
    pub certificates: Vec<Which>,
    /// The form; one of [`CERTIFICATE_FORMS`].
    pub form: Format,
    /// Whether each gets a file of its own, in a new folder.
    pub separate: bool,
    /// The new file or folder.
    pub to: PathBuf,
}

impl CertificateExport {
    /// Asks for certificates in a form. `name` is proposed for the file of one, or for the folder or file of several.
    pub fn new(certificates: Vec<Which>, form: Format, name: &str) -> Self {
        // Neither DER nor a public key can hold several in a file.
        let separate = certificates.len() > 1 && !form.info().chain;
        let suffix = match form {
            Format::Pem => ".pem",
            other => other.info().suffix,
        };
        let to = if separate { PathBuf::from(name) } else { PathBuf::from(format!("{name}{suffix}")) };
        Self { certificates, form, separate, to }
    }

    /// Tells whether a field has to be asked for what is written.
    pub fn asks(&self, field: &str) -> bool {
        match field {
            "to" => true,
            "separate" => self.certificates.len() > 1 && self.form.info().chain,
            _ => false,
        }
    }
}

impl Record for CertificateExport {
    const NOUN: &'static str = "certificate export";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "form",
            label: "Format",
            help: "What is written.",
            kind: Kind::Choice(CERTIFICATE_FORMS),
            when: When::AtCreation,
            get: |x, _| x.form.info().name.into(),
            set: |x, t| choice(t, CERTIFICATE_FORMS, Format::from_name).map(|form| x.form = form),
        },
        Field {
            name: "separate",
            label: "A file each",
            help: "Each certificate in a file of its own in a new folder, or all in one file.",
            kind: Kind::Flag,
            when: When::AtCreation,
            get: |x, _| yes_no(x.separate),
            set: |x, t| put_flag(&mut x.separate, t),
        },
        Field::to(|x, _| x.to.to_string_lossy().into_owned(), |x, t| put_path(&mut x.to, t)),
    ];
}
