//! Certifiers to be: a key that is made and sealed, and a request that another authority has to answer.

use serde::{Deserialize, Serialize};

use super::Policy;
use crate::model::escape::visible;
use crate::model::field::{Field, Record};
use crate::model::keyring::join;
use crate::model::request::{Pkcs10, extension_word};
use crate::model::time::Timestamp;

/// A certifier that waits for its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// The name, which is its folder's name.
    pub name: String,
    /// When its key was made.
    pub created: Timestamp,
    /// Who made it.
    pub by: String,
    /// What another authority is asked to sign.
    pub request: Pkcs10,
    /// The policy it will begin with.
    pub policy: Policy,
    /// The certifier whose key it will take over from, when it is made for a key rollover.
    #[serde(default)]
    pub succeeds: Option<String>,
}

impl Record for Awaited {
    const NOUN: &'static str = "awaited certifier";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("name", "Name", "The name of the certifier and of its folder.", |x, _| x.name.clone()),
        Field::derived("status", "Status", "Where it stands.", |_, _| {
            "awaited: its request has to be answered, and the certificate be brought back".into()
        }),
        Field::derived("kind", "Kind", "What kind of authority it will be.", |_, _| "subordinate".into()),
        Field::derived("subject", "Subject", "The issuer name in every certificate it will sign.", |x, _| {
            x.request.subject.text()
        }),
        Field::derived("key", "Key", "The kind of its private key.", |x, _| x.request.key.algorithm.clone()),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            x.request.key.sha256.to_string()
        }),
        Field::derived(
            "asked",
            "Extensions asked",
            "What its request wishes; its issuer decides.",
            |x, _| join(x.request.extensions.iter().map(|e| extension_word(&e.oid))),
        ),
        Field::derived("request-sha256", "Request fingerprint", "SHA-256 of the request.", |x, _| {
            x.request.sha256.to_string()
        }),
        Field::derived("succeeds", "Succeeds", "Whose key it will take over from.", |x, _| {
            x.succeeds.clone().unwrap_or_default()
        }),
        Field::derived("profile", "Profile", "What it will issue when nobody says otherwise.", |x, _| {
            x.policy.profile.clone()
        }),
        Field::derived("created", "Created", "When its key was made, and by whom.", |x, _| {
            format!("{} by {}", x.created.text(), visible(&x.by))
        }),
    ];
}
