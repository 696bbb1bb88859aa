//! `ringmaster person`: people and their client certificates, bound by key.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;

use super::keyring::confirmed;
use super::session::{Cell, Session};
use super::{documents, fields, print};
use crate::cli::args::{file, option};
use crate::desk::{Desk, Verb};
use crate::model::bytes::{Digest, unhex};
use crate::model::document::Sort;
use crate::model::error::{Error, Kind, Result};
use crate::model::finding::Subject;
use crate::model::person::{Delivery, NewPersonKey, Person};
use crate::model::request::RequestId;
use crate::pki::pem;
use crate::store::outside;

/// The commands about people.
pub(super) fn command() -> Command {
    let person = || Arg::new("person").value_name("PERSON").required(true).help("The document of the person");
    let named = |name, about| Command::new(name).about(about).arg(person());
    let confirm = |help: &'static str| option("confirm", "PERSON", help).required(true);
    let command = Command::new("person")
        .about("People and their client certificates, bound by key")
        .subcommand_required(true)
        .subcommand(fields::options::<Person>(Command::new("create").about("Makes a person document")))
        .subcommand(Command::new("list").about("Lists the people"))
        .subcommand(named("show", "Shows a person with keys and certificates"))
        .subcommand(
            named("register", "Binds the key of a request or of a certificate to a person, who is made when not there")
                .arg(
                    file(
                        "Certificates that others issued; - is the standard input",
                    )
                    .required_unless_present("request"),
                )
                .arg(
                    option(
                        "request",
                        "N",
                        "A request of the queue instead of a file",
                    )
                    .value_parser(value_parser!(u64))
                    .conflicts_with("file"),
                ),
        )
        .subcommand(fields::options::<NewPersonKey>(named(
            "key",
            "Makes a key for the person in a keyring, and a request that names the person",
        )))
        .subcommand(
            named("unbind", "Takes a key and its certificates from a person").arg(
                Arg::new("key")
                    .value_name("SHA256")
                    .required(true)
                    .help("The fingerprint of the public key, or as much of its beginning as tells it apart"),
            ),
        )
        .subcommand(named("certificates", "Prints the certificates of a person as PEM"))
        .subcommand(
            fields::options::<Delivery>(named(
                "export",
                "Writes key, certificate and chain as PKCS#12 under a pass phrase that is drawn and printed once",
            ))
            .arg(confirm("The person again: a private key leaves")),
        )
        .subcommand(
            Command::new("who")
                .about("Tells who logs in with a certificate")
                .arg(file("The certificate; - is the standard input").required(true)),
        )
        .subcommand(named("delete", "Deletes a person document; its file goes to the history").arg(confirm("The person again")));
    documents::commands(command, Sort::Person)
}

/// Runs a command about people.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    if let Some(done) = documents::run(Sort::Person, matches, session) {
        return done;
    }
    let name = |options: &ArgMatches| options.get_one::<String>("person").cloned().unwrap_or_default();
    match matches.subcommand() {
        Some(("create", options)) => {
            let mut person = Person::default();
            fields::fill(&mut person, options)?;
            session.run(Verb::SavePerson { before: None, person })
        }
        Some(("list", _)) => {
            let state = session.state()?;
            let columns = [
                ("PERSON", Cell::Field("name")),
                ("FULL NAME", Cell::Field("full-name")),
                ("MAIL", Cell::Field("mail")),
                (
                    "KEY",
                    Cell::Word(|p: &Person, _| p.keys.last().map_or_else(String::new, |k| k.sha256.short())),
                ),
                ("VERDICT", Cell::Field("verdict")),
            ];
            session.list(state.people.values(), &columns, "directory/people/")
        }
        Some(("show", options)) => {
            let person = find(&name(options), session)?;
            session.show(&person, &Subject::Person(person.name.clone()))?;
            Ok(0)
        }
        Some(("register", options)) => {
            let person = name(options);
            if let Some(id) = options.get_one::<u64>("request") {
                return session.run(Verb::RegisterRequest { person, id: RequestId(*id) });
            }
            let file = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
            let certificates = session.find(&file)?.certificates;
            session.run(Verb::RegisterCertificates { person, certificates, source: print::source(&file) })
        }
        Some(("key", options)) => {
            let mut asked =
                NewPersonKey { person: name(options), keyring: name(options), ..NewPersonKey::default() };
            fields::fill(&mut asked, options)?;
            find(&asked.person, session)?;
            session.writable()?;
            let whose = format!("keyring {}", asked.keyring);
            fields::ask(&mut asked, &whose, &mut session.secrets)?;
            session.run(Verb::MakePersonKey(asked))
        }
        Some(("unbind", options)) => unbind(&name(options), options, session),
        Some(("certificates", options)) => {
            let person = find(&name(options), session)?;
            if person.certificates.is_empty() {
                return Err(Error::refused(format!("Person {} has no certificate yet.", person.name)));
            }
            for certificate in &person.certificates {
                session.out.raw(&pem::write("CERTIFICATE", &certificate.der.0));
            }
            Ok(0)
        }
        Some(("export", options)) => export(&name(options), options, session),
        Some(("who", options)) => who(options, session),
        Some(("delete", options)) => {
            let name = find(&name(options), session)?.name;
            confirmed(options, &name)?;
            session.run(Verb::DeletePerson { name })
        }
        _ => Ok(2),
    }
}

fn find(name: &str, session: &mut Session<'_>) -> Result<Person> {
    let state = session.state()?;
    if let Some(person) = state.people.get(name) {
        return Ok(person.clone());
    }
    Err(match state.unread(&format!("directory/people/{name}.ron")) {
        Some(unread) => {
            Error::damaged(format!("The person document {name} cannot be read.")).why(&unread.why)
        }
        None => Error::not_found("person", name).next("List them with: ringmaster person list"),
    })
}

fn unbind(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let person = find(name, session)?;
    let typed = options.get_one::<String>("key").map_or("", String::as_str).to_lowercase();
    let fits: Vec<&Digest> =
        person.keys.iter().map(|key| &key.sha256).filter(|key| key.to_string().starts_with(&typed)).collect();
    match (fits.as_slice(), unhex(&typed)) {
        ([key], _) => session.run(Verb::Unbind { person: person.name.clone(), key: **key }),
        ([], None) => Err(Error::usage(format!("\"{typed}\" is no fingerprint.")).next("It is hexadecimal.")),
        ([], _) => Err(Error::refused(format!("Person {name} has no key that begins with {typed}."))),
        _ => {
            Err(Error::usage(format!("Several keys of {name} begin with {typed}.")).next("Type more of it."))
        }
    }
}

/// Writes the file of a person. The pass phrase is printed once, and on a terminal it has to be typed back before anything
/// is written.
fn export(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let person = find(name, session)?;
    confirmed(options, &person.name)?;
    let mut asked = Delivery { person: person.name.clone(), ..Delivery::default() };
    fields::fill(&mut asked, options)?;
    if asked.to.as_os_str().is_empty() {
        return Err(Error::usage("A file is needed.").next("Name a new one: --to FILE"));
    }
    let state = session.state()?;
    let ring = crate::ops::person::deliverable(&state, &person)?.0.name.clone();
    let password = session.ring_password(&ring)?;
    // What cannot be written is said before a pass phrase is learned in vain.
    outside::place(&asked.to, session.desk()?.folder())?;
    let phrase = Desk::pass_phrase();
    if session.secrets.unattended() || session.json {
        let done = session.desk()?.deliver(&asked, &phrase, password.as_ref())?;
        if session.json {
            let lines = done.lines;
            session
                .out
                .json(&json!({ "message": done.message, "lines": lines, "pass-phrase": phrase.expose() }));
            return Ok(0);
        }
        session.out.note(&done.message);
        done.lines.iter().for_each(|line| session.out.note(line));
        session.out.line(phrase.expose());
        return Ok(0);
    }
    session.out.line(&format!("Pass phrase for {}: {}", person.full_name, phrase.expose()));
    session.out.note(
        "It is shown this once and stored nowhere. Give it to the person by another way than the file.",
    );
    session.out.flush();
    let typed = session.secrets.ask("Type the pass phrase back")?;
    if typed.expose().trim() != phrase.expose() {
        return Err(Error::new(Kind::Refused, "That is not the pass phrase; nothing was written.")
            .next("Do it again: another one is drawn."));
    }
    let done = session.desk()?.deliver(&asked, &phrase, password.as_ref())?;
    session.out.line(&done.message);
    done.lines.iter().for_each(|line| session.out.line(&format!("  {line}")));
    Ok(0)
}

/// Tells who logs in with a certificate, as servers find it out: by the key.
fn who(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let file = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let found = session.find(&file)?.certificates;
    let state = session.state()?;
    let Some(certificate) = found.into_iter().find(|c| !c.is_ca()) else {
        return Err(Error::refused("There is no certificate of a person in it."));
    };
    let people: Vec<&Person> = state.people_of_key(&certificate.key.sha256).collect();
    if session.json {
        let names: Vec<_> = people.iter().map(|p| &p.name).collect();
        session.out.json(&json!({ "people": names, "key-sha256": certificate.key.sha256.to_string() }));
        return Ok(u8::from(people.len() != 1));
    }
    match people.as_slice() {
        [] => {
            session
                .out
                .line(&format!("Nobody: the key {} belongs to no person here.", certificate.key.sha256));
            Ok(1)
        }
        [person] if person.enabled => {
            session.out.line(&format!("{} ({})", person.full_name, person.name));
            Ok(0)
        }
        [person] => {
            session.out.line(&format!("Nobody: {} ({}) is disabled.", person.full_name, person.name));
            Ok(1)
        }
        several => {
            let names: Vec<_> = several.iter().map(|p| p.name.as_str()).collect();
            session.out.line(&format!("It is chance: the key belongs to {}.", names.join(" and ")));
            Ok(1)
        }
    }
}
