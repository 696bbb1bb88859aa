//! `ringmaster certificate`: what is known of certificates, and revocation.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::session::Session;
use super::{fields, listed, print, revoke};
use crate::desk::Desk;
use crate::desk::export::Asked;
use crate::model::bytes::{Digest, Serial, unhex};
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::export::{CertificateExport, Format, Which};
use crate::model::field::{Look, Record};
use crate::model::issued::Issued;
use crate::pki::{asn1, pem, reading};

/// The commands about certificates.
pub(super) fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let one = |name: &'static str, help: &'static str| {
        Arg::new(name).value_name("SERIAL|SHA256|FILE").required(true).help(help)
    };
    Command::new("certificate")
        .about("Certificates: those that were issued, and those that stand in keyrings and certifiers")
        .subcommand_required(true)
        .subcommand(listed::list_command())
        .subcommand(listed::timeline_command())
        .subcommand(
            Command::new("show")
                .about("Shows a certificate")
                .arg(
                    Arg::new("which")
                        .value_name("SERIAL|SHA256|FILE")
                        .required(true)
                        .help("A serial number, a SHA-256, or a file; - is the standard input"),
                )
                .arg(flag("pem", "Prints it as PEM"))
                .arg(
                    flag("asn1", "Prints its elements: offset, header and length, and what each is")
                        .conflicts_with("pem"),
                ),
        )
        .subcommand(
            Command::new("compare")
                .about("Shows two certificates side by side; what differs is marked")
                .arg(one("first", "A serial number, a SHA-256, or a file whose first certificate counts"))
                .arg(one("second", "The other one"))
                .arg(flag("differences", "Shows only what differs")),
        )
        .subcommand(
            fields::options::<CertificateExport>(Command::new("export").about(
                "Writes certificates in another form, to a file, a new folder or the standard output",
            ))
            .mut_arg("form", |form| form.default_value("pem"))
            .arg(
                Arg::new("which")
                    .value_name("SERIAL|SHA256")
                    .required(true)
                    .num_args(1..)
                    .help("The certificates by serial number or SHA-256"),
            ),
        )
        .subcommand(revoke::revoke_command())
        .subcommand(revoke::release_command())
}

/// Runs a command about certificates.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("list", options)) => listed::list(options, session),
        Some(("timeline", options)) => listed::timeline(options, session),
        Some(("show", options)) => show(options, session),
        Some(("export", options)) => export(options, session),
        Some(("compare", options)) => compare(options, session),
        Some(("revoke", options)) => revoke::revoke(options, session),
        Some(("release", options)) => revoke::release(options, session),
        _ => Ok(2),
    }
}

fn show(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let which = options.get_one::<String>("which").map_or("", String::as_str);
    if options.get_flag("pem") {
        for certificate in &wanted(which, session)? {
            session.out.raw(&pem::write("CERTIFICATE", &certificate.der.0));
        }
        return Ok(0);
    }
    if options.get_flag("asn1") {
        for certificate in &wanted(which, session)? {
            asn1::text(&certificate.der.0).iter().for_each(|line| session.out.line(line));
        }
        return Ok(0);
    }
    let found = match of_file(which, session)? {
        Some(all) => all.into_iter().map(|c| (Some(c), None)).collect(),
        None => vec![look_up(which, session)?],
    };
    let state = session.state()?;
    let zone = session.config.zone.clone();
    let look = Look { state: &state, now: Desk::now(), soon: session.config.soon(), zone: zone.as_ref() };
    // What the issued list knows beyond the certificate itself; all of it where that is not known.
    let beside = |certificate: &Option<Certificate>, row: &Issued| {
        let fields = Issued::FIELDS.iter();
        let fields = fields.filter(|f| certificate.is_none() || Certificate::field(f.name).is_none());
        fields.map(|f| (f.name, f.label, (f.get)(row, &look))).collect::<Vec<_>>()
    };
    if session.json {
        let objects = found.iter().map(|(certificate, row)| {
            let mut object = certificate.as_ref().map_or_else(Default::default, |c| print::object(c, &look));
            let more =
                certificate.iter().flat_map(|c| reading::MORE.iter().map(|f| (f.name, (f.get)(c, &look))));
            let row =
                row.iter().flat_map(|row| beside(certificate, row)).map(|(name, _, value)| (name, value));
            for (name, value) in more.chain(row) {
                object.insert(name.into(), json!(print::visible_lines(&value)));
            }
            Value::Object(object)
        });
        let mut objects: Vec<_> = objects.collect();
        let value = if objects.len() == 1 { objects.remove(0) } else { Value::Array(objects) };
        session.out.json(&value);
        return Ok(0);
    }
    for (number, (certificate, row)) in found.iter().enumerate() {
        if number > 0 {
            session.out.line("");
        }
        let fields = certificate.iter().flat_map(|c| reading::all(c, &look));
        let fields = fields.map(|(_, label, value)| (label, value));
        let row = row.iter().flat_map(|row| beside(certificate, row)).map(|(_, label, value)| (label, value));
        session.out.pairs(fields.chain(row));
        if certificate.is_none() {
            session.out.note("The certificate itself is not known here: this is what the record of it says.");
        }
    }
    Ok(0)
}

/// Takes every certificate of a file, when the argument names one. Errors: there is none in it.
fn of_file(which: &str, session: &mut Session<'_>) -> Result<Option<Vec<Certificate>>> {
    if which != "-" && !Path::new(which).is_file() {
        return Ok(None);
    }
    let found = session.find(&PathBuf::from(which))?;
    if found.certificates.is_empty() {
        let source = print::source(Path::new(which));
        return Err(Error::refused(format!("There is no certificate in {source}.")));
    }
    Ok(Some(found.certificates))
}

/// Takes every certificate of a file, or finds one by SHA-256 or serial number.
fn wanted(which: &str, session: &mut Session<'_>) -> Result<Vec<Certificate>> {
    match of_file(which, session)? {
        Some(all) => Ok(all),
        None => Ok(vec![known(which, session)?]),
    }
}

fn compare(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut both = Vec::new();
    for name in ["first", "second"] {
        let which = options.get_one::<String>(name).map_or("", String::as_str);
        both.extend(wanted(which, session)?.into_iter().take(1));
    }
    let [first, second] = both.as_slice() else { return Ok(2) };
    let state = session.state()?;
    let zone = session.config.zone.clone();
    let look = Look { state: &state, now: Desk::now(), soon: session.config.soon(), zone: zone.as_ref() };
    let rows = reading::compare(first, second, &look);
    let only = options.get_flag("differences");
    let rows = rows.into_iter().filter(|(_, a, b)| !only || a != b);
    if session.json {
        let object = |(label, a, b): (&str, String, String)| json!({ "field": label, "first": print::visible_lines(&a), "second": print::visible_lines(&b), "same": a == b });
        session.out.json(&rows.map(object).collect());
        return Ok(0);
    }
    for (label, a, b) in rows {
        let mark = if a == b { ' ' } else { '*' };
        session.out.line(&format!("{mark} {label}"));
        let values = if a == b { vec![("", a)] } else { vec![("1", a), ("2", b)] };
        for (number, value) in values {
            for line in value.lines() {
                session.out.line(&format!("    {number:1} {line}"));
            }
        }
    }
    Ok(0)
}

/// Finds a certificate by SHA-256 or serial number. Errors: unknown; only a record of it is here.
pub(super) fn known(which: &str, session: &mut Session<'_>) -> Result<Certificate> {
    let (certificate, row) = look_up(which, session)?;
    certificate.ok_or_else(|| {
        row.unwrap_or_default()
            .unknown()
            .next(format!("See what is known: ringmaster certificate show {which}"))
    })
}

/// Finds a certificate by SHA-256 or serial number in what is in use, and in the issued list, which may hold no more than a
/// record of it.
fn look_up(which: &str, session: &mut Session<'_>) -> Result<(Option<Certificate>, Option<Issued>)> {
    let nothing = || {
        Error::not_found("certificate or file", which)
            .next("Give a serial number or SHA-256 of: ringmaster certificate list")
    };
    let state = session.state()?;
    let ledger = session.desk()?.ledger();
    let digest = unhex(which).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Digest);
    let serial = Serial::typed(which).filter(|_| digest.is_none());
    let issued = match (&digest, &serial) {
        (Some(digest), _) => ledger.issued_by_sha256(digest)?,
        (None, Some(serial)) => ledger.issued_by_serial("", serial)?,
        (None, None) => return Err(nothing()),
    };
    if let Some((row, der)) = issued {
        let certificate = row.is_known().then(|| crate::pki::certificate::read(&der.0)).transpose()?;
        return Ok((certificate, Some(row)));
    }
    let all = state.certificates();
    let fits = |c: &Certificate| Some(c.sha256) == digest || Some(&c.serial) == serial.as_ref();
    let found = all.values().find(|(c, _)| fits(c)).map(|(c, _)| (*c).clone());
    Ok((Some(found.ok_or_else(nothing)?), None))
}

fn export(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut which = Vec::new();
    for text in options.get_many::<String>("which").into_iter().flatten() {
        which.push(Which::Sha256(known(text, session)?.sha256));
    }
    let mut asked = CertificateExport::new(which, Format::Pem, "certificates");
    fields::fill(&mut asked, options)?;
    let asked = Asked::Certificates(asked);
    if options.contains_id("to") { session.export(&asked, None) } else { session.export_here(&asked) }
}
