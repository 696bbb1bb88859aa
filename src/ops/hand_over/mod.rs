//! Hands a keyring over to another program: the PRESETS say which files it wants and which commands make it use them.
//! Writes nothing.

mod domino;
mod servers;

use zeroize::Zeroizing;

use super::export::{Outgoing, Parcel, ROUNDS, chain_of, leaf, root_of, secret, sha1, text};
use crate::model::State;
use crate::model::bytes::colons;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::export::{Export, Secrecy};
use crate::model::keyring::Keyring;
use crate::model::name::AltName;
use crate::model::resolve::used;
use crate::pki::key::PrivateKey;
use crate::pki::pkcs12::{self, Content, Protection};
use crate::pki::{open_key, pem};

/// The file with what to do.
pub const COMMANDS_FILE: &str = "COMMANDS.txt";

/// A program that a keyring can be handed over to. To add one is to add one entry to a table.
#[derive(Debug)]
pub struct Preset {
    /// The name in options and file names.
    pub name: &'static str,
    /// What it is called in menus.
    pub title: &'static str,
    /// What it writes. `{ring}` in a name stands for the name of the keyring.
    pub files: &'static [File],
    /// Whether the program takes RSA keys only.
    pub rsa: bool,
    /// Whether it wants the root at the end of the chain.
    pub root: bool,
    /// What has to be known before, one sentence or two each.
    pub warnings: &'static [&'static str],
    /// What to run and to configure; names in braces are filled in.
    pub commands: &'static str,
}

/// A file of a preset.
#[derive(Debug)]
pub struct File {
    name: &'static str,
    part: Part,
}

/// What a file of a preset holds.
#[derive(Debug)]
enum Part {
    /// These, one after the other, as PEM.
    Pem(&'static [Piece]),
    /// Key and chain as PKCS#12, with the root where the ring has it.
    KeyStore,
    /// The trusted roots as PKCS#12.
    TrustStore,
    /// What an administrator wants to know of the certificate.
    Facts,
}

/// A piece of a PEM file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// The key as PKCS#8, encrypted.
    SealedKey,
    /// The key as PKCS#8.
    OpenKey,
    /// The key as PKCS#1.
    RsaKey,
    /// The certificate and the intermediates above it.
    Chain,
    /// The certificate, the intermediates, and the root where the ring has it.
    WholeChain,
}

/// Every preset, in the order of menus.
pub fn presets() -> impl Iterator<Item = &'static Preset> {
    [domino::PRESETS, servers::PRESETS].into_iter().flatten()
}

/// Finds a preset by name. Errors: which there are.
pub fn find(name: &str) -> Result<&'static Preset> {
    presets().find(|p| p.name == name).ok_or_else(|| {
        let names: Vec<_> = presets().map(|p| p.name).collect();
        Error::not_found("preset", name).why(format!("Known: {}.", names.join(", ")))
    })
}

impl Piece {
    fn secrecy(self) -> Secrecy {
        match self {
            Self::SealedKey => Secrecy::Sealed,
            Self::OpenKey | Self::RsaKey => Secrecy::Open,
            Self::Chain | Self::WholeChain => Secrecy::Public,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::SealedKey => "encrypted key (PKCS#8)",
            Self::OpenKey => "key, NOT encrypted (PKCS#8)",
            Self::RsaKey => "key, NOT encrypted (traditional RSA)",
            Self::Chain => "certificate and intermediates",
            Self::WholeChain => "certificate, intermediates and root",
        }
    }
}

impl File {
    /// Returns its name for a ring.
    pub fn name(&self, ring: &str) -> String {
        self.name.replace("{ring}", ring)
    }

    /// Says what is in it.
    pub fn words(&self) -> String {
        match &self.part {
            Part::Pem(pieces) => pieces.iter().map(|p| p.words()).collect::<Vec<_>>().join(", "),
            Part::KeyStore => "encrypted key with its chain (PKCS#12)".into(),
            Part::TrustStore => "trusted roots (PKCS#12)".into(),
            Part::Facts => "names, end, key id, servers".into(),
        }
    }

    /// Returns what it tells.
    pub fn secrecy(&self) -> Secrecy {
        match &self.part {
            Part::Pem(pieces) => {
                let key = pieces.iter().map(|p| p.secrecy()).find(|s| *s != Secrecy::Public);
                key.unwrap_or(Secrecy::Public)
            }
            Part::KeyStore => Secrecy::Sealed,
            Part::TrustStore | Part::Facts => Secrecy::Public,
        }
    }

    /// Tells whether the pass phrase seals it.
    fn sealed(&self) -> bool {
        self.secrecy() == Secrecy::Sealed || matches!(self.part, Part::TrustStore)
    }
}

impl Preset {
    /// Returns what its files tell: a pass phrase is needed where one is sealed.
    pub fn secrecy(&self) -> Secrecy {
        if self.files.iter().any(File::sealed) { Secrecy::Sealed } else { Secrecy::Open }
    }

    /// Asks for it.
    pub fn asked(&self, keyring: &str) -> Export {
        Export::preset(keyring, self.name, self.secrecy())
    }

    /// Refuses a ring that the program could not use. Errors: no certificate or root yet; not an RSA key.
    pub fn fits(&self, ring: &Keyring) -> Result<()> {
        let chain = chain_of(ring, self.root)?;
        let algorithm = chain.first().map_or("", |c| c.key.algorithm.as_str());
        if self.rsa && !algorithm.starts_with("RSA ") {
            return Err(Error::refused(format!("{} takes RSA keys only.", self.title))
                .why(format!("The key of keyring {} is of the kind {algorithm}.", ring.name))
                .next("Make a keyring with an RSA key, or hand this one over to CertMgr."));
        }
        Ok(())
    }

    /// Says what will be written and which commands follow, as (label, text).
    pub fn preview(&self, ring: &Keyring, to: &str) -> Vec<(&'static str, String)> {
        let mut files: Vec<_> =
            self.files.iter().map(|f| format!("{}: {}", f.name(&ring.name), f.words())).collect();
        files.push(format!("{COMMANDS_FILE}: what follows here"));
        let warnings: Vec<_> = self.warnings.iter().map(|w| w.replace("{ring}", &ring.name)).collect();
        vec![
            ("Files", files.join("\n")),
            ("Warnings", warnings.join("\n")),
            ("Commands", self.fill_in(ring, to).trim_end().to_owned()),
        ]
    }

    /// Writes `COMMANDS.txt`.
    fn commands(&self, ring: &Keyring, to: &str) -> String {
        let mut out = format!("Keyring {} for {}\n\n", ring.name, self.title);
        for file in self.files {
            out.push_str(&format!("{}: {}\n", file.name(&ring.name), file.words()));
        }
        out.push_str("\nBefore you begin\n");
        self.warnings.iter().for_each(|w| out.push_str(&format!("- {}\n", w.replace("{ring}", &ring.name))));
        out.push_str(&format!("\nWhat to run\n\n{}", self.fill_in(ring, to)));
        out
    }

    /// Puts names into the commands: `{ring}`, `{folder}` (quoted for a shell), `{host}` (a plain host name of the
    /// certificate), `{sha256}` (its fingerprint).
    fn fill_in(&self, ring: &Keyring, to: &str) -> String {
        let plain = |name: &&str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        };
        let names: Vec<String> =
            ring.leaf().map_or_else(Vec::new, |c| c.alt_names.iter().map(AltName::value).collect());
        let host = names.iter().map(String::as_str).find(plain).unwrap_or("HOST");
        let sha256 = ring.leaf().map_or_else(String::new, |c| colons(&c.sha256.0));
        self.commands
            .replace("{ring}", &ring.name)
            .replace("{host}", host)
            .replace("{sha256}", &sha256)
            .replace("{folder}", &quoted(to))
    }
}

/// Makes everything a preset writes.
pub(super) fn pack(
    state: &State,
    ring: &Keyring,
    preset: &Preset,
    asked: &Export,
    key: Option<&PrivateKey>,
) -> Result<Parcel> {
    preset.fits(ring)?;
    let key = key.ok_or_else(|| Error::internal("The private key was not opened."))?;
    let chain = chain_of(ring, preset.root)?;
    let whole: Vec<Certificate> =
        chain.iter().cloned().chain(root_of(ring, &chain).flatten().cloned()).collect();
    let mut files = Vec::new();
    for file in preset.files {
        let mut made = Outgoing {
            name: file.name(&ring.name),
            bytes: Zeroizing::default(),
            secrecy: file.secrecy(),
            key: (file.secrecy() != Secrecy::Public).then(|| key.info().sha256),
            certificates: Vec::new(),
        };
        let ids = |all: &[Certificate]| all.iter().map(|c| c.sha256).collect::<Vec<_>>();
        made.bytes = match &file.part {
            Part::Pem(pieces) => {
                let mut parts = Vec::new();
                for piece in *pieces {
                    let certificates = if *piece == Piece::WholeChain { &whole } else { &chain };
                    parts.push(match piece {
                        Piece::SealedKey => text(key.seal(&asked.password, ROUNDS)?),
                        Piece::OpenKey => secret(open_key::pkcs8(key)),
                        Piece::RsaKey => secret(open_key::traditional(key)?),
                        Piece::Chain | Piece::WholeChain => {
                            made.certificates.extend(ids(certificates));
                            text(certificates.iter().map(|c| pem::write("CERTIFICATE", &c.der.0)).collect())
                        }
                    });
                }
                let mut bytes = Zeroizing::new(Vec::with_capacity(parts.iter().map(|p| p.len()).sum()));
                parts.iter().for_each(|p| bytes.extend_from_slice(p));
                bytes
            }
            Part::KeyStore => {
                made.certificates = ids(&whole);
                let content = Content { key: Some((key, &ring.name)), chain: &whole, roots: &[] };
                pkcs12::write(&content, &asked.password, Protection::Modern)?
            }
            Part::TrustStore => {
                let roots = roots(ring);
                made.certificates = roots.iter().map(|(_, c)| c.sha256).collect();
                let content = Content { key: None, chain: &[], roots: &roots };
                pkcs12::write(&content, &asked.password, Protection::Modern)?
            }
            Part::Facts => text(facts(state, ring)?),
        };
        files.push(made);
    }
    let commands = preset.commands(ring, &asked.to.to_string_lossy());
    files.push(Outgoing {
        name: COMMANDS_FILE.into(),
        bytes: text(commands),
        secrecy: Secrecy::Public,
        key: None,
        certificates: Vec::new(),
    });
    let how =
        if preset.files.iter().any(|f| f.secrecy() == Secrecy::Open) { "NOT encrypted" } else { "encrypted" };
    Ok(Parcel {
        files,
        folder: true,
        told: Some(format!("handed over to {}, private key {how}", preset.title)),
    })
}

/// Lists the trusted roots with their labels.
fn roots(ring: &Keyring) -> Vec<(String, Certificate)> {
    let trusted = ring.entries.iter().filter(|e| e.role == crate::model::keyring::Role::Root && e.trusted);
    trusted.map(|e| (e.label.clone(), e.certificate.clone())).collect()
}

/// Says what an administrator wants to know beside the files.
fn facts(state: &State, ring: &Keyring) -> Result<String> {
    let leaf = leaf(ring)?;
    let names: Vec<_> = leaf.alt_names.iter().map(|n| visible(&n.to_string())).collect();
    let mut servers: Vec<String> =
        state.sites_of_keyring(&ring.name).flat_map(|s| s.servers.iter().map(|n| visible(n))).collect();
    servers.extend(used::alone_with(state, &ring.name).map(|s| visible(used::called(s))));
    servers.sort_unstable();
    servers.dedup();
    let servers = if servers.is_empty() {
        "no site document and no server names this ring".into()
    } else {
        servers.join(", ")
    };
    let ski = leaf.ski.as_ref().map_or_else(|| "none".into(), |d| colons(&d.0));
    Ok(format!(
        "Keyring:                {}\nSubject:                {}\nNames:                  {}\n\
         Ends:                   {}\nKey:                    {}\nKey id (SHA-1 of SPKI): {}\n\
         Subject key identifier: {ski}\nSHA-256 of certificate: {}\nIntended servers:       {servers}\n",
        ring.name,
        visible(&leaf.subject.text()),
        names.join(", "),
        leaf.not_after.text(),
        leaf.key.algorithm,
        sha1(&leaf.key.spki.0),
        colons(&leaf.sha256.0),
    ))
}

/// Quotes a path for a shell, where it needs that.
fn quoted(path: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ':' | '@' | ',');
    let path = visible(path);
    if !path.is_empty() && path.chars().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_one_name_private_files_and_commands_that_name_them() {
        let mut names = std::collections::BTreeSet::new();
        for preset in presets() {
            assert!(names.insert(preset.name), "{} stands twice", preset.name);
            assert!(preset.files.iter().any(|f| f.secrecy() != Secrecy::Public), "{}", preset.name);
            assert!(!preset.warnings.is_empty() && preset.commands.ends_with('\n'), "{}", preset.name);
            for file in preset.files {
                assert!(file.name.starts_with("{ring}"), "{}", file.name);
                let named = preset.commands.contains(file.name);
                assert!(named || matches!(file.part, Part::Facts), "{}: {}", preset.name, file.name);
            }
            // Whatever the order, an open key is told of.
            let open = preset.files.iter().any(|f| f.secrecy() == Secrecy::Open);
            let told = preset.warnings.iter().any(|w| w.contains("not encrypted"));
            assert_eq!(open, told, "{}", preset.name);
        }
        assert!(find("none").unwrap_err().why.contains("kyrtool"));
    }

    #[test]
    fn a_path_is_quoted_for_a_shell() {
        assert_eq!(quoted("/tmp/a-b_c"), "/tmp/a-b_c");
        assert_eq!(quoted("/tmp/it's $(x)"), "'/tmp/it'\\''s $(x)'");
    }
}
