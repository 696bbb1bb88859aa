//! Distinguished names: DER to [`Name`] and back; GeneralNames to [`AltName`] and back.

use super::der::{dotted, elements, oid, only, wrap};
use crate::model::bytes::{Der, hex};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::name::{ATTRIBUTES, AltName, Attribute, Name};

/// Reads a DER `Name`. String values are decoded by their tag (UTF8, Printable, IA5, Numeric, Visible, T61 as Latin-1,
/// BMP, Universal); anything else becomes `#` and hexadecimal.
pub fn read(der: &[u8]) -> Result<Name> {
    let rdns = only(0x30, der).and_then(rdns);
    let rdns = rdns.ok_or_else(|| Error::damaged("A distinguished name is malformed."))?;
    Ok(Name { der: Der(der.to_vec()), rdns })
}

/// Builds a name from (short attribute name, value) pairs, empty values left out. Each is an RDN of its own, but one whose
/// name begins with `+`: it stands in the RDN of the one before it.
///
/// C and serialNumber become PrintableString, DC and emailAddress IA5String, the others UTF8String (RFC 5280 4.1.2.4,
/// appendix A). Errors: an unknown short name, a value longer than its upper bound.
pub fn build(attributes: &[(&str, &str)]) -> Result<Name> {
    let mut rdns: Vec<Vec<(Vec<u8>, Attribute)>> = Vec::new();
    for (short, value) in attributes.iter().map(|(s, v)| (*s, v.trim())).filter(|(_, v)| !v.is_empty()) {
        let (beside, short) = short.strip_prefix('+').map_or((false, short), |short| (true, short));
        let known = ATTRIBUTES.iter().find(|(_, name)| name.eq_ignore_ascii_case(short));
        let Some((dotted, short)) = known else {
            let all = ATTRIBUTES.iter().map(|a| a.1).collect::<Vec<_>>().join(", ");
            return Err(Error::usage(format!("No name attribute is called \"{short}\"."))
                .next(format!("Use one of {all}.")));
        };
        let tag = tag_for(short, value)?;
        let kind = oid(dotted).ok_or_else(|| Error::internal("An attribute type cannot be encoded."))?;
        let encoded = wrap(0x30, &[kind, wrap(tag, value.as_bytes())].concat());
        let one = (encoded, Attribute { oid: (*dotted).into(), value: value.into() });
        match rdns.last_mut().filter(|_| beside) {
            Some(rdn) => rdn.push(one),
            None => rdns.push(vec![one]),
        }
    }
    let mut body = Vec::new();
    for rdn in &mut rdns {
        // A SET OF in DER stands in the order of its encodings.
        rdn.sort_by(|a, b| a.0.cmp(&b.0));
        let all: Vec<u8> = rdn.iter().flat_map(|(encoded, _)| encoded.iter().copied()).collect();
        body.extend(wrap(0x31, &all));
    }
    let plain = |rdn: Vec<(Vec<u8>, Attribute)>| rdn.into_iter().map(|(_, attribute)| attribute).collect();
    Ok(Name { der: Der(wrap(0x30, &body)), rdns: rdns.into_iter().map(plain).collect() })
}

/// Reads the content of a `GeneralNames` SEQUENCE (RFC 5280 section 4.2.1.6). `None` when it does not hold together.
pub fn read_alt_names(general_names: &[u8]) -> Option<Vec<AltName>> {
    elements(only(0x30, general_names)?)?.into_iter().map(|(tag, _, v)| read_alt_name(tag, v)).collect()
}

/// Reads one GeneralName from its tag and content. `None` when the inside does not hold together.
pub fn read_alt_name(tag: u8, content: &[u8]) -> Option<AltName> {
    let latin = || content.iter().map(|b| char::from(*b)).collect::<String>();
    let other = |kind: &str, value: String| AltName::Other(kind.into(), value);
    Some(match tag {
        0xa0 => {
            let parts = elements(content)?;
            let kind = dotted(parts.first().filter(|p| p.0 == 6)?.2)?;
            let value = elements(parts.get(1)?.2)?;
            let (tag, whole, inner) = value.first()?;
            other(&format!("otherName {kind}"), text(*tag, inner).unwrap_or_else(|| raw(whole)))
        }
        0x81 => AltName::Email(latin()),
        0x82 => AltName::Dns(latin()),
        0x86 => AltName::Uri(latin()),
        0x87 => match (<[u8; 4]>::try_from(content), <[u8; 16]>::try_from(content)) {
            (Ok(v4), _) => AltName::Ip(std::net::Ipv4Addr::from(v4).to_string()),
            (_, Ok(v6)) => AltName::Ip(std::net::Ipv6Addr::from(v6).to_string()),
            _ => other("iPAddress", raw(content)),
        },
        0xa4 => other("directoryName", read(content).ok()?.text()),
        0x88 => other("registeredID", dotted(content)?),
        0xa3 => other("x400Address", raw(content)),
        0xa5 => other("ediPartyName", raw(content)),
        t => other(&format!("unknown name {t:#04x}"), raw(content)),
    })
}

/// Encodes one GeneralName. Errors: a kind that cannot be written, a value that is not ASCII, an address that is none.
pub fn write_alt_name(name: &AltName) -> Result<Vec<u8>> {
    let ascii = |tag: u8, value: &str| {
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::usage(format!("\"{}\" cannot be an alternative name.", visible(value)))
                .why("It must be ASCII without spaces.")
                .next("Write an international host name in its xn-- form."));
        }
        Ok(wrap(tag, value.as_bytes()))
    };
    match name {
        AltName::Email(v) => ascii(0x81, v),
        AltName::Dns(v) => ascii(0x82, v),
        AltName::Uri(v) => ascii(0x86, v),
        AltName::Ip(v) => match v.parse() {
            Ok(std::net::IpAddr::V4(ip)) => Ok(wrap(0x87, &ip.octets())),
            Ok(std::net::IpAddr::V6(ip)) => Ok(wrap(0x87, &ip.octets())),
            Err(_) => Err(Error::usage(format!("\"{}\" is not an IP address.", visible(v)))),
        },
        AltName::Other(kind, _) => {
            Err(Error::usage(format!("An alternative name of the kind {kind} cannot be written."))
                .next("Use DNS, IP, e-mail or URI names."))
        }
    }
}

/// Decodes a string by its tag; `None` for a type that is no string, or bytes that do not fit it.
pub fn text(tag: u8, bytes: &[u8]) -> Option<String> {
    let wide = |c: Option<char>| c.unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(match tag {
        12 => std::str::from_utf8(bytes).ok()?.into(),
        18 | 19 | 22 | 26 if bytes.is_ascii() => bytes.iter().map(|b| char::from(*b)).collect(),
        // T61: everyone wrote Latin-1 and called it so.
        20 => bytes.iter().map(|b| char::from(*b)).collect(),
        30 if bytes.len().is_multiple_of(2) => {
            let units = bytes.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]]));
            char::decode_utf16(units).map(|r| wide(r.ok())).collect()
        }
        28 if bytes.len().is_multiple_of(4) => {
            let units = bytes.chunks_exact(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]]));
            units.map(|u| wide(char::from_u32(u))).collect()
        }
        _ => return None,
    })
}

fn rdns(content: &[u8]) -> Option<Vec<Vec<Attribute>>> {
    let rdn = |(tag, _, set): (u8, &[u8], &[u8])| {
        let attributes = elements(set).filter(|_| tag == 0x31)?;
        attributes.into_iter().map(|(tag, _, a)| attribute(a).filter(|_| tag == 0x30)).collect()
    };
    elements(content)?.into_iter().map(rdn).collect()
}

fn attribute(content: &[u8]) -> Option<Attribute> {
    let parts = elements(content)?;
    let [(6, _, kind), (tag, whole, value)] = parts.as_slice() else { return None };
    Some(Attribute { oid: dotted(kind)?, value: text(*tag, value).unwrap_or_else(|| raw(whole)) })
}

/// `#` and hexadecimal (RFC 4514 section 2.4), cut where nobody reads on.
fn raw(bytes: &[u8]) -> String {
    let shown = bytes.get(..400).unwrap_or(bytes);
    format!("#{}{}", hex(shown), if shown.len() < bytes.len() { "..." } else { "" })
}

/// The string tag of an attribute, when the value is allowed for it (RFC 5280 appendix A.1).
fn tag_for(short: &str, value: &str) -> Result<u8> {
    let bound = match short {
        "C" => 2,
        "CN" | "O" | "OU" | "serialNumber" | "title" => 64,
        "L" | "ST" | "STREET" => 128,
        "postalCode" => 40,
        "emailAddress" => 255,
        "DC" => 63,
        "SN" | "GN" => 64,
        _ => 256,
    };
    let count = value.chars().count();
    if count > bound {
        return Err(Error::usage(format!("The value of {short} is too long: {count} characters."))
            .why(format!("RFC 5280 allows {bound}.")));
    }
    if short == "C" && !(count == 2 && value.bytes().all(|b| b.is_ascii_alphabetic())) {
        return Err(
            Error::usage(format!("\"{value}\" is not a country.")).next("Use two letters, such as DE.")
        );
    }
    if let Some(c) = value.chars().find(|c| c.is_control()) {
        let code = u32::from(c);
        return Err(Error::usage(format!("The value of {short} holds a control character (U+{code:04X}).")));
    }
    let printable = |b: u8| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&b);
    let (tag, allowed) = match short {
        "C" | "serialNumber" => (19, value.bytes().all(printable)),
        "DC" | "emailAddress" => (22, value.is_ascii()),
        _ => (12, true),
    };
    if !allowed {
        return Err(Error::usage(format!(
            "The value of {short}, \"{value}\", holds a character not allowed there."
        )));
    }
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_get_their_own_string_types() {
        let name =
            build(&[("DC", "test"), ("C", "DE"), ("o", ""), ("OU", "A"), ("OU", "B"), ("CN", "Zürich")])
                .unwrap();
        assert_eq!(name.text(), "CN=Zürich,OU=B,OU=A,C=DE,DC=test");
        assert_eq!(read(&name.der.0).unwrap(), name);
        let bytes = hex(&name.der.0);
        assert!(bytes.contains("0603550406130244 45".replace(' ', "").as_str()), "C is no PrintableString");
        assert!(bytes.contains("6401191604"), "DC is no IA5String");
        assert!(bytes.contains("06035504030c07"), "CN is no UTF8String");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let long = "x".repeat(65);
        for bad in [("C", "Germany"), ("C", "D1"), ("X", "y"), ("CN", long.as_str()), ("DC", "ü")] {
            assert!(build(&[bad]).is_err(), "{bad:?}");
        }
        assert!(build(&[("CN", "a\nb")]).unwrap_err().what.contains("U+000A"));
        assert!(build(&[("CN", &"ü".repeat(64))]).is_ok(), "bounds count characters, not bytes");
    }

    #[test]
    fn every_string_type_is_decoded_by_its_tag() {
        assert_eq!(text(30, &[0x67, 0x71, 0x4e, 0xac]).unwrap(), "東京");
        assert_eq!(text(28, &[0, 1, 0xf6, 0]).unwrap(), "😀");
        assert_eq!(text(20, b"Z\xfcrich").unwrap(), "Zürich");
        assert_eq!(text(12, b"\xff"), None);
        assert_eq!(text(19, b"\xfc"), None);
        assert_eq!(text(30, &[0x67]), None);
        // An undecodable value does not hide the rest of the name.
        let value = wrap(0x30, &[oid("2.5.4.3").unwrap(), wrap(12, b"\xff")].concat());
        let name = read(&wrap(0x30, &wrap(0x31, &value))).unwrap();
        assert_eq!(name.common_name(), Some("#0c01ff"));
    }

    proptest::proptest! {
        #[test]
        fn built_names_are_read_back(values in proptest::collection::vec("[^\\p{C}]{1,64}", 0..6)) {
            let pairs: Vec<_> = values.iter().map(|v| ("OU", v.as_str())).collect();
            let name = build(&pairs).unwrap();
            proptest::prop_assert_eq!(read(&name.der.0).unwrap(), name);
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, tag: u8) {
            let _ = (read(&bytes), read_alt_names(&bytes), read_alt_name(tag, &bytes), text(tag, &bytes));
        }
    }
}
