//! A step that a witness confirms on the command line.

use super::{CA, Place};

#[test]
fn a_signature_waits_for_the_word_of_a_witness() {
    let place = Place::new();
    place.certifier();
    place.with(CA, "certifier amend root witness=bo").done();
    let refused = place.with(CA, "crl issue root").refused(1);
    assert!(
        refused.contains("Sign the CRL of root after number 1") && refused.contains("--witness NAME:CODE"),
        "{refused}"
    );
    let code = refused.split("The code of this step is ").nth(1).and_then(|t| t.split('.').next()).unwrap();
    assert!(place.with(CA, "crl issue root --witness bo").refused(2).contains("NAME:CODE"));
    place.with(CA, &format!("crl issue root --witness carl:{code}")).refused(1);
    place.with(CA, &format!("crl issue root --witness bo:{code}")).done();
    let log = place.run("audit list").done();
    assert!(log.contains("step witnessed") && log.contains("refused"), "{log}");
    place.run("audit verify").done();
}
