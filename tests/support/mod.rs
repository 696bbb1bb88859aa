//! What several test modules need: outside tools, throw-away folders, the program itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ringmaster::config::Config;
use ringmaster::desk::Desk;
use ringmaster::model::secret::Secret;
use ringmaster::store::certifier_key::Protection;

/// Finds the Rust sources below a folder.
pub(crate) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Finds a tool on the PATH. When it is missing, the test that asked is skipped with a message, or fails where
/// `RINGMASTER_REQUIRE_TOOLS` is set, as it is in CI.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var_os("RINGMASTER_REQUIRE_TOOLS").is_some();
        assert!(!required, "{name} is required here and is not installed");
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// Runs a command and returns its output; a failure shows what it printed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs `openssl` in a folder with arguments split at spaces, and returns what it printed on both streams.
pub(crate) fn openssl(folder: &Path, arguments: &str) -> String {
    let mut command = Command::new("openssl");
    let output =
        run(command.current_dir(folder).args(arguments.split(' ')).stdin(std::process::Stdio::null()));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Settings for a workspace `data` in a folder: quick to unlock, the stash key in `home` beside it.
pub(crate) fn config(folder: &Path) -> Config {
    let mut config = Config::parse("(operator: \"tester\")", None).unwrap();
    config.workspace = folder.join("data");
    config.home = folder.join("home");
    config.protection = Protection { argon2_mib: 8, argon2_passes: 1, keyring_rounds: 1_000 };
    config
}

/// Opens the workspace of [`config`].
pub(crate) fn desk(folder: &Path) -> Desk {
    Desk::open(&config(folder), None, false).unwrap()
}

/// A secret for tests.
pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

/// Mounts something at a folder for as long as it lives.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// Says so and gives none where mounting is not permitted.
    pub(crate) fn new(arguments: &[&str], at: &Path) -> Option<Self> {
        let done = Command::new("mount").args(arguments).arg(at).output().is_ok_and(|o| o.status.success());
        if !done {
            eprintln!("skipped: mounting is not permitted here");
        }
        done.then(|| Self(at.to_owned()))
    }
}

impl Mount {
    /// Makes a folder read-only for as long as it lives.
    pub(crate) fn read_only(folder: &Path) -> Option<Self> {
        let mount = Self::new(&["--bind", folder.to_str()?], folder)?;
        run(Command::new("mount").args(["-o", "remount,ro,bind"]).arg(folder));
        Some(mount)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
