//! Commands for earlier revisions of a keyring, undoing, and what an abandoned attempt left.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::args::flag;
use crate::cli::documents;
use crate::cli::session::Session;
use crate::desk::{Desk, Verb};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::keyring::{Difference, Keyring, compare};
use crate::model::leftover::{Leftover, leftovers};
use crate::model::secret::Secret;
use crate::ops::restore::{Consequence, consequences, undoing};
use crate::ops::ring::Act;
use crate::store::history::{History, Revision};

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    let named = |name, about| {
        let name_argument = Arg::new("name").value_name("NAME").required(true).help("The keyring");
        Command::new(name).about(about).arg(name_argument)
    };
    let revision = |name: &'static str, help: &'static str| Arg::new(name).value_name("REVISION").help(help);
    vec![
        named("history", "Lists the revisions of a keyring, also of a deleted one").after_help(
            "A revision is named by its number, or by @ and the number of the commit that replaced it.\n\
             The revisions of the time before a renaming are listed under the name they had.",
        ),
        named("diff", "Compares two revisions of a keyring")
            .arg(
                revision("revision", "The revision; compared with the present one unless another is named")
                    .required(true),
            )
            .arg(revision("other", "The revision to compare it with")),
        named("undo", "Undoes the last change of a keyring; an undoing is undone the same way"),
        named("restore", "Makes an earlier revision of a keyring the present one, as a new revision")
            .arg(revision("revision", "The revision").long("revision").required(true)),
        Command::new("deleted")
            .about("Lists the keyrings that can be brought back: deleted, missing or damaged ones"),
        named("undelete", "Brings a deleted keyring back").arg(
            revision("revision", "Another revision than the last one that can be read").long("revision"),
        ),
        Command::new("leftovers")
            .about("Lists what abandoned attempts have left, and cleans it up")
            .arg(flag("clean", "Cleans it up"))
            .arg(
                Arg::new("what")
                    .value_name("WHAT")
                    .num_args(0..)
                    .requires("clean")
                    .help("Only these, as the list names them: keyring:mail, request:5"),
            ),
    ]
}

/// Runs one of them; `None` when the name is of another part.
pub(super) fn run(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    let run = match name {
        "history" => history,
        "diff" => diff,
        "undo" => undo,
        "restore" => restore,
        "deleted" => deleted,
        "undelete" => undelete,
        "leftovers" => left,
        _ => return None,
    };
    Some(run(options, session))
}

fn read(options: &ArgMatches, session: &mut Session<'_>) -> Result<History> {
    session.desk()?.history(options.get_one::<String>("name").map_or("", String::as_str))
}

fn history(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(options, session)?;
    if session.json {
        let all = history.revisions.iter().map(|r| as_json(r, &history.keyring)).collect();
        session.out.json(&Value::Array(all));
        return Ok(0);
    }
    if let Some(deleted) = &history.deleted {
        let (at, by) = (deleted.at.text(), visible(&deleted.by));
        session.out.note(&format!("Keyring {} was deleted by {by} on {at}.", history.keyring));
    }
    let row = |r: &Revision| {
        let made = r.made.as_ref();
        vec![
            r.number.map_or_else(|| "?".into(), |n| n.to_string()),
            r.replaced.map_or_else(|| "present".into(), |g| format!("@{}", g.0)),
            made.map_or_else(String::new, |m| m.at.text()),
            made.map_or_else(String::new, |m| visible(&m.by)),
            made.map_or_else(|| "the audit chain does not tell".into(), |m| visible(&m.what)),
            r.remark(&history.keyring),
        ]
    };
    let rows: Vec<_> = history.revisions.iter().map(row).collect();
    session.out.table(&["REVISION", "UNTIL", "MADE", "BY", "WHAT", "REMARK"], &rows);
    if history.left_out > 0 {
        session
            .out
            .note(&format!("{} older files are in keyrings/.history and not listed.", history.left_out));
    }
    Ok(0)
}

fn as_json(revision: &Revision, keyring: &str) -> Value {
    let made = revision.made.as_ref();
    json!({
        "revision": revision.number,
        "name": revision.name,
        "replaced_by_commit": revision.replaced.map(|g| g.0),
        "file": visible(&revision.path),
        "at": made.map(|m| m.at.text()),
        "by": made.map(|m| visible(&m.by)),
        "what": made.map(|m| visible(&m.what)),
        "readable": revision.ring.is_ok(),
        "altered": revision.altered,
        "earlier_keyring": revision.earlier,
        "remark": revision.remark(keyring),
    })
}

/// Returns the ring of a version. Errors: it cannot be read.
fn ring(revision: &Revision) -> Result<&Keyring> {
    revision.ring.as_ref().map_err(Clone::clone)
}

fn diff(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(options, session)?;
    let given = |name| options.get_one::<String>(name).map(String::as_str);
    let first = history.find(given("revision").unwrap_or_default())?;
    let second = match given("other") {
        Some(other) => history.find(other)?,
        None => history.revisions.first().ok_or_else(|| Error::not_found("keyring", &history.keyring))?,
    };
    let found = compare(ring(first)?, ring(second)?);
    if session.json {
        let all = found.iter().map(|d| json!({ "sign": d.sign.word(), "text": d.text })).collect();
        session.out.json(&Value::Array(all));
        return Ok(0);
    }
    session.out.note(&format!("From revision {} to revision {}:", first.title(), second.title()));
    if found.is_empty() {
        session.out.line("They say the same.");
    }
    print(&found, session);
    Ok(0)
}

fn print(found: &[Difference], session: &mut Session<'_>) {
    found.iter().for_each(|d| session.out.line(&d.to_string()));
}

fn undo(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(options, session)?;
    let act = undoing(&history)?;
    if let Act::Restore { revision, .. } = &act {
        let own = history.revisions.iter().filter(|r| !r.earlier).nth(1);
        if let Some(own) = own.filter(|r| r.number == Some(revision.revision)) {
            foretell(&history, own, session)?;
        }
    }
    session.run(Verb::ring(&history.keyring, act))
}

/// Says what a revision changes back, before it comes back.
fn foretell(history: &History, revision: &Revision, session: &mut Session<'_>) -> Result<()> {
    let state = session.state()?;
    let now = state.keyrings.get(&history.keyring);
    for consequence in consequences(&state, now, revision, Desk::now()) {
        match consequence {
            Consequence::Change(difference) => session.out.note(&difference.to_string()),
            Consequence::Warning(text) => session.out.note(&text),
        }
    }
    Ok(())
}

fn restore(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(options, session)?;
    let keyring = &history.keyring;
    let revision = history.find(options.get_one::<String>("revision").map_or("", String::as_str))?;
    let then = ring(revision)?;
    session.writable()?;
    if !session.state()?.keyrings.contains_key(keyring) {
        return Err(Error::refused(format!("Keyring {keyring} is not among the keyrings.")).next(format!(
            "Bring it back: ringmaster keyring undelete {keyring} --revision {}",
            revision.title()
        )));
    }
    foretell(&history, revision, session)?;
    session.run(Verb::ring(keyring, Act::Restore { revision: Box::new(then.clone()), password: None }))
}

fn deleted(_: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let gone = session.desk()?.gone()?;
    Ok(documents::list_gone(&gone, "keyring", session))
}

fn undelete(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(options, session)?;
    let revision = match options.get_one::<String>("revision") {
        Some(given) => history.find(given)?,
        None => history.revisions.iter().find(|r| r.ring.is_ok() && !r.altered).ok_or_else(|| {
            Error::refused(format!("Keyring {} was not brought back.", history.keyring))
                .why("None of its revisions can be read as it was.")
                .next(format!("See why: ringmaster keyring history {}", history.keyring))
        })?,
    };
    let then = ring(revision)?.clone();
    session.writable()?;
    if !session.state()?.keyrings.contains_key(&history.keyring) {
        foretell(&history, revision, session)?;
    }
    session.run(Verb::Undelete { revision: Box::new(then), password: Secret::default() })
}

fn left(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let all = leftovers(&*session.state()?, Desk::now());
    let chosen: Vec<&String> = options.get_many("what").unwrap_or_default().collect();
    if let Some(unknown) = chosen.iter().find(|w| all.iter().all(|l| l.way.word() != ***w)) {
        return Err(
            Error::not_found("leftover", unknown).next("List them with: ringmaster keyring leftovers")
        );
    }
    let meant: Vec<_> =
        all.into_iter().filter(|l| chosen.is_empty() || chosen.iter().any(|w| **w == l.way.word())).collect();
    if options.get_flag("clean") { clean(&meant, session) } else { list(&meant, session) }
}

fn list(all: &[Leftover], session: &mut Session<'_>) -> Result<u8> {
    if session.json {
        let all = all.iter().map(|l| {
            let since = l.since.map(|at| at.text());
            let (what, then) = (visible(&l.what), visible(&l.consequence));
            json!({ "word": visible(&l.way.word()), "what": what, "since": since, "cleaning": then })
        });
        session.out.json(&Value::Array(all.collect()));
        return Ok(0);
    }
    if all.is_empty() {
        session.out.note("Nothing half-finished is left.");
        return Ok(0);
    }
    let row = |l: &Leftover| {
        let since = l.since.map_or_else(String::new, |at| at.date());
        vec![visible(&l.way.word()), since, visible(&l.what)]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    session.out.table(&["LEFTOVER", "SINCE", "WHAT"], &rows);
    session.out.note("--clean cleans all of it up, or only what is named behind it.");
    Ok(0)
}

fn clean(meant: &[Leftover], session: &mut Session<'_>) -> Result<u8> {
    session.writable()?;
    let mut failed = 0;
    let mut told = Vec::new();
    for leftover in meant {
        let word = visible(&leftover.way.word());
        let (done, text) = match session.perform(Verb::cleaning(&leftover.way)) {
            Ok(outcome) => (true, outcome.message),
            Err(error) => (false, error.to_string()),
        };
        failed += usize::from(!done);
        if session.json {
            told.push(json!({ "word": word, "done": done, "message": visible(&text) }));
        } else {
            session.out.line(&format!(
                "{word}: {}{}",
                if done { "" } else { "not cleaned up. " },
                visible(&text)
            ));
        }
    }
    if session.json {
        session.out.json(&Value::Array(told));
    } else if meant.is_empty() {
        session.out.note("Nothing half-finished is left.");
    }
    Ok(u8::from(failed > 0))
}
