//! Writes CRLs: the entries as they come, and the list around them.

use super::{AKI, CRL_NUMBER, DELTA, DISTRIBUTION, FRESHEST, INVALIDITY, REASON};
use crate::model::bytes::Serial;
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::error::{Error, Result};
use crate::model::issued::Reason;
use crate::model::time::Timestamp;
use crate::pki::der::{header, wrap};
use crate::pki::issue::{key_id, time};

/// The entries of a list that is being made, encoded one behind the other behind the room for the head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    bytes: Vec<u8>,
    room: usize,
    at: Timestamp,
    /// How many there are.
    pub count: u64,
}

impl Entries {
    /// Begins the entries of a list of `issuer` that is made at `this_update`.
    pub fn new(issuer: &Certificate, this_update: Timestamp) -> Self {
        // Lengths stand before contents, so the head is known last: room is left for it, and what is too much is cut off.
        // A million entries are then never copied.
        let room = issuer.subject.der.0.len() + 192;
        Self { bytes: vec![0; room], room, at: this_update, count: 0 }
    }

    /// Appends one entry. `None` takes the certificate off again and belongs into delta lists (removeFromCRL); an
    /// `Unspecified` reason writes no reason code.
    ///
    /// A revocation later than the list (another desk's clock) is dated as the list: left out it would stay unknown.
    /// Errors: a serial that is empty or over 20 octets.
    pub fn push(
        &mut self,
        serial: &[u8],
        at: Timestamp,
        reason: Option<Reason>,
        invalidity: Option<Timestamp>,
    ) -> Result<()> {
        // Its parts are so short that every length is one octet.
        let out = &mut self.bytes;
        let start = out.len();
        let length = u8::try_from(serial.len()).ok().filter(|n| (1..=20).contains(n));
        let length = length.ok_or_else(|| {
            Error::refused(format!("{} cannot stand in a CRL.", Serial(serial.to_vec())))
                .why("A serial number has 1 to 20 octets.")
        })?;
        out.extend([0x30, 0, 2, length]);
        out.extend(serial);
        out.extend(time(at.min(self.at)));
        let code = reason.map_or(REMOVE, Reason::code);
        let places = usize::from(code != 0) * 12 + usize::from(invalidity.is_some()) * 26;
        if places > 0 {
            out.extend([0x30, u8::try_from(places).unwrap_or(0)]);
        }
        if code != 0 {
            out.extend([0x30, 10]);
            out.extend(REASON);
            out.extend([4, 3, 10, 1, code]);
        }
        if let Some(from) = invalidity {
            out.extend([0x30, 24]);
            out.extend(INVALIDITY);
            out.extend([4, 17, 0x18, 15]);
            out.extend(from.text().bytes().filter(u8::is_ascii_digit).chain([b'Z']));
        }
        let length = u8::try_from(out.len() - start - 2).unwrap_or(0);
        if let Some(place) = out.get_mut(start + 1) {
            *place = length;
        }
        self.count += 1;
        Ok(())
    }
}

/// The reason code removeFromCRL.
const REMOVE: u8 = 8;

/// What a list says beside its entries.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'a> {
    /// The issuer.
    pub issuer: &'a Certificate,
    /// The DER AlgorithmIdentifier of the key that will sign.
    pub algorithm: &'a [u8],
    /// The CRL number.
    pub number: u64,
    /// When it is made.
    pub this_update: Timestamp,
    /// When the next one is due at the latest.
    pub next_update: Timestamp,
    /// The number of the complete list that a delta list adds to.
    pub base: Option<u64>,
    /// The addresses of a list that is about a part of the certificates, byte for byte as in those certificates: one of them
    /// stands in each. None is a list about all.
    pub part: &'a [String],
    /// Where the delta lists of a complete list are.
    pub delta: Option<&'a str>,
}

/// Encodes a TBSCertList of everything: AKI equal to the issuer's SKI, the CRL number, and the entries in the order given.
/// Sign it and join with [`crate::pki::issue::assemble`]. Errors: as [`encode`] and [`Entries::push`].
pub fn to_be_signed(
    issuer: &Certificate,
    algorithm: &[u8],
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    entries: &mut dyn Iterator<Item = (Serial, Timestamp, Reason)>,
) -> Result<Vec<u8>> {
    let mut all = Entries::new(issuer, this_update);
    for (serial, at, reason) in entries {
        all.push(&serial.0, at, Some(reason), None)?;
    }
    let outline =
        Outline { issuer, algorithm, number, this_update, next_update, base: None, part: &[], delta: None };
    encode(&outline, all)
}

/// Encodes a TBSCertList around its entries.
///
/// Errors: the issuer must not sign CRLs, the next update is not after this one.
pub fn encode(outline: &Outline<'_>, entries: Entries) -> Result<Vec<u8>> {
    let Outline { issuer, algorithm, this_update, next_update, .. } = *outline;
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
    let Entries { bytes: mut out, room, .. } = entries;
    let listed = out.len() - room;
    let mut extensions = Vec::new();
    let mut add = |oid: &[u8], critical: bool, value: &[u8]| {
        let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
        extensions.extend(wrap(0x30, &[oid, critical, &wrap(4, value)].concat()));
    };
    add(AKI, false, &wrap(0x30, &wrap(0x80, &key_id(issuer)?)));
    add(CRL_NUMBER, false, &wrap(2, &unsigned(outline.number)));
    if let Some(base) = outline.base {
        add(DELTA, true, &wrap(2, &unsigned(base)));
    }
    if !outline.part.is_empty() {
        let addresses: Vec<&str> = outline.part.iter().map(String::as_str).collect();
        add(DISTRIBUTION, true, &wrap(0x30, &full_name(&addresses)));
    }
    if let Some(address) = outline.delta {
        add(FRESHEST, false, &points(address));
    }
    out.extend(wrap(0xa0, &wrap(0x30, &extensions)));

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

/// The value of cRLDistributionPoints and freshestCRL with one address.
pub(in crate::pki) fn points(address: &str) -> Vec<u8> {
    wrap(0x30, &wrap(0x30, &full_name(&[address])))
}

/// distributionPoint with a full name of these URIs.
fn full_name(addresses: &[&str]) -> Vec<u8> {
    let names: Vec<u8> = addresses.iter().flat_map(|address| wrap(0x86, address.as_bytes())).collect();
    wrap(0xa0, &wrap(0xa0, &names))
}

/// The content octets of a non-negative INTEGER.
pub(super) fn unsigned(number: u64) -> Vec<u8> {
    let bytes = [&[0][..], &number.to_be_bytes()].concat();
    let skip = bytes.windows(2).take_while(|w| w[0] == 0 && w[1] < 0x80).count();
    bytes[skip..].to_vec()
}
