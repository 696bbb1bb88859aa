//! The verifier of the probe: notes what the server sent and lets the handshake go on, whatever it was. Gives no
//! verdict: that is `pki::chain`'s. Never used to protect anything, for the probe sends no data.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{self, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme, SupportedCipherSuite,
    SupportedProtocolVersion,
};

/// What came by in one handshake.
#[derive(Debug, Default, Clone)]
pub(super) struct Noted {
    /// The chain as sent, leaf first, as DER.
    pub(super) chain: Vec<Vec<u8>>,
    /// The OCSP staple as DER; empty for none.
    pub(super) staple: Vec<u8>,
    /// Why the handshake's signature could not be checked, if so: then the server has not proved that it has the key.
    pub(super) unproved: Option<String>,
    /// Whether the server asked for a client certificate.
    pub(super) asked: bool,
}

/// The verifier, which is the resolver of client certificates too: it notes that it was asked, and shows the one that it was
/// given, if any.
pub(super) struct Witness {
    algorithms: WebPkiSupportedAlgorithms,
    shows: Option<Arc<CertifiedKey>>,
    noted: Mutex<Noted>,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Witness")
    }
}

impl Witness {
    /// Makes a witness that shows this when it is asked for a client certificate.
    pub(super) fn showing(shows: Option<Arc<CertifiedKey>>) -> Arc<Self> {
        let algorithms = crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        Arc::new(Self { algorithms, shows, noted: Mutex::default() })
    }

    /// Returns what has come by so far.
    pub(super) fn noted(&self) -> Noted {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, write: impl FnOnce(&mut Noted)) {
        write(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets a signature pass that does not verify or is of a kind that the TLS library does not know, and notes it.
    fn proof(&self, result: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        result.unwrap_or_else(|error| {
            self.note(|n| n.unproved = Some(error.to_string()));
            HandshakeSignatureValid::assertion()
        })
    }
}

/// Makes a client with a witness of its own, without resumption: a resumed session would not show its chain.
pub(super) fn client(alpn: bool) -> Result<(Arc<ClientConfig>, Arc<Witness>), Error> {
    let (mut config, witness) = client_of(rustls::DEFAULT_VERSIONS)?;
    if alpn {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok((Arc::new(config), witness))
}

/// Makes the same client of these versions alone, ready to be changed.
pub(super) fn client_of(
    versions: &[&'static SupportedProtocolVersion],
) -> Result<(ClientConfig, Arc<Witness>), Error> {
    let witness = Witness::showing(None);
    Ok((client_with(versions, &witness, |_| true)?, witness))
}

/// Makes a client with this witness, of these versions and of those suites that are wanted.
pub(super) fn client_with(
    versions: &[&'static SupportedProtocolVersion],
    witness: &Arc<Witness>,
    wanted: impl Fn(&SupportedCipherSuite) -> bool,
) -> Result<ClientConfig, Error> {
    let mut provider = crypto::aws_lc_rs::default_provider();
    provider.cipher_suites.retain(wanted);
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)?
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_client_cert_resolver(witness.clone());
    config.resumption = Resumption::disabled();
    Ok(config)
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        staple: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(|n| {
            n.chain = std::iter::once(leaf).chain(others).map(|c| c.to_vec()).collect();
            n.staple = staple.to_vec();
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.proof(crypto::verify_tls12_signature(message, leaf, signed, &self.algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.proof(crypto::verify_tls13_signature(message, leaf, signed, &self.algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Witness {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.note(|n| n.asked = true);
        self.shows.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
