//! Reading a workspace whole into a State, and holding its files against what the ledger knows of them. Writes nothing.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::file::{self, Stamp};
use super::ledger::Ledger;
use super::ledger::known::Made;
use super::ledger::sqlite::SqliteLedger;
use super::probes::Probes;
use super::workspace::Stamps;
use super::{accepted, certifier_key, compromised, directory, document, kyr, sth};
use crate::model::State;
use crate::model::bytes::{Digest, colons};
use crate::model::certifier::{Certifier, CrlInfo};
use crate::model::error::{Error, Kind, Result};
use crate::model::keyring::{Keyring, Role, check_name};
use crate::model::profile::Profile;
use crate::model::protection::KeyProtection;
use crate::model::unread::{Sort, Unread};
use crate::pki::chain::signed_by;
use crate::pki::parallel;

/// How it begins what is said of a file that is not there.
const MISSING: &str = "It is missing, and the audit chain tells of it.";

/// Reads a workspace. What is the same as in `before` is not read again; what cannot be read is named in `unreadable`.
/// `keys` tells whether stashes open for this user.
///
/// Files of a commit that a crash left on their way, and that nobody could finish yet because the workspace is
/// read-only, are read from where they wait.
pub(super) fn load(
    folder: &Path,
    ledger: &SqliteLedger,
    keys: &sth::StashKeys,
    before: Option<(&State, &Stamps)>,
) -> Result<(State, Stamps)> {
    let pending = ledger.pending_files()?;
    let waiting = pending.into_iter().map(|p| (p.path, p.temporary)).collect();
    let (key, state, stamps) = (OnceCell::new(), State::default(), Stamps::new());
    let mut load = Load { folder, keys, key, before, waiting, state, stamps };
    load.state.generation = ledger.generation()?;
    let (issued, revoked, next_request) = ledger.counts()?;
    (load.state.issued, load.state.revoked, load.state.next_request) = (issued, revoked, next_request);
    let requests = ledger.open_requests()?.into_iter().chain(ledger.closed_requests(State::CLOSED_KEPT)?);
    load.state.requests = requests.map(|r| (r.id, r)).collect();
    let made = ledger.made()?;
    load.keyrings(&made)?;
    load.sites()?;
    load.servers()?;
    load.people()?;
    load.tasks()?;
    load.certifiers(ledger, &made)?;
    load.profiles()?;
    load.compromised()?;
    load.accepted();
    load.state.owed = ledger.owed()?;
    load.state.published = ledger.published()?;
    load.standings(ledger)?;
    load.state.visits = Probes { folder: folder.to_owned() }.latest()?;
    Ok((load.state, load.stamps))
}

type Bytes = Zeroizing<Vec<u8>>;

/// So many files of rings and stashes are read as one piece of work.
const PART: usize = 16;

struct Load<'a> {
    folder: &'a Path,
    keys: &'a sth::StashKeys,
    /// The key of this user's stashes, read when the first stash is looked at.
    key: OnceCell<Result<sth::StashKey>>,
    before: Option<(&'a State, &'a Stamps)>,
    /// Files on their way: path and temporary file, which is empty for a removal.
    waiting: BTreeMap<String, String>,
    state: State,
    stamps: Stamps,
}

impl<'a> Load<'a> {
    fn keyrings(&mut self, made: &Made) -> Result<()> {
        let mut known = kyr::Known::new();
        let names = self.names("keyrings")?;
        let mut read = if self.before.is_none() { self.rings(&names)? } else { BTreeMap::new() };
        for (name, extension) in &names {
            let path = format!("keyrings/{name}.{extension}");
            let beside = |other: &str| names.binary_search(&(name.clone(), other.into())).is_ok();
            match extension.as_str() {
                "sth" if beside("kyr") => self.stash(name, path)?,
                "sth" => {
                    if made.keyrings.contains(name) {
                        // It may go to the history when the lost ring is crossed off.
                        self.stamp(&path)?;
                    }
                    self.lonely(name, path);
                }
                e if e.eq_ignore_ascii_case("kyr") => {
                    let stash = beside("sth");
                    let same = self.unchanged(&path, |s| s.keyrings.get(name).filter(|r| r.stash == stash));
                    let ring = match same {
                        Some(ring) => Ok(ring.clone()),
                        None => match read.remove(&path) {
                            Some((ring, stamp)) => {
                                self.stamps.insert(path.clone(), stamp);
                                ring
                            }
                            None => match self.private(&path) {
                                Ok(bytes) => kyr::read_with(name, &bytes, stash, &mut known),
                                Err(error) => Err(self.stranger(name, &path).unwrap_or(error)),
                            },
                        },
                    };
                    let ring = good_name(name).and(ring);
                    self.keep(path, ring, |s, ring| s.keyrings.insert(ring.name.clone(), ring));
                }
                _ => {}
            }
        }
        for name in &made.keyrings {
            let of_name = names.get(names.partition_point(|(stem, _)| stem < name)..).unwrap_or_default();
            let mut of_name = of_name.iter().take_while(|(stem, _)| stem == name);
            if of_name.any(|(_, extension)| extension.eq_ignore_ascii_case("kyr")) {
                continue;
            }
            let next = format!(
                "Bring its last version back with: ringmaster keyring undelete {name}, or restore it from a backup. If it is \
                 not to come back: ringmaster keyring delete {name} --confirm {name}"
            );
            self.unread(format!("keyrings/{name}.kyr"), Sort::Missing, &format!("{MISSING} {next}"));
        }
        Ok(())
    }

    /// Reads all rings on all cores, by path; what cannot be opened is left out, and told where it is read alone.
    fn rings(&self, names: &[(String, String)]) -> Result<BTreeMap<String, (Result<Keyring>, Stamp)>> {
        let (folder, waiting) = (self.folder, &self.waiting);
        let parts: Vec<_> = names.chunks(PART).collect();
        let read = parallel::map(&parts, |part| {
            let mut known = kyr::Known::new();
            let ring = |(name, extension): &(String, String)| {
                let path = format!("keyrings/{name}.{extension}");
                let (bytes, stamp) = file::read_private(&place(folder, waiting, &path)).ok()?;
                let stash = names.binary_search(&(name.clone(), "sth".into())).is_ok();
                Some((path, (kyr::read_with(name, &bytes, stash, &mut known), stamp)))
            };
            let rings = part.iter().filter(|(_, extension)| extension.eq_ignore_ascii_case("kyr"));
            Ok(rings.filter_map(ring).collect::<Vec<_>>())
        });
        Ok(read?.into_iter().flatten().collect())
    }

    /// Tells of a stash beside which no ring stands, and of which ring it says that it is.
    fn lonely(&mut self, name: &str, path: String) {
        let mut why = "No keyring of this name stands beside it.".to_owned();
        // Read without a stamp: no commit shall write over it unseen.
        let read = file::read_private(&self.at(&path)).ok();
        let ring = read.and_then(|(bytes, _)| sth::ring(name, &bytes));
        match ring.filter(|ring| ring != name) {
            Some(ring) => why.push_str(&format!(" It is the stash of keyring {ring}.")),
            None => why.push_str(" Its ring was renamed, moved or deleted."),
        }
        self.unread(path, Sort::StashAlone, &why);
    }

    /// Looks whether a stash fits its ring and opens for this user. One that does not is told, and may be replaced all
    /// the same.
    fn stash(&mut self, name: &str, path: String) -> Result<()> {
        let fits = |s: &&Keyring, before: &State| s.stash && before.unread(&path).is_none();
        if self.unchanged(&path, |s| s.keyrings.get(name).filter(|ring| fits(ring, s))).is_some() {
            return Ok(());
        }
        self.stamp(&path)?;
        let bytes = self.private(&path);
        let Some(ring) = self.state.keyrings.get(name) else { return Ok(()) };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                self.unread_for(path, &error);
                return Ok(());
            }
        };
        let key = self.key.get_or_init(|| self.keys.existing());
        let opened = sth::check(&bytes, ring).and_then(|()| sth::open_with(&bytes, ring, key));
        if let Err(error) = opened {
            let sort = if error.kind == Kind::Misnamed { Sort::Misnamed } else { Sort::StashUnfit };
            // What helps is said by the rule that tells of it.
            self.unread(path, sort, &Error { next: String::new(), ..error }.to_string());
        }
        Ok(())
    }

    /// Finds the revocations of what stands in keyrings, documents of persons and certifiers, and what in a keyring names a certifier
    /// here as its issuer and is not in its issued list.
    fn standings(&mut self, ledger: &SqliteLedger) -> Result<()> {
        let any = self.state.revoked > 0;
        for entry in self.state.keyrings.values().flat_map(|ring| &ring.entries) {
            let certificate = &entry.certificate;
            let issuer = self.state.certifier_of(certificate);
            // Nobody revokes a root.
            let revocable = any && entry.role != Role::Root;
            if issuer.is_none() && !revocable {
                continue;
            }
            match ledger.standing(&certificate.sha256)? {
                Some(Some(revocation)) if revocable => {
                    self.state.revocations.insert(certificate.sha256, revocation);
                }
                None if issuer.is_some_and(|c| signed_by(certificate, &c.certificate)) => {
                    self.state.unlisted.insert(certificate.sha256);
                }
                _ => {}
            }
        }
        let people = self.state.people.values().flat_map(|person| &person.certificates);
        let authorities =
            self.state.certifiers.values().flat_map(|c| std::iter::once(&c.certificate).chain(&c.chain));
        for certificate in people.chain(authorities.filter(|c| !c.is_self_issued())) {
            if any && let Some(Some(revocation)) = ledger.standing(&certificate.sha256)? {
                self.state.revocations.insert(certificate.sha256, revocation);
            }
        }
        Ok(())
    }

    fn sites(&mut self) -> Result<()> {
        for (name, extension) in self.names("directory/sites")? {
            if extension != "ron" {
                continue;
            }
            let path = directory::site_path(&name);
            let site = match self.unchanged(&path, |s| s.sites.get(&name)) {
                Some(site) => Ok(site.clone()),
                None => self.public(&path).and_then(|b| directory::read_site(&name, &b)),
            };
            let site = good_name(&name).and(site);
            self.keep(path, site, |s, site| s.sites.insert(site.name.clone(), site));
        }
        Ok(())
    }

    fn tasks(&mut self) -> Result<()> {
        for (name, extension) in self.names("tasks")? {
            if extension != "ron" {
                continue;
            }
            let path = document::task_path(&name);
            let task = match self.unchanged(&path, |s| s.tasks.get(&name)) {
                Some(task) => Ok(task.clone()),
                None => self.public(&path).and_then(|b| document::read_task(&name, &b)),
            };
            let task = good_name(&name).and(task);
            self.keep(path, task, |s, task| s.tasks.insert(task.name.clone(), task));
        }
        Ok(())
    }

    fn servers(&mut self) -> Result<()> {
        for (name, extension) in self.names("directory/servers")? {
            if extension != "ron" {
                continue;
            }
            let path = directory::server_path(&name);
            let server = match self.unchanged(&path, |s| s.servers.get(&name)) {
                Some(server) => Ok(server.clone()),
                None => self.public(&path).and_then(|b| directory::read_server(&name, &b)),
            };
            let server = good_name(&name).and(server);
            self.keep(path, server, |s, server| s.servers.insert(server.name.clone(), server));
        }
        Ok(())
    }

    fn people(&mut self) -> Result<()> {
        for (name, extension) in self.names("directory/people")? {
            if extension != "ron" {
                continue;
            }
            let path = directory::person_path(&name);
            let person = match self.unchanged(&path, |s| s.people.get(&name)) {
                Some(person) => Ok(person.clone()),
                None => self.public(&path).and_then(|b| directory::read_person(&name, &b)),
            };
            let person = good_name(&name).and(person);
            self.keep(path, person, |s, person| s.people.insert(person.name.clone(), person));
        }
        Ok(())
    }

    fn certifiers(&mut self, ledger: &SqliteLedger, made: &Made) -> Result<()> {
        let mut crls: BTreeMap<_, _> = ledger.crls()?.into_iter().collect();
        for name in file::names(&self.folder.join("certifiers"))? {
            let place = self.folder.join("certifiers").join(&name);
            if file::is_link(&place) {
                self.unread_for(format!("certifiers/{name}"), &file::link(&place));
                continue;
            }
            if name.starts_with('.')
                || !place.is_dir()
                || self.names(&format!("certifiers/{name}"))?.is_empty()
            {
                continue;
            }
            let files = self.names(&format!("certifiers/{name}"))?;
            let there = |stem: &str, end: &str| files.iter().any(|(s, e)| s == stem && e == end);
            if there("awaited", "ron") && !there("certifier", "ron") {
                self.awaited(&name, ledger)?;
                continue;
            }
            let path = document::certifier_path(&name, "certifier.ron");
            let pem = document::certifier_path(&name, "certificate.pem");
            let crl = crls.remove(&name);
            let mut parts = vec![path.clone(), pem.clone()];
            let more = ["chain", "links"].into_iter().filter(|stem| there(stem, "pem"));
            parts.extend(more.map(|stem| document::certifier_path(&name, &format!("{stem}.pem"))));
            let same = |part: &String| self.unchanged(part, |s| s.certifiers.get(&name));
            let same = parts.iter().map(same).collect::<Option<Vec<_>>>();
            let certifier = match same.and_then(|all| all.first().copied()) {
                Some(same) => Ok(Certifier { crl, ..same.clone() }),
                None => self.certifier(&name, &parts, crl),
            };
            let certifier = good_name(&name).and(certifier).and_then(|c| match made.certifiers.get(&name) {
                Some(sha256) if *sha256 == c.certificate.sha256 => Ok(c),
                Some(sha256) => {
                    Err(Error::damaged(format!("{pem} is not the certificate of certifier {name}."))
                        .why(format!(
                            "It was made with the certificate {}, and this is {}: somebody has replaced it.",
                            colons(&sha256.0),
                            colons(&c.certificate.sha256.0)
                        ))
                        .next("Do not trust it. Restore the folder from its .history or from a backup."))
                }
                None => Err(Error::damaged(format!("The audit chain knows no certifier {name}."))
                    .why("It was not made in this workspace, or the ledger is older than it.")
                    .next("Move the folder away, or restore ledger and folder from the same backup.")),
            });
            // The signatures count only by the certificate that the audit chain tells of.
            let certifier = certifier.and_then(|c| {
                if !c.versions.is_empty() {
                    return Ok(c);
                }
                let versions = document::read_policies(&c, &self.policies(&c)?)?;
                Ok(Certifier { versions, ..c })
            });
            let mut certifier = certifier;
            match &mut certifier {
                Ok(certifier) if certifier.status.has_key() => {
                    let key = certifier.certificate.key.sha256;
                    let before = |s: &'a State| s.certifiers.get(&name).map(|c| c.protection.clone());
                    certifier.protection = self.certifier_key(&name, &key, before)?.unwrap_or_default();
                }
                Ok(_) => {}
                Err(_) => parts.iter().for_each(|part| {
                    self.stamps.remove(part);
                }),
            }
            self.keep(path, certifier, |s, c| s.certifiers.insert(c.name.clone(), c));
        }
        for name in made.certifiers.keys() {
            let place = format!("certifiers/{name}");
            let told =
                |path: &str| path.strip_prefix(&place).is_some_and(|p| p.is_empty() || p.starts_with('/'));
            let known = self.state.certifiers.contains_key(name);
            if !known && !self.state.unreadable.iter().any(|unread| told(&unread.path)) {
                let why = format!("{MISSING} Restore its folder from a backup.");
                self.unread(document::certifier_path(name, "certifier.ron"), Sort::Missing, &why);
            }
        }
        Ok(())
    }

    /// Reads the files of a certifier.
    fn certifier(&mut self, name: &str, parts: &[String], crl: Option<CrlInfo>) -> Result<Certifier> {
        let mut read = BTreeMap::new();
        for part in parts {
            read.insert(part.as_str(), self.public(part)?);
        }
        let of = |file: &str| {
            let found = read.get(document::certifier_path(name, file).as_str());
            found.map_or(&[][..], |bytes| bytes.as_slice())
        };
        let (ron, certificate) = (of("certifier.ron"), of("certificate.pem"));
        let (chain, links) = (of("chain.pem"), of("links.pem"));
        document::read_certifier(name, &document::CertifierFiles { ron, certificate, chain, links }, crl)
    }

    /// Reads a certifier that waits for its certificate.
    fn awaited(&mut self, name: &str, ledger: &SqliteLedger) -> Result<()> {
        let path = document::certifier_path(name, "awaited.ron");
        let pem = document::certifier_path(name, "request.pem");
        let same = self.unchanged(&path, |s| s.awaited.get(name));
        let awaited = match same.and_then(|_| self.unchanged(&pem, |s| s.awaited.get(name))) {
            Some(same) => Ok(same.clone()),
            None => self.public(&path).and_then(|ron| {
                let request = self.public(&pem)?;
                document::read_awaited(name, &ron, &request)
            }),
        };
        let known = ledger.awaited()?;
        let awaited = good_name(name).and(awaited).and_then(|a| match known.get(name) {
            Some(sha256) if *sha256 == a.request.sha256 => Ok(a),
            _ => Err(Error::damaged(format!(
                "The audit chain knows no awaited certifier {name} with this request."
            ))
            .why("It was not made in this workspace, or the ledger is older than it.")
            .next("Move the folder away, or restore ledger and folder from the same backup.")),
        });
        match &awaited {
            Ok(awaited) => {
                let key = awaited.request.key.sha256;
                self.certifier_key(name, &key, |s| s.awaited.get(name).map(|_| KeyProtection::default()))?;
            }
            Err(_) => drop(self.stamps.remove(&pem)),
        }
        self.keep(path, awaited, |s, a| s.awaited.insert(a.name.clone(), a));
        Ok(())
    }

    /// Reads the signed versions of a certifier's policy, back from the present one as far as there are any.
    fn policies(&mut self, certifier: &Certifier) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut signed = Vec::new();
        for version in (1..=certifier.policy.version).rev() {
            let (text, signature) = document::policy_paths(&certifier.name, version);
            let text = match self.public(&text) {
                Err(error) if error.kind == Kind::NotFound => break,
                text => text?,
            };
            signed.push((text.to_vec(), self.public(&signature)?.to_vec()));
        }
        signed.reverse();
        Ok(signed)
    }

    /// Looks whether the sealed key of a certifier is there, private, and its own, and returns how it is protected; `before`
    /// finds how it was in a state that has the certifier.
    fn certifier_key(
        &mut self,
        name: &str,
        key: &Digest,
        before: impl Fn(&'a State) -> Option<KeyProtection>,
    ) -> Result<Option<KeyProtection>> {
        let path = certifier_key::path(name);
        let find = |s: &'a State| Some(s).filter(|s| before(s).is_some() && s.unread(&path).is_none());
        if let Some(same) = self.unchanged(&path, find) {
            return Ok(before(same));
        }
        self.stamp(&path)?;
        let checked = self.private(&path).and_then(|bytes| certifier_key::check(name, &bytes, key));
        match checked {
            Ok(protection) => return Ok(Some(protection)),
            Err(e) if e.kind == Kind::NotFound => {
                let why =
                    format!("{MISSING} Without it the certifier signs nothing. Restore it from a backup.");
                self.unread(path, Sort::Missing, &why);
            }
            Err(e) => self.unread_for(path, &e),
        }
        Ok(None)
    }

    fn profiles(&mut self) -> Result<()> {
        for (name, text) in document::embedded_profiles() {
            let profile = document::read_profile(name, text.as_bytes())?;
            self.state.profiles.insert(name.into(), profile);
        }
        for (name, extension) in self.names("profiles")? {
            if extension != "ron" {
                continue;
            }
            let path = format!("profiles/{name}.ron");
            let profile: Result<Profile> = self.public(&path).and_then(|b| document::read_profile(&name, &b));
            if profile.is_err() {
                // Issuing by the embedded one instead would be a silent change of policy.
                self.state.profiles.remove(&name);
            }
            self.keep(path, profile, |s, p| s.profiles.insert(p.name.clone(), p));
        }
        Ok(())
    }

    fn compromised(&mut self) -> Result<()> {
        for (name, extension) in self.names("compromised")? {
            let path = compromised::list_path(&name, &extension);
            match extension.as_str() {
                "ron" if name == compromised::OWN => {
                    let reported = self.public(&path).and_then(|b| compromised::read_reported(&b));
                    self.keep(path, reported, |s, all| s.compromised = all);
                }
                "ron" => {
                    let list = self.public(&path).and_then(|b| compromised::read_list(&name, &b));
                    self.keep(path, list, |s, list| s.key_lists.insert(list.name.clone(), list));
                }
                // The entries are searched where they lie.
                "keys" => self.stamp(&path)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn accepted(&mut self) {
        let there = |path: &str| self.at(path).exists();
        if there(accepted::PATH) {
            let risks = self.public(accepted::PATH).and_then(|b| accepted::read(&b));
            self.keep(accepted::PATH.into(), risks, |s, risks| s.accepted = risks);
        }
    }

    /// Lists the files of a folder as (stem, extension), in order.
    fn names(&self, folder: &str) -> Result<Vec<(String, String)>> {
        let split = |name: String| {
            name.rsplit_once('.').map(|(stem, extension)| (stem.to_owned(), extension.to_owned()))
        };
        let mut names = file::names(&self.folder.join(folder))?;
        for (path, temporary) in &self.waiting {
            let Some(name) = path.strip_prefix(folder).and_then(|p| p.strip_prefix('/')) else { continue };
            names.retain(|n| n != name);
            if !temporary.is_empty() {
                names.push(name.to_owned());
            }
        }
        let mut names: Vec<_> = names.into_iter().filter(|n| !n.starts_with('.')).filter_map(split).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Returns where a file is: in its place, or where it waits.
    fn at(&self, path: &str) -> PathBuf {
        place(self.folder, &self.waiting, path)
    }

    /// Finds what a file said when it was read before, if it is still that version.
    fn unchanged<T>(&mut self, path: &str, find: impl FnOnce(&'a State) -> Option<&'a T>) -> Option<&'a T> {
        let (state, stamps) = self.before?;
        let stamp = file::stamp(&self.at(path)).ok()??;
        let found = stamps.get(path).filter(|s| **s == stamp).and_then(|_| find(state))?;
        self.stamps.insert(path.into(), stamp);
        Some(found)
    }

    /// Says what a file is that could not be read as a ring and is none: that helps more than advice about its mode.
    fn stranger(&self, name: &str, path: &str) -> Option<Error> {
        let (bytes, _) = file::read_public(&self.at(path)).ok()?;
        kyr::read(name, &bytes, false).err().filter(|e| e.kind == Kind::Foreign)
    }

    fn private(&mut self, path: &str) -> Result<Bytes> {
        let (bytes, stamp) = file::read_private(&self.at(path))?;
        self.stamps.insert(path.into(), stamp);
        Ok(bytes)
    }

    fn public(&mut self, path: &str) -> Result<Bytes> {
        let (bytes, stamp) = file::read_public(&self.at(path))?;
        self.stamps.insert(path.into(), stamp);
        Ok(bytes)
    }

    /// Remembers the version of a file that is there.
    fn stamp(&mut self, path: &str) -> Result<()> {
        if let Some(stamp) = file::stamp(&self.at(path))? {
            self.stamps.insert(path.into(), stamp);
        }
        Ok(())
    }

    fn keep<T, O>(&mut self, path: String, read: Result<T>, put: impl FnOnce(&mut State, T) -> O) {
        match read {
            Ok(value) => {
                put(&mut self.state, value);
            }
            Err(e) => {
                // Without a stamp no commit writes over it.
                self.stamps.remove(&path);
                self.unread_for(path, &e);
            }
        }
    }

    fn unread_for(&mut self, path: String, error: &Error) {
        self.unread(path, error.kind.into(), &error.to_string());
    }

    fn unread(&mut self, path: String, sort: Sort, why: &str) {
        let path = crate::model::escape::visible(&path);
        self.state.unreadable.push(Unread { path, why: why.to_owned(), sort });
    }
}

/// Returns where a file is: in its place, or where it waits.
fn place(folder: &Path, waiting: &BTreeMap<String, String>, path: &str) -> PathBuf {
    match waiting.get(path).map(|temporary| folder.join(temporary)) {
        Some(temporary) if temporary.is_file() => temporary,
        _ => folder.join(path),
    }
}

fn good_name(name: &str) -> Result<()> {
    check_name(name).map_err(|why| Error::refused("Its name cannot be used here.").why(why))
}
