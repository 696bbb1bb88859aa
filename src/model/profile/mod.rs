//! Certificate profiles: what an issued certificate contains, decided here and not by the request.

mod check;
mod fields;
mod rules;

use serde::{Deserialize, Serialize};

pub use rules::{Constraint, Network};

use super::bytes::Serial;
use super::certifier::Policy;
use super::time::{DAY, Timestamp};

/// Whose rules a profile follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Trust {
    /// Those of the organisation, whose own root is trusted.
    #[default]
    Private,
    /// Those that public authorities follow (CA/Browser Forum Baseline Requirements); more findings are errors.
    PublicLike,
}

impl Trust {
    /// Returns the word that forms and lists show.
    pub fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicLike => "public-like",
        }
    }
}

/// How a peer learns whether a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Checking {
    /// By the CRL and OCSP addresses of the profile, or else of the certifier.
    #[default]
    Addresses,
    /// Not at all, and the certificate does not say so: for those that last some days only.
    Nothing,
    /// Not at all: the certificate signs OCSP answers (`id-pkix-ocsp-nocheck`, RFC 6960 section 4.2.2.2.1).
    NoCheck,
    /// Not at all: there never is anything to ask (`noRevAvail`, RFC 9608).
    NotAvailable,
}

/// Whether a server has to send its OCSP answer with the handshake (RFC 7633, "must-staple").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Staple {
    /// It has not, whatever the request wishes.
    #[default]
    Never,
    /// When the request wishes it.
    Asked,
    /// In every certificate.
    Always,
}

/// A certificate policy that certificates are issued under (RFC 5280 section 4.2.1.4).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CertificatePolicy {
    /// The dotted OID.
    pub oid: String,
    /// Where its text is published (CPS pointer); empty for none.
    pub cps: String,
}

/// What makes the subject a certificate authority.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authority {
    /// How many further authorities may follow below it; `None` is without limit (RFC 5280 section 4.2.1.9).
    pub path_length: Option<u8>,
    /// Names it may certify, `KIND:VALUE` with the kinds `dns`, `ip`, `email` and `uri`; empty for all (RFC 5280 section
    /// 4.2.1.10).
    pub permitted: Vec<String>,
    /// Names it must not certify.
    pub excluded: Vec<String>,
}

/// From a day on, certificates may be valid for at most so many days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarStep {
    /// The first day, `YYYY-MM-DD`; an empty text is "since ever".
    pub from: String,
    /// The maximum in days of 86,400 seconds.
    pub max_days: u32,
}

/// A certificate profile, as it stands in a RON file. A person's own file may leave out what keeps its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// The name, which is the file name.
    pub name: String,
    /// One line for choice lists.
    pub title: String,
    /// Rises with every change.
    pub version: u32,
    /// Whose rules it follows.
    pub trust: Trust,
    /// The shortest validity in days.
    pub min_days: u32,
    /// Validity in days when nobody says otherwise.
    pub days: u32,
    /// The longest validity in days.
    pub max_days: u32,
    /// Further limits that begin on a date; the last step whose day has come counts.
    pub calendar: Vec<CalendarStep>,
    /// Seconds by which `notBefore` lies before signing, for peers whose clocks are behind.
    pub backdate: u32,
    /// Key usage bit names for RSA keys.
    pub key_usage_rsa: Vec<String>,
    /// Key usage bit names for other keys.
    pub key_usage_other: Vec<String>,
    /// Extended key usages as dotted OIDs.
    pub extended: Vec<String>,
    /// Whether the extended key usages are marked critical, as time stamping needs it (RFC 3161 section 2.3).
    pub extended_critical: bool,
    /// Kinds of alternative names that are taken over from the request: `dns`, `ip`, `email`, `uri`, `other`.
    pub alt_names: Vec<String>,
    /// Whether at least one alternative name is needed and a common name must repeat one of them.
    pub names_needed: bool,
    /// Kinds of which at least one alternative name is needed.
    pub required_names: Vec<String>,
    /// Whether host names may begin with `*.`.
    pub wildcards: bool,
    /// Names that are allowed, `KIND:PATTERN`; a kind that is not listed is not restricted. See [`Self::refusal`].
    pub allowed: Vec<String>,
    /// Names that are forbidden, `KIND:PATTERN`, also when they are allowed.
    pub forbidden: Vec<String>,
    /// Attributes of the subject that are taken over, by short name or OID; `*` takes all.
    pub copied_subject: Vec<String>,
    /// What of a request may be edited before it is approved: `subject`, `names`.
    pub edits: Vec<String>,
    /// Attributes that the subject must have.
    pub required_subject: Vec<String>,
    /// Attributes that the subject must not ask for.
    pub forbidden_subject: Vec<String>,
    /// The smallest RSA modulus in bits.
    pub min_rsa: u32,
    /// The largest RSA modulus in bits; 0 accepts no RSA key.
    pub max_rsa: u32,
    /// Kinds of keys accepted beside RSA: `P-256`, `P-384`, `P-521`, `Ed25519`.
    pub keys: Vec<String>,
    /// Extensions that are taken over from the request as they are, as dotted OIDs.
    pub copied_extensions: Vec<String>,
    /// Whether the server has to send its OCSP answer.
    pub must_staple: Staple,
    /// How a peer learns of a revocation.
    pub checking: Checking,
    /// CRL addresses; empty takes that of the certifier.
    pub crl_urls: Vec<String>,
    /// OCSP addresses; empty takes that of the certifier.
    pub ocsp_urls: Vec<String>,
    /// Addresses of the issuer's certificate (caIssuers); empty takes that of the certifier.
    pub issuer_urls: Vec<String>,
    /// Certificate policies.
    pub policies: Vec<CertificatePolicy>,
    /// What makes the subject an authority; `None` for everybody else.
    pub authority: Option<Authority>,
    /// Whether the certificate names its own key (subject key identifier). Authorities always do.
    pub subject_key_id: bool,
    /// Whether a revocation may be a hold, which can be released again.
    pub hold: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            version: 1,
            trust: Trust::Private,
            min_days: 1,
            days: 90,
            max_days: 397,
            calendar: Vec::new(),
            backdate: 3600,
            key_usage_rsa: vec!["digitalSignature".into()],
            key_usage_other: vec!["digitalSignature".into()],
            extended: Vec::new(),
            extended_critical: false,
            alt_names: Vec::new(),
            names_needed: false,
            required_names: Vec::new(),
            wildcards: true,
            allowed: Vec::new(),
            forbidden: Vec::new(),
            copied_subject: vec!["*".into()],
            edits: Vec::new(),
            required_subject: Vec::new(),
            forbidden_subject: Vec::new(),
            min_rsa: 2048,
            max_rsa: 8192,
            keys: Self::KEYS.map(Into::into).to_vec(),
            copied_extensions: Vec::new(),
            must_staple: Staple::Never,
            checking: Checking::Addresses,
            crl_urls: Vec::new(),
            ocsp_urls: Vec::new(),
            issuer_urls: Vec::new(),
            policies: Vec::new(),
            authority: None,
            subject_key_id: true,
            hold: false,
        }
    }
}

/// The addresses that an issued certificate names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses {
    /// Where the CRL is.
    pub crl: Vec<String>,
    /// Who answers by OCSP.
    pub ocsp: Vec<String>,
    /// Where the issuer's certificate is.
    pub issuer: Vec<String>,
    /// Where the delta CRL is.
    pub delta: Vec<String>,
}

/// A validity after all limits, and which limit changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until, inclusive.
    pub not_after: Timestamp,
    /// Says what changed it; empty when nothing did.
    pub clamped: String,
}

impl Profile {
    /// The kinds of alternative names.
    pub const NAME_KINDS: [&'static str; 5] = ["dns", "ip", "email", "uri", "other"];
    /// The kinds of keys beside RSA.
    pub const KEYS: [&'static str; 4] = ["P-256", "P-384", "P-521", "Ed25519"];

    /// Returns the part of the CRL that lists a certificate of this profile with this serial number; 0 where there are no
    /// parts, or the profile names a CRL of its own.
    pub fn part(&self, policy: &Policy, serial: &Serial) -> u32 {
        let theirs = self.checking == Checking::Addresses && self.crl_urls.is_empty();
        if theirs { policy.part_of(serial) } else { 0 }
    }

    /// Returns the addresses that a certificate of this profile, listed in this part of the CRL, names under a certifier's
    /// policy.
    pub fn addresses(&self, policy: &Policy, part: u32) -> Addresses {
        let or = |own: &[String], theirs: &str| match (own, theirs) {
            ([], "") => Vec::new(),
            ([], theirs) => vec![theirs.to_owned()],
            (own, _) => own.to_vec(),
        };
        let issuer = or(&self.issuer_urls, &policy.issuer_url);
        if self.checking != Checking::Addresses {
            return Addresses { issuer, ..Addresses::default() };
        }
        let crl = or(&self.crl_urls, &policy.crl_address(part));
        let ocsp = or(&self.ocsp_urls, &policy.ocsp_url);
        let own = !self.crl_urls.is_empty();
        let delta = if own { Vec::new() } else { or(&[], &policy.delta_address()) };
        Addresses { crl, ocsp, issuer, delta }
    }

    /// Returns the longest validity in days that profile and calendar allow at `now`, and which of the two says so.
    pub fn limit(&self, now: Timestamp) -> (u32, &'static str) {
        let step = self
            .calendar
            .iter()
            .rfind(|s| s.from.is_empty() || Timestamp::from_date(&s.from).is_some_and(|f| f <= now));
        match step {
            Some(step) if step.max_days < self.max_days => (step.max_days, "calendar"),
            _ => (self.max_days, "profile"),
        }
    }

    /// Clamps `days` from `now` to the profile, its calendar and the issuer's own end.
    pub fn validity(&self, days: u32, now: Timestamp, issuer: (Timestamp, Timestamp)) -> Validity {
        let (limit, whose) = self.limit(now);
        let mut clamped = String::new();
        let mut used = days;
        if days > limit {
            used = limit;
            clamped = format!("{days} days asked; the {whose} \"{}\" allows {limit}", self.name);
        } else if days < self.min_days {
            used = self.min_days.min(limit);
            clamped = format!("{days} days asked; the profile \"{}\" wants {used} at least", self.name);
        }
        let not_before = Timestamp((now.0 - i64::from(self.backdate)).max(issuer.0.0));
        // Both ends are inclusive (RFC 5280 4.1.2.5): one second less, or the last second makes another day.
        let mut not_after = Timestamp(not_before.plus_days(i64::from(used)).0 - 1);
        if not_after > issuer.1 {
            not_after = issuer.1;
            clamped = format!("the certifier's own certificate ends on {}", issuer.1.date());
        }
        Validity { not_before, not_after, clamped }
    }
}

impl Validity {
    /// Returns its length in days of 86,400 seconds; a day that has begun counts.
    pub fn days(&self) -> i64 {
        (self.not_after.0 - self.not_before.0 + 1 + DAY - 1) / DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            name: "p".into(),
            max_days: 398,
            calendar: vec![
                CalendarStep { from: "2026-03-15".into(), max_days: 200 },
                CalendarStep { from: "2027-03-15".into(), max_days: 100 },
            ],
            ..Profile::default()
        }
    }

    #[test]
    fn validity_is_clamped_by_calendar_and_issuer_and_says_so() {
        let at = |d| Timestamp::from_date(d).unwrap();
        let p = profile();
        let v = p.validity(365, at("2026-11-23"), (at("2020-01-01"), at("2040-01-01")));
        assert_eq!(v.not_after.0 - v.not_before.0 + 1, 200 * DAY);
        assert!(v.clamped.contains("calendar"), "{}", v.clamped);
        assert_eq!(p.limit(at("2026-03-14")).0, 398);
        assert_eq!(p.limit(at("2028-01-01")).0, 100);
        let v = p.validity(90, at("2026-11-23"), (at("2020-01-01"), at("2026-12-01")));
        assert_eq!(v.not_after, at("2026-12-01"));
        assert!(v.clamped.contains("certifier"), "{}", v.clamped);
        assert_eq!(p.validity(90, at("2026-11-23"), (at("2020-01-01"), at("2040-01-01"))).clamped, "");
    }
    #[test]
    fn a_validity_below_the_shortest_is_raised_to_it() {
        let now = Timestamp::from_date("2026-11-23").unwrap();
        let ever = (Timestamp(0), Timestamp::from_date("2090-01-01").unwrap());
        let p = Profile { min_days: 30, ..profile() };
        let v = p.validity(7, now, ever);
        assert_eq!(v.days(), 30);
        assert!(v.clamped.contains("30 at least"), "{}", v.clamped);
        // The calendar is stronger than the profile's own wish.
        let p = Profile { min_days: 250, ..profile() };
        assert_eq!(p.validity(7, now, ever).days(), 200);
    }

    #[test]
    fn addresses_are_those_of_the_profile_or_else_of_the_certifier() {
        let policy = Policy {
            crl_url: "http://c.test/c".into(),
            ocsp_url: "http://c.test/o".into(),
            ..Policy::default()
        };
        let p = Profile { crl_urls: vec!["http://p.test/c".into()], ..profile() };
        let found = p.addresses(&policy, 0);
        assert_eq!((&*found.crl, &*found.ocsp), (&*p.crl_urls, &["http://c.test/o".to_owned()][..]));
        assert!(found.issuer.is_empty());
        for checking in [Checking::Nothing, Checking::NoCheck, Checking::NotAvailable] {
            assert_eq!(Profile { checking, ..p.clone() }.addresses(&policy, 0), Addresses::default());
        }
    }
}
