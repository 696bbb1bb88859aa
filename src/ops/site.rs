//! Makes, changes and deletes site documents.

use super::conflict::unchanged;
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::document::How;
use crate::model::error::{Error, Result};
use crate::model::keyring::check_name;
use crate::model::resolve::used;
use crate::model::server::Server;
use crate::model::server::called::organization_of;
use crate::model::site::{Site, SiteKind};
use crate::store::directory;

/// Saves a document. `before` is the document as it was when editing began; `None` makes a new one.
///
/// Errors: the name is taken or cannot be a file, no host name, no such keyring; `Conflict` when the document was changed
/// since, with both versions field by field.
pub fn save_site(state: &State, before: Option<&Site>, site: &Site) -> Result<Change> {
    check_name(&site.name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    let taken = || {
        Error::refused(format!("A site document is already named \"{}\".", site.name))
            .next("Choose another name, or edit that document.")
    };
    let versions = (before, state.sites.get(&site.name), site);
    unchanged(state, &format!("Site {}", site.name), versions, taken)?;
    if site.hosts.is_empty() && !site.default_site && site.kind.answers() {
        return Err(Error::usage("A site needs a host name or address.")
            .why("Without one no request can be mapped to it.")
            .next("Fill in host names, such as mail.example.test."));
    }
    if !site.keyring.is_empty() && !state.keyrings.contains_key(&site.keyring) {
        return Err(Error::not_found("keyring", &site.keyring)
            .next("Create it first, or leave the field empty for now.")
            .command("keyring.create"));
    }
    let fact = Fact::SiteSaved { site: site.clone(), how: How::Written };
    Ok(Change { facts: vec![fact], files: vec![directory::site(site)?] })
}

/// Proposes a new document of a kind for a server: its name, organisation, host names and TLS port are known.
pub fn proposed(server: &Server, kind: SiteKind) -> Site {
    let called = used::called(server);
    Site {
        organization: organization_of(called).unwrap_or_default().to_owned(),
        hosts: server.hosts.clone(),
        servers: vec![called.to_owned()],
        port: server.port(kind).tls,
        ..Site::preset(kind)
    }
}

/// Deletes a document; its file goes to the history.
pub fn delete_site(state: &State, name: &str) -> Result<Change> {
    let site = state.sites.get(name).ok_or_else(|| Error::not_found("site document", name))?;
    let files = vec![directory::site_removed(&site.name)];
    Ok(Change { facts: vec![Fact::SiteDeleted { name: name.into() }], files })
}
