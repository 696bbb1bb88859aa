//! The policy of a certifier: what may be amended after it was made, who may do what, and which rules are relaxed. One
//! table of fields serves the form of a new certifier, amendments, and what is shown.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::bytes::Digest;
use super::escape::visible;
use super::field::{Field, Kind, Record, When, flag, join, number, yes_no};
use super::request::queue::{ANSWER_DAYS, REQUEST_DAYS};
use super::time::Timestamp;

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
    const WHY: &'static [Field<Self>] = &[Field {
        name: "reason",
        label: "Reason",
        help: "Why the policy is amended; it is signed with it and kept in the audit chain.",
        kind: Kind::Text,
        when: When::Amendable,
        get: |x, _| visible(&x.reason),
        set: |x, t| {
            x.reason = t.trim().to_owned();
            Ok(())
        },
    }];
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

/// The fields of a policy, for whatever holds one.
pub struct Fields<T>(PhantomData<T>);

impl<T: HasPolicy + 'static> Fields<T> {
    /// The table.
    pub const ALL: &'static [Field<T>] = &[
        Field {
            name: "profile",
            label: "Profile",
            help: "What issued certificates contain when nobody says otherwise.",
            kind: Kind::Profile,
            when: When::Amendable,
            get: |x, _| x.policy().profile.clone(),
            set: |x, t| {
                x.policy_mut().profile = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "crl-days",
            label: "CRL validity in days",
            help: "How long each CRL is valid.",
            kind: Kind::Number(1, 400),
            when: When::Amendable,
            get: |x, _| x.policy().crl_days.to_string(),
            set: |x, t| {
                x.policy_mut().crl_days = number(t, 1, 400)?;
                Ok(())
            },
        },
        Field {
            name: "crl-url",
            label: "CRL address",
            help: "The http address where peers will find the CRL; empty for none.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| visible(&x.policy().crl_url),
            set: |x, t| {
                x.policy_mut().crl_url = address(t)?;
                Ok(())
            },
        },
        Field {
            name: "ocsp-url",
            label: "OCSP address",
            help: "The http address where OCSP answers are given; empty for none.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| visible(&x.policy().ocsp_url),
            set: |x, t| {
                x.policy_mut().ocsp_url = address(t)?;
                Ok(())
            },
        },
        Field {
            name: "issuer-url",
            label: "Certificate address",
            help: "The http address where peers will find the certifier's own certificate (DER); empty for none.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| visible(&x.policy().issuer_url),
            set: |x, t| {
                x.policy_mut().issuer_url = address(t)?;
                Ok(())
            },
        },
        Field {
            name: "crl-interval",
            label: "Days between CRLs",
            help: "When the next regular CRL is due after one; less than its validity. 0 is three quarters of the validity.",
            kind: Kind::Number(0, 400),
            when: When::Amendable,
            get: |x, _| x.policy().crl_interval.to_string(),
            set: |x, t| {
                x.policy_mut().crl_interval = number(t, 0, 400)?;
                Ok(())
            },
        },
        Field {
            name: "delta-days",
            label: "Delta CRLs, days",
            help: "How long a delta CRL is valid, which lists only what changed since the complete one; 0 for none. Its \
                   address is that of the CRL with -delta before the dot, in every new certificate.",
            kind: Kind::Number(0, 100),
            when: When::Amendable,
            get: |x, _| x.policy().delta_days.to_string(),
            set: |x, t| {
                x.policy_mut().delta_days = number(t, 0, 100)?;
                Ok(())
            },
        },
        Field {
            name: "crl-parts",
            label: "Parts of the CRL",
            help: "Splits new certificates into so many parts with a small CRL each, at the address of the CRL with -1, -2 .. \
                   before the dot; 0 for none. The complete CRL stays.",
            kind: Kind::Number(0, 64),
            when: When::Amendable,
            get: |x, _| x.policy().crl_parts.to_string(),
            set: |x, t| {
                let parts: u32 = number(t, 0, 64)?;
                if parts == 1 {
                    return Err("2 to 64 parts, or 0 for none".into());
                }
                x.policy_mut().crl_parts = parts;
                Ok(())
            },
        },
        Field {
            name: "crl-hours-compromise",
            label: "Hours to a CRL, urgent",
            help: "Within how many hours a key that others know has to stand on a CRL.",
            kind: Kind::Number(1, 720),
            when: When::Amendable,
            get: |x, _| x.policy().crl_hours_compromise.to_string(),
            set: |x, t| {
                x.policy_mut().crl_hours_compromise = number(t, 1, 720)?;
                Ok(())
            },
        },
        Field {
            name: "crl-hours",
            label: "Hours to a CRL",
            help: "Within how many hours any other revocation has to stand on a CRL.",
            kind: Kind::Number(1, 720),
            when: When::Amendable,
            get: |x, _| x.policy().crl_hours.to_string(),
            set: |x, t| {
                x.policy_mut().crl_hours = number(t, 1, 720)?;
                Ok(())
            },
        },
        Field {
            name: "caa",
            label: "Administrators (CAA)",
            help: "Who signs, amends the policy and keeps the key: names of operators, separated by commas.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| written(&x.policy().roles.caa),
            set: |x, t| {
                x.policy_mut().roles.caa = people(t)?;
                Ok(())
            },
        },
        Field {
            name: "ra",
            label: "Registration (RA)",
            help: "Who approves, denies and revokes: names of operators, separated by commas.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| written(&x.policy().roles.ra),
            set: |x, t| {
                x.policy_mut().roles.ra = people(t)?;
                Ok(())
            },
        },
        Field {
            name: "auditor",
            label: "Auditors",
            help: "Who reads, verifies and exports, and is refused every change: names, separated by commas.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| written(&x.policy().roles.auditor),
            set: |x, t| {
                x.policy_mut().roles.auditor = people(t)?;
                Ok(())
            },
        },
        Field {
            name: "own-approval",
            label: "Approve own requests",
            help: "yes lets a person approve what the same person submitted or edited; needed where one person works alone.",
            kind: Kind::Flag,
            when: When::Amendable,
            get: |x, _| yes_no(x.policy().own_approval),
            set: |x, t| {
                x.policy_mut().own_approval = flag(t)?;
                Ok(())
            },
        },
        Field {
            name: "amend-alone",
            label: "Amend alone",
            help: "yes lets one CAA amend this policy; no asks a second CAA to confirm, once there is one.",
            kind: Kind::Flag,
            when: When::Amendable,
            get: |x, _| yes_no(x.policy().amend_alone),
            set: |x, t| {
                x.policy_mut().amend_alone = flag(t)?;
                Ok(())
            },
        },
        Field {
            name: "weaken-protection",
            label: "Weaken protection",
            help: "yes lets one CAA put a protection on the key that fewer people open; no asks a second CAA, once there is \
                   one, to allow it by this field.",
            kind: Kind::Flag,
            when: When::Amendable,
            get: |x, _| yes_no(x.policy().weaken_protection),
            set: |x, t| {
                x.policy_mut().weaken_protection = flag(t)?;
                Ok(())
            },
        },
        Field {
            name: "relock-after",
            label: "Lock after signatures",
            help: "Locks the key in a session after so many signatures; 0 for never.",
            kind: Kind::Number(0, 1_000_000),
            when: When::Amendable,
            get: |x, _| x.policy().relock_after.to_string(),
            set: |x, t| {
                x.policy_mut().relock_after = number(t, 0, 1_000_000)?;
                Ok(())
            },
        },
        Field {
            name: "answer-days",
            label: "Days to answer a request",
            help: "A request that waits longer for its decision or signature is shown as late.",
            kind: Kind::Number(1, 365),
            when: When::Amendable,
            get: |x, _| x.policy().answer_days.to_string(),
            set: |x, t| {
                x.policy_mut().answer_days = number(t, 1, 365)?;
                Ok(())
            },
        },
        Field {
            name: "request-days",
            label: "Days until a request expires",
            help: "A request that waits longer is not signed any more, and may be crossed off.",
            kind: Kind::Number(1, 3650),
            when: When::Amendable,
            get: |x, _| x.policy().request_days.to_string(),
            set: |x, t| {
                x.policy_mut().request_days = number(t, 1, 3650)?;
                Ok(())
            },
        },
    ];
}

impl Record for Policy {
    const NOUN: &'static str = "policy";
    const FIELDS: &'static [Field<Self>] = Fields::<Self>::ALL;
}

/// Reads an address for peers: empty, or an absolute http address (RFC 5280 section 8 warns of https here).
fn address(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good = text.strip_prefix("http://").is_some_and(|rest| !rest.is_empty() && rest.is_ascii());
    if text.is_empty() || good && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Ok(text.to_owned())
    } else {
        Err("an address that begins with http:// (not https: fetching it would need a certificate check)"
            .into())
    }
}

/// Reads names of operators, separated by commas: a name may hold blanks.
fn people(text: &str) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()) {
        if name.chars().count() > 64 || visible(name) != name {
            return Err("names of operators of at most 64 characters, separated by commas".into());
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn written(people: &[String]) -> String {
    visible(&people.join(", "))
}

#[cfg(test)]
mod tests {
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
        };
        assert_eq!(of("", "", "").contradiction(), None);
        assert_eq!(of("ann", "bea", "carl").contradiction(), None);
        assert!(of("", "bea", "").contradiction().unwrap().contains("CAA"));
        assert!(of("ann", "bea", "bea").contradiction().unwrap().contains("auditor"));
    }
}
