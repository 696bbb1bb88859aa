//! The receipt of a task for paper: who did what and when, serial numbers and fingerprints, the head of the audit chain, and
//! lines to sign on.

use super::{Case, Standing};
use crate::model::audit::paper::Sheet;
use crate::model::audit::{Head, Line};
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::change::Fact;
use crate::model::finding::Subject;
use crate::model::time::Timestamp;

/// An entry of the audit chain that belongs to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The kind of fact and what it is about.
    pub what: String,
}

/// The most entries that a receipt lists.
const MOST: usize = 200;

/// Takes an entry of the chain when it is about one of the objects of a task, or was made by it; tells whether more are
/// wanted.
pub fn take(case: &Case<'_>, line: &Line<'_>, told: &mut Vec<Told>) -> bool {
    let objects = case.task.objects(case.state);
    let serial = case.task.serial.to_lowercase();
    if let Ok(fact) = serde_json::from_str::<Fact>(line.body) {
        let subject = fact.subject();
        let issued = match &fact {
            Fact::CertificateIssued { issued, .. } => {
                issued.request.is_some_and(|id| objects.contains(&Subject::Request(id)))
            }
            _ => false,
        };
        let named = !serial.is_empty() && subject.to_string().to_lowercase().contains(&serial);
        if objects.contains(&subject) || issued || named {
            let what = match &fact {
                Fact::StepWitnessed { by, step, .. } => format!("{} by {by}: {step}", fact.word()),
                _ => format!("{}: {subject}", fact.word()),
            };
            told.push(Told { number: line.number, at: line.at, by: line.operator.to_owned(), what });
        }
    }
    told.len() < MOST
}

/// Where, when and by which program a receipt is written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The workspace.
    pub workspace: &'a str,
    /// The SHA-256 of the program that runs, where it is known.
    pub program: Option<Digest>,
    /// When.
    pub at: Timestamp,
}

/// Writes the receipt.
pub fn write(case: &Case<'_>, told: &[Told], head: &Head, written: &Written<'_>) -> String {
    let task = case.task;
    let title = task.guide().map_or(task.guide.as_str(), |g| g.title);
    let mut sheet = Sheet::new(&format!("Receipt: {title}"));
    sheet.pair("Task", &task.name);
    sheet.pair("Workspace", written.workspace);
    sheet.pair("Program", concat!("ringmaster ", env!("CARGO_PKG_VERSION")));
    if let Some(sha256) = &written.program {
        sheet.digest("Its SHA-256", sha256);
    }
    sheet.pair("Begun", &format!("{} by {}", task.started.text(), task.by));
    match &task.ended {
        Some(end) => sheet.pair("Ended", &format!("{} by {}", end.at.text(), end.by)),
        None => sheet.pair("Printed", &format!("{}, before its end", written.at.text())),
    }
    sheet.heading("Steps");
    for (number, step) in task.guide().map_or(&[][..], |g| g.steps).iter().enumerate() {
        let (mark, how) = match case.standing(step) {
            Standing::Seen => ("x", "seen in the workspace".to_owned()),
            Standing::Ticked(tick) => {
                let note = if tick.note.is_empty() { String::new() } else { format!(": {}", tick.note) };
                ("x", format!("{} by {}{note}", tick.at.text(), tick.by))
            }
            Standing::Open => (" ", "open".to_owned()),
        };
        sheet.text(&format!("[{mark}] {}. {}", number + 1, step.title));
        sheet.text(&format!("       {how}"));
    }
    objects(case, &mut sheet);
    if !told.is_empty() {
        sheet.heading("What the audit chain tells");
        for entry in told {
            sheet.pair(&entry.number.to_string(), &format!("{}  {}", entry.at.text(), entry.by));
            sheet.pair("", &entry.what);
        }
        if told.len() >= MOST {
            sheet.text(&format!("Only the first {MOST} entries are listed."));
        }
    }
    sheet.heading("Audit chain");
    sheet.head(head);
    let names: std::collections::BTreeSet<&str> = told.iter().map(|t| t.by.as_str()).collect();
    sheet.pair("People", &names.into_iter().collect::<Vec<_>>().join(", "));
    sheet.signatures(&["Operator", "Second person", "Witness"]);
    sheet.finish()
}

/// Adds serial numbers and fingerprints of what the task is about.
fn objects(case: &Case<'_>, sheet: &mut Sheet) {
    let mut certificate = |title: &str, c: &Certificate, more: &[(&str, String)]| {
        sheet.heading(title);
        sheet.pair("Subject", &c.subject.text());
        sheet.pair("Serial number", &c.serial.to_string());
        sheet.pair("Valid", &format!("{} to {}", c.not_before.text(), c.not_after.text()));
        sheet.digest("SHA-256", &c.sha256);
        sheet.digest("Key SHA-256", &c.key.sha256);
        more.iter().for_each(|(label, text)| sheet.pair(label, text));
    };
    for of in [case.certifier(), case.other()].into_iter().flatten() {
        let opens = ("Key opens with", of.protection.words());
        certificate(&format!("Certifier {}", of.name), &of.certificate, &[opens]);
    }
    if let Some((ring, leaf)) = case.keyring().and_then(|ring| Some((ring, ring.leaf()?))) {
        certificate(&format!("Keyring {}", ring.name), leaf, &[]);
    }
    if let Some((person, best)) = case.person().and_then(|p| Some((p, p.best(case.state)?))) {
        certificate(&format!("Person {}: {}", person.name, person.full_name), best, &[]);
    }
    if let Some(request) = case.request() {
        sheet.heading(&format!("Request {}", request.id));
        sheet.pair("Subject", &request.pkcs10.subject.text());
        sheet.pair("Status", request.status.word());
        sheet.digest("SHA-256", &request.pkcs10.sha256);
        if let super::Status::Issued { serial, sha256, certifier, .. } = &request.status {
            sheet.pair("Issued by", certifier);
            sheet.pair("Serial number", &serial.to_string());
            sheet.digest("Certificate", sha256);
        }
    }
    for of in [case.certifier(), case.other()].into_iter().flatten() {
        if let Some(crl) = &of.crl {
            sheet.heading(&format!("Latest CRL of {}", of.name));
            sheet.pair("Number", &format!("{}, {} entries", crl.number, crl.entries));
            sheet.pair("Valid", &format!("{} to {}", crl.this_update.text(), crl.next_update.text()));
            sheet.digest("SHA-256", &crl.sha256);
        }
    }
}
