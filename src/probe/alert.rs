//! TLS alerts in words (RFC 8446 section 6), from either side of a connection. No sockets here.

use rustls::AlertDescription as Alert;

/// Names an alert as RFC 8446 does, with its number: `handshake_failure (40)`.
pub(super) fn name(alert: Alert) -> String {
    let word = match alert {
        Alert::CloseNotify => "close_notify",
        Alert::UnexpectedMessage => "unexpected_message",
        Alert::BadRecordMac => "bad_record_mac",
        Alert::RecordOverflow => "record_overflow",
        Alert::HandshakeFailure => "handshake_failure",
        Alert::BadCertificate => "bad_certificate",
        Alert::UnsupportedCertificate => "unsupported_certificate",
        Alert::CertificateRevoked => "certificate_revoked",
        Alert::CertificateExpired => "certificate_expired",
        Alert::CertificateUnknown => "certificate_unknown",
        Alert::IllegalParameter => "illegal_parameter",
        Alert::UnknownCA => "unknown_ca",
        Alert::AccessDenied => "access_denied",
        Alert::DecodeError => "decode_error",
        Alert::DecryptError => "decrypt_error",
        Alert::ProtocolVersion => "protocol_version",
        Alert::InsufficientSecurity => "insufficient_security",
        Alert::InternalError => "internal_error",
        Alert::InappropriateFallback => "inappropriate_fallback",
        Alert::UserCanceled => "user_canceled",
        Alert::MissingExtension => "missing_extension",
        Alert::UnsupportedExtension => "unsupported_extension",
        Alert::UnrecognisedName => "unrecognized_name",
        Alert::BadCertificateStatusResponse => "bad_certificate_status_response",
        Alert::UnknownPSKIdentity => "unknown_psk_identity",
        Alert::CertificateRequired => "certificate_required",
        Alert::NoApplicationProtocol => "no_application_protocol",
        _ => "alert",
    };
    format!("{word} ({})", u8::from(alert))
}

/// Says what it means when a server sends this alert to the probe, and what to look at. `asked` tells that the server
/// had asked for a client certificate.
pub(super) fn from_server(alert: Alert, asked: bool) -> (&'static str, &'static str) {
    match alert {
        Alert::CertificateRequired => CLIENT_CERTIFICATE,
        Alert::HandshakeFailure | Alert::BadCertificate | Alert::AccessDenied if asked => CLIENT_CERTIFICATE,
        Alert::HandshakeFailure | Alert::InsufficientSecurity => (
            "Nothing that it offers is acceptable here: probably it knows only old ciphers (CBC, RSA key exchange, \
             DHE), or it has no certificate for this name.",
            "Look at the server's cipher list and whether its keyring holds a certificate and opens.",
        ),
        Alert::ProtocolVersion => (
            "It speaks neither TLS 1.2 nor TLS 1.3; probably only TLS 1.0, 1.1 or SSL 3.0.",
            "Update the server, or switch on TLS 1.2 or TLS 1.3 there; probe --matrix lists what it speaks.",
        ),
        Alert::UnrecognisedName => (
            "It has no site for this name.",
            "Look at the host names of the site document, and whether the server has read it since.",
        ),
        Alert::NoApplicationProtocol => (
            "It accepts none of the application protocols offered.",
            "Look at the server's list of protocols.",
        ),
        Alert::InternalError => {
            ("The server failed on its own side.", "Look at the server's console and log at this time.")
        }
        _ => ("", "Look at the server's console and log at this time."),
    }
}

const CLIENT_CERTIFICATE: (&str, &str) = (
    "It wants a client certificate, and the probe sends none.",
    "If clients shall get in without one, switch off client certificates in the site document.",
);

/// Says what it means when a client sends this alert to the rehearsal service; empty when its name says it all.
pub(super) fn from_client(alert: Alert) -> &'static str {
    match alert {
        Alert::UnknownCA => "the client does not trust the issuer, or an intermediate is missing",
        Alert::CertificateExpired => "the client finds a certificate of the chain expired or not yet valid",
        Alert::CertificateRevoked => "the client finds a certificate of the chain revoked",
        Alert::CertificateUnknown => "the client does not accept the certificate, and does not say why",
        Alert::BadCertificate => "the client does not accept the certificate: perhaps the wrong host name",
        Alert::UnsupportedCertificate => "the certificate is of a kind or for a use that the client refuses",
        Alert::HandshakeFailure | Alert::InsufficientSecurity => {
            "client and service have no cipher in common"
        }
        Alert::ProtocolVersion => "the client wants another version of TLS",
        Alert::DecryptError => "the client could not verify the handshake's signature",
        Alert::UserCanceled | Alert::CloseNotify => "the client stopped of its own will",
        _ => "",
    }
}
