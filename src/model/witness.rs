//! What a witness says: who it is, and the code that stands only in the text of the step.

use super::escape::visible;
use super::field::{Field, Record};

/// What a witness says of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Witness {
    /// Who confirms it.
    pub name: String,
    /// The code of the step.
    pub code: String,
}

impl Record for Witness {
    const NOUN: &'static str = "confirmation by a witness";
    const FIELDS: &'static [Field<Self>] = &[
        Field::fixed(
            "witness",
            "Witness",
            "Who has read the step below and sees that it is what was agreed: another person than who does it.",
            |x, _| visible(&x.name),
            |x, t| {
                t.trim().clone_into(&mut x.name);
                if x.name.is_empty() { Err("the name of the witness".into()) } else { Ok(()) }
            },
        ),
        Field::fixed(
            "code",
            "Code",
            "The code at the end of the step, typed by the witness.",
            |x, _| visible(&x.code),
            |x, t| {
                t.trim().clone_into(&mut x.code);
                if x.code.is_empty() { Err("the code of the step".into()) } else { Ok(()) }
            },
        ),
    ];
}

impl Witness {
    /// Reads `NAME:CODE`.
    pub fn typed(text: &str) -> Option<Self> {
        let (name, code) = text.rsplit_once(':')?;
        let (name, code) = (name.trim().to_owned(), code.trim().to_owned());
        (!name.is_empty() && !code.is_empty()).then_some(Self { name, code })
    }
}
