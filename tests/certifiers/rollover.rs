//! A new key under the same name: old and new relying parties verify, and what is left to do is listed.

use ringmaster::desk::{Desk, Verb};
use ringmaster::doctor::examine;
use ringmaster::model::certifier::SignedBy;
use ringmaster::model::certifier::rollover::{Need, NewKey};
use ringmaster::model::error::Kind;
use ringmaster::model::key::KeyType;
use ringmaster::ops::ring::Act;

use super::{asked, family, read_pem, write_pem};
use crate::life::{create_keyring, issue, plan};
use crate::support::{desk, openssl, secret, tool};

fn roll(desk: &mut Desk, name: &str) -> ringmaster::model::error::Result<String> {
    let mut new = NewKey::after(name, KeyType::P384, 10);
    (new.password, new.repeat) = (secret("new-pass"), secret("new-pass"));
    let made = new.name.clone();
    desk.run(Verb::RollOver { name: name.into(), asked: new }).map(|_| made)
}

#[test]
fn nothing_is_signed_while_the_old_key_is_locked() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    desk.run(Verb::CreateCertifier(asked("root", SignedBy::Itself))).unwrap();
    desk.lock(None);
    assert_eq!(roll(&mut desk, "root").unwrap_err().kind, Kind::Locked);
    let before = desk.ledger().head().unwrap().number;
    drop(desk);
    // A signature that was begun would be told as abandoned.
    let mut desk = crate::support::desk(temp.path());
    assert_eq!(desk.ledger().head().unwrap().number, before);
}

#[test]
fn a_root_gets_a_new_key_and_both_worlds_verify() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    desk.run(Verb::CreateCertifier(asked("root", SignedBy::Itself))).unwrap();
    let mail = create_keyring(&mut desk, "mail", true);
    let before = issue(&mut desk, mail, "root");
    let old_root = desk.state().certifiers["root"].certificate.clone();
    desk.run(Verb::ring("mail", Act::Trust { roots: vec![old_root.clone()] })).unwrap();
    desk.run(Verb::ring("mail", Act::Install { certificates: vec![before.clone()] })).unwrap();

    assert_eq!(roll(&mut desk, "root").unwrap(), "root-2");
    let state = desk.state();
    let (old, new) = (&state.certifiers["root"], &state.certifiers["root-2"]);
    assert_eq!(new.certificate.subject.der, old.certificate.subject.der);
    assert_ne!(new.certificate.key.sha256, old.certificate.key.sha256);
    assert_eq!((old.succeeded_by.as_deref(), new.succeeds.as_deref()), (Some("root-2"), Some("root")));
    assert_eq!((old.status.word(), new.status.word(), new.links.len()), ("retired", "active", 2));
    for (link, certifier) in new.links.iter().zip(["root", "root-2"]) {
        let row = desk.ledger().issued_by_sha256(&link.sha256).unwrap().unwrap().0;
        assert_eq!((row.certifier.as_str(), row.profile.as_str()), (certifier, "link"));
        assert_eq!((row.earlier, row.later), (None, None), "a link takes no place");
    }

    // Each key has a CRL of its own, at an address of its own.
    assert_eq!(old.policy.crl_url, "http://crl.example.test/ca.crl");
    assert_eq!(new.policy.crl_url, "http://crl.example.test/ca-g2.crl");
    let found = examine(&state, Desk::now(), &[90, 30, 14, 7]);
    assert!(found.iter().all(|f| f.rule != "C06"), "{found:?}");

    // The old one issues nothing and signs CRLs; the new one issues.
    let web = create_keyring(&mut desk, "web", true);
    assert!(
        desk.run(Verb::Approve { id: web, plan: plan("root") }).unwrap_err().why.contains("root-2 issues")
    );
    desk.run(Verb::issue_crl("root")).unwrap();
    let after = issue(&mut desk, web, "root-2");

    write_pem(folder, "old.pem", [&old.certificate]);
    write_pem(folder, "new.pem", [&new.certificate]);
    write_pem(folder, "links.pem", &new.links);
    write_pem(folder, "before.pem", [&before]);
    write_pem(folder, "after.pem", [&after]);
    for (root, leaf) in [("old", "before"), ("old", "after"), ("new", "before"), ("new", "after")] {
        let said = openssl(
            folder,
            &format!("verify -x509_strict -CAfile {root}.pem -untrusted links.pem {leaf}.pem"),
        );
        assert!(said.contains("OK"), "{root} {leaf}: {said}");
    }

    // A ring that trusts only the old root takes what the new key signed, with the link between them.
    desk.run(Verb::ring("web", Act::Trust { roots: vec![old_root.clone()] })).unwrap();
    desk.run(Verb::ring("web", Act::Install { certificates: vec![after.clone()] })).unwrap();
    let ring = desk.state().keyrings["web"].clone();
    let chain: Vec<_> = ring.entries.iter().map(|e| e.certificate.sha256).collect();
    assert_eq!(chain, [after.sha256, new.links[0].sha256, old_root.sha256]);

    // What is left: the certificate of mail, and the new root for both rings.
    let day = before.not_after.plus_days(-10);
    let tasks = desk.worklist("root", day).unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!((tasks[0].need, tasks[0].keyring.as_deref()), (Need::Renew, Some("mail")));
    assert_eq!(desk.worklist("root", before.not_after.plus_days(1)).unwrap()[0].need, Need::NotNeeded);
    assert_eq!(desk.state().certifiers["root"].untold(&desk.state()), ["mail", "web"]);
    let told = |desk: &Desk| -> Vec<String> {
        let all = examine(&desk.state(), Desk::now(), &[90, 30, 14, 7]).into_iter();
        all.filter(|f| f.rule == "C23").map(|f| f.text).collect()
    };
    let both = told(&desk);
    assert!(both.len() == 2 && both[0].contains("Keyring mail") && both[0].contains("root-2"), "{both:?}");
    let roots = vec![new.certificate.clone()];
    desk.run(Verb::ring("mail", Act::Trust { roots })).unwrap();
    assert_eq!(desk.state().certifiers["root"].untold(&desk.state()), ["web"]);
    assert!(told(&desk).len() == 1 && told(&desk)[0].contains("Keyring web"));

    // Each certificate is known to be of its own key, and the disk tells the same.
    let state = desk.state();
    assert_eq!(state.issuer_of(&after).map(|c| c.name.as_str()), Some("root-2"));
    assert_eq!(state.issuer_of(&before).map(|c| c.name.as_str()), Some("root"));
    drop(desk);
    let again = crate::support::desk(folder).state();
    assert_eq!((&again.certifiers, again.unreadable.len()), (&state.certifiers, 0));
}

#[test]
fn a_subordinate_gets_a_new_key_from_its_issuer() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    family(&mut desk);
    let mut same = asked("two", SignedBy::Itself);
    same.policy.crl_url.clone_from(&desk.state().certifiers["root"].policy.crl_url);
    desk.run(Verb::CreateCertifier(same)).unwrap();
    let found = examine(&desk.state(), Desk::now(), &[90, 30, 14, 7]);
    assert!(found.iter().any(|f| f.rule == "C06" && f.text.contains("root and two")), "{found:?}");
    roll(&mut desk, "issuing").unwrap();
    let state = desk.state();
    let (old, new) = (&state.certifiers["issuing"], &state.certifiers["issuing-2"]);
    assert_eq!((new.parent.as_deref(), new.links.len(), old.status.word()), (Some("root"), 0, "retired"));
    let constraints = |c: &ringmaster::model::certificate::Certificate| {
        c.extensions.iter().find(|e| e.oid == "2.5.29.30").cloned().unwrap()
    };
    assert_eq!(constraints(&new.certificate), constraints(&old.certificate));
    let below = desk.worklist("root", new.certificate.not_after).unwrap();
    assert!(below.iter().any(|t| t.way.contains("has a successor, issuing-2")), "{below:?}");
    write_pem(folder, "root.pem", [&state.certifiers["root"].certificate]);
    write_pem(folder, "new.pem", [&new.certificate]);
    assert!(openssl(folder, "verify -x509_strict -CAfile root.pem new.pem").contains("OK"));

    // One whose issuer is elsewhere waits again, and takes over when its certificate comes back.
    assert!(read_pem(folder, "new.pem")[0].is_ca());
}
