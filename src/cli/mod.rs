//! The command line: parses, runs verbs, prints. Holds no rules of its own.

mod args;
mod audit;
mod certificate;
mod certifier;
mod cipher;
mod completions;
mod crl;
mod demo;
mod directory;
mod doctor;
mod documents;
mod explain;
mod fields;
mod finding;
mod inspect;
mod key;
mod keyring;
mod listed;
mod person;
mod policy;
mod print;
#[cfg(feature = "network")]
mod probe;
mod profile;
mod protection;
#[cfg(feature = "network")]
mod rehearse;
pub mod remedy;
pub mod report;
mod request;
mod review;
mod revoke;
mod secrets;
mod server;
mod session;
mod site;
mod task;
mod verify;
mod who;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::cli::args::{flag, option};
use crate::config::{Colour, Config, Symbols};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::witness::Witness;
use print::Printer;
use secrets::Secrets;
use session::Session;

/// A noun of the command line: its commands, and what runs them and returns the exit code.
struct Noun {
    command: fn() -> Command,
    run: fn(&ArgMatches, &mut Session<'_>) -> Result<u8>,
}

/// Every noun, in the order of the help.
const NOUNS: &[Noun] = &[
    Noun { command: certifier::command, run: certifier::run },
    Noun { command: crl::command, run: crl::run },
    Noun { command: keyring::command, run: keyring::run },
    Noun { command: profile::command, run: profile::run },
    Noun { command: request::command, run: request::run },
    Noun { command: site::command, run: site::run },
    Noun { command: server::command, run: server::run },
    Noun { command: directory::command, run: directory::run },
    Noun { command: cipher::command, run: cipher::run },
    Noun { command: person::command, run: person::run },
    Noun { command: task::command, run: task::run },
    Noun { command: verify::command, run: verify::run },
    #[cfg(feature = "network")]
    Noun { command: probe::command, run: probe::run },
    Noun { command: certificate::command, run: certificate::run },
    Noun { command: inspect::command, run: inspect::run },
    Noun { command: key::command, run: key::run },
    Noun { command: doctor::command, run: doctor::run },
    Noun { command: finding::command, run: finding::run },
    Noun { command: review::command, run: review::run },
    Noun { command: explain::command, run: explain::run },
    Noun { command: audit::command, run: audit::run },
    Noun { command: completions::command, run: completions::run },
];

/// What the full-screen console was asked for: everything but the terminal.
#[derive(Debug)]
pub struct Console {
    /// The settings, with the options of the command line over them.
    pub config: Config,
    /// The workspace, when it was named on the command line.
    pub workspace: Option<PathBuf>,
    /// Whether nothing may be written.
    pub read_only: bool,
    /// A folder that is removed when the console ends, if the workspace is in one.
    pub throw_away: Option<tempfile::TempDir>,
}

/// How a command line ended.
#[derive(Debug)]
pub enum Ended {
    /// With this exit code: 0 done, 1 refused or failed, 2 usage, 3 findings or due items, 4 locked or password needed.
    Code(u8),
    /// No command was named: the full-screen console is wanted.
    Console(Box<Console>),
}

/// Returns every command with its options, for parsing, completions and documentation.
pub fn tree() -> Command {
    let tree = Command::new("ringmaster")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A console for keyrings, certificates, Internet Site documents and a certificate authority.")
        .long_about(
            "A console for keyrings, certificates, Internet Site documents and a certificate authority.\n\
             Without a command it opens the full screen.",
        )
        .after_help(
            "Exit codes: 0 done, 1 refused or failed, 2 usage, 3 findings or due items, 4 locked or password needed.\n\
             Passwords are asked on the terminal, or read from --password-fd; they are never arguments.",
        )
        .disable_help_subcommand(true)
        .args(global_options());
    NOUNS.iter().fold(tree, |tree, noun| tree.subcommand((noun.command)())).subcommand(demo::command())
}

/// Runs a command line. Everything is printed to `out` and `err`; nothing of it holds a secret.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> Ended {
    let matches = match tree().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return Ended::Code(usage(&error, out, err)),
    };
    let code = match perform(&matches, out, err) {
        Ok(ended) => return ended,
        Err(error) => {
            report::write(err, &error);
            error.exit_code()
        }
    };
    Ended::Code(code)
}

fn perform(matches: &ArgMatches, out: &mut dyn Write, err: &mut dyn Write) -> Result<Ended> {
    let mut config = Config::load(matches.get_one::<PathBuf>("config").map(PathBuf::as_path))?;
    match matches.get_one::<String>("colour").map(String::as_str) {
        Some("always") => config.colour = Colour::Always,
        Some("never") => config.colour = Colour::Never,
        Some(_) => config.colour = Colour::Auto,
        None => {}
    }
    if matches.get_flag("ascii") {
        config.symbols = Symbols::Ascii;
    }
    let workspace = matches.get_one::<PathBuf>("workspace").cloned();
    let read_only = matches.get_flag("read-only");
    let Some((name, of_noun)) = matches.subcommand() else {
        let throw_away = None;
        return Ok(Ended::Console(Box::new(Console { config, workspace, read_only, throw_away })));
    };
    if name == "demo" {
        let mut printer = Printer::new(out, err);
        let console = demo::run(of_noun, config, &mut printer)?;
        printer.finish()?;
        return Ok(console.map_or(Ended::Code(0), |console| Ended::Console(Box::new(console))));
    }
    let secrets = Secrets::new(matches.get_one::<u32>("password-fd").copied());
    let printer = Printer::new(out, err);
    let json = matches.get_flag("json");
    let mut session = Session::new(config, workspace, read_only, json, printer, secrets);
    if let Some(text) = matches.get_one::<String>("witness") {
        let told = || {
            Error::usage("A witness is named as NAME:CODE.")
                .why("The code stands in the step that was refused.")
        };
        session.witnessed_by(Witness::typed(text).ok_or_else(told)?);
    }
    let noun = NOUNS.iter().find(|n| (n.command)().get_name() == name);
    let result = noun.map_or(Ok(2), |noun| (noun.run)(of_noun, &mut session));
    let printed = session.out.finish();
    let code = result?;
    printed?;
    Ok(Ended::Code(code))
}

/// Prints what clap says of a command line it did not understand, or the help that was asked for.
fn usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    // Arguments are foreign text: they are quoted in the message.
    let text = error.render().to_string();
    let text = text.lines().map(visible).collect::<Vec<_>>().join("\n");
    let stream: &mut dyn Write = if error.use_stderr() { err } else { out };
    // There is nobody left to tell when this cannot be written.
    let _ = writeln!(stream, "{}", text.trim_end());
    let _ = stream.flush();
    u8::try_from(error.exit_code()).unwrap_or(2)
}

fn global_options() -> [Arg; 8] {
    [
        option("config", "FILE", "Reads the settings from this file").value_parser(value_parser!(PathBuf)),
        option("workspace", "DIR", "Works in this folder instead of the one the settings name")
            .value_parser(value_parser!(PathBuf)),
        flag("read-only", "Changes nothing"),
        flag("json", "Prints JSON; texts in it are escaped as on the screen"),
        option(
            "password-fd",
            "N",
            "Reads passwords from this open file, one a line, in the order they are needed",
        )
        .value_parser(value_parser!(u32)),
        option("witness", "NAME:CODE", "Confirms the step as a witness, with the code that stands in it"),
        option("colour", "WHEN", "When the console uses colours").value_parser(["auto", "always", "never"]),
        flag("ascii", "Draws with ASCII characters only"),
    ]
    .map(|option| option.global(true).help_heading("Everywhere"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound_and_every_command_and_option_is_explained() {
        fn walk(command: &Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path} has no about");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path}: {} has no help", argument.get_id());
                let id = argument.get_id().as_str();
                assert!(!matches!(id, "password" | "repeat"), "{path}: a secret must not be an argument");
            }
            command.get_subcommands().for_each(|c| walk(c, &path));
        }
        let mut tree = tree();
        tree.build();
        tree.clone().debug_assert();
        walk(&tree, "");
    }

    #[test]
    fn hostile_arguments_are_quoted_visibly() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let ended = run(["ringmaster", "\u{1b}[31mx\u{202e}"].map(OsString::from), &mut out, &mut err);
        assert!(matches!(ended, Ended::Code(2)), "{ended:?}");
        let err = String::from_utf8(err).unwrap();
        assert!(err.contains("\\1B[31mx\\E2\\80\\AE") && !err.contains('\u{1b}'), "{err}");
    }
}
