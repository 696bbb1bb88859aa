//! What goes out comes back the same, and what is hostile or damaged is refused.

use proptest::prelude::*;

use super::*;
use crate::model::cipher::Suite;
use crate::model::server::{PortStatus, Release, Server};
use crate::model::site::{Access, CrlSwitches, Site, SslVersion, TlsOptions, rule};

fn ring(name: &str) -> Option<String> {
    name.strip_suffix(".kyr").filter(|n| n.chars().all(|c| c.is_ascii_lowercase())).map(str::to_owned)
}

/// Writes a document and reads it back, on nothing.
fn round(form: Form, document: &Document) -> (Document, Vec<String>) {
    let written = write(form, std::slice::from_ref(document), &|d| key_file(d, &ring));
    let (read_as, notes) = read(written.text.as_bytes()).unwrap();
    assert_eq!(read_as, form);
    let note = notes.iter().find(|n| n.form != CONFIGURATION).unwrap();
    let name = own_name(note).unwrap();
    let blank = match note.site_kind() {
        Some(kind) => Document::Site(Box::new(Site { name, ..Site::preset(kind) })),
        None => Document::Server(Box::new(Server { name, ..Server::default() })),
    };
    (take(note, &blank, &ring).unwrap().document, written.left)
}

fn words() -> impl Strategy<Value = String> {
    let odd = [
        "",
        "Ünïcode \u{1F3AA}",
        "<a & 'b' \"c\">",
        "]]>",
        "  spaces  ",
        "two\nlines",
        "cr\r\nlf",
        "tab\there",
        "&#0;",
    ];
    prop_oneof![proptest::sample::select(odd.to_vec()).prop_map(str::to_owned), "[ -~]{0,12}"]
}

fn tls() -> impl Strategy<Value = TlsOptions> {
    let suites = proptest::sample::subsequence(vec![Suite(0xc030), Suite(0x9f), Suite(0xc02f)], 0..=3);
    let version = proptest::sample::select(SslVersion::ALL.to_vec());
    (version, any::<[bool; 3]>(), proptest::option::of(suites)).prop_map(|(version, [a, b, c], ciphers)| {
        TlsOptions { version, accept_site_certificates: a, accept_expired: b, ciphers, ssl_v2: c }
    })
}

fn kept_items() -> impl Strategy<Value = Vec<Item>> {
    let value = prop_oneof![
        words().prop_map(Value::String),
        any::<i32>().prop_map(Value::from),
        proptest::collection::vec(words(), 0..3).prop_map(Value::from),
    ];
    let item = ("X_[A-Za-z ]{1,6}", value).prop_map(|(name, value)| Item { name, value: value.to_string() });
    proptest::collection::vec(item, 0..4).prop_map(|mut items| {
        items.sort_by(|a, b| a.name.cmp(&b.name));
        items.dedup_by(|a, b| a.name.eq_ignore_ascii_case(&b.name));
        items
    })
}

prop_compose! {
    fn site()(
        kind in proptest::sample::select(SiteKind::PROTOCOLS.to_vec()),
        title in words(), organization in words(), comment in words(), keyring in "[a-z]{0,4}", tls in tls(),
        flags in any::<[bool; 12]>(), port in 1_u16.., items in kept_items(),
        rules in proptest::sample::subsequence(vec!["substitution /a/* = /b/*", "redirect 301 /c/* = https://h.test/"], 0..=2),
    ) -> Document {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = flags;
        let access = Access {
            tcp_anonymous: a, tcp_password: b, redirect: c, tls_anonymous: d, tls_password: e,
            client_certificate: f, bearer_token: g,
        };
        let rules = rule::read(&rules.join("\n")).unwrap();
        Document::Site(Box::new(Site {
            name: "www".into(), kind, title, organization, comment, keyring, tls, port, items, access, rules,
            hosts: vec!["a.test".into(), "192.0.2.1".into()], servers: vec!["CN=Web 01/O=Acme, Inc".into(), "web02/Example".into()],
            default_site: h, enabled: i, crl: CrlSwitches { check: j, trust_expired: k, allow_failure: l },
        }))
    }
}

prop_compose! {
    fn server()(
        comment in words(), keyring in "[a-z]{0,4}", tls in tls(), flags in any::<[bool; 8]>(), items in kept_items(),
        release in proptest::sample::select(Release::ALL.to_vec()), tls_port in 1_u16..,
        status in proptest::sample::select(PortStatus::ALL.to_vec()),
    ) -> Document {
        let [a, b, c, d, e, f, g, h] = flags;
        let mut server = Server {
            name: "web01".into(), server_name: "CN=Web 01/O=Acme, Inc".into(), comment, keyring, tls, items, release,
            sni: a, load_sites: b, starttls: c, hosts: vec!["web01.test".into()], addresses: vec!["192.0.2.1".into()],
            ..Server::default()
        };
        for kind in [SiteKind::Web, SiteKind::Imap, SiteKind::Smtp] {
            server.change_port(kind, |port| {
                port.tls = tls_port;
                port.tls_status = if d { PortStatus::Enabled } else { PortStatus::Disabled };
                port.enforce_access = e;
                port.access.tls_password = f;
            });
        }
        server.change_port(SiteKind::Web, |port| {
            port.tcp_status = status;
            port.access.client_certificate = g;
            port.access.tcp_anonymous = h;
        });
        Document::Server(Box::new(server))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_goes_out_comes_back_the_same(document in prop_oneof![site(), server()]) {
        for form in [Form::OneTouch, Form::Dxl] {
            let (back, left) = round(form, &document);
            prop_assert_eq!(&back, &document, "{}", form.name());
            prop_assert_eq!(left, Vec::<String>::new());
        }
    }

    #[test]
    fn nothing_that_is_read_makes_it_fail_otherwise_than_by_an_error(text in "\\PC{0,80}", cut in 0_usize..400) {
        let _ = read(text.as_bytes());
        let _ = read(DXL.as_bytes().get(..cut).unwrap_or_default());
        let _ = read(ONE_TOUCH.as_bytes().get(..cut).unwrap_or_default());
    }
}

/// An export as Domino writes it.
const DXL: &str = include_str!("../../../tests/exchange/sites.dxl");
/// A file of one-touch setup.
const ONE_TOUCH: &str = include_str!("../../../tests/exchange/one-touch.json");

fn first(text: &str) -> Site {
    let (_, notes) = read(text.as_bytes()).unwrap();
    let note = notes.iter().find(|n| n.site_kind() == Some(SiteKind::Web)).unwrap();
    let blank = Document::Site(Box::new(Site { name: "www".into(), ..Site::preset(SiteKind::Web) }));
    match take(note, &blank, &ring).unwrap().document {
        Document::Site(site) => *site,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_export_of_domino_is_read_and_what_has_no_field_goes_back_as_it_came() {
    let site = first(DXL);
    assert_eq!(site.title, "Web & Shop");
    assert_eq!(site.hosts, ["www.example.test", "192.0.2.10"]);
    assert_eq!(site.servers, ["*"]);
    assert_eq!(site.keyring, "www");
    assert!(!site.access.tcp_anonymous && site.access.tls_password && site.default_site);
    assert_eq!(site.tls.ciphers, Some(vec![Suite(0xc030), Suite(0x9f)]));
    let kept: Vec<_> = site.items.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(
        kept,
        ["$UpdatedBy", "DocumentAccess", "HTTP_EnableSessionAuth", "Notes", "noteinfo", "updatedby"]
    );
    let written = write(Form::Dxl, &[Document::Site(Box::new(site.clone()))], &|d| key_file(d, &ring));
    assert_eq!(written.left, Vec::<String>::new());
    for raw in [
        "<noteinfo noteid='8f6' unid='00A1B2C3D4E5F60718293A4B5C6D7E8F' sequence='3'>",
        "<item name='DocumentAccess' authors='true' protected='true'>",
        "<richtext><pardef id='1'/><par def='1'>Ask <run><font style='bold'/>Ann</run></par></richtext>",
    ] {
        assert!(written.text.contains(raw), "{}", written.text);
    }
    assert_eq!(first(&written.text).items, site.items);
    let written = write(Form::OneTouch, &[Document::Site(Box::new(site))], &|d| key_file(d, &ring));
    assert!(written.left.iter().any(|l| l.contains("item Notes is XML")), "{:?}", written.left);
}

#[test]
fn one_touch_setup_is_read_with_what_it_finds_documents_by() {
    let (form, notes) = read(ONE_TOUCH.as_bytes()).unwrap();
    assert_eq!(form, Form::OneTouch);
    let forms: Vec<_> = notes.iter().map(|n| (n.form.as_str(), n.partial)).collect();
    let wanted = [("Server", true), ("ServerConfig", false), ("WebSite", false), ("SMTPInboundSite", false)];
    assert_eq!(forms[..4], wanted);
    assert_eq!(notes[0].text("ServerName"), "CN=web01/O=Example");
    let blank = Document::Server(Box::new(Server { name: "web01".into(), ..Server::default() }));
    let taken = take(&notes[0], &blank, &ring).unwrap();
    let Document::Server(server) = &taken.document else { panic!("{taken:?}") };
    assert!(
        server.load_sites
            && server.port(SiteKind::Imap).speaks_tls()
            && server.port(SiteKind::Web).enforce_access
    );
    assert!(!server.port(SiteKind::Pop3).speaks_tls());
    assert!(taken.remarks.iter().any(|r| r.contains("POP3_SSLStatus is kept: 7 is not known")), "{taken:?}");
    assert!(server.items.iter().any(|i| i.name == "POP3_SSLStatus" && i.value == "\"7\""));
    assert!(server.items.iter().any(|i| i.name == "HTTP_MaxActiveThreads" && i.value == "40"));
}

#[test]
fn a_keyring_that_is_not_here_keeps_its_name_for_the_way_back() {
    let text = DXL.replace("www.kyr", "C:\\\\keys\\\\Other.kyr");
    let site = first(&text);
    assert_eq!(site.keyring, "");
    assert!(site.items.iter().any(|i| i.name == SITE_KEY_FILE));
    let document = Document::Site(Box::new(site));
    assert!(key_file(&document, &ring).contains("Other.kyr"));
    for form in [Form::OneTouch, Form::Dxl] {
        assert_eq!(key_file(&round(form, &document).0, &ring), key_file(&document, &ring));
    }
}

#[test]
fn the_form_of_a_kind_that_was_not_seen_is_said_to_be_looked_at_and_stays_as_it_came() {
    let rules = rule::read("redirect /a/* = /b/").unwrap();
    let site = |kind| Site { name: "one".into(), rules: rules.clone(), ..Site::preset(kind) };
    let written = |site| write(Form::Dxl, &[Document::Site(Box::new(site))], &|_| String::new());
    for (kind, form) in [(SiteKind::Iiop, "IIOPSite"), (SiteKind::GlobalWeb, "GlobalWebSettings")] {
        let out = written(site(kind));
        assert!(out.text.contains(&format!("<document form='{form}'>")), "{}", out.text);
        let told = out.remarks.iter().any(|r| r.contains("compare it with one of your directory"));
        assert!(told, "{:?}", out.remarks);
    }
    let out = written(site(SiteKind::Web));
    assert!(out.remarks.len() == 1 && out.remarks[0].contains("documents of their own"), "{:?}", out.remarks);
    let came = "<database><document form='WebGlobal'><item name='ISiteName'><text>All</text></item></document></database>";
    let (_, notes) = read(came.as_bytes()).unwrap();
    assert_eq!(notes[0].site_kind(), Some(SiteKind::GlobalWeb));
    let blank = Document::Site(Box::new(Site { name: "all".into(), ..Site::preset(SiteKind::GlobalWeb) }));
    let Document::Site(all) = take(&notes[0], &blank, &ring).unwrap().document else { panic!() };
    let out = written(*all);
    assert!(out.text.contains("<document form='WebGlobal'>") && out.remarks.is_empty(), "{out:?}");
}

#[test]
fn a_site_is_changed_in_a_directory_by_its_kind_and_descriptive_name() {
    let site = |name: &str, title: &str| {
        let site = Site {
            name: name.into(),
            title: title.into(),
            hosts: vec!["a.test".into()],
            ..Site::preset(SiteKind::Web)
        };
        Document::Site(Box::new(site))
    };
    let all = [site("a", "Shop"), site("b", ""), site("c", "Twice"), site("d", "Twice")];
    let written = write(Form::OneTouchUpdate, &all, &|_| "ring.kyr".into());
    assert_eq!(written.count, 1);
    assert_eq!(written.left.len(), 3);
    assert!(
        written.left[0].contains("no descriptive name") && written.left[1].contains("another one"),
        "{:?}",
        written.left
    );
    let (form, notes) = read(written.text.as_bytes()).unwrap();
    assert_eq!(form, Form::OneTouch);
    assert!(notes[0].partial && notes[0].site_kind() == Some(SiteKind::Web), "{notes:?}");
    assert_eq!(notes[0].text("ISiteName"), "Shop");
    assert_eq!(take(&notes[0], &all[0], &ring).unwrap().document, {
        let Document::Site(mut site) = all[0].clone() else { panic!() };
        site.keyring = "ring".into();
        Document::Site(site)
    });
}

#[test]
fn xml_that_was_kept_cannot_break_out_of_its_item() {
    let raw = "<item name='X'/></document><document form='Server'><item name='Y'/>";
    let value = serde_json::json!({ "dxl": raw }).to_string();
    let site = Site { name: "www".into(), items: vec![Item { name: "X".into(), value }], ..Site::default() };
    let written = write(Form::Dxl, &[Document::Site(Box::new(site))], &|_| String::new());
    assert_eq!(written.left, ["WebSite: DXL cannot say what item X holds"]);
    assert!(!written.text.contains("Server'>"), "{}", written.text);
}

fn why(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn hostile_and_damaged_files_are_refused() {
    let laughs = "<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><database><document form='WebSite'>&b;</document></database>";
    assert!(why(laughs.as_bytes()).contains("declarations are not read"));
    let outside = "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><database>&x;</database>";
    assert!(why(outside.as_bytes()).contains("declarations are not read"));
    assert!(why(b"<!DOCTYPE database SYSTEM 'x.dtd'><database>&x;</database>").contains("unknown entity"));
    assert!(why(b"<html/>").contains("Its root is <html>"));
    assert!(why(b"{}").contains("no appConfiguration"));
    assert!(why(b"[]").contains("neither as JSON nor as XML"));
    assert!(why(b"").contains("neither as JSON nor as XML"));
    assert!(why(b"{\"a\": \xff}").contains("Byte 7 is no UTF-8"));
    assert!(why(DXL.get(..700).unwrap().as_bytes()).contains("cannot be read as documents"));
    assert!(why(ONE_TOUCH.get(..700).unwrap().as_bytes()).contains("EOF"));
    assert!(why(format!("<database>{}", "<item>".repeat(200)).as_bytes()).contains("deep"));
    assert!(why(format!("{{\"a\":{}", "[".repeat(5000)).as_bytes()).contains("recursion"));
    let attributes: String = (0..20_000).map(|n| format!(" a{n}='>'")).collect();
    assert!(why(format!("<database{attributes}/>").as_bytes()).contains("longer than 64 KiB"));
    let twice = DXL.replacen("<item name='ISiteOrg'>", "<item name='ISiteName'>", 1);
    let (_, notes) = read(twice.as_bytes()).unwrap();
    let blank = Document::Site(Box::new(Site::preset(SiteKind::Web)));
    assert!(take(&notes[0], &blank, &ring).unwrap_err().contains("ISiteName stands there twice"));
}

#[test]
fn a_byte_order_mark_and_a_million_items_are_no_harm() {
    assert!(read(format!("\u{feff}{ONE_TOUCH}").as_bytes()).is_ok());
    assert!(read(format!("\u{feff}{DXL}").as_bytes()).is_ok());
    let list = |n: usize| {
        format!("<database><document form='WebSite'>{}</document></database>", "<item name='a'/>".repeat(n))
    };
    assert_eq!(read(list(1_000_000).as_bytes()).unwrap().1[0].items.len(), 1_000_000);
    assert!(why(list(MOST + 1).as_bytes()).contains("more than 2000000 elements"));
    let json = format!("{{\"appConfiguration\":{{\"databases\":[{}1]}}}}", "1,".repeat(MOST));
    assert!(why(json.as_bytes()).contains("more than 2000000 values"));
}
