//! The one table of a policy's fields, for whatever holds a policy: the form of a new certifier, amendments, what is shown.

use std::marker::PhantomData;

use super::HasPolicy;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, When, flag, number, yes_no};

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
            name: "witness",
            label: "Witnesses",
            help: "Who has to confirm each use of the key, by a code that stands only in the text of the step: names, separated \
                   by commas; empty asks for nobody.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| written(&x.policy().roles.witness),
            set: |x, t| {
                x.policy_mut().roles.witness = people(t)?;
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
            label: "Days until requests expire",
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
pub(super) fn people(text: &str) -> Result<Vec<String>, String> {
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
