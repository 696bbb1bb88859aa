//! Reads the database of XCA, which keeps keys, certificates and revocations of its authorities in one SQLite file. Stores
//! nothing, opens no key, and reads only versions of the database whose tables are known.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::brought::{Brought, read as read_file, shown};
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::certifier::past::{History, Past};
use crate::model::error::{Error, Result};
use crate::model::issued::{Reason, Revocation};
use crate::model::time::Timestamp;
use crate::pki::{certificate, crl, index_txt, pem};

/// What every SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The versions of the tables that are known: between them, nothing that is read here has changed.
const KNOWN: std::ops::RangeInclusive<u32> = 1..=8;

/// The most rows that are read of a table.
const MOST: u32 = 1_000_000;

/// Tells whether a file is an SQLite database.
pub fn is(path: &Path) -> bool {
    let mut begins = [0; MAGIC.len()];
    let looked =
        path.is_file().then(|| std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut begins)));
    matches!(looked, Some(Ok(()))) && begins == MAGIC
}

/// Reads the authorities of a database, each with its key as it is sealed there, and what they have issued and revoked.
///
/// Errors: `Refused` for a database of another program or version, with what to export from XCA instead; `NotFound` when no
/// authority is in it; `Damaged` for an entry that cannot be read.
pub fn read(path: &Path) -> Result<Brought> {
    let name = shown(path);
    // The mode and the size are looked at as with any other file.
    let open_to_others = read_file(path, false)?.open_to_others;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| unreadable(&name, &e))?;
    connection
        .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON;")
        .map_err(|e| unreadable(&name, &e))?;
    known(&connection, &name)?;
    let base = Base { connection, name };
    let certificates = base.certificates()?;
    let authorities: BTreeMap<i64, &Certificate> =
        certificates.iter().filter(|c| c.certificate.is_ca()).map(|c| (c.item, &c.certificate)).collect();
    if authorities.is_empty() {
        return Err(Error::not_found("certificate of an authority in", &base.name));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let mut keys = 0;
    for (item, authority) in &authorities {
        bytes.extend_from_slice(pem::write("CERTIFICATE", &authority.der.0).as_bytes());
        for sealed in base.keys(*item)? {
            keys += 1;
            bytes.extend_from_slice(pem::write("ENCRYPTED PRIVATE KEY", &sealed).as_bytes());
        }
    }
    let mut history = History { from: format!("XCA database {}", base.name), ..History::default() };
    base.past(&certificates, &authorities, &mut history)?;
    if keys == 0 {
        history.remarks.push(
            "No private key of an authority is in it: it may be on a token. Name the file of the key.".into(),
        );
    }
    if keys > 1 {
        history.remarks.push(
            "It holds several authorities. Each takes over only what it has issued itself, and CRL numbers go on above the \
             highest of all."
                .into(),
        );
    }
    Ok(Brought { bytes, open_to_others, history: Some(history) })
}

/// A certificate of the database.
struct Row {
    item: i64,
    /// The entry of the certificate that has issued it.
    issuer: Option<i64>,
    certificate: Certificate,
}

struct Base {
    connection: Connection,
    name: String,
}

impl Base {
    fn rows<T>(
        &self,
        sql: &str,
        given: impl rusqlite::Params,
        of: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let all = || {
            let mut query = self.connection.prepare(&format!("{sql} LIMIT {MOST}"))?;
            let rows = query.query_map(given, of)?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        all().map_err(|e| unreadable(&self.name, &e))
    }

    fn decoded(&self, what: &str, item: i64, text: &str) -> Result<Zeroizing<Vec<u8>>> {
        pem::base64(text.as_bytes()).ok_or_else(|| {
            Error::damaged(format!("{what} {item} of {} cannot be read.", self.name)).why("It is not base64.")
        })
    }

    fn certificates(&self) -> Result<Vec<Row>> {
        let of = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?));
        let rows = self.rows("SELECT item, issuer, cert FROM certs ORDER BY item", [], of)?;
        let read = |(item, issuer, text): (i64, Option<i64>, String)| {
            let der = self.decoded("Certificate", item, &text)?;
            Ok(Row { item, issuer, certificate: certificate::read(&der)? })
        };
        rows.into_iter().map(read).collect()
    }

    /// Returns the sealed key of a certificate (PKCS#8, encrypted); none when it is not in the database.
    fn keys(&self, item: i64) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        let sql = "SELECT private_keys.private FROM x509super JOIN private_keys ON private_keys.item = x509super.pkey \
                   WHERE x509super.item = ?";
        let rows = self.rows(sql, [item], |row| row.get::<_, Option<String>>(0))?;
        let texts = rows.into_iter().flatten().filter(|text| !text.trim().is_empty());
        texts.map(|text| self.decoded("The private key of certificate", item, &text)).collect()
    }

    fn past(
        &self,
        certificates: &[Row],
        authorities: &BTreeMap<i64, &Certificate>,
        history: &mut History,
    ) -> Result<()> {
        let mut revoked = self.revocations()?;
        let key = |item: i64| -> Option<Digest> { authorities.get(&item).map(|c| c.key.sha256) };
        for Row { item, issuer, certificate } in certificates {
            let Some(issuer) = issuer.filter(|issuer| issuer != item) else { continue };
            let Some(authority) = key(issuer) else { continue };
            history.issued.push(Past {
                serial: certificate.serial.clone(),
                subject: certificate.subject.text(),
                not_after: certificate.not_after,
                certificate: Some(certificate.clone()),
                revoked: revoked.remove(&(authority, certificate.serial.clone())),
                authority: Some(authority),
            });
        }
        // What was revoked and is not kept any more still belongs on the CRL, as long as the authority lasts.
        for ((authority, serial), revocation) in revoked {
            let ends = authorities.values().filter(|c| c.key.sha256 == authority).map(|c| c.not_after).max();
            history.remarks.push(format!("Serial {serial} was revoked and its certificate is not kept."));
            history.issued.push(Past {
                serial,
                subject: "(not kept)".into(),
                not_after: ends.unwrap_or_default(),
                certificate: None,
                revoked: Some(revocation),
                authority: Some(authority),
            });
        }
        let numbers = self.rows("SELECT crlNo FROM authority", [], |row| row.get::<_, Option<i64>>(0))?;
        history.crl_number =
            numbers.into_iter().flatten().filter_map(|n| u64::try_from(n).ok()).max().unwrap_or(0);
        for text in self.rows("SELECT crl FROM crls", [], |row| row.get::<_, Option<String>>(0))? {
            let Some(der) = text.and_then(|text| pem::base64(text.as_bytes())) else { continue };
            let read = authorities.values().filter_map(|c| crl::read(&der, c).ok());
            history.crl_number = read.map(|info| info.number).max().unwrap_or(0).max(history.crl_number);
        }
        Ok(())
    }

    /// Returns the revocations by the key of the authority and the serial number.
    fn revocations(&self) -> Result<BTreeMap<(Digest, crate::model::bytes::Serial), Revocation>> {
        let sql = "SELECT revocations.caId, revocations.serial, revocations.date, revocations.invaldate, \
                   revocations.reasonBit, certs.cert FROM revocations JOIN certs ON certs.item = revocations.caId";
        let of = |row: &rusqlite::Row<'_>| {
            let text = |at| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
            Ok((row.get::<_, i64>(0)?, text(1)?, text(2)?, text(3)?, row.get::<_, Option<u8>>(4)?, text(5)?))
        };
        let mut all = BTreeMap::new();
        for (item, serial, date, invalid, reason, cert) in self.rows(sql, [], of)? {
            let authority = certificate::read(&self.decoded("Certificate", item, &cert)?)?.key.sha256;
            let lost = || {
                Error::damaged(format!("A revocation in {} cannot be read.", self.name))
                    .why(format!(
                        "Serial \"{}\" revoked on \"{}\".",
                        crate::model::escape::visible(&serial),
                        crate::model::escape::visible(&date)
                    ))
                    .next("Repair it in XCA first: what was revoked must not be lost.")
            };
            let at = index_txt::moment(&date).ok_or_else(lost)?;
            let number = index_txt::serial_of(serial.trim()).ok_or_else(lost)?;
            let invalidity: Option<Timestamp> = index_txt::moment(&invalid);
            let reason = reason.and_then(Reason::from_code).unwrap_or(Reason::Unspecified);
            let (by, comment) = (String::new(), String::new());
            all.insert((authority, number), Revocation { at, reason, invalidity, by, comment });
        }
        Ok(all)
    }
}

/// Refuses a database that is not one of XCA whose tables are known.
fn known(connection: &Connection, name: &str) -> Result<()> {
    let next = "In XCA, export the authority as PKCS#12 or as PEM with its key, and its latest CRL, and bring those.";
    let version = connection
        .query_row("SELECT value FROM settings WHERE key_ = 'schema'", [], |row| row.get::<_, String>(0));
    match version.ok().map(|text| text.trim().parse::<u32>()) {
        None => Err(Error::refused(format!("{name} is a database, and not one of XCA."))
            .why("It is SQLite without the settings that XCA writes.")
            .next("Bring keys, certificates and requests as files.")),
        Some(Ok(version)) if KNOWN.contains(&version) => Ok(()),
        Some(_) => Err(Error::refused(format!("{name} is not read."))
            .why("It is a database of a version of XCA that is not known here.")
            .next(next)),
    }
}

fn unreadable(name: &str, why: &rusqlite::Error) -> Error {
    Error::damaged(format!("{name} cannot be read as a database of XCA."))
        .why(format!("{}.", crate::model::escape::visible(&why.to_string())))
        .next("Close XCA first; or export the authority there as PKCS#12, with its latest CRL, and bring those.")
}
