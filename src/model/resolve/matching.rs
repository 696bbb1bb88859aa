//! How a document is found among those that a server hosts: by name, by address, as the default, as the first in the view.
//! The order of the view is that of the names of the documents.

use std::net::IpAddr;

use super::place::same_host;
use crate::model::name::AltName;
use crate::model::site::Site;

/// By what a document was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    /// It lists this host name.
    Host(String),
    /// It lists this address.
    Address(String),
    /// It is the default Web site.
    Default,
    /// It is the first in the view.
    First,
    /// It is the first of this organisation in the view.
    Organization(String),
}

impl How {
    /// Says why another document was not found by it.
    pub(super) fn passes_over(&self, site: &Site, chosen: &str) -> String {
        let behind = |what: &str| format!("{what}, but stands behind {chosen} in the view");
        match self {
            Self::Host(name) if lists(site, name) => behind(&format!("It lists {name} as well")),
            Self::Host(name) if wild(site, name) => {
                format!(
                    "It lists {name} as well, by a wildcard; {chosen} is nearer, or stands before it in the view"
                )
            }
            Self::Host(name) => format!("It does not list {name}"),
            Self::Address(address) if lists(site, address) => behind(&format!("It lists {address} as well")),
            Self::Address(address) => format!("It does not list {address}"),
            Self::Default if site.default_site => behind("It is a default Web site as well"),
            Self::Default => "It is not the default Web site".into(),
            Self::First => behind("Nothing speaks for it"),
            Self::Organization(of) if same_organization(&site.organization, of) => {
                behind(&format!("It is of organisation {} as well", shown(of)))
            }
            Self::Organization(of) => {
                format!("It is of organisation {}, not of {}", shown(&site.organization), shown(of))
            }
        }
    }
}

/// Finds the document that lists a host name: as it is, else by a wildcard.
pub(super) fn by_host<'a>(live: &[&'a Site], name: &str) -> Option<&'a Site> {
    let exact = live.iter().find(|s| lists(s, name));
    exact.or_else(|| live.iter().find(|s| wild(s, name))).copied()
}

/// Finds the document that lists an address.
pub(super) fn by_address<'a>(live: &[&'a Site], address: &str) -> Option<&'a Site> {
    live.iter().find(|s| lists(s, address)).copied()
}

/// Finds the default Web site.
pub(super) fn default<'a>(live: &[&'a Site]) -> Option<&'a Site> {
    live.iter().find(|s| s.default_site).copied()
}

/// Tells whether a document lists a host name or an address.
pub(super) fn lists(site: &Site, host: &str) -> bool {
    site.hosts.iter().any(|h| same_host(h, host))
}

/// Tells whether a wildcard of the document stands for a host name.
fn wild(site: &Site, name: &str) -> bool {
    let stands = |h: &&String| h.starts_with("*.");
    site.hosts.iter().filter(stands).any(|h| AltName::Dns(h.clone()).covers(name))
}

/// Lists the addresses among the hosts of a document.
pub(super) fn addresses(site: &Site) -> impl Iterator<Item = &str> {
    site.hosts.iter().map(String::as_str).filter(|h| h.parse::<IpAddr>().is_ok())
}

/// Tells whether two organisations are the same.
pub(super) fn same_organization(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

/// Writes an organisation.
pub(super) fn shown(organization: &str) -> String {
    if organization.is_empty() { "(none named)".into() } else { organization.to_owned() }
}

/// Returns two organisations that claim one address, among documents that are hosted together; documents without one claim
/// nothing.
pub(super) fn two_organizations<'a>(hosted: &[&'a Site], address: &str) -> Option<(&'a Site, &'a Site)> {
    let mut claim = hosted.iter().filter(|s| !s.organization.is_empty() && lists(s, address)).copied();
    let first = claim.next()?;
    claim.find(|s| !same_organization(&s.organization, &first.organization)).map(|other| (first, other))
}

/// Says by what a document was found.
pub(super) fn said(site: &Site, how: &How) -> String {
    match how {
        How::Host(name) => format!("Site {} lists {name}.", site.name),
        How::Address(address) => format!("Site {} lists {address}.", site.name),
        How::Default => format!("Site {} is the default Web site.", site.name),
        How::First => format!("Site {} is the first in the view, by document name.", site.name),
        How::Organization(of) => {
            format!("Site {} is the first of organisation {}, by document name.", site.name, shown(of))
        }
    }
}
