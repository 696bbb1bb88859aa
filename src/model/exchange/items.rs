//! The items of the directory and the fields here, as two tables. Reads and writes no document.

use serde_json::Value;

use super::super::field::Record;
use super::super::server::called::same_server;
use super::super::server::{Port, PortStatus, Server};
use super::super::site::{Item, Site, SiteKind, rule};
use super::{SERVER_KEY_FILE, SITE_KEY_FILE};

/// A document that is exchanged by items.
pub(super) trait Exchanged: Record {
    /// The items that have a field.
    const ITEMS: &'static [Mapped<Self>];
    /// The item that names its keyring.
    const KEY_FILE: &'static str;

    /// Returns a field as it is, where what it shows is escaped for the screen.
    fn raw(&self, field: &str) -> Option<String>;

    /// Returns the comment, to be set as it is.
    fn comment(&mut self) -> &mut String;

    /// Returns the name of the keyring, and the items that are kept.
    fn kept(&self) -> (&String, &Vec<Item>);

    /// Returns the same, to be changed.
    fn kept_mut(&mut self) -> (&mut String, &mut Vec<Item>);
}

impl Exchanged for Site {
    const ITEMS: &'static [Mapped<Self>] = SITE;
    const KEY_FILE: &'static str = SITE_KEY_FILE;

    fn raw(&self, field: &str) -> Option<String> {
        match field {
            "comment" => Some(self.comment.clone()),
            "rules" => Some(rule::write(&self.rules)),
            _ => None,
        }
    }

    fn comment(&mut self) -> &mut String {
        &mut self.comment
    }

    fn kept(&self) -> (&String, &Vec<Item>) {
        (&self.keyring, &self.items)
    }

    fn kept_mut(&mut self) -> (&mut String, &mut Vec<Item>) {
        (&mut self.keyring, &mut self.items)
    }
}

impl Exchanged for Server {
    const ITEMS: &'static [Mapped<Self>] = SERVER;
    const KEY_FILE: &'static str = SERVER_KEY_FILE;

    fn raw(&self, field: &str) -> Option<String> {
        (field == "comment").then(|| self.comment.clone())
    }

    fn comment(&mut self) -> &mut String {
        &mut self.comment
    }

    fn kept(&self) -> (&String, &Vec<Item>) {
        (&self.keyring, &self.items)
    }

    fn kept_mut(&mut self) -> (&mut String, &mut Vec<Item>) {
        (&mut self.keyring, &mut self.items)
    }
}

/// An item and the field it says: what of the document it would say, and how that is set from its texts.
pub(super) struct Mapped<T: 'static> {
    pub item: &'static str,
    pub field: &'static str,
    pub get: fn(&T) -> Option<Value>,
    pub set: fn(&mut T, &[String]) -> Result<(), String>,
}

/// Reads the texts of a value; `None` when it is something else.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::Bool(yes) => Some(vec![u8::from(*yes).to_string()]),
        Value::Array(all) => {
            let one = |v: &Value| if v.is_array() { None } else { texts(v) };
            all.iter().map(one).collect::<Option<Vec<_>>>().map(|lists| lists.concat())
        }
        Value::Object(map) => map.get("value").filter(|v| !v.is_object()).and_then(texts),
    }
}

fn text(texts: &[String]) -> Result<String, String> {
    match texts {
        [] => Ok(String::new()),
        [one] => Ok(one.clone()),
        _ => Err("one text, not several".into()),
    }
}

fn flag(texts: &[String]) -> Result<bool, String> {
    match text(texts)?.as_str() {
        "1" => Ok(true),
        "0" | "" => Ok(false),
        _ => Err("1 or 0".into()),
    }
}

fn said(yes: bool) -> Option<Value> {
    Some(Value::String(u8::from(yes).to_string()))
}

pub(super) fn list(all: &[String]) -> Option<Value> {
    Some(Value::Array(all.iter().cloned().map(Value::String).collect()))
}

/// Sets a field from a list. Errors: a value that would become several here.
fn set_list<T: Record>(record: &mut T, field: &str, texts: &[String]) -> Result<(), String> {
    let texts: Vec<_> = texts.iter().map(|t| t.trim()).filter(|t| !t.is_empty()).collect();
    match texts.iter().find(|t| t.contains(['"', '\n', '\t'])) {
        Some(bad) => Err(format!("{bad:?} has a quote or line break in it, which names here do not have")),
        None => {
            let quoted: Vec<_> = texts.iter().map(|t| format!("\"{t}\"")).collect();
            record.set(field, &quoted.join(" "))
        }
    }
}

macro_rules! flag_of {
    ($item:literal, $field:literal, $($place:tt)+) => {
        Mapped {
            item: $item,
            field: $field,
            get: |x| said(x.$($place)+),
            set: |x, t| {
                x.$($place)+ = flag(t)?;
                Ok(())
            },
        }
    };
}

macro_rules! text_of {
    ($item:literal, $field:literal, $place:ident) => {
        Mapped {
            item: $item,
            field: $field,
            get: |x| Some(Value::String(x.$place.clone())),
            set: |x, t| {
                x.$place = text(t)?;
                Ok(())
            },
        }
    };
}

macro_rules! ciphers {
    () => {
        Mapped {
            item: "SSLCipherList",
            field: "ciphers",
            get: |x| {
                let suites = x.tls.ciphers.as_ref().filter(|s| !s.is_empty())?;
                list(&suites.iter().map(|s| s.hex()).collect::<Vec<_>>())
            },
            set: |x, t| {
                let codes: Vec<_> = t.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
                // An empty list says nothing of what was chosen.
                if codes.is_empty() { Ok(()) } else { x.set("ciphers", &codes.join(" ")) }
            },
        }
    };
}

const SITE: &[Mapped<Site>] = &[
    text_of!("ISiteName", "title", title),
    text_of!("ISiteOrg", "organization", organization),
    Mapped {
        item: "ISiteAdrs",
        field: "hosts",
        get: |x| list(&x.hosts),
        set: |x, t| set_list(x, "hosts", t),
    },
    Mapped {
        item: "WSHostingSrvrs",
        field: "servers",
        get: |x| list(&x.servers),
        set: |x, t| {
            let before = x.servers.clone();
            set_list(x, "servers", t)?;
            // The same servers in another spelling are no change.
            let same = before.iter().zip(&x.servers).all(|(a, b)| same_server(a, b));
            if same && before.len() == x.servers.len() {
                x.servers = before;
            }
            Ok(())
        },
    },
    flag_of!("WSIsDflt", "default-site", default_site),
    flag_of!("TCPAnonymous", "tcp-anonymous", access.tcp_anonymous),
    flag_of!("TCPNameAndPwd", "tcp-password", access.tcp_password),
    flag_of!("SSLAnonymous", "tls-anonymous", access.tls_anonymous),
    flag_of!("SSLNameAndPwd", "tls-password", access.tls_password),
    flag_of!("HTTP_SSLBearerToken", "bearer-token", access.bearer_token),
    ciphers!(),
];

/// Makes an item of the port of a server that is a flag.
macro_rules! port_flag {
    ($item:literal, $kind:ident, $($place:tt)+) => {
        Mapped {
            item: $item,
            field: "",
            get: |x| said(x.port(SiteKind::$kind).$($place)+),
            set: |x, t| {
                let yes = flag(t)?;
                x.change_port(SiteKind::$kind, |port| port.$($place)+ = yes);
                Ok(())
            },
        }
    };
}

/// Makes an item that is the status of a port. 1 is enabled; what else there is is not known for certain, and is kept.
macro_rules! status {
    ($item:literal, $kind:ident, $place:ident) => {
        Mapped {
            item: $item,
            field: STATUS,
            get: |x| {
                let on = x.port(SiteKind::$kind).$place == PortStatus::Enabled;
                on.then(|| Value::String("1".into()))
            },
            set: |x, t| match text(t)?.as_str() {
                "1" => {
                    x.change_port(SiteKind::$kind, |port: &mut Port| port.$place = PortStatus::Enabled);
                    Ok(())
                }
                other => Err(format!("{other} is not known; the status stays as it is")),
            },
        }
    };
}

/// Marks an item whose other values are kept.
pub(super) const STATUS: &str = "status";

const SERVER: &[Mapped<Server>] = &[
    Mapped {
        item: "ServerName",
        field: "server-name",
        get: |x| Some(Value::String(x.server_name.clone())),
        set: |x, t| {
            let name = text(t)?;
            if same_server(&x.server_name, &name) { Ok(()) } else { x.set("server-name", &name) }
        },
    },
    flag_of!("LdISite", "load-sites", load_sites),
    ciphers!(),
    status!("HTTP_NormalMode", Web, tcp_status),
    status!("HTTP_SSLMode", Web, tls_status),
    status!("LDAP_SSLStatus", Ldap, tls_status),
    status!("IMAP_SSLStatus", Imap, tls_status),
    status!("POP3_SSLStatus", Pop3, tls_status),
    status!("SMTPListenerEnabled", Smtp, tcp_status),
    port_flag!("HTTP_AllowAnonymous", Web, access.tcp_anonymous),
    port_flag!("HTTP_TCPNP", Web, access.tcp_password),
    port_flag!("HTTP_SSLAnonymous", Web, access.tls_anonymous),
    port_flag!("HTTP_SSLCert", Web, access.client_certificate),
    port_flag!("HTTP_SSLBearerToken", Web, access.bearer_token),
    port_flag!("HTTP_EnforceAccess", Web, enforce_access),
    port_flag!("LDAP_EnforceAccess", Ldap, enforce_access),
    port_flag!("IMAP_EnforceAccess", Imap, enforce_access),
    port_flag!("POP3_EnforceAccess", Pop3, enforce_access),
];
