//! How the key of a certifier is protected: the rungs of the ladder, what each asks for, and what a change of it needs.

use serde::{Deserialize, Serialize};

use super::bytes::Digest;
use super::escape::visible;
use super::field::{Field, Kind, Record, choice, number};
use super::secret::Secret;

/// How a certifier's key is protected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyProtection {
    /// One password opens it.
    #[default]
    Password,
    /// The passwords of two people together open it.
    TwoPasswords {
        /// Who they are.
        holders: [String; 2],
    },
    /// So many of the shares together open it.
    Shares {
        /// How many it takes.
        needed: u8,
        /// The set, in four letters and digits: shares of another set do not fit.
        set: String,
        /// SHA-256 of each share, so that a wrong one is named before they are joined.
        shares: Vec<Digest>,
    },
}

impl KeyProtection {
    /// Says it in words.
    pub fn words(&self) -> String {
        match self {
            Self::Password => "a password".into(),
            Self::TwoPasswords { holders: [first, second] } => {
                visible(&format!("the passwords of {first} and {second} together"))
            }
            Self::Shares { needed, set, shares } => {
                format!("any {needed} of {} shares (set {set})", shares.len())
            }
        }
    }

    /// Returns how many people it takes to open it.
    pub fn people(&self) -> u8 {
        match self {
            Self::Password => 1,
            Self::TwoPasswords { .. } => 2,
            Self::Shares { needed, .. } => *needed,
        }
    }

    /// Lists what is asked to unlock it, in order.
    pub fn asks(&self, certifier: &str) -> Vec<String> {
        match self {
            Self::Password => vec![format!("Password of certifier {certifier}")],
            Self::TwoPasswords { holders } => holders
                .iter()
                .map(|who| format!("Password of {} for certifier {certifier}", visible(who)))
                .collect(),
            Self::Shares { needed, .. } => {
                (1..=*needed).map(|n| format!("Share {n} of {needed} for certifier {certifier}")).collect()
            }
        }
    }
}

/// Shares that were dealt and protect nothing yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealt {
    /// How many of them it takes.
    pub needed: u8,
    /// The set.
    pub set: String,
    /// The shares as they are written down.
    pub shares: Vec<Secret>,
    /// What they join to, in hexadecimal digits.
    pub joined: Secret,
}

/// What shall protect a key from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealing {
    /// This password.
    Password(Secret),
    /// The passwords of two people.
    TwoPasswords([(String, Secret); 2]),
    /// These shares.
    Shares(Dealt),
}

impl Sealing {
    /// Returns how many people it will take to open it.
    pub fn people(&self) -> u8 {
        match self {
            Self::Password(_) => 1,
            Self::TwoPasswords(_) => 2,
            Self::Shares(dealt) => dealt.needed,
        }
    }
}

/// The most shares that are dealt.
pub const MOST_SHARES: u8 = 16;

/// What is asked for another protection of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProtection {
    /// The rung, one of [`NewProtection::NAMES`].
    pub protection: &'static str,
    /// The two people.
    pub holders: [String; 2],
    /// The password, or that of the first person.
    pub password: Secret,
    /// The same again.
    pub repeat: Secret,
    /// The password of the second person.
    pub second: Secret,
    /// The same again.
    pub second_repeat: Secret,
    /// How many shares it takes.
    pub needed: u8,
    /// How many shares there are.
    pub of: u8,
}

impl Default for NewProtection {
    fn default() -> Self {
        Self {
            protection: Self::NAMES[0],
            holders: Default::default(),
            password: Secret::default(),
            repeat: Secret::default(),
            second: Secret::default(),
            second_repeat: Secret::default(),
            needed: 2,
            of: 3,
        }
    }
}

impl NewProtection {
    /// The rungs of the ladder, the lowest first.
    pub const NAMES: &'static [&'static str] = &["password", "two-passwords", "shares"];

    /// Tells whether the rung needs a field of this name.
    pub fn asks(&self, field: &str) -> bool {
        match field {
            "password" | "repeat" => self.protection != "shares",
            "first-holder" | "second-holder" | "second-password" | "second-repeat" => {
                self.protection == "two-passwords"
            }
            "needed" | "of" => self.protection == "shares",
            _ => false,
        }
    }

    /// Says what is wrong with it, by the name of a field.
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        let [first, second] = &self.holders;
        let two = self.protection == "two-passwords";
        if self.protection == "shares" {
            return (self.needed > self.of).then_some(("of", "at least as many as it takes"));
        }
        if two && first.is_empty() {
            return Some(("first-holder", "the name of the first person"));
        }
        if two && (second.is_empty() || first == second) {
            return Some(("second-holder", "the name of another person"));
        }
        if self.password.is_empty() {
            return Some(("password", "a password is needed"));
        }
        if self.password != self.repeat {
            return Some(("repeat", "not the same as the password above"));
        }
        if two && (self.second.is_empty() || self.second == self.password) {
            return Some(("second-password", "a password of one's own, another than the first person's"));
        }
        (two && self.second != self.second_repeat)
            .then_some(("second-repeat", "not the same as the password above"))
    }

    /// Returns what protects the key then; `None` for shares, which have to be dealt first.
    pub fn sealing(&self) -> Option<Sealing> {
        let [first, second] = self.holders.clone();
        match self.protection {
            "password" => Some(Sealing::Password(self.password.clone())),
            "two-passwords" => {
                Some(Sealing::TwoPasswords([(first, self.password.clone()), (second, self.second.clone())]))
            }
            _ => None,
        }
    }
}

impl Record for NewProtection {
    const NOUN: &'static str = "key protection";
    const FIELDS: &'static [Field<Self>] = &[
        Field::amendable(
            "protection",
            "Protection",
            "What opens the key: a password, the passwords of two people together, or some of several shares.",
            Kind::Choice(Self::NAMES),
            |x, _| x.protection.into(),
            |x, t| {
                let known = |t: &str| Self::NAMES.iter().copied().find(|n| *n == t.trim());
                x.protection = choice(t, Self::NAMES, known)?;
                Ok(())
            },
        ),
        Field::amendable(
            "needed",
            "Shares it takes",
            "How many shares together open the key.",
            Kind::Number(2, MOST_SHARES as u64),
            |x, _| x.needed.to_string(),
            |x, t| number(t, 2, MOST_SHARES.into()).map(|needed| x.needed = needed),
        ),
        Field::amendable(
            "of",
            "Shares there are",
            "How many shares are dealt; more than it takes lets some be lost.",
            Kind::Number(2, MOST_SHARES as u64),
            |x, _| x.of.to_string(),
            |x, t| number(t, 2, MOST_SHARES.into()).map(|of| x.of = of),
        ),
        Field::text(
            "first-holder",
            "First person",
            "The name of the person who types the first password.",
            |x, _| visible(&x.holders[0]),
            |x, t| {
                x.holders[0] = holder(t)?;
                Ok(())
            },
        ),
        Field::amendable(
            "password",
            "Password",
            "Typed by its owner alone; it cannot be recovered.",
            Kind::Secret,
            |_, _| String::new(),
            |x, t| x.password.put(t),
        ),
        Field::amendable(
            "repeat",
            "Password again",
            "The same once more.",
            Kind::Secret,
            |_, _| String::new(),
            |x, t| x.repeat.put(t),
        ),
        Field::text(
            "second-holder",
            "Second person",
            "The name of the person who types the second password.",
            |x, _| visible(&x.holders[1]),
            |x, t| {
                x.holders[1] = holder(t)?;
                Ok(())
            },
        ),
        Field::amendable(
            "second-password",
            "Second password",
            "Typed by the second person alone.",
            Kind::Secret,
            |_, _| String::new(),
            |x, t| x.second.put(t),
        ),
        Field::amendable(
            "second-repeat",
            "Second password again",
            "The same once more.",
            Kind::Secret,
            |_, _| String::new(),
            |x, t| x.second_repeat.put(t),
        ),
    ];
}

fn holder(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.chars().count() > 64 || visible(name) != name {
        return Err("a name of at most 64 characters".into());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rung_says_what_is_wrong_with_it() {
        let secret = |text: &str| Secret::new(text.into());
        let mut asked = NewProtection { protection: "two-passwords", ..NewProtection::default() };
        assert_eq!(asked.fault().map(|f| f.0), Some("first-holder"));
        asked.holders = ["ann".into(), "ann".into()];
        assert_eq!(asked.fault().map(|f| f.0), Some("second-holder"));
        asked.holders[1] = "bea".into();
        assert_eq!(asked.fault().map(|f| f.0), Some("password"));
        (asked.password, asked.repeat) = (secret("one"), secret("two"));
        assert_eq!(asked.fault().map(|f| f.0), Some("repeat"));
        (asked.repeat, asked.second) = (secret("one"), secret("one"));
        assert_eq!(asked.fault().map(|f| f.0), Some("second-password"));
        asked.second = secret("two");
        assert_eq!(asked.fault().map(|f| f.0), Some("second-repeat"));
        asked.second_repeat = secret("two");
        assert_eq!(asked.fault(), None);
        assert!(matches!(asked.sealing(), Some(Sealing::TwoPasswords(_))));
        let shares = NewProtection { protection: "shares", needed: 4, of: 3, ..NewProtection::default() };
        assert_eq!((shares.fault().map(|f| f.0), shares.sealing()), (Some("of"), None));
    }
}
