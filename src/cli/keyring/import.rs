//! Commands that make a keyring of what was made elsewhere.

use std::path::PathBuf;

use clap::{ArgMatches, Command};

use crate::cli::args::{file, option};
use crate::cli::session::{Holding, Session};
use crate::cli::{fields, print};
use crate::desk::{Desk, Verb};
use crate::model::error::{Error, Kind, Result};
use crate::model::keyring::{ImportedKeyring, Keyring, MovedKeyring};
use crate::ops::new_keyring_name;
use crate::pki::bundle::{self, Bundle, Tone};
use crate::pki::pem::Found;

/// How often a wrong password of a ring may be typed.
const TRIES: usize = 3;

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    let import = Command::new("import")
        .about("Makes a keyring of a key and certificates from a file, or takes a ring of another host over")
        .after_help(
            "The file may hold its parts in any format and order; a .kyr of another host comes whole, with its roles,\n\
             labels, trust flags and its password.\n\
             Passwords are asked on the terminal, or are the lines of --password-fd in this order: that of the file, if\n\
             something in it is locked; then the new one of the keyring (once). For a .kyr: its own, alone.",
        );
    let import = fields::options::<ImportedKeyring>(import)
        .arg(file("The file; - is the standard input").required(true))
        .arg(option(
            "key",
            "LABEL|N",
            "Which key, where the file holds several: what it is called there, or its number",
        ));
    vec![import]
}

/// Runs one of them; `None` when the name is of another part.
pub(super) fn run(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    (name == "import").then(|| import(options, session))
}

fn import(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut asked = ImportedKeyring::default();
    fields::fill(&mut asked, options)?;
    session.writable()?;
    // Before anything is asked that would be of no use.
    new_keyring_name(&*session.state()?, &asked.name)?;
    let file = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let source = print::source(&file);
    // A key may be locked beside open certificates, and without it there is no ring: what is locked is always opened.
    let Holding { found, ring } = session.bring(&file, |f| !f.keys.is_empty())?;
    if let Some(ring) = ring {
        return take_over(asked, ring, session);
    }
    let state = session.state()?;
    let known = state.certificates();
    let known: Vec<_> = known.values().map(|(c, _)| *c).collect();
    let sorted = bundle::of(&found, &known, Desk::now());
    let place = chosen(&found, &sorted, options.get_one::<String>("key").map(String::as_str), &source)?;
    remark(&found, &sorted, place, session);
    let whose = format!("keyring {}", asked.name);
    fields::ask(&mut asked, &whose, &mut session.secrets)?;
    let key = place.and_then(|place| found.keys.get(place)).map(|k| k.key.clone());
    let certificates = place.map_or_else(|| found.certificates.clone(), |place| sorted.going_with(place));
    session.run(Verb::ImportKeyring { asked, key, certificates, labels: found.labels })
}

/// Takes a ring of another host over, with its own password.
fn take_over(asked: ImportedKeyring, ring: Keyring, session: &mut Session<'_>) -> Result<u8> {
    let ImportedKeyring { name, stash, .. } = asked;
    let whose = format!("Password of keyring {}, which it keeps", ring.name);
    for attempt in 1.. {
        let password = session.secrets.ask(&whose)?;
        let asked = MovedKeyring { name: name.clone(), password, stash };
        match session.run(Verb::MoveKeyring { asked, ring: Box::new(ring.clone()) }) {
            Err(error) if error.kind == Kind::WrongPassword => {
                if session.secrets.unattended() || attempt == TRIES {
                    return Err(error);
                }
                session.out.note(&error.what);
            }
            other => return other,
        }
    }
    Ok(1)
}

/// Finds the key that was asked for; `None` where the file holds none.
fn chosen(found: &Found, sorted: &Bundle, asked: Option<&str>, source: &str) -> Result<Option<usize>> {
    let list = || {
        let each = found.keys.iter().enumerate().map(|(place, key)| {
            let leaf = sorted.identities.get(place).and_then(|i| i.leaf.as_ref());
            let of = leaf.map_or_else(|| "without a certificate".into(), |c| c.subject.text());
            let label = if key.label.is_empty() { String::new() } else { format!(" \"{}\"", key.label) };
            format!("{}{label} ({}, {of})", place + 1, key.key.info().algorithm)
        });
        each.collect::<Vec<_>>().join("; ")
    };
    let Some(asked) = asked else {
        return match found.keys.len() {
            0 if !found.locked.is_empty() => {
                Err(Error::refused(format!("Nothing was made: {source} is locked."))
                    .why(format!("It holds {}.", found.locked_words().join("; "))))
            }
            0 => Ok(None),
            1 => Ok(Some(0)),
            count => Err(Error::refused(format!("{source} holds {count} private keys."))
                .why(format!("They are {}.", list()))
                .next("Say which: --key N.")),
        };
    };
    let labelled: Vec<_> =
        found.keys.iter().enumerate().filter(|(_, k)| k.label == asked).map(|(place, _)| place).collect();
    match (labelled.as_slice(), asked.parse::<usize>()) {
        ([one], _) => Ok(Some(*one)),
        ([], Ok(number)) if (1..=found.keys.len()).contains(&number) => Ok(Some(number - 1)),
        ([], _) => Err(Error::new(Kind::NotFound, format!("No key in {source} is \"{asked}\".")).why(
            if found.keys.is_empty() { "It holds none.".into() } else { format!("There are {}.", list()) },
        )),
        _ => Err(Error::refused(format!("Several keys in {source} are called \"{asked}\"."))
            .why(format!("They are {}.", list()))
            .next("Say which by its number: --key N.")),
    }
}

/// Tells what is left out, and what somebody should look at.
fn remark(found: &Found, sorted: &Bundle, place: Option<usize>, session: &mut Session<'_>) {
    for locked in found.locked_words() {
        session.out.note(&format!("Left out, {locked}: give that one alone to take what it opens."));
    }
    let own = place.and_then(|place| sorted.identities.get(place));
    let own_leaf = own.and_then(|i| i.leaf.as_ref());
    if let (Some(identity), None) = (own, own_leaf) {
        let more =
            if identity.key.is_some() { " Make a request for it, and install what answers." } else { "" };
        session.out.note(&format!("There is no certificate of the key in it.{more}"));
    }
    if let Some(identity) = own {
        for other in &identity.others {
            let ends = other.not_after.date();
            session.out.note(&format!(
                "Left out, an older certificate of the same key: {}, ends {ends}.",
                other.subject
            ));
        }
    }
    let others = sorted.identities.iter().filter(|i| !own.is_some_and(|own| std::ptr::eq(own, *i)));
    for leaf in others.filter_map(|i| i.leaf.as_ref()) {
        session.out.note(&format!("Left out, of another key: {}.", leaf.subject));
    }
    for stray in &sorted.strays {
        session.out.note(&format!("Left out, it stands above nothing here: {}.", stray.subject));
    }
    for root in sorted.roots.iter().filter(|r| r.not_after < Desk::now()) {
        session.out.note(&format!("Left out, this root has ended: {}.", root.subject));
    }
    let told = bundle::tell(found, sorted, Desk::now());
    for told in told.iter().filter(|t| t.tone == Tone::Warning && t.label == "Mind") {
        session.out.note(&told.text);
    }
}
