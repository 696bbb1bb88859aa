//! Requests of Netscape's kind: read with the name beside them or from the options, certified, and written again.

use super::{CA, Place, openssl_is_here};
use crate::support::openssl;

#[test]
fn an_spkac_gets_its_name_from_its_file_or_from_the_options() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    place.certifier();
    let folder = place.folder.path();
    openssl(folder, "genrsa -out web.key 2048");
    openssl(folder, "spkac -key web.key -challenge secret -digest sha256 -out bare.spkac");
    let bare = std::fs::read_to_string(place.path("bare.spkac")).unwrap();
    let beside = "# for openssl ca\ncountryName = DE\n0.OU = One\n1.OU = Two\nCN=www.example.com\n";
    place.write("named.spkac", format!("{beside}subjectAltName=DNS:www.example.com\n{bare}"));

    let shown = place.run("inspect named.spkac").done();
    assert!(shown.contains("www.example.com"), "{shown}");
    place.run("request import named.spkac").done();
    let shown = place.run("request show 1").done();
    for part in
        ["CN=www.example.com,OU=Two,OU=One,C=DE", "SPKAC with a challenge", "good: the requester holds"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("secret"));
    // What comes out is what came in.
    assert_eq!(place.run("request pem 1").done().trim(), bare.trim());

    let err = place.run("request approve 1 --certifier root --profile smime").refused(1);
    assert!(err.contains("email"), "{err}");
    place.run("request approve 1 --certifier root").done();
    place.with(CA, "request issue 1").done();
    place.write("web.pem", place.run("request pem 1 --certificate").done());
    let key = openssl(folder, "pkey -in web.key -pubout");
    assert_eq!(openssl(folder, "x509 -in web.pem -noout -pubkey"), key);

    // Without a name nothing can be issued; the options give one.
    openssl(folder, "genrsa -out next.key 2048");
    openssl(folder, "spkac -key next.key -digest sha256 -out next.spkac");
    place
        .run("request import next.spkac --subject O=Example,CN=next.example.com --names next.example.com")
        .done();
    let shown = place.run("request show 2").done();
    assert!(
        shown.contains("CN=next.example.com,O=Example") && shown.contains("DNS:next.example.com"),
        "{shown}"
    );
    place.csr("plain.csr", "/CN=a.example.com", "DNS:a.example.com");
    let err = place.run("request import plain.csr --subject CN=b.example.com").refused(1);
    assert!(err.contains("names its subject itself"), "{err}");
    place.write("broken.spkac", "SPKAC=!!!\n");
    assert!(place.run("request import broken.spkac").refused(1).contains("base64"));
}

#[test]
fn one_that_was_closed_without_its_name_is_brought_again_with_one() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    place.certifier();
    let folder = place.folder.path();
    openssl(folder, "genrsa -out web.key 2048");
    openssl(folder, "spkac -key web.key -digest sha256 -out web.spkac");
    let import = "request import web.spkac";
    let named = |host: &str| format!("{import} --subject O=Example,CN={host} --names {host}");
    place.run(import).done();
    // While it is open its plan gets the name.
    let err = place.run(&named("www.example.com")).refused(1);
    assert!(err.contains("stands in the queue already") && err.contains("request edit 1 --subject"), "{err}");
    place.run("request edit 1 --subject O=Example,CN=www.example.com --names www.example.com").done();
    assert!(place.run("request show 1").out.contains("www.example.com"));
    place.run("request withdraw 1 --reason unnamed").done();
    let err = place.run(import).refused(1);
    assert!(err.contains("came before") && err.contains("request 1"), "{err}");
    assert!(err.contains("--subject"), "{err}");
    place.run(&named("www.example.com")).done();
    let shown = place.run("request show 2").done();
    assert!(shown.contains("CN=www.example.com,O=Example") && shown.contains("pending"), "{shown}");
    // That it came without a name before is not another name.
    place.run("request approve 2 --certifier root").done();
    place.run("request deny 2 --reason wrong").done();
    // Each of those that were closed is known, and not the latest alone.
    let err = place.run(&named("www.example.com")).refused(1);
    assert!(err.contains("denied before") && err.contains("wrong"), "{err}");
    let err = place.run(import).refused(1);
    assert!(err.contains("came before") && err.contains("request 1"), "{err}");
    place.run(&named("web.example.com")).done();
    let err = place.run("request approve 3 --certifier root").refused(1);
    assert!(err.contains("Request 2 asks with the same key for CN=www.example.com"), "{err}");
    let approve = ["request", "approve", "3", "--certifier", "root", "--reason", "the name was wrong"];
    place.words(&approve, b"").done();
    place.with(CA, "request issue 3").done();
    // Once it was answered no name brings it again.
    for again in [import.to_owned(), named("www.example.com"), named("new.example.com")] {
        let err = place.run(&again).refused(1);
        assert!(err.contains("answered before") && err.contains("request 3"), "{err}");
    }
    place.run("audit verify").done();
}
