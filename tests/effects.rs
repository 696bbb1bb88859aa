//! The threads behind the screen: each effect is answered once, in order, and what happens elsewhere is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ringmaster::desk::Verb;
use ringmaster::desk::export::Asked;
use ringmaster::desk::list::{Form, ListAsked};
use ringmaster::model::bytes::Serial;
use ringmaster::model::certifier::NewCertifier;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::export::{Export, Format};
use ringmaster::model::request::{Plan, RequestId};
use ringmaster::model::seen::Errand;
use ringmaster::model::site::Site;
use ringmaster::store::listing::Sort;
use ringmaster::tui::brought::Given;
use ringmaster::tui::effect::{Post, Workers};
use ringmaster::tui::issued::Wish;
use ringmaster::tui::msg::{Done, Effect, JobId, Msg};

use crate::life::create_certifier;
use crate::support::{desk, secret};

const PATIENCE: Duration = Duration::from_secs(60);

fn start(folder: &Path, relock: Duration) -> (Workers, Receiver<Msg>) {
    let (sender, messages) = mpsc::channel();
    let workers = Workers::start(desk(folder), Post::new(sender, || {}), relock).unwrap();
    (workers, messages)
}

fn answer(messages: &Receiver<Msg>, job: u64) -> Result<Done, Error> {
    loop {
        match messages.recv_timeout(PATIENCE).expect("an answer") {
            Msg::Done(JobId(id), result) if id == job => return result,
            _ => {}
        }
    }
}

fn wish(sort: Sort, filter: &str) -> Wish {
    Wish { sort, filter: ringmaster::model::filter::parse(filter).unwrap(), ..Wish::default() }
}

fn list(to: PathBuf) -> Box<ListAsked> {
    Box::new(ListAsked { wish: wish(Sort::Ends, ""), chosen: None, form: Form::Csv, to })
}

fn site(name: &str) -> Verb {
    let site = Site { name: name.into(), hosts: vec![format!("{name}.example.test")], ..Site::default() };
    Verb::SaveSite { before: None, site }
}

/// An errand to a port where nobody listens.
fn nowhere() -> Box<Errand> {
    Box::new(Errand { address: Some(([127, 0, 0, 1], 1).into()), ..Errand::to("localhost", 1) })
}

#[test]
fn each_effect_is_answered_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text"), "no certificate").unwrap();
    let (mut workers, messages) = start(folder.path(), Duration::ZERO);
    let plan = Plan {
        certifier: "ca".into(),
        profile: "server".into(),
        days: 9,
        reason: String::new(),
        ..Plan::default()
    };
    let unknown = Asked::Keyring(Box::new(Export::form("nobody", Format::Pem)));
    let of = |id: u64| -> Option<Effect> {
        let job = JobId(id);
        Some(match id {
            1 => Effect::Run(job, site("web")),
            2 => Effect::Run(job, site("not a name")),
            3 => Effect::Unlock(job, "nobody".into(), vec![secret("x")]),
            4 => Effect::Lock(job, None),
            5 => Effect::Refresh(job),
            6 => Effect::Read(job, Given::File(path("text")), None),
            7 => Effect::Read(job, Given::File(path("none")), None),
            8 => Effect::Read(job, Given::pasted("nothing"), None),
            9 => Effect::CompletePath(job, "/".into()),
            10 => Effect::Preview(job, RequestId(7), plan.clone()),
            11 => Effect::Ids(job, wish(Sort::Ends, "")),
            12 => Effect::Ids(job, wish(Sort::Ends, "mail")),
            13 => Effect::Ids(job, wish(Sort::Subject, "mail box")),
            14 => Effect::Rows(job, vec![1, 2]),
            15 => Effect::Issued(job, "ca".into(), Serial(vec![1])),
            16 => Effect::Probe(job, nowhere()),
            17 => Effect::Serve(job, "nothing".into(), None, None),
            18 => Effect::ServiceLog(job),
            19 => Effect::StopService(job),
            20 => Effect::WriteFile(job, path("new"), b"x".to_vec()),
            21 => Effect::WriteFile(job, path("text"), b"x".to_vec()),
            22 => Effect::Examine(job, ringmaster::desk::Desk::now(), vec![30]),
            23 => Effect::Crl(job, "ca".into()),
            24 => Effect::Export(job, Box::new(unknown.clone()), None),
            25 => Effect::Timeline(job, wish(Sort::Ends, "mail")),
            26 => Effect::Scan(job, nowhere()),
            27 => Effect::Visit(job, Vec::new(), Box::default()),
            28 => Effect::Keep(job, Vec::new()),
            29 => Effect::ExportList(job, list(path("list"))),
            30 => Effect::ExportList(job, list(path("text"))),
            _ => return None,
        })
    };
    for effect in (1..).map_while(of) {
        assert_eq!(workers.carry_out(effect), None);
    }
    let mut answers: BTreeMap<u64, Result<Done, Error>> = BTreeMap::new();
    while answers.len() < 30 {
        if let Msg::Done(JobId(id), result) = messages.recv_timeout(PATIENCE).expect("an answer") {
            assert!(answers.insert(id, result).is_none(), "job {id} was answered twice");
        }
    }
    workers.join();
    assert!(messages.try_iter().all(|msg| !matches!(msg, Msg::Done(..))), "an answer too many");
    for job in [1, 4, 5, 9, 13, 14, 18, 19, 20, 22, 25, 27, 28, 29] {
        assert!(answers[&job].is_ok(), "{job}: {:?}", answers[&job]);
    }
    for job in [2, 3, 6, 7, 8, 10, 15, 16, 17, 21, 23, 24, 26, 30] {
        assert!(answers[&job].is_err(), "{job}: {:?}", answers[&job]);
    }
    for job in [11, 12] {
        // A newer question may have come before it was begun.
        let replaced = answers[&job].as_ref().is_err_and(|e| e.kind == Kind::Cancelled);
        assert!(replaced || matches!(answers[&job], Ok(Done::Ids(_))), "{job}: {:?}", answers[&job]);
    }
    assert_eq!(std::fs::read_to_string(path("text")).unwrap(), "no certificate");
}

#[test]
fn what_only_the_loop_can_do_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let (workers, _messages) = start(folder.path(), Duration::ZERO);
    for effect in [Effect::Suspend, Effect::Quit(0), Effect::Copy(JobId(1), "text".into())] {
        assert_eq!(workers.carry_out(effect.clone()), Some(effect));
    }
}

#[test]
fn a_commit_of_another_console_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (_workers, messages) = start(folder.path(), Duration::ZERO);
    let mut other = desk(folder.path());
    other.run(site("theirs")).unwrap();
    loop {
        if let Msg::State(state) = messages.recv_timeout(PATIENCE).expect("the new state") {
            assert!(state.sites.contains_key("theirs"));
            return;
        }
    }
}

#[test]
fn work_is_done_in_order_and_finished_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (mut workers, messages) = start(folder.path(), Duration::ZERO);
    for job in 1..=20 {
        workers.carry_out(Effect::Run(JobId(job), site(&format!("site{job}"))));
    }
    workers.stop(false);
    workers.join();
    let done = messages.try_iter().filter_map(|msg| match msg {
        Msg::Done(JobId(id), result) => Some((id, result.is_ok())),
        _ => None,
    });
    assert!(done.eq((1..=20).map(|id| (id, true))));
    assert_eq!(desk(folder.path()).state().sites.len(), 20);
}

#[test]
fn after_a_signal_only_what_has_begun_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let (mut workers, messages) = start(folder.path(), Duration::ZERO);
    for job in 1..=200 {
        workers.carry_out(Effect::Run(JobId(job), site(&format!("site{job}"))));
    }
    workers.stop(true);
    workers.join();
    let results: Vec<bool> = messages
        .try_iter()
        .filter_map(|m| if let Msg::Done(_, r) = m { Some(r.is_ok()) } else { None })
        .collect();
    assert_eq!(results.len(), 200, "each is answered");
    let done = results.iter().filter(|ok| **ok).count();
    assert!(done < 200, "all two hundred were done");
    assert_eq!(desk(folder.path()).state().sites.len(), done);
}

#[test]
fn certifiers_are_locked_again_when_nobody_types() {
    let folder = tempfile::tempdir().unwrap();
    create_certifier(&mut desk(folder.path()), "ca", ringmaster::model::key::KeyType::P256);
    let (workers, messages) = start(folder.path(), Duration::from_millis(1));
    workers.touch();
    workers.carry_out(Effect::Unlock(JobId(1), "ca".into(), vec![secret("ca-pass")]));
    let Ok(Done::Unlocked(unlocked)) = answer(&messages, 1) else { panic!("not unlocked") };
    assert_eq!(unlocked, ["ca"]);
    let Ok(Done::Relocked(unlocked, why)) = answer(&messages, 0) else { panic!("not told") };
    assert!(unlocked.is_empty() && why.contains("no key was pressed"), "{why}");
}

#[test]
fn making_a_certifier_tells_that_it_is_unlocked() {
    let folder = tempfile::tempdir().unwrap();
    let (workers, messages) = start(folder.path(), Duration::ZERO);
    let asked = NewCertifier {
        name: "ca".into(),
        common_name: "Test".into(),
        organization: "Example".into(),
        key_type: ringmaster::model::key::KeyType::P256,
        password: secret("ca-pass"),
        repeat: secret("ca-pass"),
        ..NewCertifier::default()
    };
    workers.carry_out(Effect::Run(JobId(1), Verb::CreateCertifier(asked)));
    let Ok(Done::Unlocked(unlocked)) = answer(&messages, 0) else { panic!("not told") };
    assert_eq!(unlocked, ["ca"]);
    assert!(matches!(answer(&messages, 1), Ok(Done::Outcome(_))));
}

#[test]
fn a_clock_behind_the_last_entry_is_told_before_and_with_each_signature() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path());
    create_certifier(&mut desk, "ca", ringmaster::model::key::KeyType::P256);
    desk.set_clock(Some(ringmaster::desk::Desk::now().plus_days(2)));
    desk.run(site("later")).unwrap();
    drop(desk);
    let (workers, messages) = start(folder.path(), Duration::ZERO);
    workers.carry_out(Effect::Unlock(JobId(1), "ca".into(), vec![secret("ca-pass")]));
    let crl = || Verb::issue_crl("ca");
    workers.carry_out(Effect::Run(JobId(2), crl()));
    workers.carry_out(Effect::Run(JobId(3), crl()));
    let warning = answer(&messages, 0).unwrap_err();
    assert!(warning.what.contains("The clock says"), "{warning}");
    assert!(matches!(answer(&messages, 1), Ok(Done::Unlocked(_))));
    for job in [2, 3] {
        let Ok(Done::Outcome(outcome)) = answer(&messages, job) else { panic!("no outcome") };
        assert!(outcome.message.contains("signed CRL") && outcome.message.contains("clock"), "{outcome:?}");
    }
}
