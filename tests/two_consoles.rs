//! Two consoles on one workspace: nobody's change is lost, and the second sees both versions.

use ringmaster::desk::Verb;
use ringmaster::model::error::Kind;
use ringmaster::model::key::KeyType;
use ringmaster::model::site::Site;

use crate::life::{create_certifier, create_keyring, plan};
use crate::support::desk;

fn site() -> Site {
    Site { name: "web".into(), hosts: vec!["www.example.test".into()], ..Site::default() }
}

#[test]
fn the_second_editor_of_a_document_sees_both_versions() {
    let temp = tempfile::tempdir().unwrap();
    let (mut first, mut second) = (desk(temp.path()), desk(temp.path()));
    first.run(Verb::SaveSite { before: None, site: site() }).unwrap();
    second.refresh(false).unwrap();
    assert_eq!(second.state().sites["web"], site());

    let theirs = Site { port: 8443, ..site() };
    let ours = Site { comment: "ours".into(), ..site() };
    first.run(Verb::SaveSite { before: Some(site()), site: theirs.clone() }).unwrap();
    let error = second.run(Verb::SaveSite { before: Some(site()), site: ours.clone() }).unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(error.why.contains("8443") && error.why.contains("ours"), "{error}");
    assert_eq!(second.state().sites["web"], theirs, "theirs stands");

    // After looking at both, ours may be saved over it.
    second.run(Verb::SaveSite { before: Some(theirs), site: ours.clone() }).unwrap();
    first.refresh(false).unwrap();
    assert_eq!(first.state().sites["web"], ours);

    first.run(Verb::DeleteSite { name: "web".into() }).unwrap();
    let error = second.run(Verb::SaveSite { before: Some(ours), site: site() }).unwrap_err();
    assert_eq!(error.kind, Kind::Conflict, "deleted meanwhile");
}

#[test]
fn changes_of_different_things_are_both_kept() {
    let temp = tempfile::tempdir().unwrap();
    let (mut first, mut second) = (desk(temp.path()), desk(temp.path()));
    create_certifier(&mut first, "root", KeyType::P256);
    let id = create_keyring(&mut second, "mail", true);
    first.run(Verb::SaveSite { before: None, site: site() }).unwrap();
    second.run(Verb::Approve { id, plan: plan("root") }).unwrap();
    let issued = first.run(Verb::Issue { ids: vec![id] }).unwrap();
    second.refresh(false).unwrap();
    assert_eq!(*second.state(), *issued.state);
    let again = first.run(Verb::Approve { id, plan: plan("root") }).unwrap_err();
    assert_eq!(again.kind, Kind::Refused);
}

#[test]
fn two_consoles_that_write_at_once_lose_nothing() {
    const EACH: usize = 12;
    let temp = tempfile::tempdir().unwrap();
    drop(desk(temp.path()));
    std::thread::scope(|scope| {
        for who in ["a", "b"] {
            let folder = temp.path();
            scope.spawn(move || {
                let mut desk = desk(folder);
                for i in 0..EACH {
                    let site = Site { name: format!("{who}{i}"), ..site() };
                    loop {
                        match desk.run(Verb::SaveSite { before: None, site: site.clone() }) {
                            Ok(_) => break,
                            Err(error) => assert_eq!(error.kind, Kind::Conflict, "{error}"),
                        }
                    }
                }
            });
        }
    });
    let mut desk = desk(temp.path());
    assert_eq!(desk.state().sites.len(), 2 * EACH);
    let verified = desk.ledger().verify_audit().unwrap();
    assert_eq!((verified.broken, verified.entries), (None, 2 * EACH as u64 + 1));
}
