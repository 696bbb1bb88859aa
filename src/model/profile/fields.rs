//! FIELDS of a profile: one entry each for form, options, `show` and differences.

use super::{Authority, CalendarStep, CertificatePolicy, Checking, Profile, Staple, Trust};
use crate::model::certificate::EXTENDED_KEY_USAGES;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Record, choice, flag, names, number, put, yes_no};
use crate::model::keyring::check_name;

const TRUST: &[&str] = &["private", "public-like"];
const STAPLE: &[&str] = &["never", "asked", "always"];
const CHECKING: &[&str] = &["addresses", "nothing", "no-check", "not-available"];
const MOST_DAYS: u64 = 11_000;

/// A field of several words.
macro_rules! list {
    ($name:literal, $label:literal, $help:literal, $field:ident) => {
        Field::amendable(
            $name,
            $label,
            $help,
            Kind::Names,
            |x, _| visible(&x.$field.join(" ")),
            |x, t| {
                x.$field = names(t);
                Ok(())
            },
        )
    };
}

/// A field that says yes or no.
macro_rules! yes {
    ($name:literal, $label:literal, $help:literal, $field:ident) => {
        Field::flag(
            $name,
            $label,
            $help,
            |x, _| yes_no(x.$field),
            |x, t| {
                x.$field = flag(t)?;
                Ok(())
            },
        )
    };
}

/// A whole number.
macro_rules! count {
    ($name:literal, $label:literal, $help:literal, $field:ident, $low:expr, $high:expr) => {
        Field::amendable(
            $name,
            $label,
            $help,
            Kind::Number($low, $high),
            |x, _| x.$field.to_string(),
            |x, t| {
                x.$field = number(t, $low, $high)?;
                Ok(())
            },
        )
    };
}

impl Record for Profile {
    const NOUN: &'static str = "profile";
    const FIELDS: &'static [Field<Self>] = &[
        Field::name(|x, _| x.name.clone(), |x, t| check_name(t.trim()).and_then(|()| put(&mut x.name, t))),
        Field::text(
            "title",
            "Title",
            "One line for lists of choices.",
            |x, _| visible(&x.title),
            |x, t| put(&mut x.title, t),
        ),
        Field::derived(
            "version",
            "Version",
            "Rises with every change; approvals are of one version.",
            |x, _| x.version.to_string(),
        ),
        Field::amendable(
            "trust",
            "Rules",
            "private: those of the organisation. public-like: those of public authorities, so that more findings are errors.",
            Kind::Choice(TRUST),
            |x, _| x.trust.word().into(),
            |x, t| {
                let read = |t: &str| match t.trim() {
                    "private" => Some(Trust::Private),
                    "public-like" => Some(Trust::PublicLike),
                    _ => None,
                };
                x.trust = choice(t, TRUST, read)?;
                Ok(())
            },
        ),
        count!("min-days", "Least days", "The shortest validity.", min_days, 1, MOST_DAYS),
        count!("days", "Usual days", "Validity when nobody says otherwise.", days, 1, MOST_DAYS),
        count!("max-days", "Most days", "The longest validity.", max_days, 1, MOST_DAYS),
        Field::text(
            "calendar",
            "Calendar",
            "Lower limits that begin on a date, such as 2027-03-15=100 2029-03-15=47; empty for none.",
            |x, _| {
                let step = |s: &CalendarStep| match s.from.as_str() {
                    "" => s.max_days.to_string(),
                    from => format!("{}={}", visible(from), s.max_days),
                };
                x.calendar.iter().map(step).collect::<Vec<_>>().join(" ")
            },
            |x, t| {
                let step = |word: String| {
                    let (from, days) = word.split_once('=').unwrap_or(("", &word));
                    let max_days =
                        number(days, 1, MOST_DAYS).map_err(|why| format!("DATE=DAYS with {why}"))?;
                    Ok::<_, String>(CalendarStep { from: from.into(), max_days })
                };
                x.calendar = names(t).into_iter().map(step).collect::<Result<_, _>>()?;
                Ok(())
            },
        ),
        count!(
            "backdate",
            "Backdate seconds",
            "The validity begins so many seconds before signing, for peers whose clocks are behind.",
            backdate,
            0,
            172_800
        ),
        list!(
            "key-usage-rsa",
            "Key usage, RSA",
            "For RSA keys: digitalSignature, keyEncipherment, keyCertSign, cRLSign ... (RFC 5280 section 4.2.1.3).",
            key_usage_rsa
        ),
        list!(
            "key-usage-other",
            "Key usage, others",
            "For keys of curves: digitalSignature, keyAgreement ...",
            key_usage_other
        ),
        Field::amendable(
            "extended",
            "Extended usage",
            "serverAuth, clientAuth, emailProtection, codeSigning, timeStamping, OCSPSigning, or OIDs.",
            Kind::Names,
            |x, _| {
                let word = |oid: &String| {
                    let known = EXTENDED_KEY_USAGES.iter().find(|(known, _)| known == oid);
                    known.map_or_else(|| visible(oid), |(_, word)| (*word).to_owned())
                };
                x.extended.iter().map(word).collect::<Vec<_>>().join(" ")
            },
            |x, t| {
                let oid = |word: String| {
                    let known =
                        EXTENDED_KEY_USAGES.iter().find(|(_, known)| known.eq_ignore_ascii_case(&word));
                    known.map_or(word, |(oid, _)| (*oid).to_owned())
                };
                x.extended = names(t).into_iter().map(oid).collect();
                Ok(())
            },
        ),
        yes!(
            "extended-critical",
            "Extended critical",
            "yes for time stamping only (RFC 3161).",
            extended_critical
        ),
        list!(
            "alt-names",
            "Names taken over",
            "Kinds of alternative names taken from the request: dns ip email uri other.",
            alt_names
        ),
        yes!(
            "names-needed",
            "Names needed",
            "yes: one alternative name at least, and the common name repeats one (TLS servers).",
            names_needed
        ),
        list!(
            "required-names",
            "Required kinds",
            "Kinds of which one name at least is needed, such as email.",
            required_names
        ),
        yes!(
            "wildcards",
            "Wildcards",
            "Whether host names may begin with *. as in *.example.com.",
            wildcards
        ),
        list!(
            "allowed",
            "Allowed",
            "KIND:PATTERN such as dns:*.example.com ip:10.0.0.0/8 O:Example*; ? is one character, such as a blank.",
            allowed
        ),
        list!(
            "forbidden",
            "Forbidden",
            "KIND:PATTERN that is never certified, also when it is allowed.",
            forbidden
        ),
        list!(
            "copied-subject",
            "Subject taken over",
            "Attributes of the subject: C ST L O OU CN emailAddress ...; * takes all.",
            copied_subject
        ),
        list!(
            "edits",
            "May be edited",
            "What a registration authority may edit before somebody else approves: subject names.",
            edits
        ),
        list!(
            "required-subject",
            "Subject needs",
            "Attributes that a request must have, such as O CN.",
            required_subject
        ),
        list!(
            "forbidden-subject",
            "Subject without",
            "Attributes that a request must not have, such as OU.",
            forbidden_subject
        ),
        count!("min-rsa", "Least RSA bits", "The smallest RSA key.", min_rsa, 1024, 16_384),
        count!("max-rsa", "Most RSA bits", "The largest RSA key; 0 accepts none.", max_rsa, 0, 16_384),
        list!("keys", "Other keys", "Keys of curves that are accepted: P-256 P-384 P-521 Ed25519.", keys),
        list!(
            "copied-extensions",
            "Extensions copied",
            "OIDs of extensions taken from the request as they are; those that other fields decide are refused.",
            copied_extensions
        ),
        Field::amendable(
            "must-staple",
            "Must-staple",
            "Whether the server has to send its OCSP answer (RFC 7633): never, when asked, always.",
            Kind::Choice(STAPLE),
            |x, _| STAPLE[x.must_staple as usize].into(),
            |x, t| {
                let read = |t: &str| match t.trim() {
                    "never" => Some(Staple::Never),
                    "asked" => Some(Staple::Asked),
                    "always" => Some(Staple::Always),
                    _ => None,
                };
                x.must_staple = choice(t, STAPLE, read)?;
                Ok(())
            },
        ),
        Field::amendable(
            "checking",
            "Revocation",
            "How a peer learns of it: addresses; nothing (short-lived); no-check (OCSP signers); not-available (RFC 9608).",
            Kind::Choice(CHECKING),
            |x, _| CHECKING[x.checking as usize].into(),
            |x, t| {
                let read = |t: &str| match t.trim() {
                    "addresses" => Some(Checking::Addresses),
                    "nothing" => Some(Checking::Nothing),
                    "no-check" => Some(Checking::NoCheck),
                    "not-available" => Some(Checking::NotAvailable),
                    _ => None,
                };
                x.checking = choice(t, CHECKING, read)?;
                Ok(())
            },
        ),
        list!("crl-urls", "CRL addresses", "http addresses; empty takes that of the certifier.", crl_urls),
        list!("ocsp-urls", "OCSP addresses", "http addresses; empty takes that of the certifier.", ocsp_urls),
        list!(
            "issuer-urls",
            "Issuer addresses",
            "Where the issuer's certificate is (caIssuers); empty takes that of the certifier.",
            issuer_urls
        ),
        Field::amendable(
            "policies",
            "Policies",
            "OIDs of certificate policies, each with the address of its text: 1.3.6.1.4.1.99999.1=https://example.com/cps.",
            Kind::Names,
            |x, _| {
                let one = |p: &CertificatePolicy| match p.cps.as_str() {
                    "" => visible(&p.oid),
                    cps => format!("{}={}", visible(&p.oid), visible(cps)),
                };
                x.policies.iter().map(one).collect::<Vec<_>>().join(" ")
            },
            |x, t| {
                let one = |word: String| {
                    let (oid, cps) = word.split_once('=').unwrap_or((&word, ""));
                    CertificatePolicy { oid: oid.into(), cps: cps.into() }
                };
                x.policies = names(t).into_iter().map(one).collect();
                Ok(())
            },
        ),
        Field::flag(
            "authority",
            "Makes an authority",
            "yes makes subordinate authorities; they need keyCertSign and cRLSign in their key usage.",
            |x, _| yes_no(x.authority.is_some()),
            |x, t| {
                x.authority = match (flag(t)?, x.authority.take()) {
                    (true, before) => Some(
                        before.unwrap_or_else(|| Authority { path_length: Some(0), ..Authority::default() }),
                    ),
                    (false, _) => None,
                };
                Ok(())
            },
        ),
        Field::text(
            "path-length",
            "Path length",
            "How many authorities may follow below; 0 for none, empty for any number.",
            |x, _| {
                let length = x.authority.as_ref().and_then(|a| a.path_length);
                length.map_or_else(String::new, |n| n.to_string())
            },
            |x, t| {
                let length = match t.trim() {
                    "" => None,
                    t => Some(number(t, 0, 20)?),
                };
                set_authority(x, length.is_some(), |a| a.path_length = length)
            },
        ),
        Field::amendable(
            "permitted",
            "May certify",
            "Names the authority is held to: dns:example.com ip:10.0.0.0/8 email:example.com; empty for all.",
            Kind::Names,
            |x, _| visible(&x.authority.as_ref().map_or_else(String::new, |a| a.permitted.join(" "))),
            |x, t| {
                let all = names(t);
                set_authority(x, !all.is_empty(), |a| a.permitted = all)
            },
        ),
        Field::amendable(
            "excluded",
            "Must not certify",
            "Names the authority must not certify, written the same way.",
            Kind::Names,
            |x, _| visible(&x.authority.as_ref().map_or_else(String::new, |a| a.excluded.join(" "))),
            |x, t| {
                let all = names(t);
                set_authority(x, !all.is_empty(), |a| a.excluded = all)
            },
        ),
        yes!(
            "subject-key-id",
            "Subject key id",
            "Whether the certificate names its own key; authorities always do.",
            subject_key_id
        ),
        yes!(
            "hold",
            "Hold allowed",
            "Whether it may be revoked for a while and released again; never public-like.",
            hold
        ),
    ];
}

/// Sets a part of what makes an authority; without one only an empty value fits.
fn set_authority(x: &mut Profile, needed: bool, set: impl FnOnce(&mut Authority)) -> Result<(), String> {
    match &mut x.authority {
        Some(authority) => set(authority),
        None if needed => return Err("nothing, unless it makes an authority".into()),
        None => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::State;
    use crate::model::field::{Look, When};
    use crate::model::time::Timestamp;

    #[test]
    fn every_field_reads_back_what_it_writes() {
        let state = State::default();
        let look = Look { state: &state, now: Timestamp(0), soon: 0, zone: None };
        let full = Profile {
            name: "full".into(),
            title: "All".into(),
            trust: Trust::PublicLike,
            calendar: vec![
                CalendarStep { from: String::new(), max_days: 300 },
                CalendarStep { from: "2027-03-15".into(), max_days: 100 },
            ],
            extended: vec!["1.3.6.1.5.5.7.3.1".into(), "1.2.3.4".into()],
            must_staple: Staple::Always,
            checking: Checking::NoCheck,
            policies: vec![CertificatePolicy { oid: "1.2.3".into(), cps: "https://a.test/?b=c".into() }],
            authority: Some(Authority {
                path_length: Some(3),
                permitted: vec!["dns:a.test".into()],
                excluded: vec!["ip:10.0.0.0/8".into()],
            }),
            ..Profile::default()
        };
        let mut other = Profile::default();
        for field in Profile::FIELDS.iter().filter(|f| f.when != When::Derived) {
            let text = (field.get)(&full, &look);
            (field.set)(&mut other, &text).unwrap_or_else(|why| panic!("{}: {why}", field.name));
            assert_eq!((field.get)(&other, &look), text, "{}", field.name);
        }
        assert_eq!(other, full);
        let mut plain = Profile::default();
        let length = Profile::field("path-length").unwrap();
        assert!((length.set)(&mut plain, "0").is_err() && (length.set)(&mut plain, "").is_ok());
    }
}
