//! Peels suites and groups off one by one: what the server chose is left out of the next question, until it refuses. So
//! its own order shows, where it has one.

use super::Scout;
use super::ask::{Halt, Reply};
use crate::model::cipher::{self, Kx, Suite};
use crate::model::seen::{Answer, Group, Order, Spoken, Version};
use crate::probe::hello::Hello;
use crate::probe::hello::answer::Flight;

impl Scout<'_> {
    /// Asks whether a version is spoken, with which suites, and by whose order.
    pub(super) fn peel(&self, version: Version) -> Result<Spoken, Halt> {
        let groups = groups_of(version);
        let mut left = offered(version);
        let mut spoken = Spoken::unknown(version);
        loop {
            // Stopped between two questions, what was found stands, as a list that is not whole.
            let reply = match self.ask(&self.hello(version, &left, &groups)) {
                Err(halt) if spoken.suites.is_empty() => return Err(halt),
                Err(_) => break,
                Ok(reply) => reply,
            };
            match chosen(&reply, version) {
                Ok(flight) => {
                    let Some(suite) = flight.hello.as_ref().map(|h| h.suite) else { break };
                    let before = left.len();
                    left.retain(|s| *s != suite);
                    spoken.answer = Answer::Yes;
                    if left.len() == before {
                        spoken.why = format!("it chose {}, which was not offered", suite.hex());
                        break;
                    }
                    spoken.suites.push(suite);
                    let dhe = suite.anatomy().is_some_and(|a| a.kx == Kx::Dhe);
                    let bits = flight.dh_bits.filter(|_| dhe);
                    spoken.dh_bits = spoken.dh_bits.into_iter().chain(bits).min();
                    self.tell(&format!("{}: {} suites", version.name(), spoken.suites.len()));
                    spoken.whole = left.is_empty();
                    if spoken.whole {
                        break;
                    }
                }
                Err((answer, why)) => {
                    // A refusal ends the list; silence only ends the asking.
                    spoken.whole = answer == Answer::No;
                    if spoken.suites.is_empty() {
                        spoken.answer = answer;
                        spoken.why = why;
                    } else if !spoken.whole {
                        spoken.why = why;
                    }
                    break;
                }
            }
        }
        spoken.order = self.order(&spoken, &groups).unwrap_or_default();
        Ok(spoken)
    }

    /// Asks again with the list turned around.
    fn order(&self, spoken: &Spoken, groups: &[Group]) -> Result<Order, Halt> {
        let (Some(first), Some(last)) = (spoken.suites.first(), spoken.suites.last()) else {
            return Ok(Order::Unclear);
        };
        if first == last {
            return Ok(Order::Unclear);
        }
        let turned: Vec<_> = spoken.suites.iter().rev().copied().collect();
        let reply = self.ask(&self.hello(spoken.version, &turned, groups))?;
        let suite = chosen(&reply, spoken.version).ok().and_then(|f| f.hello.as_ref()).map(|h| h.suite);
        Ok(match suite {
            Some(suite) if suite == *first => Order::Server,
            Some(suite) if suite == *last => Order::Client,
            _ => Order::Unclear,
        })
    }

    /// Lists the groups that are accepted, of TLS 1.3 and of the newest version before it.
    pub(super) fn groups(&self, versions: &[Spoken]) -> Vec<Group> {
        let spoken = |s: &&Spoken| s.answer == Answer::Yes && !s.suites.is_empty();
        let modern = versions.iter().filter(spoken).find(|s| s.version == Version::Tls13);
        let old = newest_old(versions);
        let mut found: Vec<Group> = Vec::new();
        for spoken in modern.into_iter().chain(old) {
            let mut left = groups_of(spoken.version);
            let suites: Vec<_> = spoken.suites.iter().filter(|s| needs_group(**s)).copied().collect();
            while !left.is_empty() && !suites.is_empty() {
                // Without a key share the server has to say which group it wants.
                let hello = Hello { share: false, ..self.hello(spoken.version, &suites, &left) };
                let Ok(reply) = self.ask(&hello) else { break };
                let group = chosen(&reply, spoken.version).ok().and_then(|f| f.group);
                let Some(group) = group.filter(|g| left.contains(g)) else { break };
                left.retain(|g| *g != group);
                if !found.contains(&group) {
                    found.push(group);
                }
                self.tell(&format!("{} key exchange groups", found.len()));
            }
        }
        found
    }
}

/// Finds the newest version before TLS 1.3 that accepts a suite: what it sends comes in the clear.
pub(super) fn newest_old(versions: &[Spoken]) -> Option<&Spoken> {
    versions.iter().rfind(|s| s.version < Version::Tls13 && !s.suites.is_empty())
}

/// Returns what came when the server speaks this version, else whether it refused it, and how.
pub(super) fn chosen(reply: &Reply, version: Version) -> Result<&Flight, (Answer, String)> {
    match reply {
        Reply::Flight(flight) => match flight.hello.as_ref().map(|h| h.version) {
            Some(code) if code == version.code() => Ok(flight),
            Some(code) => {
                let name = Version::from_code(code)
                    .map_or_else(|| format!("version {code:04X}"), |v| v.name().into());
                Err((Answer::No, format!("it answers with {name}")))
            }
            None => Err((Answer::Unsure, String::new())),
        },
        Reply::Refused(why) => Err((Answer::No, why.clone())),
        Reply::Lost(why) => Err((Answer::Unsure, why.clone())),
    }
}

/// Lists the suites that are offered for a version, the best first. Those that need a shared key are left out, for nobody has
/// one here. A suite that ended with an older version is offered all the same: servers make such mistakes.
pub(super) fn offered(version: Version) -> Vec<Suite> {
    let fits = |suite: &Suite| {
        let shared = suite.short().is_none_or(|name| name.contains("PSK") || name.starts_with("SRP"));
        let versions = suite.versions().filter(|_| !shared);
        versions.is_some_and(|v| match version {
            Version::Tls13 => *v.end() == version.code(),
            _ => *v.start() <= version.code() && *v.end() < Version::Tls13.code(),
        })
    };
    let mut all: Vec<_> = Suite::all().filter(fits).collect();
    cipher::priority(&mut all);
    all
}

/// Lists the groups that are offered with a version.
pub(super) fn groups_of(version: Version) -> Vec<Group> {
    let fits = |g: &Group| match version {
        Version::Tls13 => g.is_of_tls13(),
        _ => g.is_old_curve(),
    };
    Group::known().filter(fits).collect()
}

/// Tells whether a suite exchanges keys by a group that is negotiated: those of TLS 1.3 and ECDHE.
fn needs_group(suite: Suite) -> bool {
    suite.anatomy().is_some_and(|a| matches!(a.kx, Kx::Any | Kx::Ecdhe))
}
