//! What the operating system tells: the trusted roots that it keeps for its programs, which network interfaces are up, and
//! the program that runs. Only reads; what of the roots a keyring trusts is a person's choice, one by one.

use std::path::{Path, PathBuf};

use super::file;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Kind, Result};
use crate::pki::{chain, pem, sha256};

/// Where systems keep all their roots in one file: Debian and Alpine, Fedora, SUSE, BSD and macOS.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where they keep them one a file.
const FOLDER: &str = "/etc/ssl/certs";

/// Reads the roots of this system, sorted by subject, each once, and says where they were found. What is no self-signed
/// authority is left out.
///
/// Errors: `NotFound` when the system keeps none in the usual places; `Disk`.
pub fn roots() -> Result<(Vec<Certificate>, PathBuf)> {
    roots_of(&BUNDLES.map(Path::new), Path::new(FOLDER))
}

/// Where Linux tells of network interfaces.
const INTERFACES: &str = "/sys/class/net";

/// Lists the network interfaces that are up, beside the loopback; where the system does not tell, none.
pub fn links() -> Vec<String> {
    links_of(Path::new(INTERFACES))
}

fn links_of(folder: &Path) -> Vec<String> {
    let mut names = file::names(folder).unwrap_or_default();
    let up = |name: &String| {
        let state = std::fs::read_to_string(folder.join(name).join("operstate"));
        name != "lo" && state.is_ok_and(|state| state.trim() == "up")
    };
    names.retain(up);
    names.sort_unstable();
    names
}

/// Returns the SHA-256 of the program that runs; `None` where it cannot be read.
pub fn program() -> Option<Digest> {
    let bytes = std::fs::read(std::env::current_exe().ok()?).ok()?;
    Some(sha256(&bytes))
}

fn roots_of(bundles: &[&Path], folder: &Path) -> Result<(Vec<Certificate>, PathBuf)> {
    if let Some(bundle) = bundles.iter().find(|b| b.is_file()) {
        // It may be a link, as on Fedora: followed, for this is the place of the system and not of the workspace.
        let bytes = std::fs::read(bundle).map_err(|e| file::error("read", bundle, &e))?;
        return Ok((sorted(pem::find(&bytes)?.certificates), bundle.to_path_buf()));
    }
    let mut all = Vec::new();
    for name in file::names(folder)?.iter().filter(|n| n.ends_with(".pem") || n.ends_with(".crt")) {
        // The entries of such a folder are links, which are followed; one that leads nowhere says nothing.
        let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
        all.extend(pem::find(&bytes).map(|found| found.certificates).unwrap_or_default());
    }
    if all.is_empty() {
        return Err(Error::new(Kind::NotFound, "This system keeps no trusted roots in a usual place.")
            .why(format!(
                "Looked at {} and {}.",
                bundles.iter().map(|b| b.display().to_string()).collect::<Vec<_>>().join(", "),
                folder.display()
            ))
            .next("Install the package ca-certificates, or bring the root as a file."));
    }
    Ok((sorted(all), folder.to_owned()))
}

fn sorted(mut all: Vec<Certificate>) -> Vec<Certificate> {
    all.retain(|c| c.is_ca() && c.is_self_issued() && chain::signed_by(c, c));
    all.sort_by_cached_key(|c| (c.subject.title().to_lowercase(), c.sha256));
    all.dedup_by_key(|c| c.sha256);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_is_up_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (name, state) in [("lo", "up"), ("eth0", "up\n"), ("wlan0", "down\n"), ("tun0", "unknown\n")] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("operstate"), state).unwrap();
        }
        assert_eq!(links_of(folder.path()), ["eth0"]);
        assert!(links_of(Path::new("/no/such/folder")).is_empty());
    }

    fn root(name: &str) -> String {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn roots_come_sorted_once_from_a_bundle_or_a_folder() {
        let home = tempfile::tempdir().unwrap();
        let (a, b) = (root("Alpha"), root("beta"));
        let leaf = rcgen::generate_simple_self_signed(vec!["leaf.test".to_owned()]).unwrap().cert.pem();
        let bundle = home.path().join("all.crt");
        std::fs::write(&bundle, format!("# a comment\n{b}{a}{b}{leaf}")).unwrap();
        let folder = home.path().join("certs");
        std::fs::create_dir(&folder).unwrap();
        let none = roots_of(&[&home.path().join("no")], &folder).unwrap_err();
        assert_eq!(none.kind, Kind::NotFound);
        std::fs::write(folder.join("a.pem"), &a).unwrap();
        std::fs::write(folder.join("b.pem"), &b).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("c.pem")).unwrap();
        for (bundles, place) in [(vec![bundle.as_path()], &bundle), (vec![], &folder)] {
            let (roots, from) = roots_of(&bundles, &folder).unwrap();
            assert_eq!(&from, place);
            let names: Vec<_> = roots.iter().map(|c| c.subject.title()).collect();
            assert_eq!(names, ["Alpha", "beta"]);
        }
    }
}
