//! Gathers what an input holds, whatever the wrapping: one DER object after the other, told apart by structure.

use std::sync::Arc;

use super::{Found, FoundKey, MOST, Opening, ber};
use crate::model::bytes::Digest;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::request::Pkcs10;
use crate::model::secret::Secret;
use crate::pki::der::{Element, elements, only, tlv};
use crate::pki::key::PrivateKey;
use crate::pki::pbe::{self, Work};
use crate::pki::{certificate, pkcs12, request, spkac};

/// The most characters of a name that are kept.
const LONGEST_NAME: usize = 200;

/// What was gathered so far, and what opens the rest.
pub(in crate::pki) struct Reader<'a> {
    found: Found,
    /// The password, when one was typed.
    pub(in crate::pki) password: Option<&'a Secret>,
    /// What opening has cost so far.
    pub(in crate::pki) work: Work<'a>,
    /// Whether the password has opened something.
    opened: bool,
    /// What the password did not open, first.
    wrong: Option<Error>,
    /// What could not be read, first.
    damaged: Option<Error>,
    /// How much was understood, though the program cannot use it.
    useless: usize,
    /// Whether it was said that there is more.
    told: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(opening: Opening<'a>) -> Self {
        Self {
            found: Found::default(),
            password: opening.password,
            work: Work::new(opening.stop),
            opened: false,
            wrong: None,
            damaged: None,
            useless: 0,
            told: false,
        }
    }

    /// Hands over what was found. Errors when nothing could be read, or when a password opened nothing.
    pub(super) fn finish(self) -> Result<Found> {
        match (self.wrong, self.opened) {
            (Some(error), false) => return Err(error),
            _ if self.useless > 0 || self.found.count() > 0 => {}
            _ => {
                if let Some(error) = self.damaged {
                    return Err(error);
                }
            }
        }
        Ok(self.found)
    }

    /// Tells that no more objects are taken, and complains once.
    pub(in crate::pki) fn full(&mut self) -> bool {
        let full = self.found.count() + self.found.unread.len() >= MOST;
        if full && !self.told {
            self.told = true;
            self.complain(
                &format!("There is more after the first {MOST} objects; it was not read."),
                "Bring less at once.",
            );
        }
        full
    }

    /// Remembers that the password fits something.
    pub(in crate::pki) fn fits(&mut self) {
        self.opened = true;
    }

    /// Names what a password would open: `a PKCS#12 file`.
    pub(in crate::pki) fn locked(&mut self, what: &str) {
        self.found.locked.push(visible(what));
    }

    /// Names what the password does not open; another one may.
    pub(in crate::pki) fn wrong(&mut self, what: &str) {
        self.locked(&format!("{what} under another password"));
        self.wrong.get_or_insert_with(|| {
            Error::new(Kind::WrongPassword, format!("The password does not open {what}."))
                .next("Type the password that the file was made with; mind upper and lower case, and the keyboard layout.")
        });
    }

    /// Says that something at a place could not be read. What stops everything is handed back as the error.
    pub(in crate::pki) fn failed(&mut self, place: &str, error: Error) -> Result<()> {
        if error.kind == Kind::Cancelled {
            return Err(error);
        }
        self.damaged(place, &error);
        Ok(())
    }

    fn damaged(&mut self, place: &str, error: &Error) {
        let text = format!("{place}: {error}");
        self.complain(&text, &error.next);
    }

    /// Says that something could not be read, and what to do when nothing else was found.
    pub(super) fn complain(&mut self, text: &str, next: &str) {
        let next =
            if next.is_empty() { "Bring the file again, whole, from where it was made." } else { next };
        let what = text.strip_suffix(next).unwrap_or(text).trim_end();
        self.damaged.get_or_insert_with(|| Error::damaged(what).next(next));
        self.found.unread.push(visible(text));
    }

    /// Says that something is understood, and of no use here.
    pub(in crate::pki) fn useless(&mut self, text: &str) {
        self.useless += 1;
        self.found.unread.push(visible(text));
    }

    /// Takes a plain private key; `open` says that no password was needed.
    pub(in crate::pki) fn key(&mut self, label: &str, der: &[u8], open: bool) -> Result<()> {
        match PrivateKey::read(der) {
            Ok(key) => {
                self.found.keys.push(FoundKey { label: named(label), key: Arc::new(key), open });
                Ok(())
            }
            Err(error) if error.kind == Kind::Refused => {
                let name = if label.is_empty() { String::new() } else { format!(" \"{label}\"") };
                self.useless(&format!("A private key{name} is of no use here: {error}"));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Takes an EncryptedPrivateKeyInfo, named in words as `what`: `an encrypted private key`.
    pub(in crate::pki) fn encrypted_key(
        &mut self,
        what: &str,
        label: &str,
        parts: &[Element<'_>],
    ) -> Result<()> {
        let [(0x30, algorithm, _), (4, _, data)] = parts else {
            return Err(Error::damaged("The encrypted private key does not hold together."));
        };
        let Some(password) = self.password else {
            self.locked(what);
            return Ok(());
        };
        match pbe::open(algorithm, data, password, false, &self.work)? {
            Some(plain) => {
                self.fits();
                self.key(label, &plain, false)?;
            }
            None => self.wrong(what),
        }
        Ok(())
    }

    /// Takes a key whose PEM has a `DEK-Info` line.
    pub(super) fn pem_key(&mut self, info: &str, label: &str, data: &[u8]) -> Result<()> {
        const WHAT: &str = "an encrypted private key";
        let Some(password) = self.password else {
            self.locked(WHAT);
            return Ok(());
        };
        self.work.go_on()?;
        match pbe::open_pem(info, data, password)? {
            Some(plain) => {
                self.fits();
                self.key(label, &plain, false)?;
            }
            None => self.wrong(WHAT),
        }
        Ok(())
    }

    /// Takes a certificate with what it is called, which may be nothing, and whether it is marked as trusted.
    pub(in crate::pki) fn certificate(&mut self, label: &str, trusted: bool, der: &[u8]) -> Result<()> {
        let certificate = certificate::read(der)?;
        self.name(certificate.sha256, label, trusted);
        self.found.certificates.push(certificate);
        Ok(())
    }

    fn name(&mut self, sha256: Digest, label: &str, trusted: bool) {
        if !label.trim().is_empty() {
            self.found.labels.insert(sha256, named(label));
        }
        if trusted {
            self.found.trusted.insert(sha256);
        }
    }

    /// Takes a CRL.
    pub(in crate::pki) fn crl(&mut self, der: &[u8]) {
        self.found.crls.push(der.to_vec());
    }

    /// Takes one object without a name.
    pub(in crate::pki) fn single(&mut self, bytes: &[u8]) -> Result<()> {
        self.labelled("", false, bytes)
    }

    /// Takes a request that was read already.
    pub(super) fn request(&mut self, request: Pkcs10) {
        self.found.requests.push(request);
    }

    /// Takes one DER or BER object for what its structure says it is.
    pub(super) fn labelled(&mut self, label: &str, trusted: bool, bytes: &[u8]) -> Result<()> {
        let (whole, rest) =
            ber::element(bytes).ok_or_else(|| Error::damaged("A DER object is cut off or malformed."))?;
        if !rest.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::damaged("A DER object does not end where it should.")
                .why(format!("{} bytes follow it.", rest.len()))
                .next("Bring one object a file, or PEM."));
        }
        let strange = || {
            Error::new(Kind::Foreign, "This is neither certificate, request, CRL, key, PKCS#7 nor PKCS#12.")
        };
        let parts = only(0x30, &whole).and_then(elements).ok_or_else(strange)?;
        let tags: Vec<u8> = parts.iter().map(|p| p.0).take(4).collect();
        match (tags.as_slice(), parts.as_slice()) {
            ([0x30, 0x30, 3], [(_, _, signed), ..]) => {
                let fields: Vec<u8> = elements(signed).ok_or_else(strange)?.iter().map(|f| f.0).collect();
                match fields.as_slice() {
                    [2, 0x30, 0x30] | [2, 0x30, 0x30, 0xa0] => {
                        self.found.requests.push(request::read(&whole)?)
                    }
                    [0x30, 0x16] => self.found.requests.push(spkac::read_der(&whole)?),
                    [2, 0x30, 0x30, 0x17 | 0x18, ..] | [0x30, 0x30, 0x17 | 0x18, ..] => self.crl(&whole),
                    _ => self.certificate(label, trusted, &whole)?,
                }
            }
            ([6, 0xa0], [(_, _, kind), (_, _, content)]) => self.pkcs7(kind, content)?,
            ([2, 0x30, ..], [(_, _, [3]), ..]) => pkcs12::read(&parts, self)?,
            // PKCS#8, PKCS#1, SEC1.
            ([2, 0x30, 4, ..] | [2, 2, 2, 2] | [2, 4] | [2, 4, 0xa0 | 0xa1, ..], _) => {
                self.key(label, &whole, true)?;
            }
            ([0x30, 4], _) => self.encrypted_key("an encrypted private key", label, &parts)?,
            ([0x30, 3], _) | ([2, 2], _) => {
                return Err(Error::new(Kind::Foreign, "This is a public key alone.")
                    .next("Bring the certificate request that was made with it."));
            }
            _ => return Err(strange()),
        }
        Ok(())
    }

    /// The certificates and CRLs of a PKCS#7 SignedData (RFC 2315 section 9.1), in its order.
    fn pkcs7(&mut self, kind: &[u8], content: &[u8]) -> Result<()> {
        let other = || Error::new(Kind::Foreign, "This PKCS#7 holds no certificates.");
        if kind != b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" {
            return Err(other().why("It is not of the type SignedData."));
        }
        let fields = only(0x30, content).and_then(elements).ok_or_else(other)?;
        let before = self.found.count() + self.found.unread.len();
        for (tag, _, mut list) in fields.into_iter().filter(|f| matches!(f.0, 0xa0 | 0xa1)) {
            while !list.is_empty() && !self.full() {
                let (whole, _, rest) = tlv(list).ok_or_else(other)?;
                list = rest;
                if tag == 0xa1 {
                    self.crl(whole);
                } else if let Err(error) = self.certificate("", false, whole) {
                    self.failed("In the PKCS#7", error)?;
                }
            }
        }
        if self.found.count() + self.found.unread.len() == before { Err(other()) } else { Ok(()) }
    }
}

/// A name fit to be shown: escaped, and not too long.
fn named(label: &str) -> String {
    visible(&label.trim().chars().take(LONGEST_NAME).collect::<String>())
}

impl Found {
    fn count(&self) -> usize {
        self.requests.len() + self.certificates.len() + self.crls.len() + self.keys.len() + self.locked.len()
    }
}
