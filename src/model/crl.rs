//! When CRLs are due, where they are published, and in which parts: what follows from a policy and the latest CRL. How
//! they are made is in `pki`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use super::bytes::Serial;
use super::certifier::{Certifier, CrlInfo, Debt};
use super::policy::Policy;
use super::time::{DAY, Timestamp, days_left};

/// Which CRL is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CrlKind {
    /// A regular one when it is due, else an immediate one.
    #[default]
    AsDue,
    /// A regular one: the schedule goes on from it.
    Regular,
    /// One out of turn, which leaves the schedule as it is.
    Immediate,
    /// A delta CRL: what has changed since the latest complete one.
    Delta,
}

/// What is known of the latest CRL at a target: a folder, a command, an address or a file that was brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The number of the complete CRL that was published there.
    pub number: u64,
    /// When it was brought there or looked at there.
    pub at: Timestamp,
    /// Whether what is served there was read back and is what was signed.
    pub proved: bool,
}

impl Publication {
    /// Says it in one line.
    pub fn told(&self, target: &str) -> String {
        let how = if self.proved { "published and proved" } else { "published" };
        format!("CRL {} {how} on {}: {target}", self.number, self.at.text())
    }
}

/// How urgent something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// Nothing is to be done.
    Green,
    /// Something is due.
    Yellow,
    /// A deadline has passed.
    Red,
}

impl Light {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "RED",
        }
    }
}

/// What is due of a certifier's CRLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The most urgent of it.
    pub light: Light,
    /// When the next regular CRL is due.
    pub next: Option<Timestamp>,
    /// What is due, the most urgent first; what stands well is left out.
    pub lines: Vec<(Light, String)>,
    /// Whether a delta CRL is due, and no complete one.
    pub delta: bool,
}

impl Due {
    /// Works out what is due now. `targets` tells whether this machine publishes CRLs of the certifier.
    pub fn of(state: &State, certifier: &Certifier, targets: bool, now: Timestamp) -> Self {
        let published = targets.then(|| state.published.get(&certifier.name).cloned().unwrap_or_default());
        let debt = state.owed.get(&certifier.name);
        Self::of_parts(certifier, debt, published.as_ref(), now)
    }

    /// Works out what is due of the schedule alone.
    pub fn of_schedule(certifier: &Certifier, now: Timestamp) -> Self {
        Self::of_parts(certifier, None, None, now)
    }

    fn of_parts(
        certifier: &Certifier,
        debt: Option<&Debt>,
        published: Option<&BTreeMap<String, Publication>>,
        now: Timestamp,
    ) -> Self {
        if certifier.certificate.not_after < now {
            // Nobody believes a CRL of it any more, nor a certificate: none can be signed, and none is missed.
            return Self { light: Light::Green, next: None, lines: Vec::new(), delta: false };
        }
        Self::work_out(&certifier.policy, certifier.crl.as_ref(), debt, published, now).with_parts(certifier)
    }

    /// Adds that new certificates name parts of the CRL of which none was signed yet.
    fn with_parts(mut self, certifier: &Certifier) -> Self {
        let Some(crl) = &certifier.crl else { return self };
        let parts = certifier.crl_parts();
        if parts > certifier.crl_parts_by(Some(crl.this_update)) {
            let text = format!("New certificates name one of {parts} parts of the CRL: sign the next one.");
            self.lines.push((Light::Yellow, text));
            self.light = self.light.max(Light::Yellow);
        }
        self
    }

    /// Works it out of its parts; `published` is `None` where this machine publishes nothing.
    fn work_out(
        policy: &Policy,
        crl: Option<&CrlInfo>,
        debt: Option<&Debt>,
        published: Option<&BTreeMap<String, Publication>>,
        now: Timestamp,
    ) -> Self {
        let mut lines: Vec<(Light, String)> = Vec::new();
        let (mut next, mut delta) = (None, false);
        match crl {
            None => lines.push((Light::Yellow, "There is no CRL yet.".into())),
            Some(crl) => {
                let regular = policy.next_regular(crl);
                next = Some(regular);
                if crl.next_update < now {
                    let text = format!(
                        "CRL {} has ended on {}: clients refuse everything.",
                        crl.number,
                        crl.next_update.text()
                    );
                    lines.push((Light::Red, text));
                } else if regular <= now {
                    lines.push((
                        Light::Yellow,
                        format!(
                            "The next regular CRL is due since {}; CRL {} ends on {}, {}.",
                            regular.date(),
                            crl.number,
                            crl.next_update.text(),
                            left(crl.next_update, now)
                        ),
                    ));
                }
                let complete = !lines.is_empty();
                if let Some(ended) = crl.delta.filter(|end| *end < now && policy.delta_days > 0) {
                    delta = !complete;
                    let text =
                        format!("The latest delta CRL has ended on {}: sign another one.", ended.text());
                    lines.push((Light::Yellow, text));
                }
                let known = |p: &&Publication| p.number == crl.number;
                if published.is_some_and(|all| !all.values().any(|p| known(&p))) {
                    lines.push((Light::Yellow, format!("CRL {} is signed and not published.", crl.number)));
                } else if published.is_some_and(|all| !all.values().filter(known).any(|p| p.proved)) {
                    let text = format!("What is served was not proved to be CRL {}.", crl.number);
                    lines.push((Light::Yellow, text));
                }
            }
        }
        lines.extend(debt.map(|debt| debt.due(policy, now)));
        lines.sort_by_key(|(light, _)| std::cmp::Reverse(*light));
        let light = lines.first().map_or(Light::Green, |(light, _)| *light);
        Self { light, next, lines, delta }
    }

    /// Says which CRL is the latest, until when it is valid, and when the next one is due.
    pub fn told(&self, crl: Option<&CrlInfo>, now: Timestamp) -> String {
        let Some(crl) = crl else { return "none yet".into() };
        let next = self.next.map_or_else(String::new, |next| format!(", next due {}", next.date()));
        let until = crl.next_update;
        let left = days_left(until.days_from(now));
        format!("number {}, valid until {} ({left}){next}", crl.number, until.date())
    }

    /// Says what is due in one line.
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|(_, text)| text.as_str()).collect();
        lines.join(" ")
    }
}

impl Debt {
    /// Says how urgent the CRL is that is owed, and until when the policy wants it.
    pub fn due(&self, policy: &Policy, now: Timestamp) -> (Light, String) {
        let by = |at: Option<Timestamp>, hours: u32| at.map(|at| Timestamp(at.0 + i64::from(hours) * 3600));
        let urgent = by(self.compromise, policy.crl_hours_compromise);
        let by = urgent.into_iter().chain(by(self.other, policy.crl_hours)).min();
        let what = if urgent.is_some() { ", a compromised key among them" } else { "" };
        let (light, until) = match by {
            Some(by) if by < now => (Light::Red, format!("; the deadline was {}", by.text())),
            Some(by) => (Light::Yellow, format!("; by {}, {}", by.text(), left(by, now))),
            None => (Light::Yellow, String::new()),
        };
        (light, format!("Owes a CRL: {} the latest{what}{until}.", self.words()))
    }
}

/// Says how many entries a list has.
pub fn entries(count: u64) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}

/// Says how many parts of a complete list there are.
pub fn parts(count: usize) -> String {
    if count == 1 { "1 part".into() } else { format!("{count} parts") }
}

/// Says how long it is until a moment: hours, and days when there are some.
fn left(at: Timestamp, now: Timestamp) -> String {
    match at.0 - now.0 {
        seconds if seconds < 2 * DAY => format!("{} h left", seconds.max(0) / 3600),
        seconds => format!("{} days left", seconds / DAY),
    }
}

impl Certifier {
    /// Returns in how many parts its CRL is signed: as many as the policy ever had, for a certificate names its part for
    /// good; 0 for none.
    pub fn crl_parts(&self) -> u32 {
        self.crl_parts_by(None)
    }

    /// Returns the same by the policies up to a moment.
    fn crl_parts_by(&self, at: Option<Timestamp>) -> u32 {
        let then = self.versions.iter().filter(|v| at.is_none_or(|at| v.at <= at)).map(|v| &v.policy);
        let now = Some(&self.policy).filter(|_| at.is_none() || self.versions.is_empty());
        then.chain(now).map(|p| p.crl_parts).filter(|parts| *parts > 1).max().unwrap_or(0)
    }

    /// Returns every address at which certificates look for the complete CRL, a part of it, or its delta CRLs: those that the
    /// policy names now first, and those that it has named before, for a certificate names its address for good.
    pub fn crl_addresses(&self, kind: &CrlInfo) -> Vec<String> {
        let before = self.versions.iter().rev().map(|v| &v.policy);
        let mut all = Vec::new();
        for policy in std::iter::once(&self.policy).chain(before) {
            let address = match (kind.base, kind.partition) {
                (Some(_), _) => policy.delta_address(),
                (None, part) if part > policy.crl_parts => String::new(),
                (None, part) => policy.crl_address(part),
            };
            if !address.is_empty() && !all.contains(&address) {
                all.push(address);
            }
        }
        all
    }
}

impl Policy {
    /// Returns the seconds between regular CRLs.
    pub fn interval(&self) -> i64 {
        match self.crl_interval {
            0 => i64::from(self.crl_days) * DAY / 4 * 3,
            days => i64::from(days) * DAY,
        }
    }

    /// Returns when a regular CRL is due after the latest one. Where the schedule was made longer since than that one lasts,
    /// it is due when three quarters of its validity have passed.
    pub fn next_regular(&self, latest: &CrlInfo) -> Timestamp {
        let planned = Timestamp(latest.regular.unwrap_or(latest.this_update).0 + self.interval());
        let lasts = latest.next_update.0 - latest.this_update.0;
        if planned < latest.next_update { planned } else { Timestamp(latest.this_update.0 + lasts / 4 * 3) }
    }

    /// Says what contradicts itself about CRLs.
    pub fn crl_contradiction(&self) -> Option<String> {
        if self.crl_interval >= self.crl_days && self.crl_interval > 0 {
            return Some(format!(
                "A CRL that is valid for {} days has to be followed sooner than after {}: crl-interval below crl-days.",
                self.crl_days, self.crl_interval
            ));
        }
        if self.delta_days > 0 && self.crl_parts > 0 {
            return Some(
                "Delta CRLs and a CRL in parts do not go together: choose one of delta-days and crl-parts."
                    .into(),
            );
        }
        if self.delta_days > self.crl_days {
            return Some("A delta CRL cannot outlast the complete one: delta-days at most crl-days.".into());
        }
        if self.crl_url.is_empty() && (self.delta_days > 0 || self.crl_parts > 0) {
            return Some("Delta CRLs and parts need the address of the CRL: crl-url.".into());
        }
        None
    }

    /// Returns the part of the CRL that lists a certificate with this serial number; 0 when the CRL is not in parts.
    pub fn part_of(&self, serial: &Serial) -> u32 {
        let low = serial.0.iter().rev().take(2).rev().fold(0_u32, |all, b| all << 8 | u32::from(*b));
        if self.crl_parts < 2 { 0 } else { low % self.crl_parts + 1 }
    }

    /// Returns the address of the CRL, or of a part of it; empty without an address.
    pub fn crl_address(&self, part: u32) -> String {
        if part == 0 { self.crl_url.clone() } else { self.beside(&part.to_string()) }
    }

    /// Returns the address of the delta CRLs; empty where there are none.
    pub fn delta_address(&self) -> String {
        if self.delta_days == 0 { String::new() } else { self.beside("delta") }
    }

    /// Returns the policy for the next key of the authority, which has a CRL and a certificate of its own: `root.crl` becomes
    /// `root-g2.crl`, and that `root-g3.crl`.
    #[must_use]
    pub fn of_next_key(&self) -> Self {
        let next = |url: &str| {
            let (stem, extension) = split(url);
            let (stem, count) = stem
                .rsplit_once("-g")
                .and_then(|(stem, n)| Some((stem, n.parse::<u32>().ok().filter(|n| *n < 1000)?)))
                .unwrap_or((stem, 1));
            if url.is_empty() { String::new() } else { format!("{stem}-g{}{extension}", count + 1) }
        };
        Self { crl_url: next(&self.crl_url), issuer_url: next(&self.issuer_url), ..self.clone() }
    }

    /// Puts a word before the extension of the CRL's address.
    fn beside(&self, word: &str) -> String {
        let (stem, extension) = split(&self.crl_url);
        if stem.is_empty() { String::new() } else { format!("{stem}-{word}{extension}") }
    }
}

/// Splits an address before the extension of its last part.
fn split(url: &str) -> (&str, &str) {
    let name = url.rfind('/').map_or(0, |at| at + 1);
    let dot = url.get(name..).and_then(|n| n.rfind('.'));
    dot.map_or((url, ""), |dot| url.split_at(name + dot))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy { crl_url: "http://c.test/x.y/root.crl".into(), ..Policy::default() }
    }

    #[test]
    fn addresses_of_parts_and_deltas_stand_beside_the_complete_crl() {
        let p = Policy { delta_days: 1, ..policy() };
        assert_eq!(p.delta_address(), "http://c.test/x.y/root-delta.crl");
        assert_eq!(p.crl_address(3), "http://c.test/x.y/root-3.crl");
        assert_eq!(p.crl_address(0), p.crl_url);
        let next = p.of_next_key();
        let third = next.of_next_key();
        assert_eq!(
            [&next.crl_url, &third.crl_url, &third.issuer_url],
            ["http://c.test/x.y/root-g2.crl", "http://c.test/x.y/root-g3.crl", ""]
        );
        let bare = Policy { crl_url: "http://c.test/x.y/root".into(), ..p };
        assert_eq!(bare.crl_address(1), "http://c.test/x.y/root-1");
    }

    proptest::proptest! {
        #[test]
        fn every_certificate_is_in_one_part(serial: Vec<u8>, parts in 2_u32..64) {
            let part = Policy { crl_parts: parts, ..policy() }.part_of(&Serial(serial.clone()));
            proptest::prop_assert!((1..=parts).contains(&part));
            proptest::prop_assert_eq!(policy().part_of(&Serial(serial)), 0);
        }
    }

    #[test]
    fn what_contradicts_itself_is_said() {
        for (p, says) in [
            (Policy { crl_days: 7, crl_interval: 7, ..policy() }, "sooner"),
            (Policy { delta_days: 1, crl_parts: 4, ..policy() }, "together"),
            (Policy { delta_days: 31, ..policy() }, "outlast"),
            (Policy { delta_days: 1, crl_url: String::new(), ..policy() }, "address"),
        ] {
            assert!(p.crl_contradiction().unwrap().contains(says), "{p:?}");
        }
        assert_eq!(policy().crl_contradiction(), None);
    }

    #[test]
    fn the_light_follows_schedule_end_debt_and_publication() {
        let now = Timestamp(1_790_000_000);
        let light =
            |crl: Option<&CrlInfo>,
             debt: Option<&Debt>,
             published: Option<&BTreeMap<String, Publication>>,
             days| { Due::work_out(&policy(), crl, debt, published, now.plus_days(days)).light };
        assert_eq!(light(None, None, None, 0), Light::Yellow, "none yet");
        let crl = CrlInfo {
            number: 4,
            this_update: now,
            next_update: now.plus_days(30),
            regular: Some(now),
            ..CrlInfo::default()
        };
        let (signed, crl) = (crl.clone(), Some(&crl));
        let on = [0, 22, 23, 31].map(|days| light(crl, None, None, days));
        assert_eq!(on, [Light::Green, Light::Green, Light::Yellow, Light::Red]);
        let mut published = BTreeMap::new();
        assert_eq!(light(crl, None, Some(&published), 0), Light::Yellow, "not published");
        published.insert("folder /srv".to_owned(), Publication { number: 4, at: now, proved: false });
        assert_eq!(light(crl, None, Some(&published), 0), Light::Yellow, "not proved");
        published.insert("http".to_owned(), Publication { number: 4, at: now, proved: true });
        assert_eq!(light(crl, None, Some(&published), 0), Light::Green);
        let stale = CrlInfo { delta: Some(now.plus_days(1)), ..signed };
        let deltas = Policy { delta_days: 1, ..policy() };
        let text = |policy: &Policy, days| {
            Due::work_out(policy, Some(&stale), None, None, now.plus_days(days)).text()
        };
        assert_eq!([text(&deltas, 1), text(&policy(), 2)], ["", ""]);
        assert!(text(&deltas, 2).contains("delta CRL has ended"));
        let delta = |days| Due::work_out(&deltas, Some(&stale), None, None, now.plus_days(days)).delta;
        assert_eq!([1, 2, 23].map(delta), [false, true, false], "a complete one goes first");
        let debt = Debt { count: 1, compromise: Some(now), other: None };
        assert_eq!(light(crl, Some(&debt), None, 0), Light::Yellow);
        assert_eq!(light(crl, Some(&debt), None, 2), Light::Red, "24 hours");
        assert!(Due::work_out(&policy(), crl, Some(&debt), None, now).text().contains("compromised key"));
    }
}
