//! Whether a profile can be issued by: what contradicts itself or cannot be encoded. Judges the profile alone.

use super::{Checking, Constraint, Network, Profile, Trust};
use crate::model::certificate::KeyUsage;
use crate::model::escape::{unseen, visible};
use crate::model::name::ATTRIBUTES;
use crate::model::request::extension_word;
use crate::model::time::Timestamp;

/// Extensions that the profile decides and that are never copied from a request.
const DECIDED: [&str; 14] = [
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.46",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
    "2.5.29.56",
    "1.3.6.1.5.5.7.1.1",
    "1.3.6.1.5.5.7.1.24",
    "1.3.6.1.5.5.7.48.1.5",
];

impl Profile {
    /// Says what contradicts itself in the profile, in one sentence; `None` when it can be issued by.
    pub fn contradiction(&self) -> Option<String> {
        self.period()
            .or_else(|| self.usages())
            .or_else(|| self.names())
            .or_else(|| self.key_rules())
            .or_else(|| self.copies().or_else(|| self.places()).or_else(|| self.powers()))
    }

    fn period(&self) -> Option<String> {
        if self.title.chars().any(unseen) {
            return Some("The title holds characters that nobody sees.".into());
        }
        let (min, days, max) = (self.min_days, self.days, self.max_days);
        if min == 0 || days < min || days > max {
            return Some(format!(
                "The usual validity, {days} days, has to lie between the least and the most, {min} to {max} (days, min_days, max_days)."
            ));
        }
        let days: Vec<_> = self.calendar.iter().map(|s| (Timestamp::from_date(&s.from), s)).collect();
        if let Some((_, step)) = days.iter().find(|(day, s)| day.is_none() && !s.from.is_empty()) {
            let from = visible(&step.from);
            return Some(format!("\"{from}\" in its calendar is no date such as 2027-03-15."));
        }
        let rises = days.is_sorted_by_key(|(day, _)| *day) && self.calendar.iter().all(|s| s.max_days > 0);
        (!rises).then(|| "The steps of its calendar have to rise, each with at least one day.".into())
    }

    fn usages(&self) -> Option<String> {
        let mut usages = self.key_usage_rsa.iter().chain(&self.key_usage_other);
        if let Some(usage) = usages.find(|u| KeyUsage::from_name(u).is_none()) {
            let (usage, known) = (visible(usage), KeyUsage::NAMES.join(", "));
            return Some(format!("\"{usage}\" is no key usage; known are {known}."));
        }
        let oids =
            self.extended.iter().chain(&self.copied_extensions).chain(self.policies.iter().map(|p| &p.oid));
        let wrong = oids.into_iter().find(|o| !is_oid(o))?;
        Some(format!("\"{}\" is no dotted OID such as 1.3.6.1.5.5.7.3.1.", visible(wrong)))
    }

    fn names(&self) -> Option<String> {
        let none_of = |list: &str, kind: &str, known: &[&str]| {
            Some(format!("\"{}\" in {list} is none of {}.", visible(kind), known.join(", ")))
        };
        let kind = |k: &str| Self::NAME_KINDS.contains(&k);
        if let Some(found) = self.alt_names.iter().find(|k| !kind(k)) {
            return none_of("alt_names", found, &Self::NAME_KINDS);
        }
        if let Some(found) = self.required_names.iter().find(|k| !self.alt_names.contains(k)) {
            return Some(format!("\"{}\" is in required_names and not in alt_names.", visible(found)));
        }
        let short = |s: &str| is_oid(s) || ATTRIBUTES.iter().any(|(_, known)| known.eq_ignore_ascii_case(s));
        let shorts = [
            ("copied_subject", &self.copied_subject),
            ("required_subject", &self.required_subject),
            ("forbidden_subject", &self.forbidden_subject),
        ];
        for (list, members) in shorts {
            let star = |s: &str| s == "*" && list == "copied_subject";
            if let Some(found) = members.iter().find(|s| !short(s) && !star(s)) {
                let known: Vec<_> = ATTRIBUTES.iter().map(|(_, short)| *short).collect();
                return none_of(list, found, &known);
            }
        }
        if let Some(both) = self.required_subject.iter().find(|s| self.forbidden_subject.contains(s)) {
            return Some(format!("{both} is required and forbidden in the subject."));
        }
        for rule in self.allowed.iter().chain(&self.forbidden) {
            let shown = visible(rule);
            let Some((of, pattern)) = rule.split_once(':').filter(|(_, pattern)| !pattern.is_empty()) else {
                return Some(format!("\"{shown}\" is no rule such as dns:*.example.com."));
            };
            if !kind(&of.to_ascii_lowercase()) && !short(of) {
                return Some(format!("\"{shown}\" rules neither a kind of name nor an attribute."));
            }
            if of.eq_ignore_ascii_case("ip") && pattern.contains('/') && Network::parse(pattern).is_none() {
                return Some(format!("\"{shown}\" is no range of addresses such as ip:10.0.0.0/8."));
            }
        }
        None
    }

    fn key_rules(&self) -> Option<String> {
        if let Some(kind) = self.keys.iter().find(|k| !Self::KEYS.contains(&k.as_str())) {
            return Some(format!("\"{}\" in keys is none of {}.", visible(kind), Self::KEYS.join(", ")));
        }
        let rsa = self.max_rsa > 0;
        if rsa && self.max_rsa < self.min_rsa {
            return Some(format!("max_rsa is {}, below min_rsa, {}.", self.max_rsa, self.min_rsa));
        }
        (!rsa && self.keys.is_empty()).then(|| "It accepts no key of any kind.".into())
    }

    fn copies(&self) -> Option<String> {
        let oid = self.copied_extensions.iter().find(|o| DECIDED.contains(&o.as_str()))?;
        Some(format!(
            "{} ({oid}) is never copied: other fields of the profile decide it.",
            extension_word(oid)
        ))
    }

    fn places(&self) -> Option<String> {
        let addresses = self.crl_urls.iter().chain(&self.ocsp_urls).chain(&self.issuer_urls);
        if let Some(wrong) = addresses.into_iter().find(|a| !is_address(a, &["http://"])) {
            let wrong = visible(wrong);
            return Some(format!("\"{wrong}\" is no address that begins with http:// (RFC 5280 section 8)."));
        }
        for (i, policy) in self.policies.iter().enumerate() {
            if !policy.cps.is_empty() && !is_address(&policy.cps, &["http://", "https://"]) {
                return Some(format!("\"{}\" is no address of a policy's text.", visible(&policy.cps)));
            }
            if self.policies[..i].iter().any(|p| p.oid == policy.oid) {
                return Some(format!("The policy {} stands in it twice.", policy.oid));
            }
        }
        let asks = self.crl_urls.is_empty() && self.ocsp_urls.is_empty();
        (self.checking != Checking::Addresses && !asks)
            .then(|| "It has CRL or OCSP addresses and says that there is nothing to ask.".into())
    }

    fn powers(&self) -> Option<String> {
        if self.hold && self.trust == Trust::PublicLike {
            return Some("Public authorities never put a certificate on hold.".into());
        }
        let signs = |usages: &[String]| usages.iter().any(|u| u == "keyCertSign");
        let Some(authority) = &self.authority else {
            return (signs(&self.key_usage_rsa) || signs(&self.key_usage_other))
                .then(|| "It has the key usage keyCertSign and makes no authority.".into());
        };
        if !signs(&self.key_usage_rsa) || !signs(&self.key_usage_other) {
            return Some("It makes an authority and lacks the key usage keyCertSign.".into());
        }
        if self.checking == Checking::NotAvailable {
            return Some(
                "An authority can be revoked: noRevAvail is not for it (RFC 9608 section 2).".into(),
            );
        }
        let constraints = authority.permitted.iter().chain(&authority.excluded);
        if let Some(why) = constraints.into_iter().find_map(|c| Constraint::parse(c).err()) {
            return Some(format!("{why}."));
        }
        None
    }
}

/// Tells whether a text is a dotted object identifier.
pub(super) fn is_oid(text: &str) -> bool {
    let arcs = text.split('.').map(str::parse::<u64>).collect::<Result<Vec<_>, _>>();
    arcs.is_ok_and(|arcs| match arcs[..] {
        [top, second, _, ..] => top < 2 && second < 40 || top == 2 && second < 1 << 60,
        _ => false,
    })
}

fn is_address(text: &str, schemes: &[&str]) -> bool {
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::{Authority, CertificatePolicy};

    #[test]
    fn contradictions_are_said() {
        let list = |text: &str| vec![text.to_owned()];
        let fine = Profile::default();
        assert_eq!(fine.contradiction(), None);
        let twice = CertificatePolicy { oid: "1.2.3".into(), cps: String::new() };
        let sign = || list("keyCertSign");
        let authority = Profile {
            authority: Some(Authority::default()),
            key_usage_rsa: sign(),
            key_usage_other: sign(),
            ..fine.clone()
        };
        assert_eq!(authority.contradiction(), None);
        for (wrong, says) in [
            (Profile { min_days: 0, ..fine.clone() }, "min_days"),
            (Profile { min_days: 91, ..fine.clone() }, "min_days"),
            (Profile { required_names: list("dns"), ..fine.clone() }, "not in alt_names"),
            (Profile { required_subject: list("XY"), ..fine.clone() }, "XY"),
            (Profile { required_subject: list("*"), ..fine.clone() }, "required_subject"),
            (Profile { allowed: list("dns"), ..fine.clone() }, "rule"),
            (Profile { forbidden: list("sdn:x"), ..fine.clone() }, "neither"),
            (Profile { allowed: list("ip:10.0.0.0/64"), ..fine.clone() }, "range"),
            (Profile { max_rsa: 0, keys: Vec::new(), ..fine.clone() }, "no key"),
            (Profile { max_rsa: 1024, ..fine.clone() }, "below"),
            (Profile { copied_extensions: list("2.5.29.19"), ..fine.clone() }, "basicConstraints"),
            (Profile { copied_extensions: list("x"), ..fine.clone() }, "OID"),
            (Profile { crl_urls: list("https://a.test"), ..fine.clone() }, "http://"),
            (Profile { issuer_urls: list("http://a b"), ..fine.clone() }, "http://"),
            (Profile { policies: vec![twice.clone(), twice], ..fine.clone() }, "twice"),
            (
                Profile { crl_urls: list("http://a"), checking: Checking::Nothing, ..fine.clone() },
                "nothing to ask",
            ),
            (Profile { key_usage_rsa: sign(), ..fine.clone() }, "no authority"),
            (Profile { authority: Some(Authority::default()), ..fine.clone() }, "lacks"),
            (Profile { checking: Checking::NotAvailable, ..authority.clone() }, "RFC 9608"),
            (Profile { trust: Trust::PublicLike, hold: true, ..authority }, "hold"),
            (Profile { title: "a\u{202e}".into(), ..fine }, "nobody sees"),
        ] {
            let told = wrong.contradiction().unwrap_or_default();
            assert!(told.contains(says), "{says}: {told}");
        }
    }

    #[test]
    fn object_identifiers_are_recognised() {
        for good in ["1.2.3", "2.999.1", "0.39.1"] {
            assert!(is_oid(good), "{good}");
        }
        for bad in ["", "1.2", "3.1.1", "1.40.1", "1.2.x", "1..2.3", "99999999999999999999.1.1"] {
            assert!(!is_oid(bad), "{bad}");
        }
    }
}
