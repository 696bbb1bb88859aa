//! "Who answers?" as a person asks it in the console.

use super::console::Console;
use ringmaster::tui::pane::PaneId;

#[test]
fn the_explanation_follows_what_is_typed_and_leads_to_what_answers() {
    let mut c = Console::fixture().sized(132, 43);
    c.press("3 g j a");
    let screen = c.screen();
    assert!(
        screen.contains("Who answers?") && screen.contains("There is no Server document here"),
        "{screen}"
    );
    assert!(c.effects.is_empty(), "nothing is asked of the disk or the network: {:?}", c.effects);
    assert!(
        screen.contains("site webshop has no certificate to show: keyring shop has no certificate"),
        "{screen}"
    );
    // Another host: another answer, at once.
    c.press("C-u").type_text("www.example.test");
    assert!(c.screen().contains("site website answers with keyring www"), "{}", c.screen());
    // What does not fit is said at its field, and the rest still has an answer.
    c.press("C-u").type_text("a b");
    assert!(c.screen().contains("is not a host name") && c.screen().contains("Answer"), "{}", c.screen());
    c.press("C-u").type_text("shop.example.test:80");
    assert!(c.screen().contains("without TLS"), "{}", c.screen());
    c.press("C-u").type_text("shop.example.test");
    c.press("<tab> <tab> <tab> <tab>").type_text("none").press("<f2>");
    assert!(c.screen().contains("Go to") && c.screen().contains("site webshop"), "{}", c.screen());
    // Back, on to the keyring.
    c.press("<esc>");
    assert!(c.screen().contains("Who answers?"));
    c.press("<f2> j <ret>");
    assert_eq!(c.model.pane, PaneId::Keyrings);
    assert_eq!(c.model.selected_name().as_deref(), Some("shop"));
    assert!(c.model.dialogs.is_empty());
    // One comes back to where one was.
    c.press("<bs>");
    assert_eq!(c.model.pane, PaneId::Sites);
}

#[test]
fn an_empty_workspace_has_an_answer_as_well() {
    let mut c = Console::empty();
    c.press("3 a").type_text("www.example.test");
    assert!(c.screen().contains("Nobody answers on web port 443"), "{}", c.screen());
    c.press("<pgdn>");
    assert!(c.screen().contains("There is no document of kind web."), "{}", c.screen());
    c.press("<pgup> <f2> <esc> <esc>");
    assert!(c.model.dialogs.is_empty());
}

#[test]
fn a_server_is_asked_from_its_own_pane() {
    use ringmaster::model::server::{Port, PortStatus, Server};
    use ringmaster::model::site::SiteKind;
    let mut state = super::fixture::full();
    let port = Port { tls: 8443, tls_status: PortStatus::Enabled, ..Port::usual(SiteKind::Web) };
    let server = Server {
        name: "web01".into(),
        server_name: "web01/Example".into(),
        hosts: vec!["www.example.test".into()],
        ports: [(SiteKind::Web, port)].into(),
        ..Server::default()
    };
    state.servers.insert("web01".into(), server);
    let mut c = Console::of(state).sized(132, 43);
    c.press("8 a");
    let screen = c.screen();
    assert!(screen.contains("On web port 8443, site website answers with keyring www"), "{screen}");
    assert!(screen.contains("release 14, loads Internet Sites. It was asked for."), "{screen}");
}
