//! A signature that a witness confirms, by keys on a real workspace.

use ringmaster::desk::Verb;
use ringmaster::model::certifier::NewCertifier;
use ringmaster::model::policy::{Policy, Roles};
use ringmaster::model::secret::Secret;

use super::first_day::{Live, desk};

#[test]
fn the_witness_reads_the_step_and_types_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = desk(folder.path());
    let roles = Roles { witness: vec!["bo".into()], ..Roles::default() };
    let root = NewCertifier {
        name: "root".into(),
        common_name: "Example Root CA".into(),
        policy: Policy { roles, ..Policy::default() },
        password: Secret::new("ca-pass".into()),
        repeat: Secret::new("ca-pass".into()),
        ..NewCertifier::default()
    };
    other.run(Verb::CreateCertifier(root)).unwrap();
    let mut live = Live::new(folder.path());
    live.press("5 r").sees("CRL").press("<ret>").sees("Password of certifier root");
    live.text("ca-pass").press("<ret>").sees("A witness confirms this step").sees("Sign the CRL of root");
    live.text("bo").press("<tab>").text("nothing").press("<ret>").sees("not that of this step");
    let screen = live.press("<esc>").screen().replace('│', " ");
    let text = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = text.split("The code of this step is ").nth(1).and_then(|t| t.split('.').next()).unwrap();
    live.press("C-u").text(code).press("<ret>").sees("signed CRL 2");
    live.press("@").sees("step witnessed").sees("refused").press("<esc>");
}
