//! How the document of another protocol than HTTP is found: address, organisation, first document.

use super::answer::{Outcome, Source};
use super::matching::{How, lists, said, same_organization, shown};
use super::ring;
use super::scene::{End, Scene, bare};
use crate::model::finding::Severity;
use crate::model::server::called::organization_of;
use crate::model::site::{Site, SiteKind};

impl<'a> Scene<'a> {
    /// Finds the document of another protocol: address, organisation, first document.
    pub(super) fn other(&mut self, first: &'a Site, tls: bool) -> End<'a> {
        let rule = "The address only tells the organisation.";
        let (organization, why) = self.organization(first);
        self.step("organization", rule, format!("{}: {why}.", shown(&organization)));
        let rule = "Host names do not choose: the first document in the view for the server and the organisation is used.";
        let how = How::Organization(organization.clone());
        let of = |s: &&&Site| same_organization(&s.organization, &organization);
        let Some(site) = self.live.iter().find(of).copied() else {
            let found = format!("No document is of organisation {}.", shown(&organization));
            self.fault(Severity::Error, "document", rule, found);
            for site in &self.live {
                self.why_not.insert(&site.name, how.passes_over(site, ""));
            }
            return bare(Outcome::NotEnabled);
        };
        self.step("document", rule, said(site, &how));
        self.pass_over(site, &how);
        self.document = Some(Source::Site(site.name.clone()));
        let starts = self.place.document.is_some_and(|server| self.starts_tls(server, &site.access));
        if !tls && !starts {
            return if self.let_in(&site.access, false) {
                bare(Outcome::Plain)
            } else {
                bare(Outcome::NotEnabled)
            };
        }
        let open = self.let_in(&site.access, true);
        if self.listener.kind == SiteKind::Iiop {
            let rule = "IIOP has a keyring of its own, whose name cannot be changed.";
            self.step(
                "key file",
                rule,
                "The one that the document names stands for it here; a probe tells what is served.",
            );
        }
        let shown = ring::find(self, &site.keyring, None);
        self.ended(open, shown)
    }

    /// Finds the organisation of the address.
    fn organization(&self, first: &Site) -> (String, String) {
        let hosted =
            || self.state.sites.values().filter(|s| s.enabled && s.kind.answers() && self.place.hosts(s));
        let listed = |what: &str| {
            let site = hosted().filter(|s| lists(s, what)).max_by_key(|s| !s.organization.is_empty())?;
            Some((site.organization.clone(), format!("site {} lists {what}", site.name)))
        };
        if let Some(found) = self.address.as_deref().and_then(listed) {
            return found;
        }
        let host = self.question.host.as_str();
        if let Some(found) = (!host.is_empty()).then(|| listed(host)).flatten() {
            return found;
        }
        let of_server = organization_of(self.place.name);
        let has = |org: &&str| self.live.iter().any(|s| same_organization(&s.organization, org));
        if let Some(organization) = of_server.filter(has) {
            return (organization.to_owned(), "no document tells, and it is the server's own".into());
        }
        let first = first.organization.clone();
        let same = self.live.iter().all(|s| same_organization(&s.organization, &first));
        let why = if same {
            "no document tells, and there is only this one"
        } else {
            "no document tells, and it is the first in the view"
        };
        (first, why.into())
    }
}
