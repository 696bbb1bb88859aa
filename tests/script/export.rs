//! What leaves the workspace, by keys: nothing is written before it was shown and the name of the ring typed.

use std::sync::Arc;

use ringmaster::desk::export::{Asked, Exported};
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::export::{Format, Secrecy, What};
use ringmaster::tui::msg::{Done, Effect};

use super::console::Console;

/// What the last effect lets out, and with which password.
fn left(c: &Console) -> Option<(Asked, Option<String>)> {
    match c.effects.last() {
        Some(Effect::Export(_, asked, password)) => {
            Some(((**asked).clone(), password.as_ref().map(|p| p.expose().to_owned())))
        }
        _ => None,
    }
}

fn done(c: &mut Console, lines: &[&str], commands: Option<&str>) {
    let exported = Exported {
        state: Arc::clone(&c.model.state),
        message: "The private key of keyring mail was written to /x".into(),
        lines: lines.iter().map(|l| (*l).to_owned()).collect(),
        commands: commands.map(Into::into),
    };
    c.answer(Ok(Done::Exported(Box::new(exported))));
}

#[test]
fn a_private_key_leaves_after_its_name_and_two_equal_pass_phrases() {
    let mut c = Console::fixture();
    c.press("1 x");
    c.model.dialogs.clear();
    assert!(c.model.select(&ringmaster::tui::pane::RowKey::Name("mail".into())));
    c.press("x G k k k k <ret>");
    assert!(c.screen().contains("PKCS#8 encrypted"), "{}", c.screen());
    c.press("C-s");
    assert!(
        left(&c).is_none() && c.screen().contains("type the name of the keyring: mail"),
        "{}",
        c.screen()
    );
    c.type_text("mail").press("<tab>").type_text("one").press("<tab>").type_text("two").press("C-s");
    assert!(left(&c).is_none() && c.screen().contains("not the same"), "{}", c.screen());
    c.press("C-u").type_text("one").press("<ret>");
    let Some((Asked::Keyring(asked), None)) = left(&c) else { panic!("{:?}", c.effects) };
    assert_eq!((asked.what, asked.secrecy), (What::Form(Format::Pkcs8), Secrecy::Sealed));
    assert_eq!((asked.confirm.as_str(), asked.password.expose()), ("mail", "one"));
    assert!(!format!("{:?}", c.effects).contains("\"one\""), "a secret is printed");

    // No stash opens the ring: its password is asked, and whoever goes back finds the form as it was.
    c.answer(Err(Error::new(Kind::Locked, "Keyring mail needs its password.")));
    assert!(c.screen().contains("Password of keyring mail"), "{}", c.screen());
    c.press("<esc>");
    assert!(c.screen().contains("Keyring again") && c.screen().contains("mail.key"), "{}", c.screen());
    c.press("C-s");
    c.answer(Err(Error::new(Kind::Locked, "Keyring mail needs its password.")));
    c.type_text("ring-pass").press("<ret>");
    assert!(matches!(left(&c), Some((_, Some(password))) if password == "ring-pass"), "{:?}", c.effects);
    done(&mut c, &["mail.key: read back: the key opens with the pass phrase"], None);
    assert!(
        c.screen().contains("What left the workspace") && c.screen().contains("read back"),
        "{}",
        c.screen()
    );
    c.press("<esc>");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
}

#[test]
fn an_open_key_is_warned_of_and_the_first_answer_is_back() {
    let mut c = Console::fixture();
    c.press("1");
    assert!(c.model.select(&ringmaster::tui::pane::RowKey::Name("mail".into())));
    c.press("x G k <ret>");
    assert!(c.screen().contains("Without encryption?"), "{}", c.screen());
    c.press("<ret>");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
    c.press("x G k <ret> <down> <ret>");
    assert!(c.screen().contains("Keyring again") && !c.screen().contains("pass phrase"), "{}", c.screen());
}

#[test]
fn a_hand_over_is_shown_with_its_commands_before_and_after() {
    let mut c = Console::fixture();
    c.press("1");
    assert!(c.model.select(&ringmaster::tui::pane::RowKey::Name("mail".into())));
    c.press("o").press("<down> <ret>");
    assert!(c.screen().contains("Commands") && c.screen().contains("ssl_certificate"), "{}", c.screen());
    assert!(left(&c).is_none());
    c.press("<ret> <tab>").type_text("mail").press("C-s");
    let Some((Asked::Keyring(asked), None)) = left(&c) else { panic!("{:?}", c.effects) };
    assert_eq!(asked.what, What::Preset("nginx"));
    done(&mut c, &["mail.key: read back"], Some("# As root:\nnginx -t"));
    assert!(c.screen().contains("nginx -t"), "{}", c.screen());
    c.press("<esc>");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
}

#[test]
fn marked_certificates_leave_together() {
    let mut c = Console::fixture();
    c.press("2 <space> <down> <space> x");
    assert!(c.screen().contains("Export 2 marked certificates"), "{}", c.screen());
    c.press("<down> <ret> C-s");
    let Some((Asked::Certificates(asked), None)) = left(&c) else { panic!("{:?}", c.effects) };
    assert_eq!((asked.certificates.len(), asked.form, asked.separate), (2, Format::Der, true));
}
