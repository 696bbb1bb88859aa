//! The server's address of the connection, and the organisations that claim it.

use std::net::IpAddr;

use super::answer::Outcome;
use super::matching::{addresses, lists, two_organizations};
use super::scene::{End, Scene, bare};
use crate::model::finding::Severity;
use crate::model::site::Site;

impl<'a> Scene<'a> {
    /// Finds the server's address of the connection.
    pub(super) fn find_address(&mut self) {
        let (asked, host) = (self.question.address.as_str(), self.question.host.as_str());
        let rule = "The address of the connection is known before any name.";
        let beside = || {
            let site = self.live.iter().find(|s| !host.is_empty() && lists(s, host))?;
            let mut all = addresses(site);
            let (first, more) = (all.next()?, all.next());
            more.is_none().then(|| (first.to_owned(), format!("site {} lists it beside {host}", site.name)))
        };
        let only = || {
            let server = self.place.document?;
            let [only] = server.addresses.as_slice() else { return None };
            Some((only.clone(), "it is the server's only one".to_owned()))
        };
        let found = if !asked.is_empty() {
            Some((asked.to_owned(), "it was asked for".to_owned()))
        } else if host.parse::<IpAddr>().is_ok() {
            Some((host.to_owned(), "the client connects to it".to_owned()))
        } else {
            beside().or_else(only)
        };
        let text = match &found {
            Some((address, why)) => format!("{address}: {why}."),
            None => "It is not known, so no document is found by it.".to_owned(),
        };
        self.step("address", rule, text);
        self.address = found.map(|(address, _)| address);
    }

    /// Ends when two organisations claim the address.
    pub(super) fn conflict(&mut self) -> Option<End<'a>> {
        let address = self.address.clone()?;
        let place = &self.place;
        let hosted: Vec<&Site> =
            self.state.sites.values().filter(|s| s.enabled && s.kind.answers() && place.hosts(s)).collect();
        let (one, other) = two_organizations(&hosted, &address)?;
        let found = format!(
            "Site {} claims {address} for {}, and site {} for {}: \"Multiple Organizations in Internet Site documents with \
             the same IP address\".",
            one.name, one.organization, other.name, other.organization
        );
        self.fault(Severity::Error, "organization", "An address belongs to one organisation.", found);
        Some(bare(Outcome::Conflict))
    }
}
