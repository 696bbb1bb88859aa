//! Lists of compromised keys as others publish them, made into sorted entries of one size. Owns no list.

use super::weak_key::number_mark;
use crate::model::bytes::unhex;
use crate::model::compromised::Sort;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;

/// Reads a list in one of the known forms, and returns its sort and its entries, sorted, each once:
///
/// - Debian's `blacklist.RSA-2048` and its relatives: 20 hexadecimal digits a line;
/// - SHA-256 of SubjectPublicKeyInfo: 64 digits a line;
/// - moduli: more than 100 digits a line, with or without `Modulus=`;
/// - the file `blocklist.dat` of badkeys: sorted records of 16 octets.
///
/// Lines that are empty or begin with `#` are passed over; what follows a blank is a remark. Errors: no such form, forms
/// mixed.
pub fn read(bytes: &[u8]) -> Result<(Sort, Vec<u8>)> {
    let wrong = |why: String| {
        Error::damaged("This is no list of keys.").why(why).next(
            "Bring a list with 20 digits a line (Debian), 64 digits (SHA-256 of the public key), a modulus a line, or the \
             blocklist.dat of badkeys.",
        )
    };
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    let (sort, mut entries) = match text {
        Some(text) => lines(text).map_err(wrong)?,
        None => (
            Sort::Number,
            records(bytes).ok_or_else(|| wrong("It is neither text nor sorted records.".into()))?,
        ),
    };
    entries.sort_unstable();
    entries.dedup();
    if entries.is_empty() {
        return Err(wrong("It lists no key.".into()));
    }
    Ok((sort, entries.concat()))
}

fn lines(text: &str) -> std::result::Result<(Sort, Vec<Vec<u8>>), String> {
    let mut found: Option<Sort> = None;
    let mut entries = Vec::new();
    for (n, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        let digits = word.strip_prefix("Modulus=").unwrap_or(word);
        let even = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
        let bytes =
            unhex(&even).ok_or_else(|| format!("Line {n} is not hexadecimal: \"{}\".", visible(word)))?;
        let (sort, entry) = match digits.len() {
            20 => (Sort::Debian, bytes),
            64 => (Sort::Spki, bytes),
            101.. => (Sort::Number, number_mark(&bytes)),
            other => return Err(format!("Line {n} has {other} digits.")),
        };
        if *found.get_or_insert(sort) != sort {
            return Err(format!("Line {n} is of another sort than those before it."));
        }
        entries.push(entry);
    }
    Ok((found.unwrap_or(Sort::Spki), entries))
}

fn records(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (records, rest) = bytes.as_chunks::<16>();
    let sorted = rest.is_empty() && records.is_sorted();
    sorted.then(|| records.iter().map(|r| r[..Sort::Number.size()].to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_form_is_read() {
        let debian =
            "# a remark\n00ff00ff00ff00ff00ff\n\n0000000000000000000a remark\n00ff00ff00ff00ff00ff\n";
        let (sort, entries) = read(debian.as_bytes()).unwrap();
        assert_eq!((sort, entries.len()), (Sort::Debian, 20));
        assert_eq!(entries[9], 0x0a, "sorted, each once");
        assert_eq!(read("AB".repeat(32).as_bytes()).unwrap(), (Sort::Spki, vec![0xab; 32]));
        let modulus = "c".repeat(101);
        let with = read(format!("Modulus={modulus}\r\n").as_bytes()).unwrap();
        assert_eq!(with, read(modulus.as_bytes()).unwrap());
        assert_eq!((with.0, with.1.len()), (Sort::Number, 15));
        let dat = [[0; 16], [0xfe; 16], [0xff; 16]].concat();
        assert_eq!(read(&dat).unwrap(), (Sort::Number, [[0; 15], [0xfe; 15], [0xff; 15]].concat()));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let mixed = format!("{}\n{}", "a".repeat(20), "a".repeat(64));
        for (bad, says) in [
            (&b""[..], "no key"),
            (b"# nothing\n", "no key"),
            (b"hello", "Line 1 is not hexadecimal"),
            (b"abcd", "4 digits"),
            (mixed.as_bytes(), "Line 2 is of another sort"),
            (b"\xff\x00\xff", "neither"),
            (&[[0xff; 16], [0; 16]].concat(), "neither"),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.why.contains(says), "{says}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
