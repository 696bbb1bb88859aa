//! What is lacking where a port is open and no document answers: the condition that failed, by name.

use super::access::tls_ways;
use super::matching::{lists, same_organization, shown};
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

/// Says why no document of a kind may answer on a server that hosts some documents, when none may.
pub(super) fn of_none<'a>(
    state: &State,
    kind: SiteKind,
    mut hosted: impl Iterator<Item = &'a Site>,
) -> Option<Lack<'a>> {
    let Some(first) = hosted.by_ref().find(|s| s.kind == kind) else {
        let any = state.sites.values().any(|s| s.kind == kind);
        return Some(if any { Lack::OtherServer } else { Lack::Missing });
    };
    let on = first.enabled || hosted.any(|s| s.kind == kind && s.enabled);
    (!on).then_some(Lack::Disabled(first))
}

/// Lists what is lacking for the TLS port of a protocol on a server that loads Internet Sites: nothing, or the conditions
/// that fail for each of its addresses. `hosted` are the documents that name the server.
pub fn lacks<'a>(state: &State, hosted: &[&'a Site], server: &Server, kind: SiteKind) -> Vec<Lack<'a>> {
    if let Some(lack) = of_none(state, kind, hosted.iter().copied()) {
        return vec![lack];
    }
    let live: Vec<&Site> = hosted.iter().copied().filter(|s| s.kind == kind && s.enabled).collect();
    let open = |site: &&Site| !tls_ways(kind, &site.access).is_empty();
    let Some(first) = live.first() else { return Vec::new() };
    if kind == SiteKind::Web {
        return if live.iter().any(open) { Vec::new() } else { vec![Lack::WaysOff(first)] };
    }
    let of =
        |organization: &str| live.iter().find(|s| same_organization(&s.organization, organization)).copied();
    let mut all = Vec::new();
    for address in &server.addresses {
        let claims = hosted.iter().filter(|s| s.enabled && s.kind.answers());
        let Some(claim) = claims.filter(|s| lists(s, address)).max_by_key(|s| !s.organization.is_empty())
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
