//! `ringmaster cipher`: the table of cipher suites, and what a list of them means.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::session::Session;
use crate::cli::args::{flag, option};
use crate::model::cipher::{
    Explained, PRESETS, Standing, Suite, domino, explain, parse_list, parse_spec, priority, release_notes,
    remarks, write_list, write_spec,
};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::key::KeyInfo;
use crate::model::server::Release;

/// The commands about cipher suites.
pub(super) fn command() -> Command {
    let about = |command: Command| {
        command
            .arg(
                option("release", "RELEASE", "What this release of Domino does with them")
                    .value_parser(Release::NAMES.to_vec())
                    .default_value(Release::R14.name()),
            )
            .arg(option("keyring", "KEYRING", "Whether the key of this keyring can use them"))
    };
    Command::new("cipher")
        .about("TLS cipher suites: names, strength, what releases and keys make of them")
        .subcommand_required(true)
        .subcommand(
            about(Command::new("list").about("Lists cipher suites in the order in which a server prefers them")).arg(
                flag("all", "Those too that Domino is not known for"),
            ),
        )
        .subcommand(
            about(Command::new("explain").about(
                "Explains a list of ciphers code by code; exit code 3 when something speaks against it",
            ))
            .arg(Arg::new("list").value_name("LIST").required(true).num_args(1..).help(
                "SSLCipherSpec=..., or names, codes and presets (domino-14, aead, legacy); default is what the release offers",
            )),
        )
}

/// Runs a command about cipher suites.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("list", options)) => list(options, session),
        Some(("explain", options)) => tell(options, session),
        _ => Ok(2),
    }
}

/// Reads the release, and the key of the keyring that was named.
fn asked(options: &ArgMatches, session: &mut Session<'_>) -> Result<(Release, Option<KeyInfo>)> {
    let release =
        options.get_one::<String>("release").and_then(|name| Release::from_name(name)).unwrap_or_default();
    let Some(name) = options.get_one::<String>("keyring") else { return Ok((release, None)) };
    let ring = super::keyring::by_name(name, session)?;
    let key = ring.key.ok_or_else(|| Error::refused(format!("Keyring {name} has no private key.")))?;
    Ok((release, Some(key)))
}

fn list(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let (release, key) = asked(options, session)?;
    let mut suites: Vec<Suite> =
        if options.get_flag("all") { Suite::all().collect() } else { domino().collect() };
    priority(&mut suites);
    print(&suites, release, key.as_ref(), session);
    if !session.json {
        session.out.note(&format!("{}: {}", release.name(), release_notes(release)));
        legend(&suites, release, session);
    }
    Ok(0)
}

/// Says what the words in the column of the release mean, for those that stand there.
fn legend(suites: &[Suite], release: Release, session: &mut Session<'_>) {
    for standing in Standing::ALL {
        if suites.iter().any(|suite| suite.standing(release) == standing) {
            session.out.note(&format!("{}: {}.", standing.word(), standing.meaning()));
        }
    }
}

fn tell(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let (release, key) = asked(options, session)?;
    let words: Vec<&str> =
        options.get_many::<String>("list").unwrap_or_default().map(String::as_str).collect();
    let text = words.join(" ");
    let wrong = |why: String| {
        Error::usage(format!("\"{}\" is no list of ciphers.", visible(&text)))
            .why(format!("{why}."))
            .next("The suites and presets: ringmaster cipher list")
    };
    // A spec may name what nobody knows: that is what an explanation is asked for.
    let spec = text.trim().to_ascii_lowercase().starts_with("sslcipherspec");
    let suites = match spec {
        true => Some(parse_spec(&text).map_err(wrong)?),
        false => parse_list(&text).map_err(wrong)?,
    };
    let offered = suites.as_deref().or_else(|| crate::model::cipher::default_of(release));
    let Some(suites) = offered else {
        let why = release_notes(release);
        return Err(Error::refused(format!(
            "What {} offers by itself is not known suite by suite.",
            release.name()
        ))
        .why(why)
        .next("Probe a server of that release: ringmaster probe HOST"));
    };
    let remarks = remarks(suites, release, key.as_ref());
    if spec && release >= Release::R10 {
        session.out.note(
            "From 10.0.1 on the setting is taken over into documents at the upgrade; sources differ on whether it is read later.",
        );
    }
    if session.json {
        let rows: Vec<Value> = suites.iter().map(|s| value(&explain(*s, release, key.as_ref()))).collect();
        let mut order = suites.to_vec();
        priority(&mut order);
        session.out.json(&json!({
            "release": release.name(),
            "suites": rows,
            "order": order.iter().map(|s| s.hex()).collect::<Vec<_>>(),
            "remarks": remarks,
            "list": write_list(Some(suites)),
            "spec": write_spec(suites),
        }));
    } else {
        if !suites.is_empty() {
            print(suites, release, key.as_ref(), session);
            session.out.line("");
        }
        remarks.iter().for_each(|line| session.out.line(line));
        if remarks.is_empty() {
            session.out.line("Nothing speaks against this list.");
        }
        let mut order = suites.to_vec();
        priority(&mut order);
        if order.len() > 1 {
            session.out.line(&format!("A server prefers them in this order: {}.", write_list(Some(&order))));
        }
        if let Some(preset) = PRESETS.iter().find(|preset| same(preset.suites, suites)) {
            session.out.line(&format!("This is the preset {} ({}).", preset.name, preset.title));
        }
    }
    Ok(if remarks.is_empty() { 0 } else { 3 })
}

/// Tells whether two lists are the same set.
fn same(a: &[Suite], b: &[Suite]) -> bool {
    a.len() == b.len() && a.iter().all(|suite| b.contains(suite))
}

fn print(suites: &[Suite], release: Release, key: Option<&KeyInfo>, session: &mut Session<'_>) {
    let all: Vec<Explained> = suites.iter().map(|suite| explain(*suite, release, key)).collect();
    if session.json {
        return session.out.json(&Value::Array(all.iter().map(value).collect()));
    }
    let yes = |so: bool| if so { "yes" } else { "no" }.to_owned();
    let row = |e: &Explained| {
        let name = e.suite.short().map_or_else(|| "not known".to_owned(), str::to_owned);
        let bits = if e.suite.short().is_some() { e.bits.to_string() } else { String::new() };
        let forward = e.suite.short().map_or_else(String::new, |_| yes(e.forward_secret));
        let mut row = vec![e.suite.hex(), name, bits, forward, e.grade.word().to_owned()];
        row.push(e.standing.word().to_owned());
        row.extend(e.key.iter().map(|fits| yes(fits.is_ok())));
        let no = e.key.iter().filter_map(|fits| fits.as_ref().err());
        row.push(no.chain((!e.why.is_empty()).then_some(&e.why)).cloned().collect::<Vec<_>>().join("; "));
        row
    };
    let release = format!("IN {}", release.name());
    let mut headings = vec!["CODE", "SUITE", "BITS", "PFS", "GRADE", &release];
    headings.extend(key.map(|_| "RING"));
    headings.push("AGAINST IT");
    session.out.table(&headings, &all.iter().map(row).collect::<Vec<_>>());
}

fn value(e: &Explained) -> Value {
    let mut value = json!({
        "code": e.suite.hex(),
        "name": e.suite.short().map(|_| e.suite.name()),
        "openssl": e.suite.openssl(),
        "bits": e.bits,
        "forward_secret": e.forward_secret,
        "aead": e.aead,
        "grade": e.grade.word(),
        "against": e.why,
        "versions": e.versions,
        "standing": e.standing.word(),
        "known": e.suite.domino_note(),
    });
    if let (Some(fits), Some(object)) = (&e.key, value.as_object_mut()) {
        object.insert("usable".into(), fits.is_ok().into());
        object.insert("why_not".into(), fits.as_ref().err().cloned().into());
    }
    value
}
