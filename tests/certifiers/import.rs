//! Authorities that other programs have run: their keys, their past, and their revocations on the next CRL.

use std::path::Path;
use std::process::Command;

use crate::cli::Place;
use crate::support::{openssl, run, tool};

/// Makes an `openssl ca` folder that has issued three certificates and revoked one.
fn openssl_ca(folder: &Path) {
    let ca = folder.join("ca");
    for name in ["newcerts", "private"] {
        std::fs::create_dir_all(ca.join(name)).unwrap();
    }
    std::fs::write(ca.join("index.txt"), "").unwrap();
    std::fs::write(ca.join("serial"), "C0FFEE01\n").unwrap();
    std::fs::write(ca.join("crlnumber"), "1A\n").unwrap();
    let settings = "[ca]\ndefault_ca=own\n[own]\ndir=.\ndatabase=$dir/index.txt\nserial=$dir/serial\n\
        crlnumber=$dir/crlnumber\nnew_certs_dir=$dir/newcerts\ncertificate=$dir/my-ca.pem\n\
        private_key=$dir/private/my.key\ndefault_md=sha256\ndefault_days=200\ndefault_crl_days=30\npolicy=any\n\
        unique_subject=no\n[any]\ncommonName=supplied\n[req]\ndistinguished_name=dn\n[dn]\n[v3]\n\
        basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
    std::fs::write(ca.join("openssl.cnf"), settings).unwrap();
    openssl(
        &ca,
        "req -x509 -config openssl.cnf -extensions v3 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout private/my.key -passout pass:old-pass -subj /C=DE/CN=Old -days 2000 -out my-ca.pem",
    );
    for name in ["a", "b", "c"] {
        openssl(
            &ca,
            &format!(
                "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -subj /CN={name}.example.test -out {name}.csr"
            ),
        );
        openssl(
            &ca,
            &format!(
                "ca -batch -config openssl.cnf -passin pass:old-pass -in {name}.csr -out {name}.pem -notext"
            ),
        );
    }
    openssl(&ca, "ca -config openssl.cnf -passin pass:old-pass -revoke b.pem -crl_reason keyCompromise");
    // One whose certificate is lost: only the database knows it.
    std::fs::remove_file(ca.join("newcerts/C0FFEE03.pem")).unwrap();
    openssl(&ca, "ca -config openssl.cnf -passin pass:old-pass -gencrl -out crl.pem");
}

#[test]
fn an_openssl_ca_folder_is_taken_over_with_its_past() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    let folder = place.folder.path();
    openssl_ca(folder);
    let shown = place.with("old-pass\n", "certifier import old ca --preview").done();
    assert!(shown.contains("3 certificates issued, 2 valid, 1 revoked"), "{shown}");
    assert!(shown.contains("Of 1 only the serial number") && shown.contains("is number 27"), "{shown}");
    place.with("old-pass\nca-pass\n", "certifier import old ca").done();

    let list = place.run("certificate list --json").json();
    let elsewhere =
        list.as_array().unwrap().iter().filter(|c| c.to_string().contains("example.test")).count();
    assert_eq!(elsewhere, 3, "{list}");
    // The first CRL signed here carries what was revoked elsewhere, with the next number.
    place.write("own.pem", place.run("certifier certificate old").done());
    place.write("now.crl", place.run("certifier crl old").done());
    let text = openssl(folder, "crl -in now.crl -noout -text");
    assert!(text.contains("C0FFEE02") && text.contains("Key Compromise"), "{text}");
    assert!(openssl(folder, "crl -in now.crl -noout -crlnumber").contains("1B"));
    assert!(openssl(folder, "crl -in now.crl -noout -CAfile own.pem").contains("verify OK"));
    let again = place.with("old-pass\nca-pass\n", "certifier import again ca").refused(1);
    assert!(again.contains("already has the subject"), "{again}");

    // What was issued elsewhere is revoked here like anything else, also where the certificate is lost.
    place.run("certificate revoke old C0FFEE03 --reason superseded --confirm 00C0FFEE03").done();
    place.with("ca-pass\n", "crl issue old").done();
    place.write("next.crl", place.run("certifier crl old").done());
    assert!(openssl(folder, "crl -in next.crl -noout -text").contains("C0FFEE03"));
    let shown = place.run("certificate show C0FFEE03");
    assert!(shown.err.contains("what the record of it says"), "{shown:#?}");
    assert!(shown.out.contains("Issued elsewhere") && shown.out.contains("superseded"), "{shown:#?}");
    assert!(!shown.out.contains("0000000000") && !shown.out.contains("00:00:00:00:00"), "{shown:#?}");
    assert_eq!(place.run("certificate show C0FFEE03 --json").json()["serial"], "00C0FFEE03");
    assert!(place.run("certificate show C0FFEE03 --pem").refused(1).contains("itself is not known"));
    place.run("audit verify").done();
}

/// Gives what runs easy-rsa in the folder `vpn`, when it is here.
fn easy_rsa() -> Option<impl Fn(&Path, &str)> {
    let easy = Path::new("/usr/share/easy-rsa/easyrsa");
    if tool("openssl").is_none() || !easy.is_file() {
        assert!(std::env::var_os("RINGMASTER_REQUIRE_TOOLS").is_none(), "easy-rsa is required here");
        eprintln!("skipped: easy-rsa is not installed");
        return None;
    }
    Some(move |folder: &Path, arguments: &str| {
        std::fs::create_dir_all(folder.join("vpn")).unwrap();
        let mut command = Command::new(easy);
        command.current_dir(folder).env("EASYRSA_BATCH", "1").env("EASYRSA_PKI", folder.join("vpn/pki"));
        run(command.args(arguments.split(' ')).stdin(std::process::Stdio::null()));
    })
}

#[test]
fn an_easy_rsa_folder_is_taken_over() {
    let Some(easy_rsa) = easy_rsa() else { return };
    let place = Place::new();
    let folder = place.folder.path();
    let easyrsa = |arguments: &str| easy_rsa(folder, arguments);
    easyrsa("init-pki");
    easyrsa("--req-cn=EasyCA build-ca nopass");
    easyrsa("build-server-full vpn.example.test nopass");
    easyrsa("build-client-full ann nopass");
    easyrsa("revoke ann superseded");
    easyrsa("gen-crl");
    place.with("ca-pass\n", "certifier import vpn vpn").done();
    let shown = place.run("certifier show vpn").done();
    assert!(shown.contains("easy-rsa folder"), "{shown}");
    let list = place.run("certificate list --json").json().to_string();
    assert!(list.contains("vpn.example.test") && list.contains("CN=ann"), "{list}");
    place.write("vpn.crl", place.run("certifier crl vpn").done());
    let text = openssl(folder, "crl -in vpn.crl -noout -text");
    assert!(text.contains("Superseded"), "{text}");
}

#[test]
fn what_easy_rsa_has_renewed_is_taken_over_with_its_certificate() {
    let Some(easyrsa) = easy_rsa() else { return };
    let place = Place::new();
    let folder = place.folder.path();
    easyrsa(folder, "init-pki");
    easyrsa(folder, "--req-cn=EasyCA build-ca nopass");
    easyrsa(folder, "build-server-full vpn.example.test nopass");
    let pki = folder.join("vpn/pki");
    let serial = openssl(folder, "x509 -in vpn/pki/issued/vpn.example.test.crt -noout -serial");
    let serial = serial.trim().strip_prefix("serial=").unwrap();
    easyrsa(folder, "--renew-days=1000 renew vpn.example.test nopass");
    assert!(pki.join("renewed/issued/vpn.example.test.crt").is_file());
    place.with("ca-pass\n", "certifier import vpn vpn").done();
    let shown = place.run("certificate list --json").json();
    let own = shown.as_array().unwrap().iter().filter(|c| c.to_string().contains("vpn.example.test")).count();
    assert_eq!(own, 2, "{shown}");
    // The certificate itself is known, and not only its line in the database.
    let certificate = place.run(&format!("certificate show {serial} --pem")).done();
    place.write("before.pem", certificate);
    let text = openssl(folder, "x509 -in before.pem -noout -serial");
    assert!(text.contains(serial), "{text}");
    // Earlier versions have moved it by its serial number.
    let by_serial = Place::new();
    let old = pki.join("renewed/certs_by_serial");
    std::fs::create_dir_all(&old).unwrap();
    std::fs::rename(pki.join("renewed/issued/vpn.example.test.crt"), old.join(format!("{serial}.crt")))
        .unwrap();
    by_serial.with("ca-pass\n", &format!("certifier import vpn {}", folder.join("vpn").display())).done();
    by_serial.run(&format!("certificate show {serial} --pem")).done();
}

#[test]
fn a_key_and_certificate_in_pem_and_in_pkcs12_become_certifiers() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    let folder = place.folder.path();
    openssl(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=Pem -days 900 -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem",
    );
    openssl(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -keyout p.key -subj /CN=Twelve -days 900 -addext keyUsage=critical,keyCertSign,cRLSign -out p.pem",
    );
    openssl(folder, "pkcs12 -export -inkey p.key -in p.pem -passout pass:p12-pass -out ca.p12");
    place.with("ca-pass\n", "certifier import pem ca.pem --key ca.key --crl-number 41").done();
    place.write("pem.crl", place.run("certifier crl pem").done());
    assert!(openssl(folder, "crl -in pem.crl -noout -crlnumber").contains("2A"));
    place.with("p12-pass\nca-pass\n", "certifier import twelve ca.p12").done();
    let list = place.run("certifier list").done();
    assert!(list.contains("pem") && list.contains("twelve"), "{list}");
    // A server's certificate makes no certifier.
    openssl(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -keyout s.key -subj /CN=s -days 9 -addext basicConstraints=critical,CA:FALSE -out s.pem",
    );
    let refused = place.with("ca-pass\n", "certifier import s s.pem --key s.key").refused(1);
    assert!(refused.contains("None of the keys is that of an authority"), "{refused}");
}

#[test]
fn what_stands_on_a_crl_stays_revoked_whatever_the_database_says() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    let folder = place.folder.path();
    openssl_ca(folder);
    let index = folder.join("ca/index.txt");
    let lines = std::fs::read_to_string(&index).unwrap();
    // A database that was put back from before the revocation, with a line that was doubled.
    let first = lines.lines().next().unwrap();
    let before: Vec<_> = lines.lines().filter(|l| l.starts_with('V')).chain([first]).collect();
    std::fs::write(&index, before.join("\n")).unwrap();
    let shown = place.with("old-pass\n", "certifier import old ca --preview").done();
    assert!(shown.contains("3 certificates issued, 2 valid, 1 revoked"), "{shown}");
    assert!(shown.contains("Serial 00C0FFEE02 is revoked by the CRL alone"), "{shown}");
    assert!(shown.contains("more than once"), "{shown}");
    let options = "certifier import old ca --crl-days 5 --crl-interval 9";
    assert!(place.with("old-pass\nca-pass\n", options).refused(2).contains("crl-interval below crl-days"));
    place.with("old-pass\nca-pass\n", "certifier import old ca").done();
    place.write("now.crl", place.run("certifier crl old").done());
    let text = openssl(folder, "crl -in now.crl -noout -text");
    assert!(text.contains("C0FFEE02") && text.contains("Key Compromise"), "{text}");
    place.run("audit verify").done();
}

#[test]
fn a_crl_in_the_file_of_an_authority_is_taken_over() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    let folder = place.folder.path();
    openssl_ca(folder);
    let ca = folder.join("ca");
    openssl(&ca, "pkey -in private/my.key -passin pass:old-pass -out open.key");
    let all =
        ["open.key", "my-ca.pem", "crl.pem"].map(|name| std::fs::read_to_string(ca.join(name)).unwrap());
    place.write("all.pem", all.concat());
    let shown = place.with("ca-pass\n", "certifier import old all.pem").done();
    assert!(
        shown.contains("Of serial 00C0FFEE02 only the CRL tells") && shown.contains("is number 27"),
        "{shown}"
    );
    place.write("now.crl", place.run("certifier crl old").done());
    let text = openssl(folder, "crl -in now.crl -noout -text");
    assert!(text.contains("C0FFEE02") && text.contains("Key Compromise"), "{text}");
}

#[test]
fn an_authority_without_a_name_is_not_taken_over() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    let settings = "[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nbasicConstraints=critical,CA:TRUE\n\
        keyUsage=keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
    place.write("own.cnf", settings);
    let key = "req -x509 -config own.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key";
    openssl(place.folder.path(), &format!("{key} -subj / -days 900 -out own.pem"));
    let refused = place.with("ca-pass\nca-pass\n", "certifier import own own.pem --key own.key").refused(1);
    assert!(refused.contains("subject of its certificate is empty"), "{refused}");
    assert!(!place.run("certifier list").done().contains("own"));
}

#[test]
fn since_when_a_key_was_known_is_kept_from_the_crl() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    let folder = place.folder.path();
    openssl_ca(folder);
    let ca = folder.join("ca");
    openssl(
        &ca,
        "ca -config openssl.cnf -passin pass:old-pass -revoke a.pem -crl_compromise 20250304050607Z",
    );
    openssl(&ca, "ca -config openssl.cnf -passin pass:old-pass -gencrl -out crl.pem");
    openssl(&ca, "pkey -in private/my.key -passin pass:old-pass -out open.key");
    let file = |name: &str| std::fs::read_to_string(ca.join(name)).unwrap();
    // Once by the CRL alone, and once by the database.
    place.write("all.pem", ["open.key", "my-ca.pem", "crl.pem"].map(file).concat());
    place.with("ca-pass\n", "certifier import old all.pem").done();
    let other = Place::new();
    other.with("old-pass\nca-pass\n", &format!("certifier import old {}", ca.display())).done();
    for place in [&place, &other] {
        place.write("now.crl", place.run("certifier crl old").done());
        let text = openssl(place.folder.path(), "crl -in now.crl -noout -text");
        let of_a = text.split("C0FFEE01").nth(1).unwrap().split("Serial Number").next().unwrap();
        assert!(of_a.contains("Key Compromise") && of_a.contains("Invalidity Date"), "{text}");
        assert!(of_a.contains("Mar  4 05:06:07 2025 GMT"), "{text}");
    }
    assert!(place.run("certificate show C0FFEE01").out.contains("2025-03-04 05:06"));
}
