//! Judges client certificates by the rules of a site: whom its keyring trusts, whether expired ones pass, and what the CRL
//! switches say about CRLs that the workspace knows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};

use crate::model::bytes::Der;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::site::CrlSwitches;
use crate::model::site::crl::{Outcome, Search, decide};
use crate::model::time::Timestamp;
use crate::pki::chain::signed_by;
use crate::pki::{certificate, crl};

/// What a site asks of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clients {
    /// Whether a client without a certificate is refused.
    pub required: bool,
    /// The roots that the site's keyring trusts.
    pub roots: Vec<Der>,
    /// Whether certificates past their date pass.
    pub accept_expired: bool,
    /// The CRL switches.
    pub switches: CrlSwitches,
    /// The CRLs that are known.
    pub crls: Vec<Vec<u8>>,
}

/// The judge of a site. One connection is one thread: what was decided is kept by thread until it is asked for.
pub(super) struct Judge {
    clients: Clients,
    roots: Vec<Certificate>,
    hints: Vec<DistinguishedName>,
    /// Judges the chain; `None` when the keyring trusts nobody.
    chain: Option<Arc<dyn ClientCertVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
    clock: fn() -> Timestamp,
    decided: Mutex<HashMap<ThreadId, String>>,
}

impl Judge {
    pub(super) fn new(
        clients: Clients,
        provider: &Arc<CryptoProvider>,
        clock: fn() -> Timestamp,
    ) -> Result<Self> {
        let mut store = RootCertStore::empty();
        for root in &clients.roots {
            // One that the TLS library cannot use trusts nobody.
            let _ = store.add(CertificateDer::from(root.0.as_slice()));
        }
        let chain = if store.is_empty() {
            None
        } else {
            let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider.clone());
            Some(
                builder
                    .build()
                    .map_err(|e| Error::internal(format!("The trusted roots cannot be used: {e}.")))?,
            )
        };
        let roots: Vec<Certificate> =
            clients.roots.iter().map(|der| certificate::read(&der.0)).collect::<Result<_>>()?;
        let hints = roots.iter().map(|root| DistinguishedName::from(root.subject.der.0.clone())).collect();
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { clients, roots, hints, chain, algorithms, clock, decided: Mutex::default() })
    }

    /// Takes what was decided about the client of this thread: its subject, and why it was refused or let in.
    pub(super) fn decided(&self) -> Option<String> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner).remove(&thread::current().id())
    }

    fn note(&self, text: String) {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner).insert(thread::current().id(), text);
    }

    /// Judges the chain, at the date of the certificate's end where that has passed and may.
    fn trusts(
        &self,
        leaf: &Certificate,
        der: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> std::result::Result<&'static str, rustls::Error> {
        let Some(chain) = &self.chain else { return Err(CertificateError::UnknownIssuer.into()) };
        match chain.verify_client_cert(der, above, now) {
            Ok(_) => Ok(""),
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            )) if self.clients.accept_expired => {
                let end = u64::try_from(leaf.not_after.0).unwrap_or(0).min(now.as_secs());
                let then = UnixTime::since_unix_epoch(Duration::from_secs(end));
                chain.verify_client_cert(der, above, then).map(|_| "it has expired, which the site accepts")
            }
            Err(error) => Err(error),
        }
    }

    /// Looks for a CRL of the issuer that counts by name and signature; a current one before one that has ended.
    fn search(&self, leaf: &Certificate, above: &[Certificate]) -> Search {
        let issuers: Vec<&Certificate> = above
            .iter()
            .chain(&self.roots)
            .filter(|issuer| issuer.subject.der == leaf.issuer.der && signed_by(leaf, issuer))
            .collect();
        let now = (self.clock)();
        let mut found = Search::Nothing;
        for list in &self.clients.crls {
            let Some(info) = issuers.iter().find_map(|issuer| crl::read(list, issuer).ok()) else { continue };
            let Ok(reason) = crl::revoked(list, &leaf.serial) else { continue };
            let listed = reason.is_some();
            let this =
                if info.next_update >= now { Search::Fresh { listed } } else { Search::Stale { listed } };
            found = match (found, this) {
                // A newer list takes an older one's word back only where it lists the certificate.
                (Search::Fresh { listed: true }, _) | (_, Search::Fresh { listed: true }) => {
                    Search::Fresh { listed: true }
                }
                (fresh @ Search::Fresh { .. }, _) | (_, fresh @ Search::Fresh { .. }) => fresh,
                (Search::Stale { listed: true }, _) => Search::Stale { listed: true },
                (_, this) => this,
            };
        }
        found
    }
}

impl ClientCertVerifier for Judge {
    fn client_auth_mandatory(&self) -> bool {
        self.clients.required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        der: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> std::result::Result<ClientCertVerified, rustls::Error> {
        let leaf = certificate::read(der).map_err(|_| {
            self.note("a client certificate that cannot be read".into());
            rustls::Error::from(CertificateError::BadEncoding)
        })?;
        let name = format!("client {}", visible(&leaf.subject.text()));
        let passed = self.trusts(&leaf, der, above, now).inspect_err(|_| self.note(name.clone()))?;
        let mut words = vec![name];
        if !passed.is_empty() {
            words.push(passed.into());
        }
        let between: Vec<Certificate> = above.iter().filter_map(|der| certificate::read(der).ok()).collect();
        let (outcome, why) = if self.clients.switches.check {
            decide(self.clients.switches, self.search(&leaf, &between))
        } else {
            (Outcome::Accept, "")
        };
        if !why.is_empty() {
            words.push(format!("CRL: {why}"));
        }
        self.note(words.join("; "));
        match outcome {
            Outcome::Accept | Outcome::Warn => Ok(ClientCertVerified::assertion()),
            Outcome::Reject => Err(CertificateError::Revoked.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Judge({} roots)", self.roots.len())
    }
}
