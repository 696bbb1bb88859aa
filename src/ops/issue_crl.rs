//! Signs the next CRLs of a certifier: a complete one with its parts, or a delta CRL; and shows them before.

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::bytes::Der;
use crate::model::certifier::{Certifier, CrlInfo, Status};
use crate::model::change::{Change, Fact};
use crate::model::crl::{CrlKind, entries};
use crate::model::error::{Error, Result};
use crate::model::time::Timestamp;
use crate::pki::crl::{self, CrlChange, Entries, Outline};
use crate::pki::signer::Signing;
use crate::pki::{issue, key};
use crate::store::document;

/// One CRL that is to be signed: which certificates it is about, and whether it is made out of turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The complete CRL that it adds to, when it is a delta CRL.
    pub base: Option<u64>,
    /// The part of the certificates, from 1; 0 is all.
    pub part: u32,
    /// Whether the schedule stays as it is.
    pub immediate: bool,
}

/// A CRL with its number and entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// What it is about.
    pub wanted: Wanted,
    /// Its number.
    pub number: u64,
    /// Its entries.
    pub entries: Entries,
}

/// A CRL as it would be.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Number, times and entries; the hash is that of an unsigned list.
    pub crl: CrlInfo,
    /// What it says otherwise than the one before it; of a delta CRL, what it adds to the complete one.
    pub change: CrlChange,
    /// Its size in bytes, give or take the two of a signature.
    pub size: u64,
}

impl Preview {
    /// Says it in lines: the counts, and of each kind of change at most `most` serial numbers.
    pub fn lines(&self, most: usize) -> Vec<String> {
        let Self { crl, change, size } = self;
        let mut lines = vec![format!(
            "CRL {} ({}): {}, about {size} bytes, valid until {}.",
            crl.number,
            crl.kind(),
            entries(crl.entries),
            crl.next_update.text()
        )];
        let (added, removed, changed) = (change.added.len(), change.removed.len(), change.changed.len());
        lines.push(format!(
            "{added} added, {removed} removed, {changed} with another reason, {} unchanged.",
            change.unchanged
        ));
        lines.extend(change.added.iter().take(most).map(|(s, r)| format!("  + {s} {}", r.name())));
        lines.extend(change.removed.iter().take(most).map(|s| format!("  - {s} has ended or was released")));
        let other = change.changed.iter().take(most);
        lines.extend(other.map(|(s, a, b)| format!("  ~ {s} {}, was {}", b.name(), a.name())));
        let left = added.saturating_sub(most) + removed.saturating_sub(most) + changed.saturating_sub(most);
        if left > 0 {
            lines.push(format!("  and {left} more"));
        }
        lines
    }
}

/// Says which CRLs are to be signed now: the complete one first, its parts behind it.
///
/// Errors: unknown certifier; a delta CRL where the policy has none, or without a complete one.
pub fn wanted(state: &State, name: &str, kind: CrlKind, now: Timestamp) -> Result<Vec<Wanted>> {
    let certifier = super::certifier(state, name)?;
    let policy = &certifier.policy;
    if kind == CrlKind::Delta {
        let refused = || Error::refused(format!("Certifier {name} signed no delta CRL."));
        if policy.delta_days == 0 {
            return Err(refused()
                .why("Its policy has none: peers would not look for it.")
                .next("Amend the policy: delta-days. Certificates issued from then on name its address."));
        }
        let Some(latest) = &certifier.crl else {
            return Err(refused().why("There is no complete CRL yet that it could add to."));
        };
        return Ok(vec![Wanted { base: Some(latest.number), part: 0, immediate: true }]);
    }
    let latest = certifier.crl.as_ref().filter(|crl| crl.regular.is_some());
    let due = latest.is_none_or(|crl| policy.next_regular(crl) <= now);
    let immediate = match kind {
        CrlKind::Regular => false,
        CrlKind::Immediate => true,
        _ => !due,
    };
    Ok((0..=certifier.crl_parts()).map(|part| Wanted { base: None, part, immediate }).collect())
}

/// Signs CRLs with their numbers and entries, all or none.
///
/// Errors: unknown or locked certifier; its certificate has ended; the clock is behind; not the person for it.
pub fn issue_crl(state: &State, name: &str, prepared: Vec<Prepared>, env: &mut Env<'_>) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::SignCrl)?;
    able(certifier, env.now)?;
    sign(certifier, prepared, None, env)
}

/// Signs CRLs with their numbers and entries; the last ones of a certifier are valid `until` a moment, and no delta CRL
/// follows them.
pub(super) fn sign(
    certifier: &Certifier,
    prepared: Vec<Prepared>,
    until: Option<Timestamp>,
    env: &mut Env<'_>,
) -> Result<Change> {
    let name = &certifier.name;
    let algorithm = env.signer.key(name)?.algorithm().to_vec();
    let mut work = Vec::new();
    let mut kinds = Vec::new();
    for Prepared { wanted, number, entries } in prepared {
        let times = (env.now, until);
        work.push((Signing::Crl(number), encode(certifier, &algorithm, &wanted, number, entries, times)?));
        kinds.push((wanted, number));
    }
    let signatures = env.signer.sign(name, &work)?;
    if signatures.len() != work.len() {
        return Err(Error::internal("The signer returned another number of signatures than asked."));
    }
    let mut change = Change::default();
    for (((_, tbs), signature), (wanted, number)) in work.into_iter().zip(&signatures).zip(kinds) {
        let der = issue::assemble(&tbs, &algorithm, signature);
        drop(tbs);
        let read = crl::read(&der, &certifier.certificate)?;
        if (read.number, read.base) != (number, wanted.base) {
            return Err(Error::internal(format!("CRL {number} does not say what it was to say.")));
        }
        let info = CrlInfo { immediate: wanted.immediate, partition: wanted.part, ..read };
        change.files.extend(document::crl(name, &info, &der));
        change.facts.push(Fact::CrlIssued { certifier: name.clone(), crl: info, der: Der(der) });
    }
    Ok(change)
}

/// Shows the CRLs that would be signed, each beside the one before it.
pub fn preview(
    state: &State,
    name: &str,
    prepared: Vec<Prepared>,
    before: &[(CrlInfo, Der)],
    now: Timestamp,
) -> Result<Vec<Preview>> {
    let certifier = super::certifier(state, name)?;
    able(certifier, now)?;
    let algorithm = key::signature_algorithm(&certifier.certificate.key)?;
    let mut previews = Vec::new();
    for Prepared { wanted, number, entries } in prepared {
        let count = entries.count;
        let tbs = encode(certifier, &algorithm, &wanted, number, entries, (now, None))?;
        // As long as a signature of such a key, and none.
        let der = issue::assemble(&tbs, &algorithm, &vec![0; signature_length(certifier)]);
        drop(tbs);
        let same = |(crl, _): &&(CrlInfo, Der)| {
            crl.base.is_none() && wanted.base.is_none() && crl.partition == wanted.part
        };
        let earlier = before.iter().find(same).map(|(_, der)| der.0.as_slice());
        let next_update = next_update(certifier, &wanted, now);
        let crl = CrlInfo {
            number,
            this_update: now,
            next_update,
            entries: count,
            immediate: wanted.immediate,
            base: wanted.base,
            partition: wanted.part,
            ..CrlInfo::default()
        };
        let size = u64::try_from(der.len()).unwrap_or_default();
        previews.push(Preview { crl, change: crl::change(earlier, &der)?, size });
    }
    Ok(previews)
}

/// Returns about how long a signature of the certifier is, in bytes.
fn signature_length(certifier: &Certifier) -> usize {
    let key = &certifier.certificate.key;
    let bits = usize::try_from(key.bits).unwrap_or_default();
    let bytes = bits.div_ceil(8);
    match key.algorithm.as_str() {
        rsa if rsa.starts_with("RSA") => bytes,
        "Ed25519" => 64,
        // Two numbers of an ECDSA signature, each with a header, and often a leading zero.
        _ => 2 * bytes + 8,
    }
}

/// Says why a certifier can sign no CRL now, if so.
fn able(certifier: &Certifier, now: Timestamp) -> Result<()> {
    let (name, authority) = (&certifier.name, &certifier.certificate);
    let before = certifier.crl.as_ref().map_or(authority.not_before, |crl| crl.this_update);
    if let Status::Destroyed(decision) = &certifier.status {
        return Err(Error::refused(format!("Certifier {name} signs no CRL any more."))
            .why(format!("Its key was destroyed on {}.", decision.at.date())));
    }
    let what = format!("Certifier {name} signed no CRL.");
    super::in_order(now, before, what, "its certificate or its latest CRL")?;
    if now > authority.not_after {
        return Err(Error::refused(format!("Certifier {name} signs no CRL any more."))
            .why(format!("Its certificate ended on {}.", authority.not_after.text())));
    }
    Ok(())
}

/// A delta CRL is never fresher for longer than the complete one that it adds to.
fn next_update(certifier: &Certifier, wanted: &Wanted, now: Timestamp) -> Timestamp {
    let policy = &certifier.policy;
    match (wanted.base, &certifier.crl) {
        (Some(_), Some(crl)) => now.plus_days(i64::from(policy.delta_days)).min(crl.next_update),
        _ => now.plus_days(i64::from(policy.crl_days)),
    }
}

pub(super) fn encode(
    certifier: &Certifier,
    algorithm: &[u8],
    wanted: &Wanted,
    number: u64,
    entries: Entries,
    (now, until): (Timestamp, Option<Timestamp>),
) -> Result<Vec<u8>> {
    let policy = &certifier.policy;
    let kind = CrlInfo { partition: wanted.part, ..CrlInfo::default() };
    let (part, delta) = (certifier.crl_addresses(&kind), policy.delta_address());
    if wanted.part > 0 && part.is_empty() {
        // Without an address it would pass for the complete list.
        return Err(Error::internal(format!("Part {} of the CRL has no address.", wanted.part)));
    }
    let outline = Outline {
        issuer: &certifier.certificate,
        algorithm,
        number,
        this_update: now,
        next_update: until.unwrap_or_else(|| next_update(certifier, wanted, now)),
        base: wanted.base,
        part: if wanted.part > 0 { &part } else { &[] },
        delta: (until.is_none() && wanted.base.is_none() && !delta.is_empty()).then_some(delta.as_str()),
    };
    crl::encode(&outline, entries)
}
