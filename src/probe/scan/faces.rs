//! What a service presents by what it is asked for: with SNI, without, and with its address as SNI.

use std::net::IpAddr;

use super::Scout;
use super::ask::Reply;
use super::peel::{groups_of, newest_old};
use crate::model::cipher::{Auth, Suite};
use crate::model::seen::{Answer, Asked, Face, Spoken};
use crate::pki::{certificate, ocsp, sha256};
use crate::probe::hello::Hello;

/// What was sent: certificates and staple.
type Sent = (Vec<Vec<u8>>, Vec<u8>);

impl Scout<'_> {
    /// Asks in each way that makes sense for the host.
    pub(super) fn faces(&self, versions: &[Spoken], address: IpAddr) -> Vec<Face> {
        let is_name = self.way.bare_host().parse::<IpAddr>().is_err();
        let ways = [Asked::Name, Asked::Nothing, Asked::Address];
        // Behind a proxy the address of the server itself is not known.
        let known = self.way.proxy().is_empty();
        let sensible = |asked: &Asked| match asked {
            Asked::Name => is_name,
            Asked::Nothing => true,
            Asked::Address => known,
        };
        if versions.iter().all(|s| s.suites.is_empty()) {
            return Vec::new();
        }
        let old = newest_old(versions);
        let mut faces = Vec::new();
        for asked in ways.into_iter().filter(sensible) {
            self.tell(&format!("certificate {}", asked.words()));
            let sent = match old {
                Some(spoken) => self.sent_in_clear(spoken, asked, address),
                // TLS 1.3 encrypts certificates, so that the TLS library has to ask, which sends no address as SNI.
                None if asked == Asked::Address => continue,
                None => self.sent_encrypted(asked),
            };
            faces.push(face(asked, sent, self.way.bare_host()));
        }
        faces
    }

    fn sent_in_clear(&self, spoken: &Spoken, asked: Asked, address: IpAddr) -> Result<Sent, String> {
        let groups = groups_of(spoken.version);
        let named = |s: &&Suite| s.anatomy().is_none_or(|a| a.auth != Auth::Anonymous);
        let suites: Vec<_> = spoken.suites.iter().filter(named).copied().collect();
        let plain = self.hello(spoken.version, &suites, &groups);
        let text = address.to_string();
        let sni = match asked {
            Asked::Name => plain.sni,
            Asked::Nothing => None,
            Asked::Address => Some(text.as_str()),
        };
        match self.ask(&Hello { sni, ..plain.clone() }) {
            Ok(Reply::Flight(flight)) => Ok((flight.chain, flight.staple)),
            Ok(Reply::Refused(why) | Reply::Lost(why)) => Err(why),
            Err(halt) => Err(halt.words().into()),
        }
    }

    fn sent_encrypted(&self, asked: Asked) -> Result<Sent, String> {
        let (.., noted) = self.session(&[], asked == Asked::Name, false)?;
        Ok((noted.chain, noted.staple))
    }
}

fn face(asked: Asked, sent: Result<Sent, String>, host: &str) -> Face {
    let mut face = Face {
        asked,
        sent: Vec::new(),
        subject: String::new(),
        ends: None,
        named: Answer::Unsure,
        staple: None,
        failed: String::new(),
    };
    match sent {
        Err(why) => face.failed = why,
        Ok((chain, _)) if chain.is_empty() => face.failed = "the suite needs no certificate".into(),
        Ok((chain, staple)) => {
            face.sent = chain.iter().map(|der| sha256(der)).collect();
            if let Some(leaf) = chain.first().and_then(|der| certificate::read(der).ok()) {
                face.subject = leaf.subject.text();
                face.ends = Some(leaf.not_after);
                face.named = leaf.covers(host).into();
            }
            face.staple = (!staple.is_empty()).then(|| {
                let chain: Vec<_> = chain.iter().filter_map(|der| certificate::read(der).ok()).collect();
                ocsp::staple(&staple, &chain)
            });
        }
    }
    face
}
