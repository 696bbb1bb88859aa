//! `ringmaster request`: the queue of certificate requests. The table of its commands, and those that decide.

mod import;
mod issue;
mod pick_up;
mod plan;
mod queue;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::session::Session;
use super::{fields, print};
use crate::cli::args::{flag, option};
use crate::desk::{Desk, Preview, Verb};
use crate::model::error::Result;
use crate::model::finding::Subject;
use crate::model::request::edit::Edit;
use crate::model::request::{Note, Plan, Request, RequestId, pickup};
use crate::ops::expire;
use crate::pki::{pem, spkac};
use plan::{edit, plan, preview};

/// The commands about requests.
pub(super) fn command() -> Command {
    let id = || Arg::new("id").value_name("ID").required(true).value_parser(named);
    let numbered = |name, about| {
        Command::new(name).about(about).arg(id().help("The number of the request, or its pick-up ID"))
    };
    let several = |name, about| {
        let all = id().action(ArgAction::Append).num_args(1..);
        Command::new(name).about(about).arg(all.help("The numbers of the requests, or their pick-up IDs"))
    };
    let optional = |command: Command| command.mut_arg("id", |id| id.required(false));
    let plan = |command: Command| {
        command
            .arg(option("profile", "PROFILE", "What the certificate contains; else the certifier's profile"))
            .arg(
                option("days", "N", "How many days it is valid; else what the profile says")
                    .value_parser(value_parser!(u32).range(1..=36_500)),
            )
            .arg(
                option(
                    "renewal",
                    "YES|NO",
                    "no leaves an earlier certificate for the same key and name in use",
                )
                .value_parser(["yes", "no"])
                .hide_possible_values(true),
            )
    };
    let reason = |help: &'static str| option("reason", "TEXT", help).required(true);
    Command::new("request")
        .about("The queue of certificate requests")
        .subcommand_required(true)
        .subcommand(import::command())
        .subcommand(
            Command::new("list")
                .about("Lists the requests that wait for a decision or for signing")
                .arg(flag("all", "Lists closed ones too")),
        )
        .subcommand(
            Command::new("queue")
                .about("Counts what waits and since when, the oldest first; exit code 3 when something waits for too long")
                .arg(
                    option(
                        "certifier",
                        "CERTIFIER",
                        "Only what waits for this one, or for nobody in particular yet",
                    ),
                ),
        )
        .subcommand(Command::new("mine").about("Lists what you have brought, open and closed").arg(option(
            "contact",
            "TEXT",
            "Lists those instead whose contact holds this name, mail address or number",
        )))
        .subcommand(numbered("status", "Says where a request stands, in words for its requester"))
        .subcommand(plan(
            numbered("show", "Shows a request: what was asked beside what would be issued").arg(option(
                "certifier",
                "CERTIFIER",
                "Who would sign; else the only certifier there is",
            )),
        ))
        .subcommand(fields::options::<Note>(numbered("note", "Notes whom to ask about a request")))
        .subcommand(
            fields::options::<Edit>(numbered(
                "edit",
                "Edits what will be issued; the request stays as it came, and somebody else approves it",
            ))
            .arg(
                option(
                    "subject",
                    "NAME",
                    "The whole subject, such as \"C=DE, O=Example, CN=www.example.test\"",
                ),
            )
            .arg(flag("as-asked", "Goes back to the subject and the names that were asked for")),
        )
        .subcommand(plan(
            numbered("approve", "Approves a request for signing")
                .arg(option("certifier", "CERTIFIER", "Who shall sign").required(true))
                .arg(option("reason", "TEXT", "Why warnings are accepted; kept in the audit chain")),
        ))
        .subcommand(several("deny", "Denies requests").arg(reason("Why, in words for the requester")))
        .subcommand(numbered("withdraw", "Takes a request back").arg(reason("Why; kept in the audit chain")))
        .subcommand(
            optional(several("expire", "Lists the requests that waited for too long, or crosses them off"))
                .arg(flag("due", "Crosses every one of them off")),
        )
        .subcommand(issue::command(optional(several("issue", "Signs approved requests"))))
        .subcommand(pick_up::command(numbered(
            "pick-up",
            "Hands the certificate of a request out, with its chain, and records that",
        )))
        .subcommand(
            numbered("pem", "Prints a request as PEM")
                .arg(flag("certificate", "Prints the certificate that was issued for it instead")),
        )
}

/// Checks that it names a request: by its number, or by a pick-up ID with the right check letter.
fn named(typed: &str) -> std::result::Result<String, String> {
    let number = typed.bytes().all(|b| b.is_ascii_digit()) && typed.parse::<u64>().is_ok();
    let number = number.then(|| typed.to_owned());
    number.map_or_else(|| pickup::read(typed).map_err(|why| format!("no number, and {why}")), Ok)
}

/// Runs a command about requests.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let text = |options: &ArgMatches, name| options.get_one::<String>(name).cloned().unwrap_or_default();
    match matches.subcommand() {
        Some(("import", options)) => import::run(options, session),
        Some(("list", options)) => queue::list(options.get_flag("all"), session),
        Some(("queue", options)) => queue::counts(options, session),
        Some(("mine", options)) => queue::mine(options, session),
        Some(("status", options)) => queue::status(options, session),
        Some(("show", options)) => show(options, session),
        Some(("note", options)) => {
            let request = find(options, session)?;
            let mut note = Note { contact: request.contact, comment: request.comment };
            fields::fill(&mut note, options)?;
            session.run(Verb::NoteRequest { id: request.id, note })
        }
        Some(("edit", options)) => edit(options, session),
        Some(("approve", options)) => {
            let request = find(options, session)?;
            let state = session.state()?;
            let plan = plan(options, &state, &request, text(options, "certifier"))?;
            session.run(Verb::Approve { id: request.id, plan })
        }
        Some(("deny", options)) => {
            let reason = text(options, "reason");
            each(options, session, |id| Verb::Deny { id, reason: reason.clone() })
        }
        Some(("withdraw", options)) => {
            let id = find(options, session)?.id;
            session.run(Verb::WithdrawRequest { id, reason: text(options, "reason") })
        }
        Some(("expire", options)) => expired(options, session),
        Some(("issue", options)) => issue::run(options, session),
        Some(("pick-up", options)) => pick_up::run(options, session),
        Some(("pem", options)) => {
            let request = find(options, session)?;
            if !options.get_flag("certificate") {
                session.out.raw(&spkac::write(&request.pkcs10));
                return Ok(0);
            }
            let answer = session.desk()?.answer(&request, false)?;
            if let Some(certificate) = answer.first() {
                session.out.raw(&pem::write("CERTIFICATE", &certificate.der.0));
            }
            Ok(0)
        }
        _ => Ok(2),
    }
}

/// Does the same to each request that was named; one that is refused does not hold up the rest.
fn each(options: &ArgMatches, session: &mut Session<'_>, verb: impl Fn(RequestId) -> Verb) -> Result<u8> {
    let ids = ids(options, session)?;
    if let [one] = ids.as_slice() {
        return session.run(verb(*one));
    }
    let mut code = 0;
    for id in ids {
        if let Err(error) = session.run(verb(id)) {
            session.out.line(&format!("Request {id}: not done: {error}"));
            code = 1;
        }
    }
    Ok(code)
}

/// Lists the requests that were named.
fn ids(options: &ArgMatches, session: &mut Session<'_>) -> Result<Vec<RequestId>> {
    let named: Vec<String> = options.get_many("id").unwrap_or_default().cloned().collect();
    named.iter().map(|typed| Ok(session.desk()?.find_request(typed)?.id)).collect()
}

/// `request expire`: the due list, or crossing off.
fn expired(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let ids = ids(options, session)?;
    if !ids.is_empty() {
        return session.run(Verb::Expire { ids });
    }
    let state = session.state()?;
    let due: Vec<&Request> = expire::due(&state, Desk::now());
    if due.is_empty() {
        session.out.note("No request is due to expire.");
        return Ok(0);
    }
    if options.get_flag("due") {
        return session.run(Verb::Expire { ids: due.iter().map(|r| r.id).collect() });
    }
    queue::due(&due, session)?;
    Ok(3)
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
    let mut object = queue::object(&request, session)?;
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
        "renewal": !plan.beside,
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

fn find(options: &ArgMatches, session: &mut Session<'_>) -> Result<Request> {
    let typed = options.get_one::<String>("id").cloned().unwrap_or_default();
    let found = session.desk()?.find_request(&typed);
    found.map_err(|error| match error.next.is_empty() {
        true => error.next("List them with: ringmaster request list --all"),
        false => error,
    })
}
