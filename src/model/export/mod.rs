//! What leaves the workspace as files, as nouns: the forms of a keyring and of certificates, and what a person asks.

mod certificate;
mod form;
mod keyring;

pub use certificate::{CertificateExport, Which};
pub use form::{CERTIFICATE_FORMS, FORM_NAMES, FORMS, FormInfo, Format, Secrecy};
pub use keyring::{Export, Order, What};
