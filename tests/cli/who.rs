//! `ringmaster site who`: which document, which keyring and which certificate answer, told from the documents of a workspace.

use super::Place;

/// A Server document as an administrator may write it.
const SERVER: &str = "(name: \"web01\", server_name: \"web01/Example\", release: R11, sni: true,
    ports: {Web: (tls: 8443, tls_status: Enabled, tcp: 80, tcp_status: Redirect)})";

#[test]
fn without_server_documents_a_site_answers_on_its_own_port() {
    let place = Place::furnished();
    let told = place.run("site who mail.example.test").done();
    assert!(
        told.starts_with("Answer: On web port 443, site mail answers with keyring mail, certificate"),
        "{told}"
    );
    assert!(told.contains("There is no Server document here"), "{told}");
    let json = place.run("site who mail.example.test --json").json();
    assert_eq!(json["outcome"], "certificate");
    assert_eq!(json["document"], "site mail");
    assert_eq!(json["covers"]["named"], true);
    assert!(json["steps"].as_array().unwrap().len() > 4 && json["redirect"].is_null());
    let shown = place.run("keyring show mail --json").json();
    assert!(shown["names"].to_string().contains("mail.example.test"));
    // What clients refuse, and what nobody answers, is told by the exit code.
    let told = place.run("site who other.example.test");
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.out.contains("DOES NOT NAME other.example.test"), "{told:?}");
    let told = place.run("site who mail.example.test:993 --protocol imap");
    assert_eq!(told.code, 3);
    assert!(told.out.contains("There is no document of kind imap."), "{told:?}");
    assert!(told.out.contains("This site is not enabled on the server."), "{told:?}");
}

#[test]
fn a_server_document_says_port_and_era_and_the_others_say_why_not() {
    let place = Place::furnished();
    std::fs::create_dir_all(place.path("data/directory/servers")).unwrap();
    place.run("site create shop --hosts shop.example.test --keyring mail --servers web02/Example").done();
    let listed = place.run("site list --json").json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    place.write("data/directory/servers/web01.ron", SERVER);
    let told = place.run("site who mail.example.test:8443");
    assert!(told.out.contains("release 11.0.1, loads Internet Sites"), "{told:?}");
    assert!(told.out.contains("SNI has no starting point"), "{told:?}");
    assert!(told.out.contains("Not shop: It is hosted by web02/Example."), "{told:?}");
    assert_eq!(told.code, 0, "{told:?}");
    place.run("site set mail default-site=yes").done();
    let json = place.run("site who mail.example.test --json").json();
    assert_eq!(
        (&json["port"], &json["era"], &json["server"]),
        (&8443.into(), &"sni".into(), &"web01/Example".into())
    );
    let json = place.run("site who mail.example.test --era certstore --no-sni --json").json();
    assert_eq!(json["era"], "certstore");
    let json = place.run("site who mail.example.test:80 --json").json();
    assert_eq!(json["redirect"], "https://mail.example.test:8443/");
    place.run("site who mail.example.test --sni a --no-sni").refused(2);
    place.run("site who mail.example.test --address nonsense").refused(2);
    place.run("site who mail.example.test --server web09/Example").done();
    place.run("site who").refused(2);
}
