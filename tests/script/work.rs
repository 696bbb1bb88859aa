//! What an administrator does from the first day on.

use super::console::Console;
use super::fixture;
use ringmaster::desk::Verb;
use ringmaster::model::certifier::{CrlInfo, Debt};
use ringmaster::model::crl::CrlKind;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::export::Which;
use ringmaster::model::finding::Subject;
use ringmaster::model::issued::Reason;
use ringmaster::model::keyring::RequestKey;
use ringmaster::model::request::RequestId;
use ringmaster::model::unread::{Sort, Unread};
use ringmaster::ops::issue_crl::Preview;
use ringmaster::ops::ring::Act;
#[cfg(feature = "network")]
use ringmaster::pki::chain::report::Line;
use ringmaster::pki::crl::CrlChange;
use ringmaster::tui::brought::Given;
use ringmaster::tui::msg::{Done, Effect, Msg};
use ringmaster::tui::pane::RowKey;

#[test]
fn a_new_administrator_makes_a_certifier_with_the_keyboard() {
    let mut c = Console::empty();
    assert!(c.screen().contains("Make a certificate authority"), "{}", c.screen());
    c.press("n").type_text("root").press("<ret>").type_text("Example Root CA");
    c.press("<f2>");
    assert!(c.screen().contains("a password is needed"), "{}", c.screen());
    c.type_text("hunter2").press("<tab>").type_text("hunter3").press("C-s");
    assert!(c.screen().contains("not the same"), "{}", c.screen());
    c.press("C-u").type_text("hunter2").press("<ret>");
    let Some(Verb::CreateCertifier(new)) = c.verb() else { panic!("{:?}", c.effects) };
    assert_eq!((new.name.as_str(), new.common_name.as_str()), ("root", "Example Root CA"));
    assert_eq!(new.password.expose(), "hunter2");
    assert!(!format!("{:?}{:?}", c.model, c.effects).contains("hunter2"), "a secret is printed");
    c.commit(fixture::full(), "Certifier root was made.");
    assert!(c.screen().contains("unlocked"), "{}", c.screen());
    assert!(c.model.dialogs.is_empty());
}

#[test]
fn the_command_that_helps_runs_on_the_object_that_it_is_about() {
    let mut c = Console::fixture();
    c.press("1 t s");
    let error = Error::refused("Keyring www was not deleted.").command("site.edit");
    c.answer(Err(error.clone().on(Subject::Site("website".into()))));
    assert!(c.press("<ret>").screen().contains("Site website"), "{}", c.screen());
    // What is gone in the meantime is not replaced by another one.
    let mut c = Console::fixture();
    c.press("1 t s").answer(Err(error.on(Subject::Site("gone".into())))).press("<ret>");
    let screen = c.screen();
    assert!(screen.contains("not in the list any more") && !screen.contains("Descriptive name"), "{screen}");
}

#[test]
fn an_error_offers_the_command_that_helps() {
    let mut c = Console::fixture();
    c.press("1 i <down> <ret>").type_text("/tmp/x.pem").press("<ret>");
    let found = ringmaster::pki::pem::Found {
        certificates: vec![fixture::certificate(
            77,
            "shop.example.test",
            "Other CA",
            &["shop.example.test"],
            -1,
            90,
        )],
        ..Default::default()
    };
    c.answer(fixture::brought(found, "x.pem"));
    // The chain is shown with why it is refused, and the command that helps.
    assert!(
        c.screen().contains("Install into mail") && c.screen().contains("Not possible"),
        "{}",
        c.screen()
    );
    assert!(c.verb().is_none());
    c.press("<esc> t s");
    assert!(
        matches!(c.verb(), Some(Verb::Ring { keyring, act: Act::SetTrust { .. }, .. }) if keyring == "mail")
    );
    let error = Error::refused("The root was not added.").why("It is no root.").command("keyring.install");
    c.answer(Err(error));
    assert!(c.screen().contains("It is no root"), "{}", c.screen());
    c.press("<ret>");
    assert!(c.screen().contains("Install into mail"), "{}", c.screen());
}

#[test]
fn a_request_is_reviewed_approved_and_signed_with_the_password_asked_in_between() {
    let mut c = Console::fixture();
    c.press("4 <ret>");
    assert!(
        matches!(c.effects.last(), Some(Effect::Preview(_, RequestId(2), plan)) if plan.certifier == "example-root")
    );
    c.press("a");
    assert!(c.screen().contains("not known yet"), "{}", c.screen());
    let preview = ringmaster::desk::Preview {
        rows: vec![("Subject", "CN=shop.example.test,O=Example".into(), "CN=shop.example.test".into())],
        findings: Vec::new(),
        certificate: None,
    };
    c.answer(Ok(Done::Preview(Box::new(preview))));
    assert!(c.screen().contains("will be issued"), "{}", c.screen());
    c.press("a <f2>");
    assert!(matches!(c.verb(), Some(Verb::Approve { id: RequestId(2), plan }) if plan.days == 90));
    c.commit(fixture::full(), "Request 2 was approved.");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
    // Request 4 is approved already; its certifier is locked.
    c.press("g j j s");
    assert!(c.screen().contains("Password of certifier example-root"), "{}", c.screen());
    c.type_text("hunter2").press("<ret>");
    assert!(matches!(c.effects.last(), Some(Effect::Unlock(_, name, _)) if name == "example-root"));
    c.answer(Ok(Done::Unlocked(vec!["example-root".into()])));
    assert!(
        matches!(c.verb(), Some(Verb::Issue { ids }) if ids == &[RequestId(4)]),
        "{:?}",
        c.effects.last()
    );
}

#[test]
fn another_plan_is_reviewed_again_before_it_can_pass() {
    let mut c = Console::fixture();
    c.press("4 a");
    let preview = || ringmaster::desk::Preview { rows: Vec::new(), findings: Vec::new(), certificate: None };
    c.answer(Ok(Done::Preview(Box::new(preview()))));
    c.press("a <tab> <tab> C-u").type_text("30").press("<f2>");
    assert!(c.verb().is_none(), "approved unseen: {:?}", c.verb());
    assert!(matches!(c.effects.last(), Some(Effect::Preview(_, _, plan)) if plan.days == 30));
    c.answer(Ok(Done::Preview(Box::new(preview()))));
    c.press("a <f2>");
    assert!(matches!(c.verb(), Some(Verb::Approve { plan, .. }) if plan.days == 30));
}

#[test]
fn warnings_need_a_reason() {
    use ringmaster::model::finding::{Finding, Severity, Subject};
    let mut c = Console::fixture();
    c.press("4 <ret>");
    let findings = vec![Finding::new("x", Severity::Warning, Subject::Workspace, "The name is odd.")];
    let preview = ringmaster::desk::Preview { rows: Vec::new(), findings, certificate: None };
    c.answer(Ok(Done::Preview(Box::new(preview))));
    assert!(c.screen().contains("warning: The name is odd."), "{}", c.screen());
    c.press("a <f2>");
    assert!(c.verb().is_none() && c.screen().contains("say why they are accepted"), "{}", c.screen());
    c.type_text("asked by telephone").press("<ret>");
    assert!(matches!(c.verb(), Some(Verb::Approve { plan, .. }) if plan.reason == "asked by telephone"));
}

#[test]
fn marked_requests_are_signed_together_after_a_look() {
    let mut c = Console::fixture();
    c.model.unlocked.push("example-root".into());
    c.press("4 j j <space> <space> s");
    assert!(c.screen().contains("Review of 2 requests"), "{}", c.screen());
    assert!(c.verb().is_none());
    let seal = ringmaster::ops::issue::seal(&c.model.state, &[RequestId(4), RequestId(5)]);
    c.press("s").type_text(&seal).press("<ret>");
    assert!(matches!(c.verb(), Some(Verb::Issue { ids }) if ids == &[RequestId(4), RequestId(5)]));
}

#[test]
fn deleting_asks_for_the_name_and_keeps_to_the_record_it_asked_about() {
    let mut c = Console::fixture();
    c.press("1 X").type_text("www").press("<ret>");
    assert!(c.verb().is_none() && c.screen().contains("not what is asked for"), "{}", c.screen());
    c.press("C-u").type_text("mail");
    // Another console adds a ring above while the question stands.
    let mut state = fixture::full();
    let mut other = state.keyrings["mail"].clone();
    other.name = "aaa".into();
    state.keyrings.insert("aaa".into(), other);
    c.send(Msg::State(std::sync::Arc::new(state)));
    c.press("<ret>");
    assert!(matches!(c.verb(), Some(Verb::DeleteKeyring { name }) if name == "mail"), "{:?}", c.verb());
}

#[test]
fn a_read_only_session_refuses_with_the_reason() {
    let mut c = Console::fixture();
    c.model.settings.read_only = Some("asked for".into());
    for keys in ["1 n", "1 X", "3 e", "4 i", "4 a", "4 d", "5 n", "5 r"] {
        c.press(keys);
        assert!(
            c.model.dialogs.is_empty() && c.screen().contains("read-only: asked for"),
            "{keys}: {}",
            c.screen()
        );
    }
    assert!(c.effects.is_empty(), "{:?}", c.effects);
}

#[test]
fn a_form_is_not_lost_by_esc_and_marks_what_was_changed() {
    let mut c = Console::fixture();
    c.press("3 e <esc>");
    assert!(c.model.dialogs.is_empty(), "nothing was changed");
    c.press("e <down>").type_text("Shop");
    assert!(c.screen().contains("* Descriptive name"), "{}", c.screen());
    c.press("<esc> <esc>");
    assert!(c.screen().contains("A siteShop"), "{}", c.screen());
    c.press("C-c");
    assert!(c.screen().contains("has not been saved"), "{}", c.screen());
    c.press("<esc> <esc> <down> <ret>");
    assert!(c.model.dialogs.is_empty() && c.effects.is_empty());
}

#[test]
fn the_port_follows_the_kind_until_it_is_typed() {
    let mut c = Console::fixture();
    c.press("3 n").type_text("x").press("<down> i");
    assert!(c.screen().contains("993"), "{}", c.screen());
}

#[test]
fn a_conflict_offers_both_versions() {
    let mut c = Console::fixture();
    c.press("3 e <down>").type_text("Mine").press("<f2>");
    assert!(c.screen().contains("A site -> A siteMine"), "{}", c.screen());
    c.press("<ret>");
    let Some(Verb::SaveSite { before: Some(before), .. }) = c.verb().cloned() else { panic!() };
    let id = c.effects.iter().rev().find_map(super::console::job).unwrap();
    c.send(Msg::Done(id, Err(Error::new(Kind::Conflict, "Changed by another console."))));
    let mut state = fixture::full();
    state.sites.get_mut(&before.name).unwrap().title = "Theirs".into();
    c.send(Msg::State(std::sync::Arc::new(state)));
    let screen = c.screen();
    assert!(screen.contains("Theirs") && screen.contains("A siteMine"), "{screen}");
    c.press("<down> <down> <down> <ret>");
    let Some(Verb::SaveSite { before: Some(over), site }) = c.verb() else { panic!() };
    assert_eq!((over.title.as_str(), site.title.as_str()), ("Theirs", "A siteMine"));
    c.commit(fixture::full(), "Site mail-imap was saved.");
    assert!(c.model.dialogs.is_empty());
}

#[test]
fn what_two_consoles_changed_in_a_server_is_put_together() {
    let mut c = super::servers::with_servers();
    c.press("8 g e <tab> <tab>").type_text("192.0.2.9").press("<f2> <ret>");
    let Some(Verb::SaveServer { before: Some(before), .. }) = c.verb().cloned() else {
        panic!("{}", c.screen())
    };
    let id = c.effects.iter().rev().find_map(super::console::job).unwrap();
    c.send(Msg::Done(id, Err(Error::new(Kind::Conflict, "Changed by another console."))));
    let mut state = ringmaster::model::State::clone(&c.model.state);
    state.servers.get_mut(&before.name).unwrap().comment = "Theirs".into();
    c.send(Msg::State(std::sync::Arc::new(state)));
    let screen = c.screen();
    assert!(screen.contains("Theirs") && screen.contains("192.0.2.9"), "{screen}");
    c.press("<down> <down> <ret>");
    let Some(Verb::SaveServer { before: Some(over), server }) = c.verb() else { panic!("{}", c.screen()) };
    assert_eq!((over.comment.as_str(), server.comment.as_str()), ("Theirs", "Theirs"));
    assert!(server.addresses.contains(&"192.0.2.9".to_owned()), "{server:?}");
    c.commit(fixture::full(), "Server mail01 is saved.");
    assert!(c.model.dialogs.is_empty());
}

#[test]
fn a_pasted_request_opens_an_import_and_does_nothing_yet() {
    let mut c = Console::fixture();
    c.press("4").paste("hello");
    assert!(c.effects.is_empty() && c.screen().contains("PEM"), "{}", c.screen());
    c.paste("-----BEGIN CERTIFICATE REQUEST-----\n");
    assert!(matches!(c.effects.last(), Some(Effect::Read(_, Given::Pasted(_), None))));
    let requests = vec![fixture::pkcs10("web.example.test", 70)];
    let found = ringmaster::pki::pem::Found { requests, ..Default::default() };
    c.answer(fixture::brought(found, ""));
    assert!(
        c.screen().contains("Import: 1 certificate request (P-256, CN=web.example.test)"),
        "{}",
        c.screen()
    );
    assert!(c.verb().is_none());
    c.press("<ret>");
    assert!(
        matches!(c.verb(), Some(Verb::ImportRequests(d)) if d.requests.iter().all(|r| r.source == "pasted"))
    );
}

#[test]
fn pem_that_is_pasted_into_a_path_line_opens_what_the_file_would_have() {
    let mut c = Console::fixture();
    c.press("1 i <down> <ret>").paste("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(matches!(c.effects.last(), Some(Effect::Read(_, Given::Pasted(_), None))), "{:?}", c.effects);
    assert!(!c.screen().contains("AAAA"), "{}", c.screen());
    let leaf = fixture::certificate(77, "shop.example.test", "Other CA", &["shop.example.test"], -1, 90);
    let found = ringmaster::pki::pem::Found { certificates: vec![leaf], ..Default::default() };
    c.answer(fixture::brought(found, ""));
    assert!(
        c.screen().contains("Install into mail") && c.screen().contains("Not possible"),
        "{}",
        c.screen()
    );
    c.press("<esc>");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
}

#[test]
fn a_path_line_takes_a_pasted_path_and_no_other_text() {
    let mut c = Console::fixture();
    c.press("4 i").paste("/media/usb/web.csr\n");
    assert!(c.screen().contains("File: /media/usb/web.csr"), "{}", c.screen());
    c.paste("two\nlines");
    assert!(c.screen().contains("not a path") && !c.screen().contains("twolines"), "{}", c.screen());
    c.type_text("x");
    assert!(!c.screen().contains("not a path"), "the error stays: {}", c.screen());
    c.press("<ret>").answer(Err(Error::not_found("file", "/media/usb/web.csrx")));
    assert!(c.screen().contains("Esc back") && c.screen().contains("web.csrx"), "{}", c.screen());
    c.press("<bs>");
    assert!(c.screen().contains("PEM can be pasted"), "the error stays: {}", c.screen());
}

#[test]
fn a_ring_whose_request_was_issued_takes_it_from_the_queue() {
    let mut c = Console::fixture();
    c.press("1 G k i");
    assert!(c.screen().contains("wiki"), "{}", c.screen());
    c.press("<ret>");
    assert!(
        matches!(c.effects.last(), Some(Effect::Issued(_, by, _)) if by == "example-root"),
        "{:?}",
        c.effects
    );
}

#[test]
fn the_filter_narrows_as_it_is_typed_and_esc_widens() {
    let mut c = Console::fixture();
    c.press("1 /").type_text("www");
    assert_eq!(c.model.count(), 1);
    c.press("<ret>");
    assert!(c.screen().contains("/www"), "{}", c.screen());
    c.press("<esc>");
    assert_eq!(c.model.count(), 5);
    assert!(c.screen().contains("› www"), "the row is kept: {}", c.screen());
}

#[test]
fn a_million_rows_are_asked_for_by_the_window() {
    let mut state = fixture::full();
    state.issued = 1_000_000;
    let mut c = Console::of(state);
    c.press("2");
    let ids: Vec<u32> = (1..=1_000_000).collect();
    c.answer(fixture::listed(&ids));
    c.press("G");
    for _ in 0..4 {
        let asked = c.effects.iter().rev().find_map(|e| match e {
            Effect::Rows(_, ids) => Some(ids.clone()),
            _ => None,
        });
        let asked = asked.unwrap();
        assert!(asked.len() < 100, "{}", asked.len());
        c.answer(Ok(Done::Rows(fixture::issued(&asked))));
        if c.screen().contains("host1000000.example.test") {
            return;
        }
    }
    panic!("{}", c.screen());
}

#[test]
fn rows_that_cannot_be_had_are_not_asked_for_again_and_again() {
    let mut c = Console::fixture();
    c.press("2").answer(fixture::listed(&[1, 2, 3]));
    c.answer(Ok(Done::Rows(Vec::new())));
    let before = c.effects.len();
    c.press("j k");
    assert_eq!(c.effects.len(), before);
}

#[test]
fn an_issued_certificate_is_revoked_by_its_serial_and_a_reason() {
    let mut c = Console::fixture();
    c.press("2").answer(fixture::listed(&[1, 2, 3]));
    c.answer(Ok(Done::Rows(fixture::issued(&[1, 2, 3]))));
    c.press("G R").type_text("DDEEFF03").press("<ret>");
    assert!(c.screen().contains("unspecified"), "{}", c.screen());
    c.press("k <f2>");
    let Some(Verb::Revoke { which, asked }) = c.verb() else { panic!("{}", c.screen()) };
    let [Which::Serial(certifier, _)] = which.as_slice() else { panic!("{which:?}") };
    assert_eq!((certifier.as_str(), asked.reason.name()), ("example-root", "keyCompromise"));
}

#[test]
fn marked_certificates_are_revoked_by_their_number() {
    let mut c = Console::fixture();
    c.press("2").answer(fixture::listed(&[1, 2, 3]));
    c.answer(Ok(Done::Rows(fixture::issued(&[1, 2, 3]))));
    c.press("G <space> k <space> R").type_text("2").press("<ret>");
    assert!(c.screen().contains("Choose it when none of the others is true"), "{}", c.screen());
    c.press("<right> <f2>");
    let Some(Verb::Revoke { which, asked }) = c.verb() else { panic!("{}", c.screen()) };
    assert_eq!((which.len(), asked.reason), (2, Reason::KeyCompromise));
}

#[test]
fn the_next_crl_is_looked_at_before_it_is_signed_and_what_is_owed_stands_in_every_pane() {
    let mut state = fixture::full();
    let debt = Debt { count: 2, compromise: Some(fixture::now().plus_days(-2)), other: None };
    state.owed.insert("example-root".into(), debt);
    let mut c = Console::of(state);
    for pane in ["1", "2", "4", "5"] {
        c.press(pane);
        assert!(c.screen().lines().next().unwrap().contains("CRL owed"), "{}", c.screen());
    }
    assert!(c.screen().contains("OWED") && c.screen().contains("deadline was"), "{}", c.screen());
    c.press("r");
    assert!(
        matches!(c.effects.last(), Some(Effect::PreviewCrl(_, name, CrlKind::AsDue)) if name == "example-root")
    );
    let crl = CrlInfo { number: 8, immediate: true, entries: 3, ..CrlInfo::default() };
    let change = CrlChange { unchanged: 1, ..CrlChange::default() };
    c.answer(Ok(Done::CrlPreview(vec![Preview { crl, change, size: 612 }])));
    assert!(c.screen().contains("CRL 8 (immediate): 3 entries, about 612 bytes"), "{}", c.screen());
    c.press("<down> <ret>");
    assert!(c.screen().contains("Password of certifier example-root"), "{}", c.screen());
}

#[test]
fn a_certifier_gives_out_its_latest_crl() {
    let mut c = Console::fixture();
    c.press("5 x");
    assert!(c.screen().contains("certifier-example-root-crl-7.pem"), "{}", c.screen());
    c.press("<down> <ret>");
    assert!(matches!(c.effects.last(), Some(Effect::Crl(_, name)) if name == "example-root"));
    c.answer(Ok(Done::Crl(ringmaster::model::bytes::Der(vec![0x30, 0]))));
    c.press("<ret>");
    let Some(Effect::WriteFile(_, path, text)) = c.effects.last() else { panic!("{:?}", c.effects) };
    assert_eq!(path.to_str().unwrap(), "certifier-example-root-crl-7.pem");
    assert!(text.starts_with(b"-----BEGIN X509 CRL-----"));
}

#[test]
fn leaving_says_which_certifiers_are_unlocked() {
    let mut c = Console::fixture();
    c.press("q");
    assert_eq!(c.effects, [Effect::Quit(0)]);
    let mut c = Console::fixture();
    c.model.unlocked.push("example-root".into());
    c.press("q");
    assert!(c.effects.is_empty() && c.screen().contains("Unlocked: example-root"), "{}", c.screen());
    c.press("<down> <ret>");
    assert_eq!(c.effects, [Effect::Quit(0)]);
}

#[test]
fn what_comes_unasked_is_taken() {
    let mut c = Console::fixture();
    c.model.unlocked.push("example-root".into());
    c.send(Msg::Done(Default::default(), Ok(Done::Unlocked(Vec::new()))));
    assert!(c.model.unlocked.is_empty() && c.screen().contains("locked again"), "{}", c.screen());
    c.send(Msg::Done(Default::default(), Err(Error::new(Kind::Disk, "The disk is full."))));
    assert!(c.screen().contains("The disk is full."), "{}", c.screen());
}

#[test]
fn a_password_that_does_not_open_is_asked_again() {
    let mut c = Console::fixture();
    c.press("5 o").type_text("x").press("<ret>");
    c.answer(Err(Error::new(Kind::WrongPassword, "The password does not open it.")));
    assert!(c.screen().contains("does not open it") && c.screen().contains("Password of"), "{}", c.screen());
}

#[cfg(not(feature = "network"))]
#[test]
fn the_offline_build_says_that_it_has_no_network_code() {
    let mut c = Console::fixture();
    for key in ["3 p", "3 v"] {
        c.press(key);
        assert!(c.effects.is_empty() && c.screen().contains("no network code"), "{}", c.screen());
    }
}

#[cfg(feature = "network")]
#[test]
fn a_probe_goes_to_the_rehearsal_or_asks_before_it_goes_out() {
    use ringmaster::tui::msg::Rehearsal;
    let mut c = Console::fixture();
    c.press("3 p");
    assert!(c.effects.is_empty() && c.screen().contains("over the network"), "{}", c.screen());
    c.press("<esc> v");
    assert!(matches!(c.effects.last(), Some(Effect::Serve(_, site, None, None)) if site == "mail-imap"));
    let address = "127.0.0.1:40000".parse().unwrap();
    let run = Rehearsal { sites: vec!["mail-imap".into()], address };
    c.answer(Ok(Done::Service(Some(run), Vec::new())));
    assert!(c.screen().contains("127.0.0.1:40000"), "{}", c.screen());
    c.press("p");
    assert!(c.screen().contains("Probe the rehearsal of mail-imap"), "{}", c.screen());
    c.press("<ret>");
    assert!(matches!(c.effects.last(), Some(Effect::Probe(_, errand))
            if errand.service() == "mail.example.test:40000" && errand.address == Some(address)));
    let mut inquiry = fixture::inquiry("mail");
    inquiry.head = vec![Line::new("Protocol", "TLS 1.3")];
    let answer = inquiry.answer();
    c.answer(Ok(Done::Verified(Box::new((inquiry, answer)))));
    let screen = c.screen();
    assert!(screen.contains("Protocol     TLS 1.3") && screen.contains("1 leaf"), "{screen}");
    assert!(
        screen.contains("│ Verdict      NOT TRUSTED") && screen.matches("Verdict").count() == 1,
        "{screen}"
    );
    c.press("<esc> v");
    assert!(matches!(c.effects.last(), Some(Effect::StopService(_))));
}

#[test]
fn a_chain_is_verified_again_for_another_date_and_host() {
    use ringmaster::tui::dialog::verify::Wanted;
    let mut c = Console::fixture();
    c.press("1 v");
    let again = |c: &Console| match c.effects.last() {
        Some(Effect::Verify(_, wanted)) => match &**wanted {
            Wanted::Again(inquiry) => (**inquiry).clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert!(matches!(c.effects.last(), Some(Effect::Verify(_, w)) if **w == Wanted::Keyring("mail".into())));
    let inquiry = fixture::inquiry("mail");
    let answer = inquiry.answer();
    c.answer(Ok(Done::Verified(Box::new((inquiry, answer)))));
    c.press("d").type_text("1 March").press("<ret>");
    assert!(c.screen().contains("is no date"), "{}", c.screen());
    assert!(matches!(c.effects.last(), Some(Effect::Verify(_, w)) if **w == Wanted::Keyring("mail".into())));
    c.press("C-u").type_text("2027-03-01").press("<ret>");
    let inquiry = again(&c);
    assert_eq!(inquiry.basis.at.date(), "2027-03-01");
    let answer = inquiry.answer();
    c.answer(Ok(Done::Verified(Box::new((inquiry, answer)))));
    assert_eq!(c.model.dialogs.len(), 1, "the report is replaced");
    assert!(c.screen().contains("At           2027-03-01 00:00:00 UTC (in 97 days)"), "{}", c.screen());
    c.press("h").type_text("www.example.test").press("<ret>");
    assert_eq!(again(&c).host.as_deref(), Some("www.example.test"));
    // A failure leaves the report as it was.
    c.answer(Err(Error::internal("The thread has ended.")));
    c.press("<esc> d <esc> <esc>");
    assert!(c.model.dialogs.is_empty());
    // A file or a paste, from any pane.
    c.press("3 :").type_text("chain.verify").press("<ret>");
    c.paste("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
    assert!(matches!(c.effects.last(), Some(Effect::Read(_, Given::Pasted(_), None))));
    let found = ringmaster::pki::pem::Found {
        certificates: vec![fixture::certificate(9, "a.test", "b", &["a.test"], -1, 9)],
        ..Default::default()
    };
    c.answer(fixture::brought(found, ""));
    assert!(matches!(c.effects.last(), Some(Effect::Verify(_, w)) if matches!(**w, Wanted::Bundle(..))));
}

#[test]
fn foreign_text_is_escaped_on_every_screen() {
    let mut c = Console::fixture().sized(132, 43);
    c.press("4 j");
    for screen in [c.screen(), c.press("<ret>").screen()] {
        assert!(!screen.chars().any(|ch| ch == '\u{202e}' || ch == '\u{1b}'), "{screen}");
        assert!(screen.contains("\\E2\\80\\AE"), "{screen}");
    }
}

#[test]
fn settings_change_keys_and_say_what_cannot_be() {
    use ringmaster::tui::model::Settings;
    let keys = [("console.help", vec!["H"]), ("row.down", vec!["D"]), ("no.such", vec!["q"])];
    let keys = keys.map(|(n, k)| (n.to_owned(), k.into_iter().map(String::from).collect())).into();
    let mut c = Console::with(fixture::full(), Settings { keys, now: fixture::now(), ..Settings::default() });
    let said: Vec<_> = c.model.messages.iter().map(|m| m.text.clone()).collect();
    assert!(
        said.iter().any(|m| m.contains("no.such")) && said.iter().any(|m| m.contains("row.down")),
        "{said:?}"
    );
    c.press("H");
    assert!(c.screen().contains("Help"), "{}", c.screen());
}

#[test]
fn a_message_stands_for_a_while_also_after_a_quiet_time() {
    let mut c = Console::fixture();
    assert!(!c.model.wants_tick());
    c.press("%");
    assert!(c.model.wants_tick());
    let later = |seconds| Msg::Tick(ringmaster::model::time::Timestamp(fixture::now().0 + 7200 + seconds));
    c.send(later(0));
    assert!(c.screen().contains("does nothing here"), "{}", c.screen());
    for second in 1..12 {
        c.send(later(second));
    }
    assert!(!c.screen().contains("does nothing here") && !c.model.wants_tick(), "{}", c.screen());
    c.press("m");
    assert!(c.screen().contains("does nothing here"), "it stays in the list: {}", c.screen());
}

#[test]
fn the_footer_fits_every_width() {
    for pane in ["1", "2", "3", "4", "5", "6"] {
        for columns in 40..140 {
            let mut c = Console::fixture().sized(columns, 24);
            let screen = c.press(pane).screen();
            let footer = screen.lines().last().unwrap();
            assert!(footer.ends_with("quit"), "{columns}: {footer}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_said_once_wherever_one_is() {
    let mut state = fixture::full();
    let stranger = Unread {
        path: "keyrings/photo.kyr".into(),
        why: "It is a JPEG picture.".into(),
        sort: Sort::Stranger,
    };
    state.unreadable.push(stranger);
    let mut c = Console::of(state.clone());
    assert!(c.screen().contains("keyrings/photo.kyr is left alone"), "{}", c.screen());
    c.send(Msg::State(std::sync::Arc::new(state)));
    assert_eq!(c.model.messages.iter().filter(|m| m.text.contains("photo")).count(), 1);
}

#[test]
fn among_several_certifiers_a_person_chooses() {
    let mut state = fixture::full();
    let mut other = state.certifiers.values().next().unwrap().clone();
    other.name = "aaa-test".into();
    state.certifiers.insert(other.name.clone(), other);
    let mut c = Console::of(state);
    c.press("4 v");
    assert!(c.screen().contains("Several certifiers could sign it"), "{}", c.screen());
    assert!(!c.effects.iter().any(|e| matches!(e, Effect::Preview(..))), "nothing is proposed");
    c.press("a <right> <f2>");
    let previewed = c.effects.iter().any(|e| matches!(e, Effect::Preview(..)));
    assert!(previewed && c.verb().is_none(), "chosen, it is reviewed before it can be approved");
}

#[test]
fn a_keyring_is_requested_again_only_after_a_key_was_chosen() {
    let mut c = Console::fixture();
    c.press("1 g r");
    let screen = c.screen();
    assert!(screen.contains("Request again for mail") && screen.contains("(none)"), "{screen}");
    assert!(screen.contains("mail.example.test") && screen.contains("stays known"), "{screen}");
    c.press("<f2>");
    assert!(c.screen().contains("choose: the same key again"), "{}", c.screen());
    assert!(c.verb().is_none());
    c.press("s <f2>");
    let Some(Verb::Ring { keyring, act: Act::Request(asked), password: None }) = c.verb() else {
        panic!("{:?}", c.effects)
    };
    assert_eq!((keyring.as_str(), asked.key), ("mail", Some(RequestKey::Same)));
    assert_eq!(asked.identity.hosts, ["mail.example.test"]);
    // No stash opens it: the password is asked above the form, and both go when it is done.
    c.answer(Err(Error::new(Kind::Locked, "Keyring mail needs its password.")));
    assert!(c.screen().contains("Password of keyring mail"), "{}", c.screen());
    c.type_text("wrong").press("<ret>");
    c.answer(Err(Error::new(Kind::WrongPassword, "The password does not open the keyring mail.")));
    assert!(c.screen().contains("does not open"), "{}", c.screen());
    c.type_text("hunter2").press("<ret>");
    c.commit(fixture::full(), "Request 7 waits for a decision.");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
}

#[test]
fn a_keyring_like_another_follows_the_one_that_is_chosen_until_something_is_typed() {
    let mut c = Console::fixture();
    c.press("1 g d");
    assert!(c.screen().contains("New keyring like mail"), "{}", c.screen());
    // The keyring that it is like is the last but one field; the next one after mail is old.
    c.type_text("copy").press("<pgdn> <up> <right>");
    assert!(c.screen().contains("old.example.test"), "{}", c.screen());
    c.press("<pgup> <tab> C-u").type_text("own.test").press("<pgdn> <up> <right>");
    assert!(c.screen().contains("< shop >") && c.screen().contains("own.test"), "{}", c.screen());
    c.press("<up> <up> <up>").type_text("pass").press("<tab>").type_text("pass").press("<f2>");
    let Some(Verb::CreateKeyring(new)) = c.verb() else { panic!("{}", c.screen()) };
    assert_eq!((new.like.as_str(), &new.identity.hosts[..]), ("shop", &["own.test".to_owned()][..]));
    assert!(!new.self_certified);
}

#[test]
fn renaming_sealing_anew_and_the_stash_go_through_their_forms() {
    let mut c = Console::fixture();
    c.press("1 g e").type_text("-2").press("<ret>");
    assert!(matches!(c.verb(), Some(Verb::Ring { act: Act::Rename { to }, .. }) if to == "mail-2"));
    c.commit(fixture::full(), "Keyring mail is called mail-2 now.");
    assert!(c.model.dialogs.is_empty());
    c.press("p").type_text("one").press("<tab>").type_text("two").press("<ret>");
    assert!(c.screen().contains("not the same as the one above"), "{}", c.screen());
    c.press("C-u").type_text("one").press("<ret>");
    assert!(
        matches!(c.verb(), Some(Verb::Ring { act: Act::ChangePassword { new, .. }, .. }) if new.expose() == "one")
    );
    assert!(!format!("{:?}{:?}", c.model, c.effects).contains("one\""), "a secret is printed");
    c.commit(fixture::full(), "Keyring mail: password changed.");
    c.press("s");
    assert!(c.screen().contains("nobody can tell it to you"), "{}", c.screen());
    c.press("<down> <ret>");
    assert!(matches!(c.verb(), Some(Verb::Ring { act: Act::DropStash, .. })));
    c.commit(fixture::full(), "Keyring mail: stash dropped.");
    c.press("K");
    assert!(c.screen().contains("no key waits in this ring"), "{}", c.screen());
    c.press("f");
    assert!(c.screen().contains("for tests only"), "{}", c.screen());
    c.press("<ret>");
    assert!(matches!(c.verb(), Some(Verb::Ring { act: Act::SelfCertify { days: 90 }, .. })));
}

#[test]
fn the_request_of_a_keyring_is_found_again_in_the_queue() {
    let mut c = Console::fixture();
    // A filter in the queue that hides it is taken away.
    c.press("4 /").type_text("nothing").press("<ret> 1 g w");
    assert!(c.screen().contains("no request of this ring"), "{}", c.screen());
    c.press("G w");
    assert!(c.screen().contains("Request of www") || c.screen().contains("no request"), "{}", c.screen());
    c.press("<esc> /").type_text("shop").press("<ret> w");
    assert!(c.screen().contains("Request of shop") && c.screen().contains("pending"), "{}", c.screen());
    c.press("<ret>");
    assert_eq!(c.model.selected(), Some(RowKey::Request(RequestId(2))));
}

#[test]
fn a_workspace_with_keyrings_begins_with_them_and_an_empty_one_with_its_authority() {
    use ringmaster::tui::model::Settings;
    let mut state = fixture::full();
    state.certifiers.clear();
    let c = Console::with(state, Settings { now: fixture::now(), ..Settings::default() });
    assert!(c.screen().contains("› mail"), "{}", c.screen());
    assert!(Console::empty().screen().contains("No certifiers yet"));
}

#[test]
fn an_amendment_shows_its_differences_before_it_goes_anywhere() {
    let mut c = Console::fixture();
    c.press("5 e <tab> C-u").type_text("7").press("<f2>");
    let screen = c.screen();
    assert!(screen.contains("was  30") && screen.contains("now  7"), "{screen}");
    assert!(screen.contains("Another CAA has to confirm it"), "{screen}");
    // Back in the form, what was typed is still there.
    c.press("<esc>");
    assert!(c.screen().contains("Amend the policy of example-root"), "{}", c.screen());
    c.press("<f2> <ret>");
    let Some(Verb::Amend { certifier, before, amendment }) = c.verb() else { panic!("{:?}", c.effects) };
    assert_eq!((certifier.as_str(), *before, amendment.policy.crl_days), ("example-root", 1, 7));
}

#[test]
fn keys_are_forgotten_before_the_console_is_suspended_also_within_a_dialog() {
    let mut c = Console::fixture();
    c.press("C-z");
    assert!(matches!(c.effects.last(), Some(Effect::Suspend)), "{:?}", c.effects);
    c.effects.clear();
    c.model.unlocked.push("example-root".into());
    c.press("5 n C-z");
    assert!(!c.effects.contains(&Effect::Suspend), "{:?}", c.effects);
    assert!(matches!(c.effects.last(), Some(Effect::Lock(_, None))), "{:?}", c.effects);
    c.answer(Ok(Done::Unlocked(Vec::new())));
    assert!(matches!(c.effects.last(), Some(Effect::Suspend)) && c.model.unlocked.is_empty());
}
