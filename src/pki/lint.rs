//! Lint: what is wrong with a request before it is approved, and with a certificate before it is signed.

use crate::model::certificate::Certificate;
use crate::model::finding::{Finding, Subject};
use crate::model::profile::Profile;
use crate::model::request::Pkcs10;

/// Looks at a request in the light of a profile. Errors block approval, warnings need a reason.
pub fn request(_pkcs10: &Pkcs10, _profile: &Profile, _subject: Subject) -> Vec<Finding> {
    todo!()
}

/// Looks at a certificate (often a preview whose signature is empty). Errors block signing.
pub fn certificate(_certificate: &Certificate, _subject: Subject) -> Vec<Finding> {
    todo!()
}
