//! What is different between two visits to the same service, in sentences. Judges nothing.

use std::collections::BTreeSet;

use super::{Asked, Plain, Trouble, Visit};

/// So many names are told.
const NAMED: usize = 4;

/// Lists what has changed from one visit to a later one.
pub fn changes(before: &Visit, after: &Visit) -> Vec<String> {
    let mut all = Vec::new();
    match (&before.found, &after.found) {
        (Ok(_), Err(trouble)) => all.push(format!("It does not answer any more: {}", trouble.why)),
        (Err(_), Ok(_)) => all.push("It answers again.".into()),
        (Err(old), Err(new)) if old.stage != new.stage => {
            all.push(format!("It fails at another step, {}: {}", new.stage.word(), new.why));
        }
        (Err(_), Err(_)) => {}
        (Ok(old), Ok(new)) => {
            let versions = |scan: &super::Scan| scan.spoken().map(|s| s.version.name().to_owned()).collect();
            all.extend(sets(&versions(old), &versions(new), "spoken"));
            let suites = |scan: &super::Scan| scan.suites().into_iter().map(|s| s.name()).collect();
            all.extend(sets(&suites(old), &suites(new), "accepted"));
            let groups = |scan: &super::Scan| scan.groups.iter().map(|g| g.name()).collect();
            all.extend(sets(&groups(old), &groups(new), "accepted"));
            for asked in [Asked::Name, Asked::Nothing, Asked::Address] {
                let face = |scan: &super::Scan| scan.faces.iter().find(|f| f.asked == asked).cloned();
                let (Some(old), Some(new)) = (face(old), face(new)) else { continue };
                if old.sent.first() != new.sent.first() {
                    let shown = if new.sent.is_empty() { "no certificate" } else { &new.subject };
                    let ends = new.ends.map_or_else(String::new, |end| format!(" until {}", end.date()));
                    all.push(format!("Another certificate is shown {}: {shown}{ends}.", asked.words()));
                } else if old.sent != new.sent {
                    all.push(format!("Another chain is sent {}.", asked.words()));
                }
            }
            for ((name, old), (_, new)) in old.manners.named().zip(new.manners.named()) {
                if old != new {
                    all.push(format!("{name}: {}, before {}.", new.word(), old.word()));
                }
            }
        }
    }
    let (old, new) = (said(before.plain.as_ref()), said(after.plain.as_ref()));
    if let (Some(old), Some(new)) = (old, new)
        && old != new
    {
        all.push(format!("The port without TLS answers {new}, before {old}."));
    }
    all
}

fn said(plain: Option<&Result<Plain, Trouble>>) -> Option<String> {
    plain.map(|plain| match plain {
        Ok(plain) => format!("{} {}", plain.status, plain.location).trim().to_owned(),
        Err(trouble) => format!("nothing, step {}", trouble.stage.word()),
    })
}

fn sets(old: &BTreeSet<String>, new: &BTreeSet<String>, what: &str) -> Vec<String> {
    let told = |names: Vec<&String>, word: &str| {
        let few = names.iter().take(NAMED).map(|n| n.as_str()).collect::<Vec<_>>().join(", ");
        let more =
            if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
        (!names.is_empty()).then(|| format!("{word} {what}: {few}{more}."))
    };
    let more = told(new.difference(old).collect(), "Newly");
    let less = told(old.difference(new).collect(), "No more");
    more.into_iter().chain(less).collect()
}
