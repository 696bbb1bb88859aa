//! The security review, in every form in which it is written.

use ringmaster::doctor::review::{Format, review};
use ringmaster::doctor::{examine, weigh};
use ringmaster::model::State;
use ringmaster::model::accepted::Accepted;
use ringmaster::model::finding::{Severity, Subject};
use ringmaster::model::server::{Port, PortStatus, Server};
use ringmaster::model::site::SiteKind;

use crate::script::fixture;

/// The workspace of the screens with a server, a finding that is accepted, and an acceptance that is of no use any more.
fn state() -> State {
    let mut state = fixture::full();
    let ports = [(SiteKind::Web, Port { tls_status: PortStatus::Enabled, tls: 8443, ..Port::default() })];
    let (name, server_name) = ("web01".to_owned(), "web01/Example".to_owned());
    let hosts = vec!["web01.example.test".into()];
    let proxies = vec!["192.0.2.7".into()];
    let server = Server { name, server_name, hosts, proxies, ports: ports.into(), ..Server::default() };
    state.servers.insert("web01".into(), server);
    let mut accept = |rule: &str, subject: Subject, severity| {
        let (rule, at) = (rule.to_owned(), fixture::now().plus_days(-3));
        let (text, reason) = ("It was so.".into(), "The *old* client <x> goes in March.".into());
        let key = (rule.clone(), subject.clone());
        let until = at.plus_days(90);
        state
            .accepted
            .insert(key, Accepted { rule, subject, severity, text, reason, by: "ann".into(), at, until });
    };
    accept("K16", Subject::Site("website".into()), Severity::Error);
    accept("S17", Subject::Site("gone".into()), Severity::Warning);
    state
}

fn written(state: &State, format: Format) -> String {
    let found = examine(state, fixture::now(), &[90, 30, 14, 7]);
    review(state, weigh(state, fixture::now(), found), fixture::now()).write(format)
}

#[test]
fn the_review_names_every_server_and_site_and_writes_the_same_twice() {
    let state = state();
    for (format, name) in [(Format::Text, "text"), (Format::Markdown, "markdown"), (Format::Json, "json")] {
        let text = written(&state, format);
        assert_eq!(text, written(&state, format));
        for site in state.sites.keys() {
            assert!(text.to_lowercase().contains(&format!("site {site}")), "{site} is missing: {text}");
        }
        for words in ["erver web01", "192.0.2.7", "S21", "K16", "ann", "S17", "ringmaster probe"] {
            assert!(text.contains(words), "{words} is missing: {text}");
        }
        insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(format!("review-{name}"), text);
        });
    }
    let markdown = written(&state, Format::Markdown);
    assert!(markdown.contains("\\*old\\* client \\<x\\>"), "{markdown}");
}
