//! The form of certificates, and what strict programs refuse beyond the verdict of TLS: every chain of the family is held
//! against `openssl verify -x509_strict` at its date. Where both differ, a table says so.

use std::path::Path;

use ringmaster::model::finding::Severity;

use super::chains::{Case, GOOD, ROOT, SERVER, build, cases, certify, ours, verdict};
use super::openssl;
use crate::support::tool;

const WWW: &str = "subjectAltName=DNS:www.example.test";
const IDS: &str = "\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always";

/// Chains that TLS trusts or not, with the rule that must be told about the named certificate.
fn forms() -> Vec<Case> {
    let case = |leaf, pool, told| Case { leaf, pool, told, ..GOOD };
    vec![
        case("critical", &["mid"][..], Some(("chain.critical", "critical"))),
        case("policies", &["mid"], Some(("chain.critical", "policies"))),
        case("no-ids", &["mid"], Some(("chain.strict", "no-ids"))),
        case("signing-leaf", &["mid"], Some(("chain.strict", "signing-leaf"))),
        case("under-loose", &["loose"], Some(("chain.strict", "loose"))),
        case("under-silent", &["silent"], Some(("chain.strict", "silent"))),
        case("under-bare", &["bare"], Some(("chain.strict", "bare"))),
        case("lost", &["twin"], Some(("chain.key-id", "lost"))),
        case("outliving", &["brief"], Some(("chain.nesting", "outliving"))),
        case("any", &["mid"], Some(("chain.extended", "any"))),
        case("short-key", &["mid"], Some(("chain.weak-key", "short-key"))),
    ]
}

fn build_forms(folder: &Path) {
    let ca = |name: &str, days, extensions: &str| certify(folder, name, name, "root", days, extensions);
    let www = |name: &str, issuer: &str, days, extensions: &str| {
        certify(folder, name, name, issuer, days, &format!("{extensions}\n{WWW}"));
    };
    www("critical", "mid", 10, &format!("{SERVER}\n1.2.3.4=critical,ASN1:UTF8String:x"));
    www("policies", "mid", 10, &format!("{SERVER}\ncertificatePolicies=critical,1.2.3.4"));
    www("no-ids", "mid", 10, &format!("#\n{SERVER}"));
    www("signing-leaf", "mid", 10, &SERVER.replace("digitalSignature", "digitalSignature,keyCertSign"));
    ca("loose", 900, "basicConstraints=CA:TRUE\nkeyUsage=critical,keyCertSign");
    www("under-loose", "loose", 10, SERVER);
    ca("silent", 900, "basicConstraints=critical,CA:TRUE");
    www("under-silent", "silent", 10, SERVER);
    ca("bare", 900, &format!("#\n{ROOT}\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=keyid:always"));
    www(
        "under-bare",
        "bare",
        10,
        &format!("#\n{SERVER}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=none"),
    );
    // The same key and name, once more with another key identifier: what names the first is not under the second.
    ca("twin", 900, ROOT);
    www("lost", "twin", 10, SERVER);
    ca("twin", 900, &format!("{ROOT}\nsubjectKeyIdentifier=01020304\nauthorityKeyIdentifier=keyid:always"));
    ca("brief", 5, ROOT);
    www("outliving", "brief", 10, SERVER);
    www("any", "mid", 10, &SERVER.replace("serverAuth", "anyExtendedKeyUsage"));
    openssl(
        folder,
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "short-key.key"],
    );
    www("short-key", "mid", 10, &format!("{SERVER}{IDS}"));
}

/// Where OpenSSL comes to another verdict, and why.
const DIFFERENT: &[(&str, bool, &str)] = &[
    ("policies", true, "it understands policies, which strict TLS does not"),
    ("outliving", true, "an issuer that ends first is no matter before it ends"),
    ("short-key", true, "its default level of security lets a short key of a leaf pass"),
];

#[test]
fn strict_programs_refuse_what_we_say_they_refuse() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    build_forms(folder);
    let mut wrong = Vec::new();
    for case in cases().into_iter().chain(forms()) {
        let explanation = ours(folder, &case);
        let all: Vec<_> =
            explanation.links.iter().flat_map(|l| l.findings.iter().map(move |f| (l, f))).collect();
        if let Some((rule, file)) = case.told {
            let named = super::read(folder, file).sha256;
            let told = all.iter().any(|(l, f)| f.rule == rule && l.certificate.sha256 == named);
            assert!(told, "{rule} of {file}: {all:#?}");
        }
        let refused = all.iter().any(|(_, f)| f.severity > Severity::Info);
        let (accepted, said) = verdict(folder, &case, &["-x509_strict"]);
        // It tries one way only, and takes the other certificate of the key.
        let other_way = case.pool.first() == Some(&"mid-strange");
        match DIFFERENT.iter().find(|(leaf, ..)| *leaf == case.leaf) {
            Some((leaf, theirs, why)) if accepted != *theirs || !refused => {
                wrong.push(format!("{leaf} does not differ any more ({why}): {said}"));
            }
            Some(_) => {}
            None if accepted == refused && !other_way => {
                let rules: Vec<_> = all.iter().map(|(_, f)| f.rule.as_str()).collect();
                wrong.push(format!(
                    "{} over {:?}: we say {rules:?}, openssl {accepted}: {said}",
                    case.leaf, case.pool
                ));
            }
            None => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
