//! Guided tasks and certifiers as RON files, with the certificates and CRLs beside them as PEM and DER. See
//! docs/formats.md; profiles are beside, sites, servers and people in the directory.

mod profiles;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::profiles::{
    embedded_profile, embedded_profiles, profile, profile_path, profile_removed, read_profile,
};
use super::marked;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::certifier::{Awaited, Certifier, CrlInfo, Policy, PolicyVersion, Proposal, Status};
use crate::model::change::FileWrite;
use crate::model::error::{Error, Result};
use crate::model::keyring::check_name;
use crate::model::protection::KeyProtection;
use crate::model::task::Task;
use crate::model::time::Timestamp;
use crate::pki;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertifierFile {
    name: String,
    created: Timestamp,
    /// SHA-256 of `certificate.pem`'s certificate.
    certificate: Digest,
    policy: Policy,
    /// An amendment that waits for a second CAA.
    #[serde(default)]
    proposal: Option<Proposal>,
    #[serde(default)]
    status: Status,
    /// SHA-256 of the certificates in `chain.pem`, in its order.
    #[serde(default)]
    chain: Vec<Digest>,
    /// SHA-256 of the certificates in `links.pem`, in its order.
    #[serde(default)]
    links: Vec<Digest>,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    succeeds: Option<String>,
    #[serde(default)]
    succeeded_by: Option<String>,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    crl_floor: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AwaitedFile {
    name: String,
    created: Timestamp,
    by: String,
    /// SHA-256 of `request.pem`'s request.
    request: Digest,
    policy: Policy,
    #[serde(default)]
    succeeds: Option<String>,
}

/// The files that a certifier is read from, beside its key.
pub struct CertifierFiles<'a> {
    /// `certifier.ron`.
    pub ron: &'a [u8],
    /// `certificate.pem`.
    pub certificate: &'a [u8],
    /// `chain.pem`; empty when it is not there.
    pub chain: &'a [u8],
    /// `links.pem`; empty when it is not there.
    pub links: &'a [u8],
}

/// The text of a policy version that is signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    certifier: String,
    /// SHA-256 of the public key that signs it.
    key: Digest,
    /// SHA-256 of the text of the version before; zeros when that was not signed.
    before: Digest,
    version: PolicyVersion,
}

/// Returns the path of a guided task inside of the workspace.
pub fn task_path(name: &str) -> String {
    format!("tasks/{name}.ron")
}

/// Writes a guided task: `tasks/NAME.ron`.
pub fn task(task: &Task) -> Result<FileWrite> {
    named("task", &task.name)?;
    Ok(text(task_path(&task.name), marked::write("task", task)?))
}

/// Reads a guided task. Errors: `Damaged` with line and column, `TooNew`, `Foreign`.
pub fn read_task(name: &str, bytes: &[u8]) -> Result<Task> {
    let file = task_path(name);
    let task: Task = marked::read("task", &file, bytes, true)?;
    same_name(&file, name, &task.name)?;
    Ok(task)
}

/// Returns the path of one of a certifier's files inside of the workspace.
pub fn certifier_path(name: &str, file: &str) -> String {
    format!("certifiers/{name}/{file}")
}

/// Writes a certifier's policy and certificates: `certifier.ron` and `certificate.pem` in its folder, and `chain.pem` and
/// `links.pem` where there are such.
pub fn certifier(certifier: &Certifier) -> Result<Vec<FileWrite>> {
    let name = &certifier.name;
    let pem = |all: &[Certificate]| -> String {
        all.iter().map(|c| pki::pem::write("CERTIFICATE", &c.der.0)).collect()
    };
    let mut files = vec![
        certifier_document(certifier)?,
        text(certifier_path(name, "certificate.pem"), pem(std::slice::from_ref(&certifier.certificate))),
    ];
    for (file, all) in [("chain.pem", &certifier.chain), ("links.pem", &certifier.links)] {
        if !all.is_empty() {
            files.push(text(certifier_path(name, file), pem(all)));
        }
    }
    Ok(files)
}

/// Writes `certifier.ron` alone: everything of a certifier that may change while its certificates stay.
pub fn certifier_document(certifier: &Certifier) -> Result<FileWrite> {
    let name = &certifier.name;
    named("certifier", name)?;
    let digests = |all: &[Certificate]| all.iter().map(|c| c.sha256).collect();
    let document = CertifierFile {
        name: name.clone(),
        created: certifier.created,
        certificate: certifier.certificate.sha256,
        policy: certifier.policy.clone(),
        status: certifier.status.clone(),
        chain: digests(&certifier.chain),
        links: digests(&certifier.links),
        parent: certifier.parent.clone(),
        succeeds: certifier.succeeds.clone(),
        succeeded_by: certifier.succeeded_by.clone(),
        origin: certifier.origin.clone(),
        crl_floor: certifier.crl_floor,
        proposal: certifier.proposal.clone(),
    };
    Ok(text(certifier_path(name, "certifier.ron"), marked::write("certifier", &document)?))
}

/// Reads a certifier from its policy and its certificates; the latest CRL comes from the ledger.
pub fn read_certifier(name: &str, files: &CertifierFiles<'_>, crl: Option<CrlInfo>) -> Result<Certifier> {
    let file = certifier_path(name, "certifier.ron");
    let document: CertifierFile = marked::read("certifier", &file, files.ron, true)?;
    same_name(&file, name, &document.name)?;
    let pem_file = certifier_path(name, "certificate.pem");
    let bad = |why: String| {
        Error::damaged(format!("{pem_file} is damaged."))
            .why(why)
            .next("Restore it from a backup, or from the keyrings that trust it.")
    };
    let pem = pem::parse(files.certificate).map_err(|e| bad(format!("{e}.")))?;
    if pem.tag() != "CERTIFICATE" {
        return Err(bad(format!("It holds a {}.", pem.tag())));
    }
    let certificate = pki::certificate::read(pem.contents()).map_err(|e| bad(e.to_string()))?;
    if certificate.sha256 != document.certificate {
        return Err(bad("It is not the certificate that certifier.ron names.".into()));
    }
    let chain = certificates(name, "chain.pem", files.chain, &document.chain)?;
    let links = certificates(name, "links.pem", files.links, &document.links)?;
    Ok(Certifier {
        name: document.name,
        created: document.created,
        certificate,
        policy: document.policy,
        versions: Vec::new(),
        proposal: document.proposal,
        protection: KeyProtection::default(),
        crl,
        status: document.status,
        chain,
        parent: document.parent,
        succeeds: document.succeeds,
        succeeded_by: document.succeeded_by,
        links,
        origin: document.origin,
        crl_floor: document.crl_floor,
    })
}

/// Reads the certificates that `certifier.ron` names, in its order, from a file of several.
fn certificates(name: &str, file: &str, bytes: &[u8], named: &[Digest]) -> Result<Vec<Certificate>> {
    let bad = |why: String| {
        Error::damaged(format!("{} is damaged.", certifier_path(name, file)))
            .why(why)
            .next("Restore it from its .history or from a backup.")
    };
    let blocks = pem::parse_many(bytes).map_err(|e| bad(format!("{e}.")))?;
    let read = blocks.iter().map(|b| pki::certificate::read(b.contents()).map_err(|e| bad(e.to_string())));
    let all = read.collect::<Result<Vec<_>>>()?;
    if all.iter().map(|c| c.sha256).ne(named.iter().copied()) {
        return Err(bad("It does not hold the certificates that certifier.ron names.".into()));
    }
    Ok(all)
}

/// Writes a certifier that waits for its certificate: `awaited.ron` and `request.pem` in its folder.
pub fn awaited(awaited: &Awaited) -> Result<Vec<FileWrite>> {
    let name = &awaited.name;
    named("certifier", name)?;
    let document = AwaitedFile {
        name: name.clone(),
        created: awaited.created,
        by: awaited.by.clone(),
        request: awaited.request.sha256,
        policy: awaited.policy.clone(),
        succeeds: awaited.succeeds.clone(),
    };
    let pem = pki::pem::write("CERTIFICATE REQUEST", &awaited.request.der.0);
    Ok(vec![
        text(certifier_path(name, "awaited.ron"), marked::write("awaited certifier", &document)?),
        text(certifier_path(name, "request.pem"), pem),
    ])
}

/// Moves the document of a certifier that waited to the history; its request stays where it is kept, for it was sent out.
pub fn awaited_no_more(name: &str) -> Vec<FileWrite> {
    let gone = |file| FileWrite { path: certifier_path(name, file), bytes: None };
    vec![gone("awaited.ron"), gone("request.pem")]
}

/// Reads a certifier that waits for its certificate.
pub fn read_awaited(name: &str, ron: &[u8], request: &[u8]) -> Result<Awaited> {
    let file = certifier_path(name, "awaited.ron");
    let document: AwaitedFile = marked::read("awaited certifier", &file, ron, true)?;
    same_name(&file, name, &document.name)?;
    let bad = |why: String| {
        Error::damaged(format!("{} is damaged.", certifier_path(name, "request.pem")))
            .why(why)
            .next("Restore it from a backup, or give the certifier up and make it anew.")
    };
    let pem = pem::parse(request).map_err(|e| bad(format!("{e}.")))?;
    let request = pki::request::read(pem.contents()).map_err(|e| bad(e.to_string()))?;
    if request.sha256 != document.request {
        return Err(bad("It is not the request that awaited.ron names.".into()));
    }
    let AwaitedFile { name, created, by, policy, succeeds, .. } = document;
    Ok(Awaited { name, created, by, request, policy, succeeds })
}

/// Returns the path of a signed policy version, and of its signature.
pub fn policy_paths(certifier: &str, version: u32) -> (String, String) {
    let path = |extension| certifier_path(certifier, &format!("policy-{version}.{extension}"));
    (path("ron"), path("sig"))
}

/// Writes the text of the next policy version of a certifier, which is what is signed.
pub fn policy_text(certifier: &Certifier, version: &PolicyVersion) -> Result<String> {
    let file = PolicyFile {
        certifier: certifier.name.clone(),
        key: certifier.certificate.key.sha256,
        before: certifier.versions.last().map(|last| last.text).unwrap_or_default(),
        version: PolicyVersion { text: Digest::default(), ..version.clone() },
    };
    marked::write("policy", &file)
}

/// Writes the files of a signed policy version.
pub fn policy_version(certifier: &str, version: u32, signed: String, signature: &[u8]) -> Vec<FileWrite> {
    let (path, signature_path) = policy_paths(certifier, version);
    let signature = FileWrite { path: signature_path, bytes: Some(Zeroizing::new(signature.to_vec())) };
    vec![text(path, signed), signature]
}

/// Reads the signed versions of a certifier's policy, from the first one that was signed to the present: (text, signature)
/// each. Errors: `Damaged` when one does not fit the key, the version before it, or the present policy.
pub fn read_policies(certifier: &Certifier, signed: &[(Vec<u8>, Vec<u8>)]) -> Result<Vec<PolicyVersion>> {
    let name = &certifier.name;
    let unfit = |file: &str, why: String| {
        Error::damaged(format!("{file} is not the policy that was signed."))
            .why(why)
            .next("Somebody has changed it outside of this program. Restore it from a backup.")
    };
    let key = &certifier.certificate.key;
    let algorithm = pki::key::signature_algorithm(key)?;
    let mut versions = Vec::<PolicyVersion>::new();
    let first = u32::try_from(signed.len()).ok().and_then(|n| (certifier.policy.version + 1).checked_sub(n));
    for (number, (text, signature)) in (first.unwrap_or_default()..).zip(signed) {
        let path = policy_paths(name, number).0;
        let file: PolicyFile = marked::read("policy", &path, text, true)?;
        if file.certifier != *name || file.key != key.sha256 || file.version.policy.version != number {
            return Err(unfit(&path, "It is of another certifier, key or version.".into()));
        }
        if versions.last().is_some_and(|before| before.text != file.before) {
            return Err(unfit(&path, "It does not follow the version before it.".into()));
        }
        if pki::signature::check(&key.spki.0, &algorithm, signature, text) != pki::signature::Verdict::Good {
            return Err(unfit(&path, "Its signature does not fit the key of the certifier.".into()));
        }
        versions.push(PolicyVersion { text: pki::sha256(text), ..file.version });
    }
    let file = certifier_path(name, "certifier.ron");
    match versions.last() {
        Some(last) if last.policy != certifier.policy => {
            Err(unfit(&file, format!("It differs from the signed version {}.", last.policy.version)))
        }
        None if certifier.policy.version > 1 => {
            let signed = policy_paths(name, certifier.policy.version).0;
            Err(unfit(&file, format!("{signed} is missing, which was signed when the policy was amended.")))
        }
        _ => Ok(versions),
    }
}

/// Writes the latest CRL of a certifier for others to fetch: `crl.der` and `crl.pem`, `crl-delta` for a delta CRL, and
/// `crl-1`, `crl-2` .. for its parts. The ledger keeps every CRL.
pub fn crl(certifier: &str, crl: &CrlInfo, der: &[u8]) -> Vec<FileWrite> {
    let stem = match (crl.base, crl.partition) {
        (Some(_), _) => "crl-delta".to_owned(),
        (None, 0) => "crl".to_owned(),
        (None, part) => format!("crl-{part}"),
    };
    let path = |extension: &str| certifier_path(certifier, &format!("{stem}.{extension}"));
    vec![
        FileWrite { path: path("der"), bytes: Some(Zeroizing::new(der.to_vec())) },
        text(path("pem"), pki::pem::write("X509 CRL", der)),
    ]
}

pub(super) fn text(path: String, text: String) -> FileWrite {
    FileWrite { path, bytes: Some(Zeroizing::new(text.into_bytes())) }
}

pub(super) fn named(noun: &str, name: &str) -> Result<()> {
    check_name(name).map_err(|why| Error::usage(format!("The {noun} cannot have this name.")).why(why))
}

pub(super) fn same_name(file: &str, expected: &str, found: &str) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::damaged(format!("{file} is of another name.")).why(format!("It says \"{found}\".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let files = CertifierFiles { ron: &bytes, certificate: &bytes, chain: &bytes, links: &bytes };
            let _ = read_certifier("x", &files, None);
            let _ = read_awaited("x", &bytes, &bytes);
        }
    }
}
