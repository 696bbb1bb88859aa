//! The verdict that TLS will give: rustls-webpki, for server authentication. Revocation is judged elsewhere.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use super::Question;
use crate::model::escape::visible;

/// Accepts, or says why not.
pub(super) fn tls(question: &Question<'_>) -> Result<(), String> {
    let anchors: Vec<CertificateDer<'_>> =
        question.anchors.iter().map(|a| CertificateDer::from(a.der.0.as_slice())).collect();
    // An anchor that webpki cannot read is no anchor for it.
    let anchors: Vec<TrustAnchor<'_>> =
        anchors.iter().filter_map(|a| anchor_from_trusted_cert(a).ok()).collect();
    let pool: Vec<CertificateDer<'_>> =
        question.pool.iter().map(|(c, _)| CertificateDer::from(c.der.0.as_slice())).collect();
    let leaf = CertificateDer::from(question.leaf.der.0.as_slice());
    let leaf = EndEntityCert::try_from(&leaf).map_err(|e| words(&e))?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(question.at.0).unwrap_or(0)));
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &pool, at, KeyUsage::server_auth(), None, None)
        .map_err(|e| words(&e))?;
    if let Some(host) = question.host {
        let name = ServerName::try_from(host)
            .map_err(|_| format!("\"{}\" is neither a host name nor an address", visible(host)))?;
        leaf.verify_is_valid_for_subject_name(&name).map_err(|e| words(&e))?;
    }
    Ok(())
}

/// Says a verdict in words; the rarer ones keep webpki's own.
fn words(error: &Error) -> String {
    match error {
        Error::UnknownIssuer => "no chain leads to a trusted root".into(),
        Error::CertExpired { .. } => "a certificate of the chain has expired".into(),
        Error::CertNotValidYet { .. } => "a certificate of the chain is not valid yet".into(),
        Error::CertNotValidForName(_) => "the certificate does not name this host".into(),
        Error::CaUsedAsEndEntity => "the certificate of an authority is used as a server's own".into(),
        Error::EndEntityUsedAsCa => "a certificate that is no authority signed another".into(),
        Error::NameConstraintViolation => "a name is outside of what an authority may issue for".into(),
        Error::PathLenConstraintViolated => "more intermediates than an authority allows".into(),
        Error::RequiredEkuNotFoundContext(_) => "the extended key usage does not allow servers".into(),
        Error::InvalidSignatureForPublicKey => "a signature does not fit the issuer's key".into(),
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a signature algorithm is too old or not supported by TLS".into()
        }
        Error::UnsupportedCertVersion => "a certificate of the chain is not version 3".into(),
        Error::UnsupportedCriticalExtension => "a critical extension is not understood".into(),
        other => visible(&format!("TLS refuses the chain: {other}")),
    }
}
