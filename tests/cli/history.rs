//! Earlier revisions of keyrings, deleted ones, and leftovers by command.

use super::*;

#[test]
fn a_history_is_listed_compared_undone_and_restored() {
    let place = Place::furnished();
    let listed = place.run("keyring history mail").done();
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines.len() == 4 && lines[1].contains("present") && lines[3].contains("made"), "{listed}");
    assert!(lines[1].contains("certificate installed") && lines[1].contains("tester"), "{listed}");

    let diff = place.run("keyring diff mail 2").done();
    assert!(diff.starts_with("+ certificate ") && diff.lines().count() == 1, "{diff}");
    let diff = place.run("--json keyring diff mail 3 1").done();
    let json: serde_json::Value = serde_json::from_str(&diff).unwrap();
    assert_eq!((json.as_array().unwrap().len(), json[0]["sign"].as_str()), (2, Some("removed")));
    assert_eq!(place.run("keyring diff mail 2 2").done().trim(), "They say the same.");
    assert!(place.run("keyring diff mail 77").refused(1).contains("77"));

    let undone = place.run("keyring undo mail").done();
    assert!(undone.contains("revision 2 is back"), "{undone}");
    assert!(!place.run("keyring show mail").done().contains("CN=mail"));
    place.run("keyring undo mail").done();
    assert!(place.run("keyring show mail").done().contains("CN=mail"));
    let ended = place.run("keyring restore mail --revision 1");
    assert!(ended.err.contains("- certificate "), "{}", ended.err);
    ended.done();
    place.run("keyring restore mail --revision 3").done();
    let json = place.run("--json keyring history mail").done();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json[0]["revision"].as_u64(), json[0]["replaced_by_commit"].as_u64()), (Some(7), None));
    assert!(json[1]["file"].as_str().unwrap().starts_with("keyrings/.history/mail."), "{json}");
    assert!(place.run("audit verify").done().contains("whole"));
}

#[test]
fn the_password_of_another_time_is_asked_for() {
    let place = Place::furnished();
    place.with("another\nanother\n", "keyring password mail").done();
    let err = place.run("keyring undo mail").refused(4);
    assert!(err.contains("password"), "{err}");
    let err = place.with("wrong\n", "keyring undo mail").refused(4);
    assert!(err.contains("wrong") || err.contains("password"), "{err}");
    place.with(RING, "keyring undo mail").done();
    // The stash opens the ring with the password that it has again.
    place.run("keyring stash mail --make").done();
}

#[test]
fn a_deleted_keyring_is_found_and_brought_back() {
    let place = Place::new();
    place.keyring();
    assert_eq!(place.run("keyring deleted").done(), "");
    place.run("keyring delete mail --confirm mail").done();
    let listed = place.run("keyring deleted").done();
    assert!(listed.contains("mail") && listed.contains("deleted") && listed.contains("tester"), "{listed}");
    assert!(place.run("keyring undo mail").refused(1).contains("undelete"));
    assert!(place.run("keyring restore mail --revision 1").refused(1).contains("undelete"));
    place.run("keyring undelete mail").refused(4);
    place.with(RING, "keyring undelete mail").done();
    assert!(place.run("keyring list").done().contains("mail"));
    let err = place.with(RING, "keyring undelete mail").refused(1);
    assert!(err.contains("has this name"), "{err}");
    assert!(place.run("keyring history nobody").refused(1).contains("nobody"));
}

#[test]
fn leftovers_are_listed_and_cleaned_with_a_result_for_each() {
    let place = Place::new();
    place.keyring();
    assert_eq!(place.run("keyring leftovers").done(), "");
    place.run("request deny 1 --reason no").done();
    place.write("data/keyrings/holiday.kyr", b"\xff\xd8\xff\xe0");
    std::fs::create_dir(place.path("data/keyrings/folder.kyr")).unwrap();
    let listed = place.run("keyring leftovers").done();
    for word in ["keyring:mail", "file:keyrings/holiday.kyr", "file:keyrings/folder.kyr", "JPEG"] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&place.run("--json keyring leftovers").done()).unwrap();
    assert_eq!((json.as_array().unwrap().len(), json[0]["word"].as_str()), (3, Some("keyring:mail")));
    place.run("keyring leftovers --clean keyring:nobody").refused(1);
    place.run("keyring leftovers keyring:mail").refused(2);
    let ended = place.run("keyring leftovers --clean keyring:mail file:keyrings/folder.kyr");
    assert_eq!(ended.code, 1, "one of two");
    assert!(ended.out.contains("keyring:mail: Keyring mail was moved to the history."), "{}", ended.out);
    assert!(ended.out.contains("folder.kyr: not cleaned up."), "{}", ended.out);
    std::fs::remove_dir(place.path("data/keyrings/folder.kyr")).unwrap();
    place.run("keyring leftovers --clean").done();
    assert!(!place.path("data/keyrings/holiday.kyr").exists());
    assert_eq!(place.run("keyring leftovers --clean").done(), "");
    assert!(place.run("audit list").done().contains("file put away"));
}
