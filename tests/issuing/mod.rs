//! What is issued, revoked and explained here, held against OpenSSL: it must read it, accept it, and come to the same
//! verdicts.

mod certificates;
mod chains;
mod judges;
mod lists;
mod profiles;
mod strict;

use std::path::Path;
use std::process::Command;

use ringmaster::model::certificate::Certificate;
use ringmaster::model::certifier::{Certifier, Policy};
use ringmaster::model::profile::{Profile, Validity};
use ringmaster::model::time::{DAY, Timestamp};
use ringmaster::pki::der::tlv;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{certificate, pem};

use crate::support::run;

/// The present, for tests whose certificates OpenSSL makes with the clock of the machine.
fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Timestamp(i64::try_from(since.as_secs()).unwrap())
}

fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = run(Command::new("openssl").current_dir(folder).args(arguments));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes a key `NAME.key` (DER and PEM) with `openssl genpkey` options.
fn key(folder: &Path, name: &str, options: &str) {
    let options: Vec<&str> = options.split(' ').collect();
    let pem = format!("{name}.key");
    openssl(folder, &[&["genpkey", "-out", &pem], &options[..]].concat());
    let der = format!("{name}.key.der");
    openssl(folder, &["pkcs8", "-topk8", "-nocrypt", "-in", &pem, "-outform", "DER", "-out", &der]);
}

fn private_key(folder: &Path, name: &str) -> PrivateKey {
    PrivateKey::read(&std::fs::read(folder.join(format!("{name}.key.der"))).unwrap()).unwrap()
}

/// Reads the certificate `NAME.pem`.
fn read(folder: &Path, name: &str) -> Certificate {
    let text = std::fs::read(folder.join(format!("{name}.pem"))).unwrap();
    pem::find(&text).unwrap().certificates.remove(0)
}

/// Writes `NAME.pem`.
fn write(folder: &Path, name: &str, label: &str, der: &[u8]) {
    std::fs::write(folder.join(format!("{name}.pem")), pem::write(label, der)).unwrap();
}

/// A profile that takes everything.
fn profile() -> Profile {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    Profile {
        name: "test".into(),
        title: "For tests".into(),
        version: 1,
        days: 90,
        max_days: 398,
        calendar: Vec::new(),
        backdate: 60,
        key_usage_rsa: words("digitalSignature keyEncipherment"),
        key_usage_other: words("digitalSignature"),
        extended: words("1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2"),
        alt_names: words("dns ip email uri other"),
        names_needed: false,
        min_rsa: 1024,
        keys: words("P-256 P-384 P-521 Ed25519"),
        ..Profile::default()
    }
}

fn certifier(certificate: Certificate) -> Certifier {
    let policy = Policy {
        version: 1,
        profile: "test".into(),
        crl_days: 30,
        crl_url: "http://crl.example.test/a.crl".into(),
        ..Policy::default()
    };
    Certifier::new("a", now(), certificate, policy)
}

fn days(from: i64, to: i64) -> Validity {
    Validity {
        not_before: Timestamp(now().0 + from * DAY),
        not_after: Timestamp(now().0 + to * DAY),
        clamped: String::new(),
    }
}

/// The fields of to-be-signed bytes, cut out without any of the readers under test.
fn fields(der: &[u8]) -> Vec<Vec<u8>> {
    let (_, body, _) = tlv(der).unwrap();
    let (_, mut rest, _) = tlv(body).unwrap();
    let mut fields = Vec::new();
    while let Some((whole, _, more)) = tlv(rest) {
        fields.push(whole.to_vec());
        rest = more;
    }
    fields
}

fn reread(der: &[u8]) -> Certificate {
    certificate::read(der).unwrap()
}
