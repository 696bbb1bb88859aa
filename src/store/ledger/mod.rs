//! The ledger behind one small trait: requests, the issued list, CRLs, signing intents, and the audit chain. No SQL
//! leaves this folder.

pub mod audit;
mod crls;
pub mod known;
mod query;
mod record;
mod row;
mod scan;
mod schema;
pub mod sqlite;
#[cfg(test)]
mod tests;
mod trouble;

use crate::model::Generation;
use crate::model::audit::{Head, Line};
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certifier::CrlInfo;
use crate::model::document::Sort;
use crate::model::error::Result;
use crate::model::filter::Moment;
use crate::model::issued::{Issued, Reason};
use crate::model::request::{Request, RequestId};
use crate::model::time::Timestamp;
use crate::pki::signer::Signing;
use crate::store::columns::Row;

/// An order of the issued list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In the order of signing.
    Issued,
    /// By the end of validity.
    Ends,
    /// By subject text.
    Subject,
    /// By certifier and serial number.
    Serial,
    /// By the alternative names as text.
    Names,
    /// By the kind of key.
    Key,
    /// By the verdict at a moment, as [`Verdict::rank`](crate::model::verdict::Verdict::rank) has it, and then by the end.
    Verdict(Moment),
}

/// An entry of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub operator: String,
    /// The fact's word.
    pub what: String,
    /// The fact as JSON.
    pub body: String,
    /// The hash over the previous hash and this entry.
    pub hash: Digest,
}

impl Entry {
    /// Keeps an entry that was looked at.
    pub fn of(line: &Line<'_>) -> Self {
        Self {
            number: line.number,
            at: line.at,
            operator: line.operator.to_owned(),
            what: line.what.to_owned(),
            body: line.body.to_owned(),
            hash: line.hash,
        }
    }

    /// Looks at it.
    pub fn line(&self) -> Line<'_> {
        let (number, at, hash) = (self.number, self.at, self.hash);
        Line { number, at, operator: &self.operator, what: &self.what, body: &self.body, hash }
    }
}

/// The outcome of verifying the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many entries are good, from the first one on.
    pub entries: u64,
    /// The hash of the last good entry.
    pub head: Digest,
    /// The first entry that does not fit, and why.
    pub broken: Option<(u64, String)>,
}

/// A certificate as a CRL lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The serial number.
    pub serial: &'a [u8],
    /// The revocation date.
    pub at: Timestamp,
    /// Why; `None` where a hold was lifted.
    pub reason: Option<Reason>,
    /// The invalidity date.
    pub invalidity: Option<Timestamp>,
}

/// What the console asks of a ledger. Reading calls may be made on a second connection while another writes.
pub trait Ledger {
    /// Returns the generation of the last commit.
    fn generation(&self) -> Result<Generation>;

    /// Records durably, in one transaction, that these signatures are about to be made: what, and SHA-256 of the
    /// to-be-signed bytes. Errors: a serial number or CRL number of that certifier was used before.
    fn intend(&mut self, certifier: &str, now: Timestamp, work: &[(Signing, Digest)]) -> Result<()>;

    /// Returns the highest CRL number ever intended for a certifier.
    fn last_crl_number(&self, certifier: &str) -> Result<u64>;

    /// Returns the latest CRL of a certifier.
    fn crl(&self, certifier: &str) -> Result<Option<Der>>;

    /// Returns the CRLs that peers are to have now: the latest complete one, the delta CRL that adds to it, and the latest
    /// of each part that was made since.
    fn current_crls(&self, certifier: &str) -> Result<Vec<(CrlInfo, Der)>>;

    /// Returns the latest CRLs of a certifier with their sizes in bytes, the newest first.
    fn crl_register(&self, certifier: &str, limit: usize) -> Result<Vec<(CrlInfo, u64)>>;

    /// Calls `each` with every entry that the next CRL of a certifier, or of a part of its certificates, carries when it is
    /// made at `at`, by serial: a revoked certificate stays until it has stood on one regular CRL made after its end
    /// (RFC 5280 section 3.3).
    fn revoked(
        &self,
        certifier: &str,
        part: u32,
        at: Timestamp,
        each: &mut dyn FnMut(Listed<'_>) -> Result<()>,
    ) -> Result<()>;

    /// Calls `each` with every entry of a delta CRL to the complete CRL of this number, by serial; what was released since
    /// has no reason.
    fn revoked_since(
        &self,
        certifier: &str,
        base: u64,
        each: &mut dyn FnMut(Listed<'_>) -> Result<()>,
    ) -> Result<()>;

    /// Returns the ids of the whole issued list in an order; a million take a fraction of a second.
    fn issued_ids(&self, order: Order) -> Result<Vec<u32>>;

    /// Returns the ids of issued certificates that are not revoked and whose last moment is from `from` to `to`, both
    /// included, in no order.
    fn issued_ending(&self, from: Timestamp, to: Timestamp) -> Result<Vec<u32>>;

    /// Returns rows of the issued list by id, in the order asked; unknown ids are left out.
    fn issued_rows(&self, ids: &[u32]) -> Result<Vec<Issued>>;

    /// Calls `each` with id and searchable text of every issued certificate with a higher id than `after`, by id:
    /// certifier, serial, subject and names in lower case, with [`PART`](crate::store::columns::PART) between them.
    fn issued_texts(&self, after: u32, each: &mut dyn FnMut(u32, &str)) -> Result<()>;

    /// Calls `each` with the numbers of every issued certificate with a higher id than `after`, by id.
    fn issued_columns(&self, after: u32, each: &mut dyn FnMut(Row<'_>)) -> Result<()>;

    /// Returns the ids of revoked certificates with their reasons, in no order.
    fn issued_revoked(&self) -> Result<Vec<(u32, Reason)>>;

    /// Returns the ids of certificates whose place another one has taken, in no order; one may come several times.
    fn issued_superseded(&self) -> Result<Vec<u32>>;

    /// Returns the id of the latest certificate that was issued with this subject and these names, as the list has them.
    fn issued_before(&self, subject: &str, alt_names: &str) -> Result<Option<u64>>;

    /// Returns the ids of certificates whose public key is that of another issued certificate, or one of `also`, in no
    /// order. Keys are told apart by eight bytes of their hash.
    fn issued_sharing(&self, also: &[Digest]) -> Result<Vec<u32>>;

    /// Finds an issued certificate by its serial; `certifier` may be empty when the serial is unique. The certificate is
    /// empty where only a record of it was brought.
    fn issued_by_serial(&self, certifier: &str, serial: &Serial) -> Result<Option<(Issued, Der)>>;

    /// Finds an issued certificate by the SHA-256 of its DER.
    fn issued_by_sha256(&self, sha256: &Digest) -> Result<Option<(Issued, Der)>>;

    /// Finds certificates issued for a public key.
    fn issued_by_key(&self, key_sha256: &Digest) -> Result<Vec<Issued>>;

    /// Returns the latest certificate that a certifier issued for a subject; `None` also where only a record of it was brought.
    fn issued_latest(&self, certifier: &str, subject: &str) -> Result<Option<Der>>;

    /// Returns a request by number, open or closed.
    fn request(&self, id: RequestId) -> Result<Option<Request>>;

    /// Returns requests from `after` on downward in number, newest first; `open` limits to open or closed ones.
    fn requests(&self, before: Option<RequestId>, open: Option<bool>, limit: usize) -> Result<Vec<Request>>;

    /// Finds the latest request with a pick-up ID, as it was given out.
    fn request_by_pickup(&self, pickup: &str) -> Result<Option<Request>>;

    /// Finds the requests with the SHA-256 of their PKCS#10, the latest first, to notice one that came before.
    fn requests_by_sha256(&self, sha256: &Digest) -> Result<Vec<Request>>;

    /// Returns audit entries from `from` on upward, at most `limit`.
    fn audit(&self, from: u64, limit: usize) -> Result<Vec<Entry>>;

    /// Calls `each` with the entries that tell of keyrings made, changed, renamed and deleted, the newest first, until it
    /// returns false.
    fn keyring_entries(&self, each: &mut dyn FnMut(Entry) -> bool) -> Result<()>;

    /// Calls `each` with the entries that tell of documents saved and deleted, the newest first, until it returns false.
    fn document_entries(&self, sort: Sort, each: &mut dyn FnMut(Entry) -> bool) -> Result<()>;

    /// Returns the last entry of the audit chain.
    fn head(&self) -> Result<Head>;

    /// Calls `each` with the audit entries from number `from` on upward, until it returns false.
    fn audit_onward(&self, from: u64, each: &mut dyn FnMut(&Line<'_>) -> bool) -> Result<()>;

    /// Calls `each` with the audit entries below number `before`, the newest first, until it returns false.
    fn audit_back(&self, before: u64, each: &mut dyn FnMut(&Line<'_>) -> bool) -> Result<()>;

    /// Finds the number of the audit entry with this hash; a million take a second.
    fn audit_of_hash(&self, hash: &Digest) -> Result<Option<u64>>;

    /// Reads the whole audit chain and the tables it speaks of, and checks that they fit.
    fn verify_audit(&self) -> Result<Verified>;

    /// Checks the chain, its head, and what it tells of requests, revocations and CRLs, as [`Self::verify_audit`] does; the
    /// rows of the issued list are counted but not compared, and the certificates not hashed.
    fn verify_chain(&self) -> Result<Verified>;
}
