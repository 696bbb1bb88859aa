//! Signed public keys and challenges (SPKAC), the requests of Netscape's `<keygen>` that `openssl spkac` still makes: a key
//! with its proof of possession and no name. The name stands beside it in the file, as `openssl ca -spkac` reads it, or a
//! person gives it.

use super::der::{Element, elements, only};
use super::key;
use super::name::{self, text};
use super::pem::base64;
use super::signature::{self, Verdict};
use crate::model::bytes::Der;
use crate::model::error::{Error, Result};
use crate::model::name::{AltName, Name};
use crate::model::request::Pkcs10;

/// How the line begins that holds it.
const MARK: &str = "SPKAC";

/// The long names by which files name attributes, beside the short ones.
const LONG: [(&str, &str); 7] = [
    ("commonName", "CN"),
    ("countryName", "C"),
    ("localityName", "L"),
    ("stateOrProvinceName", "ST"),
    ("organizationName", "O"),
    ("organizationalUnitName", "OU"),
    ("domainComponent", "DC"),
];

/// Tells whether a text has a line with one.
pub(super) fn is(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| text.lines().any(|line| field(line).is_some_and(|f| f.0 == MARK)))
}

/// Tells whether these elements are the parts of one: `PublicKeyAndChallenge`, algorithm, signature.
pub(super) fn is_signed(signed: &[Element<'_>]) -> bool {
    matches!(signed, [(0x30, ..), (0x16, ..)])
}

/// Tells whether a request came as one, without a name of its own.
pub fn came_as(pkcs10: &Pkcs10) -> bool {
    let parts = only(0x30, &pkcs10.der.0).and_then(elements).unwrap_or_default();
    matches!(parts.first(), Some((0x30, _, signed)) if elements(signed).is_some_and(|s| is_signed(&s)))
}

/// Reads a file: `SPKAC=` and base64, with attributes of the name and `subjectAltName` on lines of their own.
pub fn read(bytes: &[u8]) -> Result<Pkcs10> {
    let broken = |why: &str| Error::damaged("This is not a readable SPKAC.").why(why);
    let text = std::str::from_utf8(bytes).map_err(|_| broken("It is not text."))?;
    let (mut encoded, mut attributes, mut names) = (None, Vec::new(), Vec::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((key, value)) = field(line) else { continue };
        if key == MARK {
            let mut body = value.to_owned();
            // The base64 may be broken into lines.
            while let Some(more) =
                lines.next_if(|l| !l.trim().is_empty() && field(l).is_none_or(|f| f.1.is_empty()))
            {
                body.push_str(more);
            }
            encoded = Some(body);
        } else if key.eq_ignore_ascii_case("subjectAltName") {
            names.extend(value.split(',').map(alt_name).collect::<Result<Vec<_>>>()?);
        } else if !value.is_empty() {
            // 0.OU and 1.OU are two values of OU.
            let key = key
                .split_once('.')
                .map_or(key, |(n, rest)| if n.parse::<u32>().is_ok() { rest } else { key });
            let short =
                LONG.iter().find(|(long, _)| long.eq_ignore_ascii_case(key)).map_or(key, |(_, short)| short);
            attributes.push((short, value));
        }
    }
    let encoded = encoded.ok_or_else(|| broken("It has no line SPKAC=."))?;
    let der = base64(encoded.as_bytes()).ok_or_else(|| broken("What follows SPKAC= is not base64."))?;
    named(read_der(&der)?, name::build(&attributes)?, &names)
}

/// Reads the DER alone and checks its signature.
pub fn read_der(der: &[u8]) -> Result<Pkcs10> {
    let broken = || {
        Error::damaged("This is not a readable SPKAC.").why("Its encoding is not DER, or a part is missing.")
    };
    let parts = only(0x30, der).and_then(elements).ok_or_else(broken)?;
    let [(0x30, signed, content), (0x30, algorithm, _), (3, _, bits)] = parts[..] else {
        return Err(broken());
    };
    let fields = elements(content).ok_or_else(broken)?;
    let [(0x30, spki, _), (0x16, _, challenge)] = fields[..] else { return Err(broken()) };
    let proof = match bits.split_first() {
        Some((0, bits)) => signature::check(spki, algorithm, bits, signed),
        _ => Verdict::Bad,
    };
    let challenged = text(0x16, challenge).is_some_and(|text| !text.is_empty());
    Ok(Pkcs10 {
        der: Der(der.to_vec()),
        sha256: super::sha256(der),
        subject: name::build(&[])?,
        key: key::describe(spki),
        alt_names: Vec::new(),
        extensions: Vec::new(),
        // The challenge may be meant as a password: it is named, never repeated.
        attributes: vec![if challenged { "SPKAC with a challenge" } else { "SPKAC" }.to_owned()],
        signature: signature::words(algorithm),
        proof: proof.proof(),
    })
}

/// Writes a request for reading by others: PEM, or the line of an SPKAC.
pub fn write(pkcs10: &Pkcs10) -> String {
    let pem = super::pem::write("CERTIFICATE REQUEST", &pkcs10.der.0);
    if !came_as(pkcs10) {
        return pem;
    }
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    format!("{MARK}={body}\n")
}

/// Gives a name to a request that came without one. Errors: it has one already, a name that cannot be written.
pub fn named(pkcs10: Pkcs10, subject: Name, names: &[AltName]) -> Result<Pkcs10> {
    if !came_as(&pkcs10) {
        return Err(Error::refused("The request names its subject itself.")
            .why("Only an SPKAC comes without a name.")
            .next("Change what will be issued in the review, or ask for another request."));
    }
    super::request::with_names(&pkcs10, Some(subject), Some(names))
}

fn alt_name(text: &str) -> Result<AltName> {
    AltName::parse(text).map_err(|why| {
        Error::usage("An alternative name beside the SPKAC cannot be used.").why(format!("{why}."))
    })
}

/// Splits a line into the name and the value of a field.
fn field(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_');
    plain.then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::KeyType;
    use crate::model::request::Proof;
    use crate::pki::der::wrap;
    use crate::pki::issue::assemble;
    use crate::pki::key::PrivateKey;

    fn made(kind: KeyType) -> Vec<u8> {
        let key = PrivateKey::generate(kind).unwrap();
        let signed = wrap(0x30, &[&key.info().spki.0[..], &wrap(0x16, b"hunter2")].concat());
        assemble(&signed, key.algorithm(), &key.sign(&signed).unwrap())
    }

    #[test]
    fn any_changed_bit_is_refused_or_seen() {
        let der = made(KeyType::P256);
        let read = read_der(&der).unwrap();
        assert_eq!((&read.proof, read.attributes[0].as_str()), (&Proof::Good, "SPKAC with a challenge"));
        assert!(came_as(&read) && read.subject.rdns.is_empty());
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 1;
            assert!(read_der(&changed).map_or(true, |r| r.proof != Proof::Good), "byte {at}");
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, text: String) {
            let _ = (read_der(&bytes), read(&bytes), read(format!("SPKAC={text}").as_bytes()), is(&bytes));
        }
    }
}
