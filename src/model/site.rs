//! Internet Site documents: which host names on which servers answer with which keyring.

pub mod crl;
mod kind;
mod options;

pub use kind::SiteKind;
pub use options::{Access, CrlSwitches, Item, SslVersion, TlsOptions};

use serde::{Deserialize, Serialize};

use super::escape::visible;
use super::field::{Field, Kind, Look, Record, When, choice, flag, names, number, yes_no};
use super::keyring::{check_name, ends};

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
            enabled: true,
            comment: String::new(),
            items: Vec::new(),
        }
    }
}

/// Says which certificate will answer for a site, and what speaks against it, one a line.
fn answers(site: &Site, look: &Look<'_>) -> String {
    if !site.enabled {
        return "nobody: the document is disabled".into();
    }
    if site.keyring.is_empty() {
        return "nobody: no keyring is named".into();
    }
    let Some(ring) = look.state.keyrings.get(&site.keyring) else {
        return format!("nobody: there is no keyring {}", visible(&site.keyring));
    };
    let Some(leaf) = ring.leaf() else {
        return format!("nobody: keyring {} has no certificate yet", ring.name);
    };
    let mut lines = vec![
        format!("keyring {}: {}", ring.name, leaf.subject),
        format!("issued by {}", leaf.issuer),
        format!("ends {}", ends(leaf, look)),
    ];
    if let Some(revoked) = look.state.revocations.get(&leaf.sha256) {
        let (day, why) = (revoked.at.date(), revoked.reason.name());
        lines.push(format!("it is REVOKED since {day} ({why}): clients that ask will refuse"));
    }
    for host in &site.hosts {
        let verdict =
            if leaf.covers(host) { "is named in it" } else { "IS NOT NAMED in it: clients will refuse" };
        lines.push(format!("{} {verdict}", visible(host)));
    }
    lines.join("\n")
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

impl Record for Site {
    const NOUN: &'static str = "site";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "name",
            label: "Name",
            help: "The name of the document and of its file; a-z, 0-9, dot, dash and underscore.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.name.clone(),
            set: |x, t| {
                check_name(t.trim())?;
                x.name = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "kind",
            label: "Kind",
            help: "The protocol that this document is for; setting it also sets the usual TLS port.",
            kind: Kind::Choice(SiteKind::NAMES),
            when: When::Amendable,
            get: |x, _| x.kind.name().into(),
            set: |x, t| {
                let kind = choice(t, SiteKind::NAMES, SiteKind::from_name)?;
                if x.port == x.kind.tls_port() {
                    x.port = kind.tls_port();
                }
                x.kind = kind;
                Ok(())
            },
        },
        Field {
            name: "title",
            label: "Descriptive name",
            help: "What people call this site.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| visible(&x.title),
            set: |x, t| {
                x.title = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "organization",
            label: "Organization",
            help: "The certifier organisation that owns the document; part of the match for every kind.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| visible(&x.organization),
            set: |x, t| {
                x.organization = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "hosts",
            label: "Host names or addresses",
            help: "The names and IP addresses mapped to this site, separated by spaces.",
            kind: Kind::Names,
            when: When::Amendable,
            get: |x, _| visible(&x.hosts.join(" ")),
            set: |x, t| {
                x.hosts = hosts(t)?;
                Ok(())
            },
        },
        Field {
            name: "servers",
            label: "Servers",
            help: "The servers that host this site, separated by spaces; * is every server.",
            kind: Kind::Names,
            when: When::Amendable,
            get: |x, _| visible(&x.servers.join(" ")),
            set: |x, t| {
                x.servers = names(t);
                if x.servers.is_empty() {
                    x.servers.push("*".into());
                }
                if x.servers.len() > 1 && x.servers.iter().any(|s| s == "*") {
                    return Err("either * alone, for every server, or names".into());
                }
                if x.servers.iter().any(|s| s != "*" && s.contains('*')) {
                    return Err("* stands alone, for every server".into());
                }
                Ok(())
            },
        },
        Field {
            name: "port",
            label: "TLS port",
            help: "The TCP port that speaks TLS from the first byte.",
            kind: Kind::Number(1, 65535),
            when: When::Amendable,
            get: |x, _| x.port.to_string(),
            set: |x, t| {
                x.port = number(t, 1, 65535)?;
                Ok(())
            },
        },
        Field {
            name: "keyring",
            label: "Key file name",
            help: "The keyring whose certificate answers here.",
            kind: Kind::Keyring,
            when: When::Amendable,
            get: |x, _| x.keyring.clone(),
            set: |x, t| {
                x.keyring = t.trim().trim_end_matches(".kyr").to_owned();
                Ok(())
            },
        },
        Field {
            name: "default-site",
            label: "Default site",
            help: "Whether this Web site takes requests that fit no other Web site.",
            kind: Kind::Flag,
            when: When::Amendable,
            get: |x, _| yes_no(x.default_site),
            set: |x, t| {
                x.default_site = flag(t)?;
                Ok(())
            },
        },
        Field {
            name: "enabled",
            label: "Enabled",
            help: "A disabled document stays in the directory and answers nothing.",
            kind: Kind::Flag,
            when: When::Amendable,
            get: |x, _| yes_no(x.enabled),
            set: |x, t| {
                x.enabled = flag(t)?;
                Ok(())
            },
        },
        Field {
            name: "comment",
            label: "Comment",
            help: "Free text.",
            kind: Kind::Text,
            when: When::Amendable,
            get: |x, _| visible(&x.comment),
            set: |x, t| {
                x.comment = t.trim().to_owned();
                Ok(())
            },
        },
        Field::derived(
            "answers",
            "Who answers",
            "Which keyring and certificate a client meets here.",
            answers,
        ),
    ];
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
}
