//! How a Web site is found: the certificate before the request is read, by the rules of each era, and the request by its Host.

use super::answer::{Outcome, Source};
use super::matching::{self, How, said};
use super::question::Era;
use super::ring;
use super::scene::{End, Scene, bare};
use crate::model::finding::Severity;
use crate::model::site::Site;

impl<'a> Scene<'a> {
    /// Finds the document of an HTTPS connection, whose certificate is chosen before the request is read.
    pub(super) fn web(&mut self, first: &'a Site) -> End<'a> {
        let sni = self.question.sni_sent();
        let by = if self.question.era.is_some() { "as was asked" } else { "by the release of the server" };
        let rule = "How a Web site is found has changed with the releases.";
        self.step("era", rule, format!("{}, {by}.", self.era.words()));
        let (site, how) = match self.era {
            Era::CertStore => self.with_cert_store(first, sni),
            Era::BeforeSni => self.without_sni(first, sni),
            Era::Sni => self.with_sni(first, sni),
        };
        self.pass_over(site, &how);
        self.document = Some(Source::Site(site.name.clone()));
        let shown = ring::find(self, &site.keyring, sni);
        let Some(last) = self.request(Some(site)) else {
            return (if shown.is_there() { Outcome::NotEnabled } else { Outcome::NoCertificate }, shown);
        };
        if last.name != site.name {
            self.requests = Some(last);
        }
        let open = self.let_in(&last.access, true);
        self.ended(open, shown)
    }

    fn without_sni(&mut self, first: &'a Site, sni: Option<&str>) -> (&'a Site, How) {
        if let Some(name) = sni {
            let rule = "A server before SNI does not read the name that the client sends.";
            self.step("SNI", rule, format!("{name} is passed over."));
        }
        let rule = "The certificate is chosen before the Host is known: by address, else the default Web site, else the first \
                    document in the view.";
        let (site, how) = self.start().unwrap_or((first, How::First));
        self.step("document", rule, said(site, &how));
        (site, how)
    }

    fn with_sni(&mut self, first: &'a Site, sni: Option<&str>) -> (&'a Site, How) {
        let rule = "The handshake starts at the document with the address, else at the default Web site.";
        let Some((site, how)) = self.start() else {
            let found = "Neither is there, so SNI has no starting point, and the first document in the view answers as before \
                         SNI: ";
            self.fault(Severity::Warning, "document", rule, format!("{found}{}.", first.name));
            return (first, How::First);
        };
        self.step("document", rule, said(site, &how));
        self.switch(sni, site, how)
    }

    fn with_cert_store(&mut self, first: &'a Site, sni: Option<&str>) -> (&'a Site, How) {
        let rule = "Until a name is known it is the document with the address, else the default Web site, else the first in \
                    the view.";
        let (site, how) = self.start().unwrap_or((first, How::First));
        self.step("document", rule, said(site, &how));
        self.switch(sni, site, how)
    }

    /// Goes over to the document that lists the name in SNI.
    fn switch(&mut self, sni: Option<&str>, site: &'a Site, how: How) -> (&'a Site, How) {
        let rule = "A name in SNI switches to the document that lists it.";
        let Some(name) = sni else {
            self.step("SNI", rule, "The client sends none.");
            return (site, how);
        };
        match matching::by_host(&self.live, name) {
            Some(named) => {
                let how = How::Host(name.to_owned());
                self.step("SNI", rule, said(named, &how));
                (named, how)
            }
            None => {
                let found = format!("No document lists {name}; it stays site {}.", site.name);
                self.fault(Severity::Warning, "SNI", rule, found);
                (site, how)
            }
        }
    }

    /// Finds the document by address, or the default Web site.
    fn start(&self) -> Option<(&'a Site, How)> {
        let address = self.address.as_deref();
        let by_address =
            address.and_then(|a| Some((matching::by_address(&self.live, a)?, How::Address(a.into()))));
        by_address.or_else(|| Some((matching::default(&self.live)?, How::Default)))
    }

    /// Finds the document that takes a request, by the Host of it.
    fn request(&mut self, handshake: Option<&'a Site>) -> Option<&'a Site> {
        let rule = "A request goes to the document that lists its Host, else to the one with the address, else to the default \
                    Web site.";
        let found = match (self.question.asked_host(), handshake) {
            (None, Some(site)) => {
                self.step("request", rule, format!("No Host was asked for; it stays site {}.", site.name));
                return Some(site);
            }
            (None, None) => self.start(),
            (Some(host), _) => match matching::by_host(&self.live, host) {
                Some(site) => Some((site, How::Host(host.to_owned()))),
                None => self.start(),
            },
        };
        match &found {
            Some((site, how)) => self.step("request", rule, said(site, how)),
            None => {
                let host = self.question.asked_host().unwrap_or("a host");
                let found = format!("No document lists {host}, and there is no default Web site.");
                self.fault(Severity::Error, "request", rule, found);
            }
        }
        if let (None, Some((site, how))) = (handshake, &found) {
            self.pass_over(site, how);
        }
        found.map(|(site, _)| site)
    }

    /// Answers a request over TCP.
    pub(super) fn http(&mut self) -> End<'a> {
        let Some(site) = self.request(None) else { return bare(Outcome::NotEnabled) };
        self.document = Some(Source::Site(site.name.clone()));
        if site.access.redirect {
            return self.redirected(Some(site));
        }
        if self.let_in(&site.access, false) { bare(Outcome::Plain) } else { bare(Outcome::NotEnabled) }
    }
}
