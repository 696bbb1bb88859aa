//! One list of every certificate: the issued list, and among it those that stand in the workspace, each once. Reads the
//! ledger; must not know who shows the list.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::ledger::{Ledger, Order};
use crate::model::State;
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::error::Result;
use crate::model::finding::Subject;
use crate::model::issued::Issued;
use crate::model::time::Timestamp;

/// A certificate that stands in the workspace, with what it is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// Its SHA-256.
    pub sha256: Digest,
    /// Tells whether it belongs into the list; one that does not is only looked up in the issued list.
    pub listed: bool,
    /// The subject as text.
    pub subject: String,
    /// The name of the certifier of the workspace that is its issuer, or the issuer as text.
    pub certifier: String,
    /// The serial number.
    pub serial: Serial,
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
}

/// The list: ids of the issued list, and where the others stand among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The ids in their order, without those of certificates that stand in the workspace and are listed.
    pub ids: Vec<u32>,
    /// The place of each listed certificate of the workspace in the whole list, ascending.
    pub places: Vec<(usize, Digest)>,
    /// The rows of the issued list of those that stand in the workspace, listed or not.
    pub issued: Vec<Issued>,
}

impl Here {
    /// Takes the keys from a certificate; `certifier` is the one of the workspace that is its issuer.
    pub fn new(certificate: &Certificate, certifier: Option<&str>, listed: bool) -> Self {
        Self {
            sha256: certificate.sha256,
            listed,
            subject: certificate.subject.text(),
            certifier: certifier.map_or_else(|| certificate.issuer.text(), str::to_owned),
            serial: certificate.serial.clone(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
        }
    }

    fn key(&self, order: Order) -> (Timestamp, &str, &[u8]) {
        let names = (self.subject.as_str(), self.certifier.as_str());
        key(order, names, &self.serial, (self.not_before, self.not_after))
    }
}

/// Returns what the ledger sorts by. A certificate that was not issued here has no time of signing; the first moment of
/// its validity stands for it.
fn key<'a>(
    order: Order,
    (subject, certifier): (&'a str, &'a str),
    serial: &'a Serial,
    (from, to): (Timestamp, Timestamp),
) -> (Timestamp, &'a str, &'a [u8]) {
    let none = Timestamp::default();
    match order {
        Order::Issued => (from, "", &[]),
        Order::Ends => (to, "", &[]),
        Order::Subject => (none, subject, &[]),
        Order::Serial => (none, certifier, &serial.0),
    }
}

/// Returns the certifier of the workspace whose name is the issuer of a certificate.
pub fn certifier<'a>(state: &'a State, certificate: &Certificate) -> Option<&'a str> {
    let mut all = state.certifiers.values();
    all.find(|a| a.certificate.subject.der == certificate.issuer.der).map(|a| a.name.as_str())
}

/// Says where a certificate stands.
pub fn place(subject: &Subject) -> String {
    match subject {
        Subject::Keyring(name) => format!("keyring {name}"),
        Subject::Certifier(name) => format!("certifier {name}"),
        _ => String::new(),
    }
}

/// Returns what a filter looks at in a certificate of the workspace, in lower case: all that is searched in the issued
/// list, and where it stands.
pub fn text(certificate: &Certificate, certifier: Option<&str>, places: &[Subject]) -> String {
    let c = certificate;
    let mut parts = vec![c.subject.text(), c.issuer.text(), c.serial.to_string()];
    parts.extend(certifier.map(str::to_owned));
    parts.extend(c.alt_names.iter().map(ToString::to_string));
    parts.extend(places.iter().map(place));
    parts.join(" ").to_lowercase()
}

/// Sorts certificates of the workspace as the ledger sorts its own.
pub fn sort(here: &mut [Here], order: Order) {
    here.sort_by(|a, b| a.key(order).cmp(&b.key(order)));
}

/// Puts the certificates of the workspace among `ordered`, ids of the issued list in this order. Reads about twenty rows
/// for each certificate that no certifier of the workspace has issued, however long the issued list is.
pub fn merge(ledger: &dyn Ledger, order: Order, ordered: &[u32], mut here: Vec<Here>) -> Result<Listing> {
    sort(&mut here, order);
    let mut issued = Vec::new();
    // The ids that are taken out, each with the place of its certificate in `here`.
    let mut out: Vec<(u32, usize)> = Vec::new();
    for (i, one) in here.iter().enumerate() {
        let Some((row, _)) = ledger.issued_by_sha256(&one.sha256)? else { continue };
        if let (true, Ok(id)) = (one.listed, u32::try_from(row.id)) {
            out.push((id, i));
        }
        issued.push(row);
    }
    out.sort_unstable();
    let mut behind: Vec<Option<usize>> = vec![None; here.len()];
    let mut ids = Vec::with_capacity(ordered.len());
    for id in ordered {
        match out.binary_search_by_key(id, |(out, _)| *out) {
            Ok(found) => {
                if let Some(place) = out.get(found).and_then(|(_, i)| behind.get_mut(*i)) {
                    *place = Some(ids.len());
                }
            }
            Err(_) => ids.push(*id),
        }
    }
    let mut rows: HashMap<u32, Option<Issued>> = HashMap::new();
    let mut places = Vec::new();
    for (one, known) in here.iter().zip(behind).filter(|(one, _)| one.listed) {
        let at = match known {
            Some(at) => at,
            None => find(ledger, order, &ids, one, &mut rows)?,
        };
        places.push((at, one.sha256));
    }
    // Stable: those that stand between the same two ids keep the order they have among themselves.
    places.sort_by_key(|(at, _)| *at);
    for (before, (at, _)) in places.iter_mut().enumerate() {
        *at += before;
    }
    Ok(Listing { ids, places, issued })
}

/// Finds how many of the ids stand before a certificate.
fn find(
    ledger: &dyn Ledger,
    order: Order,
    ids: &[u32],
    one: &Here,
    rows: &mut HashMap<u32, Option<Issued>>,
) -> Result<usize> {
    let (mut low, mut high) = (0, ids.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(id) = ids.get(middle).copied() else { break };
        if let Entry::Vacant(empty) = rows.entry(id) {
            empty.insert(ledger.issued_rows(&[id])?.pop());
        }
        let of = |row: &'_ Issued| {
            let names = (row.subject.as_str(), row.certifier.as_str());
            one.key(order) <= key(order, names, &row.serial, (row.not_before, row.not_after))
        };
        match rows.get(&id).and_then(Option::as_ref).is_some_and(of) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Ok(low)
}
