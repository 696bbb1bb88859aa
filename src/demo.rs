//! Furnishes a throw-away workspace that looks like a real organisation, through the ordinary verbs, at clocks of the
//! past two years. Every password in it is `demo`.

use crate::desk::{Desk, Verb};
use crate::model::State;
use crate::model::bytes::{Der, Digest};
use crate::model::certifier::{NewCertifier, Policy};
use crate::model::change::{Change, Fact};
use crate::model::cipher::Suite;
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Reason};
use crate::model::key::KeyType;
use crate::model::keyring::{Identity, NewKeyring};
use crate::model::name::AltName;
use crate::model::request::{Plan, RequestId, Status};
use crate::model::secret::Secret;
use crate::model::server::{PortStatus, Release, Server};
use crate::model::site::rule::{self, Rule};
use crate::model::site::{Site, SiteKind};
use crate::model::time::Timestamp;
use crate::ops::ring::Act;
use crate::pki::key::PrivateKey;
use crate::pki::signer::Signing;
use crate::pki::{issue, name, request};
use crate::store::certifier_key::Protection;

/// Passwords of a demonstration are quick to try: it holds no secret.
pub const PROTECTION: Protection = Protection { argon2_mib: 16, argon2_passes: 1, keyring_rounds: 10_000 };

/// How many certificates the small demonstration has issued.
pub const ISSUED: u64 = 200;

/// The authority that signs servers, and the one of the laboratory.
const ROOT: &str = "example-root";
const LAB: &str = "lab";

/// Furnishes an empty workspace; `scale` is the number of issued certificates, at least [`ISSUED`]. `progress` is told
/// what is being made.
pub fn furnish(desk: &mut Desk, scale: u64, progress: &mut dyn FnMut(&str)) -> Result<()> {
    let state = desk.state();
    if !state.certifiers.is_empty() || !state.keyrings.is_empty() || !state.sites.is_empty() {
        return Err(Error::refused("This workspace is in use; the demonstration was not put into it.")
            .next("Name a new folder."));
    }
    let mut stage = Stage { desk, now: Desk::now() };
    progress("two certifiers");
    stage.certifiers()?;
    progress("issued certificates");
    stage.others(ISSUED - OWN_ISSUED)?;
    progress("eight keyrings");
    stage.keyrings()?;
    progress("site documents");
    stage.sites()?;
    stage.servers()?;
    stage.open_requests()?;
    if scale > ISSUED {
        stage.many(scale - ISSUED, progress)?;
    }
    stage.revocations()?;
    stage.desk.set_clock(None);
    stage.desk.lock(None);
    Ok(())
}

/// How many of the [`ISSUED`] certificates belong to the keyrings.
const OWN_ISSUED: u64 = 6;

struct Stage<'a> {
    desk: &'a mut Desk,
    now: Timestamp,
}

fn demo() -> Secret {
    Secret::new("demo".into())
}

impl Stage<'_> {
    fn at(&mut self, days_ago: i64) {
        self.desk.set_clock(Some(self.now.plus_days(-days_ago)));
    }

    fn certifiers(&mut self) -> Result<()> {
        let wanted = [
            (ROOT, "Example Organisation Root CA", KeyType::P256, "http://crl.example.test/root.crl"),
            (LAB, "Example Laboratory CA", KeyType::Rsa2048, ""),
        ];
        for (i, (name, common_name, key_type, crl_url)) in wanted.into_iter().enumerate() {
            self.at(730 - 200 * i64::try_from(i).unwrap_or(0));
            self.desk.run(Verb::CreateCertifier(NewCertifier {
                name: name.into(),
                common_name: common_name.into(),
                organization: "Example Organisation".into(),
                country: "DE".into(),
                key_type,
                years: 10,
                // One person does everything in the demonstration, and says so.
                policy: Policy { crl_url: crl_url.into(), own_approval: true, ..Policy::default() },
                password: demo(),
                repeat: demo(),
                ..NewCertifier::default()
            }))?;
        }
        Ok(())
    }

    /// Certificates for machines that have no keyring here: requested by others, approved, signed, in batches of the
    /// past year.
    fn others(&mut self, count: u64) -> Result<()> {
        let mut made = 0;
        while made < count {
            let batch = (count - made).min(BATCH);
            let days_ago = 360 - i64::try_from(made * 350 / count).unwrap_or(0);
            self.at(days_ago);
            let requests = (made..made + batch).map(pkcs10).collect::<Result<Vec<_>>>()?;
            let source = format!("file batch-{}.pem", made / BATCH + 1);
            let received = self.desk.run(Verb::import(requests, &source))?.facts;
            let mut ids = Vec::new();
            for fact in received {
                if let Fact::RequestReceived { request } = fact {
                    let certifier = if request.id.0.is_multiple_of(5) { LAB } else { ROOT };
                    self.approve(
                        request.id,
                        certifier,
                        if request.id.0.is_multiple_of(3) { 90 } else { 397 },
                    )?;
                    ids.push(request.id);
                }
            }
            self.desk.run(Verb::Issue { ids })?;
            made += batch;
        }
        Ok(())
    }

    fn approve(&mut self, id: RequestId, certifier: &str, days: u32) -> Result<()> {
        let plan = Plan {
            certifier: certifier.into(),
            profile: "server".into(),
            days,
            reason: String::new(),
            ..Plan::default()
        };
        self.desk.run(Verb::Approve { id, plan }).map(|_| ())
    }

    /// Makes a keyring and returns the number of its request.
    fn keyring(&mut self, ring: &str, hosts: &[&str], key_type: KeyType, stash: bool) -> Result<RequestId> {
        let outcome = self.desk.run(Verb::CreateKeyring(NewKeyring {
            name: ring.into(),
            identity: Identity {
                hosts: hosts.iter().map(|h| (*h).to_owned()).collect(),
                organization: "Example Organisation".into(),
                country: "DE".into(),
                ..Identity::default()
            },
            key_type,
            password: demo(),
            repeat: demo(),
            stash,
            ..NewKeyring::default()
        }))?;
        let received = outcome.facts.iter().find_map(|fact| match fact {
            Fact::RequestReceived { request } => Some(request.id),
            _ => None,
        });
        received.ok_or_else(|| Error::internal("A new keyring made no request."))
    }

    /// Trusts the root, signs the request and installs the certificate.
    fn equip(&mut self, ring: &str, id: RequestId, certifier: &str, days: u32) -> Result<()> {
        self.approve(id, certifier, days)?;
        let issued = self.desk.run(Verb::Issue { ids: vec![id] })?.facts;
        let root = self.desk.state().certifiers[certifier].certificate.clone();
        let password = Some(demo());
        let act = Act::Trust { roots: vec![root] };
        self.desk.run(Verb::Ring { keyring: ring.into(), act, password: password.clone() })?;
        for fact in issued {
            if let Fact::CertificateIssued { der, .. } = fact {
                let certificates = vec![crate::pki::certificate::read(&der.0)?];
                let act = Act::Install { certificates };
                self.desk.run(Verb::Ring { keyring: ring.into(), act, password: password.clone() })?;
            }
        }
        Ok(())
    }

    /// Eight keyrings, each in another state.
    fn keyrings(&mut self) -> Result<()> {
        self.at(120);
        let id = self.keyring("ldap", &["ldap.example.test"], KeyType::Rsa2048, true)?;
        self.equip("ldap", id, ROOT, 90)?; // expired a month ago
        self.at(83);
        let id = self.keyring("www", &["www.example.test", "example.test"], KeyType::P256, true)?;
        self.equip("www", id, ROOT, 90)?; // ends in six days
        self.at(40);
        let id = self.keyring("mail", &["mail.example.test", "imap.example.test"], KeyType::P256, true)?;
        self.equip("mail", id, ROOT, 397)?;
        let id = self.keyring("intranet", &["intranet.example.test"], KeyType::P384, false)?;
        self.equip("intranet", id, ROOT, 397)?;
        self.at(20);
        let id = self.keyring("bench", &["bench.lab.example.test"], KeyType::Ed25519, true)?;
        self.equip("bench", id, LAB, 60)?;
        self.at(9);
        let id = self.keyring("portal", &["portal.example.test"], KeyType::P256, true)?;
        self.approve(id, ROOT, 200)?;
        self.desk.run(Verb::Issue { ids: vec![id] })?; // issued, not installed
        self.at(3);
        let id = self.keyring("partner", &["partner.example.test"], KeyType::Rsa3072, true)?;
        self.approve(id, ROOT, 397)?; // approved, not signed
        self.at(1);
        self.keyring("vpn", &["vpn.example.test"], KeyType::P256, true).map(|_| ()) // waits for a decision
    }

    fn sites(&mut self) -> Result<()> {
        self.at(30);
        let wanted: [(&str, SiteKind, &[&str], &str, &str); 12] = [
            ("www", SiteKind::Web, &["www.example.test", "example.test"], "web01/Example", "www"),
            ("intranet", SiteKind::Web, &["intranet.example.test"], "web02/Example", "intranet"),
            ("portal", SiteKind::Web, &["portal.example.test"], "web01/Example", "portal"),
            ("partner", SiteKind::Web, &["partner.example.test"], "web03/Example", "partner"),
            ("webmail", SiteKind::Web, &["mail.example.test"], "mail01/Example", "mail"),
            ("bench", SiteKind::Web, &["bench.lab.example.test"], "lab01/Example", "bench"),
            ("imap", SiteKind::Imap, &["imap.example.test"], "mail01/Example", "mail"),
            ("pop3", SiteKind::Pop3, &["pop.example.test"], "mail01/Example", "mail"),
            ("smtp", SiteKind::Smtp, &["mail.example.test"], "mail01/Example", "mail"),
            ("directory", SiteKind::Ldap, &["ldap.example.test"], "dir01/Example", "ldap"),
            ("diiop", SiteKind::Iiop, &["www.example.test"], "web01/Example", ""),
            ("archive", SiteKind::Web, &["archive.example.test"], "web04/Example", ""),
        ];
        for (name, kind, hosts, server, keyring) in wanted {
            let mut site = Site {
                name: name.into(),
                title: format!("{name} of Example Organisation"),
                organization: "Example".into(),
                hosts: hosts.iter().map(|h| (*h).to_owned()).collect(),
                servers: vec![server.into()],
                keyring: keyring.into(),
                enabled: name != "archive",
                ..Site::preset(kind)
            };
            match name {
                "www" => {
                    (site.default_site, site.access.redirect) = (true, true);
                    (site.access.tcp_anonymous, site.access.tls_anonymous) = (true, true);
                    site.rules =
                        rules("redirect 301 /shop/* = /store/\ndirectory read /icons/* = domino/icons")?;
                }
                "intranet" => {
                    site.access.redirect = true;
                    site.access.client_certificate = true;
                    site.crl.check = true;
                }
                // Its server has another port, for a partner's firewall.
                "partner" => {
                    (site.port, site.access.redirect) = (8443, true);
                    (site.access.tls_password, site.access.client_certificate) = (false, true);
                    (site.crl.check, site.crl.allow_failure) = (true, true);
                }
                "imap" | "pop3" => site.access.tcp_password = false,
                "directory" => {
                    (site.access.tcp_anonymous, site.access.tls_anonymous) = (true, true);
                    site.tls.ciphers =
                        Some(["C030", "C02F", "9F"].into_iter().filter_map(Suite::from_hex).collect());
                }
                // As it came from an old release.
                "bench" => site.tls.accept_expired = true,
                _ => {}
            }
            self.desk.run(Verb::SaveSite { before: None, site })?;
        }
        let site = Site {
            name: "everywhere".into(),
            title: "Rules of every Web site".into(),
            rules: rules("header /* Strict-Transport-Security: max-age=31536000\noverride-session /api/*")?,
            ..Site::preset(SiteKind::GlobalWeb)
        };
        self.desk.run(Verb::SaveSite { before: None, site }).map(|_| ())
    }

    /// The servers that the site documents name, of several releases; one loads no Internet Sites.
    fn servers(&mut self) -> Result<()> {
        use SiteKind::{Iiop, Imap, Ldap, Pop3, Smtp, Web};
        let wanted: [(&str, Release, &[&str], &[SiteKind]); 7] = [
            ("web01", Release::R14, &["www.example.test", "portal.example.test"], &[Web, Iiop]),
            ("web02", Release::R12, &["intranet.example.test"], &[Web]),
            ("web03", Release::R12, &["partner.example.test"], &[Web]),
            ("web04", Release::R10, &["archive.example.test"], &[Web]),
            ("mail01", Release::R14, &["mail.example.test", "imap.example.test"], &[Web, Imap, Pop3, Smtp]),
            ("dir01", Release::R12, &["ldap.example.test"], &[Ldap]),
            ("lab01", Release::R11, &["bench.lab.example.test"], &[Web]),
        ];
        for (address, (name, release, hosts, kinds)) in (11..).zip(wanted) {
            let mut server = Box::new(Server {
                name: name.into(),
                server_name: format!("{name}/Example"),
                hosts: hosts.iter().map(|h| (*h).to_owned()).collect(),
                addresses: vec![format!("192.0.2.{address}")],
                release,
                sni: release == Release::R11,
                load_sites: name != "web04",
                keyring: if name == "web04" { "intranet".into() } else { String::new() },
                starttls: name == "mail01",
                ..Server::default()
            });
            for kind in kinds {
                server.change_port(*kind, |port| {
                    port.tls_status = PortStatus::Enabled;
                    match kind {
                        Web => port.tcp_status = PortStatus::Redirect,
                        Smtp => port.tcp_status = PortStatus::Enabled,
                        _ => {}
                    }
                    if name == "web03" {
                        port.tls = 8443;
                    }
                });
            }
            // One still has the links of the time before TLS.
            server.references.https = kinds.contains(&Web) && name != "web03";
            self.desk.run(Verb::SaveServer { before: None, server })?;
        }
        Ok(())
    }

    /// Requests of others that wait for a decision, and one that was denied.
    fn open_requests(&mut self) -> Result<()> {
        self.at(2);
        let requests = [90_001, 90_002, 90_003].into_iter().map(pkcs10).collect::<Result<Vec<_>>>()?;
        let received = self.desk.run(Verb::import(requests, "file branch-office.pem"))?;
        let last = received.facts.iter().rev().find_map(|fact| match fact {
            Fact::RequestReceived { request } => Some(request.id),
            _ => None,
        });
        let Some(id) = last else { return Ok(()) };
        let reason = "The machine was retired last year; ask the branch office.".into();
        self.desk.run(Verb::Deny { id, reason }).map(|_| ())
    }

    fn revocations(&mut self) -> Result<()> {
        let issued: Vec<RequestId> = self
            .desk
            .state()
            .requests
            .values()
            // Every third was issued for 90 days and may have ended; the others last longer than a year.
            .filter(|r| {
                r.keyring.is_none() && !r.id.0.is_multiple_of(3) && matches!(r.status, Status::Issued { .. })
            })
            .map(|r| r.id)
            .collect();
        let reasons = [Reason::Superseded, Reason::KeyCompromise, Reason::CessationOfOperation];
        self.at(5);
        for (id, reason) in issued.iter().rev().step_by(7).take(9).zip(reasons.into_iter().cycle()) {
            let state = self.desk.state();
            if let Some(Status::Issued { certifier, serial, .. }) = state.requests.get(id).map(|r| &r.status)
            {
                let (certifier, serial) = (certifier.clone(), serial.clone());
                self.desk.run(Verb::revoke(certifier, serial, reason))?;
            }
        }
        for certifier in [ROOT, LAB] {
            self.desk.run(Verb::issue_crl(certifier))?;
        }
        Ok(())
    }

    /// Issues many more, straight from templates in large batches, to furnish a workspace of the largest size.
    fn many(&mut self, count: u64, progress: &mut dyn FnMut(&str)) -> Result<()> {
        // Each index is written once a batch, wherever in it the new rows belong: large batches write less.
        const CHUNK: u64 = 20_000;
        let sample = pkcs10(80_000)?;
        let mut made = 0;
        while made < count {
            let chunk = (count - made).min(CHUNK);
            self.at(358 - i64::try_from(made * 350 / count).unwrap_or(0));
            self.desk.work(&mut |desk, state, now| {
                desk.with_env(now, &mut |env| bulk(state, &sample, made..made + chunk, env))
            })?;
            made += chunk;
            progress(&format!("{made} of {count} more certificates"));
        }
        Ok(())
    }
}

/// How many requests come in one file.
const BATCH: u64 = 20;

fn bulk(
    state: &State,
    sample: &crate::model::request::Pkcs10,
    numbers: std::ops::Range<u64>,
    env: &mut crate::ops::Env<'_>,
) -> Result<Change> {
    let certifier = &state.certifiers[ROOT];
    let profile = &state.profiles["server"];
    let authority = &certifier.certificate;
    let algorithm = env.signer.key(ROOT)?.algorithm().to_vec();
    let mut rows = Vec::new();
    let mut work = Vec::new();
    for number in numbers {
        let host = host(number);
        let days = 30 + u32::try_from(number * 37 % 368).unwrap_or(0);
        let validity = profile.validity(days, env.now, (authority.not_before, authority.not_after));
        let serial = env.serial();
        let mut asked = sample.clone();
        asked.subject = subject(&host)?;
        let template = issue::from_request(&asked, profile, certifier, serial.clone(), validity.clone())?;
        work.push((
            Signing::Certificate(serial.clone()),
            issue::to_be_signed(&template, &authority.subject, &algorithm)?,
        ));
        rows.push(Issued {
            id: 0,
            certifier: ROOT.into(),
            serial,
            subject: asked.subject.text(),
            alt_names: format!("DNS:{host}"),
            not_before: validity.not_before,
            not_after: validity.not_after,
            key: asked.key.algorithm.clone(),
            key_sha256: asked.key.sha256,
            sha256: Digest::default(),
            request: None,
            profile: "server".into(),
            at: env.now,
            by: env.operator.to_owned(),
            ..Issued::default()
        });
    }
    let signatures = env.signer.sign(ROOT, &work)?;
    let facts = rows.into_iter().zip(&work).zip(&signatures).map(|((mut issued, (_, tbs)), signature)| {
        let der = issue::assemble(tbs, &algorithm, signature);
        issued.sha256 = crate::pki::sha256(&der);
        Fact::CertificateIssued { issued, der: Der(der) }
    });
    Ok(Change { facts: facts.collect(), files: Vec::new() })
}

fn host(number: u64) -> String {
    const PLACES: [&str; 8] = ["berlin", "lyon", "porto", "gdansk", "turin", "malmo", "graz", "bergen"];
    const DUTIES: [&str; 6] = ["app", "db", "print", "file", "proxy", "build"];
    let place = PLACES[usize::try_from(number % 8).unwrap_or(0)];
    let duty = DUTIES[usize::try_from(number / 8 % 6).unwrap_or(0)];
    format!("{duty}{number:03}.{place}.example.test")
}

fn subject(host: &str) -> Result<crate::model::name::Name> {
    name::build(&[("C", "DE"), ("O", "Example Organisation"), ("CN", host)])
}

/// Makes a request as somebody else's machine would.
fn pkcs10(number: u64) -> Result<crate::model::request::Pkcs10> {
    let host = host(number);
    let kind = if number.is_multiple_of(40) { KeyType::P384 } else { KeyType::P256 };
    let key = PrivateKey::generate(kind)?;
    request::read(&request::build(&subject(&host)?, &[AltName::Dns(host)], &key)?)
}

/// Reads Web Site Rules of our own making.
fn rules(text: &str) -> Result<Vec<Rule>> {
    rule::read(text).map_err(Error::internal)
}
