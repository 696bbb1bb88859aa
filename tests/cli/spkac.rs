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
