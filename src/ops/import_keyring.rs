//! Makes a keyring of a private key and certificates that were made elsewhere, or takes a whole ring of another host over.

use std::collections::BTreeMap;

use super::{Env, new_keyring_name, new_password};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::keyring::{Entry, ImportedKeyring, Keyring, MovedKeyring, Role};
use crate::pki::bundle;
use crate::pki::key::PrivateKey;
use crate::store::{kyr, sth};

/// The longest label that is taken along, in characters.
const LONGEST_LABEL: usize = 100;

/// Makes a keyring of what a file held: its key, the certificate of that key, the chain above it, and roots, in any order.
///
/// Missing intermediates come from the workspace; self-signed authorities become trusted roots unless they have ended; what
/// belongs to another key or stands above nothing is left out. A key may come without a certificate, and a certificate that
/// has ended may come too: the ring then says so. So may a self-signed one, also when it says that it is an authority's, as
/// what `openssl req -x509` makes: the ring is for tests then. `labels` are what certificates are called, by SHA-256.
///
/// Errors: the name is taken or cannot be a file, the passwords differ, the certificate is a subordinate authority's, certificates of
/// another key only, nothing to make a ring of.
pub fn import_keyring(
    state: &State,
    asked: &ImportedKeyring,
    key: Option<&PrivateKey>,
    certificates: &[Certificate],
    labels: &BTreeMap<Digest, String>,
    env: &mut Env<'_>,
) -> Result<Change> {
    new_keyring_name(state, &asked.name)?;
    new_password(&asked.password, &asked.repeat)?;
    let entries = entries(state, &asked.name, key, certificates, labels, env)?;
    let ring = Keyring {
        name: asked.name.clone(),
        revision: 0,
        key: key.map(|k| k.info().clone()),
        next_key: None,
        entries,
        stash: asked.stash,
        sealed: Default::default(),
    };
    let ring = kyr::seal(ring, key, &asked.password, env.protection.keyring_rounds)?;
    let mut files = vec![kyr::file(&ring)?];
    if asked.stash {
        files.push(sth::file(&ring, &asked.password, &(env.stash_key)()?)?);
    }
    Ok(Change { facts: vec![Fact::KeyringCreated { keyring: ring }], files })
}

/// Takes a ring of another host over as it is: key, roles, labels, trust flags and password.
///
/// Errors: the name is taken or cannot be a file, wrong password, `Damaged` when somebody without the password altered it.
pub fn move_keyring(
    state: &State,
    asked: &MovedKeyring,
    ring: &Keyring,
    env: &mut Env<'_>,
) -> Result<Change> {
    new_keyring_name(state, &asked.name)?;
    if !kyr::open(ring, &asked.password)?.intact {
        return Err(Error::damaged(format!("Keyring {} was altered on its way.", ring.name))
            .why("Its certificates or trust flags do not fit its seal, which only the password can make.")
            .next("Copy it again from where it comes."));
    }
    // The seal covers the name: it is made anew, and the key stays as it is.
    let renamed = Keyring { name: asked.name.clone(), stash: asked.stash, ..ring.clone() };
    let ring = kyr::amend(renamed, &asked.password)?;
    let mut files = vec![kyr::file(&ring)?];
    if asked.stash {
        files.push(sth::file(&ring, &asked.password, &(env.stash_key)()?)?);
    }
    Ok(Change { facts: vec![Fact::KeyringCreated { keyring: ring }], files })
}

/// Sorts the certificates into the entries of the ring.
fn entries(
    state: &State,
    name: &str,
    key: Option<&PrivateKey>,
    certificates: &[Certificate],
    labels: &BTreeMap<Digest, String>,
    env: &Env<'_>,
) -> Result<Vec<Entry>> {
    let refused = || Error::refused(format!("Keyring {name} was not made."));
    let known = state.certificates();
    let known: Vec<_> = known.values().map(|(c, _)| *c).collect();
    let keys: Vec<_> = key.map(PrivateKey::info).into_iter().collect();
    let mut sorted = bundle::sort(&keys, certificates, &known, env.now);
    let own = key.map(|_| sorted.identities.swap_remove(0)).unwrap_or_default();
    match (key, &own.leaf, sorted.identities.first().and_then(|i| i.leaf.as_ref())) {
        (Some(_), Some(leaf), _) if leaf.is_ca() && !leaf.is_self_issued() => {
            return Err(refused()
                .why(format!(
                    "{} is a certificate authority's certificate; servers must not answer with it.",
                    leaf.subject
                ))
                .next("Bring the key alone, and ask for a server certificate for it."));
        }
        (Some(key), None, Some(other)) => {
            return Err(refused()
                .why(format!(
                    "The key of {} ({}) is not the private key that was brought ({}).",
                    other.subject,
                    other.key.sha256.short(),
                    key.info().sha256.short()
                ))
                .next("Bring the certificate of this key, or the key alone."));
        }
        (None, _, Some(other)) => {
            return Err(refused()
                .why(format!("The private key of {} is not there.", other.subject))
                .next("Bring the key along; or install the certificate in the ring that has its key.")
                .command("keyring.install"));
        }
        _ => {}
    }
    let entry = |role: Role| {
        move |certificate: Certificate| {
            let label = labels.get(&certificate.sha256).filter(|l| !l.trim().is_empty());
            let label = label.map_or_else(
                || certificate.subject.title(),
                |l| l.trim().chars().take(LONGEST_LABEL).collect(),
            );
            Entry { role, label, trusted: true, certificate }
        }
    };
    let valid = |c: &Certificate| matches!(c.lifetime(env.now, 0), Lifetime::Soon | Lifetime::Good);
    let roots = sorted.roots.into_iter().filter(valid);
    let entries: Vec<Entry> = own
        .leaf
        .into_iter()
        .map(entry(Role::Leaf))
        .chain(own.chain.into_iter().map(entry(Role::Chain)))
        .chain(roots.map(entry(Role::Root)))
        .collect();
    if key.is_none() && entries.is_empty() {
        return Err(refused()
            .why("There is neither a private key nor a root certificate that is valid now.")
            .next("Bring a key with its certificate, or self-signed roots."));
    }
    Ok(entries)
}
