//! The states that each rule of keyrings is held against.

use ringmaster::model::State;
use ringmaster::model::certificate::KeyUsage;
use ringmaster::model::certifier::{Certifier, Policy};
use ringmaster::model::finding::Severity::{self, Error, Info, Warning};
use ringmaster::model::issued::{Reason, Revocation};
use ringmaster::model::keyring::{Entry, Role};
use ringmaster::model::name::AltName;
use ringmaster::model::site::Site;
use ringmaster::model::time::Timestamp;
use ringmaster::model::unread::Sort;

use super::{MADE, entry, leaf, mail, now, ring, site, unread};

/// A second site for the same host, on another server, with this keyring.
fn twin(state: &mut State, keyring: &str) {
    let on = |server: &str, site: Site| Site { servers: vec![server.into()], ..site };
    state.sites.insert("mail".into(), on("a", site("mail", "mail")));
    state.sites.insert("twin".into(), on("b", site("twin", keyring)));
    state.keyrings.insert("second".into(), ring("second", &MADE.second));
}

/// One rule held against two states.
pub(super) struct Fixture {
    pub(super) rule: &'static str,
    /// Makes of the sound state one that is near the fault and without it.
    pub(super) good: fn(&mut State),
    /// Makes of the sound state one with the fault.
    pub(super) bad: fn(&mut State),
    /// What must be told: the severity, the object, and words of the text.
    pub(super) tells: (Severity, &'static str, &'static str),
}

pub(super) const FIXTURES: &[Fixture] = &[
    Fixture {
        rule: "K01",
        good: |s| s.sites.get_mut("mail").unwrap().keyring.clear(),
        bad: |s| s.sites.get_mut("mail").unwrap().keyring = "gone".into(),
        tells: (Error, "site mail", "names keyring gone, which is missing"),
    },
    Fixture {
        rule: "K01",
        good: |s| unread(s, "certifiers/gone/certifier.ron", Sort::Missing),
        bad: |s| unread(s, "keyrings/gone.kyr", Sort::Missing),
        tells: (Error, "keyring gone", "keyrings/gone.kyr: So it is."),
    },
    Fixture {
        rule: "K02",
        good: |s| {
            mail(s).stash = false;
            s.sites.get_mut("mail").unwrap().enabled = false;
        },
        bad: |s| mail(s).stash = false,
        tells: (Warning, "keyring mail", "cannot start unattended"),
    },
    Fixture {
        rule: "K03",
        good: |s| unread(s, "keyrings/photo.kyr", Sort::Stranger),
        bad: |s| unread(s, "keyrings/old.sth", Sort::StashAlone),
        tells: (Warning, "keyring old", "old.sth"),
    },
    Fixture {
        rule: "K03",
        good: |s| unread(s, "keyrings/old.kyr", Sort::Damaged),
        bad: |s| unread(s, "keyrings/old.kyr", Sort::Misnamed),
        tells: (Warning, "keyring old", "old.kyr"),
    },
    Fixture {
        rule: "K04",
        good: |s| unread(s, "certifiers/root/key.ron", Sort::NotPermitted),
        bad: |s| unread(s, "keyrings/mail.sth", Sort::NotPermitted),
        tells: (Error, "keyring mail", "mail.sth"),
    },
    Fixture {
        rule: "K05",
        good: |s| unread(s, "keyrings/mail.kyr", Sort::NotPermitted),
        bad: |s| unread(s, "keyrings/mail.kyr", Sort::OpenToOthers),
        tells: (Error, "keyring mail", "mail.kyr"),
    },
    Fixture {
        rule: "K06",
        good: |s| unread(s, "keyrings/mail.sth", Sort::OpenToOthers),
        bad: |s| unread(s, "keyrings/mail.sth", Sort::StashUnfit),
        tells: (Error, "keyring mail", "mail.sth"),
    },
    Fixture {
        rule: "K07",
        good: |s| {
            mail(s).entries.remove(0);
            mail(s).key = None;
        },
        bad: |s| drop(mail(s).entries.remove(0)),
        tells: (Warning, "keyring mail", "no request of it is in the queue"),
    },
    Fixture {
        rule: "K08",
        good: |s| {
            mail(s).entries.remove(0);
            s.keyrings.insert("second".into(), ring("second", &MADE.second));
        },
        bad: |s| {
            let certificate = mail(s).entries.remove(0).certificate;
            let mut other = ring("second", &MADE.second);
            other.entries.push(entry(Role::Root, &certificate));
            s.keyrings.insert("second".into(), other);
        },
        tells: (Warning, "keyring mail", "stands in second as trusted root"),
    },
    Fixture {
        rule: "K08",
        good: |s| unread(s, "keyrings/old.kyr", Sort::Damaged),
        bad: |s| unread(s, "keyrings/old.kyr", Sort::OtherKey),
        tells: (Error, "keyring old", "old.kyr"),
    },
    Fixture {
        rule: "K09",
        good: |s| mail(s).entries.push(entry(Role::Root, &MADE.stranger)),
        bad: |s| drop(mail(s).entries.remove(1)),
        tells: (Error, "keyring mail", "lacks the certificate of the issuer, Middle"),
    },
    Fixture {
        rule: "K09",
        good: |s| {
            // The ends of others are not a gap.
            mail(s).entries[1].certificate.not_after = now().plus_days(-1);
        },
        bad: |s| {
            s.keyrings.insert("second".into(), ring("second", &MADE.second));
            mail(s).entries.remove(1);
        },
        tells: (Error, "keyring mail", "which another ring or certifier of the workspace has"),
    },
    Fixture {
        rule: "K09",
        good: |s| {
            let mut own = ring("mail", &MADE.own);
            own.entries.truncate(1);
            own.entries.push(entry(Role::Root, &MADE.own));
            s.keyrings.insert("mail".into(), own);
        },
        bad: |s| {
            let mut own = ring("mail", &MADE.own);
            own.entries.truncate(1);
            s.keyrings.insert("mail".into(), own);
        },
        tells: (Warning, "keyring mail", "self-signed"),
    },
    Fixture {
        rule: "K10",
        good: |s| drop(mail(s).entries.remove(1)),
        bad: |s| drop(mail(s).entries.remove(2)),
        tells: (Info, "keyring mail", "its issuer Root is not here, which is right if that is a root"),
    },
    Fixture {
        rule: "K10",
        good: |s| {
            mail(s).entries.remove(1);
            s.keyrings.insert("second".into(), ring("second", &MADE.second));
        },
        bad: |s| {
            mail(s).entries.remove(2);
            s.keyrings.insert("second".into(), ring("second", &MADE.second));
        },
        tells: (Info, "keyring mail", "root of its chain, Root, which is known here"),
    },
    Fixture {
        rule: "K11",
        good: |s| {
            mail(s).entries.push(Entry { trusted: false, ..entry(Role::Root, &MADE.stranger) });
        },
        bad: |s| mail(s).entries[2].trusted = false,
        tells: (Warning, "keyring mail", "does not trust the root of its own chain: Root"),
    },
    Fixture {
        rule: "K12",
        good: |s| leaf(s).not_after = now().plus_days(90),
        bad: |s| leaf(s).not_after = now().plus_days(60),
        tells: (Info, "keyring mail", "has 60 days left: certificate mail.example.test (band of 90 days)"),
    },
    Fixture {
        rule: "K12",
        good: |s| mail(s).entries[1].certificate.not_after = now().plus_days(300),
        bad: |s| mail(s).entries[1].certificate.not_after = now().plus_days(10),
        tells: (Warning, "keyring mail", "has 10 days left: intermediate Middle (band of 14 days)"),
    },
    Fixture {
        rule: "K12",
        good: |s| {
            mail(s).entries[2].certificate.not_after = now().plus_days(3);
            mail(s).entries[2].trusted = false;
        },
        bad: |s| mail(s).entries[2].certificate.not_after = now().plus_days(3),
        tells: (Error, "keyring mail", "has 3 days left: trusted root Root (band of 7 days)"),
    },
    Fixture {
        rule: "K12",
        good: |s| leaf(s).not_before = now().plus_days(1),
        bad: |s| leaf(s).not_after = now().plus_days(-3),
        tells: (Error, "keyring mail", "Keyring mail ended 3 days ago: certificate"),
    },
    Fixture {
        rule: "K13",
        good: |s| leaf(s).not_before = now(),
        bad: |s| leaf(s).not_before = now().plus_days(1),
        tells: (Error, "keyring mail", "is valid from 2026-11-24 on"),
    },
    Fixture {
        rule: "K14",
        good: |s| (leaf(s).key.algorithm, leaf(s).key.bits) = ("RSA 2048".into(), 2048),
        bad: |s| (leaf(s).key.algorithm, leaf(s).key.bits) = ("RSA 1024".into(), 1024),
        tells: (Error, "keyring mail", "whose RSA key has 1024 bits only"),
    },
    Fixture {
        rule: "K14",
        good: |s| mail(s).entries[2].certificate.signature = "RSA SHA-1".into(),
        bad: |s| mail(s).entries[1].certificate.signature = "RSA SHA-1".into(),
        tells: (Error, "keyring mail", "intermediate Middle, which is signed with RSA SHA-1"),
    },
    Fixture {
        rule: "K15",
        good: |s| leaf(s).alt_names = vec![AltName::Ip("192.0.2.1".into())],
        bad: |s| leaf(s).alt_names = vec![AltName::Email("a@example.test".into())],
        tells: (Error, "keyring mail", "without a host name"),
    },
    Fixture {
        rule: "K16",
        good: |s| {
            leaf(s).alt_names = vec![AltName::Dns("*.example.test".into())];
            s.sites.get_mut("mail").unwrap().hosts.push("imap.example.test".into());
        },
        bad: |s| s.sites.get_mut("mail").unwrap().hosts.push("imap.example.test".into()),
        tells: (Error, "site mail", "answers for imap.example.test"),
    },
    Fixture {
        rule: "K17",
        good: |s| leaf(s).extended.clear(),
        bad: |s| leaf(s).extended = vec!["1.3.6.1.5.5.7.3.2".into()],
        tells: (Error, "keyring mail", "is for clientAuth"),
    },
    Fixture {
        rule: "K17",
        good: |s| leaf(s).key_usage = KeyUsage::from_name("digitalSignature").map(KeyUsage),
        bad: |s| leaf(s).key_usage = KeyUsage::from_name("keyEncipherment").map(KeyUsage),
        tells: (Error, "keyring mail", "may not sign a TLS handshake"),
    },
    Fixture {
        rule: "K18",
        good: |s| drop(s.keyrings.insert("second".into(), ring("second", &MADE.second))),
        bad: |s| drop(s.keyrings.insert("copy".into(), ring("copy", &MADE.leaf))),
        tells: (Warning, "keyring mail", "has the same key as keyring copy"),
    },
    Fixture {
        rule: "K19",
        good: |s| {
            leaf(s).not_after = Timestamp(leaf(s).not_before.plus_days(398).0 - 1);
        },
        bad: |s| leaf(s).not_after = leaf(s).not_before.plus_days(398),
        tells: (Info, "keyring mail", "for 398 days"),
    },
    Fixture {
        rule: "K19",
        good: |s| {
            leaf(s).not_after = now().plus_days(800);
            let root = Certifier::new("root", now(), MADE.root.clone(), Policy::default());
            s.certifiers.insert("root".into(), root);
        },
        bad: |s| leaf(s).not_after = now().plus_days(800),
        tells: (Info, "keyring mail", "public authorities may issue 398"),
    },
    Fixture {
        rule: "K20",
        good: |s| s.sites.get_mut("mail").unwrap().enabled = false,
        bad: |s| s.sites.clear(),
        tells: (Info, "keyring mail", "is named by no site"),
    },
    Fixture {
        rule: "K21",
        good: |s| twin(s, "mail"),
        bad: |s| twin(s, "second"),
        tells: (Warning, "site twin", "answers for mail.example.test with"),
    },
    Fixture {
        rule: "K23",
        good: |s| s.revocations.extend([(MADE.second.sha256, revoked())]),
        bad: |s| s.revocations.extend([(MADE.leaf.sha256, revoked())]),
        tells: (Error, "keyring mail", "was revoked on 2026-11-23"),
    },
];

fn revoked() -> Revocation {
    Revocation {
        at: now(),
        reason: Reason::KeyCompromise,
        invalidity: None,
        by: "ada".into(),
        comment: String::new(),
    }
}
