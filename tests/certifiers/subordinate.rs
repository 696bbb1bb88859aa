//! Subordinates: signed by a certifier of the workspace, or by an authority elsewhere.

use ringmaster::desk::Verb;
use ringmaster::model::certifier::constraints;
use ringmaster::model::certifier::{NewCertifier, SignedBy};
use ringmaster::model::error::Kind;
use ringmaster::model::request::Plan;
use ringmaster::ops::ring::Act;
use ringmaster::pki::pem;

use super::{asked, family, read_pem, write_pem};
use crate::life::{create_keyring, issue, plan};
use crate::support::{desk, openssl, secret, tool};

#[test]
fn a_certifier_signs_another_one_and_openssl_agrees() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    family(&mut desk);
    let state = desk.state();
    let (root, issuing) = (&state.certifiers["root"], &state.certifiers["issuing"]);
    assert_eq!((root.kind(), issuing.kind()), ("root", "subordinate"));
    assert_eq!(issuing.parent.as_deref(), Some("root"));
    assert_eq!(issuing.chain, std::slice::from_ref(&root.certificate));
    assert_eq!(issuing.root(), Some(&root.certificate));
    assert!(issuing.certificate.not_after <= root.certificate.not_after);
    let row = desk.ledger().issued_by_sha256(&issuing.certificate.sha256).unwrap().unwrap().0;
    assert_eq!((row.certifier.as_str(), row.profile.as_str()), ("root", "sub-ca"));

    write_pem(folder, "root.pem", [&root.certificate]);
    write_pem(folder, "issuing.pem", [&issuing.certificate]);
    let text = openssl(folder, "x509 -in issuing.pem -noout -text");
    assert!(text.contains("CA:TRUE, pathlen:0"), "{text}");
    assert!(text.contains("DNS:example.test") && text.contains("IP:10.0.0.0/255.0.0.0"), "{text}");
    let excluded = text.find("Excluded").unwrap();
    assert!(text.get(excluded..).unwrap().contains("DNS:secret.example.test"), "{text}");
    assert!(openssl(folder, "verify -x509_strict -CAfile root.pem issuing.pem").contains("OK"));

    // Its certificates carry their chain into the ring.
    let mail = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, mail, "issuing");
    let roots = vec![state.certifiers["issuing"].root().unwrap().clone()];
    desk.run(Verb::ring("mail", Act::Trust { roots })).unwrap();
    desk.run(Verb::ring("mail", Act::Install { certificates: vec![leaf.clone()] })).unwrap();
    let ring = desk.state().keyrings["mail"].clone();
    assert_eq!(
        ring.entries.iter().map(|e| e.certificate.sha256).collect::<Vec<_>>(),
        [leaf.sha256, issuing.certificate.sha256, root.certificate.sha256]
    );
    write_pem(folder, "leaf.pem", [&leaf]);
    let verified = openssl(folder, "verify -x509_strict -CAfile root.pem -untrusted issuing.pem leaf.pem");
    assert!(verified.contains("OK"), "{verified}");

    // No authority may stand below a path length of 0.
    let third = asked("third", SignedBy::Certifier("issuing".into()));
    let error = desk.run(Verb::CreateCertifier(third)).unwrap_err();
    assert!(error.kind == Kind::Refused && error.why.contains("path length 0"), "{error}");
    // And a locked one signs nothing.
    desk.lock(None);
    let fourth = asked("fourth", SignedBy::Certifier("root".into()));
    assert_eq!(desk.run(Verb::CreateCertifier(fourth)).unwrap_err().kind, Kind::Locked);
    assert!(!desk.state().certifiers.contains_key("fourth"));
}

#[test]
fn the_addresses_of_the_issuer_stand_in_an_authority_as_in_any_certificate() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    let mut root = asked("root", SignedBy::Itself);
    root.policy.crl_url = "http://pki.test/root.crl".into();
    root.policy.delta_days = 1;
    root.policy.ocsp_url = "http://pki.test/ocsp".into();
    root.policy.issuer_url = "http://pki.test/root.der".into();
    desk.run(Verb::CreateCertifier(root)).unwrap();
    desk.run(Verb::CreateCertifier(asked("issuing", SignedBy::Certifier("root".into())))).unwrap();
    let issuing = desk.state().certifiers["issuing"].certificate.clone();
    write_pem(temp.path(), "issuing.pem", [&issuing]);
    let text = openssl(temp.path(), "x509 -in issuing.pem -noout -text");
    for says in [
        "URI:http://pki.test/root.crl",
        "OCSP - URI:http://pki.test/ocsp",
        "CA Issuers - URI:http://pki.test/root.der",
        "Freshest CRL",
        "URI:http://pki.test/root-delta.crl",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn a_certificate_comes_back_from_an_authority_elsewhere() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    let mut wanted = asked("issuing", SignedBy::Elsewhere);
    wanted.permitted = constraints::read("dir:O=Example,C=DE; email:example.test").unwrap();
    desk.run(Verb::CreateCertifier(wanted)).unwrap();
    let awaited = desk.state().awaited["issuing"].clone();
    assert!(desk.state().certifiers.is_empty());
    std::fs::write(folder.join("sub.csr"), pem::write("CERTIFICATE REQUEST", &awaited.request.der.0))
        .unwrap();
    let text = openssl(folder, "req -in sub.csr -noout -text -verify");
    assert!(text.contains("CA:TRUE, pathlen:0") && text.contains("Certificate Sign, CRL Sign"), "{text}");
    assert!(text.contains("DirName:C") && text.contains("email:example.test"), "{text}");

    // Elsewhere: a root of OpenSSL answers, first wrongly.
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout up.key -subj /CN=Upper -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign -out up.pem",
    );
    openssl(folder, "x509 -req -in sub.csr -CA up.pem -CAkey up.key -days 365 -out leaf.pem");
    openssl(
        folder,
        "x509 -req -in sub.csr -CA up.pem -CAkey up.key -days 365 -copy_extensions copyall -out sub.pem",
    );
    openssl(
        folder,
        "x509 -req -in sub.csr -CA up.pem -CAkey up.key -days 365 -copy_extensions copyall -subj /CN=Other -out other.pem",
    );
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout fake.key -subj /CN=Upper -days 3650 -out fake.pem",
    );
    desk.unlock("issuing", &secret("ca-pass")).unwrap();
    let bring = |files: &[&str]| {
        let certificates = files.iter().flat_map(|f| read_pem(folder, f)).collect();
        Verb::CompleteCertifier { name: "issuing".into(), certificates }
    };
    for (files, why) in [
        (&["up.pem"][..], "is of its key"),
        (&["leaf.pem", "up.pem"], "no CA bit"),
        (&["other.pem", "up.pem"], "It names CN=Other"),
        (&["sub.pem", "fake.pem"], "does not fit the key"),
    ] {
        let error = desk.run(bring(files)).unwrap_err();
        assert!(error.kind == Kind::Refused && error.why.contains(why), "{files:?}: {error}");
    }
    desk.run(bring(&["up.pem", "sub.pem"])).unwrap();
    let state = desk.state();
    assert!(state.awaited.is_empty());
    let issuing = &state.certifiers["issuing"];
    assert_eq!((issuing.kind(), issuing.chain.len(), &issuing.parent), ("subordinate", 1, &None));
    assert_eq!(issuing.crl.as_ref().map(|c| c.number), Some(1));

    // What was read back from the disk is the same, and it issues.
    drop(desk);
    let mut again = crate::support::desk(folder);
    assert_eq!(again.state().certifiers, state.certifiers);
    assert_eq!(again.state().unreadable, []);
    again.unlock("issuing", &secret("ca-pass")).unwrap();
    let mail = create_keyring(&mut again, "mail", true);
    let leaf = issue(&mut again, mail, "issuing");
    write_pem(folder, "mail.pem", [&leaf]);
    write_pem(folder, "chain.pem", [&issuing.certificate]);
    let said = crate::support::run(
        std::process::Command::new("openssl")
            .current_dir(folder)
            .args("verify -x509_strict -CAfile up.pem -untrusted chain.pem mail.pem".split(' ')),
    );
    assert!(String::from_utf8_lossy(&said.stdout).contains("OK"));
}

#[test]
fn one_that_waits_can_be_given_up_and_its_key_is_gone() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    desk.run(Verb::CreateCertifier(asked("issuing", SignedBy::Elsewhere))).unwrap();
    let place = folder.join("data/certifiers/issuing");
    let sealed = std::fs::read(place.join("key.ron")).unwrap();
    drop(desk);
    let mut desk = crate::support::desk(folder);
    assert!(desk.state().awaited.contains_key("issuing"));
    desk.run(Verb::GiveUpCertifier { name: "issuing".into() }).unwrap();
    assert!(desk.state().awaited.is_empty());
    assert_eq!(key_files(&place), Vec::<String>::new());

    // A crash before the wiping: the next opening does it.
    std::fs::write(place.join(".history/key.7.ron"), &sealed).unwrap();
    drop(desk);
    let mut desk = crate::support::desk(folder);
    assert_eq!(key_files(&place), Vec::<String>::new());
    // The name is free again, and nothing of the new one is touched.
    desk.run(Verb::CreateCertifier(asked("issuing", SignedBy::Itself))).unwrap();
    drop(desk);
    let state = crate::support::desk(folder).state();
    assert!(
        state.certifiers.contains_key("issuing") && state.unreadable.is_empty(),
        "{:?}",
        state.unreadable
    );
}

/// Lists the key files of a certifier, in its folder and in the history.
pub(crate) fn key_files(place: &std::path::Path) -> Vec<String> {
    let all = [place.to_owned(), place.join(".history")];
    let names = all.iter().flat_map(|f| std::fs::read_dir(f).unwrap()).map(|e| e.unwrap().file_name());
    names.map(|n| n.to_string_lossy().into_owned()).filter(|n| n.starts_with("key")).collect()
}

#[test]
fn names_that_the_authority_above_does_not_permit_are_refused_before_anything_is_signed() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    desk.run(Verb::CreateCertifier(asked("root", SignedBy::Itself))).unwrap();
    let below = |name: &str, parent: &str, permitted: &str, excluded: &str| {
        let mut asked = asked(name, SignedBy::Certifier(parent.into()));
        asked.path_length = Some(if parent == "root" { 2 } else { 1 });
        asked.permitted = constraints::read(permitted).unwrap();
        asked.excluded = constraints::read(excluded).unwrap();
        asked
    };
    let permitted = "dns:judge.test ip:10.0.0.0/8 email:judge.test; dir:O=Example,C=DE";
    let judge = below("judge", "root", permitted, "dns:secret.judge.test ip:10.9.0.0/16");
    desk.run(Verb::CreateCertifier(judge)).unwrap();
    let generation = desk.state().generation;
    for (permitted, named) in [
        ("dns:other.test", "dns:other.test"),
        ("dns:web.judge.test dns:other.test", "dns:other.test"),
        ("dns:notjudge.test", "dns:notjudge.test"),
        // It would say more than it may.
        ("dns:test", "dns:test"),
        ("dns:secret.judge.test", "dns:secret.judge.test"),
        ("dns:deep.secret.judge.test", "dns:deep.secret.judge.test"),
        ("ip:11.0.0.0/8", "ip:11.0.0.0/8"),
        ("ip:10.0.0.0/7", "ip:10.0.0.0/7"),
        ("ip:10.9.1.0/24", "ip:10.9.1.0/24"),
        ("ip:2001:db8::/32", "ip:2001:db8::/32"),
        ("email:ann@other.test", "email:ann@other.test"),
        ("email:.judge.test", "email:.judge.test"),
        ("dir:O=Other,C=DE", "dir:O=Other,C=DE"),
    ] {
        let error = desk.run(Verb::CreateCertifier(below("web", "judge", permitted, ""))).unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{permitted}: {error}");
        assert!(error.why.contains(named) && error.why.contains("Test judge"), "{permitted}: {error}");
        assert!(!error.why.contains("dns:web"), "{error}");
    }
    // Its own name would be none that the authority above may sign.
    let mut outside = below("web", "judge", "", "");
    outside.organization = "Other".into();
    let error = desk.run(Verb::CreateCertifier(outside)).unwrap_err();
    assert!(error.why.contains("O=Other"), "{error}");
    assert_eq!(desk.state().generation, generation, "nothing was signed");
    assert!(!desk.state().certifiers.contains_key("web"));

    // Within, with less or with names left out, and of a kind that is not limited above.
    let permitted = "dns:web.judge.test ip:10.1.0.0/16 email:ann@judge.test; dir:OU=Web,O=Example,C=DE";
    desk.run(Verb::CreateCertifier(below("web", "judge", permitted, "dns:x.other.test"))).unwrap();
    desk.run(Verb::CreateCertifier(below("all", "judge", "", ""))).unwrap();
    desk.run(Verb::CreateCertifier(below("same", "judge", "dns:judge.test", ""))).unwrap();
    // What stands further above counts as well.
    let error = desk.run(Verb::CreateCertifier(NewCertifier {
        path_length: Some(0),
        ..below("deep", "all", "dns:other.test", "")
    }));
    assert!(error.unwrap_err().why.contains("dns:other.test"));
}

#[test]
fn what_an_authority_elsewhere_forbids_is_not_signed() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    // The intermediate that limits the names is neither the certifier nor the root above it.
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout up.key -subj /CN=Upper -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign -out up.pem",
    );
    openssl(
        folder,
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mid.key -subj /CN=Middle -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash -addext nameConstraints=critical,permitted;DNS:other.test -out mid.csr",
    );
    openssl(
        folder,
        "x509 -req -in mid.csr -CA up.pem -CAkey up.key -days 900 -copy_extensions copyall -out mid.pem",
    );
    desk.run(Verb::CreateCertifier(asked("issuing", SignedBy::Elsewhere))).unwrap();
    let request = desk.state().awaited["issuing"].request.der.clone();
    std::fs::write(folder.join("sub.csr"), pem::write("CERTIFICATE REQUEST", &request.0)).unwrap();
    openssl(
        folder,
        "x509 -req -in sub.csr -CA mid.pem -CAkey mid.key -days 365 -copy_extensions copyall -out sub.pem",
    );
    desk.unlock("issuing", &secret("ca-pass")).unwrap();
    let certificates = ["sub.pem", "mid.pem", "up.pem"].iter().flat_map(|f| read_pem(folder, f)).collect();
    desk.run(Verb::CompleteCertifier { name: "issuing".into(), certificates }).unwrap();

    let id = create_keyring(&mut desk, "mail", true);
    let plan = Plan { reason: "it is tried".into(), ..plan("issuing") };
    let looked = desk.previews(&[(id, plan.clone())]).unwrap();
    let told = &looked[0].2.as_ref().unwrap().findings;
    let forbids = told.iter().find(|f| f.rule == "issuer.forbids").unwrap();
    assert!(forbids.text.contains("mail.example.test") && forbids.text.contains("Middle"), "{told:?}");
    let generation = desk.state().generation;
    let error = desk.run(Verb::Approve { id, plan }).unwrap_err();
    assert!(error.to_string().contains("outside of what Middle may issue for"), "{error}");
    assert_eq!(desk.state().generation, generation);
}

#[test]
fn the_first_crl_names_where_its_delta_is() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    for (name, by, days) in [
        ("root", SignedBy::Itself, 1),
        ("issuing", SignedBy::Certifier("root".into()), 2),
        ("plain", SignedBy::Certifier("root".into()), 0),
    ] {
        let mut wanted = asked(name, by);
        wanted.policy.delta_days = days;
        if name == "root" {
            wanted.path_length = None;
        }
        desk.run(Verb::CreateCertifier(wanted)).unwrap();
        let certifier = &desk.state().certifiers[name];
        assert_eq!(certifier.crl.as_ref().map(|c| c.number), Some(1));
        let text = openssl(folder, &format!("crl -in data/certifiers/{name}/crl.pem -noout -text"));
        let address = certifier.policy.delta_address();
        let named = text.contains("X509v3 Freshest CRL") && text.contains(&address);
        assert_eq!((named, address.is_empty()), (days > 0, days == 0), "{text}");
    }
}
