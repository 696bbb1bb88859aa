//! Rules about the files of the workspace, from what the store has observed of them.

use super::{Case, Check, Hit, sites};
use crate::model::finding::{Severity, Subject};
use crate::model::unread::{Sort, Unread};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "W01",
        title: "A file of the workspace is missing, cannot be read or does not fit; it is left alone.",
        severity: Severity::Error,
        remedy: "Do what is said of the file, then read the workspace again.",
        command: "console.refresh",
        explain: "The program found a file that it cannot take in, and left it as it is. It may be damaged, the file of \
            another program, from a newer version, or gone although the audit chain tells of it. Earlier versions of a \
            file stand in the folder .history beside it; put the right one back, or move away what does not belong here.",
        run: |case, found| each(case, "W01", found),
    },
    Check {
        id: "W02",
        title: "The ledger is older than one that was seen here before.",
        severity: Severity::Error,
        remedy: "Restore the newer ledger, or decide to go on with the older one.",
        command: "audit.reconcile",
        explain: "The end of the audit chain is remembered outside of the workspace after each change, and the ledger that is \
            here does not pass through it. Most often a backup was put in the place of the workspace; then certificates, \
            revocations and CRLs that were made since are forgotten. Nothing is signed until a person decides: restore the \
            newer ledger, or go on with this one, which makes CRL numbers jump ahead and is told in the audit chain.",
        run: |case, found| {
            if let Some(setback) = &case.state.setback {
                let losses = setback.losses();
                let lost =
                    if losses.is_empty() { String::new() } else { format!(" Lost: {}.", losses.join("; ")) };
                found(Hit::new(Subject::Workspace, setback.sentence() + &lost));
            }
        },
    },
    Check {
        id: "W03",
        title: "A keyring holds a certificate of a certifier here that the issued list does not know.",
        severity: Severity::Error,
        remedy: "Find out where it comes from; it cannot be revoked as long as the list does not know it.",
        command: "audit.list",
        explain: "The certificate names a certifier of this workspace by name and key, and the issued list does not have it. \
            Either the ledger is older than the certificate, as after a restored backup, or somebody signs with the key of the \
            certifier elsewhere. Compare with the latest backup and with the audit chain, and think of the key as known to \
            others until it is explained.",
        run: |case, found| {
            for ring in case.state.keyrings.values() {
                let unlisted =
                    ring.entries.iter().filter(|e| case.state.unlisted.contains(&e.certificate.sha256));
                for entry in unlisted {
                    let (serial, subject) = (&entry.certificate.serial, entry.certificate.subject.title());
                    let issuer = case.state.certifier_of(&entry.certificate).map_or("", |c| c.name.as_str());
                    let text = format!(
                        "holds {subject}, serial {serial}, of which the list of {issuer} does not know."
                    );
                    found(Hit::ring(ring, text));
                }
            }
        },
    },
    Check {
        id: "K01",
        title: "A keyring that a site, a server or the audit chain names is not there.",
        severity: Severity::Error,
        remedy: "Choose another keyring, or create it.",
        command: "site.edit",
        explain: "A site document names a keyring that does not exist, or a keyring that was made here has lost its file. \
            Nobody answers with TLS for such a site. Restore the file from keyrings/.history or a backup, name another \
            keyring in the document, or delete the keyring if it is not to come back.",
        run: |case, found| {
            let of_sites = sites(case).map(|s| (&s.keyring, Hit::site(s, names(case, &s.keyring))));
            let servers = case.state.servers.values().filter(|s| !s.load_sites);
            let of_servers = servers.map(|s| {
                let hit = Hit::server(s, names(case, &s.keyring));
                (&s.keyring, hit.instead("Choose another keyring, or create it.", "server.edit"))
            });
            for (ring, hit) in of_sites.chain(of_servers).filter(|(ring, _)| !ring.is_empty()) {
                if case.state.keyrings.contains_key(ring) {
                    continue;
                }
                found(match told(case, ring).map(|unread| unread.sort) {
                    None => hit,
                    Some(Sort::Missing) => hit.instead(BACK, "keyring.deleted"),
                    Some(_) => {
                        let remedy =
                            "Put the file of the keyring right, as is said of it; then it answers again.";
                        hit.instead(remedy, "console.refresh")
                    }
                });
            }
            each(case, "K01", found);
        },
    },
    Check {
        id: "K03",
        title: "A keyring or stash does not have the name that belongs to it.",
        severity: Severity::Warning,
        remedy: "Look at what is left over, and put it away.",
        command: "keyring.leftovers",
        explain: "A keyring and its stash carry one base name, and both are bound to it: mail.kyr and mail.sth. A stash \
            stands alone, or a file was renamed or copied by hand and holds another ring than its name says. Rename the \
            file back and rename the ring with the program, make the stash again, or put away what is left over.",
        run: |case, found| each(case, "K03", found),
    },
    Check {
        id: "K04",
        title: "A keyring or stash cannot be read by this user.",
        severity: Severity::Error,
        remedy: "Work as the user who owns the file, or give it to this one, then read the workspace again.",
        command: "console.refresh",
        explain: "The operating system or the owner of the file does not let the present user read it. Usually somebody \
            worked in the folder as another user, such as root, and left files behind. Change the owner back with chown, \
            or work as the user whom the workspace belongs to.",
        run: |case, found| each(case, "K04", found),
    },
    Check {
        id: "K05",
        title: "A keyring or stash can be read by others.",
        severity: Severity::Error,
        remedy: "Close the file with chmod 600, then read the workspace again.",
        command: "console.refresh",
        explain: "Group or world may read a file that holds an encrypted private key or a sealed password; it is not used \
            until it is closed. A copy with the wrong umask, or an unpacked archive, is the usual cause. Close it with \
            chmod 600, and when others may have copied it, change the password or make a new key.",
        run: |case, found| each(case, "K05", found),
    },
    Check {
        id: "K06",
        title: "A stash does not open its keyring.",
        severity: Severity::Error,
        remedy: "Make the stash again with the password of the keyring.",
        command: "keyring.stash",
        explain: "The stash holds another password than the keyring has now, was sealed by another user or on another \
            machine, or is damaged. It happens when one of the two files was restored alone, or when the workspace was \
            moved without the stash key. The keyring still opens with its password; make the stash again.",
        run: |case, found| each(case, "K06", found),
    },
    Check {
        id: "K08",
        title: "The certificate of a keyring is not of its key.",
        severity: Severity::Error,
        remedy: "Install the certificate that belongs to the key.",
        command: "keyring.install",
        explain: "A certificate only works with the private key it was requested for. A file was put together by hand from \
            two renewals, or the certificate of a waiting key was taken into a ring as a root or into another ring. Install \
            it in the ring that holds its key, or take the version of the ring before it from its history.",
        run: |case, found| {
            each(case, "K08", found);
            super::keyrings::other_key(case, found);
        },
    },
];

/// What helps against a keyring whose file is lost or no good.
const BACK: &str =
    "Bring the keyring back from its history or a backup, or delete it if it is not to come back.";

/// Finds the rule that tells of a file.
fn rule(unread: &Unread) -> &'static str {
    match (unread.keyring(), unread.sort) {
        (Some(_), Sort::Missing) => "K01",
        (Some(_), Sort::StashAlone | Sort::Misnamed) => "K03",
        (Some(_), Sort::NotPermitted) => "K04",
        (Some(_), Sort::OpenToOthers) => "K05",
        (Some(_), Sort::StashUnfit) => "K06",
        (Some(_), Sort::OtherKey) => "K08",
        _ => "W01",
    }
}

/// Tells of every file that is the matter of a rule.
fn each(case: &Case<'_>, id: &str, found: &mut dyn FnMut(Hit)) {
    for unread in case.state.unreadable.iter().filter(|unread| rule(unread) == id) {
        let hit = Hit::new(subject(unread), unread.to_string());
        let again = "Do what is said of the file, then read the workspace again.";
        found(match (id, unread.sort) {
            ("K01" | "K08", _) => hit.instead(BACK, "keyring.deleted"),
            ("W01", Sort::Damaged) if unread.keyring().is_some() && !unread.is_stash() => {
                hit.instead(BACK, "keyring.deleted")
            }
            ("K03", Sort::Misnamed) if unread.is_stash() => {
                hit.instead("Make the stash again with the password of the keyring.", "keyring.stash")
            }
            ("K03", Sort::Misnamed) => hit.instead(again, "console.refresh"),
            ("K06", _) if unread.keyring().and_then(|name| case.served.get(name)) != Some(&true) => {
                hit.severity(Severity::Warning)
            }
            _ => hit,
        });
    }
}

/// Finds what is told of the file of a keyring.
fn told<'a>(case: &Case<'a>, ring: &str) -> Option<&'a Unread> {
    case.state.unreadable.iter().find(|unread| !unread.is_stash() && unread.keyring() == Some(ring))
}

/// Says that a document names a keyring which is of no use.
fn names(case: &Case<'_>, ring: &str) -> String {
    let there = told(case, ring).is_some_and(|unread| unread.sort != Sort::Missing);
    let how = if there { "whose file cannot be used" } else { "which is missing" };
    format!("names keyring {ring}, {how}.")
}

/// Names the object whose file it is.
fn subject(unread: &Unread) -> Subject {
    let stem = |folder| unread.path.strip_prefix(folder)?.split(['/', '.']).next().map(str::to_owned);
    if let Some(name) = unread.keyring() {
        Subject::Keyring(name.to_owned())
    } else if let Some(name) = stem("directory/sites/") {
        Subject::Site(name)
    } else if let Some(name) = stem("directory/servers/") {
        Subject::Server(name)
    } else if let Some(name) = stem("certifiers/") {
        Subject::Certifier(name)
    } else {
        Subject::Workspace
    }
}
