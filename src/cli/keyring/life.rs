//! Commands for the life of a keyring: request again, rename, duplicate, password, stash, self-certified certificate.

use clap::{Arg, ArgGroup, ArgMatches, Command};

use super::{by_name, confirmed};
use crate::cli::args::{flag, option};
use crate::cli::fields;
use crate::cli::session::Session;
use crate::desk::Verb;
use crate::model::error::Result;
use crate::model::keyring::{Keyring, NewPassword, NewRequest, Renaming, SelfCertifying, left_out};
use crate::ops::request_again::proposed;
use crate::ops::ring::Act;

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    let named = |name, about| {
        let name_argument = Arg::new("name").value_name("NAME").required(true).help("The keyring");
        Command::new(name).about(about).arg(name_argument)
    };
    let renew = named("renew", "Requests a certificate again, with the same key or a new one");
    let rename = named("rename", "Renames a keyring in every document that names it");
    let to = fields::options::<Renaming>(rename)
        .mut_arg("to", |to| to.long(None::<&str>).index(2).required(true).value_name("TO"));
    let self_certify = named("self-certify", "Lets a keyring's own key sign its certificate, for tests only");
    vec![
        fields::options::<NewRequest>(renew).mut_arg("key", |key| key.required(true)).after_help(
            "What is not given is taken from the present certificate, or from the latest request.\n\
             With the same key, the key is never rotated, and one that others know stays known.\n\
             A new key waits in the keyring while the old one serves; installing its certificate puts it in place.",
        ),
        to,
        named("password", "Seals a keyring and its stash under another password"),
        named("stash", "Makes or drops the stash, which opens a keyring for unattended work")
            .arg(flag("make", "Makes it, or makes it again"))
            .arg(flag("drop", "Moves it to the history; the password is needed from then on"))
            .group(ArgGroup::new("what").args(["make", "drop"]).required(true)),
        fields::options::<SelfCertifying>(self_certify),
        named("drop-key", "Drops the key that waits for its certificate, and denies its request").arg(
            option("confirm", "NAME", "The name of the keyring again").required(true),
        ),
    ]
}

/// Runs one of them; `None` when the name is of another part.
pub(super) fn run(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    let run = match name {
        "renew" => renew,
        "rename" => rename,
        "password" => password,
        "stash" => stash,
        "self-certify" => self_certify,
        "drop-key" => drop_key,
        _ => return None,
    };
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    Some(by_name(name, session).and_then(|ring| run(&ring, options, session)))
}

fn renew(ring: &Keyring, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let mut asked = proposed(&state, ring);
    fields::fill(&mut asked, options)?;
    session.writable()?;
    let dropped = ring.leaf().map(left_out).unwrap_or_default();
    if !dropped.is_empty() {
        session
            .out
            .note(&format!("The present certificate also has {}; not asked again.", dropped.join(", ")));
    }
    session.run(Verb::ring(&ring.name, Act::Request(asked)))
}

fn rename(ring: &Keyring, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut asked = Renaming::default();
    fields::fill(&mut asked, options)?;
    session.run(Verb::ring(&ring.name, Act::Rename { to: asked.to }))
}

fn password(ring: &Keyring, _: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    session.writable()?;
    // The present one first, as people expect, unless the stash gives it.
    let present = if session.desk()?.opens_by_itself(&ring.name) {
        None
    } else {
        Some(session.secrets.ask(&format!("Password of keyring {}", ring.name))?)
    };
    let mut asked = NewPassword::default();
    fields::ask(&mut asked, &format!("keyring {}", ring.name), &mut session.secrets)?;
    let act = Act::ChangePassword { new: asked.password, repeat: asked.repeat };
    let verb = Verb::ring(&ring.name, act);
    session.run(match present {
        Some(present) => verb.with_password(present),
        None => verb,
    })
}

fn stash(ring: &Keyring, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let act = if options.get_flag("make") { Act::MakeStash } else { Act::DropStash };
    session.run(Verb::ring(&ring.name, act))
}

fn self_certify(ring: &Keyring, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut asked = SelfCertifying::default();
    fields::fill(&mut asked, options)?;
    session.run(Verb::ring(&ring.name, Act::SelfCertify { days: i64::from(asked.days) }))
}

fn drop_key(ring: &Keyring, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    confirmed(options, &ring.name)?;
    session.run(Verb::ring(&ring.name, Act::DropNextKey))
}
