//! What a second of issuing yields, at any number of certificates issued before, beside raw signing, the disk and
//! `openssl ca` with as many lines in its index.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::{NewCertifier, Policy};
use ringmaster::model::change::Fact;
use ringmaster::model::key::KeyType;
use ringmaster::model::name::AltName;
use ringmaster::model::request::{Pkcs10, Plan};
use ringmaster::model::secret::Secret;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{name, request};

use crate::{config, line};

const ONE_BY_ONE: usize = 400;
const BATCHED: usize = 1_600;
const BATCH: usize = 100;

/// The rates of a certifier that has issued nothing yet.
pub(crate) fn empty(key_type: KeyType) {
    let temp = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(&config(temp.path()), None, false).expect("a desk");
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
    measure(&mut desk, "root", key_type, temp.path());
}

/// The rates of an unlocked certifier in a workspace of any size; `folder` is on the same disk.
pub(crate) fn measure(desk: &mut Desk, certifier: &str, key_type: KeyType, folder: &Path) {
    let before = desk.state().issued;
    let mut approved = approved(desk, certifier);
    let batched = approved.split_off(ONE_BY_ONE);
    let raw = raw(key_type);
    let beside = |rate: f64| format!("{:.0} % of raw signing ({raw:.0}/s)", rate * 100.0 / raw);
    let what = |what: &str| format!("{what}, {}, {before} issued", key_type.name());

    let (begin, busy) = (Instant::now(), processor());
    for id in approved {
        desk.run(Verb::Issue { ids: vec![id] }).expect("issued");
    }
    let single = ONE_BY_ONE as f64 / begin.elapsed().as_secs_f64();
    let busy = (processor() - busy) / ONE_BY_ONE as u32;
    let disk = format!(
        "{busy:.0?} of the processor each; {}; this disk syncs {:.0}/s, each issue syncs twice",
        beside(single),
        syncs(folder)
    );
    line(&what("issue one"), format!("{single:.0}/s"), disk);

    let (begin, busy) = (Instant::now(), processor());
    for ids in batched.chunks(BATCH) {
        desk.run(Verb::Issue { ids: ids.to_vec() }).expect("issued");
    }
    let batch = BATCHED as f64 / begin.elapsed().as_secs_f64();
    let busy = (processor() - busy) / BATCHED as u32;
    line(
        &what("batches of 100"),
        format!("{batch:.0}/s"),
        format!("{busy:.0?} of the processor each; {}", beside(batch)),
    );

    let begin = Instant::now();
    desk.run(Verb::issue_crl(certifier)).expect("a CRL");
    let crl = begin.elapsed().as_secs_f64();
    line(&what("CRL"), format!("{:.1} ms", crl * 1e3), "whole commands; few are revoked".into());

    if let Some((one, list)) = openssl_ca(folder, key_type, before) {
        let beside =
            format!("ours is {:.0} times as fast, in batches {:.0} times", single / one, batch / one);
        line(&what("openssl ca, one a process"), format!("{one:.1}/s"), beside);
        let beside = format!("ours is {:.0} times as fast", list / crl);
        line(&what("openssl ca -gencrl"), format!("{:.1} ms", list * 1e3), beside);
    }
}

/// The time that this process has had of all processors: what else the machine does makes little difference to it.
fn processor() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec as u64, spent.tv_nsec as u32)
}

/// Requests that are received and approved, ready to be issued.
fn approved(desk: &mut Desk, certifier: &str) -> Vec<ringmaster::model::request::RequestId> {
    let made = (0..ONE_BY_ONE + BATCHED).map(|i| -> ringmaster::model::error::Result<Pkcs10> {
        let host = format!("bench{i}.example.test");
        let key = PrivateKey::generate(KeyType::P256)?;
        request::read(&request::build(&name::build(&[("CN", &host)])?, &[AltName::Dns(host)], &key)?)
    });
    let made = made.collect::<Result<_, _>>().expect("requests are made");
    let imported = desk.run(Verb::import(made, "bench")).expect("requests are received");
    let received = imported.facts.iter().filter_map(|fact| match fact {
        Fact::RequestReceived { request } => Some(request.id),
        _ => None,
    });
    let ids: Vec<_> = received.collect();
    for id in &ids {
        let plan = Plan {
            certifier: certifier.into(),
            profile: "server".into(),
            days: 90,
            reason: String::new(),
            ..Plan::default()
        };
        desk.run(Verb::Approve { id: *id, plan }).expect("approved");
    }
    ids
}

/// How often a second a key of this kind signs, on one thread and with nothing else to do.
fn raw(key_type: KeyType) -> f64 {
    let key = PrivateKey::generate(key_type).expect("a key");
    let message = [7; 700];
    let begin = Instant::now();
    let mut count = 0_u32;
    while begin.elapsed() < Duration::from_secs(1) {
        key.sign(&message).expect("signed");
        count += 1;
    }
    f64::from(count) / begin.elapsed().as_secs_f64()
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

/// How many certificates a second `openssl ca` issues, one process each, and the seconds that a CRL takes, with so many
/// lines in its index.
fn openssl_ca(folder: &Path, key_type: KeyType, issued: u64) -> Option<(f64, f64)> {
    let temp = tempfile::tempdir_in(folder).ok()?;
    let settings = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n\
                    default_days=90\ndefault_crl_days=30\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n";
    let mut index = BufWriter::new(std::fs::File::create(temp.path().join("index.txt")).ok()?);
    for i in 0..issued {
        writeln!(index, "V\t280101000000Z\t\t41{i:030X}\tunknown\t/CN=host{i}.example.test").ok()?;
    }
    index.into_inner().ok()?;
    for (file, text) in [("ca.cnf", settings), ("serial", "1000\n")] {
        std::fs::write(temp.path().join(file), text).ok()?;
    }
    let run = |arguments: &str| {
        let output = Command::new("openssl").current_dir(&temp).args(arguments.split(' ')).output().ok()?;
        output.status.success().then_some(())
    };
    let key = if key_type == KeyType::Rsa2048 { "rsa:2048" } else { "ec -pkeyopt ec_paramgen_curve:P-256" };
    run(&format!("req -x509 -newkey {key} -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 900"))?;
    run(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout l.key -out l.csr -subj /CN=leaf",
    )?;
    let count = if issued > 10_000 { 3 } else { 20 };
    let begin = Instant::now();
    for _ in 0..count {
        run("ca -config ca.cnf -batch -notext -keyfile ca.key -cert ca.pem -in l.csr -out l.pem")?;
    }
    let rate = f64::from(count) / begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    run("ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.pem -out l.crl")?;
    Some((rate, begin.elapsed().as_secs_f64()))
}
