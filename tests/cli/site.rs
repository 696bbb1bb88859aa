//! Site documents by command: every kind with its fields, many changed at once, and earlier versions brought back.

use super::Place;

/// Makes three sites, of which one is for mail.
fn three() -> Place {
    let place = Place::new();
    place.run("site create www --hosts www.example.test --default-site").done();
    place.run("site create shop --hosts shop.example.test --port 8443 --redirect").done();
    place.run("site create post --kind smtp --hosts mail.example.test").done();
    place
}

#[test]
fn a_document_begins_with_what_is_usual_for_its_kind_and_has_its_fields_only() {
    let place = three();
    let post = place.run("--json site show post").json();
    assert_eq!((&post["tcp-anonymous"], &post["port"]), (&"yes".into(), &"465".into()));
    assert!(post.get("client-certificate").is_none() && post.get("redirect").is_none(), "{post}");
    let www = place.run("--json site show www").json();
    assert_eq!((&www["tcp-anonymous"], &www["accept-expired"]), (&"no".into(), &"no".into()));
    let shop = place.run("site show shop").done();
    assert!(shop.contains("https://shop.example.test:8443/"), "{shop}");
    for (line, says) in [
        ("site set post client-certificate=yes", "web, imap, pop3, ldap"),
        ("site create x --kind iiop --hosts x.example.test --keyring mail", "web, imap, pop3, ldap, smtp"),
        ("site set www ciphers=AES", "is none of these"),
        ("site set www protocol-version=negotiated", "imap"),
        ("site set www rules=forward", "line 1: a rule begins with"),
    ] {
        let err = place.run(line).refused(2);
        assert!(err.contains(says), "{line}: {err}");
    }
    // Another kind has other fields, and what it does not have is gone.
    place.run("site set www client-certificate=yes").done();
    place.run("site set www kind=iiop").done();
    let www = place.run("--json site show www").json();
    assert!(www.get("client-certificate").is_none() && www["port"] == "63149", "{www}");
}

#[test]
fn rules_are_given_one_a_line_and_global_ones_hold_for_every_site() {
    let place = three();
    let rules = ["redirect 301 /a/* = /b/", "header /* X-Frame-Options: DENY"];
    let ended = place.words(
        &["site", "create", "all", "--kind", "global-web", "--rules", rules[0], "--rules", rules[1]],
        b"",
    );
    assert_eq!(ended.done(), "Site all is saved.\n");
    let file = std::fs::read_to_string(place.path("data/directory/sites/all.ron")).unwrap();
    assert!(file.contains("Redirect(") && file.contains("X-Frame-Options"), "{file}");
    let shown = place.run("site show www").done();
    assert!(shown.contains("all: redirect 301 /a/* = /b/"), "{shown}");
    assert!(place.run("site show all").done().contains("its rules hold for"), "it answers nothing");
    let list = place.run("--json doctor").out;
    assert!(!list.contains("Site all"), "nothing speaks against it: {list}");
}

#[test]
fn many_are_changed_at_once_or_none() {
    let place = three();
    let dry = place.run("site set www shop comment=moved enabled=no --dry-run");
    assert!(dry.out.contains("shop  Enabled") && dry.err.contains("2 would be changed"), "{dry:?}");
    assert!(!place.run("site show www").done().contains("moved"));
    assert_eq!(place.run("site set www shop comment=moved").done(), "2 sites are saved.\n");
    let again = place.run("site set www shop post comment=moved");
    assert!(
        again.err.contains("site www is so already") && again.out.contains("Site post is saved"),
        "{again:?}"
    );
    assert_eq!(place.run("site set --where kind:web comment=web").done(), "2 sites are saved.\n");
    // One of them has no such field, and another one names no keyring that there is: nothing is changed.
    place.run("site set www post redirect=yes").refused(2);
    assert!(place.run("--json site show www").json()["redirect"] == "no");
    place.run("site set www shop keyring=nowhere").refused(1);
    for (line, says) in [
        ("site set --where colour:red comment=x", "no field colour"),
        ("site set comment=x", "No document is named"),
        ("site set www", "Nothing would be set"),
    ] {
        let err = place.run(line).refused(2);
        assert!(err.contains(says), "{line}: {err}");
    }
    let list = place.run("site list --where port:8443").done();
    assert!(list.contains("shop") && !list.contains("www"), "{list}");
}

#[test]
fn a_copy_differs_in_what_is_said_and_is_no_second_default() {
    let place = three();
    place.run("site copy www www2 hosts=www2.example.test").done();
    let copy = place.run("--json site show www2").json();
    assert_eq!((&copy["default-site"], &copy["hosts"]), (&"no".into(), &"www2.example.test".into()));
    assert!(place.run("site copy www shop").refused(1).contains("already named"));
}

#[test]
fn earlier_versions_are_listed_compared_undone_and_brought_back() {
    let place = three();
    place.run("site set www comment=one").done();
    place.run("site set www comment=two port=444").done();
    let history = place.run("site history www").done();
    let rows: Vec<&str> = history.lines().collect();
    assert!(
        rows[1].starts_with("3 ")
            && rows[1].contains("present")
            && rows[1].contains("changed: TLS port, Comment"),
        "{history}"
    );
    assert!(rows[3].starts_with("1 ") && rows[3].ends_with("made"), "{history}");
    let diff = place.run("site diff www 2").done();
    assert!(diff.contains("443 -> 444") && diff.contains("one -> two"), "{diff}");
    // An undoing is undone the same way.
    assert!(place.run("site undo www").done().contains("two -> one"));
    assert!(place.run("site undo www").done().contains("one -> two"));
    place.run("site restore www --version 1").done();
    // The audit list tells it from an ordinary change, and older entries say what they said.
    let audit = place.run("audit list").done();
    for says in ["  site www: the last change is undone, version 2 is back", "site www: version 1 is back"] {
        assert!(audit.contains(says), "{says}: {audit}");
    }
    assert!(audit.lines().any(|line| line.ends_with("  site www")), "{audit}");
    assert!(place.run("audit verify").done().contains("whole"));
    assert_eq!(place.run("--json site show www").json()["comment"], "");
    assert!(place.run("site restore www --version 1").refused(1).contains("says the same"));
    place.run("site restore www --version 9").refused(1);
    place.run("site restore www").refused(2);
    assert!(place.run("site undo post").refused(1).contains("as it was made"));
    // What was deleted is found and comes back.
    place.run("site delete www --confirm www").done();
    let deleted = place.run("--json site deleted").json();
    assert_eq!(deleted[0]["name"], "www");
    place.run("site restore www").done();
    assert_eq!(place.run("--json site show www").json()["port"], "443");
    assert!(place.run("site history www").done().contains("made again"));
    assert!(place.run("site history nobody").refused(1).contains("site deleted"));
}

#[test]
fn what_was_written_by_hand_is_a_version_of_its_own() {
    let place = three();
    place.write("data/directory/sites/www.ron", "(hosts: [\"www.example.test\"], comment: \"by hand\")");
    let history = place.run("site history www").done();
    assert!(
        history.lines().nth(1).unwrap().starts_with("now ") && history.contains("written by hand"),
        "{history}"
    );
    place.run("site set www comment=again").done();
    let versions = place.run("--json site history www").json();
    let by_hand = versions[1]["version"].as_str().unwrap().to_owned();
    assert!(by_hand.starts_with('@'), "{versions}");
    place.run(&format!("site restore www --version {by_hand}")).done();
    assert_eq!(place.run("--json site show www").json()["comment"], "by hand");
}

#[test]
fn people_and_servers_have_the_same_ways() {
    let place = Place::new();
    place.run("server create web01 --server-name web01/Example").done();
    place.run("server set web01 comment=x").done();
    place.run("server undo web01").done();
    assert_eq!(place.run("--json server show web01").json()["comment"], "");
    let words = ["person", "create", "ann", "--full-name", "Ann Miller"];
    place.words(&words, b"").done();
    place.run("person set ann enabled=no").done();
    place.run("person delete ann --confirm ann").done();
    place.run("person restore ann --version 1").done();
    assert_eq!(place.run("--json person show ann").json()["enabled"], "yes");
    assert!(place.run("person history ann").done().contains("changed"));
}
