//! The items of the directory and the fields here. An item that has no field is kept; a field that has no known item travels
//! in an item of this program. Reads and writes no format.

use serde_json::Value;

use super::super::State;
use super::super::document::{Document, Sort};
use super::super::field::{Look, Record, When};
use super::super::server::called::same_server;
use super::super::server::{Port, PortStatus, Server};
use super::super::site::{Item, Site, SiteKind, rule};
use super::super::time::Timestamp;
use super::{
    CONFIGURATION, FORMS, GUESSED, Note, NoteItem, OWN, SERVER_KEY_FILE, SITE_KEY_FILE, STARTTLS, kept,
};

/// An item and the field it says: what of the document it would say, and how that is set from its texts.
struct Mapped<T: 'static> {
    item: &'static str,
    field: &'static str,
    get: fn(&T) -> Option<Value>,
    set: fn(&mut T, &[String]) -> Result<(), String>,
}

/// What was taken from a document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The document here.
    pub document: Document,
    /// What there is to say of it.
    pub remarks: Vec<String>,
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

fn list(all: &[String]) -> Option<Value> {
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
const STATUS: &str = "status";

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

/// Lists the fields that travel in the item of this program: those without an item of their own.
fn own<T: Record>(mapped: &[Mapped<T>]) -> impl Iterator<Item = &'static str> {
    let with_item: Vec<_> = mapped.iter().map(|m| m.field).chain(["kind", "keyring"]).collect();
    let fields = T::FIELDS.iter().filter(|f| f.when != When::Derived).map(|f| f.name);
    fields.filter(move |name| *name == "ciphers" || !with_item.contains(name))
}

/// Writes the fields without an item, where they are otherwise than usual: `field=value`.
fn write_own<T: Record>(
    x: &T,
    usual: &T,
    mapped: &[Mapped<T>],
    raw: &dyn Fn(&T, &str) -> Option<String>,
) -> Vec<String> {
    let state = State::default();
    let look = Look { state: &state, now: Timestamp::default(), soon: 0, zone: None };
    let mut lines = Vec::new();
    for name in own(mapped) {
        let get =
            |x: &T| raw(x, name).or_else(|| T::field(name).map(|f| (f.get)(x, &look))).unwrap_or_default();
        let value = get(x);
        let listed = name == "ciphers" && value != "none";
        if value != get(usual) && !listed {
            lines.push(format!("{name}={value}"));
        }
    }
    lines
}

/// Sets the fields without an item, each to what is said or else to what is usual.
fn read_own<T: Record>(
    x: &mut T,
    usual: &T,
    mapped: &[Mapped<T>],
    lines: &[String],
    raw: &dyn Fn(&T, &str) -> Option<String>,
    put: &dyn Fn(&mut T, &str, &str) -> bool,
) -> Result<(), String> {
    let state = State::default();
    let look = Look { state: &state, now: Timestamp::default(), soon: 0, zone: None };
    let mut told: Vec<(&str, &str)> = Vec::new();
    for line in lines {
        let (name, value) = line.split_once('=').ok_or("field=value in each line")?;
        if !own(mapped).any(|known| known == name) {
            return Err(format!("no field without an item is called {name}"));
        }
        told.push((name, value));
    }
    for name in own(mapped).filter(|name| *name != "name") {
        let usually =
            raw(usual, name).or_else(|| T::field(name).map(|f| (f.get)(usual, &look))).unwrap_or_default();
        let value = told.iter().find(|(n, _)| *n == name).map_or(usually.as_str(), |(_, value)| value);
        // Also what the kind does not have, as a file may say it.
        if !put(x, name, value)
            && let Some(field) = T::field(name)
        {
            (field.set)(x, value).map_err(|why| format!("{name}: {why}"))?;
        }
    }
    Ok(())
}

/// Takes the items that have a field, and lists the others as kept, by name.
fn read_items<T: Record>(
    x: &mut T,
    note: &Note,
    mapped: &[Mapped<T>],
    key_file: &str,
    remarks: &mut Vec<String>,
) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for item in &note.items {
        let field = mapped.iter().find(|m| m.item.eq_ignore_ascii_case(&item.name));
        if let Some(field) = field {
            if seen.contains(&field.item) {
                return Err(format!("item {} stands there twice", field.item));
            }
            seen.push(field.item);
            let values = texts(&item.value).ok_or_else(|| format!("item {} is no text", field.item))?;
            match (field.set)(x, &values) {
                Ok(()) => continue,
                Err(why) if field.field == STATUS => remarks.push(format!("{} is kept: {why}", field.item)),
                Err(why) => return Err(format!("{}: {why}", field.item)),
            }
        }
        let same = |name: &str| item.name.eq_ignore_ascii_case(name);
        let form = same("Form") || (same("Type") && note.text("Type") == note.form);
        if !form && !same(OWN) && !same(key_file) {
            items.push(Item { name: item.name.clone(), value: item.kept.to_string() });
        }
    }
    Ok(items)
}

/// Joins what is kept with what was: all of it, or what a change names.
fn keep(before: &mut Vec<Item>, mut items: Vec<Item>, partial: bool) {
    if partial {
        let stays = |old: &&Item| !items.iter().any(|new| new.name.eq_ignore_ascii_case(&old.name));
        let stay: Vec<_> = before.iter().filter(stays).cloned().collect();
        items.extend(stay);
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    *before = items;
}

/// Keeps the form of a document where it is not the usual one of its kind, or where that was guessed; what this program has
/// written proves nothing.
fn keep_form(items: &mut Vec<Item>, note: &Note, kind: SiteKind) {
    let proved = GUESSED.contains(&kind) && note.item(OWN).is_none();
    if proved || usual_form(kind).is_some_and(|usual| !note.form.eq_ignore_ascii_case(usual)) {
        items.retain(|i| i.name != FORM);
        items.push(Item { name: FORM.into(), value: Value::String(note.form.clone()).to_string() });
        items.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// The item that names the form of a document.
pub(super) const FORM: &str = "Form";

fn usual_form(kind: SiteKind) -> Option<&'static str> {
    FORMS.iter().find(|(_, of)| *of == kind).map(|(form, _)| *form)
}

/// Reads the name here of a document that was exported by this program.
pub fn own_name(note: &Note) -> Option<String> {
    let lines = texts(&note.item(OWN)?.value)?;
    lines.iter().find_map(|line| line.strip_prefix("name=")).map(str::to_owned)
}

/// Makes of a document of a file what it is here, upon what it was. `ring` finds the keyring that a name stands for.
///
/// Errors: an item that cannot be understood, with what is allowed.
pub fn take(note: &Note, before: &Document, ring: &dyn Fn(&str) -> Option<String>) -> Result<Taken, String> {
    let mut document = before.clone();
    let mut remarks = Vec::new();
    let lines = match note.item(OWN) {
        Some(item) => Some(texts(&item.value).ok_or_else(|| format!("item {OWN} is no list of texts"))?),
        None => None,
    };
    match &mut document {
        Document::Site(x) => {
            if let Some(lines) = &lines {
                let usual = Site::preset(x.kind);
                read_own(&mut **x, &usual, SITE, lines, &site_raw, &site_put)
                    .map_err(|why| format!("{OWN}: {why}"))?;
            }
            let items = read_items(&mut **x, note, SITE, SITE_KEY_FILE, &mut remarks)?;
            keep(&mut x.items, items, note.partial);
            keep_form(&mut x.items, note, x.kind);
            take_ring(note, SITE_KEY_FILE, &mut x.keyring, &mut x.items, ring, &mut remarks);
        }
        Document::Server(x) => {
            if let Some(lines) = &lines {
                read_own(&mut **x, &Server::default(), SERVER, lines, &server_raw, &server_put)
                    .map_err(|why| format!("{OWN}: {why}"))?;
            }
            let items = read_items(&mut **x, note, SERVER, SERVER_KEY_FILE, &mut remarks)?;
            keep(&mut x.items, items, note.partial);
            take_ring(note, SERVER_KEY_FILE, &mut x.keyring, &mut x.items, ring, &mut remarks);
        }
        Document::Person(_) | Document::Profile(_) => {
            return Err("only sites and servers are exchanged".into());
        }
    }
    Ok(Taken { document, remarks })
}

/// Takes the name of the keyring. What it is called in the file is kept where that is not its name here.
fn take_ring(
    note: &Note,
    item: &str,
    keyring: &mut String,
    items: &mut Vec<Item>,
    ring: &dyn Fn(&str) -> Option<String>,
    remarks: &mut Vec<String>,
) {
    let Some(found) = note.item(item) else { return };
    items.retain(|i| !i.name.eq_ignore_ascii_case(item));
    let name = note.text(item);
    let name = name.trim();
    if name.is_empty() {
        keyring.clear();
        return;
    }
    match ring(name) {
        Some(own) => {
            if name != format!("{own}.kyr") {
                items.push(Item { name: item.into(), value: found.kept.to_string() });
            }
            *keyring = own;
        }
        None => {
            keyring.clear();
            items.push(Item { name: item.into(), value: found.kept.to_string() });
            remarks.push(format!(
                "no keyring here is {name}; the document keeps that name and has no keyring yet"
            ));
        }
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Says what a document names its keyring in the directory: as it came, when that still is its keyring.
pub fn key_file(document: &Document, ring: &dyn Fn(&str) -> Option<String>) -> String {
    let (keyring, items, item) = match document {
        Document::Site(x) => (&x.keyring, &x.items, SITE_KEY_FILE),
        Document::Server(x) => (&x.keyring, &x.items, SERVER_KEY_FILE),
        Document::Person(_) | Document::Profile(_) => return String::new(),
    };
    let came = items.iter().find(|i| i.name.eq_ignore_ascii_case(item)).map(kept);
    let came = came.and_then(|v| texts(&v)?.into_iter().next()).unwrap_or_default();
    match came.is_empty() {
        false if keyring.is_empty() || ring(came.trim()).as_ref() == Some(keyring) => came,
        _ if keyring.is_empty() => String::new(),
        _ => format!("{keyring}.kyr"),
    }
}

// What a field shows is escaped for the screen; these are written as they are.
fn site_raw(x: &Site, field: &str) -> Option<String> {
    match field {
        "comment" => Some(x.comment.clone()),
        "rules" => Some(rule::write(&x.rules)),
        _ => None,
    }
}

fn site_put(x: &mut Site, field: &str, value: &str) -> bool {
    if field == "comment" {
        value.clone_into(&mut x.comment);
    }
    field == "comment"
}

fn server_raw(x: &Server, field: &str) -> Option<String> {
    (field == "comment").then(|| x.comment.clone())
}

fn server_put(x: &mut Server, field: &str, value: &str) -> bool {
    if field == "comment" {
        value.clone_into(&mut x.comment);
    }
    field == "comment"
}

/// Makes the items of a document. Errors: its kind has no form that is known.
pub(super) fn note(document: &Document, key_file: &str, left: &mut Vec<String>) -> Result<Note, String> {
    let (form, mut items, own, kept_items, key_item) = match document {
        Document::Site(x) => {
            let came = x.items.iter().find(|i| i.name == FORM).map(kept);
            let came = came.and_then(|form| form.as_str().map(str::to_owned));
            let form = came.or_else(|| usual_form(x.kind).map(str::to_owned));
            let form = form.ok_or_else(|| format!("the form of {} documents is not known", x.kind.name()))?;
            let fields = SITE.iter().filter(|m| x.applies(m.field));
            let items: Vec<_> = fields.filter_map(|m| Some((m.item, (m.get)(x)?))).collect();
            (form, items, write_own(&**x, &Site::preset(x.kind), SITE, &site_raw), &x.items, SITE_KEY_FILE)
        }
        Document::Server(x) => {
            let items: Vec<_> = SERVER.iter().filter_map(|m| Some((m.item, (m.get)(x)?))).collect();
            (
                "Server".to_owned(),
                items,
                write_own(&**x, &Server::default(), SERVER, &server_raw),
                &x.items,
                SERVER_KEY_FILE,
            )
        }
        Document::Person(_) | Document::Profile(_) => {
            return Err("only sites and servers are exchanged".into());
        }
    };
    if !key_file.is_empty() {
        items.push((key_item, Value::String(key_file.into())));
    }
    items.extend(list(&own).map(|own| (OWN, own)));
    let plain = |(name, value): (&str, Value)| NoteItem { name: name.into(), kept: value.clone(), value };
    let mut items: Vec<_> = items.into_iter().map(plain).collect();
    let count = items.len();
    for item in kept_items.iter().filter(|item| item.name != FORM) {
        if items.iter().take(count).all(|i| !i.name.eq_ignore_ascii_case(&item.name)) {
            let value = kept(item);
            items.push(NoteItem { name: item.name.clone(), kept: value.clone(), value });
        } else if item.name != key_item {
            left.push(format!("{form} {}: item {} was kept and has a field", document.name(), item.name));
        }
    }
    if !items.iter().any(|i| i.name.eq_ignore_ascii_case("Type")) {
        let value = Value::String(form.clone());
        items.push(NoteItem { name: "Type".into(), kept: value.clone(), value });
    }
    Ok(Note { form, partial: document.sort() == Sort::Server, items })
}

/// Makes the change of the Configuration document of a server that offers STARTTLS.
pub(super) fn configuration(server: &Server) -> Note {
    let item = |name: &str, value: &str| {
        let value = Value::String(value.into());
        NoteItem { name: name.into(), kept: value.clone(), value }
    };
    let items = vec![item("ServerName", &server.server_name), item(STARTTLS, "1")];
    Note { form: CONFIGURATION.into(), partial: true, items }
}
