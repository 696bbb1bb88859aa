//! The second person at the console: where a policy names witnesses, one of them reads what the key is about to be used for
//! and confirms it by a code that stands only in that text.

use crate::model::State;
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::finding::Subject;
use crate::model::witness::Witness;
use crate::pki::sha256;

/// The characters of a code: none of them is taken for another one when it is read aloud.
const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Returns the code of a step with the keys of these certifiers: another step has another one, and so has the same step once
/// more after it was confirmed.
fn code(state: &State, certifiers: &[&String], step: &str) -> String {
    let mut bytes = step.as_bytes().to_vec();
    for certifier in certifiers.iter().filter_map(|name| state.certifiers.get(*name)) {
        bytes.extend(certifier.certificate.sha256.0);
        bytes.extend(state.witnessed.get(&certifier.name).copied().unwrap_or_default().to_be_bytes());
    }
    let digest = sha256(&bytes).0;
    let letter = |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).map_or('a', |l| char::from(*l));
    let letters: String = digest.iter().take(6).map(letter).collect();
    letters.split_at_checked(3).map_or_else(|| letters.clone(), |(first, rest)| format!("{first}-{rest}"))
}

/// Lets a step go on for which the keys of these certifiers are used, and returns who witnessed it, for the audit chain.
///
/// Errors: `Unwitnessed`, with the step and its code, when a policy wants a witness and nobody confirmed this step;
/// `NotAllowed`, which is recorded, when it was confirmed by the operator, by somebody whom the policy does not name, or with
/// another code.
pub fn confirmed(
    state: &State,
    certifiers: &[String],
    step: &str,
    given: Option<&Witness>,
    operator: &str,
) -> Result<Vec<Fact>> {
    let named =
        |name: &&String| state.certifiers.get(*name).is_some_and(|c| !c.policy.roles.witness.is_empty());
    let watched: Vec<&String> = certifiers.iter().filter(named).collect();
    let mut facts = Vec::new();
    for name in &watched {
        let witnesses = state.certifiers.get(*name).map_or(&[][..], |c| &c.policy.roles.witness);
        let others: Vec<&str> = witnesses.iter().map(String::as_str).filter(|w| *w != operator).collect();
        let code = code(state, &watched, step);
        let Some(given) = given else {
            return Err(Error::new(Kind::Unwitnessed, format!("{step} The code of this step is {code}."))
                .why(format!("The policy of certifier {name} wants a witness: {}.", others.join(" or ")))
                .next("The witness reads the step aloud and confirms it: --witness NAME:CODE")
                .on(Subject::Certifier((*name).clone())));
        };
        let what = format!("The step was not confirmed by a witness. {step}");
        let refused = Error::not_allowed(Subject::Certifier((*name).clone()), what);
        if given.name == operator || !witnesses.contains(&given.name) {
            let who =
                if given.name == operator { "does it, and" } else { "is no witness of this certifier, and" };
            return Err(refused
                .why(format!("{} {who} cannot confirm it; {} can.", given.name, others.join(" or ")))
                .next("Have one of them read and confirm it."));
        }
        if !given.code.trim().eq_ignore_ascii_case(&code) {
            return Err(refused
                .why(
                    "The code is not that of this step: it is another step by now, or the code was mistyped.",
                )
                .next("Read the step again; its code stands in it."));
        }
        facts.push(Fact::StepWitnessed {
            certifier: (*name).clone(),
            by: given.name.clone(),
            step: step.to_owned(),
        });
    }
    Ok(facts)
}
