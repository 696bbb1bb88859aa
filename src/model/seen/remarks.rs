//! What is to be said about a service whatever its documents say: old versions, what is missing or too much. One entry of
//! the table is one rule. Compares with no document.

use super::{Answer, Asked, Scan, Stage, Version};
use crate::model::cipher::{Grade, Suite};
use crate::model::finding::Severity;

/// A remark on what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The rule, such as `wire.version`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was seen, one sentence.
    pub text: String,
    /// What to do, one sentence.
    pub remedy: &'static str,
}

/// A rule: its name, and what it has to say.
struct Rule {
    name: &'static str,
    remedy: &'static str,
    look: fn(&Scan) -> Vec<(Severity, String)>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "wire.unreached",
        remedy: "Look at the server's console and log at this time, and at its keyring.",
        look: |scan| {
            let text = |stage: Stage| match stage {
                Stage::Bind => "TLS begins, and an anonymous bind inside it is not answered.",
                _ => "No version of SSL or TLS was agreed.",
            };
            scan.failed.map(|stage| (Severity::Error, text(stage).to_owned())).into_iter().collect()
        },
    },
    Rule {
        name: "wire.version",
        remedy: "Switch the old versions off in the protocol settings of the server or of its site document.",
        look: |scan| {
            let severity = |v| match v {
                Version::Ssl2 | Version::Ssl3 => Some((Severity::Error, "has been broken for years")),
                Version::Tls10 | Version::Tls11 => Some((Severity::Warning, "is retired (RFC 8996)")),
                Version::Tls12 | Version::Tls13 => None,
            };
            let old = scan.spoken().filter_map(|s| severity(s.version).map(|(g, why)| (s, g, why)));
            old.map(|(s, grade, why)| (grade, format!("{} is spoken; it {why}.", s.version.name()))).collect()
        },
    },
    Rule {
        name: "wire.no-modern-version",
        remedy: "Switch TLS 1.2 or TLS 1.3 on; a release that knows neither has to be replaced.",
        look: |scan| {
            let old = scan.spoken().next_back().is_some_and(|s| s.version < Version::Tls12);
            one(
                old,
                Severity::Error,
                "Neither TLS 1.2 nor TLS 1.3 is spoken; today's clients cannot connect.",
            )
        },
    },
    Rule {
        name: "wire.broken-suite",
        remedy: "Take them out of the cipher list of the server or of its site document.",
        look: |scan| {
            let kinds = scan.versions.iter().flat_map(|s| s.kinds.iter().cloned());
            let broken = graded(scan, Grade::Broken).into_iter().chain(kinds).collect();
            counted(broken, Severity::Error, "that protect nobody")
        },
    },
    Rule {
        name: "wire.weak-suite",
        remedy: "Leave only suites with forward secrecy and without CBC, where every client knows some of them.",
        look: |scan| counted(graded(scan, Grade::Weak), Severity::Info, "for which there is better"),
    },
    Rule {
        name: "wire.dh-group",
        remedy: "Use a Diffie-Hellman group of 2048 bits or more, or switch the DHE suites off.",
        look: |scan| {
            let least = scan.versions.iter().filter_map(|s| s.dh_bits).min();
            let least = least.filter(|bits| *bits < 2048);
            let text = |bits| (Severity::Warning, format!("A Diffie-Hellman group of {bits} bits is used."));
            least.map(text).into_iter().collect()
        },
    },
    Rule {
        name: "wire.weak-group",
        remedy: "Leave only x25519 and the curves from 256 bits on.",
        look: |scan| {
            let weak: Vec<_> = scan.groups.iter().filter(|g| g.is_weak()).map(|g| g.name()).collect();
            one(
                !weak.is_empty(),
                Severity::Warning,
                format!("Short curves are accepted: {}.", weak.join(", ")),
            )
        },
    },
    Rule {
        name: "wire.renegotiation",
        remedy: "Update the server; until then switch renegotiation off.",
        look: |scan| {
            let missing = scan.manners.secure_renegotiation == Answer::No;
            one(missing, Severity::Warning, "Secure renegotiation (RFC 5746) is not known to the server.")
        },
    },
    Rule {
        name: "wire.client-renegotiation",
        remedy: "Let the server refuse it: each renegotiation costs it much more than the client.",
        look: |scan| {
            let open = scan.manners.client_renegotiation == Answer::Yes;
            one(open, Severity::Warning, "A client may renegotiate as often as it likes.")
        },
    },
    Rule {
        name: "wire.compression",
        remedy: "Switch TLS compression off.",
        look: |scan| {
            let on = scan.manners.compression == Answer::Yes;
            one(on, Severity::Error, "TLS compression is on; it gives secrets away (CRIME).")
        },
    },
    Rule {
        name: "wire.fallback",
        remedy: "Switch the older versions off, or update the server.",
        look: |scan| {
            // Between TLS 1.2 and 1.3 the random value of the server tells of it (RFC 8446 section 4.1.3).
            let old = scan.spoken().any(|s| s.version < Version::Tls12) && scan.spoken().count() > 1;
            let unnoticed = old && scan.manners.fallback == Answer::No;
            one(unnoticed, Severity::Info, "A forced fallback to an older version is not noticed (RFC 7507).")
        },
    },
    Rule {
        name: "wire.close-notify",
        remedy: "Nothing has to be done where the protocol itself says when it ends, as HTTP does.",
        look: |scan| {
            let rude = scan.manners.close_notify == Answer::No;
            one(rude, Severity::Info, "The server closes without saying so; an answer may be cut off unseen.")
        },
    },
    Rule {
        name: "wire.clock",
        remedy: "Let the server keep its time by NTP; look at the clock of this machine, too.",
        look: |scan| {
            let skew = scan.manners.clock.filter(|s| s.abs() > CLOCK);
            let text = |skew: i64| {
                let way = if skew > 0 { "ahead of" } else { "behind" };
                let text = format!("The server's clock is {} s {way} the one here.", skew.abs());
                (Severity::Warning, text)
            };
            skew.map(text).into_iter().collect()
        },
    },
    Rule {
        name: "wire.starttls-early",
        remedy: "Find out who sends it: somebody on the way can, for nothing protects it.",
        look: |scan| {
            let early = scan.manners.early == Answer::Yes;
            one(early, Severity::Error, "More came with the answer to STARTTLS, before TLS began.")
        },
    },
    Rule {
        name: "wire.starttls-injection",
        remedy: "Update the server: it must forget what came before TLS began (CVE-2011-0411).",
        look: |scan| {
            let open = scan.manners.injection == Answer::Yes;
            one(
                open,
                Severity::Error,
                "A command sent in the clear after STARTTLS is carried out inside TLS.",
            )
        },
    },
    Rule {
        name: "wire.no-sni",
        remedy: "Give the server a default site, or accept that clients without SNI are turned away.",
        look: |scan| {
            let face = |asked| scan.faces.iter().find(|f| f.asked == asked);
            let none = face(Asked::Nothing).is_some_and(|f| f.sent.is_empty());
            let named = face(Asked::Name).is_some_and(|f| !f.sent.is_empty());
            one(none && named, Severity::Info, "A client without SNI gets no certificate.")
        },
    },
    Rule {
        name: "wire.staple",
        remedy: "Look at the certificate's revocation; renew the staple if it is only old.",
        look: |scan| {
            let staples =
                scan.faces.iter().filter(|f| f.asked == Asked::Name).filter_map(|f| f.staple.as_ref());
            let bad = staples.filter_map(|staple| match staple.status.as_str() {
                _ if staple.proof == Answer::No => Some((
                    Severity::Error,
                    "The OCSP staple is not signed by the certificate's issuer, or is about another one.",
                )),
                "revoked" => Some((Severity::Error, "The OCSP staple says that the certificate is revoked.")),
                "unknown" => Some((Severity::Error, "The OCSP staple says that the certificate is unknown.")),
                _ if staple.next_update.is_some_and(|end| end < scan.at) => {
                    Some((Severity::Warning, "The OCSP staple has ended."))
                }
                _ => None,
            });
            bad.map(|(severity, text)| (severity, text.to_owned())).collect()
        },
    },
];

/// The seconds by which two clocks may differ without a word.
const CLOCK: i64 = 120;

fn one(holds: bool, severity: Severity, text: impl Into<String>) -> Vec<(Severity, String)> {
    holds.then(|| (severity, text.into())).into_iter().collect()
}

/// Names the suites of this grade that are accepted.
fn graded(scan: &Scan, grade: Grade) -> Vec<String> {
    scan.suites().into_iter().filter(|s| s.grade() == grade).map(Suite::name).collect()
}

/// Counts suites and names the first few.
fn counted(suites: Vec<String>, severity: Severity, what: &str) -> Vec<(Severity, String)> {
    let few = suites.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if suites.len() > 3 { " and others" } else { "" };
    let s = if suites.len() == 1 { "" } else { "s" };
    let text = format!("{} suite{s} {what}: {few}{more}.", suites.len());
    one(!suites.is_empty(), severity, text)
}

impl Scan {
    /// Lists what is to be said about what was seen, the worst first.
    pub fn remarks(&self) -> Vec<Remark> {
        let of_rule = |rule: &'static Rule| {
            let found = (rule.look)(self).into_iter();
            found.map(|(severity, text)| Remark { rule: rule.name, severity, text, remedy: rule.remedy })
        };
        let mut all: Vec<_> = RULES.iter().flat_map(of_rule).collect();
        all.sort_by_key(|r| std::cmp::Reverse(r.severity));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::scan;
    use super::*;

    #[test]
    fn a_modern_service_earns_no_remark_and_an_old_one_the_worst_first() {
        assert_eq!(scan(&[Version::Tls12, Version::Tls13]).remarks(), []);
        let mut old = scan(&[Version::Ssl3, Version::Tls10]);
        old.manners.client_renegotiation = Answer::Yes;
        old.manners.clock = Some(-4000);
        let remarks = old.remarks();
        let rules: Vec<_> = remarks.iter().map(|r| (r.rule, r.severity)).collect();
        assert_eq!(
            rules,
            [
                ("wire.version", Severity::Error),
                ("wire.no-modern-version", Severity::Error),
                ("wire.version", Severity::Warning),
                ("wire.client-renegotiation", Severity::Warning),
                ("wire.clock", Severity::Warning),
            ]
        );
        assert!(remarks[4].text.contains("4000 s behind"));
    }
}
