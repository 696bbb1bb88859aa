//! The life of a keyring through the desk: requested again, renamed, sealed anew, certified by itself; with OpenSSL and nginx
//! as the judges of its file.

use std::path::Path;
use std::process::Command;

use ringmaster::desk::{Desk, Verb};
use ringmaster::doctor;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::field::Look;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Identity, Keyring, NewKeyring, RequestKey, Role, status};
use ringmaster::model::request::{Plan, RequestId, Status};
use ringmaster::model::site::Site;
use ringmaster::ops::install;
use ringmaster::ops::request_again::proposed;
use ringmaster::ops::ring::Act;
use ringmaster::pki::pem;
use ringmaster::store::kyr;

use crate::life::{create_certifier, create_keyring, issue, plan};
use crate::support::{desk, openssl, secret, tool};

/// A workspace with the certifier `root` and the keyring `mail`, whose certificate is installed.
fn furnished(folder: &Path) -> (Desk, Certificate) {
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    let id = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, id, "root");
    trust(&mut desk, "mail");
    act(&mut desk, "mail", Act::Install { certificates: vec![leaf.clone()] }).unwrap();
    (desk, leaf)
}

fn trust(desk: &mut Desk, ring: &str) {
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    act(desk, ring, Act::Trust { roots }).unwrap();
}

fn act(desk: &mut Desk, ring: &str, act: Act) -> Result<String, Error> {
    desk.run(Verb::ring(ring, act)).map(|outcome| outcome.message)
}

fn mail(desk: &Desk) -> Keyring {
    desk.state().keyrings["mail"].clone()
}

/// Requests again, and returns the number of the request.
fn again(desk: &mut Desk, ring: &str, key: RequestKey) -> Result<RequestId, Error> {
    let state = desk.state();
    let mut asked = proposed(&state, &state.keyrings[ring]);
    assert_eq!(asked.key, None, "nobody has chosen yet");
    asked.key = Some(key);
    let id = RequestId(state.next_request);
    act(desk, ring, Act::Request(asked)).map(|_| id)
}

fn state_word(desk: &Desk, id: RequestId) -> &'static str {
    desk.state().requests[&id].status.word()
}

/// What OpenSSL says of the key and of the certificate that it finds in a keyring file.
fn seen_by_openssl(folder: &Path, ring: &str) -> (String, String) {
    let file = format!("data/keyrings/{ring}.kyr");
    let key = openssl(folder, &format!("pkey -in {file} -passin pass:ring-pass -pubout"));
    (key, openssl(folder, &format!("x509 -in {file} -noout -pubkey")))
}

fn word(desk: &Desk, ring: &str) -> String {
    let state = desk.state();
    status(&state.keyrings[ring], &Look { state: &state, now: Desk::now(), soon: 30, zone: None })
}

#[test]
fn a_new_key_waits_while_the_old_one_serves_and_takes_over_with_its_certificate() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let (mut desk, old) = furnished(folder);
    let before = mail(&desk);
    let serving = seen_by_openssl(folder, "mail");
    assert_eq!(serving.0, serving.1);
    let id = again(&mut desk, "mail", RequestKey::New(KeyType::P384)).unwrap();
    let ring = mail(&desk);
    assert_eq!((&ring.key, ring.leaf()), (&before.key, Some(&old)));
    assert_eq!(ring.next_key.as_ref().unwrap().algorithm, "P-384");
    assert_eq!(desk.state().request_of_keyring(&ring).unwrap().id, id);
    assert_eq!(word(&desk, "mail"), "renewal: pending");
    assert!(desk.opens_by_itself("mail"), "the stash is still good");
    // Other programs find what serves, although another key stands in the file.
    assert_eq!(seen_by_openssl(folder, "mail"), serving);
    nginx_reads(folder);

    let new = issue(&mut desk, id, "root");
    assert_eq!(word(&desk, "mail"), "renewal: install it");
    let state = desk.state();
    let late = Look { state: &state, now: old.not_after.plus_days(1), soon: 30, zone: None };
    assert_eq!(status(&mail(&desk), &late), "expired: install it");
    let plan = desk.install_plan("mail", std::slice::from_ref(&new)).unwrap();
    assert_eq!((plan.refusal, plan.promotes, plan.replaces), (None, true, Some(old.clone())));
    let message = act(&mut desk, "mail", Act::Install { certificates: vec![new.clone()] }).unwrap();
    assert!(message.contains("new key serves"), "{message}");
    let ring = mail(&desk);
    assert_eq!((ring.leaf(), &ring.next_key), (Some(&new), &None));
    assert_eq!(ring.key.as_ref().unwrap().algorithm, "P-384");
    assert_eq!(word(&desk, "mail"), "ok");
    let now = seen_by_openssl(folder, "mail");
    assert!(now.0 == now.1 && now != serving, "{now:?}");
    nginx_reads(folder);
    // The old certificate is of no use any more; its key stands in the history.
    let error = act(&mut desk, "mail", Act::Install { certificates: vec![old] }).unwrap_err();
    assert!(error.why.contains("is not the ring's key"), "{error}");
    let history = std::fs::read_dir(folder.join("data/keyrings/.history")).unwrap();
    let kept = history.map(Result::unwrap).filter_map(|e| {
        let bytes = std::fs::read(e.path()).unwrap();
        e.file_name().to_string_lossy().ends_with(".kyr").then(|| kyr::read("mail", &bytes, false).unwrap())
    });
    assert!(kept.into_iter().any(|old| old.key == before.key && old.next_key.is_some()));
}

#[test]
fn what_was_issued_is_installed_unseen_only_where_nothing_is_lost() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, old) = furnished(temp.path());
    let nothing = create_keyring(&mut desk, "shop", true);
    let error = act(&mut desk, "shop", Act::InstallIssued).unwrap_err();
    assert!(error.what.contains("No certificate was issued") && nothing.0 > 0, "{error}");
    // One that ends earlier is left for a person to look at.
    let id = again(&mut desk, "mail", RequestKey::Same).unwrap();
    let shorter = Plan { days: 30, ..plan("root") };
    desk.run(Verb::Approve { id, plan: shorter }).unwrap();
    desk.run(Verb::Issue { ids: vec![id] }).unwrap();
    let error = act(&mut desk, "mail", Act::InstallIssued).unwrap_err();
    assert!(error.kind == Kind::Refused && error.why.contains("earlier"), "{error}");
    assert_eq!(mail(&desk).leaf(), Some(&old));
    let id = again(&mut desk, "mail", RequestKey::New(KeyType::P256)).unwrap();
    let longer = Plan { days: 120, ..plan("root") };
    desk.run(Verb::Approve { id, plan: longer }).unwrap();
    desk.run(Verb::Issue { ids: vec![id] }).unwrap();
    act(&mut desk, "mail", Act::InstallIssued).unwrap();
    let ring = mail(&desk);
    assert!(ring.next_key.is_none() && ring.leaf().is_some_and(|leaf| leaf.not_after > old.not_after));
}

/// nginx takes key and certificate from the file and finds that they fit.
fn nginx_reads(folder: &Path) {
    let Some(nginx) = tool("nginx") else { return };
    std::fs::write(folder.join("password"), "ring-pass\n").unwrap();
    let (here, ring) = (folder.display(), folder.join("data/keyrings/mail.kyr"));
    let ring = ring.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = temporary.iter().map(|t| format!("{t}_temp_path {here}/{t};")).collect();
    let settings = format!(
        "pid {here}/pid; error_log {here}/log; events {{}} http {{ access_log off; {temporary} server {{
         listen 127.0.0.1:0 ssl; ssl_certificate {ring}; ssl_certificate_key {ring};
         ssl_password_file {here}/password; }} }}"
    );
    std::fs::write(folder.join("nginx.conf"), settings.replace("127.0.0.1:0", "unix:/nowhere/socket"))
        .unwrap();
    let output = Command::new(nginx).arg("-t").arg("-c").arg(folder.join("nginx.conf")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // Testing also opens the socket, which it cannot; keys and certificates were read before.
    assert!(said.contains("syntax is ok"), "{said}");
}

#[test]
fn the_same_key_asks_again_and_the_older_request_is_denied_as_superseded() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, old) = furnished(temp.path());
    let key = mail(&desk).key;
    let first = again(&mut desk, "mail", RequestKey::Same).unwrap();
    let state = desk.state();
    let mut asked = proposed(&state, &state.keyrings["mail"]);
    asked.key = Some(RequestKey::Same);
    asked.identity.hosts.push("smtp.example.test".into());
    let message = act(&mut desk, "mail", Act::Request(asked)).unwrap();
    let second = RequestId(first.0 + 1);
    assert!(message.contains(&format!("instead of request {first}")), "{message}");
    let Status::Denied { reason, .. } = &desk.state().requests[&first].status else { panic!() };
    assert_eq!(*reason, format!("Superseded by request {second}."));
    assert_eq!(desk.state().requests[&second].pkcs10.subject.der, old.subject.der);
    let new = issue(&mut desk, second, "root");
    act(&mut desk, "mail", Act::Install { certificates: vec![new.clone()] }).unwrap();
    assert_eq!(mail(&desk).key, key, "not rotated");
    // One with fewer names is installed only after that was said.
    let plan = desk.install_plan("mail", &[old]).unwrap();
    assert_eq!(plan.refusal, None);
    assert!(plan.warnings.iter().any(|w| w.contains("smtp.example.test")), "{:?}", plan.warnings);
    let plan = desk.install_plan("mail", &[new]).unwrap();
    assert!(plan.replaces.is_none() && plan.warnings[0].contains("already"), "{plan:?}");
}

#[test]
fn a_key_that_others_know_is_not_asked_with_again() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    let revoke = |reason| Verb::revoke("root", leaf.serial.clone(), reason);
    assert!([Reason::KeyCompromise, Reason::CaCompromise].iter().all(|r| r.is_compromise()));
    desk.run(revoke(Reason::KeyCompromise)).unwrap();
    let error = again(&mut desk, "mail", RequestKey::Same).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.request")), "{error}");
    assert_eq!(desk.state().requests.len(), 1);
    let error = act(&mut desk, "mail", Act::Install { certificates: vec![leaf.clone()] }).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.request")), "{error}");
    again(&mut desk, "mail", RequestKey::New(KeyType::P256)).unwrap();
    assert_eq!(word(&desk, "mail"), "revoked: pending");
}

#[test]
fn a_waiting_key_is_replaced_or_dropped_but_never_lost_by_mistake() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    let error = act(&mut desk, "mail", Act::DropNextKey).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.request")));
    let first = again(&mut desk, "mail", RequestKey::New(KeyType::P256)).unwrap();
    let waits = mail(&desk).next_key;
    let error = again(&mut desk, "mail", RequestKey::Same).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.drop-key")), "{error}");
    // Another new key takes its place, and its request goes.
    let second = again(&mut desk, "mail", RequestKey::New(KeyType::Ed25519)).unwrap();
    assert_eq!((state_word(&desk, first), state_word(&desk, second)), ("denied", "pending"));
    assert_ne!(mail(&desk).next_key, waits);
    act(&mut desk, "mail", Act::DropNextKey).unwrap();
    let ring = mail(&desk);
    assert_eq!(
        (ring.next_key.is_some(), state_word(&desk, second), ring.leaf()),
        (false, "denied", Some(&leaf))
    );
    // Its certificate is issued: only installing or dropping it goes on.
    let third = again(&mut desk, "mail", RequestKey::New(KeyType::P256)).unwrap();
    let new = issue(&mut desk, third, "root");
    let error = again(&mut desk, "mail", RequestKey::New(KeyType::P256)).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.install")), "{error}");
    // The password of both keys is changed at once.
    let change = Act::ChangePassword { new: secret("another"), repeat: secret("another") };
    act(&mut desk, "mail", change).unwrap();
    assert!(kyr::open(&mail(&desk), &secret("another")).unwrap().next.is_some());
    act(&mut desk, "mail", Act::Install { certificates: vec![new] }).unwrap();
    assert_eq!(word(&desk, "mail"), "ok");
}

#[test]
fn what_a_key_waits_for_names_the_step_that_is_next() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let told = |desk: &Desk, rule: &str| {
        let found = doctor::examine(&desk.state(), Desk::now(), &[400]);
        let hit = found.into_iter().find(|f| f.rule == rule).unwrap();
        (hit.text, hit.command.unwrap())
    };
    let id = create_keyring(&mut desk, "shop", true);
    let waits = again(&mut desk, "mail", RequestKey::New(KeyType::P256)).unwrap();
    for (rule, id) in [("K07", id), ("K12", waits)] {
        let (text, command) = told(&desk, rule);
        assert!(text.contains(&format!("its request {id} is pending")), "{text}");
        assert_eq!(command, "keyring.open-request");
        issue(&mut desk, id, "root");
        let (text, command) = told(&desk, rule);
        assert!(text.contains("issued, not installed"), "{text}");
        assert_eq!(command, "keyring.install");
    }
    let id = create_keyring(&mut desk, "alone", true);
    desk.run(Verb::Deny { id, reason: "Not ours.".into() }).unwrap();
    let found = doctor::examine(&desk.state(), Desk::now(), &[30]);
    let hit = found.iter().find(|f| f.rule == "K07" && f.text.contains("alone")).unwrap();
    assert!(hit.text.contains("is denied"), "{}", hit.text);
    assert_eq!(hit.command.as_deref(), Some("keyring.request"));
}

#[test]
fn nobody_chooses_a_key_for_somebody_else_and_names_are_checked() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let state = desk.state();
    let asked = proposed(&state, &state.keyrings["mail"]);
    let error = act(&mut desk, "mail", Act::Request(asked.clone())).unwrap_err();
    assert!(error.kind == Kind::Usage && error.next.contains("same, rsa-2048"), "{error}");
    let key = Some(RequestKey::Same);
    for identity in [
        Identity::default(),
        Identity { state: "CA".into(), country: "US".into(), ..asked.identity.clone() },
        Identity { organization: "x".repeat(65), ..asked.identity },
    ] {
        let asked = ringmaster::model::keyring::NewRequest { key, identity };
        assert_eq!(act(&mut desk, "mail", Act::Request(asked)).unwrap_err().kind, Kind::Usage);
    }
    assert_eq!(*desk.state(), *state);
}

#[test]
fn a_renamed_ring_is_renamed_everywhere_at_once() {
    let temp = tempfile::tempdir().unwrap();
    let (mut first, _) = furnished(temp.path());
    let site = Site {
        name: "web".into(),
        hosts: vec!["mail.example.test".into()],
        keyring: "mail".into(),
        ..Site::default()
    };
    first.run(Verb::SaveSite { before: None, site: site.clone() }).unwrap();
    let pending = again(&mut first, "mail", RequestKey::New(KeyType::P256)).unwrap();
    let mut second = desk(temp.path());
    for (to, kind) in [("mail", Kind::Refused), ("Post", Kind::Usage), ("../x", Kind::Usage)] {
        let error = act(&mut first, "mail", Act::Rename { to: to.into() }).unwrap_err();
        assert_eq!(error.kind, kind, "{to}");
    }
    act(&mut first, "mail", Act::Rename { to: "post".into() }).unwrap();
    let state = first.state();
    assert!(!state.keyrings.contains_key("mail") && first.opens_by_itself("post"));
    assert_eq!(state.sites["web"].keyring, "post");
    assert!(state.requests.values().all(|r| r.keyring.as_deref() == Some("post")));
    assert_eq!(state.unreadable, []);
    // A new ring of the old name has nothing of it.
    let own = create_keyring(&mut first, "mail", false);
    drop(first);
    let mut first = desk(temp.path());
    let state = first.state();
    assert_eq!(state.unreadable, [], "read from the disk, nothing is missed");
    assert_eq!(state.requests[&pending].keyring.as_deref(), Some("post"));
    assert_eq!(state.requests[&own].keyring.as_deref(), Some("mail"));
    assert_eq!(first.ledger().verify_audit().unwrap().broken, None);
    first.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();

    // The second console, which still knows the old name: both versions of the document, and no ring made by mistake.
    let mine = Site { comment: "mine".into(), ..site.clone() };
    let error = second.run(Verb::SaveSite { before: Some(site), site: mine }).unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(error.why.contains("post"), "{error}");
    let error = act(&mut second, "mail", Act::Rename { to: "other".into() }).unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    assert_eq!(*second.state(), *first.state());
    // The name it had is free, the one it has is not.
    create_keyring(&mut second, "mail", false);
    let error = act(&mut second, "post", Act::Rename { to: "mail".into() }).unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    act(&mut second, "post", Act::DropNextKey).unwrap();
    assert_eq!(second.state().requests[&pending].status.word(), "denied", "found by its new name");
}

#[test]
fn a_password_is_changed_for_ring_and_stash_together() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let before = mail(&desk);
    let change = |new: &str, repeat: &str| Act::ChangePassword { new: secret(new), repeat: secret(repeat) };
    for (new, repeat, kind) in
        [("", "", Kind::Usage), ("a", "b", Kind::Usage), ("ring-pass", "ring-pass", Kind::Refused)]
    {
        assert_eq!(act(&mut desk, "mail", change(new, repeat)).unwrap_err().kind, kind);
    }
    let typed = |act: Act, password: &str| Verb::ring("mail", act).with_password(secret(password));
    assert_eq!(desk.run(typed(change("new", "new"), "wrong")).unwrap_err().kind, Kind::WrongPassword);
    assert_eq!(mail(&desk), before);
    desk.run(typed(change("new", "new"), "ring-pass")).unwrap();
    let ring = mail(&desk);
    assert_ne!(ring.sealed.salt, before.sealed.salt, "a stash of the old password would be noticed");
    assert_eq!(kyr::open(&ring, &secret("ring-pass")).unwrap_err().kind, Kind::WrongPassword);
    assert!(kyr::open(&ring, &secret("new")).unwrap().intact && desk.opens_by_itself("mail"));
    assert_eq!(*self::desk(temp.path()).state(), *desk.state());
}

#[test]
fn a_stash_is_dropped_and_made_again() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let revision = mail(&desk).revision;
    act(&mut desk, "mail", Act::DropStash).unwrap();
    assert!(!mail(&desk).stash && !desk.opens_by_itself("mail"));
    assert_eq!(act(&mut desk, "mail", Act::DropStash).unwrap_err().kind, Kind::Refused);
    let make = |password: &str| Verb::ring("mail", Act::MakeStash).with_password(secret(password));
    assert_eq!(desk.run(make("wrong")).unwrap_err().kind, Kind::WrongPassword);
    desk.run(make("ring-pass")).unwrap();
    assert!(desk.opens_by_itself("mail"));
    assert_eq!(mail(&desk).revision, revision, "the ring's own file was not touched");
    assert_eq!(*self::desk(temp.path()).state(), *desk.state());
}

#[test]
fn a_ring_certifies_itself_for_tests_and_leaves_the_certificate_of_an_authority_alone() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    let hosts = vec!["bench.example.test".to_owned(), "192.0.2.7".into()];
    let asked = NewKeyring {
        name: "bench".into(),
        like: "mail".into(),
        identity: Identity { hosts, ..Identity::default() },
        password: secret("ring-pass"),
        repeat: secret("ring-pass"),
        self_certified: true,
        ..NewKeyring::default()
    };
    let requests = desk.state().requests.len();
    let outcome = desk.run(Verb::CreateKeyring(asked.clone())).unwrap();
    assert!(outcome.message.contains("for tests only"), "{}", outcome.message);
    let bench = &outcome.state.keyrings["bench"];
    assert_eq!(outcome.state.requests.len(), requests, "nothing is in the queue");
    assert!(word(&desk, "bench").starts_with("for tests only"));
    // Trusted roots are taken over, the key is not.
    let roots = |r: &Keyring| r.with_role(Role::Root).cloned().collect::<Vec<_>>();
    assert_eq!(roots(bench), roots(&mail(&desk)));
    assert_ne!(bench.key, mail(&desk).key);
    let own = bench.leaf().unwrap();
    assert_eq!(own.not_after.days_from(Desk::now()), 89);
    std::fs::write(temp.path().join("own.pem"), pem::write("CERTIFICATE", &own.der.0)).unwrap();
    let said = openssl(
        temp.path(),
        "verify -CAfile own.pem -partial_chain -purpose sslserver -verify_ip 192.0.2.7 own.pem",
    );
    assert!(said.contains("own.pem: OK"), "{said}");
    let (key, certificate) = seen_by_openssl(temp.path(), "bench");
    assert_eq!(key, certificate);

    let error = act(&mut desk, "mail", Act::SelfCertify { days: 90 }).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.duplicate")), "{error}");
    assert_eq!(mail(&desk).leaf(), Some(&leaf));
    for days in [0, -1, 398, i64::MAX] {
        assert_eq!(
            act(&mut desk, "bench", Act::SelfCertify { days }).unwrap_err().kind,
            Kind::Usage,
            "{days}"
        );
    }
    // A ring that waits for its certificate can be tried in the meantime, and takes the real one afterwards.
    let id = create_keyring(&mut desk, "shop", true);
    trust(&mut desk, "shop");
    act(&mut desk, "shop", Act::SelfCertify { days: 7 }).unwrap();
    assert!(desk.state().keyrings["shop"].is_self_certified());
    let real = issue(&mut desk, id, "root");
    act(&mut desk, "shop", Act::Install { certificates: vec![real] }).unwrap();
    assert_eq!(word(&desk, "shop"), "ok");
    let missing = NewKeyring { name: "x".into(), like: "nobody".into(), ..asked };
    assert_eq!(desk.run(Verb::CreateKeyring(missing)).unwrap_err().kind, Kind::NotFound);
}

/// Reads the certificates of PEM files in this order.
fn read(folder: &Path, files: &[&str]) -> Vec<Certificate> {
    let read = |file: &&str| pem::find(&std::fs::read(folder.join(file)).unwrap()).unwrap().certificates;
    files.iter().flat_map(read).collect()
}

/// Lets an authority of two levels that OpenSSL made sign the request of the ring `mail`, and writes `top.pem`, `mid.pem`
/// and `leaf.pem`.
fn signed_by_others(folder: &Path, desk: &Desk) {
    let state = desk.state();
    let request = state.request_of_keyring(&state.keyrings["mail"]).unwrap();
    std::fs::write(folder.join("mail.csr"), pem::write("CERTIFICATE REQUEST", &request.pkcs10.der.0))
        .unwrap();
    let ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
    std::fs::write(folder.join("ca.ext"), ca).unwrap();
    let leaf =
        "subjectAltName=DNS:mail.example.test\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n";
    std::fs::write(folder.join("leaf.ext"), leaf).unwrap();
    for (name, subject) in [("top", "/CN=Top"), ("mid", "/CN=Middle")] {
        openssl(
            folder,
            &format!(
                "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj {subject} -keyout {name}.key -out {name}.csr"
            ),
        );
    }
    let days = "-days 100";
    openssl(folder, &format!("x509 -req -in top.csr -signkey top.key {days} -extfile ca.ext -out top.pem"));
    for (name, issuer, extensions) in [("mid", "top", "ca"), ("mail", "mid", "leaf")] {
        openssl(
            folder,
            &format!(
                "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial {days} -extfile {extensions}.ext -out {name}.pem"
            ),
        );
    }
}

#[test]
fn a_plan_sorts_finds_what_is_missing_and_trusts_nothing_by_itself() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    create_keyring(&mut desk, "mail", true);
    signed_by_others(folder, &desk);
    let words = |plan: &install::Plan| {
        plan.steps
            .iter()
            .map(|s| (s.role, s.certificate.subject.title(), s.origin.clone()))
            .collect::<Vec<_>>()
    };
    let step = |role, title: &str, origin: &str| (role, title.to_owned(), origin.to_owned());

    // Nobody knows the issuer.
    let alone = read(folder, &["mail.pem"]);
    let plan = desk.install_plan("mail", &alone).unwrap();
    assert_eq!(words(&plan), [step(Role::Leaf, "mail.example.test", "given")]);
    let refusal = plan.refusal.unwrap();
    assert_eq!(refusal.command, Some("keyring.trust"));
    assert!(refusal.why.contains("CN=Middle") && plan.root.is_none(), "{refusal}");

    // Everything is in the file, in any order: the root is shown with its fingerprint, and not trusted.
    let all = read(folder, &["top.pem", "mail.pem", "mid.pem", "top.pem"]);
    let plan = desk.install_plan("mail", &all).unwrap();
    let sorted = [
        step(Role::Leaf, "mail.example.test", "given"),
        step(Role::Chain, "Middle", "given"),
        step(Role::Root, "Top", "given"),
    ];
    assert_eq!(words(&plan), sorted);
    let root = plan.root.clone().unwrap();
    assert_eq!((root.certificate.subject.title(), root.switched_off), ("Top".to_owned(), false));
    let text = plan.lines().iter().map(|l| l.text.clone()).collect::<Vec<_>>().join("\n");
    assert!(text.contains(&ringmaster::model::bytes::colons(&root.certificate.sha256.0)), "{text}");
    let error = act(&mut desk, "mail", Act::Install { certificates: all.clone() }).unwrap_err();
    assert_eq!(Some(&error), plan.refusal.as_ref(), "the plan and the verb say the same");
    assert_eq!(mail(&desk).entries, []);

    // Once it is trusted, the plan goes through; switched off, it does not.
    act(&mut desk, "mail", Act::Trust { roots: vec![root.certificate.clone()] }).unwrap();
    let mut state = (*desk.state()).clone();
    state.keyrings.get_mut("mail").unwrap().entries[0].trusted = false;
    let none = Default::default();
    let off = install::plan(&state, "mail", &all, &none, Desk::now()).unwrap();
    assert!(off.root.unwrap().switched_off && off.refusal.unwrap().why.contains("switched off"));
    let plan = desk.install_plan("mail", &all).unwrap();
    assert_eq!((plan.refusal.clone(), words(&plan)[2].2.as_str()), (None, "this keyring"));
    act(&mut desk, "mail", Act::Install { certificates: all }).unwrap();
    let roles: Vec<_> = mail(&desk).entries.iter().map(|e| e.role).collect();
    assert_eq!(roles, [Role::Leaf, Role::Chain, Role::Root]);

    // Another ring of the same authority gets the intermediate from this one, and hears of the root.
    let asked = NewKeyring {
        name: "web".into(),
        identity: Identity { hosts: vec!["web.example.test".into()], ..Identity::default() },
        password: secret("ring-pass"),
        repeat: secret("ring-pass"),
        ..NewKeyring::default()
    };
    desk.run(Verb::CreateKeyring(asked)).unwrap();
    let state = desk.state();
    let request = state.request_of_keyring(&state.keyrings["web"]).unwrap();
    std::fs::write(folder.join("web.csr"), pem::write("CERTIFICATE REQUEST", &request.pkcs10.der.0)).unwrap();
    openssl(
        folder,
        "x509 -req -in web.csr -CA mid.pem -CAkey mid.key -CAcreateserial -days 100 -extfile leaf.ext -out web.pem",
    );
    let web = read(folder, &["web.pem"]);
    let plan = desk.install_plan("web", &web).unwrap();
    assert_eq!(
        words(&plan)[1..],
        [step(Role::Chain, "Middle", "keyring mail"), step(Role::Root, "Top", "keyring mail")]
    );
    assert_eq!(plan.refusal.unwrap().command, Some("keyring.trust"));
    // The certificate of another ring's key is recognised as such.
    let error = desk.install_plan("mail", &web).unwrap().refusal.unwrap();
    assert!(error.why.contains("keyring web") && error.next.contains("web"), "{error}");
    act(&mut desk, "web", Act::Trust { roots: vec![root.certificate] }).unwrap();
    // Another authority has answered the request: nobody here shall wait for it any more.
    let waiting = |desk: &Desk| {
        let state = desk.state();
        let request = state.request_of_keyring(&state.keyrings["web"]).unwrap();
        (request.status.is_open(), request.status.word())
    };
    assert!(waiting(&desk).0);
    act(&mut desk, "web", Act::Install { certificates: web }).unwrap();
    assert_eq!(waiting(&desk), (false, "withdrawn"));
    assert_eq!(desk.state().keyrings["web"].with_role(Role::Chain).count(), 1);
}

#[test]
fn what_may_not_be_installed_names_the_command_that_helps() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let (mut desk, leaf) = furnished(folder);
    let state = desk.state();
    let now = Desk::now();
    let refusal = |certificates: &[Certificate], now| {
        let plan = install::plan(&state, "mail", certificates, &Default::default(), now).unwrap();
        plan.refusal.unwrap()
    };
    let ended = refusal(std::slice::from_ref(&leaf), now.plus_days(200));
    assert!(ended.why.contains("ended") && ended.command == Some("keyring.request"), "{ended}");
    let early = refusal(std::slice::from_ref(&leaf), now.plus_days(-200));
    assert!(early.why.contains("valid from") && early.command.is_some(), "{early}");
    assert_eq!(refusal(&[], now).command, Some("keyring.install"));
    // Several years of one key in one file: the valid one is taken, wherever it stands.
    let mut past = leaf.clone();
    (past.sha256.0[0], past.not_after) = (!past.sha256.0[0], now.plus_days(-1));
    for given in [[past.clone(), leaf.clone()], [leaf.clone(), past]] {
        let plan = install::plan(&state, "mail", &given, &Default::default(), now).unwrap();
        assert_eq!((plan.refusal, plan.steps[0].certificate.sha256), (None, leaf.sha256));
    }
    // A certificate authority's certificate for the ring's own key.
    let request = state.request_of_keyring(&state.keyrings["mail"]).unwrap();
    std::fs::write(folder.join("mail.csr"), pem::write("CERTIFICATE REQUEST", &request.pkcs10.der.0))
        .unwrap();
    std::fs::write(folder.join("ca.ext"), "basicConstraints=critical,CA:TRUE\n").unwrap();
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Top -keyout top.key -out top.pem",
    );
    openssl(
        folder,
        "x509 -req -in mail.csr -CA top.pem -CAkey top.key -CAcreateserial -extfile ca.ext -out ca.pem",
    );
    let authority = refusal(&read(folder, &["ca.pem"]), now);
    assert!(
        authority.why.contains("authority's") && authority.command == Some("keyring.request"),
        "{authority}"
    );
    // A server certificate as trusted root.
    let error = act(&mut desk, "mail", Act::Trust { roots: vec![leaf] }).unwrap_err();
    assert_eq!(error.command, Some("keyring.install"));
}
