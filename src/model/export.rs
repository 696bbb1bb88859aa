//! What leaves the workspace as files, as nouns: the forms of a keyring and of certificates, and what a person asks.

use std::path::PathBuf;

use super::bytes::{Digest, Serial};
use super::field::{Field, Kind, Record, When, choice, flag, yes_no};
use super::secret::Secret;

/// What somebody who gets the file needs to use the private key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// There is no private key in it.
    Public,
    /// A private key under a pass phrase.
    Sealed,
    /// A private key that lies open.
    Open,
}

/// A form in which a keyring, or a part of it, is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Certificates as PEM.
    Pem,
    /// The certificate alone as PEM.
    Leaf,
    /// One certificate as DER.
    Der,
    /// Certificates as PKCS#7, PEM.
    P7b,
    /// Certificates as PKCS#7, DER.
    P7bDer,
    /// The public key as PEM.
    PublicKey,
    /// The trusted roots as PEM.
    Roots,
    /// The latest request as PEM.
    Request,
    /// The private key as encrypted PKCS#8, PEM.
    Pkcs8,
    /// Key and certificates as PKCS#12.
    Pkcs12,
    /// The same with algorithms of the last century.
    Pkcs12Legacy,
    /// The private key as PKCS#8 without encryption, PEM.
    Pkcs8Plain,
    /// The private key as PKCS#1 or SEC1 without encryption, PEM.
    Traditional,
}

/// What is known of a form: one entry each in [`FORMS`].
#[derive(Debug)]
pub struct FormInfo {
    /// The form.
    pub form: Format,
    /// The name in options.
    pub name: &'static str,
    /// What it is called in menus and in the audit log.
    pub title: &'static str,
    /// What the proposed file name ends with.
    pub suffix: &'static str,
    /// What it tells.
    pub secrecy: Secrecy,
    /// Whether it holds several certificates, so that their order and the root matter.
    pub chain: bool,
    /// Whether a terminal can show it.
    pub text: bool,
    /// Whether a certificate alone can be written so.
    pub certificate: bool,
}

/// The names of all forms of a keyring, in the order of [`FORMS`].
pub const FORM_NAMES: &[&str] = &[
    "pem",
    "leaf",
    "der",
    "p7b",
    "p7b-der",
    "public-key",
    "roots",
    "request",
    "pkcs8",
    "pkcs12",
    "pkcs12-legacy",
    "pkcs8-plain",
    "traditional",
];

/// The names of the forms of a certificate.
pub const CERTIFICATE_FORMS: &[&str] = &["pem", "der", "p7b", "p7b-der", "public-key"];

/// Every form, in the order of menus.
pub const FORMS: &[FormInfo] = &[
    FormInfo {
        form: Format::Pem,
        name: "pem",
        title: "certificate with its chain, PEM",
        suffix: "-chain.pem",
        secrecy: Secrecy::Public,
        chain: true,
        text: true,
        certificate: true,
    },
    FormInfo {
        form: Format::Leaf,
        name: "leaf",
        title: "certificate alone, PEM",
        suffix: ".pem",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Der,
        name: "der",
        title: "certificate alone, DER",
        suffix: ".cer",
        secrecy: Secrecy::Public,
        chain: false,
        text: false,
        certificate: true,
    },
    FormInfo {
        form: Format::P7b,
        name: "p7b",
        title: "certificates as PKCS#7, PEM",
        suffix: ".p7b",
        secrecy: Secrecy::Public,
        chain: true,
        text: true,
        certificate: true,
    },
    FormInfo {
        form: Format::P7bDer,
        name: "p7b-der",
        title: "certificates as PKCS#7, DER",
        suffix: ".p7b",
        secrecy: Secrecy::Public,
        chain: true,
        text: false,
        certificate: true,
    },
    FormInfo {
        form: Format::PublicKey,
        name: "public-key",
        title: "public key, PEM",
        suffix: "-public.pem",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: true,
    },
    FormInfo {
        form: Format::Roots,
        name: "roots",
        title: "trusted roots, PEM",
        suffix: "-roots.pem",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Request,
        name: "request",
        title: "certificate request, PEM",
        suffix: ".csr",
        secrecy: Secrecy::Public,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs8,
        name: "pkcs8",
        title: "private key, PKCS#8 encrypted, PEM",
        suffix: ".key",
        secrecy: Secrecy::Sealed,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs12,
        name: "pkcs12",
        title: "private key and certificates, PKCS#12",
        suffix: ".p12",
        secrecy: Secrecy::Sealed,
        chain: true,
        text: false,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs12Legacy,
        name: "pkcs12-legacy",
        title: "private key and certificates, PKCS#12 for old software (3DES, SHA-1)",
        suffix: "-legacy.p12",
        secrecy: Secrecy::Sealed,
        chain: true,
        text: false,
        certificate: false,
    },
    FormInfo {
        form: Format::Pkcs8Plain,
        name: "pkcs8-plain",
        title: "private key, PKCS#8 NOT encrypted, PEM",
        suffix: "-open.key",
        secrecy: Secrecy::Open,
        chain: false,
        text: true,
        certificate: false,
    },
    FormInfo {
        form: Format::Traditional,
        name: "traditional",
        title: "private key, PKCS#1 or SEC1 NOT encrypted, PEM",
        suffix: "-open.key",
        secrecy: Secrecy::Open,
        chain: false,
        text: true,
        certificate: false,
    },
];

impl Format {
    /// Returns what is known of it.
    pub fn info(self) -> &'static FormInfo {
        &FORMS[self as usize]
    }

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        FORMS.iter().find(|f| f.name.eq_ignore_ascii_case(text.trim())).map(|f| f.form)
    }
}

/// In which order certificates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As TLS servers send them.
    #[default]
    LeafFirst,
    /// From the top down.
    RootFirst,
}

impl Order {
    /// The names of both, in options.
    pub const NAMES: &'static [&'static str] = &["leaf-first", "root-first"];

    fn from_name(text: &str) -> Option<Self> {
        let all = [Self::LeafFirst, Self::RootFirst];
        all.into_iter().find(|o| Self::NAMES[*o as usize].eq_ignore_ascii_case(text.trim()))
    }
}

/// What of a keyring is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// One file in this form.
    Form(Format),
    /// A folder for another program: the preset of this name.
    Preset(&'static str),
}

/// An export of a keyring, or of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The keyring.
    pub keyring: String,
    /// What is written.
    pub what: What,
    /// What it tells: of a form its own secrecy, of a preset whether its key lies open.
    pub secrecy: Secrecy,
    /// In which order certificates stand.
    pub order: Order,
    /// Whether the root is among them.
    pub with_root: bool,
    /// The new file or folder.
    pub to: PathBuf,
    /// The ring's name again, without which no private key leaves.
    pub confirm: String,
    /// The pass phrase of what is written; not that of the ring.
    pub password: Secret,
    /// The pass phrase again.
    pub repeat: Secret,
}

impl Export {
    /// Asks for a form of a keyring.
    pub fn form(keyring: impl Into<String>, form: Format) -> Self {
        Self::new(keyring.into(), What::Form(form), form.info().secrecy)
    }

    /// Asks for a preset.
    pub fn preset(keyring: impl Into<String>, preset: &'static str, secrecy: Secrecy) -> Self {
        Self::new(keyring.into(), What::Preset(preset), secrecy)
    }

    fn new(keyring: String, what: What, secrecy: Secrecy) -> Self {
        let to = PathBuf::from(match what {
            What::Form(form) => format!("{keyring}{}", form.info().suffix),
            What::Preset(preset) => format!("{keyring}-{preset}"),
        });
        Self {
            keyring,
            what,
            secrecy,
            order: Order::LeafFirst,
            with_root: false,
            to,
            confirm: String::new(),
            password: Secret::default(),
            repeat: Secret::default(),
        }
    }

    /// Tells whether a field has to be asked for what is written.
    pub fn asks(&self, field: &str) -> bool {
        let chain = matches!(self.what, What::Form(form) if form.info().chain);
        match field {
            "to" => true,
            // PKCS#12 has an order of its own.
            "order" => chain && self.secrecy == Secrecy::Public,
            "with-root" => chain,
            "confirm" => self.secrecy != Secrecy::Public,
            "password" | "repeat" => self.secrecy == Secrecy::Sealed,
            _ => false,
        }
    }
}

impl Record for Export {
    const NOUN: &'static str = "keyring export";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "name",
            label: "Keyring",
            help: "The keyring.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.keyring.clone(),
            set: |x, t| {
                t.trim().clone_into(&mut x.keyring);
                Ok(())
            },
        },
        Field {
            name: "form",
            label: "Format",
            help: "What is written: a public part, or the private key in one of the last five forms.",
            kind: Kind::Choice(FORM_NAMES),
            when: When::AtCreation,
            get: |x, _| match x.what {
                What::Form(form) => form.info().name.into(),
                What::Preset(preset) => preset.into(),
            },
            set: |x, t| {
                let form = choice(t, FORM_NAMES, Format::from_name)?;
                (x.what, x.secrecy) = (What::Form(form), form.info().secrecy);
                Ok(())
            },
        },
        Field {
            name: "order",
            label: "Order",
            help: "Servers want leaf-first.",
            kind: Kind::Choice(Order::NAMES),
            when: When::AtCreation,
            get: |x, _| Order::NAMES[x.order as usize].into(),
            set: |x, t| choice(t, Order::NAMES, Order::from_name).map(|order| x.order = order),
        },
        Field {
            name: "with-root",
            label: "With the root",
            help: "Whether the trusted root is written as well; servers do not send it.",
            kind: Kind::Flag,
            when: When::AtCreation,
            get: |x, _| yes_no(x.with_root),
            set: |x, t| flag(t).map(|on| x.with_root = on),
        },
        Field {
            name: "to",
            label: "Write to",
            help: "A new path outside of the workspace; nothing is ever written over.",
            kind: Kind::Path,
            when: When::AtCreation,
            get: |x, _| x.to.to_string_lossy().into_owned(),
            set: |x, t| {
                if t.trim().is_empty() {
                    return Err("name a path".into());
                }
                x.to = PathBuf::from(t.trim());
                Ok(())
            },
        },
        Field {
            name: "confirm",
            label: "Keyring again",
            help: "The name of the keyring again: its private key leaves the workspace.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.confirm.clone(),
            set: |x, t| {
                if t.trim() != x.keyring {
                    return Err(format!("type the name of the keyring: {}", x.keyring));
                }
                t.trim().clone_into(&mut x.confirm);
                Ok(())
            },
        },
        Field {
            name: "password",
            label: "New pass phrase",
            help: "Seals the key in what is written; it is not the password of the ring.",
            kind: Kind::Secret,
            when: When::AtCreation,
            get: |_, _| String::new(),
            set: |x, t| {
                x.password = Secret::new(t.to_owned());
                Ok(())
            },
        },
        Field {
            name: "repeat",
            label: "The same again",
            help: "Nobody can read it back, so it is typed twice.",
            kind: Kind::Secret,
            when: When::AtCreation,
            get: |_, _| String::new(),
            set: |x, t| {
                x.repeat = Secret::new(t.to_owned());
                Ok(())
            },
        },
    ];
}

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
            set: |x, t| flag(t).map(|on| x.separate = on),
        },
        Field {
            name: "to",
            label: "Write to",
            help: "A new path outside of the workspace; nothing is ever written over.",
            kind: Kind::Path,
            when: When::AtCreation,
            get: |x, _| x.to.to_string_lossy().into_owned(),
            set: |x, t| {
                if t.trim().is_empty() {
                    return Err("name a path".into());
                }
                x.to = PathBuf::from(t.trim());
                Ok(())
            },
        },
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_forms_fits_its_names() {
        for (i, info) in FORMS.iter().enumerate() {
            assert_eq!((info.form as usize, FORM_NAMES[i]), (i, info.name));
            assert_eq!(Format::from_name(info.name), Some(info.form));
            assert_eq!(info.certificate, CERTIFICATE_FORMS.contains(&info.name));
        }
        assert_eq!(FORMS.len(), FORM_NAMES.len());
    }

    #[test]
    fn a_private_form_asks_for_the_name_and_a_sealed_one_for_a_pass_phrase() {
        for info in FORMS {
            let export = Export::form("mail", info.form);
            assert_eq!(export.asks("confirm"), info.secrecy != Secrecy::Public);
            assert_eq!(export.asks("password"), info.secrecy == Secrecy::Sealed);
        }
        let confirm = Export::field("confirm").unwrap();
        let mut export = Export::form("mail", Format::Pkcs8);
        assert!((confirm.set)(&mut export, "Mail").is_err());
        assert!((confirm.set)(&mut export, "mail").is_ok());
    }
}
