//! Guided tasks as a script follows them: begun, done with ordinary commands, ticked, and ended with a receipt.

use ringmaster::model::task::GUIDES;

use super::{CA, Place, RING};

fn progress(place: &Place, task: &str) -> (u64, u64) {
    let list = place.run("task list --json").json();
    let tasks = list["tasks"].as_array().unwrap();
    let one = tasks.iter().find(|t| t["name"] == task).unwrap();
    (one["done"].as_u64().unwrap(), one["steps"].as_u64().unwrap())
}

/// Begins a task and returns its name.
fn begin(place: &Place, words: &str) -> String {
    let said = place.run(&format!("task start {words}")).done();
    said.trim().trim_start_matches("Task ").trim_end_matches(": begun.").to_owned()
}

#[test]
fn a_server_is_secured_step_by_step_and_the_receipt_fits_paper() {
    let place = Place::new();
    let task = begin(&place, "wf-a --certifier root --keyring mail");
    assert!(task.starts_with("wf-a-20"), "{task}");
    let shown = place.run(&format!("task show {task}")).done();
    assert!(
        shown.contains("[>] 1. Make the certifier") && shown.contains("ringmaster certifier create root"),
        "{shown}"
    );
    assert_eq!(progress(&place, &task), (0, 12));
    place.certifier();
    assert_eq!(progress(&place, &task).0, 1);
    // What the workspace can tell is not ticked.
    assert!(place.run(&format!("task tick {task} 1")).refused(1).contains("done already"));
    assert!(place.run(&format!("task tick {task} 4")).refused(1).contains("not done yet"));
    for step in [2, 3] {
        place
            .words(&["task", "tick", &task, &step.to_string(), "--note", "safe 3, shelf \u{1b}[1m"], b"")
            .done();
    }
    place.keyring();
    place.run("request approve 1 --certifier root").done();
    assert_eq!(progress(&place, &task).0, 6);
    place.with(CA, "request issue 1").done();
    place.run("keyring trust mail --certifier root").done();
    place.run("keyring install mail --issued").done();
    place.run("site create mail --hosts mail.example.test --keyring mail").done();
    assert!(place.run(&format!("task done {task}")).refused(1).contains("Connect as a client"));
    place.run(&format!("task tick {task} 11")).done();
    place.run(&format!("task tick {task} 12")).done();
    place.run(&format!("task tick {task} 12 --undo")).done();
    assert_eq!(progress(&place, &task), (11, 12));
    place.run(&format!("task tick {task} 12")).done();
    let receipt = place.run(&format!("task done {task}")).done();
    assert!(receipt.lines().all(|l| l.chars().count() <= 80), "{receipt}");
    for part in [
        "[x] 12.",
        "certificate issued: certificate",
        "Serial number",
        "Audit entry",
        "Witness",
        "safe 3, shelf \\1B[1m",
    ] {
        assert!(receipt.contains(part), "{part} is not in\n{receipt}");
    }
    place.run(&format!("task tick {task} 2")).refused(1);
    assert!(place.run(&format!("task print {task}")).done().contains("Ended"));
    assert!(!place.run("task list").done().contains(&task));
    assert!(place.run("task list --all").done().contains(&format!("{task}  12/12")));
    place.run("audit verify").done();
}

#[test]
fn the_installing_step_follows_the_certificate_itself() {
    let place = Place::furnished();
    let task = begin(&place, "f-3 --certifier root --keyring mail");
    let shown = |task: &str| place.run(&format!("task show {task}")).done();
    assert_eq!(progress(&place, &task).0, 4, "{}", shown(&task));
    // The next certificate for the same key is another one: the old leaf does not stand for it.
    place.with(RING, "keyring renew mail --key same").done();
    place.run("request approve 2 --certifier root").done();
    place.with(CA, "request issue 2").done();
    assert_eq!(progress(&place, &task).0, 3, "{}", shown(&task));
    assert!(shown(&task).contains("ringmaster keyring install mail --issued"), "{}", shown(&task));
    // Without a keyring it is handed out.
    let task = begin(&place, "f-3 --certifier root --request 2");
    assert!(shown(&task).contains("ringmaster request pick-up 2"), "{}", shown(&task));
    place.run("request pick-up 2").done();
    assert_eq!(progress(&place, &task).0, 4);
}

#[test]
fn publishing_and_its_proof_are_seen_or_else_ticked() {
    let place = Place::furnished();
    let task = begin(&place, "f-7 --certifier root");
    place.run(&format!("task tick {task} 1")).done();
    place.with(CA, "crl issue root").done();
    let before = progress(&place, &task).0;
    let shown = place.run(&format!("task show {task}")).done();
    assert!(shown.contains("ringmaster crl push root; done in another way: ringmaster task tick"), "{shown}");
    // From a machine without a target it is ticked.
    place.run(&format!("task tick {task} 3")).done();
    assert_eq!(progress(&place, &task).0, before + 1);
    // What was brought back proves that it arrived, and both steps are seen.
    let pem = place.run("certifier crl root").done();
    place.write("back.crl", pem);
    place.run("crl prove root back.crl").done();
    assert_eq!(progress(&place, &task).0, before + 2);
    assert!(place.run(&format!("task tick {task} 4")).refused(1).contains("done already"));
    // The next CRL is another one, and its publication as well.
    place.with(CA, "crl issue root").done();
    assert_eq!(progress(&place, &task).0, before + 1);
}

#[test]
fn a_key_rollover_is_seen_by_its_successor() {
    let place = Place::furnished();
    let task = begin(&place, "f-9 --certifier root");
    let shown = || place.run(&format!("task show {task}")).done();
    assert!(shown().contains("ringmaster certifier rollover root"), "{}", shown());
    place.with("new-pass\nca-pass\n", "certifier rollover root --to root-2").done();
    assert_eq!(progress(&place, &task).0, 2, "{}", shown());
    assert!(shown().contains("ringmaster certifier certificate root-2"), "{}", shown());
    place.run(&format!("task tick {task} 3")).done();
    place.run("keyring trust mail --certifier root-2").done();
    assert_eq!(progress(&place, &task).0, 4, "{}", shown());
    assert!(shown().contains("[>] 5. Renew the keyrings"), "{}", shown());
    let receipt = place.run(&format!("task print {task}")).done();
    assert!(receipt.contains("Certifier root-2"), "{receipt}");
}

#[test]
fn every_guide_begins_and_says_what_is_next() {
    let place = Place::furnished();
    let named =
        ["wf-a --certifier new --keyring web", "wf-b --certifier new --keyring web", "f-1 --certifier new"];
    let named = named.into_iter().chain(["f-2 --certifier new", "f-4 --person ann"]);
    for guide in named.chain(["f-3", "f-5", "f-6", "f-7", "f-8", "f-9"]) {
        let task = begin(&place, guide);
        let shown = place.run(&format!("task show {task}")).done();
        assert!(shown.contains("[>] "), "{shown}");
        place.run(&format!("task print {task}")).done();
    }
    place.run("task start f-99").refused(1);
    assert!(place.run("task start f-1").refused(2).contains("the name of the certifier"));
    assert!(place.run("task start f-3 --keyring nail").refused(1).contains("\"nail\""));
    // The only certifier is taken by itself where none is to be made; the same day makes another name.
    let again = begin(&place, "f-7");
    assert!(again.ends_with("-2"), "{again}");
    let before = progress(&place, &again).0;
    place.with(CA, "crl issue root").done();
    assert_eq!(progress(&place, &again).0, before + 1);
    assert!(place.run(&format!("task set {again} certifier=Bad/Name")).refused(2).contains("only a-z"));
}

#[test]
fn a_revocation_and_a_client_certificate_are_seen_as_they_are_done() {
    let place = Place::furnished();
    let task = begin(&place, "f-4 --certifier root --person ann");
    place
        .words(&["person", "create", "ann", "--full-name", "Ann Miller", "--mail", "ann@example.test"], b"")
        .done();
    place.with(RING, "person key ann").done();
    assert_eq!(progress(&place, &task).0, 2);
    place.run("request approve 2 --certifier root --profile client").done();
    place.with(CA, "request issue 2").done();
    assert_eq!(progress(&place, &task), (5, 6));

    let serial = place.serial_for(2);
    let task = begin(&place, &format!("f-6 --certifier root --serial {serial}"));
    place.run(&format!("task tick {task} 1")).done();
    place.run(&format!("certificate revoke root {serial} --reason keyCompromise --confirm {serial}")).done();
    assert_eq!(progress(&place, &task).0, 2);
    place.with(CA, "crl issue root").done();
    assert_eq!(progress(&place, &task).0, 3);
    let receipt = place.run(&format!("task print {task}")).done();
    assert!(receipt.contains("certificate revoked") && receipt.contains("Latest CRL of root"), "{receipt}");
}

#[test]
fn what_others_bring_is_told_from_the_request_of_ones_own_server() {
    let place = Place::new();
    let nameless = place.run("task start wf-b --certifier root").refused(2);
    assert!(nameless.contains("the name of the keyring"), "{nameless}");
    let task = begin(&place, "wf-b --certifier root --keyring mail");
    let next = || place.run(&format!("task show {task}")).done();
    place.certifier();
    for step in [2, 3] {
        place.run(&format!("task tick {task} {step}")).done();
    }
    place.keyring();
    assert!(next().contains("[>] 5.") && next().contains("request approve 1 --certifier root"), "{}", next());
    place.run("request approve 1 --certifier root").done();
    place.with(CA, "request issue 1").done();
    place.run("keyring trust mail --certifier root").done();
    place.run("keyring install mail --issued").done();
    let site = "site create mail --hosts mail.example.test --keyring mail";
    assert!(next().contains(site), "{}", next());
    place.run(site).done();
    // The request of the server itself is none from elsewhere.
    assert!(next().contains("[>] 10. Take the request from elsewhere"), "{}", next());
    // What was done for the server itself stands on the receipt all the same.
    let receipt = place.run(&format!("task print {task}")).done();
    for told in ["request approved: request 1", "certificate issued:", "site saved: site mail"] {
        assert!(receipt.contains(told), "{told}: {receipt}");
    }
}

#[test]
fn a_revocation_is_not_seen_by_what_was_owed_before() {
    let place = Place::furnished();
    let serial = place.run("certificate list --json").json();
    let own = |c: &&serde_json::Value| c["subject"].as_str().is_some_and(|s| s.contains("mail.example.test"));
    let serial = serial.as_array().unwrap().iter().find(own).unwrap()["serial"].as_str().unwrap().to_owned();
    let task = begin(&place, &format!("f-6 --certifier root --serial {serial}"));
    place.run(&format!("task tick {task} 1")).done();
    place.with(CA, "crl issue root").done();
    let shown = place.run(&format!("task show {task}")).done();
    assert!(shown.contains("[>] 2. Revoke it"), "a CRL alone revokes nothing: {shown}");
    place.run(&format!("certificate revoke root {serial} --reason superseded --confirm {serial}")).done();
    assert_eq!(progress(&place, &task).0, 2);
}

#[test]
fn a_renewal_is_not_seen_by_the_certificate_before() {
    let place = Place::furnished();
    let task = begin(&place, "f-5 --certifier root --keyring mail");
    let shown = || place.run(&format!("task show {task}")).done();
    assert_eq!(progress(&place, &task).0, 1, "{}", shown());
    place.with(RING, "keyring renew mail --key same").done();
    place.run("request approve 2 --certifier root").done();
    place.with(CA, "request issue 2").done();
    assert!(shown().contains("[>] 5. Install"), "{}", shown());
    place.run("keyring install mail --issued").done();
    assert_eq!(progress(&place, &task).0, 5, "{}", shown());
    // Without a keyring or a number, the next request that comes is taken.
    let task = begin(&place, "f-3 --certifier root");
    assert_eq!(progress(&place, &task).0, 0);
}

#[test]
fn the_command_line_of_every_step_is_one_that_the_program_takes() {
    let mut wrong = Vec::new();
    let lines =
        GUIDES.iter().flat_map(|guide| guide.steps).map(|step| step.cli).filter(|cli| !cli.is_empty());
    // Another way stands in brackets behind it.
    let ways = lines.flat_map(|line| line.trim_end_matches(')').split("   (or: "));
    for line in ways {
        // What a person fills in; where one of a few words is asked for, one that is good.
        let filled = |word: &str| match word.trim_matches('"') {
            "..." => "superseded".to_owned(),
            "{own}" | "{request}" | "ID" | "N" => "1".to_owned(),
            word => word.replace(['{', '}'], ""),
        };
        let words = std::iter::once("ringmaster".to_owned()).chain(line.split(' ').map(filled));
        if let Err(error) = ringmaster::cli::tree().try_get_matches_from(words) {
            wrong.push(format!("{line}: {error}"));
        }
        // A shell would take these for its own.
        if line.contains(['<', '>', '|', '&', '*']) {
            wrong.push(format!("{line}: a shell reads it otherwise"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
