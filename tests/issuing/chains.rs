//! Chains explained, held against the verdict of OpenSSL on the same files.

use std::path::Path;
use std::process::Command;

use ringmaster::model::bytes::Serial;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::finding::Severity;
use ringmaster::model::issued::Reason;
use ringmaster::model::time::{DAY, Timestamp};
use ringmaster::pki::chain::{Explanation, Question, explain, sort};
use ringmaster::pki::crl::to_be_signed;
use ringmaster::pki::issue::assemble;

use super::{key, now, openssl, private_key, read, write};
use crate::support::tool;

const EC: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
pub(super) const ROOT: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";
pub(super) const SERVER: &str =
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth";

/// Makes the key NAME and its certificate, signed by `issuer` (itself when the name is the same), as FILE.pem.
pub(super) fn certify(folder: &Path, file: &str, name: &str, issuer: &str, days: u32, extensions: &str) {
    if !folder.join(format!("{name}.key")).exists() {
        key(folder, name, EC);
    }
    // Extensions that begin with a comment bring their own key identifiers.
    let ids = if extensions.starts_with('#') {
        "subjectKeyIdentifier=none\nauthorityKeyIdentifier=none"
    } else {
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always"
    };
    let ids = if extensions.contains("KeyIdentifier") { "" } else { ids };
    std::fs::write(folder.join("e.cnf"), format!("[e]\n{extensions}\n{ids}\n")).unwrap();
    let (own, days) = (format!("{name}.key"), days.to_string());
    let subject = format!("/O=Chains/CN={}", name.trim_end_matches(char::is_numeric));
    openssl(folder, &["req", "-new", "-key", &own, "-subj", &subject, "-out", "new.csr"]);
    let (out, ca, ca_key) = (format!("{file}.pem"), format!("{issuer}.pem"), format!("{issuer}.key"));
    let by: Vec<&str> = if name == issuer {
        vec!["-signkey", &own]
    } else {
        vec!["-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial"]
    };
    let fixed = [
        "x509",
        "-req",
        "-in",
        "new.csr",
        "-days",
        &days,
        "-extfile",
        "e.cnf",
        "-extensions",
        "e",
        "-out",
        &out,
    ];
    openssl(folder, &[&fixed[..], &by].concat());
}

/// One chain and what is expected of it.
pub(super) struct Case {
    /// The certificates between leaf and anchors.
    pub(super) pool: &'static [&'static str],
    pub(super) anchors: &'static [&'static str],
    pub(super) leaf: &'static str,
    pub(super) host: &'static str,
    /// The date, in days from now.
    pub(super) day: i64,
    pub(super) crl: Option<&'static str>,
    /// The rule that must tell an error, and the certificate it must name; none for a good chain.
    pub(super) told: Option<(&'static str, &'static str)>,
}

pub(super) const GOOD: Case = Case {
    pool: &["mid"],
    anchors: &["root"],
    leaf: "leaf",
    host: "www.example.test",
    day: 0,
    crl: None,
    told: None,
};

pub(super) fn cases() -> Vec<Case> {
    let told = |rule, file| Some((rule, file));
    vec![
        GOOD,
        Case { crl: Some("empty"), ..GOOD },
        Case { pool: &["root", "mid", "leaf", "other", "mid"], ..GOOD },
        Case { host: "WWW.example.test", ..GOOD },
        Case { day: 15, told: told("chain.expired", "leaf"), ..GOOD },
        Case { day: -5, told: told("chain.not-yet", "leaf"), ..GOOD },
        Case {
            pool: &["mid-brief"],
            anchors: &["root-brief"],
            leaf: "leaf-brief",
            day: 40,
            told: told("chain.expired", "root-brief"),
            ..GOOD
        },
        Case { host: "mail.example.test", told: told("chain.host", "leaf"), ..GOOD },
        Case { leaf: "nameless", host: "nameless.test", told: told("chain.host", "nameless"), ..GOOD },
        Case { pool: &[], told: told("chain.missing", "leaf"), ..GOOD },
        Case { anchors: &["root2"], told: told("chain.signature", "mid"), ..GOOD },
        Case { anchors: &["stranger"], told: told("chain.missing", "mid"), ..GOOD },
        Case {
            anchors: &["stranger"],
            pool: &["mid", "root"],
            told: told("chain.untrusted", "root"),
            ..GOOD
        },
        Case { anchors: &[], pool: &["mid", "root"], told: told("chain.untrusted", "root"), ..GOOD },
        Case { pool: &["plain"], leaf: "under-plain", told: told("chain.not-ca", "plain"), ..GOOD },
        Case { pool: &["mute"], leaf: "under-mute", told: told("chain.key-usage", "mute"), ..GOOD },
        Case {
            pool: &["short", "deep"],
            leaf: "under-deep",
            told: told("chain.path-length", "short"),
            ..GOOD
        },
        Case {
            pool: &["bound"],
            leaf: "under-bound",
            told: told("chain.name-constraint", "under-bound"),
            ..GOOD
        },
        Case {
            pool: &["barred"],
            leaf: "under-barred",
            told: told("chain.name-constraint", "under-barred"),
            ..GOOD
        },
        Case { pool: &["bound"], leaf: "inside-bound", host: "www.inside.test", ..GOOD },
        Case { leaf: "client", told: told("chain.extended", "client"), ..GOOD },
        Case { crl: Some("revoking"), told: told("chain.revoked", "leaf"), ..GOOD },
        Case { crl: Some("stale"), told: told("chain.crl-expired", "leaf"), ..GOOD },
        Case { pool: &["east", "west"], leaf: "under-east", told: told("chain.missing", "west"), ..GOOD },
        // Two certificates of one key: the way over the trusted one must be found.
        Case { pool: &["mid-strange", "mid"], ..GOOD },
    ]
}

pub(super) fn build(folder: &Path) {
    let ca = |file: &str, name: &str, issuer: &str, days: u32, extra: &str| {
        certify(folder, file, name, issuer, days, &format!("{ROOT}{extra}"));
    };
    let www = |file: &str, issuer: &str, days: u32| {
        certify(folder, file, file, issuer, days, &format!("{SERVER}\nsubjectAltName=DNS:www.example.test"));
    };
    ca("root", "root", "root", 3000, "");
    ca("root2", "root2", "root2", 3000, "");
    ca("stranger", "stranger", "stranger", 3000, "");
    ca("other", "other", "other", 3000, "");
    ca("mid", "mid", "root", 1000, "");
    ca("mid-strange", "mid", "stranger", 1000, "");
    www("leaf", "mid", 10);
    certify(
        folder,
        "client",
        "client",
        "mid",
        10,
        "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\nsubjectAltName=DNS:www.example.test",
    );
    certify(folder, "nameless", "nameless", "mid", 10, SERVER);
    ca("root-brief", "root-brief", "root-brief", 30, "");
    ca("mid-brief", "mid-brief", "root-brief", 1000, "");
    www("leaf-brief", "mid-brief", 1000);
    certify(
        folder,
        "plain",
        "plain",
        "root",
        1000,
        "basicConstraints=critical,CA:FALSE\nkeyUsage=keyCertSign",
    );
    www("under-plain", "plain", 100);
    certify(
        folder,
        "mute",
        "mute",
        "root",
        1000,
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign",
    );
    www("under-mute", "mute", 100);
    ca("short", "short", "root", 1000, "");
    certify(
        folder,
        "short",
        "short",
        "root",
        1000,
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign",
    );
    ca("deep", "deep", "short", 1000, "");
    www("under-deep", "deep", 100);
    ca("bound", "bound", "root", 1000, "\nnameConstraints=critical,permitted;DNS:inside.test");
    www("under-bound", "bound", 100);
    certify(
        folder,
        "inside-bound",
        "inside-bound",
        "bound",
        100,
        &format!("{SERVER}\nsubjectAltName=DNS:www.inside.test"),
    );
    ca(
        "barred",
        "barred",
        "root",
        1000,
        "\nnameConstraints=critical,excluded;DNS:example.test,permitted;IP:10.0.0.0/255.0.0.0",
    );
    www("under-barred", "barred", 100);
    // A loop: each of the two certifies the other.
    ca("east", "east", "east", 1000, "");
    ca("west", "west", "east", 1000, "");
    ca("east", "east", "west", 1000, "");
    www("under-east", "east", 100);
    lists(folder);
}

fn lists(folder: &Path) {
    let (key, mid, leaf) = (private_key(folder, "mid"), read(folder, "mid"), read(folder, "leaf"));
    let entry = (leaf.serial, now(), Reason::KeyCompromise);
    let list = |file: &str, from: i64, to: i64, entries: &[(Serial, Timestamp, Reason)]| {
        let (from, to) = (now().plus_days(from), now().plus_days(to));
        let entries = &mut entries.iter().cloned();
        let tbs = to_be_signed(&mid, key.algorithm(), 1, from, to, entries).unwrap();
        write(folder, file, "X509 CRL", &assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap()));
    };
    list("empty", -1, 9, &[]);
    list("revoking", -1, 9, &[entry]);
    list("stale", -9, -1, &[]);
}

/// Asks OpenSSL the same question.
pub(super) fn verdict(folder: &Path, case: &Case, more: &[&str]) -> (bool, String) {
    let join = |names: &[&str]| {
        let all = names.iter().map(|n| std::fs::read_to_string(folder.join(format!("{n}.pem"))).unwrap());
        all.collect::<String>()
    };
    std::fs::write(folder.join("pool"), join(case.pool)).unwrap();
    std::fs::write(folder.join("anchors"), join(case.anchors)).unwrap();
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver"]);
    command.args(["-verify_hostname", case.host, "-attime", &(now().0 + case.day * DAY).to_string()]);
    command.args(more);
    if case.anchors.is_empty() {
        command.arg("-no-CAfile");
    } else {
        command.args(["-CAfile", "anchors"]);
    }
    if !case.pool.is_empty() {
        command.args(["-untrusted", "pool"]);
    }
    if let Some(crl) = case.crl {
        command.args(["-crl_check", "-CRLfile", &format!("{crl}.pem")]);
    }
    let output = command.arg(format!("{}.pem", case.leaf)).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

pub(super) fn ours(folder: &Path, case: &Case) -> Explanation {
    let (leaf, pool, anchors) = (
        read(folder, case.leaf),
        case.pool.iter().map(|n| read(folder, n)).collect::<Vec<_>>(),
        case.anchors.iter().map(|n| read(folder, n)).collect::<Vec<_>>(),
    );
    let crls: Vec<Vec<u8>> = case
        .crl
        .iter()
        .map(|n| {
            let text = std::fs::read(folder.join(format!("{n}.pem"))).unwrap();
            ringmaster::pki::pem::find(&text).unwrap().crls.remove(0)
        })
        .collect();
    explain(&Question {
        leaf: &leaf,
        pool: &pool.iter().map(|c| (c, "sent".to_owned())).collect::<Vec<_>>(),
        anchors: &anchors.iter().collect::<Vec<_>>(),
        host: Some(case.host),
        at: Timestamp(now().0 + case.day * DAY),
        crls: &crls.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    })
}

#[test]
fn our_verdicts_are_those_of_openssl_and_name_the_certificate() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    for case in cases() {
        let what =
            format!("{} over {:?} to {:?}, expecting {:?}", case.leaf, case.pool, case.anchors, case.told);
        let explanation = ours(folder, &case);
        let errors: Vec<_> = explanation
            .links
            .iter()
            .flat_map(|l| l.findings.iter().map(move |f| (l, f)))
            .filter(|(_, f)| f.severity == Severity::Error)
            .collect();
        let (good, said) = verdict(folder, &case, &[]);
        // OpenSSL takes the common name for a host name when there is no other, and never goes back to try
        // another way; webpki does.
        if case.leaf != "nameless" && case.pool.first() != Some(&"mid-strange") {
            assert_eq!(good, case.told.is_none(), "openssl, {what}\n{said}");
        }
        assert_eq!(errors.is_empty(), case.told.is_none(), "{what}\n{errors:#?}\n{said}");
        match case.told {
            None => {
                assert!(explanation.trusted, "{what}: {}", explanation.verdict);
                assert_eq!(explanation.verdict, "trusted");
                assert_eq!(explanation.missing, None);
            }
            Some((rule, file)) => {
                let named = read(folder, file).sha256;
                let told = errors.iter().any(|(l, f)| f.rule == rule && l.certificate.sha256 == named);
                assert!(told, "{what}\n{errors:#?}");
                let silent = ["root-brief", "mute"].contains(&file);
                assert_eq!(explanation.trusted, silent, "{what}: {}", explanation.verdict);
                assert_ne!(explanation.verdict, "trusted");
                assert_eq!(explanation.missing.is_some(), rule == "chain.missing", "{what}");
            }
        }
    }
}

#[test]
fn a_list_by_another_key_is_not_believed() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    // The same name, another key: made by `other` in the name of `mid`.
    let (key, mut forged, leaf) = (private_key(folder, "other"), read(folder, "mid"), read(folder, "leaf"));
    forged.ski = None;
    let entry = (leaf.serial.clone(), now(), Reason::KeyCompromise);
    let next = now().plus_days(1);
    let tbs = to_be_signed(&forged, key.algorithm(), 1, now(), next, &mut std::iter::once(entry)).unwrap();
    let crl = assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap());
    let (mid, root) = (read(folder, "mid"), read(folder, "root"));
    let question = Question {
        leaf: &leaf,
        pool: &[(&mid, "sent".into())],
        anchors: &[&root],
        host: None,
        at: now(),
        crls: &[&crl, b"rubbish"],
    };
    let explanation = explain(&question);
    assert!(explanation.trusted, "{}", explanation.verdict);
    let rules: Vec<_> = explanation.links.iter().flat_map(|l| &l.findings).map(|f| f.rule.as_str()).collect();
    assert_eq!(rules, ["chain.crl-signature", "chain.crl-damaged"]);
}

#[test]
fn certificates_in_any_order_become_a_chain() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let load = |names: &[&str]| names.iter().map(|n| read(folder, n)).collect::<Vec<Certificate>>();
    let sorted = load(&["leaf", "mid", "root"]);
    for order in
        [["leaf", "mid", "root"], ["root", "mid", "leaf"], ["mid", "leaf", "root"], ["root", "leaf", "mid"]]
    {
        assert_eq!(sort(load(&order)), sorted, "{order:?}");
    }
    assert_eq!(sort(load(&["root", "leaf", "root", "mid", "leaf"])), sorted, "doubled");
    let mut with_stranger = sorted.clone();
    with_stranger.extend(load(&["client"]));
    assert_eq!(sort(load(&["root", "leaf", "client", "mid"])), with_stranger);
    // The name of the root is right, the key is not: the right one is taken.
    let taken = sort(load(&["root2", "root", "mid", "leaf"]));
    assert_eq!(taken[..3], sorted[..]);
    assert_eq!(sort(load(&["west", "east"])).len(), 2, "a loop ends");
    assert_eq!(sort(load(&["root", "mid"])), load(&["mid", "root"]));
    assert!(sort(Vec::new()).is_empty());
}
