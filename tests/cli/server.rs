//! Server documents by command: made, shown, changed, copied, told to be refreshed, deleted; and what keyrings and sites
//! have to do with them.

use super::{Place, RING};

const WEB01: &str = "server create web01 --server-name web01/Example --hosts www.example.test,mail.example.test \
                     --addresses 192.0.2.1 --release 12 --web-status redirect --web-tls-port 8443 \
                     --web-tls-status enabled --web-login tls-password,client-certificate";

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_server_is_made_shown_changed_copied_and_deleted() {
    let place = Place::new();
    assert_eq!(place.run(&words(WEB01)).done(), "Server web01 is saved.\n");
    let shown = place.run("server show web01").done();
    for said in ["web01/Example", "web     80 redirect  8443 enabled"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let list = place.run("server list").done();
    assert!(list.contains("web:8443") && list.contains("www.example.test mail.example.test"), "{list}");
    place.run("server set web01 imap-tls-status=enabled sni=yes comment=x").done();
    let err = place.run("server set web01 imap-tls-status=enabled").err;
    assert!(err.contains("nothing was changed"), "{err}");
    let copy = "server copy web01 web02 server-name=web02/Example hosts=web02.example.test";
    place.run(copy).done();
    let two = place.run("--json server show web02").json();
    assert_eq!((&two["web-tls-port"], &two["imap-tls-status"]), (&"8443".into(), &"enabled".into()));
    assert_eq!((&two["addresses"], &two["server-name"]), (&"".into(), &"web02/Example".into()));
    place.run("server delete web02 --confirm web01").refused(2);
    place.run("server delete web02 --confirm web02").done();
    assert!(place.run("server show web02").refused(1).contains("ringmaster server list"));
    assert!(place.path("ring").exists() || !place.run("server list").done().contains("web02"));
}

#[test]
fn what_no_server_can_be_is_refused_with_what_it_can() {
    let place = Place::new();
    place.run(&words(WEB01)).done();
    for (line, says) in [
        ("server create web01 --server-name web09/Example", "already named"),
        ("server create web02", "hierarchical name"),
        ("server create web02 --server-name CN=WEB01/O=Example", "Document web01 is of this server"),
        ("server set web01 keyring=nowhere", "nowhere"),
        ("server set web01 web-tls-port=0", "1 to 65535"),
        ("server set web01 smtp-login=client-certificate", "for smtp"),
        ("server set web01 pop3-status=redirect", "enabled, disabled"),
        ("server set web01 release=13", "8.5"),
        ("server set web01 addresses=web01", "not an IP address"),
        ("server set web01 proxies=10.0.0.0/40", "0 to 32"),
    ] {
        let ended = place.run(line);
        assert!(matches!(ended.code, 1 | 2) && ended.err.contains(says), "{line}: {ended:?}");
    }
}

#[test]
fn keyrings_and_sites_follow_their_servers() {
    let place = Place::new();
    place.keyring();
    place.run("server create mx --server-name mx/Example --load-sites no --keyring mail").done();
    let err = place.run("keyring delete mail --confirm mail").refused(1);
    assert!(err.contains("Server documents name it: mx"), "{err}");
    assert!(place.run("keyring show mail").done().contains("mx"));
    place.words(&["finding", "accept", "K07", "keyring", "mail", "--reason", "waits"], b"").done();
    place.with(RING, "keyring rename mail post").done();
    // What was accepted of it goes along.
    let accepted = place.run("finding accepted --json").json();
    assert_eq!(
        (&accepted[0]["subject"], &accepted[0]["standing"]),
        (&"keyring post".into(), &"holds".into())
    );
    assert_eq!(place.run("--json server show mx").json()["keyring"], "post");
    place.run("site create post --hosts mail.example.test --servers mx/Example --keyring post").done();
    place.run("server set mx server-name=mx1/Example").done();
    assert_eq!(place.run("--json site show post").json()["servers"], "mx1/Example");
    // A keyring that is gone is found for the server too.
    let file = "directory/servers/mx.ron";
    let path = place.path("ringmaster").join(file);
    let path = if path.exists() { path } else { place.path(file) };
    if path.exists() {
        let text = std::fs::read_to_string(&path).unwrap().replace("\"post\"", "\"lost\"");
        std::fs::write(&path, text).unwrap();
        let found = place.run("--json doctor").out;
        assert!(found.contains("Server mx names keyring lost, which is missing."), "{found}");
    }
}

#[test]
fn a_server_file_of_a_person_takes_what_is_usual_for_the_protocol_and_nonsense_is_told() {
    let place = Place::new();
    place.run("server create a --server-name a/Example").done();
    let folder = std::fs::read_dir(place.folder.path()).unwrap().flatten().map(|e| e.path());
    let folder =
        folder.chain([place.folder.path().to_owned()]).find(|p| p.join("directory/servers").is_dir());
    let servers = folder.unwrap().join("directory/servers");
    std::fs::write(
        servers.join("b.ron"),
        "(server_name: \"b/Example\", ports: {Imap: (tls_status: Enabled)})",
    )
    .unwrap();
    let b = place.run("--json server show b").json();
    assert_eq!((&b["imap-port"], &b["imap-tls-port"]), (&"143".into(), &"993".into()));
    for (text, says) in [
        ("(ports: {Smtp: (tcp_status: Redirect)})", "smtp cannot redirect"),
        ("(ports: {Web: (tls_status: Redirect)})", "cannot redirect"),
        ("(ports: {GlobalWeb: (tls: 1)})", "global-web has no port"),
        ("(ports: {Web: (tls: 0)})", "a port of web is 0"),
    ] {
        std::fs::write(servers.join("c.ron"), text).unwrap();
        let ended = place.run("server show c");
        assert!(ended.err.contains(says), "{text}: {ended:?}");
    }
}

#[test]
fn that_a_server_was_refreshed_is_noted() {
    let place = Place::new();
    place.run("server create a --server-name a/Example").done();
    let said = place.run("server refreshed a").done();
    assert!(said.contains("runs with what its documents say now"), "{said}");
    assert!(place.run("server show a").done().contains("by tester"));
    assert!(place.run("server history a").done().contains("runs with what its documents say now"));
    place.run("server set a comment=x").done();
    let said = place.run("server undo a").done();
    assert!(said.contains("the last change is undone, version 2 is back"), "{said}");
    assert!(place.run("server history a").done().contains("version 2 is back; changed: Comment"));
    assert!(place.run("server restore a --version 3").done().contains("Server a: version 3 is back."));
    let audit = place.run("audit list").done();
    assert!(audit.contains("server saved"), "{audit}");
}
