//! The policy of a certifier: what may be amended after it was made, who may do what, and which rules are relaxed. One
//! table of fields serves the form of a new certifier, amendments, and what is shown.

mod fields;

use serde::{Deserialize, Serialize};

use super::bytes::Digest;
use super::escape::visible;
use super::field::{Field, Record, join, put};
use super::request::queue::{ANSWER_DAYS, REQUEST_DAYS};
use super::time::Timestamp;
pub use fields::Fields;

/// What may be amended after creation. Amending makes the next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Rises by one with every amendment.
    pub version: u32,
    /// The profile used when nobody says otherwise.
    pub profile: String,
    /// How long a CRL is valid, in days.
    pub crl_days: u32,
    /// Where the CRL will be found (http URI), put into issued certificates; empty for none.
    pub crl_url: String,
    /// Days between regular CRLs; 0 is three quarters of their validity.
    #[serde(default, skip_serializing_if = "none")]
    pub crl_interval: u32,
    /// How long a delta CRL is valid, in days; 0 where there are none.
    #[serde(default, skip_serializing_if = "none")]
    pub delta_days: u32,
    /// In how many parts the CRL is published beside the complete one; 0 for none.
    #[serde(default, skip_serializing_if = "none")]
    pub crl_parts: u32,
    /// Hours from the report of a compromised key to the CRL that has to list it.
    #[serde(default = "urgent", skip_serializing_if = "is_urgent")]
    pub crl_hours_compromise: u32,
    /// Hours from any other revocation to the CRL that has to list it.
    #[serde(default = "usual", skip_serializing_if = "is_usual")]
    pub crl_hours: u32,
    /// Where OCSP answers are given (http URI), put into issued certificates; empty for none.
    #[serde(default)]
    pub ocsp_url: String,
    /// Where the certifier's own certificate will be found (caIssuers, http URI), put into issued certificates; empty for
    /// none.
    #[serde(default)]
    pub issuer_url: String,
    /// Who may do what.
    #[serde(default)]
    pub roles: Roles,
    /// Lets whoever submitted or edited a request approve it, too.
    #[serde(default)]
    pub own_approval: bool,
    /// Lets one CAA amend the policy although there is another one to confirm it.
    #[serde(default)]
    pub amend_alone: bool,
    /// Lets one CAA put a protection on the key that fewer people open.
    #[serde(default, skip_serializing_if = "is_no")]
    pub weaken_protection: bool,
    /// Locks the key after so many signatures; 0 for never.
    #[serde(default)]
    pub relock_after: u32,
    /// Within how many days a request is to be decided, and an approved one to be signed.
    #[serde(default = "answer_days")]
    pub answer_days: u32,
    /// After how many days a request that nobody decided or signed may be expired.
    #[serde(default = "request_days")]
    pub request_days: u32,
}

fn answer_days() -> u32 {
    ANSWER_DAYS
}

fn request_days() -> u32 {
    REQUEST_DAYS
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: 1,
            profile: "server".into(),
            crl_days: 30,
            crl_url: String::new(),
            crl_interval: 0,
            delta_days: 0,
            crl_parts: 0,
            crl_hours_compromise: urgent(),
            crl_hours: usual(),
            ocsp_url: String::new(),
            issuer_url: String::new(),
            roles: Roles::default(),
            own_approval: false,
            amend_alone: false,
            weaken_protection: false,
            relock_after: 0,
            answer_days: ANSWER_DAYS,
            request_days: REQUEST_DAYS,
        }
    }
}

// A policy is signed as it is written: what is as it was before a field came to be is not written.

fn none(value: &u32) -> bool {
    *value == 0
}

fn is_no(flag: &bool) -> bool {
    !flag
}

fn is_urgent(hours: &u32) -> bool {
    *hours == urgent()
}

fn is_usual(hours: &u32) -> bool {
    *hours == usual()
}

/// The hours that public authorities have for a compromised key (Baseline Requirements 4.9.1.1).
fn urgent() -> u32 {
    24
}

/// The hours they have for any other reason: five days.
fn usual() -> u32 {
    120
}

/// Who may do what with a certifier, by the names of operators. Without any name everybody may do everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Certificate authority administrators: sign, amend the policy, keep the key.
    pub caa: Vec<String>,
    /// Registration authorities: approve, deny, revoke.
    pub ra: Vec<String>,
    /// Auditors: read, verify and export, and change nothing.
    pub auditor: Vec<String>,
    /// Witnesses: one of them confirms each use of the key; without any, nobody has to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<String>,
}

impl Roles {
    /// Tells whether nobody has a role, so that no role is asked for.
    pub fn is_empty(&self) -> bool {
        self.caa.is_empty() && self.ra.is_empty() && self.auditor.is_empty()
    }

    /// Puts a person first among the CAAs and the RAs.
    pub fn found(&mut self, who: &str) {
        for people in [&mut self.caa, &mut self.ra] {
            people.retain(|name| name != who);
            people.insert(0, who.to_owned());
        }
    }

    /// Says what contradicts itself in the roles: nobody to amend them, or an auditor who can also change things.
    pub fn contradiction(&self) -> Option<String> {
        if let ([only], [caa]) = (self.witness.as_slice(), self.caa.as_slice())
            && only == caa
        {
            return Some(format!("{only} is the only CAA, and cannot witness what {only} does."));
        }
        if self.is_empty() {
            return None;
        }
        if self.caa.is_empty() {
            return Some("There has to be a CAA: nobody else can amend the policy.".into());
        }
        let both = self.auditor.iter().find(|a| self.caa.contains(a) || self.ra.contains(a));
        both.map(|who| format!("{who} cannot be an auditor and change things as CAA or RA at the same time."))
    }
}

/// A version of a policy, and who made it so. Its text is signed with the certifier's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The policy.
    pub policy: Policy,
    /// Who made or proposed it.
    pub by: String,
    /// Since when it counts.
    pub at: Timestamp,
    /// The second CAA who confirmed it; empty when none had to.
    #[serde(default)]
    pub confirmed: String,
    /// What allowed it to be made alone; empty when a second CAA confirmed it, or when the certifier was made with it.
    #[serde(default)]
    pub alone: String,
    /// Why; may be empty.
    #[serde(default)]
    pub reason: String,
    /// SHA-256 of the signed text; zeros within the text itself.
    #[serde(default, skip_serializing_if = "Digest::is_zero")]
    pub text: Digest,
}

impl PolicyVersion {
    /// Says who made it so, when, and why.
    pub fn told(&self) -> String {
        let at = self.at.text();
        let how = match (self.confirmed.as_str(), self.alone.as_str()) {
            ("", "") => format!("{at}, made with the certifier by {}", self.by),
            ("", alone) => format!("{at}, by {} alone: {alone}", self.by),
            (second, _) => format!("{at}, by {}, confirmed by {second}", self.by),
        };
        let reason = if self.reason.is_empty() { String::new() } else { format!("; {}", self.reason) };
        visible(&(how + &reason))
    }
}

/// An amendment that waits for a second CAA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The policy as it would be.
    pub policy: Policy,
    /// Who proposes it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why; may be empty.
    #[serde(default)]
    pub reason: String,
}

/// An amendment while it is written: the policy as it shall be, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The policy as it shall be.
    pub policy: Policy,
    /// Why; may be empty.
    pub reason: String,
}

impl HasPolicy for Amendment {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }
}

impl Amendment {
    const WHY: &'static [Field<Self>] = &[Field::text(
        "reason",
        "Reason",
        "Why the policy is amended; it is signed with it and kept in the audit chain.",
        |x, _| visible(&x.reason),
        |x, t| put(&mut x.reason, t),
    )];
}

impl Record for Amendment {
    const NOUN: &'static str = "amendment";
    const FIELDS: &'static [Field<Self>] =
        &join::<_, { Fields::<Self>::ALL.len() + Self::WHY.len() }>(&[Fields::<Self>::ALL, Self::WHY]);
}

/// Whatever holds a policy and shows or edits it by the one table of fields.
pub trait HasPolicy {
    /// Returns the policy.
    fn policy(&self) -> &Policy;

    /// Returns the policy for editing.
    fn policy_mut(&mut self) -> &mut Policy;
}

impl HasPolicy for Policy {
    fn policy(&self) -> &Policy {
        self
    }

    fn policy_mut(&mut self) -> &mut Policy {
        self
    }
}

impl Record for Policy {
    const NOUN: &'static str = "policy";
    const FIELDS: &'static [Field<Self>] = Fields::<Self>::ALL;
}

#[cfg(test)]
mod tests {
    use super::fields::people;
    use super::*;

    #[test]
    fn a_policy_from_before_the_roles_is_read_and_asks_for_none() {
        let before = r#"{"version":3,"profile":"server","crl_days":30,"crl_url":""}"#;
        let policy: Policy = serde_json::from_str(before).unwrap();
        assert!(policy.roles.is_empty() && policy.version == 3 && !policy.own_approval);
    }

    #[test]
    fn names_are_separated_by_commas_and_stand_once() {
        assert_eq!(people(" Ann Bell, carl,Ann Bell ,").unwrap(), ["Ann Bell", "carl"]);
        assert!(people("a\u{202e}b").is_err());
        let mut roles = Roles { caa: people("bea, ann").unwrap(), ..Roles::default() };
        roles.found("ann");
        assert_eq!((roles.caa, roles.ra), (vec!["ann".to_owned(), "bea".to_owned()], vec!["ann".to_owned()]));
    }

    #[test]
    fn somebody_has_to_be_left_who_can_amend_and_an_auditor_changes_nothing() {
        let of = |caa: &str, ra: &str, auditor: &str| Roles {
            caa: people(caa).unwrap(),
            ra: people(ra).unwrap(),
            auditor: people(auditor).unwrap(),
            ..Roles::default()
        };
        assert_eq!(of("", "", "").contradiction(), None);
        assert_eq!(of("ann", "bea", "carl").contradiction(), None);
        assert!(of("", "bea", "").contradiction().unwrap().contains("CAA"));
        assert!(of("ann", "bea", "bea").contradiction().unwrap().contains("auditor"));
    }
}
