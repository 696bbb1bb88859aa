//! What is lacking where a port is open and no document answers: the condition that failed, by name.

use super::access::tls_ways;
use super::matching::{lists, same_organization, shown};
use super::used::{called, is_hosted, sites_of};
use crate::model::State;
use crate::model::server::Server;
use crate::model::site::{Site, SiteKind};

/// The condition that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack<'a> {
    /// There is no document of the kind.
    Missing,
    /// Documents of the kind name other servers.
    OtherServer,
    /// What there is for this server is disabled, such as this one.
    Disabled(&'a Site),
    /// The address is of this organisation, and no document of the kind is.
    Organization(String, String),
    /// The document that is used has every way in over TLS off.
    WaysOff(&'a Site),
}

/// Says why no document of a kind may answer on a server, when none may.
pub(super) fn of_none<'a>(
    state: &'a State,
    kind: SiteKind,
    hosts: impl Fn(&Site) -> bool,
) -> Option<Lack<'a>> {
    let of_kind = || state.sites.values().filter(|s| s.kind == kind);
    let hosted = || of_kind().filter(|s| hosts(s));
    match (of_kind().next(), hosted().next()) {
        (None, _) => Some(Lack::Missing),
        (Some(_), None) => Some(Lack::OtherServer),
        (Some(_), Some(first)) if hosted().all(|s| !s.enabled) => Some(Lack::Disabled(first)),
        _ => None,
    }
}

/// Lists what is lacking for the TLS port of a protocol on a server that loads Internet Sites: nothing, or the conditions
/// that fail for each of its addresses.
pub fn lacks<'a>(state: &'a State, server: &'a Server, kind: SiteKind) -> Vec<Lack<'a>> {
    let name = called(server);
    if let Some(lack) = of_none(state, kind, |site| is_hosted(site, name)) {
        return vec![lack];
    }
    let live: Vec<&Site> = sites_of(state, name, kind).filter(|s| s.enabled).collect();
    let open = |site: &&Site| !tls_ways(kind, &site.access).is_empty();
    let Some(first) = live.first() else { return Vec::new() };
    if kind == SiteKind::Web {
        return if live.iter().any(open) { Vec::new() } else { vec![Lack::WaysOff(first)] };
    }
    let of =
        |organization: &str| live.iter().find(|s| same_organization(&s.organization, organization)).copied();
    let mut all = Vec::new();
    for address in &server.addresses {
        let hosted = state.sites.values().filter(|s| s.enabled && s.kind.answers() && is_hosted(s, name));
        let Some(claim) = hosted.filter(|s| lists(s, address)).max_by_key(|s| !s.organization.is_empty())
        else {
            continue;
        };
        if of(&claim.organization).is_none() {
            all.push(Lack::Organization(address.clone(), shown(&claim.organization)));
        }
    }
    // Of each organisation the first document is used, whatever stands behind it.
    let used = live.iter().filter(|s| of(&s.organization).is_some_and(|first| first.name == s.name));
    all.extend(used.filter(|s| !open(s)).map(|s| Lack::WaysOff(s)));
    all
}

/// Returns the document that a client meets who tells neither a name nor an address: the default one, else the first.
pub fn without_name<'a>(live: &[&'a Site]) -> Option<&'a Site> {
    super::matching::default(live).or_else(|| live.first().copied())
}

/// Lists the addresses among the hosts of a document.
pub fn addresses(site: &Site) -> impl Iterator<Item = &str> {
    super::matching::addresses(site)
}
