//! Reads what an OCSP response says of the first certificate in it (RFC 6960), and verifies who signed it.

use super::chain::signed_by;
use super::der::{elements, only, tlv};
use super::signature::{self, Verdict};
use super::{certificate, issue};
use crate::model::certificate::Certificate;
use crate::model::seen::{Answer, Staple};
use crate::model::time::Timestamp;

/// The purpose that lets a certificate sign answers for its issuer.
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// Reads a response as it is stapled to a handshake, and holds it against the chain that was sent, the leaf first.
pub fn staple(der: &[u8], chain: &[Certificate]) -> Staple {
    let bytes = der.len();
    let (this_update, next_update, proof) = (None, None, Answer::Unsure);
    let unreadable = Staple { bytes, status: "unreadable".into(), this_update, next_update, proof };
    Response::read(der).map_or(unreadable, |response| Staple {
        bytes,
        status: response.status.into(),
        this_update: Some(response.this),
        next_update: response.next,
        proof: response.proof(chain),
    })
}

/// A response, as far as it is about its first certificate.
struct Response<'a> {
    /// What is signed, by which algorithm, and the signature.
    signed: (&'a [u8], &'a [u8], &'a [u8]),
    /// The certificates that came along, as DER.
    certificates: Vec<&'a [u8]>,
    /// The SHA-1 of the issuer's key, where that is how the certificate is named, and its serial number.
    about: (Option<&'a [u8]>, &'a [u8]),
    status: &'static str,
    this: Timestamp,
    next: Option<Timestamp>,
}

impl<'a> Response<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let response = elements(only(0x30, der)?)?;
        response.first().filter(|e| e.0 == 0x0A)?;
        let wrapped = response.get(1)?.2;
        let bytes = elements(only(0x30, wrapped)?)?;
        let basic = elements(only(0x30, bytes.get(1).filter(|e| e.0 == 0x04)?.2)?)?;
        let data = basic.first()?;
        let (algorithm, signature) =
            (basic.get(1).map_or(&[][..], |e| e.1), basic.get(2).map_or(&[][..], |e| e.2));
        let certificates = basic.get(3).filter(|e| e.0 == 0xA0).and_then(|e| elements(only(0x30, e.2)?));
        // The list of answers is the only plain sequence of the data.
        let answers = elements(data.2)?.into_iter().find(|e| e.0 == 0x30)?.2;
        let single = elements(tlv(answers)?.1)?;
        let status = match single.get(1)?.0 {
            0x80 => "good",
            0xA1 => "revoked",
            0x82 => "unknown",
            _ => return None,
        };
        let named = elements(single.first()?.2)?;
        let hash = named.get(2).map(|e| e.2).filter(|hash| hash.len() == 20);
        Some(Self {
            // The first octet says how many bits are unused, which is none.
            signed: (data.1, algorithm, signature.get(1..).unwrap_or_default()),
            certificates: certificates.unwrap_or_default().into_iter().map(|e| e.1).collect(),
            about: (hash, named.get(3).map_or(&[][..], |e| e.2)),
            status,
            this: time(single.get(2).filter(|e| e.0 == 0x18)?.2)?,
            next: single.get(3).filter(|e| e.0 == 0xA0).and_then(|e| time(only(0x18, e.2)?)),
        })
    }

    /// Tells whether it is about the leaf, and signed by its issuer or by whom that one lets sign. Unsure where the issuer was
    /// not sent.
    fn proof(&self, chain: &[Certificate]) -> Answer {
        let Some(leaf) = chain.first() else { return Answer::Unsure };
        let issuer = |c: &&Certificate| c.subject.der == leaf.issuer.der && signed_by(leaf, c);
        let Some(issuer) = chain.iter().find(issuer) else { return Answer::Unsure };
        let (hash, serial) = self.about;
        let bare = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        let of_issuer =
            hash.is_none_or(|hash| issue::hashed_key(&issuer.key.spki.0).is_ok_and(|own| own == hash));
        if bare(serial) != bare(&leaf.serial.0) || !of_issuer {
            return Answer::No;
        }
        let lets = |c: &Certificate| {
            c.extended.iter().any(|purpose| purpose == OCSP_SIGNING)
                && (c.not_before..=c.not_after).contains(&self.this)
                && signed_by(c, issuer)
        };
        let others: Vec<Certificate> =
            self.certificates.iter().filter_map(|der| certificate::read(der).ok()).filter(lets).collect();
        let (message, algorithm, bits) = self.signed;
        let mut answer = Answer::No;
        for signer in std::iter::once(issuer).chain(&others) {
            match signature::check(&signer.key.spki.0, algorithm, bits, message) {
                Verdict::Good | Verdict::Weak(_) => return Answer::Yes,
                Verdict::CannotCheck(_) => answer = Answer::Unsure,
                Verdict::Bad => {}
            }
        }
        answer
    }
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
            let staple = staple(&response(status), &[]);
            assert_eq!((&*staple.status, staple.this_update.unwrap().date()), (word, "2026-11-26".into()));
            assert_eq!(staple.next_update.unwrap().text(), "2026-12-03 07:00:00 UTC");
        }
        assert_eq!(staple(b"x", &[]).status, "unreadable");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, at in 0..90_usize, value: u8) {
            let _ = staple(&bytes, &[]);
            let mut changed = response(&[0x80, 0]);
            if let Some(byte) = changed.get_mut(at) {
                *byte = value;
            }
            let _ = staple(&changed, &[]);
        }
    }
}
