//! The ways in that a document leaves open, by what exists for its protocol.

use crate::model::site::{Access, SiteKind};

/// Lists the ways in over TLS that are on, of those that exist for the protocol.
pub fn tls_ways(kind: SiteKind, access: &Access) -> Vec<&'static str> {
    let all = [
        (access.tls_anonymous && anonymous(kind), "anonymous"),
        (access.tls_password, "name and password"),
        (access.client_certificate && !matches!(kind, SiteKind::Smtp | SiteKind::Iiop), "client certificate"),
        (access.bearer_token && kind == SiteKind::Web, "bearer token"),
    ];
    all.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect()
}

/// Lists the ways in without TLS that are on, of those that exist for the protocol.
pub fn tcp_ways(kind: SiteKind, access: &Access) -> Vec<&'static str> {
    let all =
        [(access.tcp_anonymous && anonymous(kind), "anonymous"), (access.tcp_password, "name and password")];
    all.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect()
}

/// Tells whether a protocol knows people without a name.
fn anonymous(kind: SiteKind) -> bool {
    !matches!(kind, SiteKind::Imap | SiteKind::Pop3)
}
