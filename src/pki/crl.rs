//! Certificate revocation lists (RFC 5280 section 5): writes version 2 with a million entries in memory bounded by the
//! result, and reads without holding entries.

use aws_lc_rs::digest;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::der::{header, tlv, wrap};
use super::issue::{key_id, signed_parts, time};
use super::signature::{self, Verdict};
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::certifier::CrlInfo;
use crate::model::error::{Error, Result};
use crate::model::issued::Reason;
use crate::model::time::Timestamp;

/// Encodes a TBSCertList for `issuer`: AKI equal to the issuer's SKI, the CRL number, and the entries in the order given.
/// An `Unspecified` reason writes no reason code. Sign it and join with [`super::issue::assemble`].
///
/// A revocation later than `this_update` (another desk's clock) is dated `this_update`: left out it would stay unknown.
/// Errors: the issuer must not sign CRLs, the next update is not after this one, a serial is empty or over 20 octets.
pub fn to_be_signed(
    issuer: &Certificate,
    algorithm: &[u8],
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    entries: &mut dyn Iterator<Item = (Serial, Timestamp, Reason)>,
) -> Result<Vec<u8>> {
    if issuer.key_usage.is_some_and(|u| u.0 & KeyUsage::CRL_SIGN == 0) {
        return Err(Error::refused("This certifier cannot sign CRLs.")
            .why("Its certificate does not allow the key usage cRLSign, so peers would refuse the list."));
    }
    if next_update <= this_update {
        return Err(Error::refused("The CRL would end before it begins.").why(format!(
            "It would be valid from {} to {}.",
            this_update.text(),
            next_update.text()
        )));
    }
    // Lengths stand before contents, so the head is known last: room is left for it, and what is too much is cut off.
    // A million entries are then never copied.
    let room = algorithm.len() + issuer.subject.der.0.len() + 64;
    let mut out = vec![0; room];
    for (serial, at, reason) in entries {
        entry(&mut out, &serial, at.min(this_update), reason)?;
    }
    let listed = out.len() - room;
    let aki = wrap(0x30, &wrap(0x80, &key_id(issuer)?));
    let number = wrap(2, &unsigned(number));
    let extensions =
        [(AKI, aki), (CRL_NUMBER, number)].map(|(oid, value)| wrap(0x30, &[oid, &wrap(4, &value)].concat()));
    out.extend(wrap(0xa0, &wrap(0x30, &extensions.concat())));

    let mut head = vec![2, 1, 1]; // version 2
    head.extend(algorithm);
    head.extend(&issuer.subject.der.0);
    head.extend(time(this_update));
    head.extend(time(next_update));
    if listed > 0 {
        // Absent rather than empty (RFC 5280 section 5.1.2.6).
        head.extend(header(0x30, listed));
    }
    let mut whole = header(0x30, head.len() + out.len() - room);
    whole.extend(head);
    let start = room
        .checked_sub(whole.len())
        .ok_or_else(|| Error::internal("The head of the CRL is longer than the room left for it."))?;
    if let Some(place) = out.get_mut(start..room) {
        place.copy_from_slice(&whole);
    }
    out.drain(..start);
    Ok(out)
}

/// Reads a CRL and checks its signature by `issuer`. Errors: malformed, another issuer, a signature that does not fit or
/// cannot be checked, no next update, no number or one over 64 bits, an issuer that must not sign CRLs.
pub fn read(der: &[u8], issuer: &Certificate) -> Result<CrlInfo> {
    let list = List::open(der)?;
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
        ..CrlInfo::default()
    })
}

/// Tells whether and why a serial is revoked by a CRL. Reasons that the console does not give itself (a hold, a fallen
/// authority) are told as `Unspecified`. The signature is not checked here. Errors: malformed, a partial list.
pub fn revoked(der: &[u8], serial: &Serial) -> Result<Option<Reason>> {
    List::open(der)?.find(serial)
}

/// A CRL taken apart; borrows everything.
pub(super) struct List<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    /// The exact issuer name.
    pub(super) issuer: &'a [u8],
    /// When it was made.
    pub(super) this_update: Timestamp,
    /// When the next one is due.
    pub(super) next_update: Option<Timestamp>,
    number: Option<u64>,
    entries: &'a [u8],
}

impl<'a> List<'a> {
    /// Opens a CRL. Errors: malformed; delta, indirect or partitioned (their silence about a serial means nothing).
    pub(super) fn open(der: &'a [u8]) -> Result<Self> {
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
                } else if critical {
                    return Err(Error::refused("The CRL is not a complete list.")
                        .why("It carries a critical extension, as delta and partitioned lists do, and cannot tell alone.")
                        .next("Fetch the complete CRL of this authority."));
                }
                extensions = more;
            }
        }
        if rest.is_empty() { Ok(list) } else { Err(bad()) }
    }

    /// Checks the signature by the issuer's key.
    pub(super) fn signature_by(&self, issuer: &Certificate) -> Verdict {
        signature::check(&issuer.key.spki.0, self.algorithm, self.signature, self.tbs)
    }

    /// Tells whether and why a serial is listed.
    pub(super) fn find(&self, serial: &Serial) -> Result<Option<Reason>> {
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

    /// Visits the entries until `visit` says no.
    fn walk(&self, mut visit: impl FnMut(&[u8], Reason) -> bool) -> Result<()> {
        let bad = || Error::damaged("An entry of the CRL cannot be read.");
        let mut rest = self.entries;
        while !rest.is_empty() {
            let (_, entry, more) = tlv(rest).filter(|_| rest[0] == 0x30).ok_or_else(bad)?;
            let (whole, serial, entry) = tlv(entry).ok_or_else(bad)?;
            let (_, _, extensions) = tlv(entry).ok_or_else(bad)?;
            if whole.first() != Some(&2) {
                return Err(bad());
            }
            let mut reason = Reason::Unspecified;
            if !extensions.is_empty() {
                let (_, mut extensions, _) = tlv(extensions).ok_or_else(bad)?;
                while !extensions.is_empty() {
                    let (_, extension, more) = tlv(extensions).ok_or_else(bad)?;
                    let (oid, critical, value) = split(extension).ok_or_else(bad)?;
                    match (oid == REASON, critical, value) {
                        (true, _, [10, 1, code]) => reason = Reason::from_code(*code).unwrap_or(reason),
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
            if !visit(serial, reason) {
                return Ok(());
            }
            rest = more;
        }
        Ok(())
    }
}

const AKI: &[u8] = &[6, 3, 0x55, 0x1d, 35];
const CRL_NUMBER: &[u8] = &[6, 3, 0x55, 0x1d, 20];
const REASON: &[u8] = &[6, 3, 0x55, 0x1d, 21];

/// Appends one entry. Its parts are so short that every length is one octet.
fn entry(out: &mut Vec<u8>, serial: &Serial, at: Timestamp, reason: Reason) -> Result<()> {
    let start = out.len();
    let length = u8::try_from(serial.0.len()).ok().filter(|n| (1..=20).contains(n));
    let length = length.ok_or_else(|| {
        Error::refused(format!("{serial} cannot stand in a CRL.")).why("A serial number has 1 to 20 octets.")
    })?;
    out.extend([0x30, 0, 2, length]);
    out.extend(&serial.0);
    out.extend(time(at));
    if reason != Reason::Unspecified {
        out.extend([0x30, 12, 0x30, 10]);
        out.extend(REASON);
        out.extend([4, 3, 10, 1, reason.code()]);
    }
    let length = u8::try_from(out.len() - start - 2).unwrap_or(0);
    if let Some(place) = out.get_mut(start + 1) {
        *place = length;
    }
    Ok(())
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

/// The content octets of a non-negative INTEGER.
fn unsigned(number: u64) -> Vec<u8> {
    let bytes = [&[0][..], &number.to_be_bytes()].concat();
    let skip = bytes.windows(2).take_while(|w| w[0] == 0 && w[1] < 0x80).count();
    bytes[skip..].to_vec()
}

fn number(digits: &[u8]) -> Option<u64> {
    let negative = digits.first().is_none_or(|b| *b >= 0x80);
    let digits = plain(digits);
    (!negative && digits.len() <= 8).then(|| digits.iter().fold(0, |all, b| all << 8 | u64::from(*b)))
}

/// A serial without leading zero octets, so that 00AB and AB are one.
fn plain(serial: &[u8]) -> &[u8] {
    let skip = serial.iter().take_while(|b| **b == 0).count();
    &serial[skip..]
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_round_trip(n: u64) {
            proptest::prop_assert_eq!(number(&unsigned(n)), Some(n));
            proptest::prop_assert!(unsigned(n)[0] < 0x80);
        }

        #[test]
        fn garbage_is_refused_without_a_panic(bytes: Vec<u8>) {
            let list = super::super::issue::assemble(&wrap(0x30, &bytes), &[0x30, 0], &[]);
            let _ = List::open(&list).and_then(|l| l.find(&Serial(vec![1])));
            proptest::prop_assert!(revoked(&bytes, &Serial(vec![1])).is_err());
        }
    }
}
