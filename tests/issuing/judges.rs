//! Outside judges of what is issued: pkilint and GnuTLS look at the certificate of each preset, at root, subordinate authority
//! and CRLs, and at what the verbs sign: certifiers below others, renewed and with a new key, delta CRLs and CRLs in parts. What
//! pkilint says at ERROR or above is explained in `docs/lint.md`, rule by rule.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::rollover::NewKey;
use ringmaster::model::certifier::{Certifier, NewCertifier, Policy, SignedBy, constraints};
use ringmaster::model::crl::CrlKind;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::pki::pem;

use super::profiles::{presets, revoking};
use crate::certifiers::asked;
use crate::life::{create_keyring, issue};
use crate::support::{desk, run, secret, tool};

/// What pkilint says of a public-like certificate by the rules for public authorities, and why it is so: see `docs/lint.md`.
const EXPLAINED: &[&str] = &["cabf.serverauth.subscriber.certificate_policies_extension_absent"];

fn begin(folder: &Path, judge: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(judge);
    command.current_dir(folder).arg("lint").args(["-s", "ERROR", "-f", "CSV"]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ends a judge and lists what it said: the codes of its findings.
fn said(child: Child) -> Vec<String> {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(text.starts_with("node_path") && complaint.is_empty(), "{text}\n{complaint}");
    // node_path, validator, severity, code, message
    let code = |line: &str| line.split(',').nth(3).unwrap_or(line).to_owned();
    text.lines().skip(1).filter(|l| !l.trim().is_empty()).map(code).collect()
}

#[test]
fn pkilint_finds_no_error_that_is_not_explained() {
    let Some(_) = tool("lint_pkix_cert") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut waiting = Vec::new();
    for (at, authority, kind) in
        [("ec", KeyType::P384, KeyType::P256), ("rsa", KeyType::Rsa3072, KeyType::Rsa3072)]
    {
        let folder = folder.join(at);
        std::fs::create_dir(&folder).unwrap();
        let written = presets(&folder, authority, kind);
        revoking(&folder, authority);
        let certificate =
            |name: &str| (name.to_owned(), begin(&folder, "lint_pkix_cert", &[&format!("{name}.pem")]));
        let mut all: Vec<_> = written.iter().copied().chain(["ca"]).map(certificate).collect();
        for list in ["crl", "revoking"] {
            let arguments = ["-t", "CRL", "-p", "PKIX", &format!("{list}.pem")];
            all.push((list.to_owned(), begin(&folder, "lint_crl", &arguments)));
        }
        // No more at once than the machine bears.
        for (name, child) in all {
            let told = said(child);
            assert!(told.is_empty(), "{at} {name}: {told:?}");
        }
        let arguments = ["-t", "OV-FINAL-CERTIFICATE", "public-like.pem"];
        waiting.push((at, begin(&folder, "lint_cabf_serverauth_cert", &arguments)));
    }
    let explanations = std::fs::read_to_string("docs/lint.md").unwrap();
    for (at, child) in waiting {
        let told = said(child);
        let unknown: Vec<_> = told.iter().filter(|code| !EXPLAINED.contains(&code.as_str())).collect();
        assert!(unknown.is_empty(), "{at} public-like: {unknown:?}");
        for code in told {
            assert!(explanations.contains(&code), "docs/lint.md does not explain {code}");
        }
    }
}

/// A root with delta CRLs and two subordinates below it, limited in their names, of which one has its CRL in parts.
fn authorities(desk: &mut Desk) {
    let with = |asked: NewCertifier, change: fn(&mut Policy)| {
        let mut asked = asked;
        change(&mut asked.policy);
        asked
    };
    let root = with(asked("root", SignedBy::Itself), |p| p.delta_days = 1);
    desk.run(Verb::CreateCertifier(root)).unwrap();
    for (name, change) in
        [("parts", (|p| p.crl_parts = 2) as fn(&mut Policy)), ("delta", |p| p.delta_days = 1)]
    {
        let mut below = with(asked(name, SignedBy::Certifier("root".into())), change);
        below.years = 2;
        below.permitted = constraints::read("dns:example.test ip:10.0.0.0/8").unwrap();
        below.excluded = constraints::read("dns:secret.example.test").unwrap();
        desk.run(Verb::CreateCertifier(below)).unwrap();
    }
}

#[test]
fn pkilint_finds_no_error_in_what_the_verbs_sign() {
    let Some(_) = tool("lint_pkix_cert") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut desk = desk(folder);
    authorities(&mut desk);
    let mut certificates = Vec::new();
    for (ring, certifier, reason) in [
        ("a", "parts", Reason::Superseded),
        ("b", "parts", Reason::KeyCompromise),
        ("c", "delta", Reason::CertificateHold),
        ("d", "delta", Reason::Unspecified),
    ] {
        let request = create_keyring(&mut desk, ring, false);
        let leaf = issue(&mut desk, request, certifier);
        desk.run(Verb::revoke(certifier, leaf.serial.clone(), reason)).unwrap();
        certificates.push((ring.to_owned(), leaf));
    }
    desk.run(Verb::issue_crl("parts")).unwrap();
    desk.run(Verb::IssueCrl { certifier: "delta".into(), kind: CrlKind::Delta }).unwrap();
    desk.run(Verb::RenewCertifier { name: "delta".into(), years: 3 }).unwrap();
    let new = NewKey {
        password: secret("ca-pass"),
        repeat: secret("ca-pass"),
        ..NewKey::after("root", KeyType::P384, 10)
    };
    desk.run(Verb::RollOver { name: "root".into(), asked: new }).unwrap();
    let state = desk.state();
    let of = |c: &Certifier| {
        let all = std::iter::once(&c.certificate).chain(&c.links).cloned().enumerate();
        all.map(|(n, certificate)| (format!("{}-{n}", c.name), certificate)).collect::<Vec<_>>()
    };
    certificates.extend(state.certifiers.values().flat_map(of));
    assert_eq!(certificates.len(), 10, "4 of rings, 4 certifiers, 2 links");
    for (name, certificate) in certificates {
        let file = format!("{name}.pem");
        std::fs::write(folder.join(&file), pem::write("CERTIFICATE", &certificate.der.0)).unwrap();
        let told = said(begin(folder, "lint_pkix_cert", &[&file]));
        assert!(told.is_empty(), "{name}: {told:?}");
    }
    for (certifier, count) in [("root", 1), ("parts", 3), ("delta", 2)] {
        let lists = desk.ledger().current_crls(certifier).unwrap();
        assert_eq!(lists.len(), count, "{certifier}");
        for (crl, der) in lists {
            let file = format!("{certifier}-{}.pem", crl.number);
            std::fs::write(folder.join(&file), pem::write("X509 CRL", &der.0)).unwrap();
            let told = said(begin(folder, "lint_crl", &["-t", "CRL", "-p", "PKIX", &file]));
            assert!(told.is_empty(), "{certifier}, {}: {told:?}", crl.kind());
            if tool("certtool").is_some() {
                let read =
                    run(Command::new("certtool").current_dir(folder).args(["--crl-info", "--infile", &file]));
                let text = String::from_utf8_lossy(&read.stdout);
                assert!(text.contains("CRL Number"), "{text}");
            }
        }
    }
}

#[test]
fn gnutls_reads_and_verifies_every_preset() {
    let Some(_) = tool("certtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for kind in [KeyType::P256, KeyType::Rsa3072] {
        let certtool = |arguments: &[&str]| {
            let output = run(Command::new("certtool").current_dir(folder).args(arguments));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        for name in presets(folder, KeyType::P384, kind) {
            let file = format!("{name}.pem");
            let text = certtool(&["--certificate-info", "--infile", &file]);
            assert!(text.contains("Version: 3") && !text.contains("warning"), "{name}: {text}");
            let verdict = certtool(&[
                "--verify",
                "--load-ca-certificate",
                "ca.pem",
                "--load-crl",
                "crl.pem",
                "--infile",
                &file,
            ]);
            assert!(verdict.contains("Verified. The certificate is trusted"), "{name}: {verdict}");
        }
        let text = certtool(&["--crl-info", "--infile", "crl.pem"]);
        assert!(text.contains("CRL Number"), "{text}");
        let text = certtool(&["--verify-crl", "--load-ca-certificate", "ca.pem", "--infile", "crl.pem"]);
        assert!(text.contains("Verified"), "{text}");
    }
}
