//! A certificate that stands in the workspace, as the list sorts it and a filter looks at it.

use crate::model::State;
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::filter::{Candidate, Filter, Moment};
use crate::model::finding::Subject;
use crate::model::issued::{Issued, Reason};
use crate::model::time::Timestamp;
use crate::model::verdict::Verdict;
use crate::store::ledger::Order;

use super::Sort;

/// A certificate that stands in the workspace, with what it is sorted and narrowed by.
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
    /// The issuer as text.
    pub issuer: String,
    /// The alternative names as text.
    pub names: String,
    /// The serial number.
    pub serial: Serial,
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
    /// The kind of key in words.
    pub key: String,
    /// SHA-256 of the public key.
    pub key_sha256: Digest,
    /// Why it is revoked, as far as the state knows.
    pub revoked: Option<Reason>,
    /// Where it stands.
    pub places: Vec<Subject>,
    /// In how many keyrings it is the certificate of the key.
    pub leaf_of: usize,
}

impl Here {
    /// Takes from the state what the list needs of a certificate that stands at these places.
    pub fn new(state: &State, certificate: &Certificate, places: &[Subject], listed: bool) -> Self {
        let c = certificate;
        let is_leaf = |place: &&Subject| match place {
            Subject::Keyring(name) => {
                state.keyrings.get(name).and_then(|r| r.leaf()).is_some_and(|leaf| leaf.sha256 == c.sha256)
            }
            _ => false,
        };
        Self {
            sha256: c.sha256,
            listed,
            subject: c.subject.text(),
            certifier: certifier(state, c).map_or_else(|| c.issuer.text(), str::to_owned),
            issuer: c.issuer.text(),
            names: names(c),
            serial: c.serial.clone(),
            not_before: c.not_before,
            not_after: c.not_after,
            key: c.key.algorithm.clone(),
            key_sha256: c.key.sha256,
            revoked: state.revocations.get(&c.sha256).map(|r| r.reason),
            places: places.to_vec(),
            leaf_of: places.iter().filter(is_leaf).count(),
        }
    }

    /// Tells why it is revoked, by the state or its row.
    pub(super) fn reason(&self, row: Option<&Issued>) -> Option<Reason> {
        self.revoked.or_else(|| row.and_then(Issued::reason))
    }

    /// Returns where it stands in words.
    pub fn place(&self) -> String {
        self.places.iter().map(place).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn key(&self, sort: Sort, at: Moment, row: Option<&Issued>) -> Key<'_> {
        let texts = [self.subject.as_str(), self.certifier.as_str(), self.names.as_str(), self.key.as_str()];
        key(sort.order(at), texts, &self.serial, (self.not_before, self.not_after), self.reason(row))
    }

    /// Tells whether a filter lists it. `row` is its row of the issued list, if it was issued here and that is known;
    /// `asked` tells whether the ledger was asked; `duplicate` and `shared` where they are known.
    pub fn fits(
        &self,
        filter: &Filter,
        at: Moment,
        row: Option<&Issued>,
        asked: bool,
        (duplicate, shared): (Option<bool>, Option<bool>),
    ) -> bool {
        let issuer = format!("{} {}", self.certifier, self.issuer).to_lowercase();
        let subject = self.subject.to_lowercase();
        let names = self.names.to_lowercase();
        let serial = self.serial.to_string().to_lowercase();
        let places: Vec<String> = self.places.iter().map(place).collect();
        let text = [&issuer, &serial, &subject, &names, &places.join(" ").to_lowercase()];
        let text = text.map(String::as_str).join("\u{1f}");
        let of_row = |part: &dyn Fn(&Issued) -> String| match row {
            Some(row) => Some(part(row).to_lowercase()),
            None => asked.then(String::new),
        };
        let (profile, by) = (of_row(&|r| r.profile.clone()), of_row(&|r| r.by.clone()));
        let approver = of_row(&|r| r.approver.clone());
        let known = row.is_some() || asked;
        let candidate = Candidate {
            text: &text,
            issuer: &issuer,
            subject: &subject,
            names: &names,
            serial: &serial,
            key: &self.key,
            not_before: self.not_before,
            not_after: self.not_after,
            at: row.map_or(self.not_before, |row| row.at),
            revoked: self.reason(row),
            places: &self.places,
            profile: profile.as_deref(),
            by: by.as_deref(),
            approver: approver.as_deref(),
            request: known.then(|| row.and_then(|r| r.request).map_or(0, |r| r.0)),
            superseded: known.then(|| row.is_some_and(|r| r.later.is_some())),
            duplicate,
            shared,
        };
        filter.fits(&candidate, at)
    }
}

/// What the ledger sorts by: a number, a time, a text, bytes.
pub(super) type Key<'a> = (i64, Timestamp, &'a str, &'a [u8]);

/// Returns what the ledger sorts by, of subject, certifier, names and kind of key, the serial number and the times. A
/// certificate that was not issued here has no time of signing; the first moment of its validity stands for it.
pub(super) fn key<'a>(
    order: Order,
    [subject, certifier, names, kind]: [&'a str; 4],
    serial: &'a Serial,
    (from, to): (Timestamp, Timestamp),
    revoked: Option<Reason>,
) -> Key<'a> {
    let none = Timestamp::default();
    match order {
        Order::Issued => (0, from, "", &[]),
        Order::Ends => (0, to, "", &[]),
        Order::Subject => (0, none, subject, &[]),
        Order::Serial => (0, none, certifier, &serial.0),
        Order::Names => (0, none, names, &[]),
        Order::Key => (0, none, kind, &[]),
        Order::Verdict(at) => (Verdict::of(revoked, (from, to), at.now, at.soon).rank(), to, "", &[]),
    }
}

/// Returns the certifier of the workspace whose name is the issuer of a certificate.
pub fn certifier<'a>(state: &'a State, certificate: &Certificate) -> Option<&'a str> {
    state.issuer_of(certificate).map(|a| a.name.as_str())
}

/// Writes the alternative names of a certificate as the issued list has them.
pub fn names(certificate: &Certificate) -> String {
    certificate.alt_names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Says where a certificate stands.
pub fn place(subject: &Subject) -> String {
    match subject {
        Subject::Keyring(name) => format!("keyring {name}"),
        Subject::Certifier(name) => format!("certifier {name}"),
        _ => String::new(),
    }
}
