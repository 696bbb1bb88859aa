//! `ringmaster key`: keys that nobody may use any more, reported one by one or brought in lists.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, ArgGroup, ArgMatches, Command};
use serde_json::json;

use super::print;
use super::session::Session;
use crate::cli::args::{file, option};
use crate::desk::Verb;
use crate::model::bytes::{Digest, unhex};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::finding::Subject;
use crate::model::key::KeyInfo;
use crate::ops::compromised::against;
use crate::pki::pem::Found;
use crate::pki::{lint, sha256, weak_key};
use crate::store::file;

/// The commands about keys.
pub(super) fn command() -> Command {
    let reason = |help| option("reason", "TEXT", help).required(true);
    Command::new("key")
        .about("Keys that others know: reported here, or in lists that were brought")
        .subcommand_required(true)
        .subcommand(Command::new("list").about("Lists the reported keys and the lists of keys"))
        .subcommand(
            Command::new("check")
                .about("Tells of the keys in a file whether they are weak, reported or listed")
                .arg(file("A certificate, request or key; - is the standard input").required(true)),
        )
        .subcommand(
            Command::new("report")
                .about("Reports a key as known to others; it is not certified any more")
                .arg(file("A certificate, request or key that has it; - is the standard input"))
                .arg(option("sha256", "HEX", "SHA-256 of the public key (SubjectPublicKeyInfo) instead"))
                .arg(option("modulus", "HEX", "The modulus of an RSA key instead"))
                .group(ArgGroup::new("which").args(["file", "sha256", "modulus"]).required(true))
                .arg(reason("How that is known")),
        )
        .subcommand(
            Command::new("clear")
                .about("Takes the report of a key back")
                .arg(
                    Arg::new("key").value_name("HEX").required(true).help("The key as \"key list\" shows it"),
                )
                .arg(reason("Why; it is kept in the audit chain")),
        )
        .subcommand(
            Command::new("import-list")
                .about("Brings a list of keys: of Debian, of badkeys, by SHA-256, or moduli")
                .arg(file("The list").required(true))
                .arg(option("name", "NAME", "What it is called here; else as the file")),
        )
        .subcommand(
            Command::new("drop-list")
                .about("Drops a list of keys")
                .arg(Arg::new("name").value_name("NAME").required(true).help("The list")),
        )
}

/// Runs a command about keys.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let of = |options: &ArgMatches, name: &str| options.get_one::<String>(name).cloned().unwrap_or_default();
    match matches.subcommand() {
        Some(("list", _)) => list(session),
        Some(("check", options)) => check(options, session),
        Some(("report", options)) => {
            let key = which(options, session)?;
            session.writable()?;
            session.run(Verb::ReportKey { key, why: of(options, "reason") })
        }
        Some(("clear", options)) => {
            session.writable()?;
            session.run(Verb::ClearKey { key: digest(&of(options, "key"))?, why: of(options, "reason") })
        }
        Some(("import-list", options)) => {
            session.writable()?;
            let path = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
            let part =
                |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
            let (source, stem) = (part(path.file_name()), part(path.file_stem()));
            // RSA-2048 of blacklist.RSA-2048 tells more than blacklist.
            let name = if stem == "blacklist" { source.replace('.', "-") } else { stem };
            let name = options.get_one::<String>("name").cloned().unwrap_or_else(|| name.to_lowercase());
            let bytes = std::fs::read(&path).map_err(|e| file::error("read", &path, &e))?;
            session.run(Verb::ImportKeyList { name, source: visible(&source), bytes: Arc::new(bytes) })
        }
        Some(("drop-list", options)) => {
            session.writable()?;
            session.run(Verb::DropKeyList { name: of(options, "name") })
        }
        _ => Ok(2),
    }
}

fn list(session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    if session.json {
        let reported = state.compromised.values().map(|r| {
            json!({ "key": r.key.to_string(), "why": visible(&r.why), "at": r.at.text(), "by": visible(&r.by) })
        });
        let lists = state.key_lists.values().map(|l| {
            json!({ "name": l.name, "of": l.sort.word(), "entries": l.entries, "source": visible(&l.source) })
        });
        let (reported, lists): (Vec<_>, Vec<_>) = (reported.collect(), lists.collect());
        session.out.json(&json!({ "reported": reported, "lists": lists }));
        return Ok(0);
    }
    if state.compromised.is_empty() && state.key_lists.is_empty() {
        session
            .out
            .note("No key is reported, and no list was brought. docs/lint.md tells where lists come from.");
        return Ok(0);
    }
    if !state.compromised.is_empty() {
        let row = |r: &crate::model::compromised::Reported| {
            vec![r.key.to_string(), r.at.date(), visible(&r.by), visible(&r.why)]
        };
        let rows: Vec<_> = state.compromised.values().map(row).collect();
        session.out.table(&["REPORTED KEY", "ON", "BY", "WHY"], &rows);
    }
    if !state.key_lists.is_empty() {
        let row = |l: &crate::model::compromised::KeyList| {
            vec![l.name.clone(), l.entries.to_string(), l.sort.word().to_owned(), visible(&l.source)]
        };
        let rows: Vec<_> = state.key_lists.values().map(row).collect();
        session.out.table(&["LIST", "ENTRIES", "OF", "SOURCE"], &rows);
    }
    Ok(0)
}

/// Lists the public keys in what was found, each once.
fn keys(found: &Found) -> Vec<KeyInfo> {
    let certificates = found.certificates.iter().map(|c| &c.key);
    let all = certificates.chain(found.requests.iter().map(|r| &r.key));
    let mut all: Vec<KeyInfo> = all.chain(found.keys.iter().map(|k| k.key.info())).cloned().collect();
    all.sort_by_key(|k| k.sha256);
    all.dedup_by_key(|k| k.sha256);
    all
}

fn check(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let path = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let keys = keys(&session.find(&path)?);
    if keys.is_empty() {
        return Err(no_key(&path));
    }
    let (state, lists) = (session.state()?, session.desk()?.lists());
    let mut all = Vec::new();
    for key in &keys {
        let mut findings = lint::key(key, Subject::Workspace);
        findings.extend(against(&state, key, &lists.holding(key, &state)?, &Subject::Workspace));
        all.push((key, findings));
    }
    let bad = all.iter().any(|(_, findings)| !findings.is_empty());
    if session.json {
        let value = |(key, findings): &(&KeyInfo, Vec<crate::model::finding::Finding>)| {
            let findings: Vec<_> = findings.iter().map(print::finding).collect();
            json!({ "key": key.sha256.to_string(), "algorithm": key.algorithm, "findings": findings })
        };
        session.out.json(&json!(all.iter().map(value).collect::<Vec<_>>()));
        return Ok(if bad { 3 } else { 0 });
    }
    for (key, findings) in &all {
        session.out.line(&format!("{} {}", key.algorithm, key.sha256));
        if findings.is_empty() {
            session.out.line("  Nothing was found against it.");
        }
        for finding in findings {
            session.out.line(&format!("  {}: {} {}", finding.severity.word(), finding.text, finding.remedy));
        }
    }
    if state.key_lists.is_empty() {
        session
            .out
            .note("No list of weak keys was brought: those of Debian, for example, are not recognised.");
    }
    Ok(if bad { 3 } else { 0 })
}

/// Finds what a key is reported as.
fn which(options: &ArgMatches, session: &mut Session<'_>) -> Result<Digest> {
    if let Some(hex) = options.get_one::<String>("sha256") {
        return digest(hex);
    }
    if let Some(hex) = options.get_one::<String>("modulus") {
        let plain = hex.trim().trim_start_matches("Modulus=").trim_start_matches('0');
        let even = if plain.len().is_multiple_of(2) { plain.to_owned() } else { format!("0{plain}") };
        return match unhex(&even) {
            Some(modulus) if modulus.len() >= 32 => Ok(sha256(&modulus)),
            _ => Err(Error::usage("This is no modulus of a key.")
                .why("It has to be at least 64 hexadecimal digits.")),
        };
    }
    let path = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    match keys(&session.find(&path)?).as_slice() {
        // By its number it is found in every encoding and with every exponent.
        [key] => Ok(weak_key::reported_as(&key.spki.0).pop().unwrap_or(key.sha256)),
        [] => Err(no_key(&path)),
        several => {
            let all = several.iter().map(|k| k.sha256.to_string()).collect::<Vec<_>>().join(", ");
            Err(Error::usage(format!("{} holds several keys.", print::source(&path)))
                .why(all)
                .next("Name the one that is meant: --sha256 HEX"))
        }
    }
}

fn digest(hex: &str) -> Result<Digest> {
    Digest::typed(hex).ok_or_else(|| {
        Error::usage(format!("\"{}\" is no SHA-256.", visible(hex))).why("It has 64 hexadecimal digits.")
    })
}

fn no_key(path: &std::path::Path) -> Error {
    Error::usage(format!("{} holds no key.", print::source(path)))
        .next("Name a certificate, a request or a key.")
}
