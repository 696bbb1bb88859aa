//! Tests of the ledger.

use std::path::{Path, PathBuf};

use super::audit::sha256;
use super::sqlite::{PendingFile, SqliteLedger};
use super::{Ledger, Listed, Order};
use crate::model::Generation;
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certifier::CrlInfo;
use crate::model::change::Fact;
use crate::model::error::Kind;
use crate::model::issued::{Approval, Issued, Named, Origin, Reason, Revocation};
use crate::model::key::KeyInfo;
use crate::model::name::{AltName, Name};
use crate::model::request::{Pkcs10, Plan, Proof, Received, Request, RequestId, Status};
use crate::model::time::Timestamp;
use crate::pki::signer::Signing;

mod changes;
mod files;
mod listing;
mod revocations;
mod tampering;
mod upgrading;

const NOW: Timestamp = Timestamp(1_790_000_000);

/// A ledger in a folder of its own.
struct Desk {
    folder: tempfile::TempDir,
    ledger: SqliteLedger,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let ledger = SqliteLedger::create(&path, &Fact::WorkspaceCreated, "ann", NOW).unwrap();
        Self { folder, ledger }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    fn commit(&mut self, facts: &[Fact]) -> crate::model::error::Result<Generation> {
        let on = self.ledger.generation().unwrap();
        self.ledger.commit(on, NOW, "ann", facts, &[])
    }
}

fn digest(text: &str) -> Digest {
    sha256(text.as_bytes())
}

fn serial(number: u64) -> Serial {
    Serial([&[0x40; 8][..], &number.to_be_bytes()].concat())
}

fn issue(certifier: &str, number: u64) -> Fact {
    let der = Der(format!("certificate {number} of {certifier}").into_bytes());
    Fact::CertificateIssued {
        issued: Issued {
            id: 0,
            certifier: certifier.into(),
            serial: serial(number),
            subject: format!("CN=host{}.example.test,O=Ünïcode", 10_000 - number),
            alt_names: format!("DNS:host{number}.example.test"),
            not_before: NOW,
            not_after: NOW.plus_days(i64::try_from(number % 400).unwrap()),
            key: "P-256".into(),
            key_sha256: digest(&format!("key {}", number / 2)),
            sha256: sha256(&der.0),
            request: None,
            profile: "server".into(),
            at: NOW,
            by: "ann".into(),
            ..Issued::default()
        },
        der,
    }
}

fn answer(id: u64, certifier: &str, number: u64) -> Fact {
    let Fact::CertificateIssued { mut issued, der } = issue(certifier, number) else { unreachable!() };
    issued.request = Some(RequestId(id));
    Fact::CertificateIssued { issued, der }
}

fn revoke(certifier: &str, number: u64, reason: Reason) -> Fact {
    Fact::CertificateRevoked {
        certifier: certifier.into(),
        serial: serial(number),
        reason,
        at: Timestamp(NOW.0 + 5),
        by: "ann".into(),
        invalidity: None,
        comment: String::new(),
    }
}

fn crl(certifier: &str, number: u64) -> Fact {
    let der = Der(format!("CRL {number} of {certifier}").into_bytes());
    let sha256 = sha256(&der.0);
    let crl = CrlInfo {
        number,
        this_update: NOW,
        next_update: NOW.plus_days(30),
        entries: number * 2,
        sha256,
        ..CrlInfo::default()
    };
    Fact::CrlIssued { certifier: certifier.into(), crl, der }
}

fn request(id: u64) -> Request {
    let der = Der(format!("request {id}").into_bytes());
    let pkcs10 = Pkcs10 {
        sha256: sha256(&der.0),
        der,
        subject: Name::default(),
        key: KeyInfo {
            algorithm: "P-256".into(),
            bits: 256,
            spki: Der(vec![1]),
            sha256: digest(&format!("key {id}")),
        },
        alt_names: vec![AltName::Dns(format!("host{id}.example.test"))],
        extensions: Vec::new(),
        attributes: vec!["tab\tand\nline".into()],
        signature: "ECDSA SHA-256".into(),
        proof: Proof::Good,
    };
    let received = Received { source: "pasted".into(), by: "bob".into(), at: NOW, ..Received::default() };
    Request::new(RequestId(id), pkcs10, None, received)
}

fn receive(id: u64) -> Fact {
    Fact::RequestReceived { request: request(id) }
}

fn approve(id: u64) -> Fact {
    let plan = Plan {
        certifier: "root".into(),
        profile: "server".into(),
        days: 90,
        reason: "\u{1b}[1m".into(),
        ..Plan::default()
    };
    Fact::RequestApproved {
        id: RequestId(id),
        by: "cyd".into(),
        at: NOW,
        plan,
        terms: Digest([4; 32]),
        relaxed: String::new(),
    }
}

fn deny(id: u64) -> Fact {
    Fact::RequestDenied { id: RequestId(id), by: "cyd".into(), at: NOW, reason: "no".into() }
}
