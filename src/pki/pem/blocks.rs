//! PEM text in all its shapes: walks from marker to marker, and decodes base64. Whatever stands outside is comment, but
//! for the names that OpenSSL writes there.

use zeroize::Zeroizing;

use super::reader::Reader;
use crate::model::error::{Error, Kind, Result};
use crate::pki::ber;
use crate::pki::der::{elements, only, tlv};

/// Tells whether there is a marker at all.
pub(super) fn any(bytes: &[u8]) -> bool {
    marker(bytes, 0).is_some()
}

/// Walks from marker to marker, once.
pub(super) fn read(bytes: &[u8], reader: &mut Reader<'_>) -> Result<()> {
    let (mut next, mut before) = (marker(bytes, 0), 0);
    while let Some(Marker { begin, label, start, end }) = next {
        next = marker(bytes, end);
        if reader.full() {
            return Ok(());
        }
        if !begin {
            reader.complain(&format!("END {label} at byte {start} has no BEGIN: the start is missing."), "");
            continue;
        }
        match &next {
            None => reader
                .complain(&format!("BEGIN {label} at byte {start} has no END: the text is truncated."), ""),
            Some(m) if m.begin => reader.complain(
                &format!("BEGIN {label} at byte {start} has no END before the next BEGIN {}.", m.label),
                "",
            ),
            Some(m) if m.label != label => {
                reader.complain(&format!("BEGIN {label} at byte {start} ends with END {}.", m.label), "");
                before = m.end;
                next = marker(bytes, m.end);
            }
            Some(m) => {
                let name = friendly(bytes.get(before..start).unwrap_or_default());
                let body = bytes.get(end..m.start).unwrap_or_default();
                before = m.end;
                next = marker(bytes, m.end);
                if let Err(error) = block(&label, &name, body, reader) {
                    reader.failed(&format!("{label} at byte {start}"), error)?;
                }
            }
        }
    }
    Ok(())
}

fn block(label: &str, name: &str, body: &[u8], reader: &mut Reader<'_>) -> Result<()> {
    // They accompany a key and say nothing that the key does not.
    if matches!(label, "EC PARAMETERS" | "DH PARAMETERS") {
        return Ok(());
    }
    let other = |what: &str, next: &str| Err(Error::new(Kind::Foreign, what).next(next));
    match label {
        "OPENSSH PRIVATE KEY" | "SSH2 ENCRYPTED PRIVATE KEY" => {
            return other(
                "This is an SSH key.",
                "Turn a copy into PEM with ssh-keygen -p -m PEM -f COPY, and bring that.",
            );
        }
        "SSH2 PUBLIC KEY" => {
            return other("This is an SSH public key.", "TLS needs a certificate request: openssl req -new.");
        }
        _ => {}
    }
    let der = base64(body).ok_or_else(|| Error::damaged("It is not base64: the text is damaged."))?;
    if let Some(info) = header(body, b"DEK-Info:") {
        return reader.pem_key(&info, name, &der);
    }
    // OpenSSL's trust settings follow the certificate.
    match tlv(&der) {
        Some((whole, _, settings)) if label == "TRUSTED CERTIFICATE" => {
            let (alias, trusted) = trust(settings).unwrap_or_default();
            let name = if alias.is_empty() { name } else { &alias };
            reader.labelled(name, trusted, whole)
        }
        _ => reader.labelled(name, false, &der),
    }
}

/// Reads OpenSSL's trust settings: the alias, and whether there is something that it is trusted for.
fn trust(settings: &[u8]) -> Option<(String, bool)> {
    let fields = elements(only(0x30, settings)?)?;
    let alias = fields.iter().find(|f| f.0 == 12).map(|f| String::from_utf8_lossy(f.2).into_owned());
    let trusted = fields.iter().any(|f| f.0 == 0x30 && !f.2.is_empty());
    Some((alias.unwrap_or_default(), trusted))
}

/// The name that OpenSSL writes before a block it took from a PKCS#12 file.
fn friendly(comment: &[u8]) -> String {
    let lines = comment.rsplit(|b| matches!(b, b'\n' | b'\r'));
    let mut names = lines.filter_map(|line| line.trim_ascii().strip_prefix(b"friendlyName:"));
    names.next().map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned()).unwrap_or_default()
}

/// Finds the value of a header line of a block.
fn header(body: &[u8], name: &[u8]) -> Option<String> {
    let mut lines = body.split(|b| matches!(b, b'\n' | b'\r')).take(20);
    let value = lines.find_map(|line| line.trim_ascii().strip_prefix(name))?;
    Some(String::from_utf8_lossy(value.trim_ascii()).into_owned())
}

/// A BEGIN or END line: where it starts, and where what follows it does.
struct Marker {
    begin: bool,
    label: String,
    start: usize,
    end: usize,
}

/// Finds the next marker from `from` on. It may stand anywhere in a line, for pastes lose line ends.
fn marker(bytes: &[u8], from: usize) -> Option<Marker> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|b| *b == b'-')?;
        let rest = bytes.get(at..)?;
        let (begin, head) = if rest.starts_with(b"-----BEGIN ") {
            (true, 11)
        } else if rest.starts_with(b"-----END ") {
            (false, 9)
        } else {
            at += 1;
            continue;
        };
        // A label is short; a longer one is text about PEM.
        let label = rest.get(head..rest.len().min(head + 64)).unwrap_or_default();
        let Some(length) = label
            .windows(5)
            .position(|w| w == b"-----")
            .filter(|n| label.iter().take(*n).all(|b| b.is_ascii_graphic() || *b == b' '))
        else {
            at += head;
            continue;
        };
        let label = String::from_utf8_lossy(&label[..length]).trim().to_owned();
        return Some(Marker { begin, label, start: at, end: at + head + length + 5 });
    }
}

/// Decodes the body of a block. Header lines (`Name: value`) are passed over, white space wherever it is.
pub(crate) fn base64(body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let lines = body.split(|b| matches!(b, b'\n' | b'\r')).filter(|line| !line.contains(&b':'));
    let mut out = Zeroizing::new(Vec::with_capacity(body.len() / 4 * 3 + 3));
    let (mut bits, mut held, mut ended) = (0u32, 0, false);
    for byte in lines.flatten().filter(|b| !b.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                ended = true;
                continue;
            }
            _ => return None,
        };
        if ended {
            return None;
        }
        (bits, held) = (bits << 6 | u32::from(value), held + 6);
        if held >= 8 {
            held -= 8;
            let [_, _, _, low] = (bits >> held).to_be_bytes();
            out.push(low);
        }
    }
    // A single character left over says that something is missing.
    (held < 6 && !out.is_empty()).then_some(out)
}

/// Base64 of a DER object whose BEGIN and END lines were not copied along.
pub(super) fn bare_base64(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    text.starts_with(b"MI").then(|| base64(text)).flatten().filter(|der| ber::element(der).is_some())
}

/// Text as Windows editors save it, recognised by its byte order mark or by a marker; `None` for all other.
pub(super) fn from_utf16(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] | [b'-', 0, b'-', 0, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] | [0, b'-', 0, b'-', ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len() / 2 * 3));
    let mut room = [0; 4];
    for character in char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')) {
        text.extend(character.encode_utf8(&mut room).as_bytes());
    }
    Some(text)
}
