//! A question about a chain that owns what it needs: a bundle, by what it is judged, and when. It can be asked again for
//! another date or host, on any thread. Keyrings, files, pastes and live endpoints all become one.

use super::bundle::{self, Bundle};
use super::edges::{LEAF_IS_CA, LEAF_IS_CA_TEXT};
use super::horizon::{self, Horizon};
use super::report::{self, Line};
use super::{Explanation, Question, bottom, foresee, signed_by};
use crate::model::State;
use crate::model::bytes::{Digest, colons};
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::keyring::{Keyring, Role};
use crate::model::time::Timestamp;
use crate::pki::certificate::issuer_urls;

/// By what a chain is judged: whom to trust, what else is known, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// Trust anchors.
    pub anchors: Vec<Certificate>,
    /// Whom that is, in words.
    pub trusting: String,
    /// Certificates at hand, with where they stand: they tell where to get what is missing.
    pub known: Vec<(Certificate, String)>,
    /// CRLs that may say something, as DER.
    pub crls: Vec<Vec<u8>>,
    /// The date of the verdict.
    pub at: Timestamp,
    /// The present.
    pub now: Timestamp,
}

/// A bundle and what is asked about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inquiry {
    /// What is verified, in words: `keyring mail`, `file web.pem`; escaped.
    pub what: String,
    /// What a report says before all else, such as how a connection was made.
    pub head: Vec<Line>,
    /// The certificates as presented.
    pub given: Vec<Certificate>,
    /// Where they come from, in a word or two: `sent`, `keyring mail`.
    pub origin: String,
    /// Whether what else is known may stand between: for a certificate that is asked about alone.
    pub with_known: bool,
    /// The keyring that is verified, if it is one: the commands that help are about it.
    pub keyring: Option<String>,
    /// The host name that must be among the names, if any.
    pub host: Option<String>,
    /// What was found about the leaf beforehand; an error among it makes the verdict bad.
    pub objections: Vec<Finding>,
    /// By what it is judged.
    pub basis: Basis,
}

/// The certificate that a chain lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its subject.
    pub name: String,
    /// Its key identifier, with colons; may be empty.
    pub key_id: String,
    /// Where it stands in the workspace.
    pub places: Vec<String>,
    /// Whether it is a root, which has to be trusted first.
    pub root: bool,
    /// Whether the chain is trusted with it.
    pub helps: bool,
    /// Where it can be fetched from, escaped.
    pub urls: Vec<String>,
}

/// What became of an inquiry.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The chain with its findings and the verdict.
    pub explanation: Explanation,
    /// The bundle as presented.
    pub bundle: Option<Bundle>,
    /// What is missing.
    pub missing: Option<Missing>,
    /// Until when it verifies.
    pub horizon: Option<Horizon>,
    /// The whole report.
    pub lines: Vec<Line>,
    /// The verdict alone.
    pub verdict: Line,
}

impl Basis {
    /// Trusts the certifiers of the workspace and every trusted root of its keyrings.
    pub fn of_state(state: &State, crls: Vec<Vec<u8>>, at: Timestamp, now: Timestamp) -> Self {
        let certifiers = state.certifiers.values().map(|c| c.root().unwrap_or(&c.certificate));
        let mut anchors: Vec<_> =
            certifiers.chain(state.keyrings.values().flat_map(|r| r.trusted_roots())).cloned().collect();
        anchors.sort_by_key(|c| c.sha256);
        anchors.dedup_by_key(|c| c.sha256);
        let count = anchors.len();
        let trusting = format!(
            "certifiers and trusted roots of the workspace ({})",
            report::count(count, "certificate")
        );
        Self { anchors, trusting, known: known(state), crls, at, now }
    }

    /// Trusts these certificates instead; `words` say whose they are.
    #[must_use]
    pub fn trusting(self, mut anchors: Vec<Certificate>, words: &str) -> Self {
        anchors.sort_by_key(|c| c.sha256);
        anchors.dedup_by_key(|c| c.sha256);
        let trusting = format!("{words} ({})", report::count(anchors.len(), "certificate"));
        Self { anchors, trusting, ..self }
    }

    /// Says where a certificate stands.
    pub(super) fn place(&self, sha256: &Digest) -> Option<&str> {
        self.known.iter().find(|(c, _)| c.sha256 == *sha256).map(|(_, place)| place.as_str())
    }
}

/// Lists the certificates of a workspace, each with the first place where it stands.
fn known(state: &State) -> Vec<(Certificate, String)> {
    let place = |subject: &Subject| match subject {
        Subject::Keyring(name) => format!("keyring {name}"),
        Subject::Certifier(name) => format!("certifier {name}"),
        _ => String::new(),
    };
    let all = state.certificates().into_values();
    all.map(|(c, places)| (c.clone(), places.first().map_or_else(String::new, place))).collect()
}

impl Inquiry {
    /// Asks about a keyring: what a server sends of it, by the roots that the ring trusts. Errors: no certificate in it.
    pub fn of_keyring(ring: &Keyring, basis: Basis) -> Result<Self> {
        let name = &ring.name;
        if ring.leaf().is_none() {
            return Err(Error::refused(format!("Keyring {name} has no certificate to verify."))
                .next("Install the certificate that answers its request.")
                .command("keyring.install"));
        }
        let sent = ring.entries.iter().filter(|e| matches!(e.role, Role::Leaf | Role::Chain));
        let given = sent.map(|e| e.certificate.clone()).collect();
        let roots = ring.trusted_roots().cloned().collect();
        let basis = basis.trusting(roots, &format!("trusted roots of keyring {name}"));
        let keyring = Some(name.clone());
        Ok(Self { keyring, ..Self::of_bundle(given, format!("keyring {name}"), basis) })
    }

    /// Asks about certificates from a file, a paste or a peer; `what` says from where.
    pub fn of_bundle(given: Vec<Certificate>, what: String, basis: Basis) -> Self {
        let what = visible(&what);
        let (head, objections) = (Vec::new(), Vec::new());
        let origin = what.clone();
        Self { what, head, given, origin, with_known: false, keyring: None, host: None, objections, basis }
    }

    /// Asks about one certificate, with what the workspace knows above it.
    pub fn of_certificate(certificate: Certificate, basis: Basis) -> Self {
        let what = format!("certificate {}", certificate.subject.title());
        let origin = "asked about alone".into();
        Self { with_known: true, origin, ..Self::of_bundle(vec![certificate], what, basis) }
    }

    /// Answers. Never fails: what cannot be told is a finding.
    pub fn answer(&self) -> Answer {
        let mut explanation = self.explain(self.basis.at, None);
        if self.keyring.is_none() {
            // They would act on whatever keyring is selected.
            let all = explanation.links.iter_mut().flat_map(|l| &mut l.findings);
            let of_ring = |f: &&mut Finding| f.command.as_ref().is_some_and(|c| c.starts_with("keyring."));
            all.filter(of_ring).for_each(|f| f.command = None);
        }
        let horizon = horizon::look(self.basis.at, &explanation, &|at| self.explain(at, None));
        let missing = self.missing(&explanation);
        let bundle = bundle::judge(&self.given, &explanation);
        report::write(self, explanation, bundle, missing, horizon)
    }

    fn explain(&self, at: Timestamp, more: Option<&Certificate>) -> Explanation {
        let Some(leaf) = bottom(&self.given).and_then(|place| self.given.get(place)) else {
            let verdict = "there is no certificate".into();
            return Explanation { links: Vec::new(), trusted: false, verdict, missing: None };
        };
        let mut pool: Vec<_> = self.given.iter().map(|c| (c, self.origin.clone())).collect();
        pool.retain(|(c, _)| c.sha256 != leaf.sha256);
        if self.with_known {
            pool.extend(self.basis.known.iter().map(|(c, place)| (c, place.clone())));
        }
        let mut anchors: Vec<_> = self.basis.anchors.iter().collect();
        match more {
            Some(root) if root.is_self_issued() => anchors.push(root),
            more => pool.extend(more.map(|c| (c, String::new()))),
        }
        let crls: Vec<_> = self.basis.crls.iter().map(Vec::as_slice).collect();
        let question =
            Question { leaf, pool: &pool, anchors: &anchors, host: self.host.as_deref(), at, crls: &crls };
        let mut explanation = foresee(&question, self.basis.now);
        if self.keyring.is_none() && self.host.is_none() && leaf.is_ca() && !leaf.is_self_issued() {
            as_authority(&mut explanation);
        }
        if let Some(link) = explanation.links.first_mut() {
            // It may be an anchor itself; where it came from is what a reader wants to know.
            if link.origin == "leaf" {
                link.origin.clone_from(&self.origin);
            }
            link.findings.splice(0..0, self.objections.iter().cloned());
        }
        if let Some(objection) = self.objections.iter().find(|f| f.severity == Severity::Error) {
            if explanation.trusted {
                explanation.verdict.clone_from(&objection.text);
            }
            explanation.trusted = false;
        }
        explanation
    }

    fn missing(&self, explanation: &Explanation) -> Option<Missing> {
        /// Enough to find the one among certificates of the same name, and no burden.
        const TRIED: usize = 20;
        let name = explanation.missing.as_ref()?;
        let top = &explanation.links.last()?.certificate;
        let named = self.basis.known.iter().filter(|(c, _)| c.subject.der == name.der).take(TRIED);
        let found: Vec<_> = named.filter(|(c, _)| signed_by(top, c)).collect();
        Some(Missing {
            name: name.text(),
            key_id: top.aki.as_ref().map_or_else(String::new, |id| colons(&id.0)),
            places: found.iter().map(|(_, place)| place.clone()).collect(),
            root: found.iter().any(|(c, _)| c.is_self_issued()),
            helps: found.iter().any(|(c, _)| self.explain(self.basis.at, Some(c)).trusted),
            urls: issuer_urls(top).iter().map(|url| visible(url)).collect(),
        })
    }
}

/// Judges a chain whose bottom is an authority as one that others stand under: that no server may use it as its own
/// certificate is no fault of it then.
fn as_authority(explanation: &mut Explanation) {
    let Some(link) = explanation.links.first_mut() else { return };
    link.findings.retain(|f| f.rule != LEAF_IS_CA);
    link.checked.push("an authority: no server can use it as its own".into());
    let mut findings = explanation.links.iter().flat_map(|l| &l.findings);
    let error = findings.find(|f| f.severity == Severity::Error);
    match error {
        None if explanation.missing.is_none() && explanation.verdict.ends_with(LEAF_IS_CA_TEXT) => {
            explanation.trusted = true;
            explanation.verdict = "trusted".into();
        }
        Some(error) if explanation.verdict.ends_with(LEAF_IS_CA_TEXT) => {
            explanation.verdict.clone_from(&error.text);
        }
        _ => {}
    }
}
