//! What was seen of client certificates, resumption and redirects, held against the documents.

use super::{documented, hit, terms, trusts};
use crate::doctor::{Case, Hit};
use crate::model::finding::Severity;
use crate::model::resolve::{Outcome, Question, resolve};
use crate::model::seen::{self, Burst, Visit, Welcome};

pub(super) fn client_certificates(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for visit in documented(case) {
        let answer = resolve(case.state, &visit.promise.question());
        let Some(terms) = terms(case.state, &answer, visit.promise.kind) else { continue };
        match (terms.asks, asks(visit)) {
            (true, seen::Answer::No) => {
                let text = "does not ask for a client certificate, and the document accepts them.";
                found(hit(visit, text).severity(Severity::Warning));
                continue;
            }
            (false, seen::Answer::Yes) => {
                let text = "asks for a client certificate, and the document accepts none.";
                found(hit(visit, text).severity(Severity::Warning));
                continue;
            }
            _ => {}
        }
        for admission in &visit.guests {
            let (wanted, why) = terms.expect(admission.guest, trusts(case.state, &answer, admission));
            let (words, how) = (admission.guest.words(), &admission.why);
            let hit = match (wanted, admission.welcome) {
                (Welcome::Refused, Welcome::LetIn) => {
                    hit(visit, format!("lets a client in who shows {words}; {why}."))
                        .severity(Severity::Error)
                }
                (Welcome::LetIn, Welcome::Refused) => {
                    let how = if how.is_empty() { String::new() } else { format!(" ({how})") };
                    hit(visit, format!("refuses a client who shows {words}{how}, and {why}."))
                        .severity(Severity::Warning)
                }
                _ => continue,
            };
            found(hit);
        }
    }
}

/// Tells whether a client certificate is asked for.
fn asks(visit: &Visit) -> seen::Answer {
    let known = visit.sessions.as_ref().map(|s| s.asks).filter(|asks| *asks != seen::Answer::Unsure);
    let tried = |welcomes: &[Welcome]| visit.guests.iter().any(|g| welcomes.contains(&g.welcome));
    known.unwrap_or_else(|| match (tried(&[Welcome::NotAsked]), tried(&[Welcome::LetIn, Welcome::Refused])) {
        (true, false) => seen::Answer::No,
        (false, true) => seen::Answer::Yes,
        _ => seen::Answer::Unsure,
    })
}

pub(super) fn resumption(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for visit in case.visits {
        let Some(sessions) = &visit.sessions else { continue };
        if !sessions.strays.is_empty() {
            let text = format!("has its sessions resumed under the name of {}.", sessions.strays);
            found(hit(visit, text).severity(Severity::Warning));
        }
        if sessions.varies == seen::Answer::Yes {
            let text = "resumes a session for a client that does not offer its suite any more.";
            found(hit(visit, text));
        }
        if sessions.resumes == seen::Answer::No {
            found(hit(visit, "resumes no session.").severity(Severity::Info));
        }
    }
}

/// Tells what many handshakes at once did to a service.
pub(super) fn bursts(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, burst) in case.visits.iter().filter_map(|visit| Some((visit, visit.burst.as_ref()?))) {
        let Burst { begun, done, why, .. } = burst;
        if burst.alive == seen::Answer::No {
            found(hit(visit, format!("does not answer any more after {begun} handshakes: {why}")));
        } else if done < begun {
            let text = format!("did only {done} of {begun} handshakes that came together: {why}");
            found(hit(visit, text).severity(Severity::Warning));
        }
    }
}

pub(super) fn redirects(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
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
