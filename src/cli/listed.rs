//! `ringmaster certificate list` and `timeline`: every certificate that the console knows, each once, and when they end.

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::Desk;
use crate::desk::list::{Form, HEADINGS, PAGE, Rows};
use crate::model::State;
use crate::model::error::{Error, Result};
use crate::model::filter::{self, Filter, Moment};
use crate::model::issued::Issued;
use crate::model::unread::Unread;
use crate::store::listing::{self, Bar, Here, Sort, Wish};
use crate::store::search::Search;

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
    let form = match (options.get_flag("csv"), session.json) {
        _ if options.get_flag("openssl") => Some(Form::Openssl),
        (true, _) => Some(Form::Csv),
        (_, true) => Some(Form::Json),
        _ => None,
    };
    let whole = if form.is_none() { PAGE } else { usize::MAX };
    let limit = options.get_one::<u64>("limit").map_or(whole, |n| usize::try_from(*n).unwrap_or(usize::MAX));
    let state = session.state()?;
    let issuers = listing::issuers(&state);
    let wish = Wish { sort, reverse, filter, at, issuers, here: here(&state, true), ..Wish::default() };
    let ledger = session.desk()?.reader()?;
    let ids = if used { Vec::new() } else { ledger.issued_ids(wish.order())? };
    let listing = listing::list(&*ledger, &mut Search::default(), &ids, &wish, &mut || {})?;
    drop(ids);
    let rows = Rows::new(&*ledger, &listing, &state, at);
    let (mut count, mut table) = (0_usize, Vec::new());
    if let Some(form) = form {
        session.out.raw(&form.begin());
    }
    rows.each(issued || form == Some(Form::Openssl), &mut |row| {
        count += 1;
        if count > limit {
            return false;
        }
        match form {
            Some(form) => session.out.raw(&rows.write(form, row, count)),
            None => table.push(rows.cells(row)),
        }
        !session.out.gone()
    })?;
    match form {
        Some(form) => session.out.raw(form.end(count)),
        None if count == 0 => session.out.note("There is no certificate here."),
        None => session.out.table(&HEADINGS, &table),
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
