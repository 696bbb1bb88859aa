//! Commands for the trusted roots of a keyring.

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use serde_json::json;

use super::{by_name, find, given, named};
use crate::cli::args::{file, flag, option};
use crate::cli::certifier;
use crate::cli::session::Session;
use crate::desk::{Desk, Verb};
use crate::model::bytes::hex;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::keyring::{Entry, Keyring, Role};
use crate::model::time::days_left;
use crate::ops::ring::Act;
use crate::ops::trust::{broken_without, consequences, expired_roots};
use crate::store::system;

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    let root = || Arg::new("root").value_name("ROOT").required(true);
    vec![
        named("roots", "Lists the trusted roots of a keyring"),
        named("trust", "Adds trusted roots to a keyring")
            .arg(file("A file with the root certificates; - is the standard input"))
            .arg(option("certifier", "CERTIFIER", "Takes the certificate of a certifier of this workspace"))
            .arg(option("from", "KEYRING", "Takes the roots that another keyring trusts"))
            .arg(option(
                "system",
                "WORDS",
                "Takes the one root of the operating system whose subject or SHA-256 has all these words",
            ))
            .group(ArgGroup::new("source").args(["file", "certifier", "from", "system"]).required(true)),
        named("root", "Changes one trusted root of a keyring")
            .arg(root().help("The root: its label, or the beginning of its SHA-256, eight digits or more"))
            .arg(
                option("trust", "YES|NO", "Switches its trust on or off [yes or no]")
                    .value_parser(["yes", "no"])
                    .hide_possible_values(true),
            )
            .arg(option("label", "TEXT", "Gives it another label"))
            .arg(flag("remove", "Takes it out of the ring; the present revision goes to the history"))
            .arg(option("confirm", "NAME", "The name of the keyring again, when something would break"))
            .group(ArgGroup::new("what").args(["trust", "label", "remove"]).required(true)),
        Command::new("prune-roots")
            .about("Removes roots that have ended, after saying which")
            .arg(
                Arg::new("names")
                    .value_name("NAME")
                    .action(ArgAction::Append)
                    .help("The keyrings; without any, every keyring"),
            )
            .arg(flag("dry-run", "Only says which roots would go")),
    ]
}

/// Runs one of them; `None` when the name is of another part.
pub(super) fn run(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    Some(match name {
        "roots" => roots(options, session),
        "trust" => trust(options, session),
        "root" => root(options, session),
        "prune-roots" => prune(options, session),
        _ => return None,
    })
}

fn roots(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let ring = find(options, session)?;
    let now = Desk::now();
    let trust = |e: &Entry| if e.trusted { "on" } else { "off" };
    if session.json {
        let all = ring.with_role(Role::Root).map(|e| {
            json!({
                "label": crate::model::escape::visible(&e.label),
                "trusted": e.trusted,
                "subject": e.certificate.subject.text(),
                "ends": e.certificate.not_after.text(),
                "sha256": e.certificate.sha256.to_string(),
            })
        });
        session.out.json(&all.collect());
        return Ok(0);
    }
    let row = |e: &Entry| {
        let c = &e.certificate;
        let days = days_left(c.not_after.days_from(now));
        vec![
            trust(e).into(),
            e.label.clone(),
            format!("{} ({days})", c.not_after.date()),
            c.sha256.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = ring.with_role(Role::Root).map(row).collect();
    if rows.is_empty() {
        session.out.note(&format!("Keyring {} trusts no root.", ring.name));
        return Ok(0);
    }
    session.out.table(&["TRUST", "LABEL", "ENDS", "SHA-256"], &rows);
    Ok(0)
}

fn trust(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let ring = find(options, session)?;
    let text = |name: &str| options.get_one::<String>(name);
    let roots = if let Some(name) = text("certifier") {
        let certifier = certifier::by_name(name, session)?;
        let root = certifier.root().cloned().ok_or_else(|| {
            Error::refused(format!("No root stands above certifier {}.", certifier.name))
                .why("It was brought here without its root.")
                .next("Ask its issuer for the root, and trust it from a file.")
        })?;
        vec![root]
    } else if let Some(name) = text("from") {
        let other = by_name(name, session)?;
        let new =
            other.trusted_roots().filter(|c| ring.entry(&c.sha256).is_none_or(|e| e.role != Role::Root));
        let new: Vec<_> = new.cloned().collect();
        if new.is_empty() {
            return Err(Error::refused(format!(
                "Keyring {name} trusts no root that {} does not have.",
                ring.name
            )));
        }
        new
    } else if let Some(words) = text("system") {
        vec![of_system(words)?]
    } else {
        given(options, session)?
    };
    session.run(Verb::ring(ring.name, Act::Trust { roots }))
}

/// Finds the one root of the system that fits.
fn of_system(words: &str) -> Result<Certificate> {
    let (all, place) = system::roots()?;
    let fits = |c: &&Certificate| {
        let text = format!("{} {}", c.subject, c.sha256).to_lowercase();
        words.to_lowercase().split_whitespace().all(|word| text.contains(word))
    };
    let mut found: Vec<_> = all.iter().filter(fits).collect();
    match (found.pop(), found.as_slice()) {
        (Some(one), []) => Ok(one.clone()),
        (None, _) => Err(Error::refused(format!("No root of this system fits \"{words}\".")).why(format!(
            "{} roots of {} were looked at.",
            all.len(),
            place.display()
        ))),
        (Some(last), others) => {
            let each = others.iter().copied().chain([last]).take(8);
            let named =
                each.map(|c| format!("{} ({})", c.subject.title(), c.sha256.short())).collect::<Vec<_>>();
            Err(Error::refused(format!("{} roots of this system fit \"{words}\".", others.len() + 1))
                .why(format!("Among them: {}.", named.join("; ")))
                .next("Add words, or digits of the SHA-256, until one is left."))
        }
    }
}

fn root(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let ring = find(options, session)?;
    let asked = options.get_one::<String>("root").map_or("", String::as_str);
    let sha256 = one(&ring, asked)?.certificate.sha256;
    if let Some(label) = options.get_one::<String>("label") {
        return session.run(Verb::ring(ring.name, Act::Label { entry: sha256, label: label.clone() }));
    }
    if options.get_flag("remove") {
        return session.run(Verb::ring(ring.name, Act::RemoveRoots { roots: vec![sha256] }));
    }
    let trusted = options.get_one::<String>("trust").is_some_and(|t| t == "yes");
    if !trusted {
        let broken = consequences(&*session.state()?, &ring, &[sha256], Desk::now());
        if !broken.is_empty() && options.get_one::<String>("confirm") != Some(&ring.name) {
            return Err(Error::refused(format!("Nothing was changed in {}.", ring.name))
                .why(broken.join(" "))
                .next(format!("To switch it off all the same: --confirm {}", ring.name)));
        }
        broken.iter().for_each(|line| session.out.note(line));
    }
    session.run(Verb::ring(ring.name, Act::SetTrust { roots: vec![sha256], trusted }))
}

/// Finds a root by its label or the beginning of its SHA-256.
fn one<'a>(ring: &'a Keyring, asked: &str) -> Result<&'a Entry> {
    let digits = asked.replace(':', "").to_ascii_lowercase();
    let by_digits = |e: &&Entry| {
        digits.len() >= 8 && hex(&e.certificate.sha256.0).to_ascii_lowercase().starts_with(&digits)
    };
    let by_label = |e: &&Entry| e.label == asked;
    let mut found: Vec<_> = ring.with_role(Role::Root).filter(|e| by_label(e) || by_digits(e)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (last, _) => {
            let many = if last.is_some() { "Several roots" } else { "No root" };
            Err(Error::usage(format!("{many} of keyring {} fit \"{asked}\".", ring.name))
                .next(format!("List them with: ringmaster keyring roots {}", ring.name)))
        }
    }
}

fn prune(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let rings: Vec<Keyring> = match options.get_many::<String>("names") {
        Some(names) => names.map(|name| by_name(name, session)).collect::<Result<_>>()?,
        None => state.keyrings.values().cloned().collect(),
    };
    let now = Desk::now();
    let (mut removed, mut failed) = (0, None);
    for ring in rings {
        let roots = expired_roots(&ring, now);
        if roots.is_empty() {
            continue;
        }
        for entry in roots.iter().filter_map(|d| ring.entry(d)) {
            session.out.note(&format!(
                "{}: {} ended on {}.",
                ring.name,
                entry.label,
                entry.certificate.not_after.date()
            ));
        }
        if broken_without(&ring, &roots, now) {
            session.out.note(&format!("{}: left alone, for its certificate needs one of them.", ring.name));
            continue;
        }
        removed += roots.len();
        if !options.get_flag("dry-run")
            && let Err(error) = session.run(Verb::ring(&ring.name, Act::RemoveRoots { roots }))
        {
            session.out.note(&format!("{}: {error}", ring.name));
            failed = Some(error);
        }
    }
    if removed == 0 {
        session.out.note("No root that could be removed has ended.");
    }
    failed.map_or(Ok(0), Err)
}
