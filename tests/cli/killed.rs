//! Killed from outside while it signs, again and again: nothing is lost and nothing is signed twice.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::key::KeyType;
use ringmaster::model::name::AltName;
use ringmaster::model::request::RequestId;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{name, request};

use super::{CA, Place};
use crate::crash::no_number_is_lost;
use crate::life::{create_certifier, plan};
use crate::support::config;

/// How many requests wait to be signed; more than there is time for.
const REQUESTS: u64 = 150;

/// How many are signed first, to see how long it takes.
const UNHARMED: u64 = 3;

/// How many must have been killed for the test to mean something.
const ENOUGH: usize = 5;

/// How long the program is killed.
const LONG: Duration = Duration::from_secs(3);

#[test]
fn killed_at_any_moment_while_it_signs_it_loses_nothing() {
    let place = Place::new();
    let folder = place.folder.path();
    let mut desk = Desk::open(&config(folder), None, false).unwrap();
    create_certifier(&mut desk, "root", KeyType::P256);
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = name::build(&[("CN", "a.example.test")]).unwrap();
    // ECDSA signatures differ, so these are different requests.
    let host = AltName::Dns("a.example.test".into());
    let der = || request::build(&subject, std::slice::from_ref(&host), &key).unwrap();
    let requests = (0..REQUESTS).map(|_| request::read(&der()).unwrap()).collect();
    desk.run(Verb::import(requests, "test")).unwrap();
    for id in 1..=REQUESTS {
        let mut plan = plan("root");
        plan.reason = "test".into();
        desk.run(Verb::Approve { id: RequestId(id), plan }).unwrap();
    }
    drop(desk);

    let issue = |id: u64| {
        let mut command = place.program();
        command.args(["--password-fd", "0", "request", "issue", &id.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(CA.as_bytes());
        child
    };
    let whole = (1..=UNHARMED).map(|id| {
        let begin = Instant::now();
        assert!(issue(id).wait().unwrap().success());
        begin.elapsed()
    });
    let whole = whole.min().unwrap();

    let (mut killed, mut finished) = (0, usize::try_from(UNHARMED).unwrap());
    let begin = Instant::now();
    for id in UNHARMED + 1..=REQUESTS {
        // On a busy machine a run may take many times as long.
        if begin.elapsed() > LONG && killed > ENOUGH {
            break;
        }
        let mut child = issue(id);
        let mut random = [0; 2];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        // Not a wait for something: the moment is what is varied.
        std::thread::sleep(whole.mul_f64(f64::from(u16::from_le_bytes(random)) / 65_536.0));
        child.kill().unwrap();
        if child.wait().unwrap().success() { finished += 1 } else { killed += 1 }
    }
    assert!(killed > ENOUGH, "{killed} were killed, {finished} were not");

    assert!(place.run("audit verify").done().contains("whole"));
    let list = place.run("--json certificate list --issued").json();
    let rows = list.as_array().unwrap();
    let distinct = |field: &str| rows.iter().map(|r| r[field].to_string()).collect::<BTreeSet<_>>().len();
    assert_eq!((distinct("serial"), distinct("request")), (rows.len(), rows.len()), "{list}");
    assert!(rows.len() >= finished, "{finished} ended well and {} are listed", rows.len());
    no_number_is_lost(folder, "killed from outside");
    // What was not signed is signed now.
    let queue = place.run("--json request list").json();
    let waiting: Vec<&str> = queue.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(waiting.len() + rows.len(), usize::try_from(REQUESTS).unwrap());
    let words = [&["--password-fd", "0", "request", "issue"][..], &waiting].concat();
    place.words(&words, CA.as_bytes()).done();
    assert_eq!(place.run("request list").done(), "");
    assert!(place.run("audit verify").done().contains("whole"));
}
