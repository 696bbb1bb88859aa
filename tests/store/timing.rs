//! How long an answer to a password takes must not tell whether it was right.

use ringmaster::model::error::Kind;
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Keyring, Sealed};
use ringmaster::model::secret::Secret;
use ringmaster::pki::key::PrivateKey;
use ringmaster::store::certifier_key::{self, Protection};
use ringmaster::store::kyr;

/// How often each password is tried: the machine does other things as well, and the middle of many tries is steady.
const TRIES: usize = 21;

const RIGHT: &str = "correct horse";
const WRONG: [&str; 4] =
    ["correct horsf", "Correct horse", "x", "a wrong password that is much longer than the right one"];

/// How many seconds this thread has worked: what other programs do meanwhile does not count.
fn worked() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Tries the right and wrong passwords in turns, and compares the middle times.
fn takes_as_long(open: &dyn Fn(&Secret) -> Option<Kind>) {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    let time = |password: &str| {
        let password = Secret::new(password.into());
        let begin = worked();
        let refused = open(&password);
        (worked() - begin, refused)
    };
    for wrong_password in WRONG.iter().cycle().take(TRIES) {
        let (elapsed, refused) = time(wrong_password);
        assert_eq!(refused, Some(Kind::WrongPassword), "{wrong_password}");
        wrong.push(elapsed);
        let (elapsed, refused) = time(RIGHT);
        assert_eq!(refused, None);
        right.push(elapsed);
    }
    let middle = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[TRIES / 2]
    };
    let (right, wrong) = (middle(&mut right), middle(&mut wrong));
    assert!(right > 0.002, "{right} s: too fast for a comparison");
    let ratio = wrong / right;
    assert!((0.7..1.4).contains(&ratio), "a wrong password takes {wrong} s, the right one {right} s");
}

#[test]
fn a_keyring_takes_as_long_for_a_wrong_password_as_for_the_right_one() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let ring = Keyring {
        name: "mail".into(),
        revision: 0,
        key: None,
        next_key: None,
        entries: Vec::new(),
        stash: false,
        sealed: Sealed::default(),
    };
    let ring = kyr::seal(ring, Some(&key), &Secret::new(RIGHT.into()), 20_000).unwrap();
    takes_as_long(&|password| kyr::open(&ring, password).err().map(|e| e.kind));
}

#[test]
fn a_certifier_takes_as_long_for_a_wrong_password_as_for_the_right_one() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let protection = Protection { argon2_mib: 16, argon2_passes: 2, keyring_rounds: 1 };
    let file = certifier_key::file("root", &key, &Secret::new(RIGHT.into()), &protection).unwrap();
    let bytes = file.bytes.unwrap();
    takes_as_long(&|password| certifier_key::open("root", &bytes, password).err().map(|e| e.kind));
}
