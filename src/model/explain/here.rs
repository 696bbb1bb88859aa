//! Which causes of a problem hold in a workspace now: what its checks have found, by cause, what was named first.

use super::{Cause, Problem};
use crate::model::State;
use crate::model::finding::{Finding, Subject};
use crate::model::site::Site;

/// A cause, and what in the workspace speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here<'a> {
    /// The cause.
    pub cause: &'static Cause,
    /// What the checks found: about the keyrings that were named if any of them is here, else all of it.
    pub found: Vec<&'a Finding>,
    /// How many more were found about other things.
    pub elsewhere: usize,
}

/// Sorts what the checks have found by the causes of a problem.
pub fn causes<'a>(
    problem: &'static Problem,
    keyrings: &[String],
    state: &State,
    findings: &'a [Finding],
) -> Vec<Here<'a>> {
    let named: Vec<&String> = keyrings.iter().filter(|ring| is_here(state, ring)).collect();
    let meant =
        |finding: &Finding| named.is_empty() || named.iter().any(|ring| is_about(state, ring, finding));
    let here = |cause: &'static Cause| {
        let of_rule = findings.iter().filter(|finding| cause.rules.contains(&finding.rule.as_str()));
        let (found, others): (Vec<&Finding>, Vec<&Finding>) = of_rule.partition(|finding| meant(finding));
        Here { cause, found, elsewhere: others.len() }
    };
    problem.causes.iter().map(here).collect()
}

/// Says what the workspace knows of a keyring that was named, in one sentence.
pub fn keyring(name: &str, state: &State) -> String {
    let sites: Vec<&str> = state.sites_of_keyring(name).map(|site: &Site| site.name.as_str()).collect();
    let used = if sites.is_empty() {
        "no site names it".into()
    } else {
        format!("named by site {}", sites.join(", "))
    };
    let there = match state.keyrings.get(name) {
        Some(ring) if ring.leaf().is_some() => "is here, with a certificate",
        Some(ring) if ring.key.is_some() => "is here, without a certificate",
        Some(_) => "is here, with trusted roots only",
        None => "is not in this workspace",
    };
    format!("Keyring {name} {there}; {used}.")
}

fn is_here(state: &State, ring: &str) -> bool {
    state.keyrings.contains_key(ring) || state.sites_of_keyring(ring).next().is_some()
}

fn is_about(state: &State, ring: &str, finding: &Finding) -> bool {
    match &finding.subject {
        Subject::Keyring(name) => name == ring,
        Subject::Site(name) => state.sites.get(name).is_some_and(|site| site.keyring == ring),
        Subject::Server(name) => state.servers.get(name).is_some_and(|server| server.keyring == ring),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::explain::find;
    use crate::model::finding::Severity;

    #[test]
    fn what_was_named_comes_first_and_the_rest_is_counted() {
        let mut state = State::default();
        for name in ["mail", "www"] {
            let site = Site { name: name.into(), keyring: name.into(), ..Site::default() };
            state.sites.insert(name.into(), site);
        }
        let missing =
            |name: &str| Finding::new("K01", Severity::Error, Subject::Site(name.into()), format!("{name}."));
        let findings = [missing("mail"), missing("www")];
        let problem = find("keyring-not-found").unwrap();
        let all = causes(problem, &[], &state, &findings);
        assert_eq!((all[0].found.len(), all[0].elsewhere), (2, 0));
        let one = causes(problem, &["mail".into()], &state, &findings);
        assert_eq!((one[0].found.as_slice(), one[0].elsewhere), ([&findings[0]].as_slice(), 1));
        // A keyring that nobody here knows narrows nothing.
        assert_eq!(causes(problem, &["other".into()], &state, &findings)[0].found.len(), 2);
        assert!(keyring("mail", &state).contains("is not in this workspace; named by site mail"));
    }
}
