//! `ringmaster crl`: signing, previewing, publishing and proving revocation lists, and what is due of them.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::session::Session;
use super::{certifier, print};
use crate::cli::args::{file, flag, option};
use crate::desk::publish::Published;
use crate::desk::{Desk, Verb};
use crate::model::certifier::{Certifier, CrlInfo};
use crate::model::crl::{CrlKind, Due, Light};
use crate::model::error::{Error, Result};
use crate::ops::issue_crl::Preview;
use crate::store::brought;

/// How many serial numbers of a kind a preview names.
const NAMED: usize = 50;

/// The commands about CRLs.
pub(super) fn command() -> Command {
    let named = |name, about| {
        Command::new(name)
            .about(about)
            .arg(Arg::new("name").value_name("CERTIFIER").required(true).help("The certifier"))
    };
    let kinds = |command: Command| {
        command
            .arg(flag("regular", "A regular one: the schedule goes on from it").conflicts_with("immediate"))
            .arg(flag("immediate", "One out of turn, which leaves the schedule as it is"))
            .arg(
                flag("delta", "A delta CRL: what has changed since the latest complete one")
                    .conflicts_with_all(["regular", "immediate"]),
            )
    };
    let limit = option("limit", "N", "How many at most")
        .value_parser(value_parser!(u64).range(1..))
        .default_value("20");
    let file = file(
        "A file that was brought back from where it is served, or -; without it the CRL's address is asked",
    );
    Command::new("crl")
        .about("Certificate revocation lists")
        .subcommand_required(true)
        .subcommand(
            kinds(named(
                "issue",
                "Signs a new CRL with everything that is revoked; a regular one when it is due",
            ))
            .arg(flag("push", "Publishes it at once, as crl push does")),
        )
        .subcommand(kinds(named(
            "preview",
            "Shows what the next CRL would say otherwise than the latest one; signs nothing",
        )))
        .subcommand(named("info", "Lists the CRLs of a certifier, the newest first").arg(limit))
        .subcommand(named(
            "push",
            "Brings the current CRLs to the folders and commands that config.ron names",
        ))
        .subcommand(
            named(
                "prove",
                "Compares what peers fetch with what was signed, and records it when it is the same",
            )
            .arg(file),
        )
        .subcommand(
            Command::new("due")
                .about("Says what is due of each certifier's CRLs; exit code 3 when anything is"),
        )
}

/// Runs a command about CRLs.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let Some((command, options)) = matches.subcommand() else { return Ok(2) };
    if command == "due" {
        return due(session);
    }
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    let name = certifier::by_name(name, session)?.name;
    match command {
        "issue" => {
            session.run(Verb::IssueCrl { certifier: name.clone(), kind: kind(options) })?;
            if options.get_flag("push") {
                let published = session.desk()?.push(&name)?;
                tell(session, &published);
            }
            Ok(0)
        }
        "preview" => preview(&name, kind(options), session),
        "info" => info(&name, options, session),
        "push" => {
            let published = session.desk()?.push(&name)?;
            tell(session, &published);
            Ok(0)
        }
        "prove" => {
            let file = options.get_one::<PathBuf>("file").map(PathBuf::as_path);
            let (source, bytes) = served(&name, file, session)?;
            let published = session.desk()?.prove(&name, &source, &bytes)?;
            tell(session, &published);
            Ok(0)
        }
        _ => Ok(2),
    }
}

fn kind(options: &ArgMatches) -> CrlKind {
    match ["regular", "immediate", "delta"].map(|name| options.get_flag(name)) {
        [true, ..] => CrlKind::Regular,
        [_, true, _] => CrlKind::Immediate,
        [.., true] => CrlKind::Delta,
        _ => CrlKind::AsDue,
    }
}

fn tell(session: &mut Session<'_>, published: &Published) {
    if session.json {
        let lines: Vec<_> = published.lines.iter().map(|line| print::visible_lines(line)).collect();
        return session.out.json(&json!({ "message": published.message, "lines": lines }));
    }
    session.out.line(&published.message);
    published.lines.iter().for_each(|line| session.out.line(&format!("  {line}")));
}

/// Reads what peers fetch: a file that was brought back, or the address itself.
fn served(name: &str, file: Option<&Path>, session: &mut Session<'_>) -> Result<(String, Vec<u8>)> {
    if let Some(file) = file {
        let source = print::source(file);
        let brought = if file == Path::new("-") {
            brought::read_stream(&mut std::io::stdin().lock(), &source)?
        } else {
            brought::read(file, true)?
        };
        return Ok((source, brought.bytes.to_vec()));
    }
    let address = certifier::by_name(name, session)?.policy.crl_url;
    if address.is_empty() {
        return Err(Error::refused(format!("The policy of certifier {name} names no address of its CRL."))
            .next(format!("Bring what is served back as a file: ringmaster crl prove {name} FILE")));
    }
    #[cfg(feature = "network")]
    {
        let bytes = crate::probe::fetch::get(&address)?;
        Ok((address, bytes))
    }
    #[cfg(not(feature = "network"))]
    Err(Error::refused("This program has no network code.")
        .next(format!("Fetch {address} elsewhere and bring it back: ringmaster crl prove {name} FILE")))
}

fn preview(name: &str, kind: CrlKind, session: &mut Session<'_>) -> Result<u8> {
    let previews = session.desk()?.preview_crl(name, kind)?;
    if session.json {
        session.out.json(&previews.iter().map(object).collect());
        return Ok(0);
    }
    for (number, preview) in previews.iter().enumerate() {
        if number > 0 {
            session.out.line("");
        }
        preview.lines(NAMED).iter().for_each(|line| session.out.line(line));
    }
    Ok(0)
}

fn object(preview: &Preview) -> Value {
    let Preview { crl, change, size } = preview;
    let added = change.added.iter().map(|(s, r)| json!({ "serial": s.to_string(), "reason": r.name() }));
    let changed = change
        .changed
        .iter()
        .map(|(s, a, b)| json!({ "serial": s.to_string(), "before": a.name(), "reason": b.name() }));
    json!({
        "number": crl.number, "kind": crl.kind(), "entries": crl.entries, "size": size,
        "this-update": crl.this_update.text(), "next-update": crl.next_update.text(),
        "added": added.collect::<Vec<_>>(),
        "removed": change.removed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "changed": changed.collect::<Vec<_>>(), "unchanged": change.unchanged,
    })
}

fn info(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let limit = options.get_one::<u64>("limit").map_or(20, |n| usize::try_from(*n).unwrap_or(usize::MAX));
    let register = session.desk()?.ledger().crl_register(name, limit)?;
    let state = session.state()?;
    if session.json {
        let object = |(crl, size): &(CrlInfo, u64)| {
            json!({
                "number": crl.number, "kind": crl.kind(), "this-update": crl.this_update.text(),
                "next-update": crl.next_update.text(), "entries": crl.entries, "size": size,
                "sha256": crl.sha256.to_string(),
            })
        };
        session.out.json(&register.iter().map(object).collect());
        return Ok(0);
    }
    let rows = register.iter().map(|(crl, size)| {
        vec![
            crl.number.to_string(),
            crl.kind(),
            crl.this_update.text(),
            crl.next_update.text(),
            crl.entries.to_string(),
            size.to_string(),
            crl.sha256.short(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    session.out.table(&["CRL", "KIND", "MADE", "NEXT UPDATE", "ENTRIES", "BYTES", "SHA-256"], &rows);
    for (target, publication) in state.published.get(name).into_iter().flatten() {
        session.out.line(&publication.told(target));
    }
    Ok(0)
}

/// Writes what is due for scripts.
pub(super) fn lines(due: &[(Light, String)]) -> Value {
    due.iter().map(|(light, text)| json!({ "light": light.word(), "text": text })).collect()
}

fn due(session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let now = Desk::now();
    let targets = session.desk()?.targets().clone();
    let due = |c: &Certifier| Due::of(&state, c, targets.has(&c.name), now);
    let all: Vec<(&Certifier, Due)> = state.certifiers.values().map(|c| (c, due(c))).collect();
    let worst = all.iter().map(|(_, due)| due.light).max().unwrap_or(Light::Green);
    if session.json {
        let object = |(c, due): &(&Certifier, Due)| {
            let next = due.next.map(|at| at.text());
            json!({ "certifier": c.name, "light": due.light.word(), "lines": lines(&due.lines), "next": next })
        };
        session.out.json(&all.iter().map(object).collect());
    } else {
        let rows = all.iter().map(|(c, due)| {
            let number = c.crl.as_ref().map_or_else(|| "none".into(), |crl| crl.number.to_string());
            let ends = c.crl.as_ref().map_or_else(String::new, |crl| crl.next_update.date());
            let next = due.next.map_or_else(String::new, |at| at.date());
            vec![c.name.clone(), due.light.word().into(), number, next, ends, due.text()]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        session.out.table(&["CERTIFIER", "LIGHT", "CRL", "NEXT DUE", "ENDS", "WHAT IS DUE"], &rows);
    }
    // Certifiers that cannot be read may owe one as well.
    for unread in state.unreadable.iter().filter(|unread| unread.path.starts_with("certifiers/")) {
        session.out.note(&format!("{}: {}", unread.path, unread.why));
    }
    Ok(if worst > Light::Green { 3 } else { 0 })
}
