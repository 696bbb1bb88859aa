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
