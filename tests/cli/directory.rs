//! Documents in exchange with a Domino directory, by command.

use super::Place;

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
