//! The accepted risks on the disk: `directory/accepted.ron`.

use std::collections::BTreeMap;

use super::document::text;
use super::marked;
use crate::model::accepted::Accepted;
use crate::model::change::FileWrite;
use crate::model::error::Result;
use crate::model::finding::Subject;

/// The file of the accepted risks.
pub const PATH: &str = "directory/accepted.ron";

/// Risks by rule and object.
pub type Risks = BTreeMap<(String, Subject), Accepted>;

/// Writes the accepted risks.
pub fn write(risks: &Risks) -> Result<FileWrite> {
    let all: Vec<&Accepted> = risks.values().collect();
    Ok(text(PATH.into(), marked::write("accepted risks", &all)?))
}

/// Reads the accepted risks. Errors: `Damaged` with line and column, `TooNew`, `Foreign`.
pub fn read(bytes: &[u8]) -> Result<Risks> {
    let all: Vec<Accepted> = marked::read("accepted risks", PATH, bytes, true)?;
    Ok(all.into_iter().map(|a| ((a.rule.clone(), a.subject.clone()), a)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;
    use crate::model::time::Timestamp;

    proptest::proptest! {
        #[test]
        fn every_risk_comes_back(rule: String, name: String, text: String, reason: String, by: String, at in 0i64..1 << 40) {
            let subject = Subject::Site(name);
            let (at, until) = (Timestamp(at), Timestamp(at).plus_days(90));
            let severity = Severity::Warning;
            let risk = Accepted { rule: rule.clone(), subject: subject.clone(), severity, text, reason, by, at, until };
            let risks = Risks::from([((rule, subject), risk)]);
            proptest::prop_assert_eq!(read(&write(&risks).unwrap().bytes.unwrap()).unwrap(), risks);
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
