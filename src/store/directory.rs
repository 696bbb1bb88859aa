//! The documents of the directory - sites, servers and people - as RON files, one document a file. See docs/formats.md.

use serde::{Deserialize, Serialize};

use super::document::{named, read_profile, same_name, text};
use super::marked;
use crate::model::bytes::Der;
use crate::model::change::FileWrite;
use crate::model::document::{Document, Sort};
use crate::model::error::{Error, Result};
use crate::model::person::{Bound, Person};
use crate::model::server::Server;
use crate::model::site::Site;
use crate::pki;

/// Returns the path of a site document inside of the workspace.
pub fn site_path(name: &str) -> String {
    format!("directory/sites/{name}.ron")
}

/// Writes a site document: `directory/sites/NAME.ron`.
pub fn site(site: &Site) -> Result<FileWrite> {
    named("site", &site.name)?;
    Ok(text(site_path(&site.name), marked::write("site", site)?))
}

/// Moves a site document to the history.
pub fn site_removed(name: &str) -> FileWrite {
    FileWrite { path: site_path(name), bytes: None }
}

/// Reads a site document. A person may have written it: the first line, and fields that keep their default, may be left
/// out. Errors: `Damaged` with line and column, `TooNew`, `Foreign`.
pub fn read_site(name: &str, bytes: &[u8]) -> Result<Site> {
    let file = site_path(name);
    let mut site: Site = marked::read("site", &file, bytes, false)?;
    if site.name.is_empty() {
        site.name = name.to_owned();
    }
    same_name(&file, name, &site.name)?;
    Ok(site)
}

/// A person as the file has it: certificates stand in it as they are, and are read anew.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PersonFile {
    name: String,
    full_name: String,
    mail: Vec<String>,
    organization: String,
    country: String,
    enabled: bool,
    comment: String,
    keys: Vec<Bound>,
    certificates: Vec<Der>,
}

impl Default for PersonFile {
    fn default() -> Self {
        Self::of(&Person::default())
    }
}

impl PersonFile {
    fn of(person: &Person) -> Self {
        let Person { name, full_name, mail, organization, country, enabled, comment, keys, certificates } =
            person.clone();
        let certificates = certificates.into_iter().map(|c| c.der).collect();
        Self { name, full_name, mail, organization, country, enabled, comment, keys, certificates }
    }
}

/// Returns the path of a person's document inside of the workspace.
pub fn person_path(name: &str) -> String {
    format!("directory/people/{name}.ron")
}

/// Writes a person's document: `directory/people/NAME.ron`.
pub fn person(person: &Person) -> Result<FileWrite> {
    named("person", &person.name)?;
    Ok(text(person_path(&person.name), marked::write("person", &PersonFile::of(person))?))
}

/// Moves a person's document to the history.
pub fn person_removed(name: &str) -> FileWrite {
    FileWrite { path: person_path(name), bytes: None }
}

/// Reads a person's document, which a person may have written. Errors: `Damaged` with line and column, also for a
/// certificate in it that is none or whose key is not among the keys; `TooNew`, `Foreign`.
pub fn read_person(name: &str, bytes: &[u8]) -> Result<Person> {
    let file = person_path(name);
    let mut read: PersonFile = marked::read("person", &file, bytes, false)?;
    if read.name.is_empty() {
        read.name = name.to_owned();
    }
    same_name(&file, name, &read.name)?;
    let certificates = read.certificates.iter().map(|der| pki::certificate::read(&der.0));
    let certificates = certificates.collect::<Result<Vec<_>>>().map_err(|error| {
        Error::damaged(format!("{file} holds a certificate that cannot be read.")).why(error.to_string())
    })?;
    let PersonFile { name, full_name, mail, organization, country, enabled, comment, keys, .. } = read;
    let person =
        Person { name, full_name, mail, organization, country, enabled, comment, keys, certificates };
    match person.certificates.iter().find(|c| !person.has_key(&c.key.sha256)) {
        None => Ok(person),
        Some(other) => Err(Error::damaged(format!("{file} holds a certificate of a key that is not bound."))
            .why(format!("The key of {} is {}.", other.subject.title(), other.key.sha256))
            .next("Add the key to keys, or take the certificate out.")),
    }
}

/// Returns the path of a Server document inside of the workspace.
pub fn server_path(name: &str) -> String {
    format!("directory/servers/{name}.ron")
}

/// Writes a Server document: `directory/servers/NAME.ron`.
pub fn server(server: &Server) -> Result<FileWrite> {
    named("server", &server.name)?;
    Ok(text(server_path(&server.name), marked::write("server", server)?))
}

/// Moves a Server document to the history.
pub fn server_removed(name: &str) -> FileWrite {
    FileWrite { path: server_path(name), bytes: None }
}

/// Reads a Server document, which a person may have written, as [`read_site`] does.
pub fn read_server(name: &str, bytes: &[u8]) -> Result<Server> {
    let file = server_path(name);
    let mut server: Server = marked::read("server", &file, bytes, false)?;
    if server.name.is_empty() {
        server.name = name.to_owned();
    }
    same_name(&file, name, &server.name)?;
    Ok(server)
}

/// Returns the path of a document inside of the workspace.
pub fn path(sort: Sort, name: &str) -> String {
    format!("{}/{name}.ron", sort.folder())
}

/// Reads a document of a sort. Errors: as those of each sort.
pub fn read(sort: Sort, name: &str, bytes: &[u8]) -> Result<Document> {
    Ok(match sort {
        Sort::Site => Document::Site(Box::new(read_site(name, bytes)?)),
        Sort::Server => Document::Server(Box::new(read_server(name, bytes)?)),
        Sort::Person => Document::Person(Box::new(read_person(name, bytes)?)),
        Sort::Profile => Document::Profile(Box::new(read_profile(name, bytes)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Kind;
    use crate::model::site::SiteKind;

    #[test]
    fn a_site_written_by_hand_needs_little_and_tells_the_line_of_a_mistake() {
        let site = read_site("www", b"(kind: Imap, hosts: [\"imap.example.test\"], port: 993)").unwrap();
        assert_eq!((site.name.as_str(), site.kind, site.port), ("www", SiteKind::Imap, 993));
        assert!(site.enabled);
        let error = read_site("www", b"(\n    kind: Web,\n    hots: [],\n)").unwrap_err();
        assert_eq!(error.kind, Kind::Damaged);
        assert!(error.what.contains("line 3") && error.why.contains("hots"), "{error}");
        assert_eq!(read_site("www", b"(name: \"web\")").unwrap_err().kind, Kind::Damaged);
        assert_eq!(read_site("www", b"// ringmaster site 2\n()").unwrap_err().kind, Kind::TooNew);
        let bad = Site { name: "../x".into(), ..Site::default() };
        assert_eq!(super::site(&bad).unwrap_err().kind, Kind::Usage);
    }

    #[test]
    fn a_server_written_by_hand_needs_little() {
        let server = read_server(
            "web01",
            b"(server_name: \"web01/Example\", ports: {Imap: (tls_status: Enabled, tls: 993)})",
        )
        .unwrap();
        assert_eq!(server.name, "web01");
        assert!(server.port(SiteKind::Imap).speaks_tls() && !server.port(SiteKind::Web).speaks_tls());
        let written = super::server(&server).unwrap();
        assert_eq!(read_server("web01", &written.bytes.unwrap()).unwrap(), server);
        assert_eq!(read_server("web01", b"(ports: {Web: (tsl: 1)})").unwrap_err().kind, Kind::Damaged);
    }

    proptest::proptest! {
        #[test]
        fn every_site_comes_back(
            title: String, comment: String, hosts: Vec<String>, port: u16, default_site: bool, enabled: bool,
            kind in 0usize..6,
        ) {
            let kind = SiteKind::ALL[kind];
            let site = Site {
                name: "www".into(), title, comment, hosts, port, default_site, enabled, kind, ..Site::default()
            };
            let written = super::site(&site).unwrap();
            proptest::prop_assert_eq!(&written.path, "directory/sites/www.ron");
            proptest::prop_assert_eq!(read_site("www", &written.bytes.unwrap()).unwrap(), site);
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = read_site("x", &bytes);
            let _ = read_server("x", &bytes);
            let _ = read_person("x", &bytes);
        }
    }
}
