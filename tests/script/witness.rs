//! Signatures that a witness confirms, by keys on a real workspace.

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::NewCertifier;
use ringmaster::model::policy::{Policy, Roles};
use ringmaster::model::secret::Secret;
use ringmaster::ops::issue::seal;

use super::first_day::{Live, desk};
use crate::life::{create_keyring, plan};

/// A workspace with a certifier whose signatures Bo witnesses.
fn watched(folder: &std::path::Path) -> Desk {
    let mut other = desk(folder);
    let roles = Roles { witness: vec!["bo".into()], ..Roles::default() };
    let root = NewCertifier {
        name: "root".into(),
        common_name: "Example Root CA".into(),
        policy: Policy { roles, own_approval: true, ..Policy::default() },
        password: Secret::new("ca-pass".into()),
        repeat: Secret::new("ca-pass".into()),
        ..NewCertifier::default()
    };
    other.run(Verb::CreateCertifier(root)).unwrap();
    other
}

/// Reads the code of the step that stands on the screen.
fn code(live: &Live) -> String {
    let screen = live.screen().replace('│', " ");
    let text = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = text.split("The code of this step is ").nth(1).and_then(|t| t.split('.').next());
    code.unwrap_or_else(|| panic!("no code in\n{screen}")).to_owned()
}

#[test]
fn the_witness_reads_the_step_and_types_its_code() {
    let folder = tempfile::tempdir().unwrap();
    watched(folder.path());
    let mut live = Live::new(folder.path());
    live.press("5 r").sees("CRL").press("<ret>").sees("Password of certifier root");
    live.text("ca-pass").press("<ret>").sees("A witness confirms this step").sees("Sign the CRL of root");
    live.text("bo").press("<tab>").text("nothing").press("<ret>").sees("not that of this step");
    let code = code(live.press("<esc>"));
    live.press("C-u").text(&code).press("<ret>").sees("signed CRL 2");
    live.press("@").sees("step witnessed").sees("refused").press("<esc>");
}

#[test]
fn a_batch_waits_for_its_witness_and_then_for_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = watched(folder.path());
    let ids: Vec<_> = ["mail", "web"].map(|name| create_keyring(&mut other, name, true)).to_vec();
    for id in &ids {
        other.run(Verb::Approve { id: *id, plan: plan("root") }).unwrap();
    }
    let seal = seal(&other.state(), &ids);
    let mut live = Live::new(folder.path());
    live.press("4 b s")
        .text(&seal)
        .press("<ret>")
        .sees("A witness confirms this step")
        .sees("Sign 2 certificates");
    let code = code(&live);
    live.text("bo").press("<tab>").text(&code).press("<ret>").sees("Password of certifier root");
    live.text("ca-pass").press("<ret>").sees("2 done, 0 failed");
}
