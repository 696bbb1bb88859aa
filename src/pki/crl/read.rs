//! Reads CRLs without holding entries, and compares two of them.

use std::collections::HashMap;

use aws_lc_rs::digest;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::{CRL_NUMBER, DELTA, DISTRIBUTION, INVALIDITY, REASON};
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::certifier::CrlInfo;
use crate::model::error::{Error, Result};
use crate::model::issued::{Reason, Revocation};
use crate::model::time::Timestamp;
use crate::pki::der::tlv;
use crate::pki::issue::signed_parts;
use crate::pki::signature::{self, Verdict};

/// Reads a CRL and checks its signature by `issuer`. Errors: malformed, another issuer, a signature that does not fit or
/// cannot be checked, no next update, no number or one over 64 bits, an issuer that must not sign CRLs.
pub fn read(der: &[u8], issuer: &Certificate) -> Result<CrlInfo> {
    let list = List::open_any(der)?;
    if list.issuer != issuer.subject.der.0 {
        return Err(
            Error::refused(format!("The CRL is not of {}.", issuer.subject)).why("It names another issuer.")
        );
    }
    if issuer.key_usage.is_some_and(|u| u.0 & KeyUsage::CRL_SIGN == 0) {
        return Err(Error::refused(format!("{} may not sign CRLs.", issuer.subject))
            .why("Its key usage lacks cRLSign (RFC 5280 section 6.3.3)."));
    }
    match list.signature_by(issuer) {
        Verdict::Good | Verdict::Weak(_) => {}
        Verdict::Bad => {
            return Err(Error::damaged("The signature of the CRL does not fit.")
                .why(format!("It was altered, or another key than that of {} made it.", issuer.subject)));
        }
        Verdict::CannotCheck(what) => {
            return Err(Error::refused("The signature of the CRL cannot be checked here.").why(what));
        }
    }
    let missing =
        |what: &str| Error::damaged(format!("The CRL has no {what}.")).why("RFC 5280 section 5 demands it.");
    let mut entries = 0;
    list.walk(|_, _| {
        entries += 1;
        true
    })?;
    let digest = digest::digest(&digest::SHA256, der);
    Ok(CrlInfo {
        number: list.number.ok_or_else(|| missing("CRL number of at most 64 bits"))?,
        this_update: list.this_update,
        next_update: list.next_update.ok_or_else(|| missing("next update"))?,
        entries,
        sha256: Digest(
            digest.as_ref().try_into().map_err(|_| Error::internal("SHA-256 is not 32 octets long."))?,
        ),
        base: list.base,
        ..CrlInfo::default()
    })
}

/// Tells whether and why a serial is revoked by a CRL. Reasons that the console does not give itself (a hold, a fallen
/// authority) are told as `Unspecified`. The signature is not checked here. Errors: malformed, a partial list.
pub fn revoked(der: &[u8], serial: &Serial) -> Result<Option<Reason>> {
    List::open(der)?.find(serial)
}

/// Lists what a complete CRL of `issuer` revokes, whatever its number; a CRL without one, or with one that is too large, tells
/// as well. Errors: malformed, a partial list, another issuer, a signature that does not fit or cannot be checked.
pub fn revocations(der: &[u8], issuer: &Certificate) -> Result<Vec<(Serial, Revocation)>> {
    let list = List::open(der)?;
    let good = matches!(list.signature_by(issuer), Verdict::Good | Verdict::Weak(_));
    if list.issuer != issuer.subject.der.0 || !good {
        return Err(Error::refused(format!("The CRL is not of {}.", issuer.subject)));
    }
    let (mut found, mut unread) = (Vec::new(), false);
    list.visit(|entry| {
        let time = |bytes| ASN1Time::from_der(bytes).ok().map(|(_, at)| Timestamp(at.timestamp()));
        let at = time(entry.date);
        unread |= at.is_none();
        found.push((
            Serial(entry.serial.to_vec()),
            Revocation {
                at: at.unwrap_or_default(),
                reason: entry.reason,
                invalidity: entry.invalidity.and_then(time),
                by: String::new(),
                comment: String::new(),
            },
        ));
        true
    })?;
    if unread {
        return Err(Error::damaged("An entry of the CRL cannot be read.").why("Its date is none."));
    }
    Ok(found)
}

/// An entry of a list.
struct Entry<'a> {
    serial: &'a [u8],
    reason: Reason,
    /// The element that says when.
    date: &'a [u8],
    /// The element that says since when it is invalid.
    invalidity: Option<&'a [u8]>,
}

/// What one list says otherwise than the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrlChange {
    /// Serials that were not listed before, with the reasons.
    pub added: Vec<(Serial, Reason)>,
    /// Serials that are not listed any more.
    pub removed: Vec<Serial>,
    /// Serials whose reason was changed: before and after.
    pub changed: Vec<(Serial, Reason, Reason)>,
    /// How many stay as they are.
    pub unchanged: u64,
}

/// Compares a list with the one before it, if there is one. No signature is looked at.
pub fn change(before: Option<&[u8]>, next: &[u8]) -> Result<CrlChange> {
    let mut known: HashMap<&[u8], Reason> = HashMap::new();
    let before = before.map(List::open_any).transpose()?;
    if let Some(before) = &before {
        before.walk(|serial, reason| {
            known.insert(plain(serial), reason);
            true
        })?;
    }
    let next = List::open_any(next)?;
    let mut found = CrlChange::default();
    next.walk(|serial, reason| {
        match known.remove(plain(serial)) {
            None => found.added.push((Serial(serial.to_vec()), reason)),
            Some(before) if before != reason => {
                found.changed.push((Serial(serial.to_vec()), before, reason));
            }
            Some(_) => found.unchanged += 1,
        }
        true
    })?;
    found.removed = known.into_keys().map(|serial| Serial(serial.to_vec())).collect();
    found.removed.sort_unstable();
    Ok(found)
}

/// A CRL taken apart; borrows everything.
pub(in crate::pki) struct List<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    /// The exact issuer name.
    pub(in crate::pki) issuer: &'a [u8],
    /// When it was made.
    pub(in crate::pki) this_update: Timestamp,
    /// When the next one is due.
    pub(in crate::pki) next_update: Option<Timestamp>,
    number: Option<u64>,
    /// The number of the complete list that it adds to.
    base: Option<u64>,
    /// Whether it is about a part of the certificates.
    partial: bool,
    entries: &'a [u8],
}

fn partial() -> Error {
    Error::refused("The CRL is not a complete list.")
        .why("It carries a critical extension, as delta and partitioned lists do, and cannot tell alone.")
        .next("Fetch the complete CRL of this authority.")
}

impl<'a> List<'a> {
    /// Opens a CRL that tells alone. Errors: malformed; delta, indirect or partitioned (their silence about a serial means
    /// nothing).
    pub(in crate::pki) fn open(der: &'a [u8]) -> Result<Self> {
        let list = Self::open_any(der)?;
        if list.base.is_some() || list.partial { Err(partial()) } else { Ok(list) }
    }

    /// Opens a CRL, also a delta CRL and one that is about a part of the certificates.
    fn open_any(der: &'a [u8]) -> Result<Self> {
        let bad =
            || Error::damaged("The CRL cannot be read.").why("It is not a CertificateList of RFC 5280.");
        let (tbs, algorithm, signature) = signed_parts(der).ok_or_else(bad)?;
        let (_, body, _) = tlv(tbs).ok_or_else(bad)?;
        // Version 1 lists have neither a version nor extensions.
        let body = if body.first() == Some(&2) { tlv(body).ok_or_else(bad)?.2 } else { body };
        let (inner, _, rest) = tlv(body).ok_or_else(bad)?;
        let (issuer, _, rest) = tlv(rest).ok_or_else(bad)?;
        let (rest, this_update) = ASN1Time::from_der(rest).map_err(|_| bad())?;
        if inner != algorithm {
            return Err(bad().why("It names two different signature algorithms."));
        }
        let (mut rest, mut next_update) = (rest, None);
        if let Some(0x17 | 0x18) = rest.first() {
            let (after, at) = ASN1Time::from_der(rest).map_err(|_| bad())?;
            (rest, next_update) = (after, Some(Timestamp(at.timestamp())));
        }
        let mut entries: &[u8] = &[];
        if rest.first() == Some(&0x30) {
            (_, entries, rest) = tlv(rest).ok_or_else(bad)?;
        }
        let mut list = Self {
            tbs,
            algorithm,
            signature,
            issuer,
            this_update: Timestamp(this_update.timestamp()),
            next_update,
            number: None,
            base: None,
            partial: false,
            entries,
        };
        if rest.first() == Some(&0xa0) {
            let extensions;
            (_, extensions, rest) = tlv(rest).ok_or_else(bad)?;
            let (_, mut extensions, _) = tlv(extensions).ok_or_else(bad)?;
            while !extensions.is_empty() {
                let (_, extension, more) = tlv(extensions).ok_or_else(bad)?;
                let (oid, critical, value) = split(extension).ok_or_else(bad)?;
                if oid == CRL_NUMBER {
                    list.number = tlv(value).and_then(|(_, digits, _)| number(digits));
                } else if oid == DELTA {
                    list.base = tlv(value).and_then(|(_, digits, _)| number(digits));
                    list.partial |= list.base.is_none();
                } else if oid == DISTRIBUTION {
                    // Of indirect lists and those by kind or reason nothing is understood here: only a name may stand in it.
                    let (_, point, _) = tlv(value).ok_or_else(bad)?;
                    list.partial = true;
                    if tlv(point).is_none_or(|(_, _, rest)| point.first() != Some(&0xa0) || !rest.is_empty())
                    {
                        return Err(partial());
                    }
                } else if critical {
                    return Err(partial());
                }
                extensions = more;
            }
        }
        if rest.is_empty() { Ok(list) } else { Err(bad()) }
    }

    /// Checks the signature by the issuer's key.
    pub(in crate::pki) fn signature_by(&self, issuer: &Certificate) -> Verdict {
        signature::check(&issuer.key.spki.0, self.algorithm, self.signature, self.tbs)
    }

    /// Tells whether and why a serial is listed.
    pub(in crate::pki) fn find(&self, serial: &Serial) -> Result<Option<Reason>> {
        let wanted = plain(&serial.0);
        let mut found = None;
        self.walk(|listed, reason| {
            if plain(listed) == wanted {
                found = Some(reason);
            }
            found.is_none()
        })?;
        Ok(found)
    }

    /// Visits serial and reason of the entries until `visit` says no.
    fn walk(&self, mut visit: impl FnMut(&'a [u8], Reason) -> bool) -> Result<()> {
        self.visit(|entry| visit(entry.serial, entry.reason))
    }

    /// Visits the entries until `visit` says no.
    fn visit(&self, mut visit: impl FnMut(Entry<'a>) -> bool) -> Result<()> {
        let bad = || Error::damaged("An entry of the CRL cannot be read.");
        let mut rest = self.entries;
        while !rest.is_empty() {
            let (_, entry, more) = tlv(rest).filter(|_| rest[0] == 0x30).ok_or_else(bad)?;
            let (whole, serial, entry) = tlv(entry).ok_or_else(bad)?;
            let (date, _, extensions) = tlv(entry).ok_or_else(bad)?;
            if whole.first() != Some(&2) {
                return Err(bad());
            }
            let (mut reason, mut invalidity) = (Reason::Unspecified, None);
            if !extensions.is_empty() {
                let (_, mut extensions, _) = tlv(extensions).ok_or_else(bad)?;
                while !extensions.is_empty() {
                    let (_, extension, more) = tlv(extensions).ok_or_else(bad)?;
                    let (oid, critical, value) = split(extension).ok_or_else(bad)?;
                    match (oid == REASON, critical, value) {
                        (true, _, [10, 1, code]) => reason = Reason::from_code(*code).unwrap_or(reason),
                        _ if oid == INVALIDITY => invalidity = Some(value),
                        // certificateIssuer: the entry is about a certificate of somebody else.
                        (false, true, _) => {
                            return Err(Error::refused("The CRL is indirect.")
                                .why("An entry names another issuer; such lists are not understood here."));
                        }
                        _ => {}
                    }
                    extensions = more;
                }
            }
            if !visit(Entry { serial, reason, date, invalidity }) {
                return Ok(());
            }
            rest = more;
        }
        Ok(())
    }
}

/// Splits the content of an Extension: (the OID as an element, critical, the value).
fn split(extension: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let (oid, _, rest) = tlv(extension)?;
    let (critical, rest) = match rest {
        [1, 1, flag, rest @ ..] => (*flag != 0, rest),
        rest => (false, rest),
    };
    let (_, value, _) = tlv(rest).filter(|_| rest.first() == Some(&4))?;
    Some((oid, critical, value))
}

pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let negative = digits.first().is_none_or(|b| *b >= 0x80);
    let digits = plain(digits);
    (!negative && digits.len() <= 8).then(|| digits.iter().fold(0, |all, b| all << 8 | u64::from(*b)))
}

/// A serial without leading zero octets, so that 00AB and AB are one.
fn plain(serial: &[u8]) -> &[u8] {
    let skip = serial.iter().take_while(|b| **b == 0).count();
    &serial[skip..]
}
