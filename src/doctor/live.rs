//! The checks of what services answered when they were visited, held against what the documents say. Visits nothing itself.

mod beside;
mod conduct;
mod wire;

use std::net::SocketAddr;

use super::{Case, Check, Hit};
use crate::model::State;
use crate::model::finding::{Severity, Subject};
use crate::model::resolve::{Answer, Question, Sni, Source, resolve};
use crate::model::seen::{Admission, Asked, Scan, Stage, Terms, Visit};
use crate::model::site::{CrlSwitches, SiteKind, TlsOptions};

pub use beside::{Beside, beside};

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
            conduct::bursts(case, found);
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
        run: wire::versions,
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
        run: wire::suites,
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
            and a warning for those that do not, or \
            that send the address as if it were a name.",
        run: wire::certificates,
    },
    Check {
        id: "L06",
        title: "A service does not send its chain as the keyring has it.",
        severity: Severity::Error,
        remedy: "Bring the keyring with its intermediate certificates to the server and restart the task.",
        command: "keyring.export",
        explain: "Clients know roots and need every certificate in between from the server. Some fetch a missing one by \
            themselves or remember it, so that the fault shows only on other devices. Before TLS 1.3 each certificate has to \
            be signed by the next, too. The server has an older keyring, or the intermediates were left out or mixed up when \
            it was brought there.",
        run: wire::chains,
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
        run: wire::names,
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
        run: wire::revoked,
    },
    Check {
        id: "L09",
        title: "A service treats client certificates otherwise than its document says.",
        severity: Severity::Error,
        remedy: "Restart the server if the document was changed; else correct the document that answers.",
        command: "site.edit",
        explain: "Whether a client may come in with a certificate stands in the document, and the server asks for one in the \
            handshake. When it does not, nobody can log in with a certificate; when it does without need, browsers ask people \
            for one. Where clients with several certificates were tried, it is an error that one is let in whom the document \
            refuses. The server has not taken up a change, another document answers, it has no CRL or another one, or something \
            in front ends TLS.",
        run: conduct::client_certificates,
    },
    Check {
        id: "L10",
        title: "A session of one site is resumed by another or with another suite, or sessions are not resumed at all.",
        severity: Severity::Error,
        remedy: "Give each site session tickets of its own, or switch resumption off; update the server.",
        command: "site.probe",
        explain: "A resumed session goes on with the certificate and the rights of the first handshake: when one of another site is \
            resumed, what this site asks for, such as a client certificate, may be passed by. One that is resumed by a client who \
            does not offer its suite any more goes on with a suite that nobody agreed on, an error of the server's TLS. That no \
            session is resumed is only a note: each visit then costs a whole handshake. It is asked with TLS 1.2.",
        run: conduct::resumption,
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
        run: conduct::redirects,
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

/// What a service answers is promised by a site document or by a Server document: the command is that of the one it is.
pub(super) fn fitting(check: &Check, command: &'static str, subject: &Subject) -> &'static str {
    let ours = CHECKS.iter().any(|c| c.id == check.id);
    match (command, subject) {
        ("site.who", Subject::Server(_)) if ours => "server.who",
        ("site.edit", Subject::Server(_)) if ours => "server.edit",
        _ => command,
    }
}

/// Makes a hit on what a visit was about; the sentence begins behind its place.
fn hit(visit: &Visit, text: impl std::fmt::Display) -> Hit {
    if !visit.promise.is_documented() {
        let (place, seen) = (visit.promise.service(), visit.at.text());
        return Hit::new(visit.promise.subject.clone(), format!("Service {place} (seen {seen}) {text}"));
    }
    let object = visit.promise.subject.to_string();
    let object = match object.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => object,
    };
    let (place, seen) = (visit.promise.service(), visit.at.text());
    Hit::new(visit.promise.subject.clone(), format!("{object} at {place} (seen {seen}) {text}"))
}

/// Lists the visits that reached the service, with what they saw.
fn scans<'a>(case: &Case<'a>) -> impl Iterator<Item = (&'a Visit, &'a Scan)> + use<'a> {
    case.visits.iter().filter_map(|visit| Some((visit, visit.scan()?)))
}

/// Lists the visits to services that a document promises.
fn documented<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Visit> + use<'a> {
    case.visits.iter().filter(|visit| visit.promise.is_documented())
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

/// Finds the TLS options of the document that answers.
fn options<'a>(state: &'a State, answer: &Answer) -> Option<&'a TlsOptions> {
    match answer.document.as_ref()? {
        Source::Site(name) => state.sites.get(name).map(|site| &site.tls),
        Source::Server(name) => state.servers.get(name).map(|server| &server.tls),
    }
}

/// Finds what the document that answers asks of clients.
fn terms(state: &State, answer: &Answer, kind: SiteKind) -> Option<Terms> {
    let (access, crl) = match answer.document.as_ref()? {
        Source::Site(name) => state.sites.get(name).map(|site| (site.access, site.crl))?,
        // The switches stand in site documents only.
        Source::Server(name) => (state.servers.get(name)?.port(kind).access, CrlSwitches::default()),
    };
    Some(Terms::of(access, options(state, answer)?.accept_expired, crl))
}

/// Tells whether the keyring that answers trusts an authority above what a client showed.
fn trusts(state: &State, answer: &Answer, admission: &Admission) -> bool {
    let ring = answer.keyring.as_ref().and_then(|name| state.keyrings.get(name));
    ring.is_some_and(|ring| ring.trusted_roots().any(|root| admission.above.contains(&root.sha256)))
}

/// Asks the documents who answers a client that asks as this face was asked for.
fn expected(state: &State, visit: &Visit, asked: Asked) -> Answer {
    let sni = match asked {
        Asked::Name => Sni::Host,
        Asked::Nothing => Sni::Off,
        Asked::Address => {
            let address = visit.scan().and_then(|scan| scan.address.parse::<SocketAddr>().ok());
            address.map_or(Sni::Off, |address| Sni::Name(address.ip().to_string()))
        }
    };
    resolve(state, &Question { sni, ..visit.promise.question() })
}
