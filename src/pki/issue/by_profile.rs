//! What a profile makes of a request: the template of the certificate. Nothing goes from the request into it unless the
//! profile says so.

use rcgen::{BasicConstraints, CrlDistributionPoint, ExtendedKeyUsagePurpose, IsCa};

use super::{
    ALT_NAMES, NAME_CONSTRAINTS, SUBJECT_KEY_ID, Template, arcs, hashed_key, key_id, key_usage, oid, wrap,
};
use crate::model::bytes::{Der, Serial};
use crate::model::certificate::Extension;
use crate::model::certifier::Certifier;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::name::Name;
use crate::model::profile::{Addresses, Authority, Checking, Constraint, Profile, Staple, Validity};
use crate::model::request::{Pkcs10, extension_word};
use crate::pki::der::{elements, only, tlv};
use crate::pki::{crl, draft, name};

/// Decides by profile what is issued for a request: the attributes of the subject that it takes over, key usage by key
/// kind, extended key usage, alternative names of the kinds allowed (their GeneralName bytes taken over unchanged), SKI
/// (SHA-1 of the key bits, RFC 5280 4.2.1.2), AKI equal to the issuer's SKI, addresses of the profile or of the certifier's
/// policy, policies, basicConstraints, and the extensions that it copies. Nothing else is taken from the request.
pub fn from_request(
    pkcs10: &Pkcs10,
    profile: &Profile,
    certifier: &Certifier,
    serial: Serial,
    validity: Validity,
) -> Result<Template> {
    let authority = key_id(&certifier.certificate)?;
    let part = profile.part(&certifier.policy, &serial);
    build(pkcs10, profile, &profile.addresses(&certifier.policy, part), authority, serial, validity)
}

/// The template of a certificate that the request's own key signs: as [`from_request`], without addresses, and with the
/// AKI equal to the SKI.
pub fn self_certified(
    pkcs10: &Pkcs10,
    profile: &Profile,
    serial: Serial,
    validity: Validity,
) -> Result<Template> {
    build(pkcs10, profile, &Addresses::default(), hashed_key(&pkcs10.key.spki.0)?, serial, validity)
}

fn build(
    pkcs10: &Pkcs10,
    profile: &Profile,
    addresses: &Addresses,
    authority: Vec<u8>,
    serial: Serial,
    validity: Validity,
) -> Result<Template> {
    let names = kept_names(pkcs10, profile)?;
    let subject = kept_subject(&pkcs10.subject, profile)?;
    let nameless = subject.rdns.is_empty();
    if nameless && names.is_empty() {
        return Err(Error::refused("The certificate would name nobody.")
            .why("The profile takes over neither an attribute of the request's subject nor an alternative name.")
            .next("Ask for a new request with the host names in it."));
    }
    let mut parameters = draft::parameters(&subject);
    // Only plain RSA keys can encipher; an RSA-PSS key signs only (RFC 4055 section 1.2).
    let plain_rsa = pkcs10.key.algorithm.starts_with("RSA ");
    let usages = if plain_rsa { &profile.key_usage_rsa } else { &profile.key_usage_other };
    parameters.key_usages = usages.iter().map(|name| key_usage(name)).collect::<Result<_>>()?;
    let extended = profile.extended.iter().map(|o| arcs(o).map(ExtendedKeyUsagePurpose::Other));
    parameters.extended_key_usages = extended.collect::<Result<_>>()?;
    let all = [&addresses.crl, &addresses.ocsp, &addresses.issuer, &addresses.delta];
    if let Some(address) = all.into_iter().flatten().find(|a| !a.is_ascii()) {
        return Err(Error::usage(format!(
            "\"{}\" cannot be an address in a certificate: it is not ASCII.",
            visible(address)
        )));
    }
    if !addresses.crl.is_empty() {
        parameters.crl_distribution_points = vec![CrlDistributionPoint { uris: addresses.crl.clone() }];
    }
    let is_ca = match &profile.authority {
        None => IsCa::ExplicitNoCa,
        Some(Authority { path_length: None, .. }) => IsCa::Ca(BasicConstraints::Unconstrained),
        Some(Authority { path_length: Some(n), .. }) => IsCa::Ca(BasicConstraints::Constrained(*n)),
    };
    let own = hashed_key(&pkcs10.key.spki.0)?;
    let mut extensions = draft::extensions(parameters, is_ca, own, authority)?;
    if !profile.subject_key_id && profile.authority.is_none() {
        extensions.retain(|e| e.oid != SUBJECT_KEY_ID);
    }
    if profile.extended_critical {
        extensions.iter_mut().filter(|e| e.oid == EXTENDED_KEY_USAGE).for_each(|e| e.critical = true);
    }
    let mut add = |oid: &str, critical: bool, value: Vec<u8>| {
        extensions.push(Extension { oid: oid.into(), critical, value: Der(value) });
    };
    if !names.is_empty() {
        // RFC 5280 4.2.1.6: critical when it is the only name.
        add(ALT_NAMES, nameless, wrap(0x30, &names));
    }
    if let Some(constraints) = profile.authority.as_ref().map(name_constraints).transpose()?.flatten() {
        add(NAME_CONSTRAINTS, true, constraints);
    }
    for pointer in pointers(addresses) {
        add(&pointer.oid, false, pointer.value.0);
    }
    if let Some(policies) = policies(profile)? {
        add(POLICIES, false, policies);
    }
    match profile.checking {
        Checking::NoCheck => add(NO_CHECK, false, vec![5, 0]),
        Checking::NotAvailable => add(NO_REV_AVAIL, false, vec![5, 0]),
        Checking::Addresses | Checking::Nothing => {}
    }
    let wished = || pkcs10.extensions.iter().any(|e| e.oid == TLS_FEATURE && wishes_staple(&e.value.0));
    if profile.must_staple == Staple::Always || profile.must_staple == Staple::Asked && wished() {
        add(TLS_FEATURE, false, MUST_STAPLE.to_vec());
    }
    for e in copied(pkcs10, profile)? {
        add(&e.oid, e.critical, e.value.0.clone());
    }
    Ok(Template { serial, subject, spki: pkcs10.key.spki.clone(), validity, extensions })
}

/// Finds the extensions that are taken over from the request as they are.
fn copied<'a>(pkcs10: &'a Pkcs10, profile: &Profile) -> Result<Vec<&'a Extension>> {
    let mut all = Vec::new();
    for oid in &profile.copied_extensions {
        let mut asked = pkcs10.extensions.iter().filter(|e| e.oid == *oid);
        all.extend(asked.next());
        if asked.next().is_some() {
            return Err(Error::damaged(format!("The request holds {} more than once.", extension_word(oid))));
        }
    }
    Ok(all)
}

/// Returns the subject with the attributes that the profile takes over; the whole one is the same bytes.
pub fn kept_subject(subject: &Name, profile: &Profile) -> Result<Name> {
    if subject.rdns.iter().flatten().all(|a| profile.keeps(a)) {
        return Ok(subject.clone());
    }
    let bad = || Error::damaged("The request's subject cannot be taken apart.");
    let sets = only(0x30, &subject.der.0).and_then(elements).ok_or_else(bad)?;
    let mut kept = Vec::new();
    for ((_, _, set), attributes) in sets.iter().zip(&subject.rdns) {
        let parts = elements(set).filter(|parts| parts.len() == attributes.len()).ok_or_else(bad)?;
        let parts = parts.iter().zip(attributes).filter(|(_, a)| profile.keeps(a));
        let content = parts.map(|((_, whole, _), _)| *whole).collect::<Vec<_>>().concat();
        if !content.is_empty() {
            kept.extend(wrap(0x31, &content));
        }
    }
    name::read(&wrap(0x30, &kept))
}

/// Returns the content of the request's subjectAltName reduced to the kinds that the profile takes over.
fn kept_names(pkcs10: &Pkcs10, profile: &Profile) -> Result<Vec<u8>> {
    let mut asked = pkcs10.extensions.iter().filter(|e| e.oid == ALT_NAMES);
    let Some(first) = asked.next() else { return Ok(Vec::new()) };
    let bad = |why: &str| Error::damaged("The request's alternative names cannot be read.").why(why);
    if asked.next().is_some() {
        return Err(bad("The request holds the extension more than once."));
    }
    let names =
        tlv(&first.value.0).filter(|(whole, _, rest)| whole.first() == Some(&0x30) && rest.is_empty());
    let (_, mut rest, _) = names.ok_or_else(|| bad("The extension is not one DER sequence."))?;
    let mut kept = Vec::new();
    while !rest.is_empty() {
        let (name, content, more) = tlv(rest).ok_or_else(|| bad("A name in it is cut off."))?;
        let kind = name.first().map(|tag| alt_name_kind(*tag, content.len()));
        if profile.alt_names.iter().any(|k| kind == Some(k)) {
            kept.extend(name);
        }
        rest = more;
    }
    Ok(kept)
}

/// The kind of a profile's `alt_names` to which a GeneralName of this tag and length belongs, as it is read.
fn alt_name_kind(tag: u8, length: usize) -> &'static str {
    match tag {
        0x81 => "email",
        0x82 => "dns",
        0x86 => "uri",
        0x87 if matches!(length, 4 | 16) => "ip",
        _ => "other",
    }
}

/// Encodes name constraints (RFC 5280 section 4.2.1.10); `None` when there are none.
fn name_constraints(authority: &Authority) -> Result<Option<Vec<u8>>> {
    let subtrees = |list: &[String], tag: u8| -> Result<Vec<u8>> {
        let mut bases = Vec::new();
        for text in list {
            let base = match Constraint::parse(text).map_err(|why| Error::usage(format!("{why}.")))? {
                Constraint::Email(value) => wrap(0x81, value.as_bytes()),
                Constraint::Dns(value) => wrap(0x82, value.as_bytes()),
                Constraint::Uri(value) => wrap(0x86, value.as_bytes()),
                Constraint::Ip(network) => wrap(0x87, &network.octets()),
            };
            bases.extend(wrap(0x30, &base));
        }
        Ok(if bases.is_empty() { bases } else { wrap(tag, &bases) })
    };
    let content = [subtrees(&authority.permitted, 0xa0)?, subtrees(&authority.excluded, 0xa1)?].concat();
    Ok((!content.is_empty()).then(|| wrap(0x30, &content)))
}

/// Returns the extensions that say where delta CRLs, OCSP answers and the issuer's certificate are found.
pub fn pointers(addresses: &Addresses) -> Vec<Extension> {
    let delta = addresses.delta.first().map(|address| (FRESHEST, crl::points(address)));
    let all = delta.into_iter().chain(access(addresses).map(|access| (ACCESS, access)));
    all.map(|(oid, value)| Extension { oid: oid.into(), critical: false, value: Der(value) }).collect()
}

/// Encodes the authority information access (RFC 5280 section 4.2.2.1); `None` when there is no address.
fn access(addresses: &Addresses) -> Option<Vec<u8>> {
    const OCSP: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];
    const CA_ISSUERS: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2];
    let each = |method: &'static [u8], list: &[String]| {
        let one = |address: &String| wrap(0x30, &[method, &wrap(0x86, address.as_bytes())].concat());
        list.iter().flat_map(one).collect::<Vec<u8>>()
    };
    let content = [each(OCSP, &addresses.ocsp), each(CA_ISSUERS, &addresses.issuer)].concat();
    (!content.is_empty()).then(|| wrap(0x30, &content))
}

/// Encodes the certificate policies (RFC 5280 section 4.2.1.4); `None` when there are none.
fn policies(profile: &Profile) -> Result<Option<Vec<u8>>> {
    const CPS: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 2, 1];
    let mut content = Vec::new();
    for policy in &profile.policies {
        let mut information = oid(&policy.oid)?;
        if !policy.cps.is_empty() {
            let qualifier = wrap(0x30, &[CPS, &wrap(0x16, policy.cps.as_bytes())].concat());
            information.extend(wrap(0x30, &qualifier));
        }
        content.extend(wrap(0x30, &information));
    }
    Ok((!content.is_empty()).then(|| wrap(0x30, &content)))
}

/// Tells whether a TLS feature extension (RFC 7633) lists `status_request`.
fn wishes_staple(value: &[u8]) -> bool {
    let features = only(0x30, value).and_then(elements);
    features.is_some_and(|all| all.iter().any(|(tag, _, number)| *tag == 2 && *number == [5]))
}

const MUST_STAPLE: &[u8] = &[0x30, 3, 2, 1, 5];
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const POLICIES: &str = "2.5.29.32";
const NO_REV_AVAIL: &str = "2.5.29.56";
/// freshestCRL.
const FRESHEST: &str = "2.5.29.46";
const ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
