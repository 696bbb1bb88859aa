//! `ringmaster certificate list` and `timeline`: every certificate that the console knows, each once, and when they end.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Map, Value, json};

use super::csv;
use super::print;
use super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::Desk;
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::field::{Look, Record};
use crate::model::filter::{self, Filter, Moment};
use crate::model::finding::Subject;
use crate::model::issued::Issued;
use crate::model::unread::Unread;
use crate::model::verdict::Verdict;
use crate::pki::index_txt;
use crate::store::ledger::Ledger;
use crate::store::listing::{self, Bar, Here, Listing, Sort, Wish};
use crate::store::search::Search;

/// How many rows are read from the issued list at once.
const PAGE: usize = 1000;

/// How many lines a table has when no other number is asked for.
const LINES: &str = "1000";

/// What a filter may hold.
const EXPRESSION: &str = "Lists only what fits every term: words, expires<30d, expires:2027-03, expired, issued<7d, \
                          key:rsa-2048, key<2048, issuer: subject: name:*.example.test serial: used:no ring: status:soon \
                          profile: by: approver: request:12 reason:keyCompromise superseded:no dup:yes sharedkey:yes; -term leaves out, quotes hold blanks together";

fn filter_option() -> Arg {
    option("filter", "EXPR", EXPRESSION).allow_hyphen_values(true)
}

/// The command that lists certificates.
pub(super) fn list_command() -> Command {
    Command::new("list")
        .about("Lists every certificate that is known, each once")
        .arg(filter_option())
        .arg(
            option(
                "sort",
                "COLUMN",
                "By which column; issued is the time of signing, serial stands within issuer",
            )
            .value_parser(clap::builder::PossibleValuesParser::new(
                    Sort::NAMES.into_iter().chain(["serial"]),
                ))
            .default_value("issued"),
        )
        .arg(flag("reverse", "Turns the order around"))
        .arg(
            option(
                "limit",
                "N",
                format!("How many at most; without it a table has {LINES}, CSV and JSON have all"),
            )
            .value_parser(value_parser!(u64).range(1..)),
        )
        .arg(
            flag(
                "csv",
                "Prints CSV (RFC 4180); a cell that a spreadsheet would take for a formula (it begins with = + - @, \
                 tab or return) gets a ' before it",
            )
            .conflicts_with("json"),
        )
        .arg(
            flag("openssl", "Prints what was issued as the index.txt of openssl ca")
                .conflicts_with_all(["json", "csv", "used"]),
        )
        .arg(flag("due", "Lists only those that are valid and end soon; exit code 3 when there are any"))
        .arg(flag("issued", "Lists only what a certifier of the workspace has issued").conflicts_with("used"))
        .arg(flag("used", "Lists only what stands in keyrings and certifiers, issued here or not"))
}

/// The command that counts when certificates end.
pub(super) fn timeline_command() -> Command {
    Command::new("timeline")
        .about("Counts when certificates end: those in use that have ended, then by week or by month; revoked ones are not counted")
        .arg(filter_option())
        .arg(flag("weeks", "By week for half a year; this is the default").conflicts_with("months"))
        .arg(flag("months", "By month for two years"))
}

/// A line of the list.
enum Line<'a> {
    /// A certificate that stands in the workspace, and its row of the issued list if it was issued here.
    Here(&'a Certificate, &'a [Subject], Option<&'a Issued>),
    /// One that stands in the issued list alone.
    Issued(Box<Issued>),
}

/// The state and the moment that lines are looked at with.
struct View<'a> {
    state: &'a State,
    at: Moment,
}

/// How lines are printed as they come.
enum Form {
    Table(Vec<Vec<String>>),
    Csv,
    Json,
    Openssl,
}

/// The headings of tables and CSV.
const HEADINGS: [&str; 8] = ["SUBJECT", "NAMES", "ISSUER", "SERIAL", "ENDS", "KEY", "VERDICT", "WHERE"];

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

/// Reads the expression of a filter. Errors: `Usage`, pointing at the term that cannot be read.
fn filter(options: &ArgMatches) -> Result<Filter> {
    read_filter(options.get_one::<String>("filter").map_or("", String::as_str))
}

fn read_filter(text: &str) -> Result<Filter> {
    filter::parse(text).map_err(|mistake| {
        let term = text.get(mistake.at..).unwrap_or_default().split_whitespace().next().unwrap_or_default();
        Error::usage(format!("The filter cannot be read at \"{term}\".")).why(format!("{}.", mistake.why))
    })
}

/// Lists the rows of the issued list that fit an expression, in the order of signing.
pub(super) fn issued(expression: &str, session: &mut Session<'_>) -> Result<Vec<Issued>> {
    let filter = read_filter(expression)?;
    let at = Moment { now: Desk::now(), soon: session.config.soon() };
    let state = session.state()?;
    let issuers = listing::issuers(&state);
    let wish = Wish { sort: Sort::Issued, filter, at, issuers, here: here(&state, true), ..Wish::default() };
    let ledger = session.desk()?.reader()?;
    let ids = ledger.issued_ids(wish.order())?;
    let listing = listing::list(&*ledger, &mut Search::default(), &ids, &wish, &mut || {})?;
    let mut rows = ledger.issued_rows(&listing.ids)?;
    // Those that stand in the workspace are named by their digests.
    let standing = |row: &&Issued| listing.places.iter().any(|(_, sha256)| *sha256 == row.sha256);
    rows.extend(listing.issued.iter().filter(standing).cloned());
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

fn here(state: &State, listed: bool) -> Vec<Here> {
    state.certificates().values().map(|(c, places)| Here::new(state, c, places, listed)).collect()
}

/// Lists certificates.
pub(super) fn list(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let [due, used, issued, reverse] =
        ["due", "used", "issued", "reverse"].map(|name| options.get_flag(name));
    let sort = options.get_one::<String>("sort").and_then(|name| Sort::from_name(name)).unwrap_or_default();
    let mut filter = filter(options)?;
    if due {
        filter = filter.and(filter::Test::Status(filter::Status::Soon));
    }
    let at = Moment { now: Desk::now(), soon: session.config.soon() };
    let mut form = match (options.get_flag("csv"), session.json) {
        _ if options.get_flag("openssl") => Form::Openssl,
        (true, _) => Form::Csv,
        (_, true) => Form::Json,
        _ => Form::Table(Vec::new()),
    };
    let whole = if matches!(form, Form::Table(_)) { PAGE } else { usize::MAX };
    let limit = options.get_one::<u64>("limit").map_or(whole, |n| usize::try_from(*n).unwrap_or(usize::MAX));
    let state = session.state()?;
    let all = state.certificates();
    let issuers = listing::issuers(&state);
    let wish = Wish { sort, reverse, filter, at, issuers, here: here(&state, true), ..Wish::default() };
    let ledger = session.desk()?.reader()?;
    let ids = if used { Vec::new() } else { ledger.issued_ids(wish.order())? };
    let listing = listing::list(&*ledger, &mut Search::default(), &ids, &wish, &mut || {})?;
    drop(ids);
    let own: BTreeMap<Digest, &Issued> = listing.issued.iter().map(|row| (row.sha256, row)).collect();
    let view = View { state: &state, at };
    let mut count = 0_usize;
    match &form {
        Form::Csv => {
            let more = MORE.iter().map(|name| (*name).to_owned());
            session.out.raw(&csv::line(HEADINGS.iter().map(|h| h.to_lowercase()).chain(more)));
        }
        Form::Json => session.out.raw("["),
        Form::Table(_) | Form::Openssl => {}
    }
    each(&*ledger, &listing, &mut |found| {
        let line = match found {
            Ok(row) => Line::Issued(Box::new(row)),
            Err(digest) => match all.get(digest) {
                Some((c, places)) if !issued || own.contains_key(digest) => {
                    Line::Here(c, places, own.get(digest).copied())
                }
                _ => return true,
            },
        };
        count += 1;
        if count > limit {
            return false;
        }
        match &mut form {
            Form::Table(rows) => rows.push(view.cells(&line)),
            Form::Csv => session.out.raw(&csv::line(view.cells(&line).into_iter().chain(view.more(&line)))),
            Form::Openssl => {
                let row = match &line {
                    Line::Here(_, _, row) => *row,
                    Line::Issued(row) => Some(&**row),
                };
                if let Some(row) = row {
                    // Its subject is escaped already, and no other part is foreign.
                    session.out.raw(&format!("{}\n", index_txt::line(row, at.now)));
                }
            }
            Form::Json => {
                let before = if count == 1 { "\n" } else { ",\n" };
                session.out.raw(&format!("{before}{:#}", view.object(&line)));
            }
        }
        !session.out.gone()
    })?;
    match form {
        Form::Csv | Form::Openssl => {}
        Form::Json => session.out.raw(if count == 0 { "]\n" } else { "\n]\n" }),
        Form::Table(_) if count == 0 => session.out.note("There is no certificate here."),
        Form::Table(rows) => session.out.table(&HEADINGS, &rows),
    }
    if count > limit {
        session.out.note(&format!("Only the first {limit} are listed; --limit N lists more."));
    }
    // Neither a site document nor a stash holds certificates.
    let holds = |unread: &&Unread| !unread.path.starts_with("directory/") && !unread.is_stash();
    session.out.left_alone(state.unreadable.iter().filter(holds));
    Ok(if due && count > 0 { 3 } else { 0 })
}

/// Counts when certificates end.
pub(super) fn timeline(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let filter = filter(options)?;
    let at = Moment { now: Desk::now(), soon: session.config.soon() };
    let state = session.state()?;
    let issuers = listing::issuers(&state);
    let wish = Wish { filter, at, issuers, here: here(&state, true), ..Wish::default() };
    let ledger = session.desk()?.reader()?;
    let ids = ledger.issued_ids(wish.order())?;
    let found = listing::timeline(&*ledger, &mut Search::default(), &ids, &wish, &mut || {})?;
    let months = options.get_flag("months");
    let (bars, after) =
        if months { (&found.months, found.after_months) } else { (&found.weeks, found.after_weeks) };
    if session.json {
        let bar = |b: &Bar| json!({ "from": b.from.to_string(), "to": b.to.to_string(), "ends": b.total, "used": b.used });
        let bars: Vec<Value> = bars.iter().map(bar).collect();
        session.out.json(&json!({ "ended-in-use": found.ended, "bars": bars, "later": after }));
        return Ok(0);
    }
    let mut rows = vec![vec!["ended, in use".into(), found.ended.to_string(), found.ended.to_string()]];
    for bar in bars {
        let label = match bar.terms().into_iter().next().map(|t| t.test) {
            Some(filter::Test::Time(_, filter::Span::From(a, b))) if a == b => a.to_string(),
            _ => format!("{} to {}", bar.from, bar.to),
        };
        rows.push(vec![label, bar.total.to_string(), bar.used.to_string()]);
    }
    rows.push(vec!["later".into(), after.to_string(), String::new()]);
    session.out.table(&["WHEN", "ENDS", "IN USE"], &rows);
    Ok(0)
}

/// Walks through the list in its order until `take` has enough: a row of the issued list, or the digest of a certificate
/// of the workspace.
fn each(
    ledger: &dyn Ledger,
    listing: &Listing,
    take: &mut dyn FnMut(std::result::Result<Issued, &Digest>) -> bool,
) -> Result<()> {
    let mut places = listing.places.iter().peekable();
    let mut index = 0;
    for page in listing.ids.chunks(PAGE) {
        for row in ledger.issued_rows(page)? {
            while let Some((_, digest)) = places.next_if(|(at, _)| *at <= index) {
                index += 1;
                if !take(Err(digest)) {
                    return Ok(());
                }
            }
            index += 1;
            if !take(Ok(row)) {
                return Ok(());
            }
        }
    }
    for (_, digest) in places {
        if !take(Err(digest)) {
            return Ok(());
        }
    }
    Ok(())
}

/// Says where a certificate stands.
fn place(line: &Line<'_>) -> String {
    match line {
        Line::Here(_, places, _) => places.iter().map(listing::place).collect::<Vec<_>>().join(", "),
        Line::Issued(_) => "issued".into(),
    }
}

impl View<'_> {
    fn verdict(&self, line: &Line<'_>) -> String {
        let (revoked, times) = match line {
            Line::Here(c, _, row) => {
                let known = self.state.revocations.get(&c.sha256).map(|r| r.reason);
                (known.or_else(|| row.and_then(Issued::reason)), (c.not_before, c.not_after))
            }
            Line::Issued(r) => (r.reason(), (r.not_before, r.not_after)),
        };
        Verdict::of(revoked, times, self.at.now, self.at.soon).text()
    }

    /// Returns the cells of a line, one for each of [`HEADINGS`].
    fn cells(&self, line: &Line<'_>) -> Vec<String> {
        let (subject, names, issuer, serial, ends, key) = match line {
            Line::Here(c, ..) => {
                let issuer = listing::certifier(self.state, c).map_or_else(|| c.issuer.text(), str::to_owned);
                let names = listing::names(c);
                (c.subject.text(), names, issuer, &c.serial, c.not_after, &c.key.algorithm)
            }
            Line::Issued(r) => {
                (r.subject.clone(), r.alt_names.clone(), r.certifier.clone(), &r.serial, r.not_after, &r.key)
            }
        };
        let (verdict, place) = (self.verdict(line), place(line));
        vec![subject, names, issuer, serial.to_string(), ends.date(), key.clone(), verdict, place]
    }

    /// Returns what the issued list says beyond the cells, one for each of [`MORE`].
    fn more(&self, line: &Line<'_>) -> Vec<String> {
        let row = match line {
            Line::Here(_, _, row) => *row,
            Line::Issued(row) => Some(&**row),
        };
        let Some(row) = row else { return vec![String::new(); MORE.len()] };
        let look = &Look { state: self.state, now: self.at.now, soon: self.at.soon, zone: None };
        MORE.iter().map(|name| Issued::field(name).map_or_else(String::new, |f| (f.get)(row, look))).collect()
    }

    /// Makes an object of every field that either kind has; what is not known is empty.
    fn object(&self, line: &Line<'_>) -> Value {
        let look = &Look { state: self.state, now: self.at.now, soon: self.at.soon, zone: None };
        let names = Certificate::FIELDS.iter().map(|f| f.name).chain(Issued::FIELDS.iter().map(|f| f.name));
        let mut all: Map<String, Value> = names.map(|name| (name.to_owned(), "".into())).collect();
        match line {
            Line::Here(certificate, _, row) => {
                all.extend(row.iter().flat_map(|row| print::object(*row, look)));
                all.extend(print::object(*certificate, look));
            }
            Line::Issued(row) => {
                all.extend(print::object(&**row, look));
                all.insert("issuer".into(), row.certifier.clone().into());
            }
        }
        all.insert("verdict".into(), self.verdict(line).into());
        all.insert("where".into(), place(line).into());
        Value::Object(all)
    }
}
