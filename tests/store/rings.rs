//! Keyrings, stashes and certifiers on the disk.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use ringmaster::model::bytes::Digest;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::certifier::{Certifier, CrlInfo, Policy, PolicyVersion};
use ringmaster::model::keyring::{Entry, Keyring, Role, Sealed};
use ringmaster::model::secret::Secret;
use ringmaster::pki;
use ringmaster::pki::key::PrivateKey;
use ringmaster::store::certifier_key::{self, Protection};
use ringmaster::store::{kyr, sth};

use super::*;
use crate::support::{run, tool};

const PASSWORD: &str = "correct horse";

fn secret() -> Secret {
    Secret::new(PASSWORD.into())
}

fn certificate(name: &str, ca: bool) -> (PrivateKey, Certificate) {
    let pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    if ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let der = params.self_signed(&pair).unwrap().der().to_vec();
    (PrivateKey::read(&pair.serialize_der()).unwrap(), pki::certificate::read(&der).unwrap())
}

fn ring(name: &str, roots: &[Certificate]) -> Keyring {
    let (key, leaf) = certificate("mail.example.test", false);
    let entry = |role, certificate: &Certificate| Entry {
        role,
        label: certificate.subject.title(),
        trusted: true,
        certificate: certificate.clone(),
    };
    let mut entries = vec![entry(Role::Leaf, &leaf)];
    entries.extend(roots.iter().map(|r| entry(Role::Root, r)));
    let sealed = Sealed::default();
    let ring =
        Keyring { name: name.into(), revision: 0, key: None, next_key: None, entries, stash: false, sealed };
    kyr::seal(ring, Some(&key), &secret(), 10).unwrap()
}

fn created(store: &Store, mut ring: Keyring) -> Change {
    ring.stash = true;
    let key = store.stash_keys().key().unwrap();
    let files = vec![kyr::file(&ring).unwrap(), sth::file(&ring, &secret(), &key).unwrap()];
    Change { facts: vec![Fact::KeyringCreated { keyring: ring }], files }
}

fn changed(ring: Keyring) -> Change {
    let files = vec![kyr::file(&ring).unwrap()];
    Change { facts: vec![Fact::KeyringChanged { keyring: ring, what: "tested".into() }], files }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_ring_lives_on_the_disk() {
    let home = TempDir::new().unwrap();
    let mut store = open(home.path());
    let (_, root) = certificate("Example Root", true);
    let change = created(&store, ring("mail", &[root]));
    let state = store.commit(Generation(1), NOW, change).unwrap();
    assert_eq!(store.unstash(&state.keyrings["mail"]).unwrap(), secret());

    let mut other = open(home.path());
    assert_eq!(*other.state(), *state);
    let mut amended = state.keyrings["mail"].clone();
    amended.entries[1].trusted = false;
    let amended = kyr::amend(amended, &secret()).unwrap();
    let state = store.commit(Generation(2), NOW, changed(amended)).unwrap();
    assert!(other.refresh(false).unwrap());
    assert_eq!(*other.state(), *state);
    assert_eq!(other.unstash(&other.state().keyrings["mail"]).unwrap(), secret());
    assert!(kyr::open(&state.keyrings["mail"], &secret()).unwrap().intact);

    let gone = Change {
        facts: vec![Fact::KeyringDeleted { name: "mail".into() }],
        files: kyr::removed(&state.keyrings["mail"]),
    };
    let state = store.commit(Generation(3), NOW, gone).unwrap();
    assert!(state.keyrings.is_empty());
    assert_eq!(*open(home.path()).state(), *state);
    let history = store.folder().join("keyrings/.history");
    for (kept, stash) in [("mail.3.kyr", "mail.4.sth"), ("mail.4.kyr", "mail.4.sth")] {
        let old = kyr::read("mail", &std::fs::read(history.join(kept)).unwrap(), true).unwrap();
        assert!(kyr::open(&old, &secret()).unwrap().intact, "{kept}");
        let stash = std::fs::read(history.join(stash)).unwrap();
        assert_eq!(sth::open(&stash, &old, &store.stash_keys().key().unwrap()).unwrap(), secret());
    }
}

#[test]
fn what_cannot_be_read_is_named_and_left_alone() {
    let home = TempDir::new().unwrap();
    let mut store = open(home.path());
    for (name, generation) in [("good", 1), ("open", 2), ("cut", 3)] {
        let change = created(&store, ring(name, &[]));
        store.commit(Generation(generation), NOW, change).unwrap();
    }
    let keyrings = store.folder().join("keyrings");
    mode(&keyrings.join("open.kyr"), 0o640);
    let text = std::fs::read(keyrings.join("cut.kyr")).unwrap();
    std::fs::write(keyrings.join("cut.kyr"), &text[..text.len() - 100]).unwrap();
    let private = |name: &str, bytes: &[u8]| {
        std::fs::write(keyrings.join(name), bytes).unwrap();
        mode(&keyrings.join(name), 0o600);
    };
    private("domino.kyr", b"\x01\0\0\0\x90binary");
    private("KEYFILE.KYR", b"\x01\0\0\0\x90binary");
    private("lonely.sth", b"x");
    private("notes.txt", b"x");
    assert!(store.refresh(true).unwrap());
    let state = store.state();
    assert_eq!(state.keyrings.keys().collect::<Vec<_>>(), ["good"]);
    let why = |path: &str| {
        state.unread(path).map(|u| u.why.clone()).unwrap_or_else(|| panic!("{path}: {:?}", state.unreadable))
    };
    assert!(why("keyrings/open.kyr").contains("chmod 600"));
    assert!(why("keyrings/cut.kyr").contains("ends inside"));
    assert!(why("keyrings/domino.kyr").contains("kyrtool"));
    assert!(why("keyrings/KEYFILE.KYR").contains("a-z"));
    assert!(why("keyrings/lonely.sth").contains("No keyring"));
    assert_eq!(state.unreadable.len(), 5);

    for name in ["domino", "cut", "open", "lonely"] {
        let before = std::fs::read(keyrings.join(format!("{name}.kyr"))).ok();
        let change = created(&store, ring(name, &[]));
        assert_eq!(store.commit(Generation(4), NOW, change).unwrap_err().kind, Kind::Conflict, "{name}");
        assert_eq!(std::fs::read(keyrings.join(format!("{name}.kyr"))).ok(), before);
    }
    mode(&keyrings.join("open.kyr"), 0o600);
    assert!(store.refresh(true).unwrap());
    assert!(store.state().keyrings.contains_key("open"));
}

#[test]
fn a_stash_opens_for_this_user_only_and_has_to_be_private() {
    let home = TempDir::new().unwrap();
    let mut store = open(home.path());
    let change = created(&store, ring("mail", &[]));
    let state = store.commit(Generation(1), NOW, change).unwrap();
    let mail = &state.keyrings["mail"];
    // A copy of the workspace alone.
    let elsewhere = Store::open(&Open { home: home.path().join("other"), ..how(home.path()) }).unwrap();
    assert_eq!(elsewhere.unstash(mail).unwrap_err().kind, Kind::Damaged);
    assert!(!home.path().join("other/stash.key").exists(), "reading a stash has made a key");
    elsewhere.stash_keys().key().unwrap();
    assert_eq!(elsewhere.unstash(mail).unwrap_err().kind, Kind::Damaged);

    let path = store.folder().join("keyrings/mail.sth");
    mode(&path, 0o604);
    assert!(store.unstash(mail).unwrap_err().next.contains("chmod 600"));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(store.unstash(mail).unwrap_err().kind, Kind::NotFound);
    assert!(store.refresh(true).unwrap());
    assert!(!store.state().keyrings["mail"].stash);
}

#[test]
fn a_certifier_lives_on_the_disk() {
    let home = TempDir::new().unwrap();
    let mut store = open(home.path());
    let (key, own) = certificate("Example Root", true);
    let policy = Policy::default();
    let mut root = Certifier::new("root", NOW, own, policy.clone());
    let light = Protection { argon2_mib: 1, argon2_passes: 1, keyring_rounds: 10 };
    let mut files = document::certifier(&root).unwrap();
    files.push(certifier_key::file("root", &key, &secret(), &light).unwrap());
    let change = Change { facts: vec![Fact::CertifierCreated { certifier: root.clone() }], files };
    store.commit(Generation(1), NOW, change).unwrap();
    let sealed = store.certifier_key("root").unwrap();
    assert_eq!(certifier_key::open("root", &sealed, &secret()).unwrap().pkcs8(), key.pkcs8());
    assert_eq!(store.certifier_key("../root").unwrap_err().kind, Kind::Usage);
    assert_eq!(store.certifier_key("none").unwrap_err().kind, Kind::NotFound);
    mode(&store.folder().join("certifiers/root/key.ron"), 0o644);
    assert_eq!(store.certifier_key("root").unwrap_err().kind, Kind::Exposed);
    mode(&store.folder().join("certifiers/root/key.ron"), 0o600);

    let mut other = open(home.path());
    assert_eq!(other.state().certifiers["root"], root);
    let amended = Policy { version: 2, crl_days: 7, ..policy };
    let (none, zero) = (String::new, Digest::default());
    let mut version = PolicyVersion {
        policy: amended.clone(),
        by: "ann".into(),
        at: NOW,
        confirmed: "bea".into(),
        alone: none(),
        reason: none(),
        text: zero,
    };
    let text = document::policy_text(&root, &version).unwrap();
    let signature = key.sign(text.as_bytes()).unwrap();
    version.text = sha256(text.as_bytes());
    (root.policy, root.versions) = (amended, vec![version.clone()]);
    let (certifier, policy) = ("root".to_owned(), root.policy.clone());
    let fact = Fact::PolicyAmended { certifier, policy, version: Some(version) };
    let files =
        [document::certifier(&root).unwrap(), document::policy_version("root", 2, text, &signature)].concat();
    let change = Change { facts: vec![fact], files };
    store.commit(Generation(2), NOW, change).unwrap();
    let der = vec![0x30, 0];
    let crl = CrlInfo {
        number: 1,
        this_update: NOW,
        next_update: NOW.plus_days(7),
        entries: 0,
        sha256: sha256(&der),
        ..CrlInfo::default()
    };
    let fact = Fact::CrlIssued {
        certifier: "root".into(),
        crl: crl.clone(),
        der: ringmaster::model::bytes::Der(der.clone()),
    };
    let change = Change { facts: vec![fact], files: document::crl("root", &crl, &der) };
    let state = store.commit(Generation(3), NOW, change).unwrap();
    assert_eq!(state.certifiers["root"].crl, Some(CrlInfo { regular: Some(NOW), ..crl }));
    assert!(other.refresh(false).unwrap());
    assert_eq!(*other.state(), *state);
    assert_eq!(*open(home.path()).state(), *state);
    assert_eq!(std::fs::read(store.folder().join("certifiers/root/crl.der")).unwrap(), der);
    assert!(store.folder().join("certifiers/root/.history/certifier.3.ron").exists());

    std::fs::write(store.folder().join("certifiers/root/certificate.pem"), "x").unwrap();
    assert!(store.refresh(true).unwrap());
    let state = store.state();
    assert!(state.certifiers.is_empty() && state.unreadable[0].why.contains("certificate.pem is damaged"));
}

fn sha256(bytes: &[u8]) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    Digest(out)
}

/// The recipes of docs/formats.md.
#[test]
fn openssl_reads_a_ring_as_it_is() {
    let Some(openssl) = tool("openssl") else { return };
    let home = TempDir::new().unwrap();
    let mut store = open(home.path());
    let (_, root) = certificate("Example Root", true);
    let change = created(&store, ring("mail", &[root]));
    let state = store.commit(Generation(1), NOW, change).unwrap();
    let mail = &state.keyrings["mail"];
    let file = store.folder().join("keyrings/mail.kyr");
    let password = home.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let password = format!("file:{}", password.display());
    let openssl = |arguments: &[&str]| {
        let mut command = Command::new(&openssl);
        command.args(arguments).stdin(std::process::Stdio::null());
        run(&mut command).stdout
    };
    let path = file.to_str().unwrap();
    let public = openssl(&["pkey", "-in", path, "-passin", &password, "-pubout", "-outform", "DER"]);
    assert_eq!(public, mail.key.as_ref().unwrap().spki.0);
    let leaf = openssl(&["x509", "-in", path, "-outform", "DER"]);
    assert_eq!(leaf, mail.leaf().unwrap().der.0);
    let all = home.path().join("all.p7b");
    openssl(&["crl2pkcs7", "-nocrl", "-certfile", path, "-out", all.to_str().unwrap()]);
    let all = openssl(&["pkcs7", "-print_certs", "-noout", "-in", all.to_str().unwrap()]);
    assert_eq!(String::from_utf8_lossy(&all).matches("subject=").count(), 2);

    let script = r#"
        K=$(openssl kdf -binary -keylen 32 -kdfopt digest:SHA256 -kdfopt "pass:$4" \
            -kdfopt hexsalt:$1 -kdfopt iter:$2 PBKDF2 | od -An -vtx1 | tr -d ' \n')
        printf 'ringmaster keyring verifier' | openssl mac -digest SHA256 -macopt hexkey:$K HMAC
    "#;
    let hex = ringmaster::model::bytes::hex;
    let sealed = &mail.sealed;
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh", &hex(&sealed.salt), &sealed.rounds.to_string(), "", PASSWORD]);
    let verifier = String::from_utf8(run(&mut shell).stdout).unwrap();
    assert_eq!(verifier.trim().to_lowercase(), hex(&sealed.verifier));
}
