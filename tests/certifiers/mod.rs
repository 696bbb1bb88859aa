//! The life of certifiers through the desk: subordinates, what comes back from elsewhere, disabling, retiring, the end of
//! a key. OpenSSL judges what was signed.

mod import;
mod renewal;
mod rollover;
mod status;
pub(crate) mod subordinate;
mod two_people;
mod witness;
mod xca;

use std::path::Path;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certificate::Certificate;
use ringmaster::model::certifier::constraints;
use ringmaster::model::certifier::{NewCertifier, Policy, SignedBy};
use ringmaster::model::key::KeyType;
use ringmaster::pki::pem;

use crate::support::secret;

pub(crate) fn asked(name: &str, signed_by: SignedBy) -> NewCertifier {
    NewCertifier {
        name: name.into(),
        common_name: format!("Test {name}"),
        organization: "Example".into(),
        country: "DE".into(),
        key_type: KeyType::P256,
        signed_by,
        policy: Policy {
            // At one address there is one CRL.
            crl_url: format!("http://crl.example.test/{}.crl", if name == "root" { "ca" } else { name }),
            own_approval: true,
            ..Policy::default()
        },
        password: secret("ca-pass"),
        repeat: secret("ca-pass"),
        ..NewCertifier::default()
    }
}

/// Makes a root and a subordinate below it, limited to `example.test` and one network.
pub(crate) fn family(desk: &mut Desk) {
    desk.run(Verb::CreateCertifier(asked("root", SignedBy::Itself))).unwrap();
    let mut below = asked("issuing", SignedBy::Certifier("root".into()));
    below.permitted = constraints::read("dns:example.test ip:10.0.0.0/8").unwrap();
    below.excluded = constraints::read("dns:secret.example.test").unwrap();
    desk.run(Verb::CreateCertifier(below)).unwrap();
}

pub(crate) fn write_pem<'a>(folder: &Path, name: &str, all: impl IntoIterator<Item = &'a Certificate>) {
    let text: String = all.into_iter().map(|c| pem::write("CERTIFICATE", &c.der.0)).collect();
    std::fs::write(folder.join(name), text).unwrap();
}

/// Reads every certificate of a PEM file.
pub(crate) fn read_pem(folder: &Path, name: &str) -> Vec<Certificate> {
    pem::find(&std::fs::read(folder.join(name)).unwrap()).unwrap().certificates
}
