//! A site that is served: its certificate, the suites of its document as far as they can be spoken here, and its rules for
//! client certificates, as a configuration of the TLS library.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, SupportedCipherSuite, SupportedProtocolVersion};

use super::clients::{Clients, Judge};
use crate::model::bytes::Der;
use crate::model::cipher::Suite;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::time::Timestamp;
use crate::pki::certificate;
use crate::pki::key::PrivateKey;

/// How many sessions of a site can be resumed; the oldest is forgotten for a new one.
const SESSIONS: usize = 256;

/// A site to serve.
#[derive(Debug)]
pub struct ServedSite {
    /// Its name, for the answer page and the log.
    pub site: String,
    /// Leaf first, then intermediates.
    pub chain: Vec<Der>,
    /// The leaf's key.
    pub key: PrivateKey,
    /// The suites that its document allows; `None` leaves them to the server.
    pub suites: Option<Vec<Suite>>,
    /// What is asked of clients; `None` asks them for no certificate.
    pub clients: Option<Clients>,
    /// The address that the port without TLS sends clients to when the site is deployed; `None` where it does not redirect.
    pub redirect: Option<String>,
}

impl ServedSite {
    /// Makes a site that asks nothing of clients and leaves the suites to the server.
    pub fn new(site: impl Into<String>, chain: Vec<Der>, key: PrivateKey) -> Self {
        Self { site: site.into(), chain, key, suites: None, clients: None, redirect: None }
    }
}

/// A site that is ready to be served.
pub(super) struct Ready {
    pub(super) site: String,
    pub(super) subject: String,
    pub(super) config: Arc<ServerConfig>,
    pub(super) judge: Option<Arc<Judge>>,
    pub(super) redirect: Option<String>,
    /// What of the document cannot be rehearsed, in sentences.
    pub(super) notes: Vec<String>,
}

impl Ready {
    /// Makes it ready. Errors: `Refused` when the chain is empty, the key is not the leaf's or of a kind that TLS does not
    /// know, or none of the suites of the document can be spoken here.
    pub(super) fn new(served: ServedSite, clock: fn() -> Timestamp) -> Result<Self> {
        let leaf = served.chain.first().ok_or_else(|| {
            Error::refused(format!("Site {} has no certificate to serve.", served.site))
                .next("Install the certificate in the site's keyring.")
        })?;
        let subject = certificate::read(&leaf.0)?.subject.text();
        let mut notes = Vec::new();
        let provider = Arc::new(provider(&served, &mut notes)?);
        let judge =
            served.clients.map(|clients| Judge::new(clients, &provider, clock).map(Arc::new)).transpose()?;
        let (site, refused) = (visible(&served.site), |what: &str, error: &rustls::Error| {
            Error::refused(format!("Site {} cannot be served: {what}.", served.site)).why(format!("{error}."))
        });
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(served.key.pkcs8().as_slice()));
        let key = aws_lc_rs::sign::any_supported_type(&der)
            .map_err(|e| refused("TLS does not know this kind of key", &e))?;
        let chain = served.chain.iter().map(|c| CertificateDer::from(c.0.clone())).collect();
        let certified = CertifiedKey::new(chain, key);
        certified.keys_match().map_err(|e| refused("the key is not the certificate's", &e))?;
        let versions = versions(&provider.cipher_suites);
        let verifier: Arc<dyn ClientCertVerifier> = match &judge {
            Some(judge) => judge.clone(),
            None => WebPkiClientVerifier::no_client_auth(),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|e| refused("the TLS library does not start", &e))?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // The server's order decides, as it does in Domino. Sessions belong to one site and are resumed by no other.
        config.ignore_client_order = true;
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        Ok(Self { site, subject, config: Arc::new(config), judge, redirect: served.redirect, notes })
    }
}

/// Returns the cryptography with the suites of the document, and notes those that cannot be rehearsed.
fn provider(served: &ServedSite, notes: &mut Vec<String>) -> Result<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    let Some(suites) = &served.suites else {
        notes.push(format!(
            "Site {} leaves the ciphers to the server: everything that this program speaks is offered, TLS 1.2 and 1.3.",
            served.site
        ));
        return Ok(provider);
    };
    let here = |suite: &Suite| provider.cipher_suites.iter().any(|s| code(s) == *suite);
    let names = |suites: &[&Suite]| suites.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    let missing: Vec<&Suite> = suites.iter().filter(|suite| !here(suite)).collect();
    if missing.len() == suites.len() {
        let error = Error::refused(format!("Site {} cannot be rehearsed with its ciphers.", served.site));
        return Err(match missing.as_slice() {
            [] => error
                .why("Its document allows no cipher suite at all: no client would get in.")
                .next("Choose some, or leave the field empty for those of the release."),
            missing => error
                .why(format!(
                    "This program speaks ECDHE with AES-GCM or ChaCha20 only, and none of {}.",
                    names(missing)
                ))
                .next("Allow one of those, such as C02F or C02B, or try these on a server."),
        });
    }
    if !missing.is_empty() {
        notes.push(format!(
            "Site {} also allows {}, which cannot be rehearsed: this program speaks ECDHE with AES-GCM or ChaCha20 only.",
            served.site,
            names(&missing)
        ));
    }
    provider.cipher_suites.retain(|suite| suites.contains(&code(suite)));
    Ok(provider)
}

fn code(suite: &SupportedCipherSuite) -> Suite {
    Suite(u16::from(suite.suite()))
}

/// Returns the versions for which there is a suite.
fn versions(suites: &[SupportedCipherSuite]) -> Vec<&'static SupportedProtocolVersion> {
    let both = [&rustls::version::TLS13, &rustls::version::TLS12];
    both.into_iter().filter(|version| suites.iter().any(|s| s.version() == *version)).collect()
}
