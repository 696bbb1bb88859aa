//! Server documents by keys, and the ways between servers, sites and keyrings.

use ringmaster::desk::Verb;
use ringmaster::model::State;
use ringmaster::model::server::{PortStatus, Release, Server};
use ringmaster::model::site::SiteKind;
use ringmaster::tui::pane::PaneId;

use super::console::Console;
use super::first_day::{Live, desk};
use super::fixture;

/// A console on the fixture with two servers: one that hosts its sites, and one with a keyring of its own.
pub(crate) fn with_servers() -> Console {
    let mut state = fixture::full();
    let mut web = Server {
        name: "web01".into(),
        server_name: "web01/Example".into(),
        hosts: vec!["www.example.test".into(), "shop.example.test".into()],
        addresses: vec!["192.0.2.1".into()],
        ..Server::default()
    };
    web.change_port(SiteKind::Web, |port| {
        (port.tls, port.tls_status, port.tcp_status) = (8443, PortStatus::Enabled, PortStatus::Redirect);
    });
    web.change_port(SiteKind::Imap, |port| port.tls_status = PortStatus::Enabled);
    let mut mail = Server {
        name: "mail01".into(),
        server_name: "mail01/Example".into(),
        hosts: vec!["mail.example.test".into()],
        release: Release::R10,
        load_sites: false,
        keyring: "mail".into(),
        ..Server::default()
    };
    mail.change_port(SiteKind::Smtp, |port| port.tls_status = PortStatus::Enabled);
    state.servers = [web, mail].into_iter().map(|s| (s.name.clone(), s)).collect();
    Console::of(state)
}

#[test]
fn where_used_leads_from_server_to_site_to_keyring_and_back() {
    let mut c = with_servers();
    c.press("8 j u");
    assert!(c.screen().contains("web port 8443: site webshop with keyring shop"), "{}", c.screen());
    c.press("<ret>");
    assert_eq!((c.model.pane, c.model.selected_name().as_deref()), (PaneId::Sites, Some("webshop")));
    c.press("u");
    let screen = c.screen();
    assert!(screen.contains("server web01/Example: web port 8443"), "{screen}");
    assert!(screen.contains("keyring shop"), "{screen}");
    c.press("<esc> 1 g u");
    assert!(c.screen().contains("server mail01/Example: its document names it"), "{}", c.screen());
}

#[test]
fn a_server_is_written_down_changed_copied_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let other = desk(folder.path());
    drop(other);
    let mut live = Live::new(folder.path());
    live.press("8").sees("Say which ports").press("n").text("web01").press("<tab>").text("web01/Example");
    live.press("<tab>")
        .text("www.example.test")
        .press("C-s")
        .sees("Server web01 is saved")
        .sees("no TLS port");
    live.press("e").sees("Server web01").press("C-s").sees("Nothing was changed");
    live.press("d").sees("A server like web01").text("web02").press("C-s").sees("such as web01/Example");
    live.text("web02/Example").press("C-s").sees("Server web02 is saved");
    live.press("r").sees("Server web02 runs with what its documents say now");
    live.press("X").sees("goes to the history").text("web02").press("<ret>").sees("Server web02 is deleted");
}

#[test]
fn the_name_of_a_server_gives_that_of_its_document_and_a_fix_knows_the_server() {
    let mut c = with_servers();
    c.press("8 n").paste("CN=Web 07/O=Acme, Inc").press("<tab>");
    assert!(
        c.screen().lines().any(|l| l.contains("Server name") && l.contains("CN=Web 07/O=Acme, Inc")),
        "{}",
        c.screen()
    );
    c.press("C-s");
    let Some(Verb::SaveServer { server, .. }) = c.verb() else { panic!("{:?}", c.effects) };
    assert_eq!((server.name.as_str(), server.server_name.as_str()), ("web-07", "CN=Web 07/O=Acme, Inc"));
    assert!(!server.tls.accept_expired, "a new document accepts no expired certificates");

    let mut state = State::clone(&with_servers().model.state);
    let web01 = state.servers.get_mut("web01").unwrap();
    web01.change_port(SiteKind::Pop3, |port| port.tls_status = PortStatus::Enabled);
    let mut c = Console::of(state);
    c.examined().press("6 /").type_text("rule:s01 object:web01 pop3").press("<ret> f");
    let screen = c.screen();
    for said in ["New site", "pop3", "Example", "www.example.test shop.example.test", "web01/Example", "995"]
    {
        assert!(screen.contains(said), "{said}: {screen}");
    }
}

#[test]
fn a_form_saves_what_was_chosen_for_a_port() {
    let mut c = with_servers();
    c.press("8 g e");
    // The statuses of the TLS port of IMAP: far down, found by its label.
    let at = |c: &Console| c.screen().lines().any(|l| l.contains("IMAP TLS status") && l.contains('<'));
    for _ in 0..60 {
        if at(&c) {
            break;
        }
        c.press("<tab>");
    }
    assert!(at(&c), "{}", c.screen());
    c.press("<left> C-s");
    assert!(c.screen().contains("IMAP TLS status  disabled -> enabled"), "{}", c.screen());
    c.press("<ret>");
    let Some(Verb::SaveServer { before: Some(before), server }) = c.verb() else { panic!("{}", c.screen()) };
    assert!(!before.port(SiteKind::Imap).speaks_tls() && server.port(SiteKind::Imap).speaks_tls());
    assert_eq!(before.port(SiteKind::Smtp), server.port(SiteKind::Smtp));
}
