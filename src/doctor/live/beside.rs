//! What the documents say of a service and what was seen there, side by side. Finds no fault: that is for the checks.

use std::collections::BTreeSet;

use super::{expected, options, terms, trusts};
use crate::model::State;
use crate::model::cipher::{Suite, default_of};
use crate::model::escape::visible;
use crate::model::resolve::{Answer, Outcome, Question, resolve};
use crate::model::seen::{self, Asked, Visit};

/// One thing, as the documents say it and as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// What it is.
    pub what: String,
    /// What the documents say; empty where they say nothing.
    pub document: String,
    /// What was seen, escaped.
    pub seen: String,
    /// Whether the two differ.
    pub differs: bool,
}

/// Lays a visit beside what the documents say now; nothing where no document promises the service.
pub fn beside(state: &State, visit: &Visit) -> Vec<Beside> {
    let mut all = Vec::new();
    if !visit.promise.is_documented() {
        return all;
    }
    let mut add = |what: &str, document: String, seen: String, differs: bool| {
        all.push(Beside { what: what.to_owned(), document, seen: visible(&seen), differs });
    };
    let answer = resolve(state, &visit.promise.question());
    let Some(scan) = visit.scan() else {
        let why = visit.found.as_ref().err().map_or("", |trouble| trouble.why.as_str());
        add("Service", answer.verdict, why.to_owned(), true);
        return all;
    };
    for face in &scan.faces {
        let by_document = expected(state, visit, face.asked);
        let what = format!("Certificate {}", face.asked.words());
        let shown = face.sent.first();
        let ends = face.ends.map_or_else(String::new, |end| format!(", until {}", end.date()));
        let seen = match shown {
            Some(_) => format!("{}{ends}", face.subject),
            None => format!("none: {}", face.failed),
        };
        let differs =
            face.asked != Asked::Address && by_document.certificate.is_some_and(|c| shown != Some(&c));
        add(&what, certificate(state, &by_document), seen, differs);
    }
    let spoken = scan.spoken().map(|s| s.version.name()).collect::<Vec<_>>().join(", ");
    let release = state.servers.get(&visit.promise.server).map(|s| s.release);
    add("Versions", release.map_or_else(String::new, |r| format!("release {}", r.name())), spoken, false);
    let listed = options(state, &answer).and_then(|tls| tls.ciphers.as_deref());
    let wanted = listed.or_else(|| release.and_then(default_of));
    // Those of TLS 1.3 are in no document.
    let old = |suite: &Suite| suite.versions().is_none_or(|v| *v.start() < 0x0304);
    let offered: BTreeSet<Suite> = scan.suites().into_iter().filter(old).collect();
    let document = match wanted {
        Some(wanted) => codes(&wanted.iter().copied().filter(old).collect()),
        None => "left to the server".to_owned(),
    };
    let differs = wanted.is_some_and(|w| w.iter().copied().filter(old).collect::<BTreeSet<_>>() != offered);
    add("Suites before TLS 1.3", document, codes(&offered), differs);
    let terms = terms(state, &answer, visit.promise.kind);
    if let Some(sessions) = &visit.sessions {
        let asks = |yes| if yes { "asked for" } else { "not asked for" }.to_owned();
        let seen = sessions.asks == seen::Answer::Yes;
        let differs = terms.is_some_and(|t| t.asks != seen) && sessions.asks != seen::Answer::Unsure;
        add("Client certificate", terms.map_or_else(String::new, |t| asks(t.asks)), asks(seen), differs);
    }
    for admission in &visit.guests {
        let wanted = terms.map(|t| t.expect(admission.guest, trusts(state, &answer, admission)));
        let document = wanted.map_or_else(String::new, |(welcome, why)| format!("{}: {why}", welcome.word()));
        let seen = match admission.why.as_str() {
            "" => admission.welcome.word().to_owned(),
            why => format!("{}: {why}", admission.welcome.word()),
        };
        let differs = wanted.is_some_and(|(w, _)| w != admission.welcome)
            && admission.welcome != seen::Welcome::NotTried;
        add(&format!("Client: {}", admission.guest.word()), document, seen, differs);
    }
    if let Some(sessions) = &visit.sessions {
        let resumed = match (sessions.resumes, sessions.varies, sessions.strays.as_str()) {
            (_, seen::Answer::Yes, _) => "with a suite that was not offered any more".to_owned(),
            (_, _, host) if !host.is_empty() => format!("under the name of {host} too"),
            (seen::Answer::Yes, ..) => "with its suite and name only".to_owned(),
            (answer, ..) => answer.word().to_owned(),
        };
        let differs = sessions.varies == seen::Answer::Yes || !sessions.strays.is_empty();
        add("Resumption", "with its suite and name only, if at all".into(), resumed, differs);
    }
    if let Some(((port, _), plain)) = visit.promise.redirect.as_ref().zip(visit.plain.as_ref()) {
        let wanted = match resolve(state, &Question { port: Some(*port), ..visit.promise.question() }).outcome
        {
            Outcome::Redirect(to) => format!("to {to}"),
            _ => String::new(),
        };
        let seen = match plain {
            Ok(plain) if plain.location.is_empty() => format!("answers {}", plain.status),
            Ok(plain) => format!("to {}", plain.location),
            Err(trouble) => trouble.why.clone(),
        };
        let differs = wanted.trim_end_matches('/') != seen.trim_end_matches('/');
        add(&format!("Port {port} without TLS"), wanted, seen, differs);
    }
    if let Some(burst) = &visit.burst {
        add("Handshakes at once", String::new(), burst.text(), burst.done < burst.begun);
    }
    all
}

/// Says which certificate the documents lead to.
fn certificate(state: &State, answer: &Answer) -> String {
    let ring = answer.keyring.as_ref();
    let leaf = ring.and_then(|name| state.keyrings.get(name)).and_then(|ring| ring.leaf());
    match (ring, leaf) {
        (Some(ring), Some(leaf)) => format!("{} of keyring {ring}", leaf.subject.text()),
        (Some(ring), None) => format!("keyring {ring}, which has no certificate"),
        (None, _) => answer.outcome.word().to_owned(),
    }
}

fn codes(suites: &BTreeSet<Suite>) -> String {
    suites.iter().map(|s| s.hex()).collect::<Vec<_>>().join(" ")
}
