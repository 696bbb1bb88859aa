//! Which keyring a key file name leads to, and which certificate it shows.

use super::question::Era;
use super::scene::Scene;
use crate::model::certificate::Certificate;
use crate::model::finding::Severity;
use crate::model::keyring::Keyring;
use crate::model::site::SiteKind;

/// The keyring and the certificate that were found, or what is lacking.
#[derive(Default)]
pub(super) struct Shown<'a> {
    /// The keyring by name, also where it is missing.
    pub(super) keyring: Option<String>,
    pub(super) certificate: Option<&'a Certificate>,
    /// What is lacking, in words.
    pub(super) lack: String,
}

impl Shown<'_> {
    /// Tells whether there is a certificate.
    pub(super) fn is_there(&self) -> bool {
        self.certificate.is_some()
    }
}

/// Finds the keyring behind a key file name and its certificate. `sni` is the name that the client sends.
pub(super) fn find<'a>(scene: &mut Scene<'a>, name: &str, sni: Option<&str>) -> Shown<'a> {
    if name.is_empty() {
        let rule = "A document without a key file name has no certificate to start TLS with.";
        scene.fault(Severity::Error, "key file", rule, "The document names none.");
        return Shown { lack: "it names no keyring".into(), ..Shown::default() };
    }
    let ring = match (scene.era, sni) {
        (Era::CertStore, Some(sni)) if scene.kind() == SiteKind::Web => from_cache(scene, name, sni),
        (Era::CertStore, _) => {
            let rule =
                "The TLS cache is asked first, by the key file name: a host name, or the tag of a keyring.";
            let ring = named(scene, name);
            let found = ring.map_or_else(String::new, |r| format!("{name} leads to keyring {}.", r.name));
            if ring.is_some() {
                scene.step("key file", rule, found);
            }
            ring
        }
        _ => {
            let ring = scene.state.keyrings.get(name);
            if ring.is_some() {
                scene.step("key file", "The key file name is that of a keyring.", format!("Keyring {name}."));
            }
            ring
        }
    };
    let Some(ring) = ring else {
        let rule = "The key file name is that of a keyring.";
        let found = format!("There is no keyring {name}: \"SSL Error: Keyring file not found\".");
        scene.fault(Severity::Error, "key file", rule, found);
        let lack = format!("there is no keyring {name}");
        return Shown { keyring: Some(name.to_owned()), certificate: None, lack };
    };
    let keyring = Some(ring.name.clone());
    let Some(leaf) = ring.leaf() else {
        let rule = "A keyring shows the certificate of its key.";
        let found = format!("Keyring {} has none: \"SSL Error: No local certificate\".", ring.name);
        scene.fault(Severity::Error, "certificate", rule, found);
        return Shown {
            keyring,
            certificate: None,
            lack: format!("keyring {} has no certificate", ring.name),
        };
    };
    certificate(scene, leaf);
    Shown { keyring, certificate: Some(leaf), lack: String::new() }
}

/// Finds a keyring by its name, else as a credential for a host name.
fn named<'a>(scene: &Scene<'a>, name: &str) -> Option<&'a Keyring> {
    let rings = &scene.state.keyrings;
    let covers = |ring: &&Keyring| ring.leaf().is_some_and(|leaf| leaf.covers(name));
    rings.get(name).or_else(|| name.contains('.').then(|| rings.values().find(covers)).flatten())
}

/// Asks the TLS cache as the certificate store fills it: the keyrings here stand for its credentials.
fn from_cache<'a>(scene: &mut Scene<'a>, name: &str, sni: &str) -> Option<&'a Keyring> {
    let rule = "The TLS cache is asked first: with SNI, the names in the certificates decide. The key file name comes second.";
    let own = named(scene, name);
    let covers = |ring: &&Keyring| ring.leaf().is_some_and(|leaf| leaf.covers(sni));
    let state = scene.state;
    let all: Vec<&Keyring> = state.keyrings.values().filter(covers).collect();
    let own_name = own.map_or(name, |ring| &ring.name);
    match (own.filter(covers), all.as_slice()) {
        (Some(own), [_]) => {
            scene.step(
                "TLS cache",
                rule,
                format!("Keyring {} names {sni}, and the document names it.", own.name),
            );
            Some(own)
        }
        (Some(own), all) => {
            let rest: Vec<&str> = all.iter().map(|r| r.name.as_str()).filter(|n| *n != own.name).collect();
            let found = format!(
                "Keyring {} names {sni}, and the document names it. So does the certificate of {}: a probe tells which is \
                 served.",
                own.name,
                rest.join(", ")
            );
            scene.fault(Severity::Info, "TLS cache", rule, found);
            Some(own)
        }
        (None, [first, ..]) => {
            let found = format!(
                "Keyring {} names {sni}, {own_name} of the document does not: the store goes by the name, if that keyring is \
                 in it.",
                first.name
            );
            scene.fault(Severity::Warning, "TLS cache", rule, found);
            Some(first)
        }
        (None, []) => {
            let found = format!("No certificate names {sni}, so the key file name {name} decides.");
            scene.fault(Severity::Warning, "TLS cache", rule, found);
            own
        }
    }
}

/// Looks at the certificate as a client does.
fn certificate(scene: &mut Scene<'_>, leaf: &Certificate) {
    let rule = "Clients look for what they connect to among the alternative names.";
    let mut found = format!("Certificate {}, until {}", leaf.subject.title(), leaf.not_after.date());
    let mut severity = None;
    if let Some(name) = scene.question.verified() {
        if leaf.covers(name) {
            found.push_str(&format!(", names {name}"));
        } else {
            let names: Vec<String> = leaf.alt_names.iter().map(|n| n.value()).collect();
            found.push_str(&format!(", names {}, and not {name}", names.join(", ")));
            severity = Some(Severity::Error);
        }
    }
    if let Some(revoked) = scene.state.revocations.get(&leaf.sha256) {
        found.push_str(&format!("; it was revoked on {}", revoked.at.date()));
        severity = Some(Severity::Error);
    }
    found.push('.');
    match severity {
        Some(severity) => scene.fault(severity, "certificate", rule, found),
        None => scene.step("certificate", rule, found),
    }
}
