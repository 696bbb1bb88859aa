//! Which names a profile lets pass, and the ranges of addresses and names in its rules. Judges text only; what else is
//! wrong with a name is the lint's affair.

use std::net::IpAddr;

use super::Profile;
use crate::model::escape::visible;
use crate::model::name::{AltName, Attribute, Name};

impl Profile {
    /// Says why the profile does not let an alternative name pass. Of the rules of its kind, a forbidden one decides
    /// first; when any is allowed, one of those has to fit. `*` in a pattern stands for any characters, `?` for one;
    /// case does not count, and addresses may be given as a range (`ip:10.0.0.0/8`).
    pub fn refusal(&self, name: &AltName) -> Option<String> {
        if !self.wildcards && matches!(name, AltName::Dns(dns) if dns.starts_with("*.")) {
            return Some(format!("the profile \"{}\" allows no wildcard, such as {name}", self.name));
        }
        self.ruled(name.kind(), name.raw())
    }

    /// Says what the profile has against a subject: attributes that are missing, forbidden, or break a rule.
    pub fn subject_refusals(&self, subject: &Name) -> Vec<String> {
        let all = || subject.rdns.iter().flatten();
        let missing = self.required_subject.iter().filter(|short| !all().any(|a| is(a, short)));
        let missing = missing.map(|short| format!("{short} is missing, which the profile needs"));
        let forbidden = all().filter(|a| self.forbidden_subject.iter().any(|short| is(a, short)));
        let forbidden = forbidden.map(|a| format!("{} is forbidden by the profile", a.short()));
        let kept = all().filter(|a| self.keeps(a));
        missing.chain(forbidden).chain(kept.filter_map(|a| self.ruled(a.short(), &a.value))).collect()
    }

    /// Tells whether an attribute of the subject is taken over.
    pub fn keeps(&self, attribute: &Attribute) -> bool {
        self.copied_subject.iter().any(|short| short == "*" || is(attribute, short))
    }

    fn ruled(&self, kind: &str, value: &str) -> Option<String> {
        fn of<'a>(list: &'a [String], kind: &'a str) -> impl Iterator<Item = &'a str> {
            let rules = list.iter().filter_map(|rule| rule.split_once(':'));
            rules.filter(move |(k, _)| k.eq_ignore_ascii_case(kind)).map(|(_, pattern)| pattern)
        }
        let shown = visible(value);
        if let Some(pattern) = of(&self.forbidden, kind).find(|p| fits(p, value)) {
            return Some(format!("{kind} {shown} is forbidden by \"{kind}:{pattern}\""));
        }
        let allowed: Vec<_> = of(&self.allowed, kind).collect();
        if allowed.is_empty() || allowed.iter().any(|p| fits(p, value)) {
            return None;
        }
        Some(format!("{kind} {shown} fits none of the allowed: {}", allowed.join(", ")))
    }
}

/// Tells whether an attribute has this short name or OID.
fn is(attribute: &Attribute, short: &str) -> bool {
    attribute.short().eq_ignore_ascii_case(short) || attribute.oid == short
}

/// Tells whether a pattern stands for a value.
fn fits(pattern: &str, value: &str) -> bool {
    if let (Some(network), Ok(ip)) = (Network::parse(pattern), value.parse()) {
        return network.holds(ip);
    }
    let lower = |text: &str| text.to_lowercase().chars().collect::<Vec<_>>();
    let (pattern, value) = (lower(pattern), lower(value));
    // `back` is where to go on when the latest star has to take one more character.
    let (mut p, mut v, mut back) = (0, 0, None);
    while v < value.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p + 1, v));
                p += 1;
            }
            Some(c) if *c == value[v] || *c == '?' => (p, v) = (p + 1, v + 1),
            _ => match back {
                Some((after, at)) => {
                    back = Some((after, at + 1));
                    (p, v) = (after, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// A range of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(most), |p| p.parse().ok())?;
        (prefix <= most).then_some(Self { address, prefix })
    }

    /// Tells whether an address is one of the range.
    pub fn holds(&self, ip: IpAddr) -> bool {
        let mask = self.mask();
        let (own, other) = (octets(self.address), octets(ip));
        own.len() == other.len()
            && own.iter().zip(&other).zip(&mask).all(|((own, other), mask)| own & mask == other & mask)
    }

    /// Returns address and mask as name constraints write them (RFC 5280 section 4.2.1.10).
    pub fn octets(&self) -> Vec<u8> {
        let mask = self.mask();
        let address = octets(self.address).into_iter().zip(&mask).map(|(a, m)| a & m);
        address.chain(mask.iter().copied()).collect()
    }

    fn mask(&self) -> Vec<u8> {
        let length = octets(self.address).len();
        let bits = |octet: usize| usize::from(self.prefix).saturating_sub(octet * 8).min(8);
        (0..length).map(|octet| (0xff00_u16 >> bits(octet)).to_be_bytes()[1]).collect()
    }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// What a name constraint of an authority covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// A domain with everything below it.
    Dns(String),
    /// A mailbox, a host, or with a leading dot all hosts of a domain.
    Email(String),
    /// A host, or with a leading dot all hosts of a domain.
    Uri(String),
    /// A range of addresses.
    Ip(Network),
}

impl Constraint {
    /// Reads `KIND:VALUE`. The error says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let allowed = "write dns:example.com, ip:10.0.0.0/8, email:example.com or uri:.example.com";
        let wrong = || format!("\"{}\" is no name constraint; {allowed}", visible(text));
        let (kind, value) = text.split_once(':').ok_or_else(wrong)?;
        let host = !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() && !b"*/:".contains(&b));
        match kind.to_ascii_lowercase().as_str() {
            "ip" => Network::parse(value).map(Self::Ip).ok_or_else(wrong),
            "dns" if host => Ok(Self::Dns(value.into())),
            "email" if host => Ok(Self::Email(value.into())),
            "uri" if host => Ok(Self::Uri(value.into())),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_they_read() {
        for (pattern, value, expected) in [
            ("*.example.test", "www.Example.test", true),
            ("*.example.test", "a.b.example.test", true),
            ("*.example.test", "*.example.test", true),
            ("*.example.test", "example.test", false),
            ("*.example.test", "www.example.test.evil", false),
            ("www*.test", "www1.a.test", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("Example?Ltd", "example ltd", true),
            ("Example?Ltd", "ExampleLtd", false),
            ("10.0.0.0/8", "10.200.1.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("0.0.0.0/0", "::1", false),
        ] {
            assert_eq!(fits(pattern, value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn the_forbidden_decides_before_the_allowed() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let profile = Profile {
            wildcards: false,
            allowed: list("dns:*.example.test O:Example*"),
            forbidden: list("DNS:secret.* email:*"),
            ..Profile::default()
        };
        let dns = |name: &str| profile.refusal(&AltName::Dns(name.into()));
        assert_eq!(dns("www.example.test"), None);
        assert!(dns("secret.example.test").unwrap().contains("forbidden"));
        assert!(dns("www.example.org").unwrap().contains("none of the allowed"));
        assert!(dns("*.example.test").unwrap().contains("wildcard"));
        assert!(profile.refusal(&AltName::Email("a@example.test".into())).is_some());
        assert_eq!(profile.refusal(&AltName::Ip("10.0.0.1".into())), None, "no rule is of this kind");
        let of = |oid: &str, value: &str| Name {
            rdns: vec![vec![Attribute { oid: oid.into(), value: value.into() }]],
            ..Name::default()
        };
        assert_eq!(profile.subject_refusals(&of("2.5.4.10", "Example Ltd")), [""; 0]);
        assert_eq!(profile.subject_refusals(&of("2.5.4.10", "Other Ltd")).len(), 1);
    }

    #[test]
    fn subjects_are_held_to_their_attributes() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let profile = Profile {
            copied_subject: list("CN 2.5.4.10"),
            required_subject: list("CN C"),
            forbidden_subject: list("OU"),
            ..Profile::default()
        };
        let attribute = |oid: &str| Attribute { oid: oid.into(), value: "x".into() };
        let kept = ["2.5.4.3", "2.5.4.10", "2.5.4.11"].map(|oid| profile.keeps(&attribute(oid)));
        assert_eq!(kept, [true, true, false]);
        let subject =
            Name { rdns: vec![vec![attribute("2.5.4.3"), attribute("2.5.4.11")]], ..Name::default() };
        let told = profile.subject_refusals(&subject);
        assert_eq!(told, ["C is missing, which the profile needs", "OU is forbidden by the profile"]);
    }

    #[test]
    fn constraints_are_read() {
        assert_eq!(Constraint::parse("dns:example.test"), Ok(Constraint::Dns("example.test".into())));
        let Ok(Constraint::Ip(network)) = Constraint::parse("IP:10.1.2.3/8") else { panic!() };
        assert_eq!(network.octets(), [10, 0, 0, 0, 255, 0, 0, 0]);
        for bad in ["example.test", "dns:", "dns:*.test", "ip:10.0.0.0/33", "x:y", "uri:https://a"] {
            assert!(Constraint::parse(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_value_fits_itself_and_the_star(value in "[^*?]{0,20}", at in 0usize..20) {
            proptest::prop_assert!(fits(&value, &value) && fits("*", &value));
            let characters: Vec<char> = value.chars().collect();
            let head: String = characters.iter().take(at).collect();
            let starred = format!("{head}*");
            proptest::prop_assert!(fits(&starred, &value));
        }
    }
}
