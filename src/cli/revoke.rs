//! `ringmaster certificate revoke` and `release`: one certificate by its serial number, or all that a filter, a request or
//! a key finds, after a look at them.

use clap::{Arg, ArgMatches, Command};

use super::session::Session;
use super::{certifier, fields, listed};
use crate::cli::args::{flag, option};
use crate::desk::{Desk, Verb};
use crate::model::bytes::{Digest, Serial, unhex};
use crate::model::error::{Error, Result};
use crate::model::export::Which;
use crate::model::issued::{Issued, Reason};
use crate::model::revocation::{NewRevocation, Release};
use crate::ops::revoke::refusal;

/// The command that revokes.
pub(super) fn revoke_command() -> Command {
    let meanings = Reason::ALL.iter().map(|r| format!("  {:22}{}", r.name(), r.meaning()));
    let meanings = meanings.collect::<Vec<_>>().join("\n");
    fields::options::<NewRevocation>(chosen(
        Command::new("revoke")
            .about("Revokes issued certificates, or puts them on hold; the next CRL carries them")
            .long_about(
                "Revokes issued certificates, or puts them on hold; the next CRL carries them.\n\
                 One that is on hold is revoked for good; one that is revoked can only become keyCompromise.",
            ),
    ))
    .mut_arg("reason", |reason| reason.required(true))
    .arg(flag("crl", "Signs the next CRL of each certifier at once"))
    .after_help(format!("Reasons:\n{meanings}"))
}

/// The command that lifts holds.
pub(super) fn release_command() -> Command {
    fields::options::<Release>(chosen(
        Command::new("release").about("Lifts the hold of certificates; the next CRL does not carry them"),
    ))
    .arg(flag("crl", "Signs the next CRL of each certifier at once"))
}

/// Adds the ways to choose certificates.
fn chosen(command: Command) -> Command {
    command
        .arg(Arg::new("certifier").value_name("CERTIFIER").requires("serial").help("Who issued it"))
        .arg(Arg::new("serial").value_name("SERIAL").help("Its serial number, hexadecimal"))
        .arg(
            option("filter", "EXPR", "All that were issued and fit, as certificate list --filter takes it")
                .allow_hyphen_values(true),
        )
        .arg(option("request", "NUMBER", "All that were issued for this request"))
        .arg(option("key", "SHA256", "All that were issued for the public key with this SHA-256"))
        .group(clap::ArgGroup::new("chosen").args(["certifier", "filter", "request", "key"]).required(true))
        .arg(option(
            "confirm",
            "SERIAL|COUNT",
            "The serial number again, or how many there are; without it they are only listed",
        ))
}

/// Revokes.
pub(super) fn revoke(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut asked = NewRevocation::of(Reason::Unspecified);
    fields::fill(&mut asked, options)?;
    typed(options)?;
    let (state, now) = (session.state()?, Desk::now());
    let word = if asked.reason.is_hold() { "put on hold" } else { "revoke" };
    let rows = confirmed(options, session, word, |row| refusal(&state, row, asked.reason, now))?;
    let which = rows.iter().map(named).collect();
    session.run(Verb::Revoke { which, asked })?;
    crls(options, session, &rows)
}

/// Lifts holds.
pub(super) fn release(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut asked = Release::default();
    fields::fill(&mut asked, options)?;
    let held = |row: &Issued| row.revoked.as_ref().is_some_and(|r| r.reason.is_hold());
    let rows =
        confirmed(options, session, "release", |row| (!held(row)).then(|| "It is not on hold.".to_owned()))?;
    let which = rows.iter().map(named).collect();
    session.run(Verb::Release { which, comment: asked.comment })?;
    crls(options, session, &rows)
}

fn named(row: &Issued) -> Which {
    Which::Serial(row.certifier.clone(), row.serial.clone())
}

/// Signs the next CRL of each certifier whose certificates were changed, if that was asked.
fn crls(options: &ArgMatches, session: &mut Session<'_>, rows: &[Issued]) -> Result<u8> {
    let mut certifiers: Vec<&String> = rows.iter().map(|row| &row.certifier).collect();
    certifiers.sort_unstable();
    certifiers.dedup();
    if options.get_flag("crl") {
        for certifier in certifiers {
            session.run(Verb::issue_crl(certifier.clone()))?;
        }
        return Ok(0);
    }
    for certifier in certifiers {
        session
            .out
            .note(&format!("Nobody learns of it before the next CRL: ringmaster crl issue {certifier}"));
    }
    Ok(0)
}

/// Finds the certificates, leaves out those that `refused` says something about, shows the rest, and takes the
/// confirmation.
///
/// Errors: `Usage` without the right confirmation; nothing was found.
fn confirmed(
    options: &ArgMatches,
    session: &mut Session<'_>,
    word: &str,
    refused: impl Fn(&Issued) -> Option<String>,
) -> Result<Vec<Issued>> {
    let rows = found(options, session)?;
    let confirm = options.get_one::<String>("confirm").map(String::as_str);
    if let (Some(row), true) = (rows.first(), options.contains_id("certifier")) {
        // What cannot be done with it is said by the verb itself.
        if confirm.and_then(Serial::typed).is_some_and(|typed| typed == row.serial) {
            return Ok(rows);
        }
        return Err(Error::usage("--confirm does not repeat the serial number; nothing was changed.")
            .why(format!("It is {} of {}.", row.subject, row.certifier))
            .next(format!("To {word} it: --confirm {}", row.serial)));
    }
    let (left, meant): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| refused(row).is_some());
    for row in &left {
        let why = refused(row).unwrap_or_default();
        session.out.note(&format!("{} {} is left out. {why}", row.certifier, row.serial));
    }
    if meant.is_empty() {
        return Err(Error::refused(format!("There is nothing to {word}."))
            .why("No certificate that was issued here fits, or each is left out."));
    }
    let count = meant.len();
    if confirm == Some(count.to_string().as_str()) {
        return Ok(meant);
    }
    let cells = meant.iter().map(|row| {
        let ends = row.not_after.date();
        vec![row.subject.clone(), row.certifier.clone(), row.serial.to_string(), ends]
    });
    session.out.table(&["SUBJECT", "ISSUER", "SERIAL", "ENDS"], &cells.collect::<Vec<_>>());
    Err(Error::usage(format!(
        "Nothing was changed: the number of certificates, {count}, has to be confirmed."
    ))
    .next(format!("To {word} these {count}: --confirm {count}")))
}

/// Reads the serial number, if one was given.
fn typed(options: &ArgMatches) -> Result<Option<Serial>> {
    let Some(text) = options.get_one::<String>("serial") else { return Ok(None) };
    let serial = Serial::typed(text);
    serial
        .map(Some)
        .ok_or_else(|| Error::usage(format!("\"{text}\" is not a serial number.")).why("It is hexadecimal."))
}

/// Finds the rows of the issued list that are meant.
fn found(options: &ArgMatches, session: &mut Session<'_>) -> Result<Vec<Issued>> {
    let argument = |name| options.get_one::<String>(name).map(String::as_str);
    if let Some(key) = argument("key") {
        let digest = unhex(key).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Digest);
        let digest = digest.ok_or_else(|| Error::usage(format!("\"{key}\" is not a SHA-256.")))?;
        return session.desk()?.ledger().issued_by_key(&digest);
    }
    if let Some(number) = argument("request") {
        return listed::issued(&format!("request:{number}"), session);
    }
    if let Some(filter) = argument("filter") {
        return listed::issued(filter, session);
    }
    let serial = typed(options)?.unwrap_or_default();
    let certifier = certifier::by_name(argument("certifier").unwrap_or_default(), session)?.name;
    let row = session.desk()?.ledger().issued_by_serial(&certifier, &serial)?;
    let row = row.ok_or_else(|| Error::not_found("issued certificate", &serial.to_string()))?.0;
    Ok(vec![row])
}
