//! Previews CRLs, brings them to where peers fetch them, and proves that what is served is what was signed. What a CRL
//! holds is decided in `ops::issue_crl`; where it goes on this machine, in the settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Desk, perform};
use crate::config::Config;
use crate::model::State;
use crate::model::bytes::Der;
use crate::model::certifier::{Certifier, CrlInfo};
use crate::model::change::{Change, Fact};
use crate::model::crl::{CrlKind, parts};
use crate::model::error::{Error, Result};
use crate::ops::issue_crl::{self, Preview};
use crate::ops::roles::{self, Act};
use crate::pki::{crl, pem, sha256};
use crate::store::outside::shown;
use crate::store::{document, publish};

/// Where this machine publishes the CRLs of certifiers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    folders: BTreeMap<String, Vec<PathBuf>>,
    commands: BTreeMap<String, Vec<String>>,
}

impl Targets {
    /// Takes them from the settings.
    pub fn of(config: &Config) -> Self {
        Self { folders: config.crl_folders.clone(), commands: config.crl_commands.clone() }
    }

    /// Tells whether there are any for a certifier.
    pub fn has(&self, certifier: &str) -> bool {
        self.folders.get(certifier).is_some_and(|all| !all.is_empty())
            || self.commands.contains_key(certifier)
    }
}

/// What became of publishing or proving.
#[derive(Debug, Clone)]
pub struct Published {
    /// The state afterwards.
    pub state: Arc<State>,
    /// One sentence.
    pub message: String,
    /// What was done at each target.
    pub lines: Vec<String>,
}

impl Desk {
    /// Returns where this machine publishes CRLs.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Previews the CRLs that would be signed now.
    pub fn preview_crl(&mut self, certifier: &str, kind: CrlKind) -> Result<Vec<Preview>> {
        let (state, now) = (self.store.state(), self.present());
        let prepared = perform::crls(self, &state, certifier, kind, now)?;
        let before = self.store.ledger().current_crls(certifier)?;
        issue_crl::preview(&state, certifier, prepared, &before, now)
    }

    /// Brings the current CRLs of a certifier to every target, each file read back where that can be done. A target that
    /// fails does not stop the rest; what was published is recorded.
    ///
    /// Errors: no target, no CRL, not the person for it; every target failed.
    pub fn push(&mut self, certifier: &str) -> Result<Published> {
        self.writable()?;
        let (state, now) = (self.store.state(), self.present());
        let issuer = crate::ops::certifier(&state, certifier)?;
        roles::require(issuer, &self.operator, Act::SignCrl)?;
        if !self.targets.has(certifier) {
            return Err(Error::refused(format!("No target is named for the CRLs of certifier {certifier}."))
                .why("Targets are settings of the machine that publishes, not of the workspace.")
                .next("Name a folder or a command in config.ron: crl_folders, crl_commands."));
        }
        let all = self.store.ledger().current_crls(certifier)?;
        let number = complete(certifier, &all)?.0.number;
        let (what, one) = named(number, &all);
        let (is, was) = if one { ("is", "was") } else { ("are", "were") };
        let (mut lines, mut facts, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        let kept_out = self.folder().to_owned();
        for folder in self.targets.folders.get(certifier).into_iter().flatten() {
            let target = format!("folder {}", shown(folder));
            let files: Vec<_> = all
                .iter()
                .flat_map(|signed| {
                    file_names(&state, issuer, &signed.0).into_iter().map(move |name| (name, signed))
                })
                .collect();
            let fresh = files.iter().try_for_each(|(name, (crl, _))| not_newer(folder, name, issuer, crl));
            let write = |(name, (_, der)): &(String, &(CrlInfo, Der))| {
                publish::to_folder(folder, name, &der.0, &kept_out)?;
                let text = pem::write("X509 CRL", &der.0);
                publish::to_folder(folder, &format!("{name}.pem"), text.as_bytes(), &kept_out)
            };
            match fresh.and_then(|()| files.iter().try_for_each(write)) {
                Ok(()) => {
                    let names: Vec<_> = files.into_iter().map(|(name, _)| name).collect();
                    lines.push(format!("{target}: {} and as PEM, read back", names.join(", ")));
                    facts.push((target, true));
                }
                Err(error) => failures.push(format!("{target}: {error}")),
            }
        }
        if let Some(command) = self.targets.commands.get(certifier) {
            let target = format!("command {}", command.first().map_or("", String::as_str));
            let paths =
                all.iter().flat_map(|(crl, der)| document::crl(certifier, crl, &der.0).into_iter().take(1));
            let mut said = Vec::new();
            let ran = paths.map(|write| kept_out.join(write.path)).try_for_each(|path| {
                publish::run(command, &path, publish::LONGEST).map(|text| said.push(text))
            });
            let said = said.join("\n");
            lines.extend(said.lines().filter(|l| !l.is_empty()).map(|l| format!("{target}: {l}")));
            match ran {
                Ok(()) => {
                    lines.push(format!("{target}: done"));
                    facts.push((target, false));
                }
                Err(error) => failures.push(format!("{target}: {error}")),
            }
        }
        if facts.is_empty() {
            return Err(Error::refused(format!("{what} of certifier {certifier} {was} not published."))
                .why(failures.join(" "))
                .next("Set it right and publish again.")
                .command("certifier.push"));
        }
        let facts = facts.into_iter().map(|(target, proved)| Fact::CrlPublished {
            certifier: certifier.to_owned(),
            number,
            target,
            at: now,
            proved,
        });
        let change = Change { facts: facts.collect(), files: Vec::new() };
        let outcome = self.work(&mut |_, _, _| Ok(change.clone()))?;
        let failed = failures.len();
        lines.extend(failures);
        let message = match failed {
            0 => format!("{what} of certifier {certifier} {is} published."),
            _ => format!("{what} of certifier {certifier} {is} published, but not at every target."),
        };
        Ok(Published { state: outcome.state, message, lines })
    }

    /// Compares what peers fetch with what was signed, and records it when it is the current CRL. `source` says where the
    /// bytes come from.
    ///
    /// Errors: `Refused` when it is an older list, one of another key, or altered, with what it is.
    pub fn prove(&mut self, certifier: &str, source: &str, bytes: &[u8]) -> Result<Published> {
        self.writable()?;
        let (state, now) = (self.store.state(), self.present());
        let issuer = crate::ops::certifier(&state, certifier)?;
        let all = self.store.ledger().current_crls(certifier)?;
        let latest = complete(certifier, &all)?.0.number;
        let found = pem::find(bytes).ok().and_then(|found| found.crls.into_iter().next());
        let der = Der(found.unwrap_or_else(|| bytes.to_vec()));
        let refused =
            || Error::refused(format!("What is served is not the current CRL of certifier {certifier}."));
        let Some((current, _)) = all.iter().find(|(_, signed)| *signed == der) else {
            let why = match crl::read(&der.0, &issuer.certificate) {
                Ok(read) => format!(
                    "{source} is CRL {} of {}, and {latest} is the latest.",
                    read.number,
                    read.this_update.text()
                ),
                Err(error) => format!("{source}: {error}"),
            };
            return Err(refused().why(why).next("Publish the current one.").command("certifier.push"));
        };
        // A delta list or a part stands for the round it was signed in.
        let fact = Fact::CrlProved {
            certifier: certifier.to_owned(),
            number: if current.base.is_some() || current.partition > 0 { latest } else { current.number },
            sha256: sha256(&der.0),
            source: source.to_owned(),
            at: now,
        };
        let outcome = self.work(&mut |_, _, _| Ok(Change::of(fact.clone())))?;
        Ok(Published { state: outcome.state, message: outcome.message, lines: Vec::new() })
    }
}

/// Finds the complete CRL. Errors: there is none yet.
fn complete<'a>(certifier: &str, all: &'a [(CrlInfo, Der)]) -> Result<&'a (CrlInfo, Der)> {
    all.iter().find(|(crl, _)| crl.base.is_none() && crl.partition == 0).ok_or_else(|| {
        Error::refused(format!("Certifier {certifier} has no CRL yet."))
            .next("Sign one.")
            .command("certifier.crl")
    })
}

/// Names the current CRLs: the complete one of this number, its parts, the delta CRL; tells whether it is one alone.
fn named(number: u64, all: &[(CrlInfo, Der)]) -> (String, bool) {
    let count = all.iter().filter(|(crl, _)| crl.partition > 0).count();
    let its = (count > 0).then(|| format!("its {}", parts(count)));
    let delta =
        all.iter().find(|(crl, _)| crl.base.is_some()).map(|(d, _)| format!("delta CRL {}", d.number));
    let what = match (its, delta) {
        (Some(its), Some(delta)) => format!("CRL {number}, {its} and {delta}"),
        (Some(one), None) | (None, Some(one)) => format!("CRL {number} and {one}"),
        (None, None) => return (format!("CRL {number}"), true),
    };
    (what, false)
}

/// Returns the names of a CRL's files where it is published: the ends of the addresses at which certificates look for it, the
/// present one first; without any the certifier's name. An earlier address that another certifier has now is left to it.
fn file_names(state: &State, certifier: &Certifier, crl: &CrlInfo) -> Vec<String> {
    let word = match (crl.base, crl.partition) {
        (Some(_), _) => "-delta".to_owned(),
        (None, 0) => String::new(),
        (None, part) => format!("-{part}"),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let others = || state.certifiers.values().filter(|c| c.name != certifier.name);
    let mut names = Vec::new();
    for (i, address) in certifier.crl_addresses(crl).into_iter().enumerate() {
        if i > 0 && others().any(|other| other.crl_addresses(crl).first() == Some(&address)) {
            continue;
        }
        let end = address.rsplit('/').next().unwrap_or_default();
        let unfit = end.is_empty() || end.starts_with('.') || !end.chars().all(plain);
        let name = if unfit { format!("{}{word}.crl", certifier.name) } else { end.to_owned() };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(format!("{}{word}.crl", certifier.name));
    }
    names
}

/// Refuses to take a newer CRL of the same key away from peers: what it revokes would count as good again. It is there when
/// this workspace is an older copy, or another one has signed since.
fn not_newer(folder: &Path, name: &str, issuer: &Certifier, crl: &CrlInfo) -> Result<()> {
    let there = std::fs::read(folder.join(name)).ok();
    let there = there.and_then(|bytes| crl::read(&bytes, &issuer.certificate).ok());
    match there.filter(|there| there.number > crl.number) {
        None => Ok(()),
        Some(there) => Err(Error::refused(format!(
            "{name} there is CRL {} of {}, newer than CRL {}.",
            there.number,
            there.this_update.text(),
            crl.number
        ))
        .why("What was revoked since would count as good again.")
        .next(
            "Publish from the newer workspace; if it is lost, ringmaster audit reconcile, and sign a CRL.",
        )),
    }
}
