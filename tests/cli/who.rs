//! `ringmaster site who`: which document, which keyring and which certificate answer, told from the documents of a workspace.

use super::Place;

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
