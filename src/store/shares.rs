//! Shares of a certifier's key as people write them down: dealing, reading, joining. See docs/formats.md.
//!
//! A share is 35 octets: the set (2), its number (1), its part of the secret (32). It is written in Crockford's base 32,
//! which has no I, L, O and U, and ends with a check code of 20 bits over all of it.

use blahaj::{Share, Sharks};
use zeroize::Zeroizing;

use super::seal;
use crate::model::bytes::{Digest, hex};
use crate::model::error::{Error, Kind, Result};
use crate::model::protection::{Dealt, KeyProtection, MOST_SHARES};
use crate::model::secret::Secret;
use crate::pki::sha256;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The octets of a share.
const OCTETS: usize = 35;

/// The letters and digits of its text: 56 for the octets, 4 for the check code.
const LETTERS: usize = 60;

/// How many stand in a group.
const GROUP: usize = 4;

/// Deals shares of a new secret. Errors: `Usage` for numbers out of range.
pub fn deal(needed: u8, of: u8) -> Result<Dealt> {
    if !(2..=MOST_SHARES).contains(&needed) || !(needed..=MOST_SHARES).contains(&of) {
        return Err(Error::usage(format!("{needed} of {of} shares cannot be dealt."))
            .why(format!("It takes 2 to {MOST_SHARES} shares, and there are at least as many.")));
    }
    let secret = seal::random::<32>()?;
    let set = seal::random::<2>()?;
    let shares = Sharks(needed).dealer(&*secret).take(of.into());
    let shares = shares.map(|share| {
        let share = Zeroizing::new(Vec::from(&share));
        let mut octets = Zeroizing::new([0; OCTETS]);
        octets[..2].copy_from_slice(&*set);
        octets[2..].copy_from_slice(&share);
        written(&octets)
    });
    Ok(Dealt { needed, set: set_name(&*set), shares: shares.collect(), joined: Secret::new(hex(&*secret)) })
}

/// Returns what protects a key with these shares.
pub fn protection(dealt: &Dealt) -> Result<KeyProtection> {
    let digests = dealt.shares.iter().map(|share| Ok(digest(&*read(share)?)));
    let shares = digests.collect::<Result<_>>()?;
    Ok(KeyProtection::Shares { needed: dealt.needed, set: dealt.set.clone(), shares })
}

/// Returns the number of a share.
pub fn number(share: &Secret) -> Result<u8> {
    Ok(read(share)?[2])
}

/// Returns the check code that a share ends with.
pub fn check_code(share: &Secret) -> String {
    let letters: String = share.expose().chars().filter(|c| !c.is_whitespace()).collect();
    letters.get(letters.len().saturating_sub(GROUP)..).unwrap_or_default().to_owned()
}

/// Checks one share of several against the protection and those that were given before, so that the wrong one is named.
///
/// Errors: `WrongPassword` with what is wrong with it.
pub fn check(protection: &KeyProtection, given: &[Secret], share: &Secret) -> Result<u8> {
    let KeyProtection::Shares { set, shares, .. } = protection else {
        return Err(Error::internal("A share was given for a key that has none."));
    };
    let wrong = |what: String| Error::new(Kind::WrongPassword, what);
    let octets = read(share)?;
    let number = octets[2];
    let theirs = set_name(&octets[..2]);
    if theirs != *set {
        return Err(wrong(format!("Share {number} is of the set {theirs}, not {set}."))
            .why("The key was shared anew since, or it is a share of another certifier.")
            .next("Take the share of the present set."));
    }
    if given.iter().any(|other| read(other).is_ok_and(|o| o[2] == number)) {
        return Err(wrong(format!("Share {number} was given already.")).next("Give another share."));
    }
    let known = usize::from(number).checked_sub(1).and_then(|at| shares.get(at));
    if known != Some(&digest(&octets)) {
        return Err(wrong(format!("Share {number} is not the one that was dealt."))
            .why("Its check code fits, but not its digest in the key file: somebody made it up, or the file was altered.")
            .next("Compare it with the paper, and take another share."));
    }
    Ok(number)
}

/// Joins shares that were checked. Errors: `WrongPassword` for one that does not fit, or too few.
pub fn join(protection: &KeyProtection, given: &[Secret]) -> Result<(seal::Key, Vec<u8>)> {
    let KeyProtection::Shares { needed, .. } = protection else {
        return Err(Error::internal("Shares were given for a key that has none."));
    };
    let mut numbers = Vec::new();
    let mut shares = Vec::new();
    for (at, share) in given.iter().enumerate() {
        numbers.push(check(protection, given.get(..at).unwrap_or_default(), share)?);
        let octets = read(share)?;
        let share = Share::try_from(&octets[2..]).map_err(|e| Error::internal(format!("A share: {e}.")))?;
        shares.push(share);
    }
    let too_few = || {
        Error::new(Kind::WrongPassword, format!("{} shares are too few.", given.len()))
            .why(format!("It takes {needed}."))
    };
    let secret = Sharks(*needed).recover(&shares).map(Zeroizing::new).map_err(|_| too_few())?;
    let key = <[u8; 32]>::try_from(secret.as_slice()).map(Zeroizing::new);
    Ok((key.map_err(|_| too_few())?, numbers))
}

/// Writes the sheet of one share for printing: 80 columns, with what a holder has to know.
pub fn sheet(certifier: &str, dealt: &Dealt, share: &Secret, date: &str) -> Result<Zeroizing<String>> {
    let number = number(share)?;
    Ok(Zeroizing::new(format!(
        "Share {number} of {} of the key of certifier {certifier}\n\n    set         {}\n    made        {date}\n    \
         it takes    any {} of the {} shares\n    check code  {}\n\n{}\n\n\
         Keep it where nobody else can read it, and apart from the other shares.\n\
         It opens nothing alone. Letters are typed in either case; blanks do not count.\n",
        dealt.shares.len(),
        dealt.set,
        dealt.needed,
        dealt.shares.len(),
        check_code(share),
        lines(share).join("\n")
    )))
}

/// Returns the lines of a share as it is shown: five groups of four each.
pub fn lines(share: &Secret) -> Vec<String> {
    let groups: Vec<&str> = share.expose().split(' ').collect();
    groups.chunks(5).map(|line| format!("    {}", line.join(" "))).collect()
}

/// Writes a share in groups, the check code last.
fn written(octets: &[u8; OCTETS]) -> Secret {
    let mut letters = Zeroizing::new(Vec::with_capacity(LETTERS));
    for five in octets.chunks(5) {
        let number = five.iter().fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
        letters.extend((0..8).rev().map(|at| letter(number >> (at * 5))));
    }
    let check = check_of(octets);
    letters.extend((0..4).rev().map(|at| letter(u64::from(check) >> (at * 5))));
    let mut text = String::with_capacity(LETTERS + LETTERS / GROUP);
    for (at, letter) in letters.iter().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push(' ');
        }
        text.push(char::from(*letter));
    }
    Secret::new(text)
}

/// Reads a share in whatever case and grouping. Errors: `WrongPassword`, mistyped.
fn read(share: &Secret) -> Result<Zeroizing<[u8; OCTETS]>> {
    let wrong = |why: String| {
        Error::new(Kind::WrongPassword, "The share is mistyped.")
            .why(why)
            .next("Compare it with the paper, group by group, and type it again.")
    };
    let mut values = Zeroizing::new(Vec::with_capacity(LETTERS));
    for c in share.expose().chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let value = ALPHABET.iter().position(|letter| char::from(*letter) == c);
        let at = values.len() / GROUP + 1;
        let value = value.ok_or_else(|| wrong(format!("Group {at} holds a character that no share has.")))?;
        values.push(u64::try_from(value).unwrap_or(0));
    }
    if values.len() != LETTERS {
        return Err(wrong(format!("It has {} letters and digits instead of {LETTERS}.", values.len())));
    }
    let mut octets = Zeroizing::new([0; OCTETS]);
    for (five, eight) in octets.chunks_mut(5).zip(values.chunks(8)) {
        let number = eight.iter().fold(0_u64, |number, value| number << 5 | value);
        five.copy_from_slice(&number.to_be_bytes()[3..]);
    }
    let check = values[LETTERS - 4..].iter().fold(0_u64, |number, value| number << 5 | value);
    if check != u64::from(check_of(&octets)) {
        return Err(wrong("Its check code does not fit the rest.".into()));
    }
    Ok(octets)
}

fn letter(value: u64) -> u8 {
    usize::try_from(value & 31).ok().and_then(|at| ALPHABET.get(at)).copied().unwrap_or(b'0')
}

/// The check code: the first 20 bits of a digest.
fn check_of(octets: &[u8; OCTETS]) -> u32 {
    let text = Zeroizing::new([b"ringmaster share check ".as_slice(), octets].concat());
    let digest = sha256(&text).0;
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) >> 12
}

fn digest(octets: &[u8; OCTETS]) -> Digest {
    sha256(octets)
}

/// Names a set by four letters and digits.
fn set_name(set: &[u8]) -> String {
    let number = set.iter().fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
    (0..4).rev().map(|at| char::from(letter(number >> (at * 5)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Secret {
        Secret::new(text.into())
    }

    proptest::proptest! {
        #[test]
        fn every_share_comes_back_however_it_is_typed(octets: [u8; OCTETS], lower: bool, dashes: bool) {
            let share = written(&octets);
            let mut text = share.expose().to_owned();
            if lower {
                text = text.to_lowercase().replace('1', "l").replace('0', "o");
            }
            if dashes {
                text = text.replace(' ', "-");
            }
            proptest::prop_assert_eq!(*read(&typed(&text)).unwrap(), octets);
        }

        #[test]
        fn garbage_is_mistyped_and_never_panics(text: String) {
            proptest::prop_assert!(read(&typed(&text)).is_err());
        }
    }

    #[test]
    fn one_wrong_letter_is_noticed_before_anything_is_joined() {
        let dealt = deal(2, 3).unwrap();
        let text = dealt.shares[0].expose();
        let mut missed = 0;
        for at in (0..text.len()).filter(|at| text.as_bytes()[*at] != b' ') {
            let other = if text.as_bytes()[at] == b'7' { "8" } else { "7" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            missed += u32::from(read(&typed(&changed)).is_ok());
        }
        // 20 bits of check: one in a million slips through, and is then caught by its digest.
        assert_eq!(missed, 0);
        assert!(!format!("{dealt:?}").contains(&text[..9]), "a share is printed");
    }

    #[test]
    fn any_of_the_shares_join_and_the_wrong_one_is_named() {
        let dealt = deal(3, 5).unwrap();
        let protection = protection(&dealt).unwrap();
        let pick = |at: &[usize]| at.iter().map(|i| dealt.shares[*i].clone()).collect::<Vec<_>>();
        for at in [[0, 1, 2], [4, 2, 0], [1, 3, 4]] {
            let (key, numbers) = join(&protection, &pick(&at)).unwrap();
            assert_eq!(hex(&*key), dealt.joined.expose());
            assert_eq!(numbers, at.map(|i| u8::try_from(i).unwrap() + 1));
        }
        assert!(join(&protection, &pick(&[0, 1])).unwrap_err().what.contains("too few"));
        assert!(join(&protection, &pick(&[0, 1, 1])).unwrap_err().what.contains("Share 2 was given already"));
        let other = deal(3, 5).unwrap();
        let error = check(&protection, &[], &other.shares[3]).unwrap_err();
        assert!(error.what.contains("Share 4 is of the set"), "{error}");
        // Made up: of the right set, with a fitting check code.
        let mut octets = read(&dealt.shares[1]).unwrap();
        octets[9] ^= 1;
        let error = check(&protection, &[], &written(&octets)).unwrap_err();
        assert!(error.what.contains("Share 2 is not the one"), "{error}");
        for (needed, of) in [(1, 3), (4, 3), (2, MOST_SHARES + 1)] {
            assert_eq!(deal(needed, of).unwrap_err().kind, Kind::Usage);
        }
    }

    #[test]
    fn a_sheet_fits_on_paper_and_holds_one_share() {
        let dealt = deal(2, 3).unwrap();
        let sheet = sheet("root", &dealt, &dealt.shares[1], "2026-11-25").unwrap();
        assert!(sheet.lines().all(|l| l.len() <= 80) && sheet.contains("Share 2 of 3"), "{}", &*sheet);
        assert!(sheet.contains(&check_code(&dealt.shares[1])));
        let body: String = sheet.lines().filter(|l| l.starts_with("    ")).skip(4).collect();
        assert_eq!(*read(&typed(&body)).unwrap(), *read(&dealt.shares[1]).unwrap());
    }
}
