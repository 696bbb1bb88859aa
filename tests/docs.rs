//! The reference pages in `docs/` are made from tables: they must say what the tables say.

use ringmaster::doctor::checks_markdown;
use ringmaster::model::cipher::ciphers_markdown;
use ringmaster::model::explain::explain_markdown;
use ringmaster::model::site::crl::crl_markdown;
use ringmaster::model::task::page::tasks_markdown;
use ringmaster::tui::command::commands_markdown;
use ringmaster::tui::dialog::records::fields_markdown;

#[test]
fn the_reference_pages_equal_the_tables() {
    let pages = [
        ("checks.md", checks_markdown()),
        ("ciphers.md", ciphers_markdown()),
        ("commands.md", commands_markdown()),
        ("crl-switches.md", crl_markdown()),
        ("explain.md", explain_markdown()),
        ("fields.md", fields_markdown()),
        ("tasks.md", tasks_markdown()),
    ];
    for (name, text) in pages {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        if std::env::var_os("RINGMASTER_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "docs/{name} is stale: run RINGMASTER_BLESS=1 cargo test docs");
    }
}

/// Every command line that the console names is one.
#[test]
fn the_command_lines_of_the_console_exist() {
    let tree = ringmaster::cli::tree();
    for command in ringmaster::tui::command::all() {
        let Some(cli) = command.cli else { continue };
        if cfg!(not(feature = "network")) && matches!(command.name, "site.probe" | "site.rehearse") {
            continue;
        }
        let mut at = Some(&tree);
        for word in cli.split(' ') {
            at = at.and_then(|c| c.find_subcommand(word));
        }
        assert!(at.is_some(), "{}: there is no `ringmaster {cli}`", command.name);
    }
}

/// Tells whether this is a command of the console.
pub(crate) fn is_command(name: &str) -> bool {
    ringmaster::tui::command::find(name).is_some()
}

/// Every command that a check names as its remedy is one of the console.
#[test]
fn the_remedies_of_checks_are_commands() {
    for check in ringmaster::doctor::table() {
        assert!(is_command(check.command), "{}: no command is named {}", check.id, check.command);
    }
}

/// The screens in the README are drawn by the real view: each block between the markers `<!-- screen: NAME -->` and
/// `<!-- end -->` is what that screen shows. They are those of the full build.
#[cfg(feature = "network")]
#[test]
fn the_readme_shows_the_real_screens() {
    use crate::script::console::Console;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let mut drawn = String::new();
    let mut rest = readme.as_str();
    let mut count = 0;
    while let Some((before, after)) = rest.split_once("<!-- screen: ") {
        let (name, after) = after.split_once(" -->").unwrap();
        let (_, after) = after.split_once("<!-- end -->").unwrap();
        let screen = match name {
            "first" => Console::empty().press("5").screen(),
            "keyrings" => Console::fixture().press("1").screen(),
            "certificates" => crate::screens::with_issued(Console::fixture()).screen(),
            "sites" => Console::fixture().press("3").screen(),
            "review" => crate::screens::under_review(Console::fixture()).screen(),
            "form" => Console::empty().press("1 n").type_text("mail").screen(),
            other => panic!("no screen is called {other}"),
        };
        drawn.push_str(&format!("{before}<!-- screen: {name} -->\n```text\n{screen}```\n<!-- end -->"));
        (rest, count) = (after, count + 1);
    }
    drawn.push_str(rest);
    assert!(count >= 4);
    if std::env::var_os("RINGMASTER_BLESS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    assert!(there == drawn, "README.md is stale: run RINGMASTER_BLESS=1 cargo test docs");
}

/// Every step of a guided task names a command of the console, and a command line that exists.
#[test]
fn the_steps_of_guided_tasks_are_commands() {
    let tree = ringmaster::cli::tree();
    for guide in ringmaster::model::task::GUIDES {
        for step in guide.steps {
            assert!(step.command.is_empty() || is_command(step.command), "{}: {}", guide.key, step.command);
            if cfg!(not(feature = "network")) && step.cli.starts_with("probe") {
                continue;
            }
            let words: Vec<&str> = step.cli.split(' ').take(2).collect();
            let noun = words.first().filter(|w| !w.is_empty()).map(|w| tree.find_subcommand(w));
            let Some(noun) = noun else { continue };
            let noun = noun.unwrap_or_else(|| panic!("{}: {}", guide.key, step.cli));
            let verb = words.get(1).filter(|_| noun.has_subcommands());
            assert!(verb.is_none_or(|v| noun.find_subcommand(v).is_some()), "{}: {}", guide.key, step.cli);
        }
    }
}

/// Explanations name checks that exist, and command lines that exist.
#[test]
fn explanations_name_what_exists() {
    let tree = ringmaster::cli::tree();
    for problem in ringmaster::model::explain::all() {
        for rule in problem.causes.iter().flat_map(|cause| cause.rules) {
            let known = ringmaster::doctor::find(rule).is_some();
            assert!(known, "{}: there is no rule {rule}", problem.key);
        }
        let causes = problem.causes.iter().map(|cause| cause.text);
        for text in problem.look.iter().copied().chain(causes) {
            for line in text.split("ringmaster ").skip(1) {
                let line = line.split([';', ',', ':']).next().unwrap_or_default();
                let words: Vec<&str> = line.trim_end_matches('.').split(' ').collect();
                if cfg!(not(feature = "network"))
                    && (words[0] == "probe" || line.starts_with("site rehearse"))
                {
                    continue;
                }
                let noun = tree.find_subcommand(words[0]);
                let noun = noun.unwrap_or_else(|| panic!("{}: ringmaster {line}", problem.key));
                if noun.has_subcommands() {
                    assert!(noun.find_subcommand(words[1]).is_some(), "{}: ringmaster {line}", problem.key);
                }
            }
        }
    }
}

/// The column of labels beside values has this width on the screen.
#[test]
fn the_labels_of_fields_fit_beside_their_values() {
    let page = std::fs::read_to_string("docs/fields.md").unwrap();
    let labels = page.lines().filter(|l| l.starts_with("| `")).filter_map(|l| l.split('|').nth(2));
    let long: Vec<_> = labels.map(str::trim).filter(|label| label.chars().count() > 27).collect();
    assert!(long.is_empty(), "{long:?}");
}
