//! The real program, run as a script runs it: what it prints, how it exits, and what OpenSSL thinks of its work.

#![allow(clippy::unwrap_used, clippy::panic, reason = "outside #[test] functions too, a test fails by it")]

mod audit;
mod bad_input;
mod ciphers;
mod directory;
mod doctor;
mod explain;
mod history;
mod keys;
mod killed;
mod leaving;
mod life;
mod losses;
mod main_job;
mod output;
mod passwords;
mod person;
mod profiles;
mod queue;
mod reading;
mod refusals;
#[cfg(feature = "network")]
mod rehearsing;
mod revoking;
mod roots;
mod server;
mod site;
mod spkac;
mod task;
mod trouble;
#[cfg(feature = "network")]
mod visiting;
#[cfg(feature = "network")]
mod visiting_peers;
mod who;
mod witness;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{run, tool};

/// The password of certifiers in these tests.
pub(crate) const CA: &str = "ca-pass\n";
/// The password of keyrings in these tests.
pub(crate) const RING: &str = "ring-pass\n";

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The standard output of a run that did what was asked.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.out
    }

    /// The error stream of a run that ended with this code.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:#?}");
        self.err
    }

    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        let out = self.done();
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
    }
}

/// A throw-away home with settings that are quick to unlock.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let settings = "(operator: \"tester\", argon2_mib: 8, argon2_passes: 1, keyring_rounds: 10000)";
        place.write("config.ron", settings);
        place
    }

    /// Returns the serial number of the certificate for a request that was signed.
    pub(crate) fn serial_for(&self, request: u64) -> String {
        let shown = self.run(&format!("request show {request} --json")).json().to_string();
        let serial = shown.split("serial ").nth(1).unwrap();
        serial.split(|c: char| !c.is_ascii_hexdigit()).next().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// The program in this home, with nothing of the caller's environment but the search path.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringmaster"));
        command.current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs a command line, split at spaces, without any password.
    pub(crate) fn run(&self, arguments: &str) -> Ended {
        self.words(&arguments.split(' ').collect::<Vec<_>>(), b"")
    }

    /// Runs a command line with these password lines on the standard input.
    pub(crate) fn with(&self, passwords: &str, arguments: &str) -> Ended {
        let words: Vec<_> = ["--password-fd", "0"].into_iter().chain(arguments.split(' ')).collect();
        self.words(&words, passwords.as_bytes())
    }

    /// Runs a command line, word by word, with this standard input.
    pub(crate) fn words(&self, words: &[&str], input: &[u8]) -> Ended {
        let mut command = self.program();
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that is refused early does not read its input.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Makes the certifier `root` and keeps its certificate in `root.pem`.
    pub(crate) fn certifier(&self) {
        let words = ["--password-fd", "0", "certifier", "create", "root", "--common-name", "Test Root"];
        self.words(
            &[&words[..], &["--crl-url", "http://crl.example.test/root.crl", "--own-approval"]].concat(),
            CA.as_bytes(),
        )
        .done();
        self.write("root.pem", self.run("certifier certificate root").done());
    }

    /// Makes the keyring `mail`; its request is the next one.
    pub(crate) fn keyring(&self) {
        self.with(RING, "keyring create mail --hosts mail.example.test").done();
    }

    /// Makes a request with OpenSSL for these names.
    fn csr(&self, file: &str, subject: &str, names: &str) {
        let mut command = Command::new("openssl");
        command
            .current_dir(self.folder.path())
            .args(["req", "-new", "-newkey", "rsa:2048", "-nodes", "-utf8"]);
        command.args(["-keyout", &format!("{file}.key"), "-out", file, "-subj", subject]);
        run(command.args(["-addext", &format!("subjectAltName={names}")]));
    }

    /// Everything up to a keyring with certificate and a site that names it.
    pub(crate) fn furnished() -> Self {
        let place = Self::new();
        place.certifier();
        place.keyring();
        place.run("request approve 1 --certifier root").done();
        place.with(CA, "request issue 1").done();
        place.run("keyring trust mail --certifier root").done();
        place.run("keyring install mail --issued").done();
        place.run("site create mail --hosts mail.example.test --keyring mail").done();
        place
    }
}

/// Tells whether OpenSSL is here; the tests that judge by it are skipped without.
pub(crate) fn openssl_is_here() -> bool {
    tool("openssl").is_some()
}

/// Runs OpenSSL without expecting anything of its exit code: (success, both streams).
pub(crate) fn openssl_says(folder: &Path, arguments: &str) -> (bool, String) {
    let mut command = Command::new("openssl");
    let output =
        command.current_dir(folder).args(arguments.split(' ')).stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}
