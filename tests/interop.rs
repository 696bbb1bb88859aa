//! Other programs read what we write and we read what they write: keytool and certtool. OpenSSL judges in the other
//! modules, and servers in `servers`.

use std::path::Path;
use std::process::Command;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certificate::Certificate;
use ringmaster::model::key::KeyType;
use ringmaster::model::request::{Proof, RequestId};
use ringmaster::pki::pem;

use crate::life::{create_certifier, issue};
use crate::support::{desk, openssl, run, tool};

fn import(desk: &mut Desk, file: &Path) -> RequestId {
    let requests = pem::find(&std::fs::read(file).unwrap()).unwrap().requests;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].proof, Proof::Good);
    let outcome = desk.run(Verb::import(requests, "file")).unwrap();
    *outcome.state.requests.keys().next_back().unwrap()
}

fn write(folder: &Path, name: &str, certificates: &[&Certificate]) {
    let text: String = certificates.iter().map(|c| pem::write("CERTIFICATE", &c.der.0)).collect();
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_java_keystore_takes_the_certificate_for_its_own_request() {
    let Some(keytool) = tool("keytool") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let store = "-keystore store.p12 -storepass changeit -alias web";
    let keytool = |arguments: &str| {
        let mut command = Command::new(&keytool);
        run(command.current_dir(folder).args(arguments.split(' ')))
    };
    keytool(&format!(
        "-genkeypair -keyalg EC -groupname secp256r1 -dname CN=java.example.test,O=Example,C=DE {store}"
    ));
    keytool(&format!("-certreq -ext san=dns:java.example.test -file java.csr {store}"));
    for key_type in [KeyType::Rsa2048, KeyType::P384] {
        let home = folder.join(key_type.name());
        let mut desk = desk(&home);
        create_certifier(&mut desk, "root", key_type);
        let id = import(&mut desk, &folder.join("java.csr"));
        let leaf = issue(&mut desk, id, "root");
        let root = desk.state().certifiers["root"].certificate.clone();
        write(folder, "root.pem", &[&root]);
        write(folder, "reply.pem", &[&leaf, &root]);
        let alias = format!("-keystore store.p12 -storepass changeit -alias {}", key_type.name());
        keytool(&format!("-importcert -noprompt -file root.pem {alias}"));
        let output = keytool(&format!("-importcert -file reply.pem {store}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("Certificate reply was installed"), "{said}");
        let printed = keytool("-printcert -file reply.pem");
        let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
        assert!(printed.contains("DNSName: java.example.test"), "{printed}");
    }
}

#[test]
fn certtool_verifies_chain_and_crl_and_its_request_is_issued() {
    let Some(certtool) = tool("certtool") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let certtool = |arguments: &str| {
        let mut command = Command::new(&certtool);
        let output = run(command.current_dir(folder).args(arguments.split(' ')));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let template =
        "cn = gnu.example.test\norganization = Example\ncountry = DE\ndns_name = gnu.example.test\n";
    std::fs::write(folder.join("request.cfg"), template).unwrap();
    certtool("--generate-privkey --key-type=ecdsa --curve=secp256r1 --outfile gnu.key");
    certtool("--generate-request --load-privkey gnu.key --template request.cfg --outfile gnu.csr");
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::Rsa3072);
    let id = import(&mut desk, &folder.join("gnu.csr"));
    let leaf = issue(&mut desk, id, "root");
    let root = desk.state().certifiers["root"].certificate.clone();
    write(folder, "root.pem", &[&root]);
    write(folder, "leaf.pem", &[&leaf]);
    let verified = certtool("--verify --load-ca-certificate root.pem --infile leaf.pem");
    assert!(verified.contains("Verified. The certificate is trusted."), "{verified}");
    let crl = certtool("--verify-crl --load-ca-certificate root.pem --infile data/certifiers/root/crl.pem");
    assert!(crl.contains("Verified"), "{crl}");
    assert!(certtool("--certificate-info --infile leaf.pem").contains("DNSname: gnu.example.test"));
}

/// Every suite that OpenSSL knows is in our table, with the same names, and we read off its name what OpenSSL says of it.
#[test]
fn openssl_calls_cipher_suites_as_we_do() {
    use ringmaster::model::cipher::{Auth, Kx, Suite};
    if tool("openssl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let listed = openssl(folder.path(), "ciphers -V -stdname ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    let mut count = 0;
    for line in listed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        // 0xC0,0x30 - TLS_ECDHE_... - ECDHE-RSA-... TLSv1.2 Kx=ECDH Au=RSA Enc=AESGCM(256) Mac=AEAD
        let [code, "-", iana, "-", name, version, kx, auth, encryption, mac] = words[..] else {
            panic!("openssl says {line}")
        };
        let suite = Suite::find(code).unwrap_or_else(|| panic!("{line} is not in the table"));
        assert_eq!((suite.name().as_str(), suite.openssl()), (iana, Some(name)), "{line}");
        assert_eq!(Suite::find(name), Some(suite));
        let a = suite.anatomy().unwrap();
        let bits: u32 =
            encryption.trim_end_matches(')').rsplit_once('(').map_or(0, |(_, n)| n.parse().unwrap());
        // What OpenSSL calls 168 bits of 3DES is worth 112.
        assert_eq!(a.bits(), if bits == 168 { 112 } else { bits }, "{line}");
        assert_eq!(a.aead(), mac == "Mac=AEAD", "{line}");
        let fresh = ["Kx=any", "Kx=ECDH", "Kx=DH", "Kx=ECDHEPSK", "Kx=DHEPSK", "Kx=SRP"].contains(&kx);
        assert_eq!(a.forward_secret(), fresh, "{line}");
        let signs = match a.auth {
            Auth::Any => "Au=any",
            Auth::Rsa => "Au=RSA",
            Auth::Ecdsa => "Au=ECDSA",
            Auth::Dss => "Au=DSS",
            Auth::Shared if a.kx == Kx::Srp => "Au=SRP",
            Auth::Shared => "Au=PSK",
            Auth::Anonymous => "Au=None",
        };
        assert_eq!(signs, auth, "{line}");
        let first = match version {
            "SSLv3" => 0x0300,
            "TLSv1" => 0x0301,
            "TLSv1.2" => 0x0303,
            _ => 0x0304,
        };
        assert_eq!(*suite.versions().unwrap().start(), first, "{line}");
        count += 1;
    }
    assert!(count > 60, "{listed}");
}
