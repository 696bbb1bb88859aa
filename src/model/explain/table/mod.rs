//! The problems by where they are met.

mod authority;
mod client;
mod handshake;
mod keyring;
mod mail;
mod site;
mod store;

use super::Problem;

/// Every problem, by part of the reference.
pub const TABLE: &[(&str, &[Problem])] = &[
    ("Keyrings when a task starts", keyring::PROBLEMS),
    ("Sites and ports", site::PROBLEMS),
    ("Handshakes", handshake::PROBLEMS),
    ("Chains, trust and revocation", authority::PROBLEMS),
    ("What browsers and OpenSSL say", client::PROBLEMS),
    ("Mail, directories and other peers of a server", mail::PROBLEMS),
    ("The certificate store of Domino 12 and later", store::PROBLEMS),
];
