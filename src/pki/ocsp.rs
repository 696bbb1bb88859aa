//! Reads what an OCSP response says of the first certificate in it (RFC 6960). Verifies no signature.

use super::der::{elements, only, tlv};
use crate::model::seen::Staple;
use crate::model::time::Timestamp;

/// Reads a response as it is stapled to a handshake.
pub fn staple(der: &[u8]) -> Staple {
    let bytes = der.len();
    let unreadable = Staple { bytes, status: "unreadable".into(), this_update: None, next_update: None };
    first(der).map_or(unreadable, |(status, this, next)| Staple {
        bytes,
        status: status.into(),
        this_update: Some(this),
        next_update: next,
    })
}

/// Reads status, time and end of the first certificate.
fn first(der: &[u8]) -> Option<(&'static str, Timestamp, Option<Timestamp>)> {
    let response = elements(only(0x30, der)?)?;
    let (_, (_, wrapped)) = (response.first().filter(|e| e.0 == 0x0A)?, response.get(1).map(|e| (e.0, e.2))?);
    let bytes = elements(only(0x30, wrapped)?)?;
    let basic = bytes.get(1).filter(|e| e.0 == 0x04)?.2;
    let data = tlv(only(0x30, basic)?)?.1;
    // The list of answers is the only plain sequence of the data.
    let answers = elements(data)?.into_iter().find(|e| e.0 == 0x30)?.2;
    let single = elements(tlv(answers)?.1)?;
    let status = match single.get(1)?.0 {
        0x80 => "good",
        0xA1 => "revoked",
        0x82 => "unknown",
        _ => return None,
    };
    let this = time(single.get(2).filter(|e| e.0 == 0x18)?.2)?;
    let next = single.get(3).filter(|e| e.0 == 0xA0).and_then(|e| time(only(0x18, e.2)?));
    Some((status, this, next))
}

/// Reads a GeneralizedTime, `20261126070000Z`.
fn time(content: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let part = |from: usize, to: usize| text.get(from..to);
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let clock = format!("{}:{}:{}", part(8, 10)?, part(10, 12)?, part(12, 14)?);
    Timestamp::moment(&format!("{date} {clock}"), Timestamp(0)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::der::wrap;
    use super::*;

    fn response(status: &[u8]) -> Vec<u8> {
        let this = wrap(0x18, b"20261126070000Z");
        let next = wrap(0xA0, &wrap(0x18, b"20261203070000Z"));
        let single = wrap(0x30, &[&wrap(0x30, &[]), status, &this, &next].concat());
        let data = [wrap(0xA2, &wrap(0x04, &[1])), this, wrap(0x30, &single)].concat();
        let basic = wrap(0x30, &wrap(0x30, &data));
        let bytes = wrap(0x30, &[wrap(0x06, &[1]), wrap(0x04, &basic)].concat());
        wrap(0x30, &[wrap(0x0A, &[0]), wrap(0xA0, &bytes)].concat())
    }

    #[test]
    fn each_status_is_read_with_its_times() {
        let revoked = wrap(0xA1, &wrap(0x18, b"20261101000000Z"));
        for (status, word) in [(&[0x80, 0][..], "good"), (&revoked, "revoked"), (&[0x82, 0], "unknown")] {
            let staple = staple(&response(status));
            assert_eq!((&*staple.status, staple.this_update.unwrap().date()), (word, "2026-11-26".into()));
            assert_eq!(staple.next_update.unwrap().text(), "2026-12-03 07:00:00 UTC");
        }
        assert_eq!(staple(b"x").status, "unreadable");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, at in 0..90_usize, value: u8) {
            let _ = staple(&bytes);
            let mut changed = response(&[0x80, 0]);
            if let Some(byte) = changed.get_mut(at) {
                *byte = value;
            }
            let _ = staple(&changed);
        }
    }
}
