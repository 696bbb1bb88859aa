//! What leaves the workspace: other programs read each form, the audit log knows before a private key leaves, and nothing
//! is written over, half, or where others can read it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ringmaster::desk::export::{Asked, Exported};
use ringmaster::desk::{Desk, Verb};
use ringmaster::model::error::{Kind, Result};
use ringmaster::model::export::{CertificateExport, Export, FORMS, Format, Order, Secrecy, Which};
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Identity, NewKeyring};
use ringmaster::ops::hand_over;
use ringmaster::ops::ring::Act;
use ringmaster::pki::pem;

use crate::life::{create_certifier, issue};
use crate::support::{Mount, desk, openssl, run, secret, tool};

const PASS: &str = "päss phrase 1";

/// A desk in `folder` with the ring `mail`, which serves mail.example.test under a root of its own.
pub(crate) fn furnished(folder: &Path, key_type: KeyType, stash: bool) -> Desk {
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    let asked = NewKeyring {
        name: "mail".into(),
        identity: Identity {
            hosts: vec!["mail.example.test".into()],
            organization: "Example".into(),
            country: "DE".into(),
            ..Identity::default()
        },
        key_type,
        password: secret("ring-pass"),
        repeat: secret("ring-pass"),
        stash,
        ..NewKeyring::default()
    };
    let state = desk.run(Verb::CreateKeyring(asked)).unwrap().state;
    let leaf = issue(&mut desk, *state.requests.keys().next().unwrap(), "root");
    let root = state.certifiers["root"].certificate.clone();
    std::fs::write(folder.join("root.pem"), pem::write("CERTIFICATE", &root.der.0)).unwrap();
    std::fs::write(folder.join("leaf.pem"), pem::write("CERTIFICATE", &leaf.der.0)).unwrap();
    for act in [Act::Trust { roots: vec![root] }, Act::Install { certificates: vec![leaf] }] {
        let password = Some(secret("ring-pass"));
        desk.run(Verb::Ring { keyring: "mail".into(), act, password }).unwrap();
    }
    desk
}

/// An export with everything that a person would type.
fn form(format: Format, to: &Path) -> Export {
    typed(Export { to: to.to_owned(), ..Export::form("mail", format) })
}

/// A hand-over with everything that a person would type.
pub(crate) fn preset(name: &str, to: &Path) -> Export {
    typed(Export { to: to.to_owned(), ..hand_over::find(name).unwrap().asked("mail") })
}

fn typed(mut export: Export) -> Export {
    if export.secrecy != Secrecy::Public {
        export.confirm = "mail".into();
    }
    if export.secrecy == Secrecy::Sealed {
        (export.password, export.repeat) = (secret(PASS), secret(PASS));
    }
    export
}

/// Lets it leave.
pub(crate) fn leave(desk: &mut Desk, export: Export) -> Result<Exported> {
    desk.export(&Asked::Keyring(Box::new(export)), None)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What the audit log says of exported keys.
fn told(desk: &mut Desk) -> Vec<String> {
    let all = desk.ledger().audit(1, 1000).unwrap();
    all.into_iter().filter(|e| e.what == "key exported").map(|e| e.body).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The public key of the ring as OpenSSL takes it from the certificate.
fn public(folder: &Path) -> String {
    openssl(folder, "x509 -in leaf.pem -noout -pubkey")
}

#[test]
fn openssl_reads_every_public_form() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    for info in FORMS.iter().filter(|f| f.secrecy == Secrecy::Public) {
        let path = folder.join(info.name);
        let exported = leave(&mut desk, form(info.form, &path)).unwrap();
        assert_eq!(mode(&path), 0o644, "{}", info.name);
        assert!(exported.lines[0].contains("read back"), "{:?}", exported.lines);
    }
    assert!(openssl(folder, "verify -CAfile roots -show_chain pem").contains("pem: OK"));
    assert_eq!(std::fs::read(folder.join("leaf")).unwrap(), std::fs::read(folder.join("leaf.pem")).unwrap());
    let plain = openssl(folder, "x509 -in leaf.pem -noout -fingerprint -sha256");
    assert_eq!(openssl(folder, "x509 -inform DER -in der -noout -fingerprint -sha256"), plain);
    let subject =
        "subject=C = DE, O = Example, CN = mail.example.test".replace(" = ", "=").replace(", ", ",");
    let said = |text: String| text.replace(" = ", "=").replace(", ", ",").replace(' ', "");
    let p7b = openssl(folder, "pkcs7 -in p7b -print_certs -noout");
    assert!(said(p7b.clone()).contains(&subject), "{p7b}");
    assert_eq!(openssl(folder, "pkcs7 -inform DER -in p7b-der -print_certs -noout"), p7b);
    assert_eq!(openssl(folder, "pkey -pubin -in public-key -pubout"), public(folder));
    assert!(openssl(folder, "req -in request -verify -noout").contains("OK"));
    assert_eq!(told(&mut desk), [""; 0], "no key has left");

    // The order is chosen, and the root comes along when it is asked for.
    let path = folder.join("down");
    let down = Export { order: Order::RootFirst, with_root: true, ..form(Format::Pem, &path) };
    leave(&mut desk, down).unwrap();
    let root_then_leaf =
        [folder.join("root.pem"), folder.join("leaf.pem")].map(|p| std::fs::read(p).unwrap()).concat();
    assert_eq!(std::fs::read(&path).unwrap(), root_then_leaf);
}

#[test]
fn certtool_and_keytool_read_the_pkcs7() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::Rsa2048, true);
    let with_root = |format, name: &str| Export { with_root: true, ..form(format, &folder.join(name)) };
    leave(&mut desk, with_root(Format::P7b, "p7b")).unwrap();
    leave(&mut desk, with_root(Format::P7bDer, "der")).unwrap();
    if let Some(certtool) = tool("certtool") {
        let output =
            run(Command::new(certtool).current_dir(folder).args(["--p7-info", "--inder", "--infile", "der"]));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("Number of certificates: 2"), "{said}");
    }
    if let Some(keytool) = tool("keytool") {
        let output = run(Command::new(keytool).current_dir(folder).args(["-printcert", "-file", "p7b"]));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("CN=mail.example.test") && said.contains("CN=Test root"), "{said}");
    }
}

/// Each form is read by each of these programs that knows it at all; PKCS#12 has a test of its own.
#[test]
fn certtool_keytool_and_nss_read_every_form_they_know() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::Rsa2048, true);
    for info in FORMS.iter().filter(|f| !f.name.starts_with("pkcs12")) {
        leave(&mut desk, form(info.form, &folder.join(info.name))).unwrap();
    }
    let said = |program: &str, arguments: &str| {
        let program = tool(program)?;
        let mut command = Command::new(program);
        command.current_dir(folder).args(arguments.split(' '));
        Some(String::from_utf8_lossy(&run(&mut command).stdout).into_owned())
    };
    for (form, how, words) in [
        ("pem", "-i --infile", "CN=mail.example.test"),
        ("leaf", "-i --infile", "CN=mail.example.test"),
        ("der", "-i --inder --infile", "CN=mail.example.test"),
        ("roots", "-i --infile", "CN=Test root"),
        ("p7b", "--p7-info --infile", "Number of certificates: 1"),
        ("p7b-der", "--p7-info --inder --infile", "Number of certificates: 1"),
        ("public-key", "--pubkey-info --infile", "RSA"),
        ("request", "--crq-info --infile", "CN=mail.example.test"),
        ("pkcs8-plain", "--key-info --infile", "RSA"),
        ("traditional", "--key-info --infile", "RSA"),
    ] {
        if let Some(said) = said("certtool", &format!("{how} {form}")) {
            assert!(said.contains(words), "{form}: {said}");
        }
    }
    if let Some(certtool) = tool("certtool") {
        let password = format!("--password={PASS}");
        let mut command = Command::new(certtool);
        let output = run(command.current_dir(folder).args([&password, "--key-info", "--infile", "pkcs8"]));
        assert!(String::from_utf8_lossy(&output.stdout).contains("RSA"));
    }
    for (form, words) in [("pem", "mail."), ("leaf", "mail."), ("der", "mail."), ("roots", "Test root")] {
        if let Some(said) = said("keytool", &format!("-printcert -file {form}")) {
            assert!(said.contains(words), "{form}: {said}");
        }
    }
    for form in ["p7b", "p7b-der"] {
        if let Some(said) = said("keytool", &format!("-printcert -file {form}")) {
            assert!(said.contains("CN=mail.example.test"), "{form}: {said}");
        }
    }
    if let Some(said) = said("keytool", "-printcertreq -file request") {
        assert!(said.contains("CN=mail.example.test"), "{said}");
    }
    if said("certutil", "-N -d . --empty-password").is_some() {
        for (form, how) in [("der", "-t ,,"), ("pem", "-a -t ,,"), ("roots", "-a -t C,,")] {
            said("certutil", &format!("-A -d . -n {form} {how} -i {form}"));
        }
        let list = said("certutil", "-L -d .").unwrap();
        assert!(list.contains("der") && list.contains("roots"), "{list}");
    }
}

#[test]
fn open_keys_leave_private_and_told() {
    let Some(_) = tool("openssl") else { return };
    for (key_type, label) in [(KeyType::Rsa2048, "RSA"), (KeyType::P384, "EC")] {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path();
        let mut desk = furnished(folder, key_type, true);
        for (number, format) in [Format::Pkcs8Plain, Format::Traditional].into_iter().enumerate() {
            let path = folder.join(format.info().name);
            let exported = leave(&mut desk, form(format, &path)).unwrap();
            assert_eq!(mode(&path), 0o600);
            assert_eq!(openssl(folder, &format!("pkey -in {} -pubout", format.info().name)), public(folder));
            assert!(
                exported.lines[0].contains("the key is the ring's and lies open"),
                "{:?}",
                exported.lines
            );
            let said = told(&mut desk);
            assert_eq!(said.len(), number + 1);
            assert!(
                said[number].contains(format.info().name) && said[number].contains("NOT encrypted"),
                "{said:?}"
            );
            assert!(said[number].contains("\"mail\""), "{said:?}");
        }
        let text = std::fs::read_to_string(folder.join("traditional")).unwrap();
        assert!(text.starts_with(&format!("-----BEGIN {label} PRIVATE KEY-----")), "{label}");
    }
}

#[test]
fn a_sealed_key_opens_with_its_pass_phrase_alone() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    let exported = leave(&mut desk, form(Format::Pkcs8, &folder.join("key"))).unwrap();
    assert!(exported.lines[0].contains("opens with the pass phrase"), "{:?}", exported.lines);
    assert_eq!(mode(&folder.join("key")), 0o600);
    std::fs::write(folder.join("pass"), PASS).unwrap();
    assert_eq!(openssl(folder, "pkey -in key -passin file:pass -pubout"), public(folder));
    let dump = openssl(folder, "asn1parse -in key");
    assert!(dump.contains("PBES2") && dump.contains(":0927C0"), "600,000 rounds: {dump}");
    std::fs::write(folder.join("pass"), "ring-pass").unwrap();
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["pkey", "-in", "key", "-passin", "file:pass", "-noout"]);
    assert!(!command.output().unwrap().status.success(), "the password of the ring opens it");
    assert!(told(&mut desk)[0].contains("PKCS#8 encrypted"));
}

#[test]
fn every_program_reads_the_pkcs12() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::Rsa2048, true);
    // Some of these programs take ASCII pass phrases only.
    let ascii = "pass-phrase 1";
    std::fs::write(folder.join("pass"), ascii).unwrap();
    for (format, name, legacy) in
        [(Format::Pkcs12, "modern.p12", ""), (Format::Pkcs12Legacy, "legacy.p12", " -legacy")]
    {
        let sealed = (secret(ascii), secret(ascii));
        let export = Export {
            with_root: true,
            password: sealed.0,
            repeat: sealed.1,
            ..form(format, &folder.join(name))
        };
        let exported = leave(&mut desk, export).unwrap();
        assert!(exported.lines[0].contains("its 2 certificates are the same"), "{:?}", exported.lines);
        assert_eq!(mode(&folder.join(name)), 0o600);
        openssl(folder, &format!("pkcs12 -in {name} -passin file:pass -nodes -nocerts -out key.pem{legacy}"));
        assert_eq!(openssl(folder, "pkey -in key.pem -pubout"), public(folder));
        openssl(
            folder,
            &format!("pkcs12 -in {name} -passin file:pass -clcerts -nokeys -out own.pem{legacy}"),
        );
        assert!(openssl(folder, "verify -CAfile root.pem own.pem").contains("OK"));
        if let Some(keytool) = tool("keytool") {
            let mut command = Command::new(keytool);
            command.current_dir(folder).args(["-list", "-v", "-storetype", "PKCS12", "-keystore", name]);
            let output = run(command.args(["-storepass:file", "pass"]));
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.contains("PrivateKeyEntry") && said.contains("Alias name: mail"), "{said}");
            assert!(said.contains("Certificate chain length: 2"), "{said}");
        }
        if let Some(certtool) = tool("certtool") {
            let mut command = Command::new(certtool);
            command.current_dir(folder).args([
                "--p12-info",
                "--inder",
                "--infile",
                name,
                "--password",
                ascii,
            ]);
            let said = String::from_utf8_lossy(&run(&mut command).stdout).into_owned();
            assert!(said.contains("PRIVATE KEY") && said.contains("BEGIN CERTIFICATE"), "{said}");
        }
        if let Some(pk12util) = tool("pk12util") {
            let mut command = Command::new(pk12util);
            let output = run(command.current_dir(folder).args(["-l", name, "-w", "pass"]));
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.contains("CN=mail.example.test"), "{said}");
        }
    }
}

#[test]
fn a_private_key_leaves_only_for_who_names_its_ring_and_opens_it() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, false);
    let path = folder.join("key");
    let good = form(Format::Pkcs8, &path);
    let wrong = [
        Export { confirm: "Mail".into(), ..good.clone() },
        Export { confirm: String::new(), ..good.clone() },
        Export { repeat: secret("other"), ..good.clone() },
        Export { password: secret(""), repeat: secret(""), ..good.clone() },
    ];
    for export in wrong {
        assert_eq!(leave(&mut desk, export).unwrap_err().kind, Kind::Usage);
    }
    assert_eq!(leave(&mut desk, good.clone()).unwrap_err().kind, Kind::Locked);
    let asked = Asked::Keyring(Box::new(good));
    let error = desk.export(&asked, Some(&secret(PASS))).unwrap_err();
    assert_eq!(error.kind, Kind::WrongPassword);
    assert!(!path.exists() && told(&mut desk).is_empty());

    // What is there is never written over, and a link is no way around that.
    std::fs::write(&path, "mine").unwrap();
    std::os::unix::fs::symlink(folder.join("elsewhere"), folder.join("link")).unwrap();
    for to in ["key", "link"] {
        let asked = Asked::Keyring(Box::new(form(Format::Pkcs8Plain, &folder.join(to))));
        let error = desk.export(&asked, Some(&secret("ring-pass"))).unwrap_err();
        assert!(error.what.contains("there already"), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    for to in ["data/key", "data/keyrings/key", "data/../data/key"] {
        let asked = Asked::Keyring(Box::new(form(Format::Pkcs8Plain, &folder.join(to))));
        let error = desk.export(&asked, Some(&secret("ring-pass"))).unwrap_err();
        assert!(error.what.contains("inside of the workspace"), "{error}");
    }
    assert!(told(&mut desk).is_empty(), "the audit log tells of what did not happen");

    // The file name in the audit log is escaped.
    let asked = Asked::Keyring(Box::new(form(Format::Pkcs8Plain, &folder.join("k\u{202e}\u{1b}[2J"))));
    desk.export(&asked, Some(&secret("ring-pass"))).unwrap();
    let said = told(&mut desk);
    assert!(said[0].contains("\\\\E2\\\\80\\\\AE\\\\1B[2J") && !said[0].contains('\u{202e}'), "{said:?}");
}

#[test]
fn a_failure_after_the_audit_entry_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    let stick = folder.join("stick");
    std::fs::create_dir(&stick).unwrap();
    let Some(_mount) = Mount::read_only(&stick) else { return };
    for export in [form(Format::Pkcs8Plain, &stick.join("key")), preset("nginx", &stick.join("nginx"))] {
        let error = leave(&mut desk, export).unwrap_err();
        assert_eq!(error.kind, Kind::Disk, "{error}");
        assert!(error.why.contains("The audit log says already"), "{error}");
    }
    assert_eq!(told(&mut desk).len(), 2);
}

#[test]
fn a_folder_that_fills_up_keeps_nothing_of_a_hand_over() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    let stick = folder.join("stick");
    std::fs::create_dir(&stick).unwrap();
    // Room for one file of the three.
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=4k", "none"], &stick) else { return };
    let error = leave(&mut desk, preset("nginx", &stick.join("nginx"))).unwrap_err();
    assert!(error.why.contains("full") && error.why.contains("Nothing was left behind."), "{error}");
    assert_eq!(names(&stick), [""; 0]);
}

#[test]
fn a_ring_goes_to_kyrtool_leaf_first_and_root_last() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::Rsa2048, true);
    let to = folder.join("for domino");
    let exported = leave(&mut desk, preset("kyrtool", &to)).unwrap();
    assert_eq!(names(&to), ["COMMANDS.txt", "mail.pem"]);
    assert_eq!(
        (mode(&to), mode(&to.join("mail.pem")), mode(&to.join("COMMANDS.txt"))),
        (0o700, 0o600, 0o644)
    );
    let bundle = std::fs::read_to_string(to.join("mail.pem")).unwrap();
    let (key, certificates) = bundle.split_at(bundle.find("-----BEGIN CERT").unwrap());
    assert!(key.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    let both = ["leaf.pem", "root.pem"].map(|n| std::fs::read_to_string(folder.join(n)).unwrap()).concat();
    assert_eq!(certificates, both);
    let commands = exported.commands.unwrap();
    assert_eq!(commands, std::fs::read_to_string(to.join("COMMANDS.txt")).unwrap());
    let quoted = format!("'{}'/mail.pem", to.canonicalize().unwrap().display());
    for wanted in [
        "kyrtool create -k mail.kyr",
        &format!("kyrtool import all -k mail.kyr -i {quoted}"),
        "kyrtool show certs -k mail.kyr",
        &format!("kyrtool verify {quoted}"),
        "never as root",
        "data directory",
        "not encrypted",
    ] {
        assert!(commands.contains(wanted), "{wanted}: {commands}");
    }
    assert!(told(&mut desk)[0].contains("handed over to Domino kyrtool, private key NOT encrypted"));
    let error = leave(&mut desk, preset("kyrtool", &to)).unwrap_err();
    assert!(error.what.contains("there already"), "{error}");
}

#[test]
fn kyrtool_gets_no_key_that_it_cannot_read() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    let error = leave(&mut desk, preset("kyrtool", &folder.join("x"))).unwrap_err();
    assert!(error.what.contains("RSA keys only") && error.why.contains("P-256"), "{error}");
    assert!(told(&mut desk).is_empty() && !folder.join("x").exists());
}

#[test]
fn certmgr_gets_encrypted_files_and_what_to_compare() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    let to = folder.join("out");
    let exported = leave(&mut desk, preset("certmgr", &to)).unwrap();
    assert_eq!(names(&to), ["COMMANDS.txt", "mail.p12", "mail.pem", "mail.txt"]);
    std::fs::write(folder.join("pass"), PASS).unwrap();
    assert_eq!(openssl(folder, "pkey -in out/mail.pem -passin file:pass -pubout"), public(folder));
    assert!(openssl(folder, "verify -CAfile root.pem out/mail.pem").contains("OK"));
    let facts = std::fs::read_to_string(to.join("mail.txt")).unwrap();
    assert!(facts.contains("dns:mail.example.test") || facts.contains("mail.example.test"), "{facts}");
    openssl(folder, "pkey -in out/mail.pem -passin file:pass -pubout -outform DER -out spki");
    let id = openssl(folder, "dgst -sha1 -c spki");
    let id = id.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(facts.to_lowercase().contains(&id), "{id}: {facts}");
    assert!(exported.commands.unwrap().contains("-importpem deletes the .pem"));
}

#[test]
fn java_finds_key_and_roots() {
    let Some(keytool) = tool("keytool") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::Rsa2048, true);
    let ascii = || secret("pass-phrase");
    let export = Export { password: ascii(), repeat: ascii(), ..preset("java", &folder.join("java")) };
    leave(&mut desk, export).unwrap();
    let listed = |store: &str| {
        let mut command = Command::new(&keytool);
        command.current_dir(folder.join("java")).args(["-list", "-storetype", "PKCS12", "-keystore", store]);
        let output = run(command.args(["-storepass", "pass-phrase"]));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let keys = listed("mail.p12");
    assert!(keys.contains("PrivateKeyEntry"), "{keys}");
    let trusted = listed("mail-trust.p12");
    assert!(trusted.contains("trustedCertEntry"), "{trusted}");
}

#[test]
fn keys_of_presets_are_private() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    for name in ["apache", "postfix", "dovecot", "postgresql"] {
        let to = folder.join(name);
        leave(&mut desk, preset(name, &to)).unwrap();
        for file in names(&to) {
            let secret = std::fs::read_to_string(to.join(&file)).unwrap().contains("PRIVATE KEY-----");
            assert_eq!(mode(&to.join(&file)), if secret { 0o600 } else { 0o644 }, "{name}/{file}");
        }
    }
}

#[test]
fn marked_certificates_leave_each_with_its_result() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = furnished(folder, KeyType::P256, true);
    let state = desk.state();
    let mut all: Vec<Which> = state.certificates().into_keys().map(Which::Sha256).collect();
    let export = |desk: &mut Desk, which: &[Which], format, separate, to: &str| {
        let asked = CertificateExport {
            separate,
            to: folder.join(to),
            ..CertificateExport::new(which.to_vec(), format, "x")
        };
        desk.export(&Asked::Certificates(asked), None)
    };
    let exported = export(&mut desk, &all, Format::Pem, false, "all.pem").unwrap();
    // The file, and each certificate in it.
    assert_eq!((all.len(), exported.lines.len()), (2, 3), "{:?}", exported.lines);
    for (which, line) in state.certificates().into_values().zip(&exported.lines[1..]) {
        assert!(line.contains(&which.0.serial.to_string()), "{line}");
    }
    let found = pem::find(&std::fs::read(folder.join("all.pem")).unwrap()).unwrap();
    assert_eq!(found.certificates.len(), 2);
    assert_eq!(export(&mut desk, &all, Format::Der, false, "all.der").unwrap_err().kind, Kind::Usage);
    // One that is not there any more does not keep the others here; one of the issued list is found by its row.
    all.push(Which::Sha256(ringmaster::model::bytes::Digest([7; 32])));
    all.push(Which::Issued(
        *desk.ledger().issued_ids(ringmaster::store::ledger::Order::Issued).unwrap().first().unwrap(),
    ));
    let exported = export(&mut desk, &all[..3], Format::Der, true, "each").unwrap();
    assert_eq!(exported.lines.len(), 3, "{:?}", exported.lines);
    assert!(exported.lines[2].contains("not written"), "{:?}", exported.lines);
    let files = names(&folder.join("each"));
    assert_eq!(files.len(), 2);
    for file in files {
        openssl(folder, &format!("x509 -inform DER -in each/{file} -noout"));
    }
    export(&mut desk, &all[3..], Format::PublicKey, false, "public").unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("public")).unwrap(), public(folder));
    assert!(export(&mut desk, &all, Format::Pem, false, "data/x.pem").is_err());
}

const FOLDER: &str = "RINGMASTER_TEST_EXPORT_FOLDER";
const ACT: &str = "RINGMASTER_TEST_EXPORT_ACT";

/// The child: exports from the folder it is told, and dies on the way.
#[test]
#[ignore = "only a child of the test below"]
fn child() {
    let (Some(folder), Ok(act)) = (std::env::var_os(FOLDER), std::env::var(ACT)) else { return };
    let folder = PathBuf::from(folder);
    let to = folder.join("out/new");
    let export = if act == "nginx" { preset("nginx", &to) } else { form(Format::Pkcs8Plain, &to) };
    leave(&mut desk(&folder), export).unwrap();
}

/// Killed at each step, an export leaves no half file, and no key has left that the audit log does not know.
#[test]
fn a_crash_leaves_no_half_file_and_no_untold_key() {
    for act in ["key", "nginx"] {
        let original = tempfile::tempdir().unwrap();
        drop(furnished(original.path(), KeyType::P256, true));
        let mut whole = 0;
        for at in 1.. {
            let temp = tempfile::tempdir().unwrap();
            let folder = temp.path();
            run(Command::new("cp").arg("-a").arg(format!("{}/.", original.path().display())).arg(folder));
            let out = folder.join("out");
            std::fs::create_dir(&out).unwrap();
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "export::child", "--ignored", "--nocapture"]);
            command.env(FOLDER, folder).env(ACT, act).env("RINGMASTER_CRASH_AT", at.to_string());
            let lived = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success();
            let files: Vec<PathBuf> = names(&out)
                .iter()
                .flat_map(|n| match out.join(n) {
                    folder if folder.is_dir() => names(&folder).iter().map(|n| folder.join(n)).collect(),
                    file => vec![file],
                })
                .collect();
            let mut keys = 0;
            for file in &files {
                let text = std::fs::read_to_string(file).unwrap();
                assert!(text.ends_with('\n') && !names(&out)[0].starts_with(".tmp"), "{act} {at}: {file:?}");
                if text.contains("PRIVATE KEY") {
                    let found = pem::find(text.as_bytes()).unwrap();
                    assert_eq!(
                        (found.keys.len(), found.unread.len(), mode(file)),
                        (1, 0, 0o600),
                        "{act} {at}"
                    );
                    keys += 1;
                }
            }
            let mut desk = desk(folder);
            assert!(keys == 0 || told(&mut desk).len() == 1, "{act} {at}: a key left untold");
            assert!(desk.ledger().verify_audit().unwrap().broken.is_none());
            whole += keys;
            if lived {
                assert_eq!(keys, 1);
                break;
            }
            assert!(at < 200, "the child never lives");
        }
        assert!(whole > 1, "{act}: no crash came after the key had left");
    }
}
