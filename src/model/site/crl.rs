//! What the three CRL switches do with a client certificate, as explicit data: the form and the docs tell it, and whoever
//! judges a client decides by it.

use super::CrlSwitches;

/// What the search for a CRL of the certificate's issuer brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Search {
    /// A CRL that is current.
    Fresh {
        /// Whether the certificate is on it.
        listed: bool,
    },
    /// Only one that has ended.
    Stale {
        /// Whether the certificate is on it.
        listed: bool,
    },
    /// None: whether the certificate is revoked is unknown.
    Nothing,
}

impl Search {
    /// Everything that a search can bring.
    pub const ALL: [Self; 5] = [
        Self::Fresh { listed: true },
        Self::Fresh { listed: false },
        Self::Stale { listed: true },
        Self::Stale { listed: false },
        Self::Nothing,
    ];

    /// Says it of a client.
    pub fn words(self) -> &'static str {
        match self {
            Self::Fresh { listed: true } => "revoked, on a current CRL",
            Self::Fresh { listed: false } => "not on a current CRL",
            Self::Stale { listed: true } => "on a CRL that has ended",
            Self::Stale { listed: false } => "not on a CRL that has ended",
            Self::Nothing => "unknown, no CRL of its issuer is found",
        }
    }
}

/// Whether a client is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is let in.
    Accept,
    /// It is let in although its state is not certain.
    Warn,
    /// It is refused.
    Reject,
}

impl Outcome {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Warn => "accepted with a warning",
            Self::Reject => "refused",
        }
    }
}

/// A row: the first whose conditions hold decides. `None` is "any".
#[derive(Debug)]
pub struct Rule {
    /// "Check for CRLs".
    pub check: Option<bool>,
    /// Whether a CRL was found.
    pub found: Option<bool>,
    /// Whether it is current.
    pub fresh: Option<bool>,
    /// Whether the certificate is on it.
    pub listed: Option<bool>,
    /// "Trust expired CRLs".
    pub trust_expired: Option<bool>,
    /// "Allow CRL search to fail".
    pub allow_failure: Option<bool>,
    /// What becomes of the client.
    pub outcome: Outcome,
    /// Why.
    pub why: &'static str,
}

const fn rule(
    [check, found, fresh, listed, trust_expired, allow_failure]: [Option<bool>; 6],
    outcome: Outcome,
    why: &'static str,
) -> Rule {
    Rule { check, found, fresh, listed, trust_expired, allow_failure, outcome, why }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);
const ANY: Option<bool> = None;

/// The truth table.
#[rustfmt::skip]
pub static RULES: [Rule; 9] = [
    //   check found fresh listed trust allow
    rule([NO,  ANY, ANY, ANY, ANY, ANY], Outcome::Accept, "nothing is looked up"),
    rule([YES, YES, YES, YES, ANY, ANY], Outcome::Reject, "the CRL lists the certificate"),
    rule([YES, YES, YES, NO,  ANY, ANY], Outcome::Accept, "the CRL is current and does not list it"),
    rule([YES, YES, NO,  YES, YES, ANY], Outcome::Reject, "the CRL that has ended is trusted, and lists the certificate"),
    rule([YES, YES, NO,  NO,  YES, ANY], Outcome::Warn, "the CRL that has ended is trusted; a later revocation is not seen"),
    rule([YES, YES, NO,  ANY, NO,  YES], Outcome::Warn, "the CRL that has ended does not count, and the search may fail"),
    rule([YES, YES, NO,  ANY, NO,  NO],  Outcome::Reject, "the CRL that has ended does not count, and there is no other"),
    rule([YES, NO,  ANY, ANY, ANY, YES], Outcome::Warn, "no CRL is found, and the search may fail"),
    rule([YES, NO,  ANY, ANY, ANY, NO],  Outcome::Reject, "no CRL is found, and one is needed"),
];

impl Rule {
    fn holds(&self, switches: CrlSwitches, search: Search) -> bool {
        let (found, fresh, listed) = match search {
            Search::Fresh { listed } => (true, true, listed),
            Search::Stale { listed } => (true, false, listed),
            Search::Nothing => (false, false, false),
        };
        let is = |wanted: Option<bool>, value| wanted.is_none_or(|wanted| wanted == value);
        is(self.check, switches.check)
            && is(self.found, found)
            && is(self.fresh, fresh)
            && is(self.listed, listed)
            && is(self.trust_expired, switches.trust_expired)
            && is(self.allow_failure, switches.allow_failure)
    }
}

/// Decides about a client whose certificate is good otherwise. The reason comes along.
pub fn decide(switches: CrlSwitches, search: Search) -> (Outcome, &'static str) {
    let rule = RULES.iter().find(|rule| rule.holds(switches, search));
    rule.map_or((Outcome::Reject, "no rule says otherwise"), |rule| (rule.outcome, rule.why))
}

/// Says what becomes of each client: (its certificate, what happens to it and why).
pub fn words(switches: CrlSwitches) -> Vec<(&'static str, String)> {
    let line = |search: Search| {
        let (outcome, why) = decide(switches, search);
        (search.words(), format!("{} ({why})", outcome.word()))
    };
    Search::ALL.into_iter().map(line).collect()
}

/// Writes the page of the switches, `docs/crl-switches.md`.
pub fn crl_markdown() -> String {
    let mut out = String::from(
        "# CRL switches\n\nThis page is made from the table of rules; `RINGMASTER_BLESS=1 cargo test docs` writes it anew.\n\n\
         An Internet Site that asks for client certificates has three switches: `check-crl`, `trust-expired-crl` and\n\
         `allow-crl-failure`. The first row that fits decides. The rules are as administrators know them; no published\n\
         table of all combinations was found, so prove what matters with a client certificate.\n\n\
         | check for CRLs | CRL found | current | certificate listed | trust expired CRLs | allow the search to fail | client | why |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for rule in &RULES {
        let cells = rule.conditions().map(|(_, text)| text).join(" | ");
        out.push_str(&format!("| {cells} | {} | {} |\n", rule.outcome.word(), rule.why));
    }
    out
}

impl Rule {
    /// Returns the conditions as (name, `yes`, `no` or `any`), in the order of columns.
    pub fn conditions(&self) -> [(&'static str, &'static str); 6] {
        let text = |wanted| match wanted {
            None => "any",
            Some(true) => "yes",
            Some(false) => "no",
        };
        [
            ("check", text(self.check)),
            ("found", text(self.found)),
            ("current", text(self.fresh)),
            ("listed", text(self.listed)),
            ("trust-expired", text(self.trust_expired)),
            ("allow-failure", text(self.allow_failure)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination, decided by hand: check, trust expired, allow failure; then current+listed, current, ended+listed,
    /// ended, nothing. A is accepted, W accepted with a warning, R refused.
    const BY_HAND: [(bool, bool, bool, &str); 8] = [
        (false, false, false, "AAAAA"),
        (false, false, true, "AAAAA"),
        (false, true, false, "AAAAA"),
        (false, true, true, "AAAAA"),
        (true, false, false, "RARRR"),
        (true, false, true, "RAWWW"),
        (true, true, false, "RARWR"),
        (true, true, true, "RARWW"),
    ];

    #[test]
    fn every_combination_is_decided_as_by_hand_and_by_one_rule() {
        for (check, trust_expired, allow_failure, wanted) in BY_HAND {
            let switches = CrlSwitches { check, trust_expired, allow_failure };
            for (search, wanted) in Search::ALL.into_iter().zip(wanted.chars()) {
                let holding = RULES.iter().filter(|rule| rule.holds(switches, search)).count();
                assert_eq!(holding, 1, "{switches:?} {search:?}: one rule and no other");
                let outcome = match decide(switches, search).0 {
                    Outcome::Accept => 'A',
                    Outcome::Warn => 'W',
                    Outcome::Reject => 'R',
                };
                assert_eq!(outcome, wanted, "{switches:?} {search:?}");
            }
        }
    }

    #[test]
    fn the_words_tell_of_a_revoked_an_unlisted_and_an_unknown_client() {
        let strict = words(CrlSwitches { check: true, ..CrlSwitches::default() });
        assert!(strict[0].0.starts_with("revoked") && strict[0].1.starts_with("refused"), "{strict:?}");
        assert!(strict[1].0.starts_with("not on") && strict[1].1.starts_with("accepted ("), "{strict:?}");
        assert!(strict[4].0.starts_with("unknown") && strict[4].1.starts_with("refused"), "{strict:?}");
        assert!(
            words(CrlSwitches::default()).iter().all(|(_, what)| what == "accepted (nothing is looked up)")
        );
    }
}
