//! Whom a certificate shall name: the subject's fields and the host names, with the rules of RFC 5280 for each, once for
//! every record that asks for them.

use crate::model::certificate::Certificate;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, bounded, names};
use crate::model::name::{AltName, Name};
use crate::model::request::Pkcs10;
use crate::model::site::host_name;

/// Whom a certificate shall name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The subject's common name; empty takes the first host name.
    pub common_name: String,
    /// The host names, the first of which is repeated as common name.
    pub hosts: Vec<String>,
    /// The organisation.
    pub organization: String,
    /// The organisational unit.
    pub unit: String,
    /// The locality.
    pub locality: String,
    /// The state or province, in full.
    pub state: String,
    /// The country, two letters.
    pub country: String,
}

/// The short names of the subject's attributes that an [`Identity`] has.
const KEPT: [&str; 6] = ["C", "ST", "L", "O", "OU", "CN"];

impl Identity {
    /// Takes over what a certificate names.
    pub fn of_certificate(certificate: &Certificate) -> Self {
        Self::of(&certificate.subject, &certificate.alt_names)
    }

    /// Takes over what a request names.
    pub fn of_request(request: &Pkcs10) -> Self {
        Self::of(&request.subject, &request.alt_names)
    }

    fn of(subject: &Name, alt_names: &[AltName]) -> Self {
        let first = |short| subject.values(short).next().unwrap_or_default().to_owned();
        let hosts = alt_names.iter().filter_map(|name| match name {
            AltName::Dns(host) | AltName::Ip(host) => Some(host.clone()),
            _ => None,
        });
        let hosts: Vec<_> = hosts.collect();
        // The first host name is the common name by itself, and goes on being it when it is changed.
        let common_name = subject.common_name().filter(|cn| hosts.first().is_none_or(|first| first != cn));
        Self {
            common_name: common_name.unwrap_or_default().to_owned(),
            hosts,
            organization: first("O"),
            unit: first("OU"),
            locality: first("L"),
            state: first("ST"),
            country: first("C"),
        }
    }

    /// Refuses a state that is abbreviated where authorities refuse that: in the United States, Canada and Australia.
    pub fn check_state(&self) -> Result<(), String> {
        let place = match self.country.to_ascii_uppercase().as_str() {
            "US" => "California",
            "CA" => "Ontario",
            "AU" => "New South Wales",
            _ => return Ok(()),
        };
        let letters = self.state.chars().filter(|c| c.is_alphabetic()).count();
        if (1..=3).contains(&letters) {
            let state = visible(&self.state);
            return Err(format!("the state \"{state}\" is abbreviated: write it in full, such as {place}"));
        }
        Ok(())
    }
}

/// Names what a subject and alternative names hold that an [`Identity`] has no place for, so that a new request does not
/// drop it in silence.
pub fn left_out(certificate: &Certificate) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let attributes = certificate.subject.rdns.iter().flatten();
    let others = attributes
        .filter(|a| !KEPT.contains(&a.short()) || (a.short() != "CN" && !seen.insert(a.short().to_owned())));
    let others = others.map(|a| format!("{}={}", a.short(), visible(&a.value)));
    let names = certificate.alt_names.iter().filter(|n| !matches!(n, AltName::Dns(_) | AltName::Ip(_)));
    others.chain(names.map(ToString::to_string)).collect()
}

/// A record that asks whom a certificate shall name.
pub(super) trait Names: 'static {
    /// Returns whom.
    fn identity(&self) -> &Identity;
    /// Returns whom, to change it.
    fn identity_mut(&mut self) -> &mut Identity;
}

/// Reads a country: two letters, in upper case; empty is none.
pub(in crate::model) fn country(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_uppercase();
    if text.is_empty() || (text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())) {
        Ok(text)
    } else {
        Err("two letters, such as DE".into())
    }
}

/// The field of the host names.
pub(super) const fn hosts<T: Names>() -> Field<T> {
    let mut field = Field::<T>::fixed(
        "hosts",
        "Host names",
        "The names the certificate shall answer for, separated by spaces; the first is also the common name.",
        |x, _| x.identity().hosts.iter().map(|h| visible(h)).collect::<Vec<_>>().join(" "),
        |x, t| {
            x.identity_mut().hosts = names(t).iter().map(|h| host_name(h)).collect::<Result<_, _>>()?;
            Ok(())
        },
    );
    field.kind = Kind::Names;
    field
}

/// The field of the common name; it and the others have the upper bounds of RFC 5280, appendix A.1.
pub(super) const fn common_name<T: Names>() -> Field<T> {
    Field::fixed(
        "common-name",
        "Common name",
        "Empty takes the first host name; a host name given here is added to the host names.",
        |x, _| visible(&x.identity().common_name),
        |x, t| bounded(t, 64).map(|common_name| x.identity_mut().common_name = common_name),
    )
}

/// The field of the organisation.
pub(super) const fn organization<T: Names>() -> Field<T> {
    Field::fixed(
        "organization",
        "Organization",
        "The legal name of the organisation.",
        |x, _| visible(&x.identity().organization),
        |x, t| bounded(t, 64).map(|organization| x.identity_mut().organization = organization),
    )
}

/// The field of the organisational unit.
pub(super) const fn unit<T: Names>() -> Field<T> {
    Field::fixed(
        "unit",
        "Organizational unit",
        "The department, if any.",
        |x, _| visible(&x.identity().unit),
        |x, t| bounded(t, 64).map(|unit| x.identity_mut().unit = unit),
    )
}

/// The field of the locality.
pub(super) const fn locality<T: Names>() -> Field<T> {
    Field::fixed(
        "locality",
        "City or locality",
        "In full.",
        |x, _| visible(&x.identity().locality),
        |x, t| bounded(t, 128).map(|locality| x.identity_mut().locality = locality),
    )
}

/// The field of the state; what it must not be depends on the country, which comes after it.
pub(super) const fn state<T: Names>() -> Field<T> {
    Field::fixed(
        "state",
        "State or province",
        "In full, not abbreviated.",
        |x, _| visible(&x.identity().state),
        |x, t| bounded(t, 128).map(|state| x.identity_mut().state = state),
    )
}

/// The field of the country.
pub(super) const fn country_field<T: Names>() -> Field<T> {
    Field::fixed(
        "country",
        "Country",
        "Two letters, such as DE; written as PrintableString.",
        |x, _| visible(&x.identity().country),
        |x, t| {
            x.identity_mut().country = country(t)?;
            x.identity().check_state()
        },
    )
}

#[cfg(test)]
mod tests {
    use crate::model::State;
    use crate::model::field::{Look, Record};
    use crate::model::keyring::{NewKeyring, NewRequest};
    use crate::model::time::Timestamp;

    fn set<T: Record>(record: &mut T, field: &str, text: &str) -> Result<(), String> {
        (T::field(field).unwrap().set)(record, text)
    }

    #[test]
    fn every_attribute_has_its_upper_bound_and_no_control_characters() {
        let mut asked = NewKeyring::default();
        for (field, bound) in
            [("common-name", 64), ("organization", 64), ("unit", 64), ("locality", 128), ("state", 128)]
        {
            // Characters are counted, not octets.
            set(&mut asked, field, &"ü".repeat(bound)).unwrap();
            let why = set(&mut asked, field, &"ü".repeat(bound + 1)).unwrap_err();
            assert!(why.contains(&bound.to_string()), "{field}: {why}");
            assert!(set(&mut asked, field, "a\u{7}b").unwrap_err().contains("control"), "{field}");
        }
        for (wrong, right) in [("DEU", "DE"), ("D1", "de"), ("D", "")] {
            assert!(set(&mut asked, "country", wrong).is_err(), "{wrong}");
            set(&mut asked, "country", right).unwrap();
        }
        assert!(set(&mut asked, "hosts", "a.test b..test").is_err());
    }

    #[test]
    fn a_state_is_written_in_full_where_authorities_ask_for_it() {
        for (country, state, good) in [
            ("US", "CA", false),
            ("us", "N.Y.", false),
            ("AU", "NSW", false),
            ("CA", "on", false),
            ("US", "California", true),
            ("US", "", true),
            ("US", "Ohio", true),
            ("DE", "BY", true),
        ] {
            let mut asked = NewRequest::default();
            set(&mut asked, "state", state).unwrap();
            assert_eq!(set(&mut asked, "country", country).is_ok(), good, "{state} in {country}");
        }
    }

    #[test]
    fn both_records_that_name_somebody_have_the_same_fields() {
        let of = |names: Vec<&'static str>| {
            let at = names.iter().position(|n| *n == "hosts").unwrap();
            names[at..at + 7].to_vec()
        };
        let new = of(NewKeyring::FIELDS.iter().map(|f| f.name).collect());
        assert_eq!(new, of(NewRequest::FIELDS.iter().map(|f| f.name).collect()));
        let (state, now) = (State::default(), Timestamp::default());
        let look = Look { state: &state, now, soon: 0, zone: None };
        let mut asked = NewRequest::default();
        for name in new.iter().filter(|n| **n != "country") {
            set(&mut asked, name, "x.test").unwrap();
            assert_eq!((NewRequest::field(name).unwrap().get)(&asked, &look), "x.test", "{name}");
        }
    }
}
