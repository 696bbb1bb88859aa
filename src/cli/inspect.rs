//! `ringmaster inspect`: what a file holds, without storing anything and without a workspace.

use std::path::PathBuf;

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::print;
use super::session::{Holding, Session};
use crate::cli::args::file;
use crate::desk::Desk;
use crate::model::certificate::Certificate;
use crate::model::error::Result;
use crate::model::escape::visible;
use crate::pki::bundle::{self, Bundle, Identity};
use crate::pki::pem::Found;

/// The command.
pub(super) fn command() -> Command {
    Command::new("inspect")
        .about("Shows what a file holds: keys, certificates in order, roots, requests; stores nothing")
        .after_help(
            "The password of what is locked is asked on the terminal, or is the first line of --password-fd.\n\
             Private keys are told, never printed.",
        )
        .arg(
            file("The file, in any format; - is the standard input").required(true),
        )
}

/// Runs the command.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let file = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let Holding { found, ring } = session.bring(&file, |_| false)?;
    let now = Desk::now();
    let bundle = bundle::of(&found, &[], now);
    if session.json {
        let mut value = value(&found, &bundle);
        if let (Some(ring), Value::Object(object)) = (&ring, &mut value) {
            object.insert("keyring".into(), json!(visible(&ring.name)));
        }
        session.out.json(&value);
        return Ok(u8::from(!found.unread.is_empty()));
    }
    let told = match &ring {
        Some(ring) => bundle::tell_ring(ring, now),
        None => bundle::tell(&found, &bundle, now),
    };
    session.out.line(&format!("{}:", print::source(&file)));
    session.out.pairs(told.iter().map(|t| (t.label.as_str(), t.text.clone())));
    Ok(u8::from(!found.unread.is_empty()))
}

/// What was found as JSON; the keys themselves are not in it.
fn value(found: &Found, bundle: &Bundle) -> Value {
    let keys = bundle.identities.iter().filter_map(|identity| {
        let key = found.keys.get(identity.key?)?;
        let mut value = chain(found, identity);
        if let Value::Object(object) = &mut value {
            object.insert("label".into(), json!(visible(&key.label)));
            object.insert("algorithm".into(), json!(key.key.info().algorithm));
            object.insert("sha256".into(), json!(key.key.info().sha256.to_string()));
            object.insert("encrypted".into(), json!(!key.open));
        }
        Some(value)
    });
    let alone = bundle.identities.iter().filter(|i| i.key.is_none()).map(|i| chain(found, i));
    let all = |certificates: &[Certificate]| -> Vec<Value> {
        certificates.iter().map(|c| certificate(found, c)).collect()
    };
    let requests = found.requests.iter().map(|r| {
        json!({
            "subject": r.subject.text(),
            "algorithm": r.key.algorithm,
            "names": r.alt_names.iter().map(|n| visible(&n.value())).collect::<Vec<_>>(),
            "sha256": r.sha256.to_string(),
        })
    });
    json!({
        "keys": keys.collect::<Vec<_>>(),
        "certificates": alone.collect::<Vec<_>>(),
        "roots": all(&bundle.roots),
        "intermediates": all(&bundle.strays),
        "requests": requests.collect::<Vec<_>>(),
        "crls": found.crls.len(),
        "locked": found.locked,
        "unread": found.unread,
    })
}

fn chain(found: &Found, identity: &Identity) -> Value {
    let all = |certificates: &[Certificate]| -> Vec<Value> {
        certificates.iter().map(|c| certificate(found, c)).collect()
    };
    json!({
        "certificate": identity.leaf.as_ref().map(|c| certificate(found, c)),
        "not-taken": all(&identity.others),
        "chain": all(&identity.chain),
        "root": identity.root.as_ref().map(|(c, _)| certificate(found, c)),
    })
}

fn certificate(found: &Found, certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject.text(),
        "issuer": certificate.issuer.text(),
        "names": certificate.alt_names.iter().map(|n| visible(&n.value())).collect::<Vec<_>>(),
        "ends": certificate.not_after.text(),
        "label": found.labels.get(&certificate.sha256),
        "sha256": certificate.sha256.to_string(),
    })
}
