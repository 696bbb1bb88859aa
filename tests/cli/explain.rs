//! Error texts, status numbers and logs, explained by the real program.

use super::{Place, RING};

const FAILURE: &str = "[0B40:000A-09DC] 12/18/2016 07:20:21 AM  HTTP Server: SSL handshake failure, IP address [10.1.2.3], Key Ring [other.kyr], error status [4171]";

#[test]
fn a_text_or_a_number_is_explained_without_a_workspace() {
    let place = Place::new();
    for number in ["4171", "0x104B", "104b"] {
        let text = place.run(&format!("explain {number}")).done();
        for words in
            ["Domino status 4171 = 0x104B", "SSL package, 0x1040 and offset 11", "not public", "Causes"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    let text = place.words(&["explain", "SSL Error: Keyring file not found"], b"").done();
    assert!(
        text.starts_with("The keyring that a document names is not found.") && text.contains("1104908"),
        "{text}"
    );
    assert!(!text.contains("in this workspace"), "{text}");
    assert_eq!(place.run("explain keyring file not found").done(), text, "several words, in any case");
    assert_eq!(
        place.words(&["explain", "ssl eror: KEYRNG file not found!"], b"").done(),
        text,
        "typing errors"
    );
    assert_eq!(place.words(&["explain", "-"], b"SSL Error: Keyring file not found\n").done(), text);
    assert!(place.words(&["explain", FAILURE], b"").done().contains("Domino status 4171"));
    assert!(place.run("explain --list").done().contains("\nhandshake-failure "));

    let json = place.words(&["explain", "--json", FAILURE], b"").json();
    assert_eq!(
        (&json["numbers"][0]["hex"], &json["problems"][0]["match"]),
        (&"0x104B".into(), &"whole".into())
    );
    assert_eq!((&json["keyrings"][0], &json["addresses"][0]), (&"other".into(), &"10.1.2.3".into()));
    assert_eq!(json["workspace"], false);

    let unknown = place.run("explain certificate trouble with my root").refused(1);
    assert!(unknown.contains("The nearest are: \"") && unknown.contains("--list"), "{unknown}");
    assert!(place.words(&["explain", "\u{1b}[31mred"], b"").refused(1).contains("\\1B[31mred"));
    assert!(place.run("explain").refused(2).contains("--log"));
    assert!(!place.path("data").exists(), "a workspace was made");
}

#[test]
fn in_a_workspace_the_causes_that_hold_there_are_named_with_what_helps() {
    let place = Place::furnished();
    place.with(RING, "keyring create other --hosts other.example.test").done();
    let text = place.words(&["explain", "IMAP: SSL Error: No local certificate"], b"").done();
    assert!(
        text.contains("HERE: warning K07: Keyring other") && text.contains("$ ringmaster request show 2"),
        "{text}"
    );
    assert!(text.contains("not in this workspace"), "{text}");
    // What is named comes first: the keyring of the line is not the one with the trouble.
    let text = place.words(&["explain", "No local certificate [c:\\data\\MAIL.KYR]"], b"").done();
    assert!(text.contains("Keyring mail is here, with a certificate; named by site mail."), "{text}");
    assert!(!text.contains("HERE:") && text.contains("and once about something else here"), "{text}");
    let text = place.words(&["explain", FAILURE], b"").done();
    assert!(text.contains("Keyring other is here, without a certificate; no site names it."), "{text}");
    assert!(text.contains("HERE: warning K07: Keyring other"), "{text}");
    let json = place.words(&["explain", "--json", "no local certificate"], b"").json();
    assert_eq!(json["problems"][0]["causes"][0]["here"][0]["rule"], "K07");
    assert_eq!(json["problems"][0]["causes"][0]["here"][0]["run"], "ringmaster request show 2");
}

#[test]
fn a_log_is_grouped_by_peer_and_keyring() {
    let place = Place::new();
    let mut log = "12/18/2016 07:00:00 AM  HTTP Server: Started\r\n".to_owned();
    for second in 10..50 {
        log += &format!("{}\r\n", FAILURE.replace("07:20:21", &format!("07:20:{second}")));
    }
    log += &format!("{}\r\n", FAILURE.replace("10.1.2.3", "fe80::1"));
    log += "12/18/2016 08:00:00 AM  Router: \u{1b}[2J certificate\r\n";
    place.write("console.log", &log);
    let text = place.run("explain --log console.log").done();
    for words in [
        "COUNT  WHAT",
        "40     handshake failed: 4171  10.1.2.3  other.kyr  2016-12-18 07:20:10  2016-12-18 07:20:49  40",
        "fe80::1",
        "Failures:  41, 0.6 a minute, most in the minute of 2016-12-18 07:20: 41",
        "See: ringmaster explain \"HTTP Server: SSL handshake failure",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
    let json = place.words(&["explain", "--log", "-", "--json"], log.as_bytes()).json();
    assert_eq!((&json["lines"], &json["failures"]), (&43.into(), &41.into()));
    assert_eq!((&json["groups"][0]["peer"], &json["groups"][0]["count"]), (&"10.1.2.3".into(), &40.into()));
    assert_eq!(json["peak"]["minute"], "2016-12-18 07:20:00");
    let one = place.run("explain --log console.log --groups 1");
    assert!(one.err.contains("1 more groups") && !one.out.contains("fe80::1"), "{one:#?}");
    place.write("empty.log", "");
    assert!(place.run("explain --log empty.log").done().contains("Nothing about TLS"));
    assert!(place.run("explain --log none.log").refused(1).contains("no such file"));
    assert!(place.run("explain --log .").refused(1).contains("folder"));
    assert_eq!(place.run("explain --log console.log 4171").code, 2);
}
