//! The audit chain by keys on a real workspace: looked at, narrowed, jumped from, verified, printed; and an older ledger.

use super::first_day::Live;

fn certifier(live: &mut Live) {
    live.press("5 n").text("root").press("<ret>").text("Example Root CA").press("<tab>").text("Example");
    live.press("<pgdn> <up>").text("ca-pass").press("<tab>").text("ca-pass");
    live.press("C-s").sees("Certifier root is made");
}

#[test]
fn the_chain_is_looked_at_and_narrowed_and_leads_to_what_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    certifier(&mut live);
    live.press("z")
        .sees("locked")
        .press("o")
        .text("wrong")
        .press("<ret>")
        .sees("does not open")
        .press("<esc>");
    live.press("@").sees("Audit").sees("certifier created").sees("unlock failed").sees("Head: entry");
    live.press("/")
        .sees("by:NAME")
        .text("kind:unlock-failed")
        .press("<ret>")
        .sees("Audit: kind:unlock-failed");
    live.press("<ret>").sees("Audit entry").sees("certifier root").press("<esc>");
    live.press("1").press("u").sees("Example Root CA").sees("Status");
    live.press("@ /").text("since:nonsense").press("<ret>").sees("is no date").press("<esc>");
    live.press("v").sees("The audit chain is whole");
    live.press("p").sees("Head of the audit chain").press("G").sees("Witness").press("<esc>");
    live.press("x j <ret>").sees("Write the audit chain to a file");
    let file = folder.path().join("log");
    live.press("C-u").text(file.to_str().unwrap()).press("<ret>").sees("Written");
    assert!(std::fs::read_to_string(&file).unwrap().contains("<108>1 "));
    live.press("<esc>").sees("locked");
    live.press(":").text("audit of this").press("<ret>").sees("object:\"certifier root\"").sees("CRL issued");
    live.press("<esc>").sees("workspace created").press("<esc>");
    live.press(":").text("older ledger").press("<ret>").sees("the audit chain passes through");
}

#[test]
fn an_older_ledger_is_said_at_once_and_gone_on_with_after_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    certifier(&mut Live::new(folder.path()));
    let (ring, backup) = (folder.path().join("ring"), folder.path().join("backup"));
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        crate::support::run(std::process::Command::new("cp").arg("-a").args([from, to]));
    };
    copy(&ring, &backup);
    let mut live = Live::new(folder.path());
    live.press("5 o")
        .text("ca-pass")
        .press("<ret>")
        .press("r")
        .sees("CRL 2")
        .press("<ret>")
        .sees("signed CRL 2");
    drop(live);
    std::fs::remove_dir_all(&ring).unwrap();
    copy(&backup, &ring);
    let mut live = Live::new(folder.path());
    // The message comes by itself as soon as the threads have begun.
    live.press("5").sees("OLDER LEDGER");
    while !live.shows("Nothing is signed") {
        live.wait();
    }
    live.press("<esc> 5 r").sees("Sign it").press("<ret>").sees("Password");
    live.text("ca-pass").press("<ret>").sees("Nothing is signed with an older ledger");
    live.press("<ret>").sees("had signed CRL 2").press("<ret>").sees("CRL numbers seen");
    live.text("the disk died").press("C-s").sees("goes on with CRL 103");
    live.press("<esc> r").sees("Sign it").press("<ret>").sees("Password");
    live.text("ca-pass").press("<ret>").sees("signed CRL 103");
}

#[test]
fn nothing_is_written_into_the_workspace() {
    let folder = tempfile::tempdir().unwrap();
    super::authority::furnished(folder.path());
    let mut live = Live::new(folder.path());
    let inside = |name: &str| folder.path().join("ring").join(name).to_str().unwrap().to_owned();
    live.press("@").sees("Audit").press("x <ret> C-u");
    live.text(&inside("chain.jsonl")).press("<ret>").sees("is inside of the workspace");
    assert!(!std::path::Path::new(&inside("chain.jsonl")).exists());
    live.press("<esc> <esc> <esc> <esc> 5 x <ret> C-u").text(&inside("root.pem")).press("<ret>");
    live.sees("is inside of the workspace");
    assert!(!std::path::Path::new(&inside("root.pem")).exists());
}
