//! The kinds of foreign requests that can be met, each made by the real `openssl`.

use std::path::Path;
use std::process::Command;

use super::super::support::{run, tool};

/// One kind of request, and what must be said of it.
pub(crate) struct Kind {
    /// What is special about it.
    pub(crate) name: &'static str,
    /// The request.
    pub(crate) der: Vec<u8>,
    /// The key as it must be described.
    pub(crate) key: &'static str,
    /// The verdict on its signature.
    pub(crate) proof: Proof,
}

/// The verdict expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Good,
    Weak,
    Bad,
    CannotCheck,
}

struct Recipe {
    name: &'static str,
    key: &'static [&'static str],
    described: &'static str,
    options: &'static [&'static str],
    subject: &'static str,
    config: &'static str,
    proof: Proof,
}

const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const SUBJECT: &str = "/C=DE/O=Example/CN=a.example.test";

const fn recipe(
    name: &'static str,
    key: &'static [&'static str],
    described: &'static str,
    proof: Proof,
) -> Recipe {
    Recipe { name, key, described, options: &[], subject: SUBJECT, config: "", proof }
}

/// A P-256 request that is special by its content.
const fn content(name: &'static str, subject: &'static str, config: &'static str) -> Recipe {
    Recipe { subject, config, ..recipe(name, P256, "P-256", Proof::Good) }
}

const fn signed(recipe: Recipe, options: &'static [&'static str]) -> Recipe {
    Recipe { options, ..recipe }
}

const RECIPES: &[Recipe] = &[
    recipe("RSA 2048", RSA, "RSA 2048", Proof::Good),
    recipe("RSA 3072", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], "RSA 3072", Proof::Good),
    recipe("RSA 4096", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"], "RSA 4096", Proof::Good),
    signed(recipe("RSA with SHA-512", RSA, "RSA 2048", Proof::Good), &["-sha512"]),
    recipe("P-256", P256, "P-256", Proof::Good),
    signed(recipe("P-384 with SHA-384", P384, "P-384", Proof::Good), &["-sha384"]),
    signed(recipe("P-384 with SHA-256", P384, "P-384", Proof::Good), &["-sha256"]),
    signed(
        recipe("P-521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "P-521", Proof::Good),
        &["-sha512"],
    ),
    recipe("Ed25519", &["-algorithm", "ED25519"], "Ed25519", Proof::Good),
    recipe("Ed448", &["-algorithm", "ED448"], "Ed448", Proof::CannotCheck),
    recipe(
        "secp256k1",
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
        "secp256k1",
        Proof::Good,
    ),
    recipe(
        "brainpoolP256r1",
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
        "brainpoolP256r1",
        Proof::CannotCheck,
    ),
    recipe("RSA 1024", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], "RSA 1024", Proof::Weak),
    signed(recipe("RSA with SHA-1", RSA, "RSA 2048", Proof::Weak), &["-sha1"]),
    signed(
        recipe(
            "RSA-PSS key",
            &["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
            "RSA-PSS 2048",
            Proof::Good,
        ),
        &["-sha256", "-sigopt", "rsa_pss_saltlen:digest"],
    ),
    signed(
        recipe("RSA-PSS signature by an RSA key", RSA, "RSA 2048", Proof::Good),
        &["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"],
    ),
    signed(
        recipe("RSA-PSS with a long salt", RSA, "RSA 2048", Proof::CannotCheck),
        &["-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:max"],
    ),
    signed(recipe("MD5", RSA, "RSA 2048", Proof::CannotCheck), &["-md5"]),
    signed(recipe("ECDSA with SHA-1", P256, "P-256", Proof::Weak), &["-sha1"]),
    signed(recipe("P-384 with SHA-1", P384, "P-384", Proof::CannotCheck), &["-sha1"]),
    content("no extensions", SUBJECT, ""),
    content("empty subject", "/", "[x]\nsubjectAltName=DNS:a.example.test\n"),
    content("two DC and two OU", "/DC=test/DC=example/OU=A/OU=B/CN=a", ""),
    content("multi-valued RDN", "/O=Example/CN=a+UID=7", ""),
    content("BMPString", "/O=Example/CN=\u{6771}\u{4eac}", "string_mask=MASK:0x800\n"),
    content("T61String", "/O=Example/CN=Z\u{fc}rich", "string_mask=MASK:0x4\n"),
    content(
        "directoryName",
        SUBJECT,
        "[x]\nsubjectAltName=DNS:a.example.test,dirName:d\n[d]\nO=Inner\nCN=Name\n",
    ),
    content("registeredID", SUBJECT, "[x]\nsubjectAltName=RID:1.2.3.4,DNS:a.example.test\n"),
    content(
        "challengePassword and unstructuredName",
        SUBJECT,
        "attributes=a\n[a]\nchallengePassword=hunter2hunter2\nunstructuredName=rack 7\n",
    ),
    content(
        "SKI, policies, tlsfeature, own OID",
        SUBJECT,
        "[x]\nsubjectKeyIdentifier=hash\ncertificatePolicies=1.2.3.4\ntlsfeature=status_request\n\
         1.2.3.4.5=ASN1:UTF8String:own\nsubjectAltName=DNS:a.example.test,IP:192.0.2.1,email:a@example.test\n",
    ),
    content(
        "CA:TRUE",
        SUBJECT,
        "[x]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
    ),
];

/// Makes every kind in `dir`. `None` when `openssl` is missing.
pub(crate) fn kinds(dir: &Path) -> Option<Vec<Kind>> {
    let openssl = tool("openssl")?;
    let mut made: Vec<Kind> = RECIPES.iter().enumerate().map(|(i, r)| make(&openssl, dir, i, r)).collect();
    let mut flipped = made.iter().find(|k| k.name == "P-256").unwrap().der.clone();
    *flipped.last_mut().unwrap() ^= 1;
    made.push(Kind { name: "bit-flipped signature", der: flipped, key: "P-256", proof: Proof::Bad });
    Some(made)
}

fn make(openssl: &Path, dir: &Path, number: usize, recipe: &Recipe) -> Kind {
    let file = |end: &str| dir.join(format!("{number}.{end}"));
    let (key, config, out) = (file("key"), file("cnf"), file("der"));
    run(Command::new(openssl).arg("genpkey").args(recipe.key).arg("-out").arg(&key));
    // What stands before the first section belongs to [req].
    let extensions = if recipe.config.contains("[x]") { "req_extensions=x\n" } else { "" };
    // With -subj openssl leaves the attributes out: then the name has to come from the file as well.
    let attributes = recipe.config.contains("attributes=");
    let names = if attributes { "C=DE\nO=Example\nCN=a.example.test\n" } else { "" };
    let text = format!("[req]\ndistinguished_name=n\nprompt=no\n{extensions}{}\n[n]\n{names}", recipe.config);
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(openssl);
    command.args(["req", "-new", "-utf8", "-multivalue-rdn", "-batch", "-outform", "DER"]);
    if !attributes {
        command.args(["-subj", recipe.subject]);
    }
    command.args(recipe.options).arg("-config").arg(&config).arg("-key").arg(&key).arg("-out").arg(&out);
    run(&mut command);
    Kind { name: recipe.name, der: std::fs::read(&out).unwrap(), key: recipe.described, proof: recipe.proof }
}
