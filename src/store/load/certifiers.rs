//! Reading certifiers, and those that wait for their certificate, and holding them against what the audit chain tells of
//! them. Opens no key.

use std::collections::BTreeMap;

use super::{Load, MISSING, good_name};
use crate::model::State;
use crate::model::bytes::{Digest, colons};
use crate::model::certifier::{Certifier, CrlInfo};
use crate::model::error::{Error, Kind, Result};
use crate::model::protection::KeyProtection;
use crate::model::unread::Sort;
use crate::store::ledger::known::Made;
use crate::store::ledger::sqlite::SqliteLedger;
use crate::store::{certifier_key, document, file};

/// Why the audit chain does not tell of a folder, and what to do then.
const ELSEWHERE: [&str; 2] = [
    "It was not made in this workspace, or the ledger is older than it.",
    "Move the folder away, or restore ledger and folder from the same backup.",
];

impl<'a> Load<'a> {
    pub(super) fn certifiers(&mut self, ledger: &SqliteLedger, made: &Made) -> Result<()> {
        let mut crls: BTreeMap<_, _> = ledger.crls()?.into_iter().collect();
        for name in file::names(&self.folder.join("certifiers"))? {
            let place = self.folder.join("certifiers").join(&name);
            if file::is_link(&place) {
                self.unread_for(format!("certifiers/{name}"), &file::link(&place));
                continue;
            }
            if name.starts_with('.') || !place.is_dir() {
                continue;
            }
            let files = self.names(&format!("certifiers/{name}"))?;
            if files.is_empty() {
                continue;
            }
            let there = |stem: &str, end: &str| files.iter().any(|(s, e)| s == stem && e == end);
            if there("awaited", "ron") && !there("certifier", "ron") {
                self.awaited(&name, ledger)?;
                continue;
            }
            let path = document::certifier_path(&name, "certifier.ron");
            let crl = crls.remove(&name);
            let mut parts = vec![path.clone(), document::certifier_path(&name, "certificate.pem")];
            let more = ["chain", "links"].into_iter().filter(|stem| there(stem, "pem"));
            parts.extend(more.map(|stem| document::certifier_path(&name, &format!("{stem}.pem"))));
            let same = |part: &String| self.unchanged(part, |s| s.certifiers.get(&name));
            let same = parts.iter().map(same).collect::<Option<Vec<_>>>();
            let certifier = match same.and_then(|all| all.first().copied()) {
                Some(same) => Ok(Certifier { crl, ..same.clone() }),
                None => self.certifier(&name, &parts, crl),
            };
            let certifier = good_name(&name).and(certifier).and_then(|c| known(c, made));
            // The signatures count only by the certificate that the audit chain tells of.
            let mut certifier = certifier.and_then(|c| {
                if !c.versions.is_empty() {
                    return Ok(c);
                }
                let versions = document::read_policies(&c, &self.policies(&c)?)?;
                Ok(Certifier { versions, ..c })
            });
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
            .why(ELSEWHERE[0])
            .next(ELSEWHERE[1])),
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
}

/// Holds a certifier against the one that the audit chain tells of.
fn known(certifier: Certifier, made: &Made) -> Result<Certifier> {
    let (name, found) = (&certifier.name, &certifier.certificate.sha256);
    match made.certifiers.get(name) {
        Some(sha256) if sha256 == found => Ok(certifier),
        Some(sha256) => {
            let pem = document::certifier_path(name, "certificate.pem");
            Err(Error::damaged(format!("{pem} is not the certificate of certifier {name}."))
                .why(format!(
                    "It was made with the certificate {}, and this is {}: somebody has replaced it.",
                    colons(&sha256.0),
                    colons(&found.0)
                ))
                .next("Do not trust it. Restore the folder from its .history or from a backup."))
        }
        None => Err(Error::damaged(format!("The audit chain knows no certifier {name}."))
            .why(ELSEWHERE[0])
            .next(ELSEWHERE[1])),
    }
}
