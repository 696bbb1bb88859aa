//! Rules about what a site, or a server that loads no sites, lets clients and peers do: clear text, client certificates,
//! revocation, ciphers and protocol versions.

use super::{Case, Check, Hit, sites};
use crate::model::State;
use crate::model::certifier::Certifier;
use crate::model::cipher::{Grade, fits};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::keyring::Keyring;
use crate::model::resolve::used::ring_of;
use crate::model::server::{PortStatus, Release, Server, Tls10};
use crate::model::site::{Access, CrlSwitches, Site, SiteKind, SslVersion, TlsOptions};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "S09",
        title: "Names and passwords are taken in clear text.",
        severity: Severity::Warning,
        remedy: "Redirect the clear port to TLS, or take no passwords on it.",
        command: "site.edit",
        explain: "A server that hosts the site has its clear TCP port open, and the site takes name and password there, so \
            whoever listens on the way reads them. It is the default of new documents, and harmless only while the port is \
            closed. Redirect the port to TLS where the protocol can, switch name and password over TCP off, or close the \
            port; clients that try the clear port first have sent their password before they are redirected.",
        run: clear_passwords,
    },
    Check {
        id: "S11",
        title: "A site asks for client certificates that nobody can have.",
        severity: Severity::Error,
        remedy: "Trust the authority of the client certificates in the keyring.",
        command: "keyring.trust",
        explain: "A client certificate is accepted when its authority is a trusted root of the keyring, and it logs somebody in \
            when a person document has its key. One of the two is missing, so every client is refused or stays anonymous. \
            Trust the authority in the ring of the site, and register the certificates with people.",
        run: |case, found| {
            for door in doors(case).filter(Door::asks) {
                let Some(ring) = case.state.keyrings.get(door.keyring) else { continue };
                if ring.trusted_roots().next().is_none() {
                    let text = format!(
                        "asks for client certificates, and keyring {} trusts no authority: nobody gets in with one.",
                        ring.name
                    );
                    found(door.hit(text));
                } else if !case.state.people.values().any(|p| p.enabled && !p.keys.is_empty()) {
                    // Whether people are kept elsewhere cannot be seen here.
                    let hit = door.hit("asks for client certificates, and no person here has a key.");
                    let remedy =
                        "Register the certificates with people, unless they are kept in another directory.";
                    found(hit.severity(Severity::Info).instead(remedy, "person.create"));
                }
            }
        },
    },
    Check {
        id: "S12",
        title: "Client certificates are asked for where the protocol has none.",
        severity: Severity::Warning,
        remedy: "Switch client certificates off in the document.",
        command: "site.edit",
        explain: "Inbound SMTP and IIOP cannot log a client in by certificate; the option has no effect there, whoever relies on \
            it is protected by nothing. The document was copied from another kind or imported so. Switch the option off, and \
            choose one of the others.",
        run: |case, found| {
            for door in doors(case).filter(|d| d.access.client_certificate && !takes_certificates(d.kind)) {
                let text = format!("asks for client certificates, which {} does not have.", door.kind.name());
                found(door.edit(text));
            }
        },
    },
    Check {
        id: "S13",
        title: "Peers are believed whose certificate nobody vouches for.",
        severity: Severity::Warning,
        remedy: "Switch \"Accept SSL site certificates\" off.",
        command: "site.edit",
        explain: "With \"Accept SSL site certificates\" the server connects, as a client, to servers whose authority it does not \
            know, so anybody on the way can pose as them. Together with client certificates some releases ask for none any \
            more, or believe any. Switch it off, and trust the authorities of the servers that are called instead.",
        run: |case, found| {
            for stack in stacks(case).filter(|s| s.tls.accept_site_certificates) {
                found(match stack.asks {
                    true => stack.edit(
                        "accepts certificates of unknown authorities, and asks for client certificates.",
                    ),
                    false => stack
                        .edit("accepts certificates of unknown authorities from the servers that it calls.")
                        .severity(Severity::Info),
                });
            }
        },
    },
    Check {
        id: "S14",
        title: "Client certificates that have ended are accepted.",
        severity: Severity::Warning,
        remedy: "Switch \"Accept expired SSL certificates\" off.",
        command: "site.edit",
        explain: "The option \"Accept expired SSL certificates\" is on, as it is by default, and client certificates are asked for: who has \
            left and kept an old certificate still gets in, for an ended certificate is not on a CRL any more. Switch it off, \
            and see that people get their new certificates in time. Where no client certificate is asked for, the option only \
            concerns the servers that are called; the security review lists it.",
        run: |case, found| {
            for stack in stacks(case).filter(|s| s.tls.accept_expired && s.asks) {
                found(stack.edit("accepts client certificates that have ended."));
            }
        },
    },
    Check {
        id: "S15",
        title: "Revoked client certificates are not refused, or none is accepted for want of a CRL.",
        severity: Severity::Error,
        remedy: "Sign a new CRL and publish it.",
        command: "certifier.crl",
        explain: "The three CRL switches decide what becomes of client certificates. Without a check a revoked one gets in; with a \
            check and without a fresh CRL nobody does, unless an old CRL or a failed search is allowed, and then a revoked one \
            may get in again. Look at the truth table of the switches, check for CRLs, and keep the CRL of each authority \
            that the keyring trusts fresh.",
        run: revocation,
    },
    Check {
        id: "S16",
        title: "No cipher is left, or weak and broken ones are.",
        severity: Severity::Error,
        remedy: "Choose the ciphers of the release, or a list of good ones.",
        command: "site.edit",
        explain: "The list of ciphers decides what is negotiated: with an empty one no client can connect, and with weak ones what \
            is sent can be read or altered by others. A suite also has to fit the key: one with RSA in its name is of no use with a \
            key on an elliptic curve. A list was written for old clients, or for the key that the keyring had before. Choose the default of the release, or a list with forward secrecy and AEAD.",
        run: |case, found| {
            for stack in stacks(case) {
                let Some(list) = &stack.tls.ciphers else { continue };
                if list.is_empty() {
                    found(stack.edit("has an empty list of ciphers: no client can connect."));
                    continue;
                }
                let least = list.iter().map(|suite| suite.grade()).min();
                let broken: Vec<_> = list.iter().filter(|suite| suite.grade() == Grade::Broken).collect();
                if least == Some(Grade::Broken) {
                    found(stack.edit("has broken ciphers alone: what is sent is protected by nothing."));
                } else if let Some((ring, key)) = stack.ring.and_then(|ring| Some((ring, ring.key.as_ref()?)))
                    && list.iter().all(|suite| fits(*suite, key).is_err())
                {
                    found(stack.edit(format!(
                        "has no cipher that the key of keyring {} ({}) can be used with: no client can connect.",
                        ring.name, key.algorithm
                    )));
                } else if let Some(first) = broken.first() {
                    let (name, count) = (first.name(), broken.len());
                    let text = format!("has {count} broken among its ciphers, such as {name}.");
                    found(stack.edit(text).severity(Severity::Warning));
                } else if least == Some(Grade::Weak) {
                    let text = "has weak ciphers alone: none has both forward secrecy and AEAD.";
                    found(stack.edit(text).severity(Severity::Warning));
                }
            }
        },
    },
    Check {
        id: "S17",
        title: "A protocol version is set or left on that is broken.",
        severity: Severity::Error,
        remedy: "Choose \"negotiated\" and switch SSL 2.0 off, or bring the server to a newer release.",
        command: "site.edit",
        explain: "SSL 2.0 and 3.0 are broken, and the protocol versions that documents can name are all of their time; newer \
            releases ignore them. A server of 8.5 or before speaks nothing better, and one before 12 speaks TLS 1.0 unless \
            notes.ini says SSL_DISABLE_TLS_10=1, which the field TLS 1.0 of the Server document notes here. Choose \"negotiated\", switch SSL 2.0 off, and bring the server to a newer \
            release.",
        run: versions,
    },
    Check {
        id: "S21",
        title: "Links that other servers make to this one lead to a port that does not answer so.",
        severity: Severity::Warning,
        remedy: "Correct \"Generating references to this server\".",
        command: "site.edit",
        explain: "Other servers make links to this one from the scheme, host name and port under \"Generating references to this \
            server\", whose default is http and port 80. When the clear port was closed, TLS was added or a port was moved, \
            these links lead nowhere or make a needless detour in clear text. Set scheme and port to those of the open port.",
        run: references,
    },
];

/// Who may come in by a site, or by a protocol of a server that loads no sites.
struct Door<'a> {
    subject: Subject,
    /// How its sentences begin.
    what: String,
    kind: SiteKind,
    access: Access,
    crl: CrlSwitches,
    keyring: &'a str,
}

impl Door<'_> {
    /// Tells whether client certificates are asked for.
    fn asks(&self) -> bool {
        self.access.client_certificate && takes_certificates(self.kind)
    }

    fn hit(&self, text: impl std::fmt::Display) -> Hit {
        Hit::new(self.subject.clone(), format!("{} {text}", self.what))
    }

    fn edit(&self, text: impl std::fmt::Display) -> Hit {
        edited(self.hit(text), &self.subject, "Correct the document.")
    }
}

/// How a site, or a server that loads no sites, speaks TLS.
struct Stack<'a> {
    subject: Subject,
    what: String,
    tls: &'a TlsOptions,
    /// Whether client certificates are asked for somewhere.
    asks: bool,
    /// The keyring, where there is one.
    ring: Option<&'a Keyring>,
    /// The release, where it is known.
    release: Option<Release>,
}

impl Stack<'_> {
    fn edit(&self, text: impl std::fmt::Display) -> Hit {
        let hit = Hit::new(self.subject.clone(), format!("{} {text}", self.what));
        edited(hit, &self.subject, "Correct the document.")
    }
}

/// A document is corrected where it stands: the rule names the site's form, which a Server document has not.
fn edited(hit: Hit, subject: &Subject, remedy: &'static str) -> Hit {
    match subject {
        Subject::Server(_) => hit.instead(remedy, "server.edit"),
        _ => hit,
    }
}

/// Tells whether a client can log in by certificate.
fn takes_certificates(kind: SiteKind) -> bool {
    !matches!(kind, SiteKind::Smtp | SiteKind::Iiop)
}

/// Lists the servers whose own document decides, for they load no sites.
fn alone<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Server> + use<'a> {
    case.state.servers.values().filter(|s| !s.load_sites)
}

fn answering<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Site> + use<'a> {
    sites(case).filter(|s| s.kind.answers())
}

fn doors<'a>(case: &Case<'a>) -> impl Iterator<Item = Door<'a>> + use<'a> {
    let sites = answering(case).map(|s| Door {
        subject: Subject::Site(s.name.clone()),
        what: format!("Site {}", s.name),
        kind: s.kind,
        access: s.access,
        crl: s.crl,
        keyring: &s.keyring,
    });
    let servers = alone(case).flat_map(|server| {
        let open = SiteKind::PROTOCOLS.into_iter().filter(|kind| server.port(*kind).speaks_tls());
        open.map(move |kind| Door {
            subject: Subject::Server(server.name.clone()),
            what: format!("Server {} ({})", server.name, kind.name()),
            kind,
            access: server.port(kind).access,
            // CRLs are looked at for Internet Sites only.
            crl: CrlSwitches::default(),
            keyring: ring_of(server),
        })
    });
    sites.chain(servers)
}

fn stacks<'a>(case: &Case<'a>) -> impl Iterator<Item = Stack<'a>> + use<'a> {
    let sites = answering(case).map(|s| Stack {
        subject: Subject::Site(s.name.clone()),
        what: format!("Site {}", s.name),
        tls: &s.tls,
        asks: s.access.client_certificate && takes_certificates(s.kind),
        ring: case.state.keyrings.get(&s.keyring),
        release: None,
    });
    let servers = alone(case).filter(|server| speaks_tls(server)).map(|server| {
        let open = |kind: &SiteKind| server.port(*kind).speaks_tls() && takes_certificates(*kind);
        let mut open = SiteKind::PROTOCOLS.into_iter().filter(open);
        Stack {
            subject: Subject::Server(server.name.clone()),
            what: format!("Server {}", server.name),
            tls: &server.tls,
            asks: open.any(|kind| server.port(kind).access.client_certificate),
            ring: case.state.keyrings.get(ring_of(server)),
            release: Some(server.release),
        }
    });
    sites.chain(servers)
}

fn speaks_tls(server: &Server) -> bool {
    server.tls_ports().next().is_some()
}

/// Passwords in clear text, where a Server document says that the clear port is open.
fn clear_passwords(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    let open = |server: &Server, kind| server.port(kind).tcp_status == PortStatus::Enabled;
    for site in answering(case).filter(|s| s.access.tcp_password && !s.access.redirect) {
        let hosting = case.hosting.servers_of(site);
        let mut hosting = hosting.iter().filter(|server| server.load_sites && open(server, site.kind));
        let Some(first) = hosting.next() else { continue };
        let more = match hosting.clone().count() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let port = first.port(site.kind).tcp;
        let text =
            format!("takes name and password in clear text on port {port} of server {}{more}.", first.name);
        let hit = Hit::site(site, text);
        // With STARTTLS clients that can do it are safe, and mail servers log in with nothing.
        let offered = site.kind == SiteKind::Smtp && first.starttls && hosting.all(|server| server.starttls);
        found(if offered { hit.severity(Severity::Info) } else { hit });
    }
    for server in alone(case) {
        let clear = |kind: &SiteKind| open(server, *kind) && server.port(*kind).access.tcp_password;
        let clear: Vec<_> = SiteKind::PROTOCOLS.into_iter().filter(clear).map(SiteKind::name).collect();
        if !clear.is_empty() {
            let text = format!(
                "Server {} takes name and password in clear text: {}.",
                server.name,
                clear.join(", ")
            );
            let subject = Subject::Server(server.name.clone());
            found(edited(
                Hit::new(subject.clone(), text),
                &subject,
                "Redirect the port to TLS, close it, or take no passwords on it.",
            ));
        }
    }
}

/// What becomes of revoked client certificates.
fn revocation(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for door in doors(case).filter(Door::asks) {
        let Door { crl: CrlSwitches { check, trust_expired, allow_failure }, .. } = door;
        if !check {
            let text = "looks at no CRL, as is the default: a revoked client certificate still gets in.";
            let remedy = "Check for CRLs.";
            let hit = door.hit(text).severity(Severity::Info).instead(remedy, "site.edit");
            found(edited(hit, &door.subject, "Load Internet Sites: only they look at CRLs."));
            continue;
        }
        let Some(ring) = case.state.keyrings.get(door.keyring) else { continue };
        let mut fresh = 0;
        for certifier in case.state.certifiers.values().filter(|c| trusts(ring, c)) {
            let name = &certifier.name;
            let (lack, allowed) = match &certifier.crl {
                None => (format!("certifier {name} has no CRL"), allow_failure),
                Some(crl) if crl.next_update < case.now => {
                    let ended = crl.next_update.date();
                    (
                        format!("certifier {name} has a CRL that ended on {ended}"),
                        trust_expired || allow_failure,
                    )
                }
                Some(_) => {
                    fresh += 1;
                    continue;
                }
            };
            found(match allowed {
                true => door
                    .hit(format!("lets revoked client certificates in: {lack}, and that is allowed."))
                    .severity(Severity::Warning),
                false => door.hit(format!("refuses every client certificate of an authority: {lack}.")),
            });
        }
        if allow_failure && fresh > 0 {
            let text = "lets every client certificate in while no CRL can be found.";
            let remedy = "Do not allow the search for a CRL to fail.";
            found(door.hit(text).severity(Severity::Info).instead(remedy, "site.edit"));
        }
    }
}

/// Tells whether a ring believes what a certifier signs.
fn trusts(ring: &Keyring, certifier: &Certifier) -> bool {
    let above = || std::iter::once(&certifier.certificate).chain(certifier.root());
    ring.trusted_roots().any(|root| above().any(|c| c.sha256 == root.sha256))
}

/// Finds the certifier whose CRL a finding about a site or server asks for.
pub fn certifier_behind<'a>(finding: &Finding, state: &'a State) -> Option<&'a str> {
    let named = |name: &&String| finding.text.contains(&format!("certifier {name} "));
    let all = state.certifiers.keys().filter(|_| finding.rule == "S15");
    all.filter(named).max_by_key(|name| name.len()).map(String::as_str)
}

fn versions(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for stack in stacks(case) {
        let worst = if stack.release == Some(Release::R8) { Severity::Error } else { Severity::Warning };
        if stack.tls.ssl_v2 {
            found(stack.edit("switches SSL 2.0 on.").severity(worst));
        }
        if stack.tls.version != SslVersion::Negotiated {
            let text = format!("asks for protocol version {}.", stack.tls.version.name());
            found(stack.edit(text).severity(worst));
        }
    }
    for server in case.state.servers.values().filter(|server| speaks_tls(server)) {
        let subject = Subject::Server(server.name.clone());
        let (name, release) = (&server.name, server.release.name());
        let (severity, text) = match server.release {
            Release::R8 => (
                Severity::Error,
                format!("Server {name} runs {release}, which speaks no TLS: only SSL 2.0 and 3.0."),
            ),
            Release::R9 | Release::R10 | Release::R11 if server.tls10 != Tls10::Off => (
                Severity::Info,
                format!(
                    "Server {name} runs {release}, which speaks TLS 1.0 unless notes.ini switches it off."
                ),
            ),
            Release::R12 | Release::R14 if server.tls10 == Tls10::On => (
                Severity::Warning,
                format!("Server {name} is told to speak TLS 1.0, which {release} has off by itself."),
            ),
            _ => continue,
        };
        let remedy = "Bring the server to a newer release, or switch TLS 1.0 off in notes.ini and note it in the document.";
        found(edited(Hit::new(subject.clone(), text).severity(severity), &subject, remedy));
    }
}

fn references(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for server in case.state.servers.values() {
        let port = server.port(SiteKind::Web);
        let clear = port.tcp_status == PortStatus::Enabled;
        if !clear && !port.speaks_tls() {
            continue;
        }
        let links = &server.references;
        let (scheme, usual) = if links.https { ("https", 443) } else { ("http", 80) };
        let to = if links.port == 0 { usual } else { links.port };
        let text = match (links.https, port.speaks_tls(), clear) {
            (true, false, _) => "and its TLS port is closed".to_owned(),
            (true, true, _) if to != port.tls => format!("and it speaks TLS on port {}", port.tls),
            (false, _, false) if port.tcp_status == PortStatus::Redirect => {
                "and that port only redirects to TLS".to_owned()
            }
            (false, _, false) => "and its clear port is closed".to_owned(),
            (false, _, true) if to != port.tcp => format!("and its clear port is {}", port.tcp),
            _ => continue,
        };
        let subject = Subject::Server(server.name.clone());
        let text = format!("Links to server {} begin with {scheme} and port {to}, {text}.", server.name);
        found(edited(
            Hit::new(subject.clone(), text),
            &subject,
            "Correct \"Generating references to this server\".",
        ));
    }
}
