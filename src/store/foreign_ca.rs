//! Reads the folder of an authority that another program has run: `openssl ca` and what is built on it, such as easy-rsa.
//! Stores nothing and opens no key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::brought::{Brought, read, shown};
use super::file;
use crate::model::bytes::Serial;
use crate::model::certificate::Certificate;
use crate::model::certifier::past::{History, Past};
use crate::model::error::{Error, Result};
use crate::pki::{crl, index_txt, pem};

/// The most certificate files that are looked into.
const MOST: usize = 200_000;

/// Reads the folder of an authority: its certificate, its key as it is sealed there, its latest CRL, and its past.
///
/// Errors: `NotFound` when there is neither a database nor a certificate; `Damaged` for a line of the database that cannot be
/// read, with its number; those of reading a file.
pub fn folder(path: &Path) -> Result<Brought> {
    let name = shown(path);
    let places = Places::of(path)?;
    let Some(own) = places.first(&places.certificate) else {
        return Err(Error::not_found("certificate of an authority in", &name)
            .why("Looked for what openssl.cnf names, cacert.pem, ca.crt, ca.pem and certs/ca.cert.pem.")
            .next(
                "Name the folder of an openssl ca or easy-rsa authority, or a file with key and certificate.",
            ));
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let mut add = |file: &Path| -> Result<()> {
        bytes.extend_from_slice(&read(file, false)?.bytes);
        bytes.push(b'\n');
        Ok(())
    };
    add(&own)?;
    let key = places.first(&places.key);
    let open_to_others = match &key {
        Some(key) => {
            let open = read(key, false)?.open_to_others;
            add(key)?;
            open
        }
        None => None,
    };
    let chain = places.first(&["chain.pem".into(), "ca-chain.pem".into(), "certs/ca-chain.cert.pem".into()]);
    if let Some(chain) = chain {
        add(&chain)?;
    }
    let mut history = History { from: format!("{} folder {name}", places.program), ..History::default() };
    if key.is_none() {
        history.remarks.push("Its private key was not found beside it; name the file of the key.".into());
    }
    let authorities = pem::find(&read(&own, false)?.bytes)?.certificates;
    if let Some(authority) = authorities.first() {
        places.past(authority, &mut history)?;
    }
    Ok(Brought { bytes, open_to_others, history: Some(history) })
}

/// Where the files of an authority are.
struct Places {
    program: &'static str,
    folder: PathBuf,
    certificate: Vec<PathBuf>,
    key: Vec<PathBuf>,
    database: Vec<PathBuf>,
    crl_number: Vec<PathBuf>,
    crl: Vec<PathBuf>,
    new_certificates: Vec<PathBuf>,
}

impl Places {
    fn of(path: &Path) -> Result<Self> {
        let easy = |p: &Path| p.join("ca.crt").is_file() && p.join("private").is_dir();
        let folder = match path.join("pki") {
            pki if easy(&pki) => pki,
            _ => path.to_owned(),
        };
        let program = if easy(&folder) { "easy-rsa" } else { "openssl ca" };
        let all = |names: &[&str]| -> Vec<PathBuf> { names.iter().map(PathBuf::from).collect() };
        let mut places = Self {
            program,
            folder,
            certificate: all(&[
                "cacert.pem",
                "ca.crt",
                "ca.pem",
                "ca.cert.pem",
                "certs/ca.cert.pem",
                "certs/ca.crt",
            ]),
            key: all(&[
                "private/cakey.pem",
                "private/ca.key",
                "private/ca.key.pem",
                "private/cakey.key",
                "ca.key",
                "cakey.pem",
                "ca-key.pem",
            ]),
            database: all(&["index.txt"]),
            crl_number: all(&["crlnumber", "crlnumber.txt"]),
            crl: all(&["crl.pem", "crl/crl.pem", "crl/ca.crl.pem", "ca.crl"]),
            new_certificates: all(&[
                "newcerts",
                "certs_by_serial",
                "revoked/certs_by_serial",
                "renewed/certs_by_serial",
                // Versions since 3.1 move what they renew by its name, and keep no copy by its serial number.
                "renewed/issued",
                "issued",
                "certs",
            ]),
        };
        if let Some(settings) = places.first(&all(&["openssl.cnf", "openssl.conf", "ca.cnf", "ca.conf"])) {
            let text = String::from_utf8_lossy(&read(&settings, false)?.bytes).into_owned();
            let named = settings_of(&text);
            for (field, name) in [
                (&mut places.certificate, "certificate"),
                (&mut places.key, "private_key"),
                (&mut places.database, "database"),
                (&mut places.crl_number, "crlnumber"),
                (&mut places.crl, "crl"),
                (&mut places.new_certificates, "new_certs_dir"),
            ] {
                if let Some(value) = named.get(name) {
                    field.insert(0, PathBuf::from(value));
                }
            }
        }
        Ok(places)
    }

    /// Finds the first of some places that is there. What is not absolute is looked for in the folder, and by its last part,
    /// for a folder is often moved and its settings still name the old place.
    fn first(&self, all: &[PathBuf]) -> Option<PathBuf> {
        let tail = |p: &PathBuf| -> Vec<PathBuf> {
            let parts: Vec<_> = p.iter().collect();
            let short = |n: usize| {
                parts.get(parts.len().saturating_sub(n)..).unwrap_or_default().iter().collect::<PathBuf>()
            };
            vec![self.folder.join(p), self.folder.join(short(2)), self.folder.join(short(1))]
        };
        all.iter().flat_map(tail).find(|p| p.exists())
    }

    /// Reads what was issued and revoked, and the CRL number.
    fn past(&self, authority: &Certificate, history: &mut History) -> Result<()> {
        let mut kept: BTreeMap<Vec<u8>, Certificate> = BTreeMap::new();
        for folder in self.new_certificates.iter().map(|f| self.folder.join(f)).filter(|f| f.is_dir()) {
            for name in file::names(&folder)?.into_iter().take(MOST) {
                let path = folder.join(&name);
                if !path.is_file() || kept.len() >= MOST {
                    continue;
                }
                let found = read(&path, false).and_then(|b| pem::find(&b.bytes));
                let Ok(found) = found else {
                    history.remarks.push(format!("{} holds no certificate that can be read.", shown(&path)));
                    continue;
                };
                let issued =
                    |c: &Certificate| c.issuer.der == authority.subject.der && c.sha256 != authority.sha256;
                for c in found.certificates.into_iter().filter(issued) {
                    kept.insert(minimal(&c.serial), c);
                }
            }
        }
        if let Some(database) = self.first(&self.database) {
            let bytes = read(&database, false)?.bytes;
            let name = shown(&database);
            let mut places: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
            for entry in index_txt::read(&String::from_utf8_lossy(&bytes), &name)? {
                let serial = minimal(&entry.serial);
                let certificate = kept.remove(&serial);
                if entry.serial == authority.serial && authority.is_self_issued() {
                    continue;
                }
                if let Some(before) = places.get(&serial).and_then(|place| history.issued.get_mut(*place)) {
                    history.remarks.push(format!(
                        "Serial {} stands in {name} more than once; what revokes it counts.",
                        entry.serial
                    ));
                    before.revoked = before.revoked.take().or(entry.revoked);
                    continue;
                }
                places.insert(serial, history.issued.len());
                history.issued.push(Past { certificate, ..entry });
            }
        } else {
            history.remarks.push(
                "There is no index.txt: of revocations only those are known that stand on a CRL.".into(),
            );
        }
        for (_, c) in kept {
            history
                .remarks
                .push(format!("Serial {} is not in the database; it is taken over as issued.", c.serial));
            history.issued.push(Past {
                serial: c.serial.clone(),
                subject: c.subject.text(),
                not_after: c.not_after,
                certificate: Some(c),
                revoked: None,
                authority: None,
            });
        }
        if let Some(file) = self.first(&self.crl_number) {
            let text = String::from_utf8_lossy(&read(&file, false)?.bytes).trim().to_owned();
            match u64::from_str_radix(&text, 16) {
                // The file holds the number that comes next.
                Ok(next) => history.crl_number = next.saturating_sub(1),
                Err(_) => history.remarks.push(format!("{} holds no CRL number.", shown(&file))),
            }
        }
        if let Some(file) = self.first(&self.crl) {
            listed(authority, &pem::find(&read(&file, false)?.bytes)?.crls, history);
        }
        Ok(())
    }
}

/// Takes over what CRLs of an authority say: their numbers, and what is revoked by them and not by its other files.
pub fn listed(authority: &Certificate, crls: &[Vec<u8>], history: &mut History) {
    for der in crls {
        if let Ok(info) = crl::read(der, authority) {
            history.crl_number = history.crl_number.max(info.number);
        }
        let entries = match crl::revocations(der, authority) {
            Ok(entries) => entries,
            Err(error) => {
                history.remarks.push(format!("A CRL was not looked into. {error}"));
                continue;
            }
        };
        let key = authority.key.sha256;
        let own = history.issued.iter().enumerate().filter(|(_, p)| p.authority.is_none_or(|k| k == key));
        let mut places: BTreeMap<Vec<u8>, usize> = own.map(|(at, p)| (minimal(&p.serial), at)).collect();
        for (serial, revocation) in entries {
            let place = places.get(&minimal(&serial)).copied();
            match place.and_then(|place| history.issued.get_mut(place)) {
                Some(past) if past.revoked.is_some() => {}
                Some(past) => {
                    past.revoked = Some(revocation);
                    history.remarks.push(format!("Serial {serial} is revoked by the CRL alone."));
                }
                // It still belongs on the CRL, as long as the authority lasts.
                None => {
                    places.insert(minimal(&serial), history.issued.len());
                    history.remarks.push(format!("Of serial {serial} only the CRL tells."));
                    history.issued.push(Past {
                        serial,
                        subject: "(not kept)".into(),
                        not_after: authority.not_after,
                        certificate: None,
                        revoked: Some(revocation),
                        authority: Some(key),
                    });
                }
            }
        }
    }
}

/// Returns a serial number without the zero octets before it, as programs differ in writing them.
fn minimal(serial: &Serial) -> Vec<u8> {
    serial.0.iter().copied().skip_while(|b| *b == 0).collect()
}

/// Reads the section of `openssl ca` from its settings, with `$dir` and other variables put in.
fn settings_of(text: &str) -> BTreeMap<String, String> {
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut section = String::from("default");
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
        } else if let Some((name, value)) = line.split_once('=') {
            let values = sections.entry(section.clone()).or_default();
            values.insert(name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
        }
    }
    let named = sections.get("ca").and_then(|s| s.get("default_ca")).cloned();
    let own = sections.get(&named.unwrap_or_else(|| "CA_default".into())).cloned().unwrap_or_default();
    let outer = sections.remove("default").unwrap_or_default();
    let mut done = BTreeMap::new();
    for (name, value) in &own {
        let mut value = value.clone();
        // Variables may name others; more than a few levels are nonsense.
        for _ in 0..5 {
            for (variable, with) in own.iter().chain(&outer) {
                for written in [format!("${{{variable}}}"), format!("$({variable})"), format!("${variable}")]
                {
                    value = value.replace(&written, with);
                }
            }
        }
        done.insert(name.clone(), value.chars().take(4096).collect());
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_places_with_variables() {
        let text = "[ ca ]\ndefault_ca = mine # this one\n[mine]\ndir=./demo\ndatabase = $dir/index.txt\n\
                    new_certs_dir=${dir}/new\nprivate_key = $dir/private/key.pem\n[other]\ndatabase=/x";
        let read = settings_of(text);
        assert_eq!(read["database"], "./demo/index.txt");
        assert_eq!(read["new_certs_dir"], "./demo/new");
    }

    proptest::proptest! {
        #[test]
        fn any_settings_are_read(text: String) {
            let _ = settings_of(&text);
        }
    }
}
