//! The course of an answer: server, port, address, document, ways in, keyring, certificate; the first step that fails ends it.

use std::collections::BTreeMap;

use super::access::{tcp_ways, tls_ways};
use super::answer::{Answer, Covers, Other, Outcome, Source, Step};
use super::lack::{self, Lack};
use super::matching::How;
use super::place::{Listener, Place};
use super::question::{Era, Question};
use super::redirect::{host_of, url};
use super::ring::{self, Shown};
use super::used::ring_of;
use crate::model::State;
use crate::model::escape::visible;
use crate::model::field::write_names;
use crate::model::finding::Severity;
use crate::model::server::{PortStatus, Server};
use crate::model::site::{Access, Site, SiteKind};

/// Answers a question from the documents of a workspace.
pub fn resolve(state: &State, question: &Question) -> Answer {
    let place = Place::find(state, question);
    let listener = Listener::find(state, &place, question);
    let era = place.document.map_or(Era::CertStore, Era::of);
    let mut scene = Scene {
        state,
        question,
        era: question.era.unwrap_or(era),
        place,
        listener,
        address: None,
        steps: Vec::new(),
        why_not: BTreeMap::new(),
        live: Vec::new(),
        document: None,
        requests: None,
    };
    let (outcome, shown) = scene.play();
    scene.close(outcome, shown)
}

/// How a scene ends: with the outcome, and the keyring and certificate as far as they are known.
pub(super) type End<'a> = (Outcome, Shown<'a>);

/// What is known while an answer is made.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    pub(super) question: &'a Question,
    pub(super) era: Era,
    pub(super) place: Place<'a>,
    pub(super) listener: Listener,
    pub(super) address: Option<String>,
    pub(super) steps: Vec<Step>,
    pub(super) why_not: BTreeMap<&'a str, String>,
    /// The documents that may answer, in the order of the view.
    pub(super) live: Vec<&'a Site>,
    pub(super) document: Option<Source>,
    pub(super) requests: Option<&'a Site>,
}

impl<'a> Scene<'a> {
    fn play(&mut self) -> End<'a> {
        self.steps.push(self.place.step.clone());
        self.steps.push(self.listener.step.clone());
        self.gather();
        if !self.listener.known {
            return bare(Outcome::NoListener);
        }
        match self.listener.status() {
            PortStatus::Disabled => return bare(Outcome::Closed),
            PortStatus::Redirect if !self.listener.tls => return self.redirected(None),
            _ => {}
        }
        match self.place.document.filter(|s| !s.load_sites) {
            Some(server) => self.by_server(server),
            None => self.by_sites(),
        }
    }

    /// Returns the protocol.
    pub(super) fn kind(&self) -> SiteKind {
        self.listener.kind
    }

    /// Adds a step.
    pub(super) fn step(&mut self, label: &'static str, rule: impl AsRef<str>, found: impl AsRef<str>) {
        self.steps.push(Step::new(label, rule, found));
    }

    /// Adds a step that shows what is wrong.
    pub(super) fn fault(
        &mut self,
        severity: Severity,
        label: &'static str,
        rule: impl AsRef<str>,
        found: impl AsRef<str>,
    ) {
        let step = Step { severity: Some(severity), ..Step::new(label, rule, found) };
        self.steps.push(step);
    }

    /// Sorts the documents of the protocol: those that may answer, and those that cannot.
    fn gather(&mut self) {
        let (kind, number) = (self.listener.kind, self.listener.number);
        let by_port = self.place.document.is_none() && self.listener.tls;
        for site in self.state.sites.values().filter(|s| s.kind == kind) {
            let why = if !site.enabled {
                "It is disabled".to_owned()
            } else if !self.place.loads_sites() {
                "The server loads no Internet Sites".to_owned()
            } else if !self.place.hosts(site) {
                format!("It is hosted by {}", write_names(&site.servers))
            } else if by_port && site.port != number {
                format!("It is for port {}", site.port)
            } else {
                self.live.push(site);
                "The answer is settled before a document is looked for".to_owned()
            };
            self.why_not.insert(&site.name, why);
        }
    }

    /// Answers from the Server document alone.
    fn by_server(&mut self, server: &'a Server) -> End<'a> {
        let rule = "A server that loads no Internet Sites takes everything from its Server document.";
        self.step("document", rule, format!("Server document {}.", server.name));
        self.document = Some(Source::Server(server.name.clone()));
        let access = self.listener.ports.access;
        if !self.listener.tls && !self.starts_tls(server, &access) {
            return if self.let_in(&access, false) {
                bare(Outcome::Plain)
            } else {
                bare(Outcome::NotEnabled)
            };
        }
        let open = self.let_in(&access, true);
        let name = ring_of(server);
        if server.keyring.is_empty() {
            let found = format!("The Server document names none, so it is {name}.kyr in the data directory.");
            self.step("key file", "A blank key file name stands for the default.", found);
        }
        let shown = ring::find(self, name, None);
        self.ended(open, shown)
    }

    /// Answers from Internet Site documents.
    fn by_sites(&mut self) -> End<'a> {
        self.find_address();
        if let Some(end) = self.conflict() {
            return end;
        }
        let Some(first) = self.live.first().copied() else {
            let found = self.lacking();
            let rule = "Every protocol of a server that loads Internet Sites needs a document of its kind.";
            self.fault(Severity::Error, "document", rule, found);
            return bare(Outcome::NotEnabled);
        };
        match (self.listener.kind, self.listener.tls) {
            (SiteKind::Web, true) => self.web(first),
            (SiteKind::Web, false) => self.http(),
            (_, tls) => self.other(first, tls),
        }
    }

    /// Says which condition failed when no document may answer.
    fn lacking(&self) -> String {
        let kind = self.listener.kind.name();
        match lack::of_none(
            self.state,
            self.listener.kind,
            self.state.sites.values().filter(|site| self.place.hosts(site)),
        ) {
            Some(Lack::Missing) => format!("There is no document of kind {kind}."),
            Some(Lack::OtherServer) => {
                format!("The documents of kind {kind} name other servers than {}.", self.place.name)
            }
            Some(_) => format!("The documents of kind {kind} for this server are disabled."),
            None => format!("No document of kind {kind} is for port {}.", self.listener.number),
        }
    }

    /// Tells whether the TCP port of SMTP offers to go over to TLS.
    pub(super) fn starts_tls(&mut self, server: &Server, access: &Access) -> bool {
        if self.listener.kind != SiteKind::Smtp || self.listener.tls || !server.starttls {
            return false;
        }
        let ways = !tls_ways(SiteKind::Smtp, access).is_empty();
        let found = if ways {
            "It is on: the client goes over to TLS."
        } else {
            "It is on, but no way in over TLS is."
        };
        self.step("STARTTLS", "\"Negotiated SSL\" lets SMTP go over to TLS on the TCP port.", found);
        ways
    }

    /// Looks whether any way in is on.
    pub(super) fn let_in(&mut self, access: &Access, tls: bool) -> bool {
        let (kind, word) = (self.listener.kind, if tls { "TLS" } else { "TCP" });
        let ways = if tls { tls_ways(kind, access) } else { tcp_ways(kind, access) };
        let rule = format!("A document with every way in over {word} off serves nobody.");
        if ways.is_empty() {
            let found = "All are off: \"This site is not enabled on the server.\"";
            self.fault(Severity::Error, "way in", rule, found);
            return false;
        }
        self.step("way in", rule, format!("On: {}.", ways.join(", ")));
        true
    }

    /// Sends the client on to TLS.
    pub(super) fn redirected(&mut self, site: Option<&'a Site>) -> End<'a> {
        let by = site.map_or_else(
            || "The TCP port of the server is set to redirect".to_owned(),
            |site| format!("Site {} redirects TCP to TLS", site.name),
        );
        let server = self.place.document;
        let default = Server::default();
        let host = self.question.asked_host().unwrap_or_else(|| host_of(site, server.unwrap_or(&default)));
        let port = match (server, site) {
            (None, Some(site)) => site.port,
            _ => self.listener.ports.tls,
        };
        let to = match self.listener.kind {
            SiteKind::Web => url(host, port),
            kind => format!("{} port {port} with TLS", kind.name()),
        };
        let rule = "A redirect leads to https, the same host, and the TLS port where that is not 443.";
        if self.listener.ports.speaks_tls() {
            self.step("redirect", rule, format!("{by}: {to}"));
        } else {
            self.fault(
                Severity::Error,
                "redirect",
                rule,
                format!("{by}, but the TLS port {port} is closed: {to} leads nowhere."),
            );
        }
        if let (None, Some(server)) = (site, server) {
            self.document = Some(Source::Server(server.name.clone()));
        }
        bare(Outcome::Redirect(to))
    }

    /// Notes why the documents that were not chosen do not answer.
    pub(super) fn pass_over(&mut self, chosen: &Site, how: &How) {
        for site in self.live.iter().copied().filter(|s| s.name != chosen.name) {
            self.why_not.insert(&site.name, how.passes_over(site, &chosen.name));
        }
    }

    pub(super) fn ended(&self, open: bool, shown: Shown<'a>) -> End<'a> {
        let outcome = match (shown.is_there(), open) {
            (false, _) => Outcome::NoCertificate,
            (true, false) => Outcome::NotEnabled,
            (true, true) => Outcome::Certificate,
        };
        (outcome, shown)
    }

    fn close(mut self, outcome: Outcome, shown: Shown<'a>) -> Answer {
        let requests = self.requests.map(|s| s.name.clone());
        if let Some(Source::Site(name)) = &self.document {
            self.why_not.remove(name.as_str());
        }
        if let Some(name) = &requests {
            self.why_not.remove(name.as_str());
        }
        let covers = shown
            .certificate
            .zip(self.question.verified())
            .map(|(certificate, name)| Covers { name: visible(name), named: certificate.covers(name) });
        let live = &self.live;
        let hosted = |name: &str| live.binary_search_by(|site| site.name.as_str().cmp(name)).is_ok();
        let other = |(name, why): (&str, String)| Other {
            name: name.to_owned(),
            why: visible(&format!("{why}.")),
            hosted: hosted(name),
        };
        let others = std::mem::take(&mut self.why_not).into_iter().map(other).collect();
        let verdict = visible(&self.verdict(&outcome, &shown, covers.as_ref()));
        Answer {
            verdict,
            steps: self.steps,
            outcome,
            server: visible(self.place.name),
            protocol: self.listener.kind.name(),
            port: self.listener.number,
            era: self.era,
            document: self.document,
            requests,
            keyring: shown.keyring,
            certificate: shown.certificate.map(|c| c.sha256),
            covers,
            others,
        }
    }

    /// Says the end in a sentence.
    fn verdict(&self, outcome: &Outcome, shown: &Shown<'_>, covers: Option<&Covers>) -> String {
        let port = format!("{} port {}", self.listener.kind.name(), self.listener.number);
        let by = match &self.document {
            Some(Source::Site(name)) => format!("site {name}"),
            Some(Source::Server(name)) => format!("Server document {name}"),
            None => "no document".into(),
        };
        let with = || {
            let ring = shown.keyring.as_deref().unwrap_or("(none)");
            let subject = shown.certificate.map_or_else(String::new, |c| {
                format!(", certificate {} that ends on {}", c.subject.title(), c.not_after.date())
            });
            format!("keyring {ring}{subject}")
        };
        let names = match covers {
            Some(Covers { name, named: true }) => format!(", which names {name}"),
            Some(Covers { name, named: false }) => format!(", which DOES NOT NAME {name}: clients refuse"),
            None => String::new(),
        };
        match outcome {
            Outcome::Certificate => format!("On {port}, {by} answers with {}{names}.", with()),
            Outcome::NotEnabled if shown.certificate.is_some() => {
                format!(
                    "On {port}, {by} shows {}{names}, but then \"This site is not enabled on the server.\"",
                    with()
                )
            }
            Outcome::NotEnabled => {
                format!("Nobody answers on {port}: \"This site is not enabled on the server.\"")
            }
            Outcome::NoCertificate => format!("On {port}, {by} has no certificate to show: {}.", shown.lack),
            Outcome::Plain => format!("On {port}, {by} answers without TLS."),
            Outcome::Redirect(to) => format!("On {port}, the client is sent to {to}"),
            Outcome::Closed => format!("Nobody answers: {port} is closed."),
            Outcome::NoListener => format!(
                "Nobody answers: port {} is no port of {}.",
                self.listener.number,
                self.listener.kind.name()
            ),
            Outcome::Conflict => {
                format!("Nobody can tell who answers on {port}: two organisations claim the address.")
            }
        }
    }
}

pub(super) fn bare<'a>(outcome: Outcome) -> End<'a> {
    (outcome, Shown::default())
}
