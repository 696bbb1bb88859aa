//! Documents in exchange with a Domino directory, by command.

use super::{Place, RING};

const DXL: &str = include_str!("../exchange/sites.dxl");
const ONE_TOUCH: &str = include_str!("../exchange/one-touch.json");

#[test]
fn a_file_is_shown_first_then_taken_and_nothing_is_taken_twice() {
    let place = Place::new();
    place.write("sites.dxl", DXL);
    let shown = place.run("directory import sites.dxl --dry-run").done();
    assert!(shown.contains("site web-shop: new") && shown.contains("site mail: new"), "{shown}");
    assert!(shown.contains("www.example.test") && shown.contains("no keyring here is www.kyr"), "{shown}");
    assert!(
        shown.contains("2 new, 0 changed, 0 same, 0 refused, 1 of other forms skipped. This was a dry run"),
        "{shown}"
    );
    assert_eq!(place.run("--json site list").json(), serde_json::json!([]));
    let ended = place.run("directory import sites.dxl");
    assert!(ended.err.contains("1 of form Person"), "{ended:?}");
    ended.done();
    let mail = place.run("--json site show mail").json();
    assert_eq!((&mail["kind"], &mail["tcp-password"]), (&"imap".into(), &"no".into()));
    let again = place.run("directory import sites.dxl").done();
    assert!(again.contains("0 new, 0 changed, 2 same"), "{again}");
    // The same server in another spelling is no change.
    place.run("site set mail servers=web01/Example").done();
    let again = place.run("directory import sites.dxl").done();
    assert!(again.contains("0 new, 0 changed, 2 same"), "{again}");
    place.run("site set mail organization=Other").done();
    let seen = place.run("--json directory import sites.dxl --dry-run").json();
    let changes = serde_json::json!([{ "field": "Organization", "old": "Other", "new": "Example" }]);
    assert_eq!(
        (&seen["documents"][1]["result"], &seen["documents"][1]["changes"]),
        (&"changed".into(), &changes)
    );
    place.run("audit verify").done();
}

#[test]
fn servers_their_configuration_and_sites_come_from_one_touch_setup() {
    let place = Place::new();
    place.words(&["directory", "import", "-"], ONE_TOUCH.as_bytes()).done();
    let server = place.run("--json server show web01").json();
    assert_eq!((&server["server-name"], &server["starttls"]), (&"CN=web01/O=Example".into(), &"yes".into()));
    assert_eq!(server["web-tls-status"], "enabled");
    let sites = place.run("site list").done();
    assert!(sites.contains("default-site ") && sites.contains("default-site-smtp"), "{sites}");
    let again = place.words(&["directory", "import", "-"], ONE_TOUCH.as_bytes()).done();
    assert!(again.contains("0 new, 0 changed, 3 same, 0 refused, 1 of other forms skipped"), "{again}");
}

#[test]
fn what_is_exported_makes_the_same_documents_elsewhere() {
    let (place, other) = (Place::new(), Place::new());
    place.words(&["directory", "import", "-"], ONE_TOUCH.as_bytes()).done();
    place.words(&["directory", "import", "-"], DXL.as_bytes()).done();
    place.run("site set mail port=9993 enabled=no").done();
    for (format, file) in [("dxl", "all.dxl"), ("one-touch", "all.json")] {
        place.run(&format!("directory export --format {format} --to {file}")).done();
        let text = std::fs::read(place.path(file)).unwrap();
        let same = place.words(&["directory", "import", "-", "--dry-run"], &text);
        assert!(format == "one-touch" || same.out.contains("0 new, 0 changed, 5 same"), "{same:?}");
        let other = Place::new();
        other.words(&["directory", "import", "-"], &text).done();
        for noun in ["site", "server"] {
            let list = format!("--json {noun} list");
            assert_eq!(other.run(&list).json(), place.run(&list).json(), "{format}");
        }
    }
    place.run("directory export --to all.dxl").refused(1);
    let err = place.run("directory export --site nowhere").refused(1);
    assert!(err.contains("nowhere"), "{err}");
    other.run("directory export").refused(1);
    let one = place.run("directory export --site mail").json();
    let documents = &one["appConfiguration"]["databases"][0]["documents"];
    assert_eq!(documents.as_array().unwrap().len(), 1);
    assert_eq!(documents[0]["items"]["Form"], "IMAPSite");
}

#[test]
fn a_document_that_cannot_be_is_refused_and_the_others_are_taken() {
    let place = Place::new();
    let bad = DXL.replace("imap.example.test", "not a host");
    let ended = place.words(&["directory", "import", "-"], bad.as_bytes());
    assert!(ended.out.contains("site mail: refused: ISiteAdrs"), "{ended:?}");
    assert_eq!(ended.code, 1);
    place.run("site show web-shop").done();
    place.run("site show mail").refused(1);
    place.write("laughs.dxl", "<!DOCTYPE d [<!ENTITY a 'ha'>]><database>&a;</database>");
    let err = place.run("directory import laughs.dxl").refused(1);
    assert!(err.contains("declarations are not read"), "{err}");
    place.run("--read-only directory import laughs.dxl").refused(1);
}

#[test]
fn servers_are_called_as_directories_call_them_with_spaces_and_commas() {
    let place = Place::new();
    let words = |words: &[&str]| place.words(words, b"");
    words(&["server", "create", "CN=Web01/O=Acme Corp", "--hosts", "web01.example.test"]).done();
    words(&["server", "create", "mail", "--server-name", "mail01/Acme, Inc"]).done();
    let shown = words(&["--json", "server", "show", "web01/acme corp"]).json();
    assert_eq!((&shown["name"], &shown["server-name"]), (&"web01".into(), &"CN=Web01/O=Acme Corp".into()));
    let hosts = "\"Web01/Acme Corp\" \"CN=mail01/O=Acme, Inc\"";
    words(&["site", "create", "www", "--hosts", "www.example.test", "--servers", hosts]).done();
    assert_eq!(words(&["--json", "site", "show", "www"]).json()["servers"], hosts);
    let err = words(&["site", "set", "www", "servers=Web01/Acme Corp"]).refused(2);
    assert!(err.contains("\"Web01/Acme Corp\""), "{err}");
    words(&["server", "set", "CN=Web01/O=Acme Corp", "mail01/Acme, Inc", "web-tls-status=enabled"]).done();
    let who = words(&["site", "who", "www.example.test", "--server", "Web01/Acme Corp"]);
    assert!(who.out.contains("Server CN=Web01/O=Acme Corp"), "{who:?}");
    assert!(words(&["server", "history", "web01/Acme Corp"]).done().contains("present"));
    // A new name takes the documents along, and S19 knows both.
    words(&["server", "set", "web01", "server-name=Web09/Acme Corp"]).done();
    let hosts = "\"Web09/Acme Corp\" \"CN=mail01/O=Acme, Inc\"";
    assert_eq!(words(&["--json", "site", "show", "www"]).json()["servers"], hosts);
    assert_eq!(words(&["doctor", "--rule", "S19"]).out, "Nothing was found.\n");
    for format in ["dxl", "one-touch", "one-touch-update"] {
        let out = words(&["directory", "export", "--format", format, "--server", "Web09/Acme Corp"]).done();
        assert!(out.contains("Web09/Acme Corp"), "{out}");
    }
    words(&["server", "delete", "mail01/Acme, Inc", "--confirm", "mail"]).done();
}

#[test]
fn people_with_certificates_are_taken_and_bound_by_their_keys() {
    let place = Place::new();
    let mut pems = Vec::new();
    for name in ["ann", "bob"] {
        place
            .with(RING, &format!("keyring create {name} --hosts {name}.example.test --self-certified"))
            .done();
        let pem = place.run(&format!("keyring export {name} --form leaf")).done();
        pems.push(pem.lines().filter(|l| !l.starts_with("---")).collect::<String>());
    }
    let person = |name: &str, mail: &str, data: &str| {
        format!(
            "<document form='Person'><item name='FullName' names='true'><textlist><text>CN={name}/O=Acme Corp/C=DE</text>\
             <text>{name}</text></textlist></item><item name='InternetAddress'><text>{mail}</text></item>\
             <item name='HTTPPassword'><text>(GsecretG)</text></item>\
             <item name='userCertificate' summary='true'><rawitemdata type='600'>\nAAAA{data}</rawitemdata></item></document>"
        )
    };
    let all = [
        person("Ann Miller", "ann@example.test", &pems[0]),
        person("Bob", "", &pems[1]),
        person("Bob Again", "bob@example.test", &pems[1]),
        "<document form='Person'><item name='FullName'><text>CN=Nobody/O=Acme Corp</text></item></document>"
            .into(),
    ];
    let dxl = format!("<database>{}</database>", all.concat());
    let import = || place.words(&["directory", "import", "-"], dxl.as_bytes());
    let ended = import();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.out.contains("person ann.miller: new") && ended.out.contains("person bob: new"),
        "{ended:?}"
    );
    assert!(
        ended.out.contains("person bob.again: refused: a key of it is that of bob in the file already"),
        "{ended:?}"
    );
    assert!(ended.err.contains("1 of form Person without a certificate"), "{ended:?}");
    let ann = place.run("--json person show ann.miller").json();
    assert_eq!((&ann["full-name"], &ann["organization"]), (&"Ann Miller".into(), &"Acme Corp".into()));
    assert_eq!((&ann["country"], &ann["mail"]), (&"DE".into(), &"ann@example.test".into()));
    assert!(ann["keys"].as_str().unwrap().contains("(directory, "), "{ann}");
    assert!(
        !std::fs::read_to_string(place.path("data/directory/people/ann.miller.ron"))
            .unwrap()
            .contains("Gsecret")
    );
    let again = import();
    assert!(
        again.out.contains("person ann.miller: same") && again.out.contains("person bob: same"),
        "{again:?}"
    );
    place.run("person set ann.miller comment=here").done();
    assert!(import().out.contains("person ann.miller: same"));
}

#[test]
fn a_file_with_two_documents_of_one_server_gives_one() {
    let place = Place::new();
    let one = |name: &str| {
        format!("<document form='Server'><item name='ServerName'><text>{name}</text></item></document>")
    };
    let dxl = format!("<database>{}{}</database>", one("CN=Web 01/O=Acme Corp"), one("web 01/acme corp"));
    let ended = place.words(&["directory", "import", "-"], dxl.as_bytes());
    assert_eq!(ended.code, 1);
    assert!(
        ended.out.contains("server web-01: new") && ended.out.contains("another document of this server"),
        "{ended:?}"
    );
    assert_eq!(place.run("--json server list").json().as_array().unwrap().len(), 1);
}
