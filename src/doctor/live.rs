//! The checks of what services answered when they were visited, held against what the documents say. Visits nothing itself.

use std::collections::BTreeSet;

use super::{Case, Check, Hit};
use crate::model::cipher::{Grade, Suite, default_of, fits};
use crate::model::finding::{Severity, Subject};
use crate::model::keyring::{Keyring, Role};
use crate::model::resolve::{Answer, Outcome, Question, Sni, Source, resolve};
use crate::model::seen::{self, Asked, Face, Scan, Stage, Version, Visit};
use crate::model::server::Release;
use crate::model::site::TlsOptions;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "L01",
        title: "The name of a service leads to no address.",
        severity: Severity::Error,
        remedy: "Put the host into the DNS, or correct it in the document.",
        command: "site.edit",
        explain: "Clients look the host name up before they connect, and this one has no address where the probe ran. It is \
            misspelled in the document, missing in the DNS, or known only inside another network. Correct the document or \
            the DNS; a service that is not in the DNS yet can be probed with an address.",
        run: |case, found| failed(case, found, &[Stage::Resolve], "cannot be looked up"),
    },
    Check {
        id: "L02",
        title: "A service that a document promises does not answer with TLS.",
        severity: Severity::Error,
        remedy: "Look whether the server runs, whether its port is the one of the document, and what its console says.",
        command: "site.who",
        explain: "The connection, the way through the proxy or the handshake failed, so that no client gets in. The task of \
            the server is not running, it listens at another port, a firewall is in between, or it has no certificate to \
            start TLS with. The step that failed says where to begin.",
        run: |case, found| {
            failed(
                case,
                found,
                &[Stage::Connect, Stage::Proxy, Stage::Handshake, Stage::Bind],
                "does not answer",
            );
        },
    },
    Check {
        id: "L03",
        title: "A service speaks a version of SSL or TLS that it should not, or none that is modern.",
        severity: Severity::Error,
        remedy: "Switch the old versions off on the server, and TLS 1.2 on.",
        command: "server.edit",
        explain: "SSL 2.0 and 3.0 are broken, TLS 1.0 and 1.1 are retired (RFC 8996), and today's clients want TLS 1.2 or \
            newer. No document switches these off by itself: the release does, and settings in notes.ini switch them on \
            again. When a release is said to have them off and they are spoken, something else answers or such a setting is \
            there.",
        run: versions,
    },
    Check {
        id: "L04",
        title: "The cipher suites that a service offers are not those of its document.",
        severity: Severity::Error,
        remedy: "Restart the server if the document was changed; else set the ciphers in the document that answers.",
        command: "site.edit",
        explain: "Every suite was tried and the list held against the ciphers of the document that answers, or of the release \
            where the document leaves them to it. A difference means that the server has not taken up a change, that \
            another document or a setting in notes.ini decides, or that a program in front of it ends TLS. It is an error \
            when one of the suites protects nobody.",
        run: suites,
    },
    Check {
        id: "L05",
        title: "A service shows another certificate than the documents lead to.",
        severity: Severity::Error,
        remedy: "Bring the keyring to the server and restart the task; see who answers by the documents.",
        command: "site.who",
        explain: "The fingerprint of what was sent is not that of the certificate in the keyring that the documents lead to. \
            The new keyring was not brought to the server or the server was not restarted, another document answers first, \
            or something in front of it has a certificate of its own. It is an error for clients that send the name (SNI), \
            and a warning for those that do not.",
        run: certificates,
    },
    Check {
        id: "L06",
        title: "A service does not send its chain as the keyring has it.",
        severity: Severity::Error,
        remedy: "Bring the keyring with its intermediate certificates to the server and restart the task.",
        command: "keyring.export",
        explain: "Clients know roots and need every certificate in between from the server. Some fetch a missing one by \
            themselves or remember it, so that the fault shows only on other devices. The server has an older keyring, or \
            the intermediates were left out when it was brought there.",
        run: chains,
    },
    Check {
        id: "L07",
        title: "The certificate that a service shows does not name its host.",
        severity: Severity::Error,
        remedy: "Request a certificate that names the host, or correct the document.",
        command: "keyring.request",
        explain: "Clients compare the host they connect to with the alternative names of the certificate, and stop when it is \
            not among them. Either the certificate of another site is shown, or the host was added to the document after \
            the certificate was requested.",
        run: names,
    },
    Check {
        id: "L08",
        title: "The certificate that a service shows is revoked or has ended.",
        severity: Severity::Error,
        remedy: "Install the current certificate on the server, or request a new one.",
        command: "keyring.request",
        explain: "What counts is what is shown on the wire: a certificate that was replaced here may still be served there. It \
            is looked up among the revocations known here, its end is held against the time of the probe, and an OCSP staple \
            that came along is read.",
        run: revoked,
    },
    Check {
        id: "L09",
        title: "A service asks for client certificates otherwise than its document says.",
        severity: Severity::Warning,
        remedy: "Restart the server if the document was changed; else correct the document that answers.",
        command: "site.edit",
        explain: "Whether a client may come in with a certificate stands in the document, and the server asks for one in the \
            handshake. When it does not, nobody can log in with a certificate; when it does without need, browsers ask people \
            for one. The server has not taken up a change, another document answers, or something in front ends TLS.",
        run: client_certificates,
    },
    Check {
        id: "L10",
        title: "A session of one site is resumed by another, or sessions are not resumed at all.",
        severity: Severity::Warning,
        remedy: "Give each site session tickets of its own, or switch resumption off; update the server.",
        command: "site.probe",
        explain: "A resumed session goes on with the certificate and the rights of the first handshake. When a session of one \
            site is resumed under the name of another, what the other asks for, such as a client certificate, may be passed \
            by. That no session is resumed is only a note: each visit then costs a whole handshake. It is asked with TLS 1.2.",
        run: resumption,
    },
    Check {
        id: "L11",
        title: "A port without TLS does not send clients where the documents say.",
        severity: Severity::Error,
        remedy: "Look at the redirect in the site document and at the status of the TCP port, and restart the task.",
        command: "site.edit",
        explain: "The documents say that a client who comes without TLS is sent to https, to the host it asked for, and to the \
            TLS port where that is not 443. The answer was another one, so that people stay without TLS or end at a wrong \
            place. The change was not taken up yet, another document answers, or a proxy in front has rules of its own.",
        run: redirects,
    },
    Check {
        id: "L12",
        title: "A service does not change over to TLS, or not safely.",
        severity: Severity::Error,
        remedy: "Switch STARTTLS on for the server; update it when it keeps what was sent in the clear.",
        command: "server.edit",
        explain: "The protocol begins without TLS and changes over when the client asks. The server does not offer it, refuses \
            it, or treats what was sent in the clear as if it had come protected (CVE-2011-0411). Somebody on the way may \
            take the offer out, too: probe from another place.",
        run: |case, found| {
            failed(case, found, &[Stage::StartTls], "does not change over to TLS");
            remarked(case, found, &["wire.starttls-early", "wire.starttls-injection"]);
        },
    },
    Check {
        id: "L13",
        title: "A service renegotiates without protection, or as often as a client likes.",
        severity: Severity::Warning,
        remedy: "Update the server; until then switch renegotiation off.",
        command: "server.edit",
        explain: "Renegotiation without RFC 5746 lets an attacker put words in front of those of a client. One that clients may \
            begin costs the server much more than them. Servers of today know the secure kind and refuse it to clients.",
        run: |case, found| remarked(case, found, &["wire.renegotiation", "wire.client-renegotiation"]),
    },
    Check {
        id: "L14",
        title: "A service closes without saying so.",
        severity: Severity::Info,
        remedy: "Nothing has to be done where the protocol itself says when it ends, as HTTP does.",
        command: "site.probe",
        explain: "TLS ends with a message (close_notify) so that nobody can cut an answer off unseen. Many servers leave it \
            out; where the protocol says how long an answer is, that does no harm.",
        run: |case, found| remarked(case, found, &["wire.close-notify"]),
    },
    Check {
        id: "L15",
        title: "The clock of a server is not right.",
        severity: Severity::Warning,
        remedy: "Let the server keep its time by NTP; look at the clock of this machine, too.",
        command: "server.edit",
        explain: "The time in the answer of the Web server differs from the time here by more than two minutes. Certificates, \
            CRLs and tickets begin and end by the clock, so a server with a wrong one refuses what is valid and takes what \
            has ended. One of the two clocks is wrong.",
        run: |case, found| remarked(case, found, &["wire.clock"]),
    },
];

/// So many suites are named.
const NAMED: usize = 4;

/// Makes a hit on what a visit was about; the sentence begins behind its place.
fn hit(visit: &Visit, text: impl std::fmt::Display) -> Hit {
    let object = visit.promise.subject.to_string();
    let object = match object.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => object,
    };
    let (place, seen) = (visit.promise.service(), visit.at.text());
    Hit::new(visit.promise.subject.clone(), format!("{object} at {place} (seen {seen}) {text}"))
}

/// What a service answers is promised by a site document or by a Server document: the command is that of the one it is.
pub(super) fn fitting(check: &Check, command: &'static str, subject: &Subject) -> &'static str {
    let ours = CHECKS.iter().any(|c| c.id == check.id);
    match (command, subject) {
        ("site.who", Subject::Server(_)) if ours => "server.who",
        ("site.edit", Subject::Server(_)) if ours => "server.edit",
        _ => command,
    }
}

/// Lists the visits that reached the service, with what they saw.
fn scans<'a>(case: &Case<'a>) -> impl Iterator<Item = (&'a Visit, &'a Scan)> + use<'a> {
    case.visits.iter().filter_map(|visit| Some((visit, visit.scan()?)))
}

/// Tells of the visits that failed at one of these steps.
fn failed(case: &Case<'_>, found: &mut dyn FnMut(Hit), stages: &[Stage], what: &str) {
    for visit in case.visits {
        let (stage, why) = match &visit.found {
            Err(trouble) => (Some(trouble.stage), trouble.why.as_str()),
            Ok(scan) if scan.failed == Some(Stage::Bind) => {
                (scan.failed, "An anonymous bind is not answered.")
            }
            Ok(scan) => (scan.failed, "No version of SSL or TLS was agreed."),
        };
        if let Some(stage) = stage.filter(|stage| stages.contains(stage)) {
            found(hit(visit, format!("{what}, step {}: {why}", stage.word())));
        }
    }
}

/// Tells of remarks on what was seen, whatever the documents say.
fn remarked(case: &Case<'_>, found: &mut dyn FnMut(Hit), rules: &[&str]) {
    for (visit, scan) in scans(case) {
        for remark in scan.remarks().into_iter().filter(|r| rules.contains(&r.rule)) {
            found(hit(visit, format!("earns a remark: {}", remark.text)).severity(remark.severity));
        }
    }
}

fn versions(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let release = case.state.servers.get(&visit.promise.server).map(|server| server.release);
        for version in scan.spoken().map(|s| s.version).filter(|v| *v < Version::Tls12) {
            let (severity, why) = match version {
                Version::Ssl2 | Version::Ssl3 => (Severity::Error, "which has been broken for years"),
                Version::Tls10 if release >= Some(Release::R12) => {
                    (Severity::Warning, "which its release has off unless SSL_ENABLE_TLS_10=1")
                }
                _ => (Severity::Warning, "which is retired (RFC 8996)"),
            };
            found(hit(visit, format!("speaks {}, {why}.", version.name())).severity(severity));
        }
        if scan.spoken().next_back().is_some_and(|s| s.version < Version::Tls12) {
            found(hit(visit, "speaks neither TLS 1.2 nor TLS 1.3; today's clients cannot connect."));
        }
    }
}

/// Finds the TLS options of the document that answers.
fn options<'a>(case: &Case<'a>, answer: &Answer) -> Option<&'a TlsOptions> {
    match answer.document.as_ref()? {
        Source::Site(name) => case.state.sites.get(name).map(|site| &site.tls),
        Source::Server(name) => case.state.servers.get(name).map(|server| &server.tls),
    }
}

fn suites(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let answer = resolve(case.state, &visit.promise.question());
        let release = case.state.servers.get(&visit.promise.server).map(|server| server.release);
        let listed = options(case, &answer).and_then(|tls| tls.ciphers.as_deref());
        let Some(wanted) = listed.or_else(|| release.and_then(default_of)) else { continue };
        // Those of TLS 1.3 are in no document.
        let old = |suite: &Suite| suite.versions().is_none_or(|versions| *versions.start() < 0x0304);
        let offered: BTreeSet<Suite> = scan.suites().into_iter().filter(old).collect();
        let wanted: BTreeSet<Suite> = wanted.iter().copied().filter(old).collect();
        let more: Vec<Suite> = offered.difference(&wanted).copied().collect();
        if !more.is_empty() {
            let broken = more.iter().any(|suite| suite.grade() == Grade::Broken);
            let severity = if broken { Severity::Error } else { Severity::Warning };
            found(hit(visit, format!("offers what is not configured: {}.", some(&more))).severity(severity));
        }
        let whole = scan.versions.iter().filter(|s| s.version <= Version::Tls12).all(|s| s.whole);
        let leaf = answer.keyring.as_ref().and_then(|ring| case.state.keyrings.get(ring)?.key.as_ref());
        let usable = |suite: &&Suite| leaf.is_none_or(|key| fits(**suite, key).is_ok());
        let less: Vec<Suite> = wanted.difference(&offered).filter(usable).copied().collect();
        if whole && !less.is_empty() {
            let text = format!("does not offer what is configured: {}.", some(&less));
            found(hit(visit, text).severity(Severity::Warning));
        }
    }
    remarked(case, found, &["wire.dh-group", "wire.compression"]);
}

fn some(suites: &[Suite]) -> String {
    let mut text = suites.iter().take(NAMED).map(|s| s.name()).collect::<Vec<_>>().join(", ");
    if suites.len() > NAMED {
        text.push_str(&format!(" and {} more", suites.len() - NAMED));
    }
    text
}

/// Asks the documents who answers a client that asks as this face was asked for.
fn expected(case: &Case<'_>, visit: &Visit, face: &Face) -> Answer {
    let sni = if face.asked == Asked::Name { Sni::Host } else { Sni::Off };
    resolve(case.state, &Question { sni, ..visit.promise.question() })
}

/// Finds the keyring that shows a certificate.
fn ring_with<'a>(case: &Case<'a>, face: &Face) -> Option<&'a Keyring> {
    let shown = face.sent.first()?;
    case.state.keyrings.values().find(|ring| ring.leaf().is_some_and(|leaf| leaf.sha256 == *shown))
}

fn certificates(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        // An address as SNI is for many servers as if there were none.
        for face in scan.faces.iter().filter(|f| f.asked != Asked::Address) {
            let answer = expected(case, visit, face);
            let (Some(shown), Some(wanted)) = (face.sent.first(), answer.certificate) else { continue };
            if *shown == wanted {
                continue;
            }
            let whose = ring_with(case, face)
                .map_or_else(|| "no keyring here".to_owned(), |ring| format!("keyring {}", ring.name));
            let ring = answer.keyring.unwrap_or_default();
            let text = format!(
                "shows {}, of {whose}, {}, and the documents lead to that of keyring {ring}.",
                face.subject,
                face.asked.words()
            );
            // An address alone is asked for without SNI, and that is its usual way.
            let usual = face.asked == Asked::Name || visit.promise.host.parse::<std::net::IpAddr>().is_ok();
            found(hit(visit, text).severity(if usual { Severity::Error } else { Severity::Warning }));
        }
    }
}

fn chains(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let Some((face, ring)) = scan.faces.iter().find_map(|f| Some((f, ring_with(case, f)?))) else {
            continue;
        };
        let missing: Vec<String> = ring
            .with_role(Role::Chain)
            .filter(|entry| !face.sent.contains(&entry.certificate.sha256))
            .map(|entry| entry.certificate.subject.title())
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            found(hit(visit, format!("leaves out of the chain of keyring {}: {missing}.", ring.name)));
        }
    }
}

fn names(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let not_named = |f: &&Face| f.asked == Asked::Name && f.named == seen::Answer::No;
        if let Some(face) = scan.faces.iter().find(not_named) {
            found(hit(visit, format!("shows {}, which does not name the host.", face.subject)));
        }
    }
}

fn revoked(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let Some(face) = scan.faces.iter().find(|f| !f.sent.is_empty()) else { continue };
        if let Some(revocation) = face.sent.first().and_then(|leaf| case.state.revocations.get(leaf)) {
            let day = revocation.at.date();
            found(hit(visit, format!("shows {}, which was revoked on {day}.", face.subject)));
        }
        if let Some(end) = face.ends.filter(|end| *end < visit.at) {
            found(hit(visit, format!("shows {}, which ended on {}.", face.subject, end.date())));
        }
    }
    remarked(case, found, &["wire.staple"]);
}

fn client_certificates(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for visit in case.visits {
        let Some(sessions) = &visit.sessions else { continue };
        let answer = resolve(case.state, &visit.promise.question());
        let access = match &answer.document {
            Some(Source::Site(name)) => case.state.sites.get(name).map(|site| site.access),
            Some(Source::Server(name)) => {
                case.state.servers.get(name).map(|server| server.port(visit.promise.kind).access)
            }
            None => None,
        };
        let Some(access) = access else { continue };
        match (access.client_certificate, sessions.asks) {
            (true, seen::Answer::No) => {
                found(hit(visit, "does not ask for a client certificate, and the document accepts them."));
            }
            (false, seen::Answer::Yes) => {
                found(hit(visit, "asks for a client certificate, and the document accepts none."));
            }
            _ => {}
        }
    }
}

fn resumption(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for visit in case.visits {
        let Some(sessions) = &visit.sessions else { continue };
        if !sessions.strays.is_empty() {
            found(hit(visit, format!("has its sessions resumed under the name of {}.", sessions.strays)));
        }
        if sessions.resumes == seen::Answer::No {
            found(hit(visit, "resumes no session.").severity(Severity::Info));
        }
    }
}

fn redirects(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for visit in case.visits {
        let Some(((port, _), plain)) = visit.promise.redirect.as_ref().zip(visit.plain.as_ref()) else {
            continue;
        };
        // The document may say otherwise by now.
        let question = Question { port: Some(*port), ..visit.promise.question() };
        let Outcome::Redirect(wanted) = resolve(case.state, &question).outcome else { continue };
        let text = match plain {
            Err(trouble) => {
                format!("should send clients of port {port} to {wanted}, and fails: {}", trouble.why)
            }
            Ok(plain) if plain.location.is_empty() => {
                let status = if plain.status.is_empty() { "no HTTP" } else { &plain.status };
                format!("should send clients of port {port} to {wanted}, and answers {status}.")
            }
            Ok(plain) if is_at(&plain.location, &wanted) => continue,
            Ok(plain) => {
                format!(
                    "should send clients of port {port} to {wanted}, and sends them to {}.",
                    plain.location
                )
            }
        };
        found(hit(visit, text));
    }
}

/// Tells whether an address is that of the place, whatever stands behind it.
fn is_at(location: &str, place: &str) -> bool {
    let place = place.trim_end_matches('/');
    let begin = location.get(..place.len()).filter(|begin| begin.eq_ignore_ascii_case(place));
    let rest = begin.and_then(|_| location.get(place.len()..));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_judged_by_scheme_host_and_port() {
        for good in ["https://a.test", "https://A.test/", "https://a.test/x", "https://a.test?x"] {
            assert!(is_at(good, "https://a.test/"), "{good}");
        }
        for bad in ["http://a.test/", "https://a.test:8443/", "https://a.test.evil/", "/", ""] {
            assert!(!is_at(bad, "https://a.test/"), "{bad}");
        }
    }
}
