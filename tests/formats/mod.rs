//! What administrators bring, made by the programs they use: OpenSSL, keytool, certtool and NSS write it, and we read it;
//! what we write, they read.

mod java;
mod keys;
mod odd;
mod openssl_files;
mod other_files;
mod writing;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use ringmaster::model::certificate::Certificate;
use ringmaster::model::error::{Kind, Result};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::pem::{self, Found, Opening};

use crate::support::{openssl, run, secret};

/// The password of most files, as `-storepass` of keytool wants it: six characters and more.
const PASSWORD: &str = "geheim1";

/// Passwords that programs write in different ways.
const ODD: [&str; 4] = ["pä55 wörd", "пароль", "\u{1f511}\u{1f5dd} key", "x"];

/// A folder with a root (`root.key`, `root.pem`), a leaf under it (`leaf.key`, `leaf.pem`) and both in `chain.pem`.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let folder = place.path();
        let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30";
        openssl(folder, &format!("req -x509 {ec} -keyout root.key -out root.pem -subj /CN=Root"));
        openssl(folder, &format!("req -new {ec} -keyout leaf.key -out leaf.csr -subj /CN=leaf.example.test"));
        openssl(
            folder,
            "x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -days 20 -out leaf.pem",
        );
        let chain = [place.bytes("leaf.pem"), place.bytes("root.pem")].concat();
        std::fs::write(folder.join("chain.pem"), chain).unwrap();
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    fn openssl(&self, arguments: &str) -> String {
        openssl(self.path(), arguments)
    }

    /// Runs a program here, with arguments that may hold spaces.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        run(command.current_dir(self.path()).env("LC_ALL", "C.UTF-8").args(arguments).stdin(Stdio::null()))
    }

    fn open(&self, name: &str, password: &str) -> Result<Found> {
        let password = secret(password);
        pem::open(&self.bytes(name), Opening { password: Some(&password), stop: None })
    }

    fn find(&self, name: &str) -> Found {
        pem::find(&self.bytes(name)).unwrap()
    }

    fn key(&self, name: &str) -> PrivateKey {
        let found = self.find(name);
        PrivateKey::read(found.keys[0].key.pkcs8()).unwrap()
    }

    fn certificate(&self, name: &str) -> Certificate {
        self.find(name).certificates.remove(0)
    }

    /// Holds that a file has the leaf's key under this password, names what is locked without one, and refuses others.
    fn holds_the_key(&self, name: &str, password: &str, what: &str) -> Found {
        let found = self.open(name, password).unwrap_or_else(|e| panic!("{name} under {password}: {e}"));
        assert_eq!(found.keys.len(), 1, "{name} under {password}: {found:?}");
        assert_eq!(found.keys[0].key.info(), self.key("leaf.key").info(), "{name}");
        assert!(!found.keys[0].open, "{name}");
        assert_eq!((found.unread.len(), found.locked.len()), (0, 0), "{name}: {found:?}");
        assert_eq!(self.find(name).locked, [what], "{name}");
        assert_eq!(self.find(name).keys.len(), 0, "{name}");
        let error = self.open(name, "falsch1").unwrap_err();
        assert_eq!(error.kind, Kind::WrongPassword, "{name}: {error}");
        let format = if what.contains("PKCS#12") { "a PKCS#12 file" } else { what };
        assert!(error.what.contains(format), "{name}: {error}");
        found
    }
}
