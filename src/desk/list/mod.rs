//! Writes the list of certificates row by row in the forms that other programs read, for both faces. Which rows there are
//! is decided in `store::listing`; nothing of a row is kept once it is written.

mod csv;
mod leaving;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use leaving::{Leaving, ListAsked};

use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::Result;
use crate::model::field::{Look, Record, object};
use crate::model::filter::Moment;
use crate::model::finding::Subject;
use crate::model::issued::Issued;
use crate::model::verdict::Verdict;
use crate::pki::index_txt;
use crate::store::ledger::Ledger;
use crate::store::listing::{self, Listing};

/// How many rows are read from the issued list at once.
pub const PAGE: usize = 1000;

/// The headings of tables and CSV.
pub const HEADINGS: [&str; 8] = ["SUBJECT", "NAMES", "ISSUER", "SERIAL", "ENDS", "KEY", "VERDICT", "WHERE"];

/// Fields of the issued list that CSV has behind them.
const MORE: [&str; 9] = [
    "request",
    "profile",
    "approved",
    "issued",
    "revoked",
    "invalid-from",
    "supersedes",
    "superseded-by",
    "sha256",
];

/// A form that other programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// CSV (RFC 4180).
    Csv,
    /// One array of JSON objects.
    Json,
    /// The `index.txt` of `openssl ca`, which has what was issued here.
    Openssl,
}

impl Form {
    /// Every form, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Openssl];

    /// Returns what it is called in menus.
    pub fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Openssl => "index.txt of openssl ca",
        }
    }

    /// Returns the name that is proposed for a file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "certificates.csv",
            Self::Json => "certificates.json",
            Self::Openssl => "index.txt",
        }
    }

    /// Returns what stands before the first row.
    pub fn begin(self) -> String {
        match self {
            Self::Csv => {
                let more = MORE.iter().map(|name| (*name).to_owned());
                csv::line(HEADINGS.iter().map(|h| h.to_lowercase()).chain(more))
            }
            Self::Json => "[".into(),
            Self::Openssl => String::new(),
        }
    }

    /// Returns what stands behind the last of so many rows.
    pub fn end(self, rows: usize) -> &'static str {
        match self {
            Self::Csv | Self::Openssl => "",
            Self::Json if rows == 0 => "]\n",
            Self::Json => "\n]\n",
        }
    }
}

/// A row of the list.
pub enum Row<'a> {
    /// A certificate that stands in the workspace, and its row of the issued list if it was issued here.
    Here(&'a Certificate, &'a [Subject], Option<&'a Issued>),
    /// One that stands in the issued list alone.
    Issued(Box<Issued>),
}

impl Row<'_> {
    /// Returns its row of the issued list; `None` for what was not issued here.
    fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Here(_, _, row) => *row,
            Self::Issued(row) => Some(row),
        }
    }

    /// Says where the certificate stands.
    fn place(&self) -> String {
        match self {
            Self::Here(_, places, _) => places.iter().map(listing::place).collect::<Vec<_>>().join(", "),
            Self::Issued(_) => "issued".into(),
        }
    }
}

/// The rows of a list, with what is needed to write them.
pub struct Rows<'a> {
    ledger: &'a dyn Ledger,
    listing: &'a Listing,
    state: &'a State,
    at: Moment,
    here: BTreeMap<Digest, (&'a Certificate, Vec<Subject>)>,
    own: BTreeMap<Digest, &'a Issued>,
}

impl<'a> Rows<'a> {
    /// Takes a list of certificates of this state; verdicts are of the moment.
    pub fn new(ledger: &'a dyn Ledger, listing: &'a Listing, state: &'a State, at: Moment) -> Self {
        let own = listing.issued.iter().map(|row| (row.sha256, row)).collect();
        Self { ledger, listing, state, at, here: state.certificates(), own }
    }

    /// Walks through the list in its order until `take` has enough, a page in memory at a time; `issued` leaves out what was
    /// not issued here.
    pub fn each(&self, issued: bool, take: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<()> {
        let mut places = self.listing.places.iter().peekable();
        let mut index = 0;
        for page in self.listing.ids.chunks(PAGE) {
            for row in self.ledger.issued_rows(page)? {
                while let Some((_, digest)) = places.next_if(|(at, _)| *at <= index) {
                    index += 1;
                    if self.standing(digest, issued).is_some_and(|row| !take(&row)) {
                        return Ok(());
                    }
                }
                index += 1;
                if !take(&Row::Issued(Box::new(row))) {
                    return Ok(());
                }
            }
        }
        for (_, digest) in places {
            if self.standing(digest, issued).is_some_and(|row| !take(&row)) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Returns the row of a certificate of the workspace.
    fn standing(&self, digest: &Digest, issued: bool) -> Option<Row<'_>> {
        let row = self.own.get(digest).copied();
        match self.here.get(digest) {
            Some((c, places)) if row.is_some() || !issued => Some(Row::Here(c, places, row)),
            Some(_) => None,
            // It has left the workspace since the list was made.
            None => row.map(|row| Row::Issued(Box::new(row.clone()))),
        }
    }

    /// Writes a row in a form, `number` counted from 1; what the form does not have is empty.
    pub fn write(&self, form: Form, row: &Row<'_>, number: usize) -> String {
        match form {
            Form::Csv => csv::line(self.cells(row).into_iter().chain(self.more(row))),
            Form::Json => {
                let before = if number == 1 { "\n" } else { ",\n" };
                format!("{before}{:#}", self.object(row))
            }
            // Its subject is escaped already, and no other part is foreign.
            Form::Openssl => {
                row.issued().map(|row| format!("{}\n", index_txt::line(row, self.at.now))).unwrap_or_default()
            }
        }
    }

    fn verdict(&self, row: &Row<'_>) -> String {
        let (revoked, times) = match row {
            Row::Here(c, _, row) => {
                let known = self.state.revocations.get(&c.sha256).map(|r| r.reason);
                (known.or_else(|| row.and_then(Issued::reason)), (c.not_before, c.not_after))
            }
            Row::Issued(r) => (r.reason(), (r.not_before, r.not_after)),
        };
        Verdict::of(revoked, times, self.at.now, self.at.soon).text()
    }

    /// Returns the cells of a row, one for each of [`HEADINGS`].
    pub fn cells(&self, row: &Row<'_>) -> Vec<String> {
        let (subject, names, issuer, serial, ends, key) = match row {
            Row::Here(c, ..) => {
                let issuer = listing::certifier(self.state, c).map_or_else(|| c.issuer.text(), str::to_owned);
                let names = listing::names(c);
                (c.subject.text(), names, issuer, &c.serial, c.not_after, &c.key.algorithm)
            }
            Row::Issued(r) => {
                (r.subject.clone(), r.alt_names.clone(), r.certifier.clone(), &r.serial, r.not_after, &r.key)
            }
        };
        let (verdict, place) = (self.verdict(row), row.place());
        vec![subject, names, issuer, serial.to_string(), ends.date(), key.clone(), verdict, place]
    }

    /// Returns what the issued list says beyond the cells, one for each of [`MORE`].
    fn more(&self, row: &Row<'_>) -> Vec<String> {
        let Some(row) = row.issued() else { return vec![String::new(); MORE.len()] };
        let look = &self.look();
        MORE.iter().map(|name| Issued::field(name).map_or_else(String::new, |f| (f.get)(row, look))).collect()
    }

    /// Makes an object of every field that either kind has; what is not known is empty.
    fn object(&self, row: &Row<'_>) -> Value {
        let look = &self.look();
        let names = Certificate::FIELDS.iter().map(|f| f.name).chain(Issued::FIELDS.iter().map(|f| f.name));
        let mut all: Map<String, Value> = names.map(|name| (name.to_owned(), "".into())).collect();
        match row {
            Row::Here(certificate, _, row) => {
                all.extend(row.iter().flat_map(|row| object(*row, look)));
                all.extend(object(*certificate, look));
            }
            Row::Issued(row) => {
                all.extend(object(&**row, look));
                all.insert("issuer".into(), row.certifier.clone().into());
            }
        }
        all.insert("verdict".into(), self.verdict(row).into());
        all.insert("where".into(), row.place().into());
        Value::Object(all)
    }

    fn look(&self) -> Look<'a> {
        Look { state: self.state, now: self.at.now, soon: self.at.soon, zone: None }
    }
}
