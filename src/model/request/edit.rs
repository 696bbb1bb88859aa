//! What will be issued, while a person edits it: the plan, and subject and names field by field. What was asked is left as
//! it is.

use super::{Plan, Request};
use crate::model::escape::{rfc4514, visible};
use crate::model::field::{Field, Kind, Record, When, names, number};
use crate::model::name::{ATTRIBUTES, AltName, Attribute, Name};

/// The order in which attributes stand in a subject that they are put into.
const ORDER: [&str; 7] = ["C", "ST", "L", "O", "OU", "CN", "emailAddress"];

/// What will be issued, while it is edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The plan, without what differs from what was asked.
    pub plan: Plan,
    /// The subject as short attribute names with their values, most significant first; `+` before the name of one that
    /// stands in the same RDN as the one before it.
    pub subject: Vec<(String, String)>,
    /// The alternative names.
    pub names: Vec<AltName>,
}

impl Plan {
    /// Returns the subject that it issues for a request, as short attribute names with their values.
    pub fn subject_of(&self, asked: &Name) -> Vec<(String, String)> {
        self.subject.clone().unwrap_or_else(|| pairs(asked))
    }

    /// Writes the subject that it issues for a request, as RFC 4514 has it: the least significant attribute first.
    pub fn subject_text(&self, asked: &Name) -> String {
        match &self.subject {
            None => asked.text(),
            Some(pairs) => {
                let mut rdns: Vec<String> = Vec::new();
                for (short, value) in pairs {
                    let part = format!("{short}={}", rfc4514(value));
                    match rdns.last_mut().filter(|_| short.starts_with('+')) {
                        Some(rdn) => rdn.push_str(&part),
                        None => rdns.push(part),
                    }
                }
                rdns.reverse();
                rdns.join(",")
            }
        }
    }

    /// Says which parts of what was asked it changes, by the words that profiles use.
    pub fn edits(&self) -> Vec<&'static str> {
        let subject = self.subject.as_ref().map(|_| "subject");
        subject.into_iter().chain(self.names.as_ref().map(|_| "names")).collect()
    }
}

impl Edit {
    /// Begins with a plan for a request.
    pub fn of(request: &Request, plan: Plan) -> Self {
        let subject = plan.subject_of(&request.pkcs10.subject);
        let names = plan.names.clone().unwrap_or_else(|| request.pkcs10.alt_names.clone());
        Self { plan, subject, names }
    }

    /// Ends with the plan: subject and names stand in it only where they differ from what was asked.
    pub fn plan(self, request: &Request) -> Plan {
        let subject = (self.subject != pairs(&request.pkcs10.subject)).then_some(self.subject);
        let names = (self.names != request.pkcs10.alt_names).then_some(self.names);
        Plan { subject, names, ..self.plan }
    }

    fn value(&self, short: &str) -> String {
        let found = self.subject.iter().rev().find(|(name, _)| bare(name) == short);
        found.map_or_else(String::new, |(_, value)| visible(value))
    }

    /// Sets an attribute: in its place, or where it belongs; an empty value takes it away.
    fn set(&mut self, short: &str, value: &str, bound: usize) -> Result<(), String> {
        let value = value.trim();
        if value.chars().any(char::is_control) {
            return Err("plain text: it holds a control character".into());
        }
        let count = value.chars().count();
        if count > bound {
            return Err(format!("at most {bound} characters; these are {count}"));
        }
        let at = self.subject.iter().rposition(|(name, _)| bare(name) == short);
        // What was shown escaped and not touched stays as it is.
        if at.and_then(|at| self.subject.get(at)).is_some_and(|(_, now)| visible(now) == value) {
            return Ok(());
        }
        match (at, value.is_empty()) {
            (Some(at), true) => {
                let (gone, _) = self.subject.remove(at);
                // Who stood beside the first of an RDN is the first now.
                if let Some((next, _)) = self.subject.get_mut(at).filter(|_| !gone.starts_with('+')) {
                    *next = bare(next).to_owned();
                }
            }
            (None, true) => {}
            (Some(at), false) => {
                if let Some(pair) = self.subject.get_mut(at) {
                    value.clone_into(&mut pair.1);
                }
            }
            (None, false) => {
                let rank = |name: &str| ORDER.iter().position(|o| *o == name);
                let after = |(name, _): &&(String, String)| rank(bare(name)) > rank(short);
                let before = self.subject.iter().find(after).map(|pair| pair.0.clone());
                let at = before.and_then(|name| self.subject.iter().position(|(n, _)| *n == name));
                let at = at.unwrap_or(self.subject.len());
                // Not between those of one RDN.
                let mut heads = (0..=at).rev();
                let head = heads.find(|at| self.subject.get(*at).is_none_or(|(n, _)| !n.starts_with('+')));
                self.subject.insert(head.unwrap_or(at), (short.to_owned(), value.to_owned()));
            }
        }
        Ok(())
    }
}

/// Takes a name apart into short attribute names and values.
fn pairs(name: &Name) -> Vec<(String, String)> {
    let within = |(at, a): (usize, &Attribute)| {
        let beside = if at > 0 { "+" } else { "" };
        (format!("{beside}{}", a.short()), a.value.clone())
    };
    name.rdns.iter().flat_map(|rdn| rdn.iter().enumerate().map(within)).collect()
}

/// Returns an attribute name without the mark of one that stands beside another.
fn bare(name: &str) -> &str {
    name.strip_prefix('+').unwrap_or(name)
}

/// Reads a subject as RFC 4514 would be typed, `C=DE, O=Example, CN=www.example.test`: most significant first. `+` joins
/// attributes of one RDN: `CN=Ann Bell+UID=ann`.
pub fn read_subject(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut parts: Vec<String> = Vec::new();
    let mut escaped = false;
    let mut part = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            _ if escaped => {
                part.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            ',' => parts.push(std::mem::take(&mut part)),
            '+' if joins(rest) => {
                parts.push(std::mem::take(&mut part));
                part.push('+');
            }
            c => part.push(c),
        }
    }
    parts.push(part);
    let pair = |part: &String| {
        let (name, value) =
            part.split_once('=').ok_or_else(|| format!("\"{}\" is not NAME=VALUE", visible(part.trim())))?;
        let name = name.trim();
        let (beside, name) = name.strip_prefix('+').map_or(("", name), |name| ("+", name.trim()));
        let known = ATTRIBUTES.iter().find(|(_, short)| short.eq_ignore_ascii_case(name));
        let (_, short) = known.ok_or_else(|| format!("no attribute is called \"{}\"", visible(name)))?;
        Ok((format!("{beside}{short}"), value.trim().to_owned()))
    };
    parts.iter().filter(|p| !p.trim().is_empty()).map(pair).collect()
}

/// Tells whether what follows a plus sign is another attribute, and not the rest of a value such as `C++ Team`.
fn joins(rest: &str) -> bool {
    rest.split_once('=')
        .is_some_and(|(name, _)| ATTRIBUTES.iter().any(|(_, short)| short.eq_ignore_ascii_case(name.trim())))
}

impl Record for Edit {
    const NOUN: &'static str = "edit of a request";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "certifier",
            label: "Certifier",
            help: "Who shall sign; the approver may still choose another one.",
            kind: Kind::Certifier,
            when: When::AtCreation,
            get: |x, _| x.plan.certifier.clone(),
            set: |x, t| {
                t.trim().clone_into(&mut x.plan.certifier);
                Ok(())
            },
        },
        Field {
            name: "profile",
            label: "Profile",
            help: "What the certificate will contain; it says whether subject and names may be edited.",
            kind: Kind::Profile,
            when: When::AtCreation,
            get: |x, _| x.plan.profile.clone(),
            set: |x, t| {
                if t.trim().is_empty() {
                    return Err("choose a profile".into());
                }
                t.trim().clone_into(&mut x.plan.profile);
                Ok(())
            },
        },
        Field {
            name: "days",
            label: "Validity in days",
            help: "Profile, calendar and the certifier's own end may shorten it; the review says so.",
            kind: Kind::Number(1, 11_000),
            when: When::AtCreation,
            get: |x, _| x.plan.days.to_string(),
            set: |x, t| number(t, 1, 11_000).map(|days| x.plan.days = days),
        },
        Field::fixed(
            "common-name",
            "Common name",
            "It has to be one of the names, or empty.",
            |x, _| x.value("CN"),
            |x, t| x.set("CN", t, 64),
        ),
        Field::fixed(
            "organization",
            "Organization",
            "The legal name of the organisation.",
            |x, _| x.value("O"),
            |x, t| x.set("O", t, 64),
        ),
        Field::fixed(
            "unit",
            "Organizational unit",
            "The department, if any.",
            |x, _| x.value("OU"),
            |x, t| x.set("OU", t, 64),
        ),
        Field::fixed(
            "locality",
            "City or locality",
            "In full.",
            |x, _| x.value("L"),
            |x, t| x.set("L", t, 128),
        ),
        Field::fixed(
            "state",
            "State or province",
            "In full, not abbreviated.",
            |x, _| x.value("ST"),
            |x, t| x.set("ST", t, 128),
        ),
        Field::fixed(
            "country",
            "Country",
            "Two letters, such as DE.",
            |x, _| x.value("C"),
            |x, t| {
                let country = crate::model::keyring::country(t)?;
                x.set("C", &country, 2)
            },
        ),
        Field {
            name: "names",
            label: "Names",
            help: "Separated by spaces: host names and IP addresses as they are, others as email:a@b.test or URI:https://a.test.",
            kind: Kind::Names,
            when: When::AtCreation,
            get: |x, _| x.names.iter().map(shown).collect::<Vec<_>>().join(" "),
            set: |x, t| {
                let typed = names(t);
                let same = |word: &String| x.names.iter().find(|name| shown(name) == *word).cloned();
                let read = typed.iter().map(|word| same(word).map_or_else(|| AltName::parse(word), Ok));
                x.names = read.collect::<Result<_, _>>()?;
                Ok(())
            },
        },
    ];
}

/// Writes an alternative name as it is typed; of a kind that cannot be typed, without the spaces that separate names.
fn shown(name: &AltName) -> String {
    match name {
        AltName::Dns(_) | AltName::Ip(_) => name.value(),
        _ => name.to_string().replace([' ', ','], "_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field::Look;

    fn edit(subject: &str) -> Edit {
        Edit { plan: Plan::default(), subject: read_subject(subject).unwrap(), names: Vec::new() }
    }

    fn text(edit: &Edit) -> String {
        edit.subject.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn an_attribute_is_changed_in_its_place_and_put_where_it_belongs() {
        let mut e = edit("DC=test, DC=example, O=Example, serialNumber=7, CN=a.test");
        e.set("O", "Other", 64).unwrap();
        e.set("C", "DE", 2).unwrap();
        e.set("OU", "Mail", 64).unwrap();
        assert_eq!(text(&e), "DC=test,DC=example,C=DE,O=Other,serialNumber=7,OU=Mail,CN=a.test");
        e.set("O", "", 64).unwrap();
        e.set("ST", " ", 64).unwrap();
        assert_eq!(text(&e), "DC=test,DC=example,C=DE,serialNumber=7,OU=Mail,CN=a.test");
        assert!(e.set("CN", &"x".repeat(65), 64).is_err() && e.set("CN", "a\u{7}", 64).is_err());
    }

    #[test]
    fn a_subject_is_read_as_it_is_typed() {
        assert_eq!(text(&edit("c=DE, o=A\\, B, CN=x")), "C=DE,O=A, B,CN=x");
        assert_eq!(text(&edit("")), "");
        assert!(read_subject("O").unwrap_err().contains("NAME=VALUE"));
        assert!(read_subject("X=1").unwrap_err().contains("called \"X\""));
    }

    #[test]
    fn attributes_of_one_rdn_stay_together() {
        let mut e = edit("O=Example, OU=C++ Team, CN=Ann Bell+UID=ann+serialNumber=7");
        assert_eq!(text(&e), "O=Example,OU=C++ Team,CN=Ann Bell,+UID=ann,+serialNumber=7");
        e.set("CN", "Ann Other", 64).unwrap();
        e.set("L", "Bonn", 128).unwrap();
        assert_eq!(text(&e), "L=Bonn,O=Example,OU=C++ Team,CN=Ann Other,+UID=ann,+serialNumber=7");
        let plan = Plan { subject: Some(e.subject.clone()), ..Plan::default() };
        let none = Name { der: crate::model::bytes::Der::default(), rdns: Vec::new() };
        assert_eq!(
            plan.subject_text(&none),
            "CN=Ann Other+UID=ann+serialNumber=7,OU=C\\+\\+ Team,O=Example,L=Bonn"
        );
        e.set("CN", "", 64).unwrap();
        assert_eq!(text(&e), "L=Bonn,O=Example,OU=C++ Team,UID=ann,+serialNumber=7");
    }

    #[test]
    fn names_of_every_kind_are_read_and_those_that_cannot_be_typed_are_kept() {
        let other = AltName::Other("otherName 1.2.3".into(), "a, b".into());
        let mut e = Edit { names: vec![other.clone()], ..edit("CN=x") };
        let field = Edit::field("names").unwrap();
        let state = crate::model::State::default();
        let look = Look { state: &state, now: Default::default(), soon: 0, zone: None };
        let shown = (field.get)(&e, &look);
        (field.set)(&mut e, &format!("{shown} WWW.test 10.0.0.1 email:a@b.test URI:https://c.test/"))
            .unwrap();
        let read = [
            other,
            AltName::Dns("www.test".into()),
            AltName::Ip("10.0.0.1".into()),
            AltName::Email("a@b.test".into()),
            AltName::Uri("https://c.test/".into()),
        ];
        assert_eq!(e.names, read);
        assert!((field.set)(&mut e, "a..b").is_err() && (field.set)(&mut e, "email:a").is_err());
    }
}
