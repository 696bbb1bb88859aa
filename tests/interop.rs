//! Other programs read what we write and we read what they write: keytool, certtool and nginx. OpenSSL judges in the
//! other modules.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certificate::Certificate;
use ringmaster::model::key::KeyType;
use ringmaster::model::request::{Proof, RequestId};
use ringmaster::ops::ring::Act;
use ringmaster::pki::pem;

use crate::life::{create_certifier, create_keyring, issue};
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

/// A server that is stopped when the test ends, however it ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn nginx_serves_a_keyring_file_as_it_is() {
    let (Some(nginx), Some(_)) = (tool("nginx"), tool("openssl")) else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    let id = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, id, "root");
    let root = desk.state().certifiers["root"].certificate.clone();
    write(folder, "root.pem", &[&root]);
    let keyring = || "mail".to_owned();
    desk.run(Verb::ring(keyring(), Act::Trust { roots: vec![root] })).unwrap();
    desk.run(Verb::ring(keyring(), Act::Install { certificates: vec![leaf] })).unwrap();
    let ring = folder.join("data/keyrings/mail.kyr");
    std::fs::write(folder.join("password"), "ring-pass\n").unwrap();
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (here, ring) = (folder.display(), ring.display());
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = temporary.iter().map(|t| format!("{t}_temp_path {here}/{t};")).collect();
    let settings = format!(
        "daemon off; master_process off; pid {here}/pid; error_log {here}/log; events {{}}
         http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {ring};
         ssl_certificate_key {ring}; ssl_password_file {here}/password; return 200 served; }} }}"
    );
    std::fs::write(folder.join("nginx.conf"), settings).unwrap();
    let mut command = Command::new(nginx);
    command.arg("-c").arg(folder.join("nginx.conf")).arg("-p").arg(folder);
    let mut server = Server(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if server.0.try_wait().unwrap().is_some() || Instant::now() > deadline {
            let mut said = String::new();
            let _ = server.0.kill();
            server.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("nginx does not serve: {said}");
        }
        std::thread::yield_now();
    }
    let seen = openssl(
        folder,
        &format!(
            "s_client -connect 127.0.0.1:{port} -servername mail.example.test -CAfile root.pem \
             -verify_return_error -verify_hostname mail.example.test"
        ),
    );
    assert!(seen.contains("Verify return code: 0 (ok)"), "{seen}");
}
