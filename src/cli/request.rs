//! `ringmaster request`: the queue of certificate requests.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::print;
use super::session::{Cell, Session};
use crate::desk::{Desk, Preview, Verb};
use crate::model::State;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::field::{Look, names};
use crate::model::finding::Subject;
use crate::model::request::{Actor, Pkcs10, Plan, Request, RequestId, Status};
use crate::pki::{name, pem, spkac};

/// How many requests are read from the ledger at once.
const PAGE: usize = 500;

/// The commands about requests.
pub(super) fn command() -> Command {
    let id = || Arg::new("id").value_name("ID").required(true).value_parser(value_parser!(u64));
    let numbered = |name, about| Command::new(name).about(about).arg(id().help("The number of the request"));
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let plan = |command: Command| {
        command
            .arg(option("profile", "PROFILE", "What the certificate contains; else the certifier's profile"))
            .arg(
                option("days", "N", "How many days it is valid; else what the profile says")
                    .value_parser(value_parser!(u32).range(1..=36_500)),
            )
    };
    Command::new("request")
        .about("The queue of certificate requests")
        .subcommand_required(true)
        .subcommand(
            Command::new("import")
                .about("Puts requests made elsewhere into the queue")
                .arg(
                    Arg::new("files")
                        .value_name("FILE")
                        .required(true)
                        .action(ArgAction::Append)
                        .num_args(1..)
                        .value_parser(value_parser!(PathBuf))
                        .help("Files with requests, PEM, DER or SPKAC; - is the standard input"),
                )
                .arg(
                    option("subject", "ATTRIBUTE=VALUE", "Gives an SPKAC its name; the option several times")
                        .action(ArgAction::Append),
                )
                .arg(
                    option("names", "NAMES", "Gives an SPKAC its alternative names, with commas")
                        .action(ArgAction::Append),
                ),
        )
        .subcommand(Command::new("list").about("Lists the requests that wait for somebody").arg(
            Arg::new("all").long("all").action(ArgAction::SetTrue).help("Lists denied and issued ones too"),
        ))
        .subcommand(plan(
            numbered("show", "Shows a request: what was asked beside what would be issued").arg(option(
                "certifier",
                "CERTIFIER",
                "Who would sign; else the only certifier there is",
            )),
        ))
        .subcommand(plan(
            numbered("approve", "Approves a request for signing")
                .arg(option("certifier", "CERTIFIER", "Who shall sign").required(true))
                .arg(option("reason", "TEXT", "Why warnings are accepted; kept in the audit chain")),
        ))
        .subcommand(
            numbered("deny", "Denies a request")
                .arg(option("reason", "TEXT", "Why, in words for the requester").required(true)),
        )
        .subcommand(
            Command::new("issue")
                .about("Signs approved requests")
                .arg(id().action(ArgAction::Append).num_args(1..).help("The numbers of the requests")),
        )
        .subcommand(
            numbered("pem", "Prints a request as PEM").arg(
                Arg::new("certificate")
                    .long("certificate")
                    .action(ArgAction::SetTrue)
                    .help("Prints the certificate that was issued for it instead"),
            ),
        )
}

/// Runs a command about requests.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("import", options)) => import(options, session),
        Some(("list", options)) => list(options.get_flag("all"), session),
        Some(("show", options)) => show(options, session),
        Some(("approve", options)) => {
            let request = find(options, session)?;
            let state = session.state()?;
            let certifier = options.get_one::<String>("certifier").cloned().unwrap_or_default();
            let plan = plan(options, &state, certifier)?;
            session.run(Verb::Approve { id: request.id, plan })
        }
        Some(("deny", options)) => {
            let id = find(options, session)?.id;
            let reason = options.get_one::<String>("reason").cloned().unwrap_or_default();
            session.run(Verb::Deny { id, reason })
        }
        Some(("issue", options)) => {
            let ids = options.get_many::<u64>("id").unwrap_or_default().map(|id| RequestId(*id)).collect();
            session.run(Verb::Issue { ids })
        }
        Some(("pem", options)) => {
            let request = find(options, session)?;
            if !options.get_flag("certificate") {
                session.out.raw(&spkac::write(&request.pkcs10));
                return Ok(0);
            }
            let Status::Issued { sha256, .. } = &request.status else {
                return Err(Error::refused(format!("No certificate was issued for request {}.", request.id))
                    .why(format!("It is {}.", request.status.word())));
            };
            let (_, der) = session.desk()?.ledger().issued_by_sha256(sha256)?.ok_or_else(|| {
                Error::damaged(format!("The certificate of request {} is not in the ledger.", request.id))
            })?;
            session.out.raw(&pem::write("CERTIFICATE", &der.0));
            Ok(0)
        }
        _ => Ok(2),
    }
}

fn import(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut batches = Vec::new();
    let mut unread = false;
    // All files are read before the first request enters the queue: a wrong name leaves nothing half done.
    for file in options.get_many::<PathBuf>("files").unwrap_or_default() {
        let found = session.bring(file, |f| !f.requests.is_empty())?.found;
        let source = print::source(file);
        if !found.keys.is_empty() || !found.locked.is_empty() {
            session
                .out
                .note(&format!("{source} holds a private key: it was not read. A request needs none."));
        }
        if found.requests.is_empty() {
            return Err(Error::refused(format!("There is no certificate request in {source}."))
                .next("Bring a PKCS#10 request, such as \"openssl req -new\" writes, as PEM or DER."));
        }
        unread |= !found.unread.is_empty();
        let mut found = found;
        if options.contains_id("subject") || options.contains_id("names") {
            found.requests = found.requests.into_iter().map(|r| named(r, options)).collect::<Result<_>>()?;
        }
        batches.push(Verb::ImportRequests { requests: found.requests, source });
    }
    for batch in batches {
        session.run(batch)?;
    }
    Ok(u8::from(unread))
}

/// Gives a request that came without a name the one of the options.
fn named(request: Pkcs10, options: &ArgMatches) -> Result<Pkcs10> {
    let mut attributes = Vec::new();
    for word in options.get_many::<String>("subject").unwrap_or_default() {
        attributes.push(word.split_once('=').ok_or_else(|| {
            Error::usage(format!("\"{}\" names nothing.", visible(word))).next("Write CN=www.example.com.")
        })?);
    }
    let words = options.get_many::<String>("names").unwrap_or_default();
    let names = words.flat_map(|w| names(w)).map(|w| spkac::alt_name(&w)).collect::<Result<Vec<_>>>()?;
    spkac::named(request, name::build(&attributes)?, &names)
}

fn list(all: bool, session: &mut Session<'_>) -> Result<u8> {
    let columns =
        [
            ("ID", Cell::Field("id")),
            ("STATUS", Cell::Word(|r: &Request, _| r.word().into())),
            ("NEXT", Cell::Word(|r: &Request, look| r.next(look.state).word().to_owned())),
            (
                "WAITS",
                Cell::Word(|r: &Request, look| {
                    if r.next(look.state) == Actor::Nobody { String::new() } else { r.waits(look.now) }
                }),
            ),
            ("SUBJECT", Cell::Field("subject")),
            ("NAMES", Cell::Field("names")),
            ("KEY", Cell::Field("key")),
            ("SOURCE", Cell::Field("source")),
        ];
    let state = session.state()?;
    if !all {
        let open = state.requests.values().filter(|r| r.status.is_open());
        return session.list(open, &columns, "requests/");
    }
    let mut requests: Vec<Request> = Vec::new();
    loop {
        let before = requests.last().map(|r| r.id);
        let page = session.desk()?.ledger().requests(before, None, PAGE)?;
        let ended = page.len() < PAGE;
        requests.extend(page);
        if ended {
            break;
        }
    }
    session.list(requests.iter().rev(), &columns, "requests/")
}

fn show(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let request = find(options, session)?;
    let state = session.state()?;
    let preview = preview(&request, options, &state, session)?;
    if !session.json {
        session.show(&request, &Subject::Request(request.id))?;
        if let Some((plan, preview)) = preview {
            session.out.line("");
            show_preview(session, &plan, &preview);
        }
        return Ok(0);
    }
    let zone = session.config.zone.clone();
    let look = Look { state: &state, now: Desk::now(), soon: session.config.soon(), zone: zone.as_ref() };
    let mut object = print::object(&request, &look);
    if let Some((plan, preview)) = preview {
        object.insert("preview".into(), value(&plan, &preview));
    }
    session.out.json(&Value::Object(object));
    Ok(0)
}

/// Prints what would be issued beside what was asked, and what is found.
pub(super) fn show_preview(session: &mut Session<'_>, plan: &Plan, preview: &Preview) {
    if session.json {
        return session.out.json(&value(plan, preview));
    }
    session.out.line(&format!(
        "As {} would sign it with profile {} for {} days:",
        plan.certifier, plan.profile, plan.days
    ));
    let pairs = preview.rows.iter().map(|(label, asked, issued)| (*label, beside(asked, issued)));
    session.out.pairs(pairs);
    session.out.findings(&preview.findings);
}

fn value(plan: &Plan, preview: &Preview) -> Value {
    let row = |(label, asked, issued): &(&str, String, String)| json!({ "label": label, "asked": asked, "issued": issued });
    json!({
        "certifier": plan.certifier,
        "profile": plan.profile,
        "days": plan.days,
        "rows": preview.rows.iter().map(row).collect::<Vec<_>>(),
        "findings": preview.findings.iter().map(print::finding).collect::<Vec<_>>(),
    })
}

/// Writes what was asked above what would be issued, or the one where there is no difference.
fn beside(asked: &str, issued: &str) -> String {
    if asked == issued {
        return issued.to_owned();
    }
    let part = |word: &str, value: &str| format!("{word:<7}{}", value.replace('\n', "\n       "));
    match (asked, issued) {
        ("", _) => part("issued", issued),
        (_, "") => format!("{}\n{}", part("asked", asked), part("issued", "not")),
        _ => format!("{}\n{}", part("asked", asked), part("issued", issued)),
    }
}

/// Previews an open request: as approved, as the options say, or as the only certifier would sign it.
fn preview(
    request: &Request,
    options: &ArgMatches,
    state: &State,
    session: &mut Session<'_>,
) -> Result<Option<(Plan, Preview)>> {
    let named = options.get_one::<String>("certifier").cloned();
    let plan = match (&request.status, named) {
        (Status::Approved { plan, .. }, None) => plan.clone(),
        (status, Some(certifier)) if status.is_open() => plan(options, state, certifier)?,
        (status, None) if status.is_undecided() => match state.certifiers.keys().next() {
            Some(only) if state.certifiers.len() == 1 => plan(options, state, only.clone())?,
            Some(_) => {
                session.out.note("Name a certifier to see what would be issued: --certifier CERTIFIER.");
                return Ok(None);
            }
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let preview = session.desk()?.preview(request.id, &plan)?;
    Ok(Some((plan, preview)))
}

/// Makes a plan from the options; what they leave out comes from the certifier's policy and the profile.
fn plan(options: &ArgMatches, state: &State, certifier: String) -> Result<Plan> {
    let policy = state.certifiers.get(&certifier).map(|c| c.policy.profile.clone());
    let Some(usual) = policy else {
        return Err(
            Error::not_found("certifier", &certifier).next("List them with: ringmaster certifier list")
        );
    };
    let profile = options.get_one::<String>("profile").cloned().unwrap_or(usual);
    let days = options.get_one::<u32>("days").copied();
    let days = days.or_else(|| state.profiles.get(&profile).map(|p| p.days));
    let Some(days) = days else {
        let names: Vec<_> = state.profiles.keys().map(String::as_str).collect();
        return Err(Error::not_found("profile", &profile).next(format!("There are {}.", names.join(", "))));
    };
    let reason = options.try_get_one::<String>("reason").ok().flatten().cloned().unwrap_or_default();
    Ok(Plan { certifier, profile, days, reason, ..Plan::default() })
}

fn find(options: &ArgMatches, session: &mut Session<'_>) -> Result<Request> {
    let id = RequestId(options.get_one::<u64>("id").copied().unwrap_or_default());
    let state = session.state()?;
    let known = match state.requests.get(&id) {
        Some(request) => Some(request.clone()),
        None => session.desk()?.ledger().request(id)?,
    };
    known.ok_or_else(|| {
        Error::not_found("request", &id.to_string()).next("List them with: ringmaster request list --all")
    })
}
