//! Measures what ARCHITECTURE.md promises, each figure beside a peer or a limit measured in the same run.
//!
//! `cargo bench` runs all but `large`; `cargo bench -- issue` runs those whose name contains the word. `large` takes
//! minutes to furnish a workspace and is run only when named; `cargo bench -- large --at DIR` keeps it and uses it again,
//! `--rows N` makes it of another size than a million.
//! The folders of the others are under `TMPDIR`: durable work is as fast as the disk that it is on.

#![allow(clippy::print_stdout, reason = "a benchmark reports on standard output")]

mod large;
mod pty;
mod rates;

use std::path::Path;
use std::time::Instant;

use ringmaster::config::Config;
use ringmaster::desk::Desk;
use ringmaster::model::bytes::Serial;
use ringmaster::model::explain::log::Reader;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::time::Timestamp;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{crl, issue, name};
use ringmaster::store::certifier_key::Protection;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let after = |option: &str| arguments.get(arguments.iter().position(|a| a == option)? + 1);
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|a| name.contains(a.as_str()));
    println!("{:44} {:>14}   beside", "what", "measured");
    if wanted("issue") {
        rates::empty(KeyType::P256);
        rates::empty(KeyType::Rsa2048);
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
        let rows = after("--rows").map_or(1_000_000, |n| n.parse().expect("--rows takes a number"));
        large::large(after("--at").map(Into::into), rows);
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
