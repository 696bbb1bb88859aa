//! Internet Site documents: which host names on which servers answer with which keyring.

pub mod crl;
mod fields;
mod kind;
mod options;
pub mod rule;
mod speaks;

pub use kind::SiteKind;
pub use options::{Access, CrlSwitches, Item, SslVersion, TlsOptions};
pub use rule::Rule;
pub use speaks::{SpeaksTls, ciphers_told, tls_fields};

use serde::{Deserialize, Serialize};

use super::escape::visible;
use super::field::{Field, Record, names};

/// An Internet Site document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// The document's own name, which is its file name.
    pub name: String,
    /// The kind.
    pub kind: SiteKind,
    /// "Descriptive name for this site".
    pub title: String,
    /// "Organization".
    pub organization: String,
    /// "Host names or addresses mapped to this site".
    pub hosts: Vec<String>,
    /// "Domino servers that host this site"; `*` is all.
    pub servers: Vec<String>,
    /// The TLS port.
    pub port: u16,
    /// "Key file name": the keyring by name; empty when none is chosen yet.
    pub keyring: String,
    /// "Use this Web site to handle requests which cannot be mapped to any other Web sites"; Web only.
    pub default_site: bool,
    /// Who may come in, over TCP and over TLS.
    pub access: Access,
    /// Protocol version, ciphers and what of a peer is accepted.
    pub tls: TlsOptions,
    /// Whether client certificates are looked up in CRLs, and what counts when that fails.
    pub crl: CrlSwitches,
    /// "Web Site Rules"; Web and Global Web Settings only.
    pub rules: Vec<Rule>,
    /// A disabled document stays in the directory and answers nothing.
    pub enabled: bool,
    /// Free text.
    pub comment: String,
    /// Items of an imported document that have no field here, kept untouched for the way back.
    pub items: Vec<Item>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: SiteKind::Web,
            title: String::new(),
            organization: String::new(),
            hosts: Vec::new(),
            servers: vec!["*".into()],
            port: 443,
            keyring: String::new(),
            default_site: false,
            access: Access::default(),
            tls: TlsOptions::default(),
            crl: CrlSwitches::default(),
            rules: Vec::new(),
            enabled: true,
            comment: String::new(),
            items: Vec::new(),
        }
    }
}

impl Site {
    /// Makes a new document as it is sensible for a kind: who has a name has a password, and nobody comes in without one,
    /// but for mail, which other servers bring. Expired certificates are not accepted.
    pub fn preset(kind: SiteKind) -> Self {
        let anonymous = kind == SiteKind::Smtp;
        let access = Access { tcp_anonymous: anonymous, tls_anonymous: anonymous, ..Access::default() };
        let tls = TlsOptions { accept_expired: false, ..TlsOptions::default() };
        Self { kind, port: kind.tls_port(), access, tls, ..Self::default() }
    }

    /// Makes it a document of another kind: what was as the preset of the old kind says is as that of the new one says, and
    /// what does not exist for the new kind is taken away.
    pub fn become_kind(&mut self, kind: SiteKind) {
        let (old, new) = (Self::preset(self.kind), Self::preset(kind));
        if self.port == old.port {
            self.port = new.port;
        }
        if self.access == old.access {
            self.access = new.access;
        }
        self.kind = kind;
        for field in Self::FIELDS.iter().filter(|f| !fields::exists(f.name, kind)) {
            // Empty is none, or no; what has neither says nothing for this kind.
            let _ = (field.set)(self, "");
        }
    }

    /// Makes another document that says the same under another name; there is one default site, which stays the one it is.
    #[must_use]
    pub fn copied(&self, name: &str) -> Self {
        Self { name: name.into(), default_site: false, ..self.clone() }
    }

    /// Tells whether a client that comes over TCP is sent to the TLS port.
    pub fn redirects(&self) -> bool {
        self.kind == SiteKind::Web && self.enabled && self.access.redirect
    }
}

/// Lists the hosts that clients look for in the certificate: the names, or the addresses where there is no name. Beside names
/// an address only says where connections to them arrive.
pub fn looked_for(hosts: &[String]) -> impl Iterator<Item = &String> {
    let address = |host: &String| host.parse::<std::net::IpAddr>().is_ok();
    let named = hosts.iter().any(|host| !address(host));
    hosts.iter().filter(move |host| !named || !address(host))
}

/// Reads host names and addresses: lower case, IDN as A-labels, no scheme, path or port.
fn hosts(text: &str) -> Result<Vec<String>, String> {
    names(text).into_iter().map(|host| host_name(&host)).collect()
}

/// Reads one host name or IP address as it belongs into a `dNSName` or `iPAddress`: an internationalised name becomes
/// its A-label form (RFC 5891), a wildcard may only be the whole leftmost label.
pub fn host_name(text: &str) -> Result<String, String> {
    let text = text.trim().trim_matches(['[', ']']);
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(text.to_ascii_lowercase());
    }
    let (wild, rest) = text.strip_prefix("*.").map_or(("", text), |rest| ("*.", rest));
    let ascii = idna::domain_to_ascii_strict(rest)
        .map_err(|_| format!("\"{}\" is not a host name", visible(text)))?;
    let label = |l: &str| !l.is_empty() && l.len() <= 63;
    if ascii.len() > 253 || !ascii.trim_end_matches('.').split('.').all(label) {
        return Err(format!("\"{}\" is not a host name", visible(text)));
    }
    Ok(format!("{wild}{}", ascii.trim_end_matches('.')))
}

/// Writes a service as [`service`] reads it: host and port, an IPv6 address in brackets.
pub fn host_port(host: &str, port: u16) -> String {
    format!("{}:{port}", bracketed(host))
}

/// Writes a host as it stands before a port: an IPv6 address in brackets.
pub fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Reads a service to connect to: `host`, `host:port`, `[address]:port` or a bare address; without a port there is none.
pub fn service(text: &str) -> Result<(String, Option<u16>), String> {
    let text = text.trim();
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port: Option<u16> = port.parse().ok().filter(|p| *p != 0);
            (host, Some(port.ok_or("a port is a number from 1 to 65535")?))
        }
        _ => (text, None),
    };
    Ok((host_name(host)?, port))
}

impl Record for Site {
    const NOUN: &'static str = "site";
    const FIELDS: &'static [Field<Self>] = fields::ALL;

    fn applies(&self, field: &str) -> bool {
        fields::exists(field, self.kind) || fields::strays(self, field)
    }

    fn scope(field: &str) -> String {
        fields::kinds(field).iter().map(|k| k.name()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_become_a_labels_and_nonsense_is_refused() {
        assert_eq!(host_name("Mail.Example.test").unwrap(), "mail.example.test");
        assert_eq!(host_name("müller.example").unwrap(), "xn--mller-kva.example");
        assert_eq!(host_name("*.example.test").unwrap(), "*.example.test");
        assert_eq!(host_name("[::1]").unwrap(), "::1");
        for bad in
            ["", "https://x.test", "a b", "a..b", "*", "w*.example.test", "x.test:443", "evil\u{202e}.test"]
        {
            assert!(host_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_usual_port_follows_the_kind_until_it_is_set() {
        let mut site = Site::default();
        (Site::field("kind").unwrap().set)(&mut site, "imap").unwrap();
        assert_eq!(site.port, 993);
        site.port = 4433;
        (Site::field("kind").unwrap().set)(&mut site, "web").unwrap();
        assert_eq!(site.port, 4433);
    }

    #[test]
    fn a_document_begins_as_its_kind_needs_it() {
        for kind in SiteKind::ALL {
            let access = Site::preset(kind).access;
            assert_eq!(access.tcp_anonymous, kind == SiteKind::Smtp, "{}", kind.name());
            assert_eq!(access.tls_anonymous, kind == SiteKind::Smtp, "{}", kind.name());
            assert!(access.tcp_password && access.tls_password && !access.redirect);
            assert!(!Site::preset(kind).tls.accept_expired);
        }
        let mut site = Site::preset(SiteKind::Web);
        site.become_kind(SiteKind::Smtp);
        assert_eq!(site, Site::preset(SiteKind::Smtp));
        site.access.tcp_password = false;
        site.become_kind(SiteKind::Ldap);
        assert!(site.access.tcp_anonymous && !site.access.tcp_password, "what was set stays");
    }

    #[test]
    fn each_kind_has_the_fields_that_the_directory_gives_it() {
        use SiteKind::{Iiop, Imap, Ldap, Pop3, Smtp, Web};
        let wanted: [(&str, &[SiteKind]); 12] = [
            ("tcp-anonymous", &[Web, Ldap, Smtp, Iiop]),
            ("tcp-password", &[Web, Imap, Pop3, Ldap, Smtp, Iiop]),
            ("redirect", &[Web]),
            ("tls-anonymous", &[Web, Ldap, Smtp, Iiop]),
            ("tls-password", &[Web, Imap, Pop3, Ldap, Smtp, Iiop]),
            ("client-certificate", &[Web, Imap, Pop3, Ldap]),
            ("bearer-token", &[Web]),
            ("keyring", &[Web, Imap, Pop3, Ldap, Smtp]),
            ("protocol-version", &[Imap, Pop3, Ldap, Smtp, Iiop]),
            ("check-crl", &[Web, Imap, Pop3, Ldap]),
            ("ciphers", &[Web, Imap, Pop3, Ldap, Smtp, Iiop]),
            ("default-site", &[Web]),
        ];
        for (field, kinds) in wanted {
            for kind in SiteKind::ALL {
                assert_eq!(
                    Site::preset(kind).applies(field),
                    kinds.contains(&kind),
                    "{field} of {}",
                    kind.name()
                );
            }
        }
        assert!(Site::preset(SiteKind::GlobalWeb).applies("rules"));
        assert!(!Site::preset(SiteKind::GlobalWeb).applies("hosts"));
        assert!(Site::default().set("client-certificate", "yes").is_ok());
        let refused = Site::preset(Smtp).set("client-certificate", "yes").unwrap_err();
        assert!(refused.contains("web, imap, pop3, ldap"), "{refused}");
    }

    #[test]
    fn what_a_kind_does_not_have_goes_when_the_kind_changes_and_is_seen_when_a_file_has_it() {
        let mut site = Site::preset(SiteKind::Web);
        site.access.client_certificate = true;
        site.set("rules", "redirect 301 /a/* = /b/").unwrap();
        site.become_kind(SiteKind::Smtp);
        assert!(!site.access.client_certificate && site.rules.is_empty());
        site.access.client_certificate = true;
        assert!(site.applies("client-certificate"), "an imported document may have it");
        site.set("client-certificate", "no").unwrap();
        assert!(!site.applies("client-certificate"));
    }
}
