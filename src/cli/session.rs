//! What a command has at hand: the settings, the workspace once it is needed, the printer and the passwords.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::print::{self, Printer};
use super::secrets::Secrets;
use crate::config::Config;
use crate::desk::export::Asked;
use crate::desk::{Desk, Outcome, Verb};
use crate::model::State;
use crate::model::certificate::Certificate;
use crate::model::certifier::past::History;
use crate::model::certifier::rollover::LINK;
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::export::What;
use crate::model::field::{Look, Record};
use crate::model::finding::Subject;
use crate::model::keyring::Keyring;
use crate::model::protection::KeyProtection;
use crate::model::secret::Secret;
use crate::model::witness::Witness;
use crate::pki::pem::{Found, Opening};
use crate::store::brought::Brought;
use crate::store::{brought, foreign_ca, foreign_xca, shares, workspace};

/// How often a wrong password may be typed again.
const TRIES: usize = 3;

/// What stands in a column of a list.
pub(super) enum Cell<T> {
    /// A field of the record, by name.
    Field(&'static str),
    /// Something shorter than the field.
    Word(fn(&T, &Look<'_>) -> String),
}

/// One run of a command.
pub(super) struct Session<'a> {
    /// The settings.
    pub(super) config: Config,
    /// Whether JSON is printed.
    pub(super) json: bool,
    /// The printer.
    pub(super) out: Printer<'a>,
    /// The passwords.
    pub(super) secrets: Secrets,
    workspace: Option<PathBuf>,
    read_only: bool,
    witness: Option<Witness>,
    desk: Option<Desk>,
}

impl<'a> Session<'a> {
    /// Makes a session; the workspace is opened when it is first needed.
    pub(super) fn new(
        config: Config,
        workspace: Option<PathBuf>,
        read_only: bool,
        json: bool,
        out: Printer<'a>,
        secrets: Secrets,
    ) -> Self {
        Self { config, json, out, secrets, workspace, read_only, witness: None, desk: None }
    }

    /// Takes what a witness says of the step that comes next.
    pub(super) fn witnessed_by(&mut self, witness: Witness) {
        self.witness = Some(witness);
    }

    /// Opens the workspace.
    pub(super) fn desk(&mut self) -> Result<&mut Desk> {
        if self.desk.is_none() {
            let mut desk = Desk::open(&self.config, self.workspace.as_deref(), self.read_only)?;
            if let Some(why) = desk.read_only().filter(|_| !self.read_only) {
                self.out.note(&format!("The workspace is opened for reading only: {why}"));
            }
            if let Some(warning) = Desk::link_warning() {
                self.out.note(&warning);
            }
            if let Some(witness) = self.witness.take() {
                desk.witness(witness);
            }
            self.desk = Some(desk);
        }
        self.desk.as_mut().ok_or_else(|| Error::internal("The workspace was not opened."))
    }

    /// Tells whether there is a workspace already; opening one where there is none would make it.
    pub(super) fn has_workspace(&self) -> bool {
        let folder = self.workspace.as_deref().unwrap_or(&self.config.workspace);
        self.desk.is_some() || matches!(workspace::look(folder), Ok(workspace::Found::Workspace))
    }

    /// Returns the state of the workspace.
    pub(super) fn state(&mut self) -> Result<Arc<State>> {
        Ok(self.desk()?.state())
    }

    /// Opens the workspace and refuses when it can only be read: a password that is of no use is not asked.
    pub(super) fn writable(&mut self) -> Result<()> {
        match self.desk()?.read_only() {
            None => Ok(()),
            Some(why) => Err(Error::new(Kind::ReadOnly, "Nothing can be changed here.").why(why)),
        }
    }

    /// Runs a verb, asks for the passwords it needs, and prints what is true now.
    pub(super) fn run(&mut self, verb: Verb) -> Result<u8> {
        if verb.signs()
            && let Some(warning) = self.desk()?.clock_warning()?
        {
            self.out.note(&warning);
        }
        let outcome = self.perform(verb)?;
        self.tell(&outcome);
        Ok(0)
    }

    /// Runs a verb, and asks for the passwords it needs.
    pub(super) fn perform(&mut self, mut verb: Verb) -> Result<Outcome> {
        let mut asked = 0;
        loop {
            let error = match self.desk()?.run(verb.clone()) {
                Ok(outcome) => return Ok(outcome),
                Err(error) => error,
            };
            let again = match error.kind {
                Kind::Locked => asked == 0,
                // A wrong line of a file stays wrong; a person may type again.
                Kind::WrongPassword => asked > 0 && asked < TRIES && !self.secrets.unattended(),
                _ => false,
            };
            if !again {
                return Err(error);
            }
            if asked > 0 {
                self.out.note(&error.what);
            }
            asked += 1;
            let locked = self.certifiers_of(&verb)?;
            if let Some(keyring) = verb.keyring() {
                if asked == 1 {
                    self.out.note(&error.why);
                }
                let then = if verb.brings_back() { ", as it was then" } else { "" };
                let password = self.secrets.ask(&format!("Password of keyring {keyring}{then}"))?;
                verb = verb.with_password(password);
            } else if locked.is_empty() {
                return Err(error);
            } else {
                locked.iter().try_for_each(|certifier| self.unlock(certifier))?;
            }
        }
    }

    /// Asks for the password of a keyring, unless its stash opens it.
    pub(super) fn ring_password(&mut self, keyring: &str) -> Result<Option<Secret>> {
        if self.desk()?.opens_by_itself(keyring) {
            return Ok(None);
        }
        self.secrets.ask(&format!("Password of keyring {keyring}")).map(Some)
    }

    /// Lets something out of the workspace, and prints what became of it.
    pub(super) fn export(&mut self, asked: &Asked, mut password: Option<Secret>) -> Result<u8> {
        let mut tries = 1;
        let done = loop {
            match (self.desk()?.export(asked, password.as_ref()), asked) {
                (Err(error), Asked::Keyring(of))
                    if error.kind == Kind::WrongPassword && tries < TRIES && !self.secrets.unattended() =>
                {
                    self.out.note(&error.what);
                    password = Some(self.secrets.ask(&format!("Password of keyring {}", of.keyring))?);
                }
                (done, _) => break done?,
            }
            tries += 1;
        };
        if self.json {
            let value = json!({ "message": done.message, "lines": done.lines, "commands": done.commands });
            self.out.json(&value);
            return Ok(0);
        }
        self.out.line(&done.message);
        done.lines.iter().for_each(|line| self.out.line(&format!("  {line}")));
        if let Some(commands) = done.commands {
            self.out.line("");
            commands.lines().for_each(|line| self.out.line(line));
        }
        Ok(0)
    }

    /// Prints what holds no private key. Errors: a terminal cannot show it, or it is several files.
    pub(super) fn export_here(&mut self, asked: &Asked) -> Result<u8> {
        let form = match asked {
            Asked::Certificates(of) => Some(of.form),
            Asked::Keyring(of) => match of.what {
                What::Form(form) => Some(form),
                What::Preset(_) => None,
            },
        };
        if form.is_some_and(|f| !f.info().text) && std::io::stdout().is_terminal() {
            return Err(Error::usage("A terminal cannot show this form.").next("Name a new file: --to FILE."));
        }
        let (parcel, missing) = self.desk()?.exported(asked)?;
        let [file] = parcel.files.as_slice() else {
            return Err(Error::usage("Several files do not fit on the standard output.")
                .next("Name a new folder: --to FOLDER."));
        };
        missing.iter().for_each(|line| self.out.note(line));
        self.out.bytes(&file.bytes);
        Ok(0)
    }

    /// Unlocks a certifier for this run.
    pub(super) fn unlock(&mut self, certifier: &str) -> Result<()> {
        self.with_key(certifier, &mut |desk, given| desk.unlock(certifier, given))
    }

    /// Asks for what opens the key of a certifier, and does something with it; a person may type again.
    pub(super) fn with_key<T>(
        &mut self,
        certifier: &str,
        act: &mut dyn FnMut(&mut Desk, &[Secret]) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            let given = self.answers(certifier)?;
            match act(self.desk()?, &given) {
                Err(error) if error.kind == Kind::WrongPassword => {
                    if self.secrets.unattended() || attempt == TRIES {
                        return Err(error);
                    }
                    self.out.note(&error.what);
                }
                other => return other,
            }
            attempt += 1;
        }
    }

    /// Asks for what opens the key of a certifier, one after the other. A share that cannot be right is named at once.
    fn answers(&mut self, certifier: &str) -> Result<Vec<Secret>> {
        let state = self.state()?;
        let protection = state.certifiers.get(certifier).map(|c| c.protection.clone()).unwrap_or_default();
        let mut given: Vec<Secret> = Vec::new();
        for question in protection.asks(certifier) {
            let mut tries = 1;
            loop {
                let answer = self.secrets.ask(&question)?;
                let checked = match protection {
                    KeyProtection::Shares { .. } => shares::check(&protection, &given, &answer).map(|_| ()),
                    _ => Ok(()),
                };
                match checked {
                    Err(error) if tries < TRIES && !self.secrets.unattended() => {
                        self.out.note(&error.to_string());
                        tries += 1;
                    }
                    // What is still wrong is refused, and recorded, where the key is opened.
                    _ => {
                        given.push(answer);
                        break;
                    }
                }
            }
        }
        Ok(given)
    }

    /// Lists the certifiers that a verb needs and that are still locked.
    fn certifiers_of(&mut self, verb: &Verb) -> Result<Vec<String>> {
        let desk = self.desk()?;
        let (state, unlocked) = (desk.state(), desk.unlocked());
        let mut needed = verb.signers(&state, &self.config.operator);
        needed.retain(|name| !unlocked.contains(name));
        Ok(needed)
    }

    /// Prints what became of a verb.
    pub(super) fn tell(&mut self, outcome: &Outcome) {
        if self.json {
            let facts = outcome.facts.iter();
            let facts: Vec<Value> =
                facts.map(|f| json!({ "what": f.word(), "subject": print::subject(&f.subject()) })).collect();
            return self.out.json(&json!({ "message": outcome.message, "facts": facts }));
        }
        let lines: Vec<String> = outcome.facts.iter().filter_map(line).collect();
        if lines.len() < 2 {
            return self.out.line(&outcome.message);
        }
        lines.iter().for_each(|line| self.out.line(line));
    }

    /// Prints a record, and what the checks find about it.
    pub(super) fn show<T: Record>(&mut self, record: &T, subject: &Subject) -> Result<()> {
        let state = self.state()?;
        let now = Desk::now();
        let look = Look { state: &state, now, soon: self.config.soon(), zone: self.config.zone.as_ref() };
        if self.json {
            self.out.json(&Value::Object(print::object(record, &look)));
            return Ok(());
        }
        self.out.record(record, &look);
        let findings = crate::doctor::examine(&state, now, &self.config.expiry_bands);
        let mut weighed = crate::doctor::weigh(&state, now, findings);
        weighed.open.retain(|f| f.subject == *subject);
        weighed.accepted.retain(|(f, _)| f.subject == *subject);
        if !weighed.open.is_empty() || !weighed.accepted.is_empty() {
            self.out.line("");
            self.out.findings(&weighed.open);
        }
        for (finding, risk) in &weighed.accepted {
            self.out.line(&format!("accepted {}: {} It is {}.", finding.rule, finding.text, risk.words()));
        }
        Ok(())
    }

    /// Prints records as a table of these columns (heading, field), or all their fields as JSON. Files below `folder` that
    /// could not be read are named beside it.
    pub(super) fn list<'r, T: Record>(
        &mut self,
        records: impl Iterator<Item = &'r T>,
        columns: &[(&str, Cell<T>)],
        folder: &str,
    ) -> Result<u8> {
        let state = self.state()?;
        let look = Look {
            state: &state,
            now: Desk::now(),
            soon: self.config.soon(),
            zone: self.config.zone.as_ref(),
        };
        self.out.left_alone(state.unreadable.iter().filter(|unread| unread.path.starts_with(folder)));
        if self.json {
            let all = records.map(|r| Value::Object(print::object(r, &look))).collect();
            self.out.json(&Value::Array(all));
            return Ok(0);
        }
        let text = |record: &T, cell: &Cell<T>| match cell {
            Cell::Field(name) => {
                let field = T::field(name).filter(|f| record.applies(f.name));
                field.map_or_else(String::new, |f| (f.get)(record, &look))
            }
            Cell::Word(word) => word(record, &look),
        };
        let rows: Vec<Vec<String>> =
            records.map(|r| columns.iter().map(|(_, cell)| text(r, cell)).collect()).collect();
        if rows.is_empty() {
            self.out.note(&format!("There is no {} here.", T::NOUN));
            return Ok(0);
        }
        let headings: Vec<_> = columns.iter().map(|(heading, _)| *heading).collect();
        self.out.table(&headings, &rows);
        Ok(0)
    }

    /// Reads and recognises a file, or the standard input for `-`, and asks for its password when nothing in it can be used
    /// without. What in it could not be read is told as remarks.
    pub(super) fn find(&mut self, file: &Path) -> Result<Found> {
        let some = |f: &Found| !(f.certificates.is_empty() && f.requests.is_empty() && f.crls.is_empty());
        Ok(self.bring(file, some)?.found)
    }

    /// Reads and recognises a file, or the standard input for `-`. What is locked in it is opened unless what it holds
    /// without is `enough`: its password is asked on the terminal, or is the next line of the password file.
    ///
    /// Errors: those of reading and recognising; `Locked` without a terminal or a line; `WrongPassword`.
    pub(super) fn bring(&mut self, file: &Path, enough: fn(&Found) -> bool) -> Result<Holding> {
        let source = print::source(file);
        let brought = if file == Path::new("-") {
            if self.secrets.use_standard_input() {
                return Err(Error::usage("The standard input cannot give both the file and the passwords.")
                    .next("Give the passwords on another file descriptor: --password-fd 3 3<FILE."));
            }
            brought::read_stream(&mut std::io::stdin().lock(), &source)?
        } else {
            brought::read(file, true)?
        };
        self.open_up(&brought, &source, enough)
    }

    /// Reads an authority that was run elsewhere: a folder with its past, or a file.
    pub(super) fn bring_authority(&mut self, place: &Path) -> Result<(Holding, History)> {
        let enough: fn(&Found) -> bool = |found| !found.keys.is_empty();
        if foreign_xca::is(place) {
            let mut brought = foreign_xca::read(place)?;
            let history = brought.history.take().unwrap_or_default();
            return Ok((self.open_up(&brought, &print::source(place), enough)?, history));
        }
        if !place.is_dir() {
            let mut history =
                History { from: format!("file {}", brought::shown(place)), ..History::default() };
            let holding = self.bring(place, enough)?;
            let found = &holding.found;
            let has_key = |c: &Certificate| found.keys.iter().any(|k| k.key.info().sha256 == c.key.sha256);
            for authority in found.certificates.iter().filter(|c| c.is_ca() && has_key(c)) {
                foreign_ca::listed(authority, &found.crls, &mut history);
            }
            return Ok((holding, history));
        }
        let mut brought = foreign_ca::folder(place)?;
        let history = brought.history.take().unwrap_or_default();
        Ok((self.open_up(&brought, &format!("folder {}", brought::shown(place)), enough)?, history))
    }

    fn open_up(&mut self, brought: &Brought, source: &str, enough: fn(&Found) -> bool) -> Result<Holding> {
        let named = |error: Error| Error { what: format!("{source}: {}", error.what), ..error };
        let (mut found, ring) = brought::recognise(&brought.bytes, Opening::default()).map_err(named)?;
        let mut tries = 0;
        while ring.is_none() && tries < TRIES && !found.locked.is_empty() && !enough(&found) {
            tries += 1;
            if tries == 1 && !self.secrets.unattended() {
                self.out.note(&format!("{source} holds {}.", found.locked_words().join("; ")));
            }
            let password = self.secrets.ask(&format!("Password of {source}"))?;
            let opening = Opening { password: Some(&password), stop: None };
            match brought::recognise(&brought.bytes, opening) {
                // A wrong line of a file stays wrong; a person may type again.
                Err(error)
                    if error.kind == Kind::WrongPassword && tries < TRIES && !self.secrets.unattended() =>
                {
                    self.out.note(&error.what);
                }
                opened => {
                    found = opened.map_err(named)?.0;
                    break;
                }
            }
        }
        for unread in &found.unread {
            self.out.note(&format!("{source}: {unread}"));
        }
        if let (Some(how), true) = (&brought.open_to_others, found.keys.iter().any(|k| k.open)) {
            self.out.note(&format!(
                "{source}: others can read the private key in it, which is not encrypted. {how}"
            ));
        }
        Ok(Holding { found, ring })
    }
}

/// What a file holds.
pub(super) struct Holding {
    /// What was recognised.
    pub(super) found: Found,
    /// A whole keyring of ours, when it is one.
    pub(super) ring: Option<Keyring>,
}

/// Says what became true of one of several things done at once.
fn line(fact: &Fact) -> Option<String> {
    match fact {
        Fact::RequestReceived { request } if request.keyring.is_none() => {
            Some(format!("Request {} waits for a decision: {}.", request.id, request.pkcs10.subject))
        }
        Fact::CertificateIssued { issued, .. } if issued.profile == LINK => None,
        Fact::CertificateIssued { issued, .. } => Some(format!(
            "{} signed {} with serial {}; it ends on {}.",
            issued.certifier,
            issued.subject,
            issued.serial,
            issued.not_after.date()
        )),
        Fact::CertificateRevoked { certifier, serial, reason, .. }
        | Fact::RevocationChanged { certifier, serial, reason, .. } => {
            Some(format!("{certifier} {serial} is revoked: {}.", reason.name()))
        }
        Fact::CertificateReleased { certifier, serial, .. } => {
            Some(format!("{certifier} {serial} is released."))
        }
        _ => None,
    }
}
