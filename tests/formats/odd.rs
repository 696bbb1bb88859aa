//! PEM as OpenSSL writes it around certificates and requests, and what is no part of this trade.

use ringmaster::model::error::Kind;
use ringmaster::pki::pem;

use super::{PASSWORD, Place};
use crate::support::tool;

#[test]
fn text_around_pem_is_comment_but_for_names() {
    let place = Place::new();
    place.openssl("pkcs12 -export -inkey leaf.key -in chain.pem -name Blatt -caname Würzel -out in.p12 -passout pass:geheim1");
    place.openssl("pkcs12 -in in.p12 -passin pass:geheim1 -nodes -out bags.pem");
    let found = place.find("bags.pem");
    assert_eq!((found.certificates.len(), found.keys.len(), found.unread.len()), (2, 1, 0));
    assert!(found.keys[0].open);
    assert_eq!(found.labels[&place.certificate("leaf.pem").sha256], "Blatt");
    assert!(found.labels[&place.certificate("root.pem").sha256].ends_with("rzel"));
    place.openssl("pkcs12 -in in.p12 -passin pass:geheim1 -passout pass:geheim1 -out sealed.pem");
    let found = place.holds_the_key("sealed.pem", PASSWORD, "an encrypted private key");
    assert_eq!((found.certificates.len(), found.keys[0].label.as_str()), (2, "Blatt"));
    assert_eq!(place.find("sealed.pem").certificates.len(), 2);

    place.openssl("x509 -in leaf.pem -text -out text.pem");
    assert_eq!(place.certificate("text.pem"), place.certificate("leaf.pem"));
    place.openssl("req -in leaf.csr -text -newhdr -out text.csr");
    assert!(String::from_utf8(place.bytes("text.csr")).unwrap().contains("NEW CERTIFICATE REQUEST"));
    assert_eq!(place.find("text.csr").requests.len(), 1);
}

#[test]
fn trust_settings_give_name_and_trust() {
    let place = Place::new();
    place.openssl("x509 -in root.pem -trustout -addtrust serverAuth -setalias Wurzel -out trusted.pem");
    let found = place.find("trusted.pem");
    let root = place.certificate("root.pem");
    assert_eq!(found.certificates, std::slice::from_ref(&root));
    assert_eq!(found.labels[&root.sha256], "Wurzel");
    assert!(found.trusted.contains(&root.sha256));
    place.openssl("x509 -in root.pem -trustout -addreject serverAuth -out rejected.pem");
    assert!(place.find("rejected.pem").trusted.is_empty());
}

#[test]
fn every_spelling_of_text_is_read() {
    let place = Place::new();
    place.openssl("pkcs8 -topk8 -in leaf.key -out sealed -passout pass:geheim1");
    let text = String::from_utf8([place.bytes("leaf.pem"), place.bytes("sealed")].concat()).unwrap();
    let old = text.replace("BEGIN CERT", "BEGIN X509 CERT").replace("END CERT", "END X509 CERT");
    let wide = |swap: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if swap { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    let shapes = [
        old.into_bytes(),
        text.replace('\n', "\r\n").into_bytes(),
        format!("\u{feff}{text}").into_bytes(),
        wide(true),
        wide(false),
        [&[0xff, 0xfe], &wide(false)[..]].concat(),
        [&[0xfe, 0xff], &wide(true)[..]].concat(),
    ];
    for shape in shapes {
        std::fs::write(place.path().join("shape"), shape).unwrap();
        let found = place.open("shape", PASSWORD).unwrap();
        assert_eq!((found.certificates.len(), found.keys.len(), found.unread.len()), (1, 1, 0));
    }
}

#[test]
fn what_is_no_part_of_this_is_named() {
    let place = Place::new();
    place.openssl("pkey -in leaf.key -pubout -out public.pem");
    let error = pem::find(&place.bytes("public.pem")).unwrap_err();
    assert!(
        error.what.contains("public key alone") && error.next.contains("certificate request"),
        "{error:?}"
    );
    if tool("ssh-keygen").is_some() {
        place.run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "ssh"]);
        let error = pem::find(&place.bytes("ssh")).unwrap_err();
        assert!(error.what.contains("SSH key") && error.next.contains("ssh-keygen"), "{error:?}");
        let error = pem::find(&place.bytes("ssh.pub")).unwrap_err();
        assert!(error.what.contains("SSH public key"), "{error:?}");
        assert_eq!(error.kind, Kind::Foreign);
    }
    // A file that holds both is not refused for the one.
    let both = [place.bytes("public.pem"), place.bytes("leaf.pem")].concat();
    std::fs::write(place.path().join("both"), both).unwrap();
    assert_eq!((place.find("both").certificates.len(), place.find("both").unread.len()), (1, 1));
}
