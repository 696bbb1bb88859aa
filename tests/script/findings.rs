//! The pane of findings, by keys.

use std::sync::Arc;

use ringmaster::model::finding::{Finding, Severity, Subject};
use ringmaster::tui::dialog::Dialog;
use ringmaster::tui::msg::Msg;
use ringmaster::tui::pane::{PaneId, RowKey};

use super::console::Console;
use super::fixture;

fn console() -> Console {
    let mut c = Console::fixture();
    c.press("6").examined();
    c
}

/// Filters for words and leaves the filter line.
fn select(c: &mut Console, words: &str) {
    c.press("6 <esc> /").type_text(words).press("<ret>");
    assert_eq!(c.model.count(), 1, "{}", c.screen());
}

#[test]
fn the_worst_stands_first_and_the_first_line_counts() {
    let mut c = console();
    let severities: Vec<Severity> = (0..c.model.count())
        .filter_map(|i| match c.model.row(i) {
            Some(RowKey::Finding(f)) => Some(f.severity),
            _ => None,
        })
        .collect();
    assert!(severities.is_sorted_by(|a, b| a >= b) && severities.len() > 5, "{severities:?}");
    let count = |s| severities.iter().filter(|x| **x == s).count();
    let counts = format!("6 Findings {}E {}W", count(Severity::Error), count(Severity::Warning));
    for key in ["1", "6"] {
        let screen = c.press(key).screen();
        assert!(screen.lines().next().unwrap().contains(&counts), "{counts}: {screen}");
    }
    c.press("6 !");
    assert_eq!(c.model.count(), count(Severity::Error) + count(Severity::Warning), "notes are hidden");
}

#[test]
fn a_finding_is_opened_with_its_explanation() {
    let mut c = console();
    select(&mut c, "k07 shop");
    let screen = c.press("<ret>").screen();
    for words in ["is pending", "What it means", "The key was made", "keyring.open-request", "warning"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
}

#[test]
fn the_filter_knows_rule_severity_and_object() {
    let mut c = console();
    select(&mut c, "rule:k07 object:shop severity:warning");
    c.press("6 <esc> /").type_text("-severity:error -severity:warning").press("<ret>");
    let notes = (0..c.model.count()).all(|i| match c.model.row(i) {
        Some(RowKey::Finding(f)) => f.severity == Severity::Info,
        _ => false,
    });
    assert!(notes && c.model.count() > 0, "{}", c.screen());
    c.press("6 <esc> /");
    assert!(c.screen().contains("rule:S09, severity:error"), "{}", c.screen());
    c.type_text("rules:x");
    assert!(c.screen().contains("no field rules"), "{}", c.screen());
}

#[test]
fn the_object_is_one_key_away_even_behind_a_filter() {
    let mut c = console();
    c.press("1 /").type_text("mail").press("<ret>");
    select(&mut c, "k07 shop");
    c.press("o");
    assert_eq!((c.model.pane, c.model.selected_name().as_deref()), (PaneId::Keyrings, Some("shop")));
    select(&mut c, "k16");
    c.press("o");
    assert_eq!((c.model.pane, c.model.selected_name().as_deref()), (PaneId::Sites, Some("website")));
}

#[test]
fn the_fix_runs_on_the_object_and_through_the_gate() {
    let mut c = console();
    select(&mut c, "k07 wiki");
    c.press("f");
    assert_eq!((c.model.pane, c.model.selected_name().as_deref()), (PaneId::Keyrings, Some("wiki")));
    let menu =
        |c: &Console| matches!(c.model.dialogs.last(), Some(Dialog::Menu(m)) if m.title.contains("wiki"));
    assert!(menu(&c), "{}", c.screen());
    // In a session that may only read, the same key says so.
    let mut c = console();
    c.model.settings.read_only = Some("a test".into());
    select(&mut c, "k07 wiki");
    c.press("f");
    assert!(c.model.dialogs.is_empty() && c.screen().contains("read-only"), "{}", c.screen());
}

#[test]
fn what_has_no_row_is_said_and_nothing_else_is_touched() {
    let mut c = Console::fixture();
    c.press("6");
    let finding = |subject, command| {
        Finding::new("K07", Severity::Error, subject, "It is so.").remedy("Do it.", Some(command))
    };
    let gone = Subject::Keyring("gone".into());
    let mismatched = finding(Subject::Keyring("mail".into()), "site.edit");
    c.found(vec![
        finding(gone, "keyring.install"),
        mismatched,
        finding(Subject::Workspace, "console.refresh"),
    ]);
    c.press("g f");
    assert!(
        c.model.pane == PaneId::Findings && c.screen().contains("not in the list of keyrings"),
        "{}",
        c.screen()
    );
    c.press("o");
    assert!(c.model.pane == PaneId::Findings && c.model.dialogs.is_empty());
    // A command of sites has no row for a keyring: the site that happens to be selected is left alone.
    c.press("j f");
    assert!(c.model.pane == PaneId::Findings && c.model.dialogs.is_empty(), "{}", c.screen());
    let before = c.effects.len();
    c.press("j o f");
    assert_eq!(c.effects.len(), before + 1, "the workspace is read again");
}

/// Accepted findings leave counts and marks, and are shown when they are asked for.
#[test]
fn a_finding_is_accepted_shown_and_counted_again() {
    use ringmaster::desk::Verb;
    use ringmaster::model::accepted::Accepted;
    let mut c = console();
    select(&mut c, "k16");
    let Some(RowKey::Finding(f)) = c.model.selected() else { panic!("{}", c.screen()) };
    let errors = c.model.findings.count(Severity::Error);
    c.press("a").type_text("The name is served elsewhere").press("<f2>");
    let Some(Verb::AcceptFindings { findings, asked }) = c.verb().cloned() else { panic!("{}", c.screen()) };
    assert_eq!(
        (&findings[..], asked.reason.as_str()),
        (&[Finding::clone(&f)][..], "The name is served elsewhere")
    );
    // Several that are marked are accepted for one reason.
    let mut many = console();
    many.press("/").type_text("severity:warning").press("<ret> <space> <space> a");
    assert!(many.screen().contains("Accept 2 findings"), "{}", many.screen());
    many.type_text("Old clients").press("<f2>");
    assert!(matches!(many.verb(), Some(Verb::AcceptFindings { findings, .. }) if findings.len() == 2));
    let mut state = fixture::full();
    let (rule, subject, severity) = (f.rule.clone(), f.subject.clone(), f.severity);
    let (text, reason, by) = (f.text.clone(), asked.reason, "ada".to_owned());
    let (at, until) = (c.model.now, asked.until);
    let risk =
        Accepted { rule: rule.clone(), subject: subject.clone(), severity, text, reason, by, at, until };
    state.accepted.insert((rule, subject.clone()), risk);
    c.commit(state.clone(), "Accepted.").examined();
    assert_eq!(c.model.findings.count(Severity::Error), errors - 1);
    assert_eq!(c.model.findings_of(&subject).filter(|x| x.rule == "K16").count(), 0, "it marks nothing");
    assert_eq!(c.model.count(), 0, "{}", c.screen());
    let screen = c.press("v").screen();
    assert!(c.model.count() == 1 && screen.contains("accepted"), "{screen}");
    let screen = c.press("<ret>").screen();
    assert!(screen.contains("accepted by ada") && screen.contains("elsewhere"), "{screen}");
    c.press("<esc> d");
    assert!(matches!(c.verb(), Some(Verb::UnacceptFinding { rule, .. }) if rule == "K16"));
    // The site is put right: what was accepted is told to be of no use.
    state.sites.remove("website");
    c.commit(state, "Deleted.").examined();
    assert!(c.press("6 <esc> g G").screen().contains("obsolete"), "{}", c.screen());
}

#[test]
fn the_selection_stays_on_its_finding_when_others_come() {
    let mut c = console();
    select(&mut c, "k07 shop");
    c.press("<esc>");
    let before = c.model.selected();
    let mut state = fixture::full();
    state.sites.get_mut("website").unwrap().keyring = "gone".into();
    c.send(Msg::State(Arc::new(state))).examined();
    assert!(c.screen().contains("gone"), "{}", c.screen());
    assert_eq!(c.model.selected(), before);
}

#[test]
fn every_width_has_room_for_the_pane_that_is_shown() {
    for pane in ["1", "2", "3", "4", "5", "6"] {
        for columns in 40..140 {
            let mut c = console().sized(columns, 24);
            c.model.unlocked = vec!["example-root".into()];
            let screen = c.press(pane).screen();
            let first = screen.lines().next().unwrap();
            let title = c.model.pane();
            assert!(first.contains(title.title) || first.contains(title.short), "{columns}: {first}");
            assert!((1..=6).all(|n| first.contains(&n.to_string())), "{columns}: {first}");
        }
    }
}

#[test]
fn the_review_is_written_where_a_person_says() {
    use ringmaster::tui::msg::Effect;
    let mut c = console();
    let screen = c.press("x").screen();
    assert!(screen.contains("security-review-2026-11-23.md") && screen.contains("Markdown"), "{screen}");
    c.press("<ret>");
    let written = |e: &Effect| matches!(e, Effect::Review(_, path, ..) if path.ends_with("security-review-2026-11-23.md"));
    assert!(c.effects.iter().any(written), "{:?}", c.effects);
}
