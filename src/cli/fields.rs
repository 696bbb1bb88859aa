//! FIELDS tables as options: one entry in a table gives the option, its help, its choices and its check.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::secrets::Secrets;
use crate::model::error::{Error, Result};
use crate::model::field::{Field, Kind, Record, When, absent};

/// The field that is a positional argument instead of an option.
const NAME: &str = "name";

/// Adds NAME and an option for every field that can be set; secrets are asked, never given as an argument.
pub(super) fn options<T: Record>(command: Command) -> Command {
    settable::<T>().filter(|f| f.kind != Kind::Secret).fold(command, |command, field| {
        let argument = Arg::new(field.name).help(help(field, &T::scope(field.name)));
        if field.name == NAME {
            return command.arg(argument.value_name("NAME").required(true));
        }
        let argument = argument.long(field.name).value_name(match field.kind {
            Kind::Number(..) => "N",
            Kind::Flag => "YES|NO",
            Kind::Names => "NAMES",
            Kind::Lines => "LINE",
            Kind::Choice(_) => "CHOICE",
            Kind::Path => "FILE",
            Kind::Keyring => "KEYRING",
            Kind::Certifier | Kind::Signer => "CERTIFIER",
            Kind::Profile => "PROFILE",
            Kind::Ciphers => "CIPHERS",
            Kind::Text | Kind::Secret => "TEXT",
        });
        command.arg(match field.kind {
            Kind::Choice(choices) => {
                argument.value_parser(PossibleValuesParser::new(choices)).ignore_case(true)
            }
            // The option alone says yes.
            Kind::Flag => argument
                .value_parser(["yes", "no"])
                .hide_possible_values(true)
                .num_args(0..=1)
                .default_missing_value("yes"),
            Kind::Names | Kind::Lines | Kind::Ciphers => argument.action(ArgAction::Append),
            _ => argument,
        })
    })
}

/// Sets the fields that were given as options.
pub(super) fn fill<T: Record>(record: &mut T, matches: &ArgMatches) -> Result<()> {
    for field in settable::<T>().filter(|f| f.kind != Kind::Secret) {
        let Some(values) = matches.get_many::<String>(field.name) else { continue };
        let between = if field.kind == Kind::Lines { "\n" } else { " " };
        let text = values.map(String::as_str).collect::<Vec<_>>().join(between);
        let option = if field.name == NAME { "NAME".into() } else { format!("--{}", field.name) };
        set(record, field, &option, &text)?;
    }
    Ok(())
}

/// Makes the argument that takes `field=value`, several times.
pub(super) fn assignments() -> Arg {
    Arg::new("assignments")
        .value_name("FIELD=VALUE")
        .action(ArgAction::Append)
        .num_args(1..)
        .help("Fields with their new values, named as the options of create")
}

/// Sets every field that was given as `field=value`.
pub(super) fn assign_all<T: Record>(record: &mut T, matches: &ArgMatches) -> Result<()> {
    let mut given = matches.get_many::<String>("assignments").unwrap_or_default();
    given.try_for_each(|assignment| assign(record, assignment))
}

/// Sets a field that the record has.
fn set<T: Record>(record: &mut T, field: &Field<T>, named: &str, text: &str) -> Result<()> {
    if !record.applies(field.name) {
        return Err(Error::usage(format!("{named} cannot be set."))
            .why(format!("{}.", sentence(&absent::<T>(field.name)))));
    }
    (field.set)(record, text)
        .map_err(|why| Error::usage(format!("{named} cannot be \"{text}\".")).why(format!("Allowed: {why}.")))
}

/// Writes the first letter as a capital.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Sets one field from `field=value`.
pub(super) fn assign<T: Record>(record: &mut T, assignment: &str) -> Result<()> {
    let names = || settable::<T>().filter(|f| f.when == When::Amendable).map(|f| f.name).collect::<Vec<_>>();
    let Some((name, value)) = assignment.split_once('=') else {
        return Err(Error::usage(format!("\"{assignment}\" sets nothing."))
            .next(format!("Write field=value; the fields are {}.", names().join(", "))));
    };
    match T::field(name) {
        Some(field) if field.when == When::Amendable && field.kind != Kind::Secret => {
            set(record, field, name, value)
        }
        found => {
            let what = if found.is_some() { "cannot be changed" } else { "does not exist" };
            Err(Error::usage(format!("The field \"{name}\" of this {} {what}.", T::NOUN))
                .next(format!("The fields are {}.", names().join(", "))))
        }
    }
}

/// Asks the secrets of a record. What is asked twice on the terminal is one line of the password file.
pub(super) fn ask<T: Record>(record: &mut T, whose: &str, secrets: &mut Secrets) -> Result<()> {
    let mut first = None;
    for field in T::FIELDS.iter().filter(|f| f.kind == Kind::Secret) {
        let again = field.name == "repeat";
        let secret = match &first {
            Some(secret) if again && secrets.unattended() => Clone::clone(secret),
            _ => secrets.ask(&if again {
                format!("The same password for {whose} again")
            } else {
                format!("New password for {whose}")
            })?,
        };
        (field.set)(record, secret.expose())
            .map_err(|why| Error::usage("The password cannot be used.").why(why))?;
        first = Some(secret);
    }
    Ok(())
}

fn settable<T: Record>() -> impl Iterator<Item = &'static Field<T>> {
    T::FIELDS.iter().filter(|f| f.when != When::Derived)
}

fn help<T>(field: &Field<T>, scope: &str) -> String {
    let mut help = format!("{}. {}", field.label, field.help.trim_end_matches('.'));
    if !scope.is_empty() {
        help.push_str(&format!("; only for {scope}"));
    }
    match field.kind {
        Kind::Number(low, high) => format!("{help} [{low} to {high}]"),
        Kind::Flag => format!("{help} [yes or no]"),
        Kind::Names => format!("{help}; with commas, in quotes, or the option several times"),
        Kind::Lines => format!("{help}; the option once for each line"),
        _ => help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::certifier::NewCertifier;
    use crate::model::keyring::NewKeyring;
    use crate::model::site::Site;

    fn matches<T: Record>(arguments: &[&str]) -> ArgMatches {
        options::<T>(Command::new("x")).try_get_matches_from(arguments).unwrap()
    }

    #[test]
    fn every_field_but_secrets_is_an_option_and_sets_its_field() {
        let mut asked = NewKeyring::default();
        let arguments =
            ["x", "mail", "--hosts", "a.test,b.test", "--hosts", "c.test", "--key-type", "RSA-2048"];
        fill(&mut asked, &matches::<NewKeyring>(&arguments)).unwrap();
        assert_eq!(asked.name, "mail");
        assert_eq!(asked.identity.hosts, ["a.test", "b.test", "c.test"]);
        assert_eq!(asked.key_type.name(), "rsa-2048");
        let ids: Vec<_> = options::<NewCertifier>(Command::new("x"))
            .get_arguments()
            .map(|a| a.get_id().to_string())
            .collect();
        let fields = NewCertifier::FIELDS.iter().filter(|f| f.kind != Kind::Secret).map(|f| f.name);
        assert_eq!(ids, fields.collect::<Vec<_>>());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_does() {
        let error =
            fill(&mut NewCertifier::default(), &matches::<NewCertifier>(&["x", "r", "--years", "31"]));
        let error = error.unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(error.to_string(), "--years cannot be \"31\". Allowed: a whole number from 1 to 30.");
        let error = fill(&mut Site::default(), &matches::<Site>(&["x", "../etc"])).unwrap_err();
        assert!(error.to_string().contains("only a-z"), "{error}");
    }

    #[test]
    fn assignments_set_amendable_fields_only() {
        let mut site = Site::default();
        assign(&mut site, "title=a=b").unwrap();
        assert_eq!(site.title, "a=b");
        for (wrong, says) in
            [("name=x", "cannot be changed"), ("colour=x", "does not exist"), ("port", "sets nothing")]
        {
            let error = assign(&mut site, wrong).unwrap_err();
            assert!(error.to_string().contains(says) && error.next.contains("default-site"), "{error}");
        }
        assert!(assign(&mut site, "port=0").unwrap_err().why.contains("1 to 65535"));
    }
}
