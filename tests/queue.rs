//! The life of requests in the queue, through the desks of several people on one workspace.

use std::path::Path;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::State;
use ringmaster::model::certifier::{NewCertifier, Policy, Roles};
use ringmaster::model::change::Fact;
use ringmaster::model::error::Kind;
use ringmaster::model::key::KeyType;
use ringmaster::model::name::AltName;
use ringmaster::model::request::edit::{Edit, read_subject};
use ringmaster::model::request::queue::queue;
use ringmaster::model::request::{Actor, Note, Pkcs10, Plan, Request, RequestId, Status};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{name, request};

use crate::life::plan;
use crate::support::{config, secret};

fn person(folder: &Path, name: &str) -> Desk {
    let mut config = config(folder);
    config.operator = name.into();
    Desk::open(&config, None, false).unwrap()
}

/// A workspace with a certifier of ann, for which ann and bob approve.
fn certifier(folder: &Path) -> Desk {
    let mut ann = person(folder, "ann");
    let roles = Roles { caa: Vec::new(), ra: vec!["bob".into()], ..Roles::default() };
    let asked = NewCertifier {
        name: "root".into(),
        common_name: "Test root".into(),
        key_type: KeyType::P256,
        policy: Policy { roles, ..Policy::default() },
        password: secret("ca-pass"),
        repeat: secret("ca-pass"),
        ..NewCertifier::default()
    };
    ann.run(Verb::CreateCertifier(asked)).unwrap();
    ann
}

fn csr(host: &str) -> Pkcs10 {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = name::build(&[("C", "DE"), ("O", "Example"), ("CN", host)]).unwrap();
    let names = [AltName::Dns(host.into()), AltName::Dns(format!("old.{host}"))];
    request::read(&request::build(&subject, &names, &key).unwrap()).unwrap()
}

fn bring(desk: &mut Desk, hosts: &[&str]) -> Vec<RequestId> {
    let requests = hosts.iter().map(|host| csr(host)).collect();
    let facts = desk.run(Verb::import(requests, "file web.csr")).unwrap().facts;
    facts
        .iter()
        .filter_map(|f| if let Fact::RequestReceived { request } = f { Some(request.id) } else { None })
        .collect()
}

fn at(desk: &mut Desk, id: RequestId) -> Request {
    desk.refresh(true).unwrap();
    desk.state().requests[&id].clone()
}

/// Holds that the ledger reads what the facts have made in memory, and that the chain fits the tables.
fn the_same_after_a_restart(folder: &Path, desk: &mut Desk) {
    desk.refresh(true).unwrap();
    let before: State = State::clone(&desk.state());
    let mut again = person(folder, "eve");
    assert_eq!(again.state().requests, before.requests);
    assert_eq!(again.ledger().verify_audit().unwrap().broken, None);
}

#[test]
fn what_will_be_issued_is_edited_and_somebody_else_approves_it() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = certifier(temp.path());
    let mut desk = person(temp.path(), "desk");
    let id = bring(&mut desk, &["www.example.test"])[0];
    let asked = at(&mut desk, id);
    assert_eq!((asked.word(), asked.next(&desk.state())), ("pending", Actor::Authority));

    // Bob edits: another organisation, one name dropped, one added, by what the profile allows.
    let mut bob = person(temp.path(), "bob");
    let mut edit = Edit::of(&asked, plan("root"));
    edit.subject = read_subject("C=DE, O=Example Ltd, OU=Web, CN=www.example.test").unwrap();
    edit.names = vec![AltName::Dns("www.example.test".into()), AltName::parse("10.1.2.3").unwrap()];
    let edited = edit.plan(&asked);
    let strict = Plan { profile: "public-like".into(), ..edited.clone() };
    let error = bob.run(Verb::EditPlan { id, plan: strict }).unwrap_err();
    assert!(error.what.contains("does not let anybody edit the subject"), "{error}");
    bob.run(Verb::EditPlan { id, plan: edited.clone() }).unwrap();
    let under = at(&mut bob, id);
    assert_eq!((under.word(), under.plan()), ("under review", Some(&edited)));
    assert_eq!(under.pkcs10, asked.pkcs10, "the request stays as it came");

    // Who edited may not approve, nobody approves anything else than what stands there, and who looks sees both.
    let error = bob.run(Verb::Approve { id, plan: edited.clone() }).unwrap_err();
    assert!(error.kind == Kind::NotAllowed && error.why.contains("edited"), "{error}");
    ann.refresh(true).unwrap();
    let error = ann.run(Verb::Approve { id, plan: plan("root") }).unwrap_err();
    assert_eq!(error.command, Some("request.edit"), "{error}");
    let looked = ann.preview(id, &edited).unwrap();
    let row = |label: &str| looked.rows.iter().find(|row| row.0 == label).unwrap();
    assert!(row("Subject").1.contains("O=Example,") && row("Subject").2.contains("O=Example Ltd,"));
    assert!(row("Names").1.contains("old.") && row("Names").2.contains("IP:10.1.2.3"));
    assert!(looked.findings.iter().any(|f| f.text.contains("Edited by bob")), "{:?}", looked.findings);
    ann.run(Verb::Approve { id, plan: edited.clone() }).unwrap();
    let facts = ann.run(Verb::Issue { ids: vec![id] }).unwrap().facts;
    let Fact::CertificateIssued { der, issued } = &facts[0] else { panic!("{facts:?}") };
    let certificate = ringmaster::pki::certificate::read(&der.0).unwrap();
    assert_eq!(certificate.subject.text(), "CN=www.example.test,OU=Web,O=Example Ltd,C=DE");
    assert_eq!(certificate.alt_names, edited.names.unwrap());
    assert_eq!(certificate.key, asked.pkcs10.key);
    let what: Vec<_> = issued.origin.differences.iter().map(|d| d.what.as_str()).collect();
    assert!(what.starts_with(&["subject", "names"]), "{what:?}");
    let done = at(&mut ann, id);
    assert_eq!(done.approvals.len(), 1);
    assert_eq!(done.proposal.as_ref().unwrap().editors, ["bob"]);
    assert!(!done.pickup.is_empty() && done.told(&ann.state(), Desk::now()).contains(&done.pickup));
    the_same_after_a_restart(temp.path(), &mut ann);
}

#[test]
fn an_edit_makes_an_approval_void() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = certifier(temp.path());
    let mut desk = person(temp.path(), "desk");
    let id = bring(&mut desk, &["www.example.test"])[0];
    ann.refresh(true).unwrap();
    ann.run(Verb::Approve { id, plan: plan("root") }).unwrap();
    let mut bob = person(temp.path(), "bob");
    bob.run(Verb::EditPlan { id, plan: Plan { days: 10, ..plan("root") } }).unwrap();
    ann.refresh(true).unwrap();
    let error = ann.run(Verb::Issue { ids: vec![id] }).unwrap_err();
    assert!(error.why.contains("under review"), "{error}");
    // The desk of requests edits nothing, and nothing is edited twice.
    let error = desk.run(Verb::EditPlan { id, plan: Plan { days: 9, ..plan("root") } }).unwrap_err();
    assert_eq!(error.kind, Kind::NotAllowed, "{error}");
    let error = bob.run(Verb::EditPlan { id, plan: Plan { days: 10, ..plan("root") } }).unwrap_err();
    assert!(error.why.contains("Nothing was changed"), "{error}");
    the_same_after_a_restart(temp.path(), &mut ann);
}

#[test]
fn of_two_people_who_approve_at_once_the_second_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = certifier(temp.path());
    let mut bob = person(temp.path(), "bob");
    let id = bring(&mut person(temp.path(), "desk"), &["a.test"])[0];
    ann.refresh(true).unwrap();
    bob.refresh(true).unwrap();
    ann.run(Verb::Approve { id, plan: plan("root") }).unwrap();
    // Bob's console still shows it as pending.
    let shorter = Plan { days: 30, ..plan("root") };
    for (plan, what) in [(plan("root"), "the same"), (shorter.clone(), "it with another plan")] {
        let error = bob.run(Verb::Approve { id, plan }).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert!(error.why.contains(&format!("ann approved {what}")), "{error}");
    }
    assert_eq!(at(&mut ann, id).approvals.len(), 1);
    // Whoever approved it may think better of it, and both approvals are kept.
    ann.run(Verb::Approve { id, plan: shorter }).unwrap();
    ann.run(Verb::Issue { ids: vec![id] }).unwrap();
    assert_eq!(at(&mut ann, id).approvals.len(), 2);
}

#[test]
fn what_cannot_be_signed_does_not_hold_up_the_rest_of_a_batch() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = certifier(temp.path());
    let mut desk = person(temp.path(), "desk");
    let ids = bring(&mut desk, &["a.test", "b.test", "c.test", "d.test", "e.test"]);
    ann.refresh(true).unwrap();
    for (n, id) in ids.iter().enumerate() {
        let profile = if n == 1 { "client" } else { "server" };
        let plan = Plan { profile: profile.into(), reason: "seen".into(), ..plan("root") };
        ann.run(Verb::Approve { id: *id, plan }).unwrap();
    }
    // The second one's profile is changed after its approval, and the third is denied by a colleague.
    let profile = std::fs::read_to_string("assets/profiles/client.ron").unwrap();
    std::fs::create_dir_all(temp.path().join("data/profiles")).unwrap();
    let changed = profile.replacen("version: ", "version: 1", 1);
    std::fs::write(temp.path().join("data/profiles/client.ron"), changed).unwrap();
    ann.refresh(true).unwrap();
    ann.run(Verb::Deny { id: ids[2], reason: "gone".into() }).unwrap();
    let outcome = ann.run(Verb::Issue { ids: ids.clone() }).unwrap();
    let became: Vec<_> =
        ids.iter().map(|id| ringmaster::ops::issue::became(&outcome.facts, &outcome.state, *id)).collect();
    assert_eq!(became.iter().map(|b| b.0).collect::<Vec<_>>(), [true, false, false, true, true]);
    assert!(became[1].1.contains("was changed since the approval"), "{}", became[1].1);
    assert!(became[2].1.contains("it is denied"), "{}", became[2].1);
    let failed = at(&mut ann, ids[1]);
    assert_eq!((failed.word(), failed.next(&ann.state())), ("signing failed", Actor::Authority));
    // Looked at again, it is approved and signed.
    let plan = Plan { profile: "client".into(), reason: "seen".into(), ..plan("root") };
    ann.run(Verb::Approve { id: ids[1], plan }).unwrap();
    ann.run(Verb::Issue { ids: vec![ids[1]] }).unwrap();
    assert_eq!(at(&mut ann, ids[1]).approvals.len(), 2);
    let counted = queue(&ann.state(), Some("root"), Desk::now());
    assert_eq!((counted.open(), counted.issued.number, counted.late), (0, 4, 0));
    the_same_after_a_restart(temp.path(), &mut ann);
}

#[test]
fn requests_are_withdrawn_by_who_brought_them_and_expire_only_when_asked() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = certifier(temp.path());
    let mut desk = person(temp.path(), "desk");
    let long_ago = Desk::now().plus_days(-100);
    desk.set_clock(Some(long_ago));
    let old = bring(&mut desk, &["old.test", "older.test"]);
    desk.set_clock(None);
    let new = bring(&mut desk, &["new.test", "newer.test"]);

    let mut eve = person(temp.path(), "eve");
    let withdraw = |id, reason: &str| Verb::WithdrawRequest { id, reason: reason.into() };
    assert_eq!(eve.run(withdraw(new[0], "no")).unwrap_err().kind, Kind::NotAllowed);
    assert_eq!(desk.run(withdraw(new[0], " ")).unwrap_err().kind, Kind::Usage);
    desk.run(withdraw(new[0], "made another one")).unwrap();
    assert_eq!(at(&mut desk, new[0]).word(), "withdrawn");
    assert_eq!(desk.run(withdraw(new[0], "again")).unwrap_err().kind, Kind::Refused);

    // An old approval is not signed: it expires then and there, and no number is spent.
    ann.refresh(true).unwrap();
    ann.set_clock(Some(long_ago));
    ann.run(Verb::Approve { id: old[0], plan: plan("root") }).unwrap();
    ann.set_clock(None);
    let counted = queue(&ann.state(), None, Desk::now());
    assert_eq!((counted.late, counted.expirable), (2, 2), "{counted:?}");
    let facts = ann.run(Verb::Issue { ids: vec![old[0]] }).unwrap().facts;
    assert!(matches!(facts[..], [Fact::RequestExpired { days: 90, .. }]), "{facts:?}");
    assert_eq!(ann.state().issued, 0);

    assert_eq!(eve.run(Verb::Expire { ids: vec![old[1]] }).unwrap_err().kind, Kind::NotAllowed);
    let error = ann.run(Verb::Expire { ids: vec![new[1]] }).unwrap_err();
    assert!(error.why.contains("90 days"), "{error}");
    ann.run(Verb::Expire { ids: vec![old[1]] }).unwrap();
    assert!(matches!(at(&mut ann, old[1]).status, Status::Expired { days: 90, .. }));
    the_same_after_a_restart(temp.path(), &mut ann);
}

#[test]
fn a_certificate_is_picked_up_by_its_id() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = certifier(temp.path());
    let mut desk = person(temp.path(), "desk");
    let ids = bring(&mut desk, &["www.example.test", "no.example.test"]);
    let pickup = at(&mut desk, ids[0]).pickup;
    let note = Note { comment: "for the new shop".into(), ..Note::default() };
    desk.run(Verb::NoteRequest { id: ids[0], note: note.clone() }).unwrap();
    assert_eq!(desk.run(Verb::NoteRequest { id: ids[0], note }).unwrap_err().kind, Kind::Refused);

    let found = desk.find_request(&pickup.to_lowercase().replace('-', " ")).unwrap();
    assert_eq!((found.id, found.comment.as_str()), (ids[0], "for the new shop"));
    assert!(desk.answer(&found, false).unwrap_err().why.contains("pending"));
    let mistyped: String = pickup
        .chars()
        .enumerate()
        .map(|(i, c)| {
            if i == 0 && c == '2' {
                '3'
            } else if i == 0 {
                '2'
            } else {
                c
            }
        })
        .collect();
    assert!(desk.find_request(&mistyped).unwrap_err().why.contains("last letter"), "{mistyped} for {pickup}");

    ann.refresh(true).unwrap();
    ann.run(Verb::Deny { id: ids[1], reason: "not ours".into() }).unwrap();
    ann.run(Verb::Approve { id: ids[0], plan: plan("root") }).unwrap();
    ann.run(Verb::Issue { ids: vec![ids[0]] }).unwrap();
    desk.refresh(true).unwrap();
    let found = desk.find_request(&pickup).unwrap();
    assert_eq!(found.next(&desk.state()), Actor::Requester);
    let state = desk.state();
    let root = &state.certifiers["root"].certificate;
    assert_eq!(desk.answer(&found, false).unwrap().len(), 1);
    assert_eq!(desk.answer(&found, true).unwrap()[1], *root);
    desk.run(Verb::PickUp { id: ids[0], to: "file web.pem".into() }).unwrap();
    let picked = at(&mut desk, ids[0]);
    assert_eq!((picked.word(), picked.next(&desk.state())), ("picked up", Actor::Nobody));
    let denied = at(&mut desk, ids[1]);
    assert!(desk.answer(&denied, false).unwrap_err().why.contains("not ours"));
    assert!(denied.letter(&state, Desk::now()).iter().any(|line| line.contains("not ours")));
    the_same_after_a_restart(temp.path(), &mut ann);
}

#[test]
fn what_came_before_is_named_and_the_rest_is_taken() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = certifier(temp.path());
    let mut desk = person(temp.path(), "desk");
    let requests: Vec<Pkcs10> = ["a.test", "b.test", "c.test"].map(csr).to_vec();
    let facts = desk.run(Verb::import(requests.clone(), "pasted")).unwrap().facts;
    assert_eq!(facts.len(), 3);
    ann.refresh(true).unwrap();
    ann.run(Verb::Deny { id: RequestId(1), reason: "not ours".into() }).unwrap();
    ann.run(Verb::Approve { id: RequestId(2), plan: plan("root") }).unwrap();
    ann.run(Verb::Issue { ids: vec![RequestId(2)] }).unwrap();
    let new = csr("d.test");
    let again: Vec<Pkcs10> = requests.iter().chain([&new, &new]).cloned().collect();
    let delivery = ringmaster::model::request::Delivery::of(again.clone(), "pasted");
    let sorted = desk.sort_out(&delivery).unwrap();
    let why = |n: usize| sorted[n].refused.as_ref().unwrap().to_string();
    assert!(why(0).contains("denied before") && why(0).contains("not ours"), "{}", why(0));
    assert!(why(1).contains("answered before") && why(1).contains("serial"), "{}", why(1));
    assert!(why(2).contains("stands in the queue already"), "{}", why(2));
    assert!(sorted[3].refused.is_none() && why(4).contains("twice"), "{}", why(4));
    // The verb takes all or nothing; sorted out, the new one is taken.
    assert_eq!(desk.run(Verb::import(again, "pasted")).unwrap_err().kind, Kind::Refused);
    desk.run(Verb::import(vec![new], "pasted")).unwrap();
    the_same_after_a_restart(temp.path(), &mut ann);
}

#[test]
fn facts_and_policies_from_before_are_read() {
    let request = csr("a.test");
    let mut body = serde_json::to_value(Fact::RequestReceived {
        request: Request::new(RequestId(1), request, None, Default::default()),
    })
    .unwrap();
    let fields = body["RequestReceived"]["request"].as_object_mut().unwrap();
    let now: Vec<_> = fields.keys().cloned().collect();
    assert_eq!(
        now,
        ["by", "id", "keyring", "pkcs10", "received", "source", "status"],
        "what is empty is left out"
    );
    let read: Fact = serde_json::from_value(body).unwrap();
    let Fact::RequestReceived { request } = read else { panic!() };
    assert!(request.pickup.is_empty() && request.found_by() == "1");
    let plan: Plan =
        serde_json::from_str(r#"{"certifier":"root","profile":"server","days":90,"reason":""}"#).unwrap();
    assert_eq!(plan, crate::life::plan("root"));
    let policy: Policy =
        serde_json::from_str(r#"{"version":1,"profile":"server","crl_days":30,"crl_url":""}"#).unwrap();
    assert_eq!((policy.answer_days, policy.request_days), (3, 90));
}
