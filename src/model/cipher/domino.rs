//! What is known of suites in Domino's releases, and how well it is known. Where nothing is evidenced that is said, never guessed.

use super::{Kx, Suite};
use crate::model::server::Release;

/// What a release does with a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Offered unless a document or a setting says otherwise.
    Default,
    /// Known to have been there.
    There,
    /// Practitioners remember it there, or an earlier release has it; no published page was found.
    Likely,
    /// If the release has it at all, only with `USE_WEAK_SSL_CIPHERS=1`.
    Switch,
    /// It came with a later release.
    NotYet,
    /// Not in the Internet protocols of any release so far.
    Never,
    /// Nothing is evidenced.
    Unknown,
}

impl Standing {
    /// Every standing, in the order of legends.
    pub const ALL: [Self; 7] =
        [Self::Default, Self::There, Self::Likely, Self::Switch, Self::NotYet, Self::Never, Self::Unknown];

    /// Returns the word of columns.
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::There => "there",
            Self::Likely => "likely",
            Self::Switch => "switch",
            Self::NotYet => "not yet",
            Self::Never => "never",
            Self::Unknown => "unknown",
        }
    }

    /// Says what that means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Default => "offered unless a document or a setting says otherwise",
            Self::There => "known to be there; whether it is offered by itself is not evidenced",
            Self::Likely => {
                "remembered by practitioners, or known of an earlier release; no published page was found"
            }
            Self::Switch => "if the release has it at all, only with USE_WEAK_SSL_CIPHERS=1",
            Self::NotYet => "came with a later release",
            Self::Never => "not in the Internet protocols of any release up to 14",
            Self::Unknown => "not evidenced",
        }
    }
}

/// What is known of a suite in Domino.
struct Known {
    suite: Suite,
    /// The first release that is known to have it.
    since: Option<Release>,
    /// Whether that is evidenced, and not only remembered.
    sure: bool,
    note: &'static str,
}

const fn known(code: u16, since: Option<Release>, sure: bool, note: &'static str) -> Known {
    Known { suite: Suite(code), since, sure, note }
}

const ECDHE: &str = "ECDHE came with a fix pack of 9.0.1";
const DHE: &str = "DHE came with TLS 1.2 in a fix pack of 9.0.1; well-known groups of 2048 bits and more since 9.0.1 FP4 IF2";
const SSL: &str = "from the time of SSL: RSA key exchange with RC4, DES, 3DES and export suites";
const NOT_DATED: &str = "the release it came with is not evidenced";
const EXPORT: &str = "switched off by itself when the key is longer than export suites allow";
const CURVES: &str = "ECDSA keys came with 12, and with such a key it is chosen by itself";

/// Suites that Domino is known for. The usual order of a server stands in [`super::priority`].
static KNOWN: &[Known] = &[
    known(0xc030, Some(Release::R9), false, ECDHE),
    known(0xc02c, Some(Release::R12), true, CURVES),
    known(0x009f, Some(Release::R9), false, DHE),
    known(0xc02f, Some(Release::R9), false, ECDHE),
    known(0xc02b, Some(Release::R12), true, CURVES),
    known(0x009e, Some(Release::R9), false, DHE),
    known(0xc028, Some(Release::R9), false, ECDHE),
    known(0xc027, Some(Release::R9), false, ECDHE),
    known(0x006b, Some(Release::R9), false, DHE),
    known(0x0067, Some(Release::R9), false, DHE),
    known(0xc014, Some(Release::R9), false, ECDHE),
    known(0xc013, Some(Release::R9), false, ECDHE),
    known(0x0039, Some(Release::R9), true, "seen in a trace of 9.0.1"),
    known(0x0033, Some(Release::R9), false, "the one DHE suite with a group of 1024 bits, for Java 6"),
    known(0x009d, Some(Release::R9), true, "came with TLS 1.2 in 9.0.1 FP3 IF2"),
    known(0x009c, Some(Release::R9), true, "came with TLS 1.2 in 9.0.1 FP3 IF2"),
    known(0x003d, None, false, NOT_DATED),
    known(0x003c, None, false, NOT_DATED),
    known(0x0035, None, false, NOT_DATED),
    known(0x002f, None, false, NOT_DATED),
    known(0x000a, Some(Release::R8), true, SSL),
    known(0x0005, Some(Release::R8), true, "last in the order of a server, and advised against since 12"),
    known(
        0x0004,
        Some(Release::R8),
        true,
        "in 2014 a way around POODLE for a while; advised against since 12",
    ),
    known(
        0x0009,
        Some(Release::R8),
        true,
        "9.0.1 disables it with a line in the log unless USE_WEAK_SSL_CIPHERS=1",
    ),
    known(0x0062, Some(Release::R8), true, EXPORT),
    known(0x0064, Some(Release::R8), true, EXPORT),
    known(0x0003, Some(Release::R8), true, EXPORT),
    known(0x0006, Some(Release::R8), true, EXPORT),
    known(0x0008, Some(Release::R8), true, EXPORT),
    known(0x0002, None, false, NOT_DATED),
    known(0x0001, None, false, NOT_DATED),
];

/// Lists the suites that Domino is known for.
pub fn domino() -> impl Iterator<Item = Suite> {
    KNOWN.iter().map(|known| known.suite)
}

/// What 14 offers by itself: forward secrecy with AEAD, and nothing else.
pub const DOMINO_14: [Suite; 6] =
    [Suite(0xc030), Suite(0xc02c), Suite(0x009f), Suite(0xc02f), Suite(0xc02b), Suite(0x009e)];

/// Returns what a release offers by itself, where the whole list is evidenced.
pub fn default_of(release: Release) -> Option<&'static [Suite]> {
    (release == Release::R14).then_some(&DOMINO_14)
}

impl Suite {
    /// Tells what a release does with the suite.
    pub fn standing(self, release: Release) -> Standing {
        if self.anatomy().is_some_and(|a| a.kx == Kx::Any) {
            return Standing::Never;
        }
        let Some(known) = KNOWN.iter().find(|known| known.suite == self) else { return Standing::Unknown };
        if release >= Release::R14 {
            return if DOMINO_14.contains(&self) { Standing::Default } else { Standing::Switch };
        }
        match (known.since, known.sure) {
            (Some(since), true) if release < since => Standing::NotYet,
            // Weak suites are behind the switch since 9.0.1; of which else that holds before 14 is not evidenced.
            (Some(_), true) if self == Self(0x0009) && release >= Release::R9 => Standing::Switch,
            (Some(since), true) if release == since => Standing::There,
            (Some(since), _) if release >= since => Standing::Likely,
            _ => Standing::Unknown,
        }
    }

    /// Says what is known of the suite in Domino.
    pub fn domino_note(self) -> &'static str {
        KNOWN.iter().find(|known| known.suite == self).map_or("not known in Domino", |known| known.note)
    }
}

/// Says what is known of ciphers in a release.
pub fn release_notes(release: Release) -> &'static str {
    match release {
        Release::R8 => {
            "SSL 2.0 and 3.0 with RSA key exchange; what it offers by itself is not evidenced suite by suite."
        }
        Release::R9 => {
            "TLS 1.0 with fix packs of 2014, TLS 1.2 with 9.0.1 FP3 IF2. The list is SSLCipherSpec in notes.ini. What it \
             offers by itself differs between fix packs and is not evidenced whole."
        }
        Release::R10 => {
            "Ciphers stand in Server and Internet Site documents again; an SSLCipherSpec is taken over at the upgrade."
        }
        Release::R11 => "As 10.0.1; TLS 1.0 is on unless SSL_DISABLE_TLS_10=1.",
        Release::R12 => "TLS 1.0 is off unless SSL_ENABLE_TLS_10=1; ECDSA keys in the certificate store.",
        Release::R14 => {
            "By itself only the six suites with forward secrecy and AEAD; anything else needs USE_WEAK_SSL_CIPHERS=1 in \
             notes.ini as well as its place in the list."
        }
    }
}

/// A list of suites for a purpose.
#[derive(Debug)]
pub struct Preset {
    /// The name, which a list of ciphers may be set to.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// The suites.
    pub suites: &'static [Suite],
}

/// Every preset.
pub static PRESETS: [Preset; 3] = [
    Preset {
        name: "domino-14",
        title: "Domino 14 default",
        help: "forward secrecy and AEAD: every browser and mail server of the last ten years",
        suites: &DOMINO_14,
    },
    Preset {
        name: "aead",
        title: "TLS 1.2 AEAD only",
        help: "as Domino 14, and AES-GCM without forward secrecy for clients that know no other key exchange than RSA",
        suites: &[
            Suite(0xc030),
            Suite(0xc02c),
            Suite(0x009f),
            Suite(0xc02f),
            Suite(0xc02b),
            Suite(0x009e),
            Suite(0x009d),
            Suite(0x009c),
        ],
    },
    Preset {
        name: "legacy",
        title: "legacy",
        help: "CBC and 3DES too, for clients without TLS 1.2; no RC4, no DES, no export suites",
        suites: &[
            Suite(0xc030),
            Suite(0xc02c),
            Suite(0x009f),
            Suite(0xc02f),
            Suite(0xc02b),
            Suite(0x009e),
            Suite(0xc028),
            Suite(0x006b),
            Suite(0xc014),
            Suite(0x0039),
            Suite(0xc027),
            Suite(0x0067),
            Suite(0xc013),
            Suite(0x0033),
            Suite(0x009d),
            Suite(0x009c),
            Suite(0x003d),
            Suite(0x0035),
            Suite(0x003c),
            Suite(0x002f),
            Suite(0x000a),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cipher::Grade;

    #[test]
    fn what_fourteen_offers_is_good_and_what_it_hides_is_not() {
        for suite in domino() {
            let default = suite.standing(Release::R14) == Standing::Default;
            assert_eq!(default, suite.grade() == Grade::Good, "{}", suite.name());
            assert_eq!(default, DOMINO_14.contains(&suite));
        }
    }

    #[test]
    fn nothing_is_claimed_that_is_not_evidenced() {
        assert_eq!(Suite(0x1301).standing(Release::R14), Standing::Never);
        assert_eq!(Suite(0xc02c).standing(Release::R11), Standing::NotYet);
        assert_eq!(Suite(0xc030).standing(Release::R10), Standing::Likely);
        assert_eq!(Suite(0xc030).standing(Release::R8), Standing::Unknown);
        assert_eq!(Suite(0x0035).standing(Release::R9), Standing::Unknown);
        assert_eq!(Suite(0x0009).standing(Release::R9), Standing::Switch);
        assert_eq!(Suite(0x0009).standing(Release::R8), Standing::There);
        // Camellia is in nobody's account of Domino.
        assert_eq!(Suite(0x0041).standing(Release::R14), Standing::Unknown);
        assert!(Release::ALL.iter().all(|r| default_of(*r).is_some() == (*r == Release::R14)));
    }

    #[test]
    fn presets_hold_suites_that_domino_is_known_for_in_the_order_of_a_server() {
        for preset in &PRESETS {
            let mut sorted = preset.suites.to_vec();
            crate::model::cipher::priority(&mut sorted);
            assert_eq!(sorted, preset.suites, "{}", preset.name);
            assert!(preset.suites.iter().all(|s| domino().any(|d| d == *s)));
            assert!(preset.suites.iter().all(|s| s.grade() != Grade::Broken));
        }
    }
}
