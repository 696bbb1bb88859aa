//! Measures what ARCHITECTURE.md promises, each figure beside a peer or a limit measured in the same run.
//!
//! `cargo bench` runs all but `large`; `cargo bench -- issue` runs those whose name contains the word. `large` takes
//! minutes to furnish a workspace and is run only when named; `cargo bench -- large --at DIR` keeps it and uses it again.
//! The folders of the others are under `TMPDIR`: durable work is as fast as the disk that it is on.

#![allow(clippy::print_stdout, reason = "a benchmark reports on standard output")]

mod large;
mod pty;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ringmaster::config::Config;
use ringmaster::desk::{Desk, Verb};
use ringmaster::model::bytes::Serial;
use ringmaster::model::certifier::{NewCertifier, Policy};
use ringmaster::model::change::Fact;
use ringmaster::model::explain::log::Reader;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::name::AltName;
use ringmaster::model::request::{Pkcs10, Plan};
use ringmaster::model::secret::Secret;
use ringmaster::model::time::Timestamp;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{crl, issue, name, request};
use ringmaster::store::certifier_key::Protection;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let at = arguments.iter().position(|a| a == "--at").and_then(|i| arguments.get(i + 1));
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|a| name.contains(a.as_str()));
    println!("{:44} {:>14}   beside", "what", "measured");
    if wanted("issue one and in batches") {
        issue_rates(KeyType::P256);
        issue_rates(KeyType::Rsa2048);
    }
    if wanted("crl") {
        crl_of_a_million();
    }
    if wanted("start") {
        start();
    }
    if wanted("log") {
        read_log();
    }
    if arguments.iter().any(|a| a == "large") {
        large::large(at.map(Into::into));
    }
}

/// Reads a server's log in which every other line is a failed handshake of another peer.
fn read_log() {
    let lines: Vec<String> = (0..200_000_u32)
        .map(|n| {
            let (second, peer) = (n % 60, std::net::Ipv4Addr::from(n % 5_000));
            match n % 2 {
                0 => format!(
                    "[0B40:000A-09DC] 12/18/2016 07:20:{second:02} AM  HTTP Server: SSL handshake failure, IP address [{peer}], \
                     Key Ring [mail.kyr], error status [4171]"
                ),
                _ => format!("[0B40:000A-09DC] 12/18/2016 07:20:{second:02} AM  Router: Message {n} delivered to Ada/Example"),
            }
        })
        .collect();
    let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
    let begun = Instant::now();
    let mut reader = Reader::default();
    lines.iter().for_each(|line| reader.line(line.as_bytes(), line.len() as u64 + 1, false));
    let report = reader.end();
    let rate = bytes as f64 / 1e6 / begun.elapsed().as_secs_f64();
    line(
        "read a log",
        format!("{rate:.0} MB/s"),
        format!("{} groups of {} lines", report.groups.len(), report.lines),
    );
}

fn line(what: &str, measured: String, beside: String) {
    println!("{what:44} {measured:>14}   {beside}");
}

fn config(folder: &Path) -> Config {
    let mut config = Config::parse("()", None).expect("the default settings load");
    config.workspace = folder.join("data");
    // Where the program itself looks, which the pseudo-terminal starts with this home.
    config.home = folder.join("home/.local/share/ringmaster");
    config.protection = Protection { argon2_mib: 8, argon2_passes: 1, keyring_rounds: 1_000 };
    config
}

fn certifier(desk: &mut Desk, key_type: KeyType) {
    let asked = NewCertifier {
        name: "root".into(),
        common_name: "Bench Root".into(),
        key_type,
        policy: Policy { own_approval: true, ..Policy::default() },
        password: Secret::new("bench".into()),
        repeat: Secret::new("bench".into()),
        ..NewCertifier::default()
    };
    desk.run(Verb::CreateCertifier(asked)).expect("a certifier is made");
}

fn requests(count: usize, first: usize) -> Vec<Pkcs10> {
    let made = (first..first + count).map(|i| {
        let host = format!("host{i}.example.test");
        let key = PrivateKey::generate(KeyType::P256)?;
        request::read(&request::build(&name::build(&[("CN", &host)])?, &[AltName::Dns(host)], &key)?)
    });
    made.collect::<Result<_, _>>().expect("requests are made")
}

/// Rates of durable issuing beside the raw signing rate of the same key.
fn issue_rates(key_type: KeyType) {
    const COUNT: usize = 400;
    const BATCHED: usize = 1_600;
    let temp = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(&config(temp.path()), None, false).expect("a desk");
    certifier(&mut desk, key_type);
    let imported =
        desk.run(Verb::import(requests(COUNT + BATCHED, 0), "bench")).expect("requests are received");
    let ids: Vec<_> = imported
        .facts
        .iter()
        .filter_map(|f| if let Fact::RequestReceived { request } = f { Some(request.id) } else { None })
        .collect();
    for id in &ids {
        let plan = Plan {
            certifier: "root".into(),
            profile: "server".into(),
            days: 90,
            reason: String::new(),
            ..Plan::default()
        };
        desk.run(Verb::Approve { id: *id, plan }).expect("approved");
    }
    let (one_by_one, batched) = ids.split_at(COUNT);

    let key = PrivateKey::generate(key_type).expect("a key");
    let message = [7; 700];
    let begin = Instant::now();
    let mut raw = 0_u32;
    while begin.elapsed() < Duration::from_secs(1) {
        key.sign(&message).expect("signed");
        raw += 1;
    }
    let raw = f64::from(raw) / begin.elapsed().as_secs_f64();

    let syncs = syncs(temp.path());
    let begin = Instant::now();
    for id in one_by_one {
        desk.run(Verb::Issue { ids: vec![*id] }).expect("issued");
    }
    let single = COUNT as f64 / begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    for ids in batched.chunks(100) {
        desk.run(Verb::Issue { ids: ids.to_vec() }).expect("issued");
    }
    let batch = BATCHED as f64 / begin.elapsed().as_secs_f64();
    let beside = |rate: f64| format!("{:.0} % of raw signing ({raw:.0}/s)", rate * 100.0 / raw);
    let disk = format!("{}; this disk syncs {syncs:.0}/s, each issue syncs twice", beside(single));
    line(&format!("issue one, durable, {}", key_type.name()), format!("{single:.0}/s"), disk);
    line(&format!("issue in batches of 100, {}", key_type.name()), format!("{batch:.0}/s"), beside(batch));
    if let Some(rate) = openssl_ca(temp.path(), key_type) {
        let beside = format!("ours, one by one, is {:.0} times that", single / rate);
        line(&format!("openssl ca, one a process, {}", key_type.name()), format!("{rate:.0}/s"), beside);
    }
}

/// How often a second this disk makes 64 KiB durable in a file that is there, which is what a commit asks of it.
fn syncs(folder: &Path) -> f64 {
    const COUNT: usize = 300;
    let mut file = std::fs::File::create(folder.join("syncs")).expect("a file");
    let block = [7; 65_536];
    for _ in 0..COUNT {
        file.write_all(&block).expect("written");
    }
    file.sync_all().expect("durable");
    std::io::Seek::rewind(&mut file).expect("rewound");
    let begin = Instant::now();
    for _ in 0..COUNT {
        file.write_all(&block).expect("written");
        file.sync_data().expect("durable");
    }
    COUNT as f64 / begin.elapsed().as_secs_f64()
}

/// How many certificates a second `openssl ca` issues, one process each, with an empty index.
fn openssl_ca(folder: &Path, key_type: KeyType) -> Option<f64> {
    const COUNT: usize = 20;
    let pkey = match key_type {
        KeyType::Rsa2048 => "rsa:2048",
        _ => "ec",
    };
    let settings = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n\
                    default_days=90\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n";
    for (file, text) in [("ca.cnf", settings), ("index.txt", ""), ("serial", "1000\n")] {
        std::fs::write(folder.join(file), text).ok()?;
    }
    let run = |arguments: &str| {
        let output = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().ok()?;
        output.status.success().then_some(())
    };
    let curve = if pkey == "ec" { " -pkeyopt ec_paramgen_curve:P-256" } else { "" };
    run(&format!(
        "req -x509 -newkey {pkey}{curve} -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 900"
    ))?;
    run(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout l.key -out l.csr -subj /CN=leaf",
    )?;
    let begin = Instant::now();
    for _ in 0..COUNT {
        run("ca -config ca.cnf -batch -notext -keyfile ca.key -cert ca.pem -in l.csr -out l.pem")?;
    }
    Some(COUNT as f64 / begin.elapsed().as_secs_f64())
}

/// A CRL of a million entries beside the limits of one second and 200 MB.
fn crl_of_a_million() {
    const COUNT: u64 = 1_000_000;
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let subject = name::build(&[("CN", "Bench Root")]).expect("a name");
    let now = Timestamp(1_790_000_000);
    let validity = ringmaster::model::profile::Validity {
        not_before: now,
        not_after: now.plus_days(3650),
        clamped: String::new(),
    };
    let template = issue::root(subject, key.info(), Serial(vec![0x41; 20]), validity).expect("a template");
    let tbs = issue::to_be_signed(&template, &template.subject, key.algorithm()).expect("encoded");
    let der = issue::assemble(&tbs, key.algorithm(), &key.sign(&tbs).expect("signed"));
    let root = ringmaster::pki::certificate::read(&der).expect("read back");
    let mut entries = (0..COUNT).map(|i| {
        let mut serial = vec![0x41; 8];
        serial.extend(i.to_be_bytes());
        (Serial(serial), now, Reason::Superseded)
    });
    let begin = Instant::now();
    let next = now.plus_days(30);
    let tbs = crl::to_be_signed(&root, key.algorithm(), 2, now, next, &mut entries).expect("encoded");
    let der = issue::assemble(&tbs, key.algorithm(), &key.sign(&tbs).expect("signed"));
    let written = begin.elapsed();
    line("CRL with 1,000,000 entries, write", format!("{:.2} s", written.as_secs_f64()), "limit 1 s".into());
    let begin = Instant::now();
    let info = crl::read(&der, &root).expect("read");
    assert_eq!(info.entries, COUNT);
    let beside = format!("{:.1} MB; peak of this process {}", der.len() as f64 / 1e6, peak());
    line("CRL with 1,000,000 entries, read", format!("{:.2} s", begin.elapsed().as_secs_f64()), beside);
}

/// The peak memory of this process, as the system counts it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = kilobytes.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or_else(|| "unknown".into(), |k| format!("{} MB", k / 1024))
}

/// From the start of the process to the first full frame, under a pseudo-terminal, on the small demonstration.
fn start() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(&config(temp.path()), None, false).expect("a desk");
    ringmaster::demo::furnish(&mut desk, ringmaster::demo::ISSUED, &mut |_| {}).expect("furnished");
    drop(desk);
    let (median, slowest) = pty::first_frame(temp.path());
    line("start to first full frame, 200 issued", median, slowest);
}
