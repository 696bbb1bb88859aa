//! What is asked when a keyring, or a part of it, leaves the workspace.

use std::path::PathBuf;

use super::form::{FORM_NAMES, Format, Secrecy};
use crate::model::field::{Field, Kind, Record, When, choice, put_flag, put_path, yes_no};
use crate::model::secret::Secret;

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
        Field::fixed(
            "name",
            "Keyring",
            "The keyring.",
            |x, _| x.keyring.clone(),
            |x, t| {
                t.trim().clone_into(&mut x.keyring);
                Ok(())
            },
        ),
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
            set: |x, t| put_flag(&mut x.with_root, t),
        },
        Field::to(|x, _| x.to.to_string_lossy().into_owned(), |x, t| put_path(&mut x.to, t)),
        Field::fixed(
            "confirm",
            "Keyring again",
            "The name of the keyring again: its private key leaves the workspace.",
            |x, _| x.confirm.clone(),
            |x, t| {
                if t.trim() != x.keyring {
                    return Err(format!("type the name of the keyring: {}", x.keyring));
                }
                t.trim().clone_into(&mut x.confirm);
                Ok(())
            },
        ),
        Field::secret(
            "password",
            "New pass phrase",
            "Seals the key in what is written; it is not the password of the ring.",
            |x, t| x.password.put(t),
        ),
        Field::secret(
            "repeat",
            "The same again",
            "Nobody can read it back, so it is typed twice.",
            |x, t| x.repeat.put(t),
        ),
    ];
}

#[cfg(test)]
mod tests {
    use super::super::FORMS;
    use super::*;

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
