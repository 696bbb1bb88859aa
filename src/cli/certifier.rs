//! `ringmaster certifier` and `ringmaster crl`: certificate authorities and their revocation lists.

mod life;
mod overview;

use clap::{Arg, ArgMatches, Command};

use super::session::{Cell, Session};
use super::{fields, policy, protection};
use crate::desk::Verb;
use crate::model::certifier::{Certifier, NewCertifier};
use crate::model::crl::Due;
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::pki::pem;

/// The commands about certifiers.
pub(super) fn command() -> Command {
    let named = |name, about| Command::new(name).about(about).arg(name_argument());
    let certifiers = Command::new("certifier")
        .about("Certificate authorities of the workspace")
        .subcommand_required(true)
        .subcommand(fields::options::<NewCertifier>(
            Command::new("create").about("Makes a certifier with its certificate and first CRL"),
        ))
        .subcommand(Command::new("list").about("Lists the certifiers"))
        .subcommand(named("show", "Shows a certifier"))
        .subcommand(named("certificate", "Prints the certificate of a certifier as PEM"))
        .subcommand(named("crl", "Prints the latest CRL of a certifier as PEM"))
        .subcommands(life::commands())
        .subcommands(overview::commands());
    protection::commands(policy::commands(certifiers))
}

/// Runs a command about certifiers.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("create", options)) => {
            let mut asked = NewCertifier { key_type: session.config.certifier_key, ..Default::default() };
            fields::fill(&mut asked, options)?;
            session.writable()?;
            let whose = format!("certifier {}", asked.name);
            fields::ask(&mut asked, &whose, &mut session.secrets)?;
            session.run(Verb::CreateCertifier(asked))
        }
        Some(("list", _)) => {
            let state = session.state()?;
            let columns = [
                ("NAME", Cell::Field("name")),
                ("KIND", Cell::Field("kind")),
                ("STATUS", Cell::Word(|c: &Certifier, _| c.status.word().into())),
                ("SUBJECT", Cell::Field("subject")),
                ("KEY", Cell::Field("key")),
                ("ENDS", Cell::Field("ends")),
                ("CRL", Cell::Field("crl")),
                (
                    "LIGHT",
                    Cell::Word(|c: &Certifier, look| match c.status.has_key() {
                        true => Due::of(look.state, c, false, look.now).light.word().into(),
                        false => String::new(),
                    }),
                ),
            ];
            let code = session.list(state.certifiers.values(), &columns, "certifiers/")?;
            life::tell_awaited(session)?;
            Ok(code)
        }
        Some(("show", options)) => {
            if let Some(awaited) = life::waiting(options, session)? {
                session.show(&awaited, &Subject::Certifier(awaited.name.clone()))?;
                return Ok(0);
            }
            let certifier = find(options, session)?;
            session.show(&certifier, &Subject::Certifier(certifier.name.clone()))?;
            Ok(0)
        }
        Some(("certificate", options)) => {
            let certifier = find(options, session)?;
            session.out.raw(&pem::write("CERTIFICATE", &certifier.certificate.der.0));
            Ok(0)
        }
        Some(("crl", options)) => {
            let certifier = find(options, session)?;
            let crl = session.desk()?.ledger().crl(&certifier.name)?.ok_or_else(|| {
                Error::refused(format!("Certifier {} has no CRL yet.", certifier.name))
                    .next(format!("Sign one: ringmaster crl issue {}", certifier.name))
            })?;
            session.out.raw(&pem::write("X509 CRL", &crl.0));
            Ok(0)
        }
        Some((word, options)) => {
            let policy = policy::run(word, options, session);
            let key = policy.or_else(|| protection::run(word, options, session));
            key.unwrap_or_else(|| life::run(word, options, session))
        }
        None => Ok(2),
    }
}

/// Finds the certifier that an argument names.
pub(super) fn find(options: &ArgMatches, session: &mut Session<'_>) -> Result<Certifier> {
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    by_name(name, session)
}

/// Finds a certifier by its name, or by what no other name begins with; one whose files are missing or cannot be read is
/// answered with why.
pub(super) fn by_name(name: &str, session: &mut Session<'_>) -> Result<Certifier> {
    let state = session.state()?;
    let begins: Vec<_> =
        state.certifiers.values().filter(|c| c.name.starts_with(name) && !name.is_empty()).collect();
    match (state.certifiers.get(name), begins.as_slice()) {
        (Some(certifier), _) => return Ok(certifier.clone()),
        (None, [only]) => return Ok((*only).clone()),
        (None, [_, _, ..]) => {
            let names: Vec<_> = begins.iter().map(|c| c.name.as_str()).collect();
            return Err(Error::not_found("certifier", name)
                .why(format!("Several begin so: {}.", names.join(", ")))
                .next("Type more of the name."));
        }
        _ => {}
    }
    if state.awaited.contains_key(name) {
        return Err(Error::refused(format!("Certifier {name} waits for its certificate."))
            .next(format!("Bring it back: ringmaster certifier install {name} FILE")));
    }
    let place = format!("certifiers/{name}/");
    Err(match state.unreadable.iter().find(|unread| unread.path.starts_with(&place)) {
        Some(unread) => Error::damaged(format!("The certifier {name} cannot be used.")).why(&unread.why),
        None => Error::not_found("certifier", name).next("List them with: ringmaster certifier list"),
    })
}

fn name_argument() -> Arg {
    Arg::new("name").value_name("NAME").required(true).help("The certifier")
}
