//! Keys, certificates and rings for the tests of this layer.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

use super::kyr;
use crate::model::certificate::Certificate;
use crate::model::keyring::{Entry, Keyring, Role, Sealed};
use crate::model::secret::Secret;
use crate::pki;
use crate::pki::key::PrivateKey;

/// PBKDF2 rounds of the samples; few, for speed.
pub(super) const ROUNDS: u32 = 10;

/// Makes a key with a certificate that it signed itself.
pub(super) fn certificate(name: &str, ca: bool) -> (PrivateKey, Certificate) {
    let pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    if ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let der = params.self_signed(&pair).unwrap().der().to_vec();
    (PrivateKey::read(&pair.serialize_der()).unwrap(), pki::certificate::read(&der).unwrap())
}

/// Makes an entry of a ring.
pub(super) fn entry(role: Role, certificate: &Certificate) -> Entry {
    let label = certificate.subject.title();
    Entry { role, label, trusted: true, certificate: certificate.clone() }
}

/// Makes a sealed ring with leaf, intermediate and two roots.
pub(super) fn ring(name: &str, password: &str) -> (Keyring, PrivateKey) {
    let (key, leaf) = certificate("mail.example.test", false);
    let roots = ["Example Intermediate", "Example Root", "Other Root"].map(|n| certificate(n, true).1);
    let mut entries = vec![
        entry(Role::Leaf, &leaf),
        entry(Role::Chain, &roots[0]),
        entry(Role::Root, &roots[1]),
        entry(Role::Root, &roots[2]),
    ];
    entries[3].trusted = false;
    let ring = Keyring {
        name: name.into(),
        revision: 0,
        key: None,
        next_key: None,
        entries,
        stash: false,
        sealed: Sealed::default(),
    };
    let ring = kyr::seal(ring, Some(&key), &Secret::new(password.into()), ROUNDS).unwrap();
    (ring, key)
}
