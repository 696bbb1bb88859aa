//! `ringmaster certifier protect` and `unlock`: what opens the key of a certifier.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};

use super::session::Session;
use crate::cli::args::option;
use crate::model::error::{Error, Result};
use crate::model::protection::{Dealt, MOST_SHARES, NewProtection, Sealing};
use crate::store::shares;

/// Adds the commands about keys to those about certifiers.
pub(super) fn commands(command: Command) -> Command {
    let name = || Arg::new("name").value_name("NAME").required(true).help("The certifier");
    let number = |name: &'static str, value: &'static str, help: &'static str| {
        let range = value_parser!(u8).range(2..=i64::from(MOST_SHARES));
        Arg::new(name).long(name).value_name(value).value_parser(range).help(help)
    };
    let choices = PossibleValuesParser::new(NewProtection::NAMES);
    command
        .subcommand(
            Command::new("protect")
                .about("Changes what opens the key; asks the present password or shares first")
                .arg(name())
                .arg(
                    option(
                        "protection",
                        "CHOICE",
                        "A password, the passwords of two people together, or some of several shares",
                    )
                    .required(true)
                    .value_parser(choices),
                )
                .arg(
                    option("holders", "NAME,NAME", "The two people of two-passwords"),
                )
                .arg(number("needed", "M", "How many shares open the key; else 2"))
                .arg(number("of", "N", "How many shares there are; else 3"))
                .arg(
                    option(
                        "share-file",
                        "PREFIX",
                        "Writes each share to a new file of its own, PREFIX-1.txt and so on, instead of showing it",
                    )
                    .value_parser(value_parser!(PathBuf)),
                ),
        )
        .subcommand(
            Command::new("unlock")
                .visible_alias("rehearse")
                .about("Unlocks the key once to see that it can be; nothing is signed, and it is recorded")
                .after_help(
                    "Each command asks for what opens the key it needs, and forgets it when it ends; a console that is \
                     open has its own keys. So all that there is to unlock from here is a rehearsal.",
                )
                .arg(name()),
        )
}

/// Runs a command about the key of a certifier; `None` when it is none of these.
pub(super) fn run(word: &str, options: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    match word {
        "protect" => Some(protect(options, session)),
        "unlock" => Some(rehearse(options, session)),
        _ => None,
    }
}

fn rehearse(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let name = super::certifier::find(options, session)?.name;
    session.writable()?;
    let with = session.with_key(&name, &mut |desk, given| desk.rehearse(&name, given))?;
    session.out.line(&format!("Certifier {name} opens with {with}; nothing was signed."));
    Ok(0)
}

fn protect(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let name = super::certifier::find(options, session)?.name;
    session.writable()?;
    let word = options.get_one::<String>("protection").map_or("", String::as_str);
    let protection = NewProtection::NAMES.iter().copied().find(|n| *n == word).unwrap_or_default();
    let mut asked = NewProtection { protection, ..NewProtection::default() };
    asked.needed = options.get_one::<u8>("needed").copied().unwrap_or(asked.needed);
    asked.of = options.get_one::<u8>("of").copied().unwrap_or_else(|| asked.of.max(asked.needed));
    if let Some((first, second)) = options.get_one::<String>("holders").and_then(|h| h.split_once(',')) {
        asked.holders = [first.trim().to_owned(), second.trim().to_owned()];
    }
    if protection == "two-passwords" && asked.holders.iter().any(String::is_empty) {
        return Err(Error::usage("Two people are needed.").next("Name them: --holders ann,bea"));
    }
    if asked.needed > asked.of {
        return Err(Error::usage(format!("{} of {} shares cannot be dealt.", asked.needed, asked.of)));
    }
    let to_files = options.get_one::<PathBuf>("share-file");
    if protection == "shares" && to_files.is_none() && session.secrets.unattended() {
        return Err(Error::usage("There is no terminal to show the shares on.")
            .next("Write each to a file of its own: --share-file PREFIX"));
    }
    // What opens it now is proven before anything is dealt or thought up.
    let given = session.with_key(&name, &mut |desk, given| {
        desk.rehearse(&name, given)?;
        Ok(given.to_vec())
    })?;
    let sealing = match protection {
        "shares" => Sealing::Shares(deal(&name, &asked, to_files, session)?),
        _ => passwords(&name, asked, session)?,
    };
    let outcome = session.desk()?.protect(&name, &given, &sealing)?;
    session.tell(&outcome);
    session.out.note(
        "The key file of before was overwritten and removed. Backups, snapshots and the spare blocks of a disk may still keep it.",
    );
    Ok(0)
}

fn passwords(name: &str, mut asked: NewProtection, session: &mut Session<'_>) -> Result<Sealing> {
    let two = asked.protection == "two-passwords";
    let holders = asked.holders.clone();
    let mut ask = |who: &str| -> Result<_> {
        let whose = if who.is_empty() { String::new() } else { format!(" of {who}") };
        let typed = session.secrets.ask(&format!("New password{whose} for certifier {name}"))?;
        let again = match session.secrets.unattended() {
            true => typed.clone(),
            false => session.secrets.ask(&format!("The same password{whose} again"))?,
        };
        Ok((typed, again))
    };
    (asked.password, asked.repeat) = ask(if two { &holders[0] } else { "" })?;
    if two {
        (asked.second, asked.second_repeat) = ask(&holders[1])?;
    }
    if let Some((field, why)) = asked.fault() {
        return Err(
            Error::usage(format!("The key was not protected: {field}.")).why(format!("Allowed: {why}."))
        );
    }
    asked.sealing().ok_or_else(|| Error::internal("No password was asked."))
}

/// Deals shares, and hands each out: on the terminal, one by one, or to files of their own.
fn deal(name: &str, asked: &NewProtection, to: Option<&PathBuf>, session: &mut Session<'_>) -> Result<Dealt> {
    let dealt = shares::deal(asked.needed, asked.of)?;
    if let Some(prefix) = to {
        for path in session.desk()?.write_shares(name, &dealt, prefix)? {
            session.out.note(&format!("Written: {}", path.display()));
        }
        return Ok(dealt);
    }
    let date = crate::desk::Desk::now().date();
    for (at, share) in dealt.shares.iter().enumerate() {
        let number = at + 1;
        session.secrets.wait(&format!(
            "Share {number} of {} is for holder {number} alone. Press Enter to see it",
            dealt.shares.len()
        ))?;
        let sheet = shares::sheet(name, &dealt, share, &date)?;
        session.secrets.show(&sheet, "Type its check code", &shares::check_code(share))?;
    }
    Ok(dealt)
}
