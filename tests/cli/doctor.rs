//! The checks as a script runs them.

use super::{Place, RING};

#[test]
fn rules_are_listed_and_explained_without_a_workspace() {
    let place = Place::new();
    let text = place.run("doctor --explain k09").done();
    for words in ["K09 (error)", "self-signed", "Remedy:", "keyring.install"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let list = place.run("doctor --list").done();
    assert!(list.starts_with("RULE ") && list.contains("\nK01 ") && list.contains("\nC04 "), "{list}");
    let list = place.run("doctor --list --json").json();
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|c| c["rule"].as_str().unwrap()).collect();
    assert!(ids.contains(&"K21") && ids.len() == ringmaster::doctor::table().len(), "{ids:?}");
    assert!(
        place.run("doctor --explain K12 --json").json()["explanation"].as_str().unwrap().contains("bands")
    );
    assert!(place.run("doctor --explain K99").refused(2).contains("doctor --list"));
    assert!(!place.path("data").exists(), "a workspace was made");
}

#[test]
fn findings_are_narrowed_and_only_what_matters_ends_with_3() {
    let place = Place::furnished();
    assert_eq!(place.run("doctor").done(), "Nothing was found.\n");
    // A note is none of a script's business.
    place.run("site delete mail --confirm mail").done();
    let found = place.run("doctor");
    assert!(found.code == 0 && found.out.starts_with("note K20: Keyring mail"), "{found:#?}");
    assert_eq!(place.run("doctor --severity warning").done(), "Nothing was found.\n");

    place.run("site create mail --hosts mail.example.test,www.example.test --keyring mail").done();
    place.with(RING, "keyring create other --hosts other.example.test").done();
    let all = place.run("doctor");
    assert_eq!(all.code, 3, "{all:#?}");
    let (error, warning) = (all.out.find("error K16").unwrap(), all.out.find("warning K07").unwrap());
    assert!(error < warning && all.err.contains("1 error, 1 warning"), "{all:#?}");
    assert!(all.out.contains("\n  $ ringmaster request show "), "{all:#?}");
    let one = place.run("doctor --rule k07");
    assert!(one.code == 3 && one.out.contains("Keyring other") && !one.out.contains("K16"), "{one:#?}");
    let errors = place.run("doctor --severity error").out;
    assert!(errors.contains("K16") && !errors.contains("K07"), "{errors}");
    // What is wrong with its site is the matter of a keyring too.
    let mail = place.run("doctor --keyring mail").out;
    assert!(mail.contains("K16") && !mail.contains("other"), "{mail}");
    assert_eq!(place.run("doctor --keyring other --severity error").done(), "Nothing was found.\n");
    let some = place.words(&["doctor", "--where", "rule:k07 object:other -severity:error"], b"").out;
    assert!(some.contains("K07") && !some.contains("K16"), "{some}");
    assert_eq!(
        place.words(&["doctor", "--where", "object:other rule:k16"], b"").done(),
        "Nothing was found.\n"
    );
    assert!(place.run("doctor --where colour:x").refused(2).contains("severity, rule, object, text, remedy"));
    let json = place.run("doctor --json --rule K07");
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json[0]["subject"], "keyring other");
    assert_eq!(json[0]["command"], "keyring.open-request");
    assert_eq!(json[0]["run"], "ringmaster request show 2");

    assert!(place.run("doctor --rule K99").refused(2).contains("no rule"));
    assert!(place.run("doctor --keyring none").refused(1).contains("none"));
    assert_eq!(place.run("doctor --severity bad").code, 2);
    assert_eq!(place.run("doctor --list --rule K07").code, 2);
    assert_eq!(place.run("findings").code, 2, "the old name is gone");
}

/// A finding that is accepted is none of a script's business until the acceptance is over, and the reason is kept.
#[test]
fn a_finding_is_accepted_for_a_time_and_comes_back() {
    let place = Place::furnished();
    place.run("site set mail hosts=mail.example.test,www.example.test").done();
    assert_eq!(place.run("doctor").code, 3);
    assert!(place.run("finding accept K16 site mail").refused(2).contains("A reason is needed"));
    let late = ["finding", "accept", "K16", "--reason", "x", "--until", "2099-01-01"];
    assert!(place.words(&late, b"").refused(2).contains("a year ahead at most"));
    let past = ["finding", "accept", "K16", "--reason", "x", "--until", "2020-01-01"];
    assert!(place.words(&past, b"").refused(2).contains("today at the earliest"));
    assert!(place.run("finding accept K12 --reason x").refused(1).contains("doctor --rule K12"));
    assert!(place.run("finding accept K16 site other --reason x").refused(1).contains("site other"));

    let said = place.words(&["finding", "accept", "k16", "--reason", "www is served elsewhere"], b"").done();
    assert!(said.starts_with("K16 about site mail is accepted until 20"), "{said}");
    let quiet = place.run("doctor");
    assert!(
        quiet.code == 0 && quiet.out == "Nothing was found.\n" && quiet.err.contains("1 accepted"),
        "{quiet:#?}"
    );
    let none = place.words(&["finding", "accept", "K16", "--where", "object:other", "--reason", "x"], b"");
    assert!(none.refused(1).contains("doctor --rule K16"));
    let all = place.words(
        &["finding", "accept", "K16", "--where", "object:mail", "--reason", "www is served elsewhere"],
        b"",
    );
    assert!(all.done().contains("is accepted until 20"));
    let told = place.run("doctor --accepted").done();
    assert!(told.starts_with("accepted error K16: Site mail answers for www.example.test"), "{told}");
    assert!(
        told.contains("Accepted by tester until 20") && told.contains("www is served elsewhere."),
        "{told}"
    );
    assert!(place.run("site show mail").done().contains("accepted K16: "));
    let json = place.run("doctor --accepted --json").json();
    assert_eq!(json["accepted"][0]["accepted"]["by"], "tester");
    let standing = |place: &Place| place.run("finding accepted --json").json()[0]["standing"].clone();
    assert_eq!(standing(&place), "holds");
    assert!(place.run("audit list").done().contains("finding accepted"));

    // Its last day passes.
    let file = place.path("data/directory/accepted.ron");
    let text = std::fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|l| l.trim().starts_with("until:")).unwrap();
    std::fs::write(&file, text.replace(line, "        until: 1600000000,")).unwrap();
    let again = place.run("doctor");
    assert!(
        again.code == 3 && again.out.contains("It was accepted until 2020-09-13, which is over."),
        "{again:#?}"
    );
    assert_eq!(standing(&place), "over");
    std::fs::write(&file, &text).unwrap();

    // What it was about is put right: the acceptance is of no use any more.
    place.run("site set mail hosts=mail.example.test").done();
    assert_eq!(standing(&place), "obsolete");
    let told = place.run("doctor --accepted").done();
    assert!(
        told.contains("obsolete K16") && told.contains("$ ringmaster finding unaccept K16 site mail"),
        "{told}"
    );
    place.run("finding unaccept K16 site mail").done();
    assert_eq!(place.run("finding accepted --json").json().as_array().unwrap().len(), 0);
    assert!(place.run("finding unaccept K16").refused(1).contains("finding accepted"));
}

/// What is wrong with a file is never accepted: it may be an attack.
#[test]
fn what_is_wrong_with_a_file_cannot_be_accepted() {
    let place = Place::furnished();
    place.write("data/directory/sites/bad.ron", "// ringmaster site 1\n(kind: Nonsense)\n");
    let found = place.run("doctor");
    let rule =
        found.out.split_whitespace().find(|w| w.starts_with('W')).unwrap().trim_end_matches(':').to_owned();
    let words = ["finding", "accept", &rule, "--reason", "x"];
    assert!(place.words(&words, b"").refused(1).contains("cannot be accepted"), "{found:#?}");
}

#[test]
fn the_review_is_printed_or_written_to_a_new_file() {
    let place = Place::furnished();
    let text = place.run("review").done();
    assert!(text.starts_with("Security review of 20") && text.contains("\nSite mail\n"), "{text}");
    let json = place.run("review --json").json();
    assert_eq!(json["objects"][0]["object"], "site mail");
    place.run("review --to review.md").done();
    let markdown = std::fs::read_to_string(place.path("review.md")).unwrap();
    assert!(markdown.starts_with("# Security review of "), "{markdown}");
    assert!(place.run("review --to review.md").refused(1).contains("review.md"));
    assert!(place.run("review --to data/review.md").refused(1).contains("workspace"));
    assert_eq!(place.run("review --format pdf").code, 2);
}
