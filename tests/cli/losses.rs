//! What a workspace lost, and what lies where it must not, as a script sees it.

use super::{CA, Place, RING};

#[test]
fn a_stash_key_inside_the_workspace_is_refused_wherever_it_is_asked_for() {
    let place = Place::furnished();
    let data = place.path("data");
    // The workspace is named above the key that is there already.
    std::fs::create_dir(data.join("home")).unwrap();
    let settings = format!(
        "(operator: \"tester\", argon2_mib: 8, argon2_passes: 1, keyring_rounds: 10000, home: {:?})",
        data.join("home")
    );
    place.write("config.ron", settings);
    let refused = |arguments: &str| {
        let err = place.with(RING, arguments).refused(1);
        assert!(
            err.contains("stash key would lie inside the workspace") && err.contains("home in config.ron"),
            "{err}"
        );
    };
    refused("keyring create new --hosts new.example.test");
    assert!(!data.join("home/stash.key").exists() && !data.join("keyrings/new.kyr").exists());
    // A ring that has a stash says why it does not open by itself.
    let err = place.run("keyring install mail --issued").refused(4);
    assert!(err.contains("inside the workspace"), "{err}");
    // With its password it opens all the same.
    place.with(RING, "keyring install mail --issued").done();
}

fn list_of(place: &Place) -> String {
    place.run("keyring list").err
}

#[test]
fn what_is_lost_is_said_and_ends_with_code_3() {
    let place = Place::furnished();
    place.run("doctor").done();
    std::fs::remove_file(place.path("data/keyrings/mail.kyr")).unwrap();
    std::fs::remove_file(place.path("data/keyrings/mail.sth")).unwrap();
    std::fs::remove_file(place.path("data/certifiers/root/key.ron")).unwrap();
    let found = place.run("doctor");
    assert_eq!(found.code, 3, "{found:#?}");
    for what in ["keyrings/mail.kyr: It is missing", "certifiers/root/key.ron: It is missing"] {
        assert!(found.out.contains(what), "{found:#?}");
    }
    let list = place.run("keyring list");
    assert!(list.err.contains("note: keyrings/mail.kyr: It is missing"), "{list:#?}");
    let list = place.run("certifier list");
    assert!(list.err.contains("note: certifiers/root/key.ron: It is missing"), "{list:#?}");
    place.run("site delete mail --confirm mail").done();
    // What the finding recommends is possible.
    assert!(list_of(&place).contains("keyring delete mail --confirm mail"));
    place.run("keyring delete mail --confirm mail").done();
    assert!(!list_of(&place).contains("mail"));
    place.with(RING, "keyring create mail --hosts mail.example.test").done();

    std::fs::remove_dir_all(place.path("data/certifiers/root")).unwrap();
    let err = place.with(CA, "crl issue root").refused(1);
    assert!(err.contains("cannot be used") && err.contains("It is missing"), "{err}");
}

#[test]
fn a_writing_console_takes_away_what_readers_left() {
    let place = Place::furnished();
    let beside = || ["ledger.db-wal", "ledger.db-shm"].map(|name| place.path("data").join(name).exists());
    assert_eq!(beside(), [false; 2]);
    place.run("--read-only keyring list").done();
    place.run("site set mail port=444").done();
    assert_eq!(beside(), [false; 2]);
}
