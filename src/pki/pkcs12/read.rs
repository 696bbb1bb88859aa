//! Reads PKCS#12 files: checks the MAC, opens the safes, hands over what the bags hold.

use std::borrow::Cow;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::oids;
use crate::model::error::{Error, Kind, Result};
use crate::model::secret::Secret;
use crate::pki::ber;
use crate::pki::der::{Element, elements, only};
use crate::pki::pbe::{self, Purpose, Work};
use crate::pki::pem::Reader;

/// How deep safes may stand in bags.
const DEEPEST: usize = 4;

/// From more rounds of key derivation than these on, it is said how many there are: that many take seconds.
const MANY: u32 = 1_000_000;

const FILE: &str = "a PKCS#12 file";
const KEY: &str = "a private key in a PKCS#12 file";

fn broken(part: &str) -> Error {
    Error::damaged(format!("The PKCS#12 file is damaged: {part} does not hold together."))
        .next("Bring the file again, whole, from where it was made.")
}

/// Reads the parts of a PFX. Without a password, what is not encrypted is read, and the rest named as locked.
pub(in crate::pki) fn read(parts: &[Element<'_>], reader: &mut Reader<'_>) -> Result<()> {
    let [_, (0x30, _, safe), rest @ ..] = parts else { return Err(broken("its frame")) };
    let (kind, content) = content_info(safe).ok_or_else(|| broken("its frame"))?;
    if kind != oids::DATA {
        return Err(Error::new(
            Kind::Foreign,
            "This PKCS#12 file is protected by a key instead of a password.",
        )
        .next("Write it again with a password, with the tool that made it."));
    }
    let safes = content.and_then(|c| only(4, c)).ok_or_else(|| broken("its content"))?;
    let mut file = File { reader, checked: false, locked: None, wrong: false };
    let mac = rest.first().filter(|mac| mac.0 == 0x30).map(|mac| mac.2);
    if let (Some(password), Some(mac)) = (file.reader.password, mac) {
        if !mac_fits(mac, safes, password, &file.reader.work)? {
            file.reader.wrong(FILE);
            return Ok(());
        }
        file.checked = true;
        file.reader.fits();
    }
    let list = ber::whole(safes).ok_or_else(|| broken("its content"))?;
    for (_, whole, _) in only(0x30, &list).and_then(elements).ok_or_else(|| broken("its content"))? {
        file.safe(whole)?;
    }
    if let Some(what) = file.locked {
        file.reader.locked(&match mac.and_then(mac_rounds).filter(|rounds| *rounds > MANY) {
            Some(rounds) => format!("{what} that takes long to open ({rounds} rounds)"),
            None => what.into(),
        });
    }
    Ok(())
}

/// Returns the rounds of key derivation behind the MAC, where they stand in it.
fn mac_rounds(mac: &[u8]) -> Option<u32> {
    let fields = elements(mac)?;
    let [_, _, (2, _, rounds)] = fields.as_slice() else { return None };
    Some(pbe::number(rounds).unwrap_or(u32::MAX))
}

/// Splits a ContentInfo, given as the content of its SEQUENCE: type and what stands in its `[0]`.
fn content_info(body: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    match elements(body)?.as_slice() {
        [(6, _, kind)] => Some((kind, None)),
        [(6, _, kind), (0xa0, _, content)] => Some((kind, Some(content))),
        _ => None,
    }
}

/// Tells whether the MAC is the one that the password makes over the content.
fn mac_fits(mac: &[u8], content: &[u8], password: &Secret, work: &Work<'_>) -> Result<bool> {
    let bad = || broken("its MAC");
    let fields = elements(mac).ok_or_else(bad)?;
    let [(0x30, _, digest), (4, _, salt), rounds @ ..] = fields.as_slice() else { return Err(bad()) };
    let rounds = match rounds {
        [(2, _, rounds)] => pbe::number(rounds).unwrap_or(u32::MAX),
        _ => 1,
    };
    let digest = elements(digest).ok_or_else(bad)?;
    let [(0x30, whole, algorithm), (4, _, expected)] = digest.as_slice() else { return Err(bad()) };
    let fields = elements(algorithm).ok_or_else(bad)?;
    let Some((6, _, oid)) = fields.first() else { return Err(bad()) };
    let fits = |hash: pbe::Hash, key: &[u8]| {
        let tag = hash.hmac().map(|algorithm| hmac::sign(&hmac::Key::new(algorithm, key), content));
        tag.is_some_and(|tag| verify_slices_are_equal(tag.as_ref(), expected).is_ok())
    };
    if *oid == oids::PBMAC1 {
        return pbmac1(whole, password, work, fits);
    }
    let hash = pbe::hash(oid)?;
    for form in pbe::wide_forms(password) {
        let mut key = Zeroizing::new(vec![0; hash.length()]);
        pbe::by_pkcs12(hash, (&form, salt, rounds), Purpose::Mac, &mut key, work)?;
        if fits(hash, &key) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// PBMAC1 (RFC 9579): the MAC key comes from PBKDF2, of which it has to state the length.
fn pbmac1(
    algorithm: &[u8],
    password: &Secret,
    work: &Work<'_>,
    fits: impl Fn(pbe::Hash, &[u8]) -> bool,
) -> Result<bool> {
    let bad = || broken("its MAC");
    let fields = only(0x30, algorithm).and_then(elements).ok_or_else(bad)?;
    let [_, (0x30, _, parameters)] = fields.as_slice() else { return Err(bad()) };
    let parameters = elements(parameters).ok_or_else(bad)?;
    let [(0x30, kdf, _), (0x30, _, scheme)] = parameters.as_slice() else { return Err(bad()) };
    let scheme = elements(scheme).ok_or_else(bad)?;
    let hash = pbe::hmac(scheme.first().filter(|s| s.0 == 6).ok_or_else(bad)?.2)?;
    let (prf, salt, rounds, length) = pbe::pbkdf2(kdf)?;
    let length =
        length.and_then(|l| usize::try_from(l).ok()).filter(|l| (20..=64).contains(l)).ok_or_else(bad)?;
    let mut key = Zeroizing::new(vec![0; length]);
    pbe::by_pbkdf2(prf, password.expose().as_bytes(), salt, rounds, &mut key, work)?;
    Ok(fits(hash, &key))
}

/// A file while it is read.
struct File<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// Whether the MAC says that the password is right.
    checked: bool,
    /// What of it needs a password.
    locked: Option<&'static str>,
    /// Whether it was said that the password is wrong.
    wrong: bool,
}

impl File<'_, '_> {
    /// Opens one safe and reads its bags.
    fn safe(&mut self, whole: &[u8]) -> Result<()> {
        let bad = || broken("a safe");
        let (kind, content) = only(0x30, whole).and_then(content_info).ok_or_else(bad)?;
        let content = content.ok_or_else(bad)?;
        if kind == oids::DATA {
            return self.bags(only(4, content).ok_or_else(bad)?, true, DEEPEST);
        }
        if kind != oids::ENCRYPTED_DATA {
            self.reader.useless("A part of the PKCS#12 file is encrypted to a key instead of a password: write the file again with a password.");
            return Ok(());
        }
        let fields = only(0x30, content).and_then(elements).ok_or_else(bad)?;
        let Some((0x30, _, inner)) = fields.get(1) else { return Err(bad()) };
        let inner = elements(inner).ok_or_else(bad)?;
        let [_, (0x30, algorithm, _), (tag, _, data)] = inner.as_slice() else { return Err(bad()) };
        // The tag hides that it is an OCTET STRING, which may come in pieces.
        let data = match tag {
            0x80 => Cow::Borrowed(*data),
            0xa0 => Cow::Owned(ber::join(data).ok_or_else(bad)?),
            _ => return Err(bad()),
        };
        let Some(password) = self.reader.password else {
            self.locked = Some(FILE);
            return Ok(());
        };
        match pbe::open(algorithm, &data, password, true, &self.reader.work)? {
            Some(plain) => {
                self.reader.fits();
                self.bags(&plain, false, DEEPEST)
            }
            None if self.checked => {
                self.reader.useless("A part of the PKCS#12 file has a password of its own: write the file again with one password.");
                Ok(())
            }
            None => {
                self.wrong();
                Ok(())
            }
        }
    }

    /// Says once that the password is wrong.
    fn wrong(&mut self) {
        if !self.wrong {
            self.wrong = true;
            self.reader.wrong(FILE);
        }
    }

    /// Reads SafeContents; `open` says that they were not encrypted.
    fn bags(&mut self, bytes: &[u8], open: bool, depth: usize) -> Result<()> {
        let bad = || broken("a list of bags");
        let copied;
        let list = match ber::whole(bytes).ok_or_else(bad)? {
            Cow::Borrowed(list) => list,
            Cow::Owned(list) => {
                copied = Zeroizing::new(list);
                &copied
            }
        };
        for (_, whole, _) in only(0x30, list).and_then(elements).ok_or_else(bad)? {
            if self.reader.full() {
                return Ok(());
            }
            if let Err(error) = self.bag(whole, open, depth) {
                self.reader.failed("In the PKCS#12 file", error)?;
            }
        }
        Ok(())
    }

    fn bag(&mut self, whole: &[u8], open: bool, depth: usize) -> Result<()> {
        let bad = || broken("a bag");
        let fields = only(0x30, whole).and_then(elements).ok_or_else(bad)?;
        let [(6, _, kind), (0xa0, _, value), attributes @ ..] = fields.as_slice() else { return Err(bad()) };
        let (name, trusted) = match attributes {
            [(0x31, _, set)] => described(set),
            _ => (String::new(), false),
        };
        let Some([last]) = kind.strip_prefix(oids::BAG_STEM) else {
            self.reader.useless("The PKCS#12 file holds a bag of an unknown kind.");
            return Ok(());
        };
        match last {
            1 => self.reader.key(&name, value, open),
            2 => self.shrouded(&name, value),
            3 | 4 => {
                let inner = only(0x30, value).and_then(elements).ok_or_else(bad)?;
                let [(6, _, form), (0xa0, _, value)] = inner.as_slice() else { return Err(bad()) };
                let der = only(4, value).ok_or_else(bad)?;
                match (*last, *form) {
                    (3, oids::X509) => self.reader.certificate(&name, trusted, der),
                    (4, oids::CRL) => {
                        self.reader.crl(der);
                        Ok(())
                    }
                    _ => {
                        self.reader.useless("The PKCS#12 file holds a certificate that is not of X.509.");
                        Ok(())
                    }
                }
            }
            5 => {
                self.reader
                    .useless(&format!("The PKCS#12 file holds a secret \"{name}\", which is no key pair."));
                Ok(())
            }
            6 if depth > 0 => self.bags(value, open, depth - 1),
            _ => Err(broken("the nesting of its bags")),
        }
    }

    fn shrouded(&mut self, name: &str, value: &[u8]) -> Result<()> {
        let parts = only(0x30, value).and_then(elements);
        let Some([(0x30, algorithm, _), (4, _, data)]) = parts.as_deref() else {
            return Err(broken("a key"));
        };
        let Some(password) = self.reader.password else {
            self.locked = self.locked.or(Some(KEY));
            return Ok(());
        };
        match pbe::open(algorithm, data, password, true, &self.reader.work)? {
            Some(plain) => {
                self.reader.fits();
                self.reader.key(name, &plain, false)
            }
            None if self.checked => {
                self.reader.useless(&format!(
                    "The private key \"{name}\" has a password of its own: give it the one of the file, and bring it again."
                ));
                Ok(())
            }
            None => {
                self.wrong();
                Ok(())
            }
        }
    }
}

/// What the attributes of a bag say: its name, and whether keytool trusts it.
fn described(set: &[u8]) -> (String, bool) {
    let (mut name, mut trusted) = (String::new(), false);
    for (_, whole, _) in elements(set).unwrap_or_default() {
        let fields = only(0x30, whole).and_then(elements).unwrap_or_default();
        let [(6, _, kind), (0x31, _, values)] = fields.as_slice() else { continue };
        if *kind == oids::FRIENDLY_NAME {
            let units = only(0x1e, values).unwrap_or_default().as_chunks::<2>().0;
            let units = units.iter().map(|pair| u16::from_be_bytes(*pair));
            name = char::decode_utf16(units).take(1000).map(|c| c.unwrap_or('\u{fffd}')).collect();
        }
        trusted |= *kind == oids::JAVA_TRUSTED;
    }
    (name, trusted)
}
