//! The recipes in docs/audit.md verify a chain without the program, and notice a broken one.

use std::path::Path;
use std::process::Command;

use ringmaster::model::Generation;
use ringmaster::model::change::Fact;
use ringmaster::model::time::Timestamp;
use ringmaster::store::ledger::Ledger;
use ringmaster::store::ledger::sqlite::SqliteLedger;

use crate::support::tool;

/// Returns the first block of docs/audit.md in this language.
fn recipe(language: &str) -> String {
    let text = include_str!("../docs/audit.md");
    let begin = format!("```{language}\n");
    let (_, rest) = text.split_once(&begin).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn check(program: &Path, language: &str, ledger: &Path) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("recipe");
    std::fs::write(&script, recipe(language)).unwrap();
    let output = Command::new(program).arg(&script).arg(ledger).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

fn verifies(program: &Path, language: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let now = Timestamp(1_790_000_000);
    let mut ledger = SqliteLedger::create(&path, &Fact::WorkspaceCreated, "ann", now).unwrap();
    let odd = ["keyring a\tb", "back\\slash 'quote' %s $HOME", "line\nfeed", "Zürich \u{202e}"];
    let facts = odd.map(|what| Fact::UnlockFailed { what: what.into() });
    ledger.commit(Generation(1), now, "an\tn Ü", &facts, &[]).unwrap();
    let head = ledger.verify_audit().unwrap().head;
    drop(ledger);
    let (good, said) = check(program, language, &path);
    assert!(good && said.contains(&format!("5 entries, head {head}")), "{said}");

    let raw = rusqlite::Connection::open(&path).unwrap();
    let tamper = "DROP TRIGGER audit_update; UPDATE audit SET operator = 'eve' WHERE number = 3";
    raw.execute_batch(tamper).unwrap();
    raw.close().unwrap();
    let (good, said) = check(program, language, &path);
    assert!(!good && said.contains("entry 3 is broken"), "{said}");
}

#[test]
fn python_verifies_the_chain() {
    if let Some(python) = tool("python3") {
        verifies(&python, "python");
    }
}

#[test]
fn sqlite_and_sha256sum_verify_the_chain() {
    if let (Some(_), Some(_), Some(shell)) = (tool("sqlite3"), tool("sha256sum"), tool("sh")) {
        verifies(&shell, "sh");
    }
}
