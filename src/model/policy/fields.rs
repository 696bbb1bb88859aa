//! The one table of a policy's fields, for whatever holds a policy: the form of a new certifier, amendments, what is shown.

use std::marker::PhantomData;

use super::HasPolicy;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, number, put, put_flag, yes_no};

/// The fields of a policy, for whatever holds one.
pub struct Fields<T>(PhantomData<T>);

impl<T: HasPolicy + 'static> Fields<T> {
    /// The table.
    pub const ALL: &'static [Field<T>] = &[
        Field::amendable(
            "profile",
            "Profile",
            "What issued certificates contain when nobody says otherwise.",
            Kind::Profile,
            |x, _| x.policy().profile.clone(),
            |x, t| put(&mut x.policy_mut().profile, t),
        ),
        Field::amendable(
            "crl-days",
            "CRL validity in days",
            "How long each CRL is valid.",
            Kind::Number(1, 400),
            |x, _| x.policy().crl_days.to_string(),
            |x, t| number(t, 1, 400).map(|crl_days| x.policy_mut().crl_days = crl_days),
        ),
        Field::text(
            "crl-url",
            "CRL address",
            "The http address where peers will find the CRL; empty for none.",
            |x, _| visible(&x.policy().crl_url),
            |x, t| address(t).map(|crl_url| x.policy_mut().crl_url = crl_url),
        ),
        Field::text(
            "ocsp-url",
            "OCSP address",
            "The http address where OCSP answers are given; empty for none.",
            |x, _| visible(&x.policy().ocsp_url),
            |x, t| address(t).map(|ocsp_url| x.policy_mut().ocsp_url = ocsp_url),
        ),
        Field::text(
            "issuer-url",
            "Certificate address",
            "The http address where peers will find the certifier's own certificate (DER); empty for none.",
            |x, _| visible(&x.policy().issuer_url),
            |x, t| address(t).map(|issuer_url| x.policy_mut().issuer_url = issuer_url),
        ),
        Field::amendable(
            "crl-interval",
            "Days between CRLs",
            "When the next regular CRL is due after one; less than its validity. 0 is three quarters of the validity.",
            Kind::Number(0, 400),
            |x, _| x.policy().crl_interval.to_string(),
            |x, t| number(t, 0, 400).map(|crl_interval| x.policy_mut().crl_interval = crl_interval),
        ),
        Field::amendable(
            "delta-days",
            "Delta CRLs, days",
            "How long a delta CRL is valid, which lists only what changed since the complete one; 0 for none. Its \
                   address is that of the CRL with -delta before the dot, in every new certificate.",
            Kind::Number(0, 100),
            |x, _| x.policy().delta_days.to_string(),
            |x, t| number(t, 0, 100).map(|delta_days| x.policy_mut().delta_days = delta_days),
        ),
        Field::amendable(
            "crl-parts",
            "Parts of the CRL",
            "Splits new certificates into so many parts with a small CRL each, at the address of the CRL with -1, -2 .. \
                   before the dot; 0 for none. The complete CRL stays.",
            Kind::Number(0, 64),
            |x, _| x.policy().crl_parts.to_string(),
            |x, t| {
                let parts: u32 = number(t, 0, 64)?;
                if parts == 1 {
                    return Err("2 to 64 parts, or 0 for none".into());
                }
                x.policy_mut().crl_parts = parts;
                Ok(())
            },
        ),
        Field::amendable(
            "crl-hours-compromise",
            "Hours to a CRL, urgent",
            "Within how many hours a key that others know has to stand on a CRL.",
            Kind::Number(1, 720),
            |x, _| x.policy().crl_hours_compromise.to_string(),
            |x, t| {
                number(t, 1, 720)
                    .map(|crl_hours_compromise| x.policy_mut().crl_hours_compromise = crl_hours_compromise)
            },
        ),
        Field::amendable(
            "crl-hours",
            "Hours to a CRL",
            "Within how many hours any other revocation has to stand on a CRL.",
            Kind::Number(1, 720),
            |x, _| x.policy().crl_hours.to_string(),
            |x, t| number(t, 1, 720).map(|crl_hours| x.policy_mut().crl_hours = crl_hours),
        ),
        Field::text(
            "caa",
            "Administrators (CAA)",
            "Who signs, amends the policy and keeps the key: names of operators, separated by commas.",
            |x, _| written(&x.policy().roles.caa),
            |x, t| people(t).map(|caa| x.policy_mut().roles.caa = caa),
        ),
        Field::text(
            "ra",
            "Registration (RA)",
            "Who approves, denies and revokes: names of operators, separated by commas.",
            |x, _| written(&x.policy().roles.ra),
            |x, t| people(t).map(|ra| x.policy_mut().roles.ra = ra),
        ),
        Field::text(
            "auditor",
            "Auditors",
            "Who reads, verifies and exports, and is refused every change: names, separated by commas.",
            |x, _| written(&x.policy().roles.auditor),
            |x, t| people(t).map(|auditor| x.policy_mut().roles.auditor = auditor),
        ),
        Field::text(
            "witness",
            "Witnesses",
            "Who has to confirm each use of the key, by a code that stands only in the text of the step: names, separated \
                   by commas; empty asks for nobody.",
            |x, _| written(&x.policy().roles.witness),
            |x, t| people(t).map(|witness| x.policy_mut().roles.witness = witness),
        ),
        Field::flag(
            "own-approval",
            "Approve own requests",
            "yes lets a person approve what the same person submitted or edited; needed where one person works alone.",
            |x, _| yes_no(x.policy().own_approval),
            |x, t| put_flag(&mut x.policy_mut().own_approval, t),
        ),
        Field::flag(
            "amend-alone",
            "Amend alone",
            "yes lets one CAA amend this policy; no asks a second CAA to confirm, once there is one.",
            |x, _| yes_no(x.policy().amend_alone),
            |x, t| put_flag(&mut x.policy_mut().amend_alone, t),
        ),
        Field::flag(
            "weaken-protection",
            "Weaken protection",
            "yes lets one CAA put a protection on the key that fewer people open; no asks a second CAA, once there is \
                   one, to allow it by this field.",
            |x, _| yes_no(x.policy().weaken_protection),
            |x, t| put_flag(&mut x.policy_mut().weaken_protection, t),
        ),
        Field::amendable(
            "relock-after",
            "Lock after signatures",
            "Locks the key in a session after so many signatures; 0 for never.",
            Kind::Number(0, 1_000_000),
            |x, _| x.policy().relock_after.to_string(),
            |x, t| number(t, 0, 1_000_000).map(|relock_after| x.policy_mut().relock_after = relock_after),
        ),
        Field::amendable(
            "answer-days",
            "Days to answer a request",
            "A request that waits longer for its decision or signature is shown as late.",
            Kind::Number(1, 365),
            |x, _| x.policy().answer_days.to_string(),
            |x, t| number(t, 1, 365).map(|answer_days| x.policy_mut().answer_days = answer_days),
        ),
        Field::amendable(
            "request-days",
            "Days until requests expire",
            "A request that waits longer is not signed any more, and may be crossed off.",
            Kind::Number(1, 3650),
            |x, _| x.policy().request_days.to_string(),
            |x, t| number(t, 1, 3650).map(|request_days| x.policy_mut().request_days = request_days),
        ),
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
