//! Commands that look at certifiers as a whole, bring them in, and give them new keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::json;

use super::{by_name, find, name_argument};
use crate::cli::args::{flag, option};
use crate::cli::crl::lines;
use crate::cli::fields;
use crate::cli::session::Session;
use crate::desk::{Desk, Verb};
use crate::model::certificate::Certificate;
use crate::model::certifier::Certifier;
use crate::model::certifier::overview;
use crate::model::certifier::past::ImportedCertifier;
use crate::model::certifier::rollover::{Need, NewKey};
use crate::model::crl::Light;
use crate::model::error::{Error, Result};
use crate::model::time::Timestamp;
use crate::ops::roll_over;
use crate::pki::pem;
use crate::store::brought;

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    let named = |name, about| Command::new(name).about(about).arg(name_argument());
    let path = |name, value| Arg::new(name).value_name(value).value_parser(value_parser!(PathBuf));
    let rollover = Command::new("rollover")
        .about("Gives an authority a new key under the same name; the old one then signs CRLs only")
        .arg(Arg::new("old").value_name("NAME").required(true).index(1).help("The certifier"));
    let rollover = fields::options::<NewKey>(rollover)
        .mut_arg("name", |name| name.long("to").required(false).value_name("NEW"));
    let import = Command::new("import").about(
        "Takes an authority over that was run elsewhere: its key, its certificate, and what it has issued",
    );
    vec![
        Command::new("status")
            .about("Shows how certifiers stand: queue, CRL, debts; ends with 3 when something is due")
            .arg(Arg::new("names").value_name("NAME").action(ArgAction::Append).help("Certifiers; all when none is named")),
        named("lock", "Says where the key is unlocked, for it is locked when a process ends")
            .after_help("A console locks with o and z, after idle time, and when it ends."),
        Command::new("refresh")
            .about("Reads the workspace again, finishes what a crash left, and tells what cannot be used; ends with 3 then"),
        fields::options::<ImportedCertifier>(import)
            .arg(
                path("source", "SOURCE")
                    .required(true)
                    .index(2)
                    .help(
                        "A file with key and certificate (PEM, PKCS#12), the folder of openssl ca or easy-rsa, or a database of XCA",
                    ),
            )
            .arg(path("key", "FILE").long("key").help("The private key, when it is in a file of its own"))
            .arg(
                flag("preview", "Only shows what would be taken over"),
            ),
        rollover,
        named("links", "Prints the certificates that link the key of a certifier with the one before, as PEM"),
        named("worklist", "Lists what is still valid under an old key, and how to renew each; ends with 3 when there is any")
            .arg(
                option(
                    "day",
                    "DATE",
                    "The day from which on nothing shall depend on the old key; 30 days from now without it",
                ),
            ),
    ]
}

/// Runs one of them.
pub(super) fn run(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match name {
        "status" => status(options, session),
        "lock" => {
            let name = find(options, session)?.name;
            session.out.line(&format!(
                "Certifier {name} is locked here: a command unlocks it for itself only, and forgets the key when it ends."
            ));
            session.out.note("A console that is open has its own keys: press z in it, or end it.");
            Ok(0)
        }
        "refresh" => refresh(session),
        "import" => import(options, session),
        "rollover" => rollover(options, session),
        "links" => {
            let certifier = find(options, session)?;
            if certifier.links.is_empty() {
                return Err(Error::refused(format!(
                    "Certifier {} has no link certificates.",
                    certifier.name
                ))
                .why("Only a root whose key took over from another one has them."));
            }
            for link in &certifier.links {
                session.out.raw(&pem::write("CERTIFICATE", &link.der.0));
            }
            Ok(0)
        }
        "worklist" => worklist(options, session),
        _ => Ok(2),
    }
}

fn status(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let (state, now) = (session.state()?, Desk::now());
    let certifiers = match options.get_many::<String>("names") {
        Some(names) => names.map(|name| by_name(name, session)).collect::<Result<Vec<_>>>()?,
        None => state.certifiers.values().cloned().collect(),
    };
    let targets = session.desk()?.targets().clone();
    let all: Vec<_> =
        certifiers.iter().map(|c| (c, overview::of(&state, c, targets.has(&c.name), now))).collect();
    let due = all.iter().any(|(_, is)| is.light > Light::Green) || !state.awaited.is_empty();
    if session.json {
        let one = |(c, is): &(&Certifier, overview::Overview)| {
            json!({ "name": c.name, "kind": c.kind(), "status": c.status.word(), "light": is.light.word(),
                    "queue": is.queue, "crl": is.crl, "ends": is.ends, "due": lines(&is.due) })
        };
        let awaited: Vec<_> = state.awaited.keys().collect();
        session.out.json(&json!({ "queue": overview::undecided(&state, now),
            "certifiers": all.iter().map(one).collect::<Vec<_>>(), "awaited": awaited }));
        return Ok(if due { 3 } else { 0 });
    }
    let row = |(c, is): &(&Certifier, overview::Overview)| {
        let due: Vec<_> = is.due.iter().map(|(_, text)| text.as_str()).collect();
        let due = if due.is_empty() { "nothing".into() } else { due.join(" ") };
        let (light, status) = (is.light.word().into(), c.status.word().into());
        vec![c.name.clone(), light, status, is.queue.clone(), is.crl.clone(), due]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    if rows.is_empty() {
        session.out.note("There is no certifier here.");
    } else {
        session.out.table(&["NAME", "LIGHT", "STATUS", "QUEUE", "CRL", "WHAT IS DUE"], &rows);
    }
    session.out.note(&format!("In the queue {}.", overview::undecided(&state, now)));
    super::life::tell_awaited(session)?;
    Ok(if due { 3 } else { 0 })
}

fn refresh(session: &mut Session<'_>) -> Result<u8> {
    session.desk()?.refresh(true)?;
    let state = session.state()?;
    let of_certifiers: Vec<_> =
        state.unreadable.iter().filter(|u| u.path.starts_with("certifiers")).collect();
    for unread in &of_certifiers {
        session.out.line(&format!("{}: {}", unread.path, unread.why));
    }
    let (made, awaited) = (state.certifiers.len(), state.awaited.len());
    let s = if made == 1 { "" } else { "s" };
    let waiting =
        if awaited == 0 { String::new() } else { format!("; waiting for a certificate: {awaited}") };
    session.out.line(&format!("Read again: {made} certifier{s}{waiting}."));
    Ok(if of_certifiers.is_empty() { 0 } else { 3 })
}

fn import(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let source = options.get_one::<PathBuf>("source").cloned().unwrap_or_default();
    let (holding, history) = session.bring_authority(&source)?;
    let mut found = holding.found;
    if let Some(file) = options.get_one::<PathBuf>("key") {
        found.keys = session.bring(Path::new(file), |f| !f.keys.is_empty())?.found.keys;
    }
    let of = |c: &Certificate| found.keys.iter().find(|k| k.key.info().sha256 == c.key.sha256);
    let state = session.state()?;
    let here =
        |c: &Certificate| state.certifiers.values().any(|o| o.certificate.subject.der == c.subject.der);
    let own = found.certificates.iter().filter(|c| c.is_ca()).filter_map(|c| of(c).map(|key| (c, key)));
    // Of several authorities the first one that is not here yet.
    let Some((own, key)) = own.min_by_key(|(c, _)| here(c)) else {
        let why = match found.keys.len() {
            0 => "There is no private key in it that could be opened.",
            _ => "None of the keys is that of an authority's certificate in it.",
        };
        return Err(Error::refused(format!("{} gives no certifier.", brought::shown(&source)))
            .why(why)
            .next("Name the key: --key FILE."));
    };
    let mut asked = ImportedCertifier::default();
    fields::fill(&mut asked, options)?;
    if !session.json {
        session.out.line(&format!("{}, {}, ends {}", own.subject, own.key.algorithm, own.not_after.date()));
        history.told(Desk::now()).iter().for_each(|line| session.out.line(&format!("  {line}")));
    }
    if options.get_flag("preview") {
        return Ok(0);
    }
    session.writable()?;
    let whose = format!("certifier {}", asked.name);
    fields::ask(&mut asked, &whose, &mut session.secrets)?;
    let (key, certificates) = (key.key.clone(), found.certificates.clone());
    session.run(Verb::ImportCertifier { asked, key, certificates, history: Arc::new(history) })
}

fn rollover(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let old = by_name(options.get_one::<String>("old").map_or("", String::as_str), session)?;
    let mut asked = NewKey::after(&old.name, session.config.certifier_key, old.years());
    fields::fill(&mut asked, options)?;
    session.writable()?;
    let whose = format!("certifier {}", asked.name);
    fields::ask(&mut asked, &whose, &mut session.secrets)?;
    session.run(Verb::RollOver { name: old.name, asked })
}

fn worklist(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let old = find(options, session)?;
    let day = match options.get_one::<String>("day") {
        None => Desk::now().plus_days(roll_over::SOON),
        Some(text) => Timestamp::from_date(text)
            .ok_or_else(|| Error::usage(format!("\"{text}\" is no day.")).next("Write it as 2027-03-01."))?,
    };
    let tasks = session.desk()?.worklist(&old.name, day)?;
    let state = session.state()?;
    let untold = old.untold(&state);
    let left = tasks.iter().any(|t| t.need != Need::NotNeeded) || !untold.is_empty();
    if session.json {
        let one = |t: &crate::model::certifier::rollover::Task| {
            json!({ "serial": t.issued.serial.to_string(), "subject": t.issued.subject, "need": t.need.word(),
                    "ends": t.issued.not_after.date(), "way": t.way, "keyring": t.keyring })
        };
        let tasks: Vec<_> = tasks.iter().map(one).collect();
        session.out.json(&json!({ "certificates": tasks, "keyrings_without_new_root": untold }));
        return Ok(if left { 3 } else { 0 });
    }
    let rows: Vec<Vec<String>> = tasks
        .iter()
        .map(|t| {
            let cells =
                [t.need.word(), &t.issued.subject, &t.issued.not_after.date(), &t.way].map(str::to_owned);
            cells.to_vec()
        })
        .collect();
    if rows.is_empty() {
        session.out.note(&format!("Nothing is valid any more under the key of {}.", old.name));
    } else {
        session.out.table(&["NEED", "SUBJECT", "ENDS", "HOW"], &rows);
    }
    let next = old.succeeded_by.unwrap_or_default();
    for ring in untold {
        session.out.note(&format!(
            "Keyring {ring} trusts the old root only: ringmaster keyring trust {ring} --certifier {next}"
        ));
    }
    Ok(if left { 3 } else { 0 })
}
