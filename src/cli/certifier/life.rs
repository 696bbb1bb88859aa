//! Commands for the life of a certifier: its request and the certificate that comes back, disabling, enabling, retiring,
//! and destroying its key.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::{find, name_argument};
use crate::cli::args::{flag, option};
use crate::cli::keyring::confirmed;
use crate::cli::session::Session;
use crate::desk::{Desk, Verb};
use crate::model::certifier::Awaited;
use crate::model::change::Fact;
use crate::model::error::{Error, Result};
use crate::ops::certifier_status::{Step, final_update};
use crate::pki::pem;

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    let named = |name, about| Command::new(name).about(about).arg(name_argument());
    let why = |help| option("why", "TEXT", help).required(true);
    let confirm = || {
        let confirm = Arg::new("confirm").long("confirm").value_name("NAME").required(true);
        confirm.help("The name of the certifier again")
    };
    let file = Arg::new("file").value_name("FILE").required(true).value_parser(value_parser!(PathBuf));
    let why_optional = || option("why", "TEXT", "Why; it is kept in the audit chain");
    vec![
        named("request", "Prints the request of a certifier that waits for its certificate as PEM"),
        named("install", "Takes the certificate that answers a certifier's request, or a newer one of the same key").arg(
            file.help(
                "What came back: its certificate and those above it, in any order; - for standard input",
            ),
        ),
        named("renew", "Renews the certificate of a subordinate for the same key, signed by the certifier above it")
            .arg(
                option(
                    "years",
                    "N",
                    "For how many years; as long as the present one when it is left out",
                )
                .value_parser(value_parser!(u32).range(1..=30)),
            )
            .arg(
                flag(
                    "request",
                    "Prints a request of its key as PEM instead, for an authority elsewhere; \"certifier install\" takes the answer",
                ),
            ),
        named("give-up", "Gives a certifier up that waits for its certificate, and destroys its key")
            .arg(confirm()),
        named("deactivate", "Lets a certifier issue nothing until it is activated; its CRLs go on")
            .visible_alias("disable")
            .arg(why("Why; it is kept in the audit chain")),
        named("activate", "Lets a certifier that was deactivated issue again")
            .visible_alias("enable")
            .arg(why_optional()),
        named("retire", "Lets a certifier never issue again; its CRLs go on")
            .arg(why("Why; it is kept in the audit chain"))
            .arg(confirm()),
        named("destroy", "Signs the final CRL of a retired certifier and destroys its key")
            .arg(why("Why; it is kept in the audit chain"))
            .arg(confirm()),
    ]
}

/// Runs one of them.
pub(super) fn run(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match name {
        "request" => {
            let awaited = awaited(options, session)?;
            session.out.raw(&pem::write("CERTIFICATE REQUEST", &awaited.request.der.0));
            Ok(0)
        }
        "install" => install(options, session),
        "renew" => renew(options, session),
        "give-up" => {
            let name = awaited(options, session)?.name;
            confirmed(options, &name)?;
            session.run(Verb::GiveUpCertifier { name })
        }
        "deactivate" => status(Step::Disable, options, session),
        "activate" => status(Step::Enable, options, session),
        "retire" => {
            let name = find(options, session)?.name;
            confirmed(options, &name)?;
            status(Step::Retire, options, session)
        }
        "destroy" => destroy(options, session),
        _ => super::overview::run(name, options, session),
    }
}

/// Finds the certifier that waits for its certificate, if the argument names one.
pub(super) fn waiting(options: &ArgMatches, session: &mut Session<'_>) -> Result<Option<Awaited>> {
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    Ok(session.state()?.awaited.get(name).cloned())
}

/// Tells of the certifiers that wait for their certificates, beside the list of the others.
pub(super) fn tell_awaited(session: &mut Session<'_>) -> Result<()> {
    let state = session.state()?;
    for awaited in state.awaited.values() {
        session.out.note(&format!(
            "{} ({}) waits for its certificate: ringmaster certifier install {} FILE",
            awaited.name, awaited.request.subject, awaited.name
        ));
    }
    Ok(())
}

fn awaited(options: &ArgMatches, session: &mut Session<'_>) -> Result<Awaited> {
    match waiting(options, session)? {
        Some(awaited) => Ok(awaited),
        None => {
            let certifier = find(options, session)?;
            Err(Error::refused(format!("Certifier {} waits for no certificate.", certifier.name))
                .why("It has one.")
                .next(format!("Print it: ringmaster certifier certificate {}", certifier.name)))
        }
    }
}

fn install(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let name = match waiting(options, session)? {
        Some(awaited) => awaited.name,
        None => find(options, session)?.name,
    };
    let file = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let found = session.find(&file)?;
    session.writable()?;
    session.run(Verb::CompleteCertifier { name, certificates: found.certificates })
}

fn renew(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let certifier = find(options, session)?;
    let name = certifier.name.clone();
    session.writable()?;
    if !options.get_flag("request") {
        let years = options.get_one("years").copied().unwrap_or_else(|| certifier.years());
        return session.run(Verb::RenewCertifier { name, years });
    }
    for fact in session.perform(Verb::RequestCertifier { name })?.facts {
        if let Fact::CertifierRequested { der, .. } = fact {
            session.out.raw(&pem::write("CERTIFICATE REQUEST", &der.0));
        }
    }
    Ok(0)
}

fn status(step: Step, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let name = find(options, session)?.name;
    let why = options.get_one::<String>("why").cloned().unwrap_or_default();
    session.run(Verb::CertifierStatus { name, step, why })
}

fn destroy(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let certifier = find(options, session)?;
    let name = certifier.name.clone();
    confirmed(options, &name)?;
    session.writable()?;
    let ending = session.desk()?.ending(&name)?;
    let next = final_update(&certifier, ending.last, Desk::now());
    session.out.note(&format!(
        "Its final CRL will be number {} and valid until {}; {}.",
        ending.crls.first().map_or(0, |crl| crl.number),
        next.date(),
        ending.still_valid()
    ));
    let why = options.get_one::<String>("why").cloned().unwrap_or_default();
    session.run(Verb::DestroyKey { name, why })
}
