//! Pick-up IDs: short, random, with a check letter, to be read out by telephone and written on paper. One finds a request;
//! it authorises nothing.

/// The characters of an ID: those that are not taken for each other, a prime number of them.
const ALPHABET: &[u8; 29] = b"23456789ABCDEFGHJKMNPQRTVWXYZ";

/// How many of its characters are random; the check letter follows them.
const RANDOM: usize = 8;

/// Makes an ID from random bytes, such as `K7M-QX4-T9D`; `None` when the bytes give no check letter, or no fair one.
pub fn make(random: [u8; RANDOM]) -> Option<String> {
    // A byte above the largest multiple would make some characters likelier than others.
    let digits = random.map(|b| (b < 29 * 8).then_some(u32::from(b) % 29));
    let digits = digits.into_iter().collect::<Option<Vec<_>>>()?;
    let letter = character(check(&digits)).filter(char::is_ascii_alphabetic)?;
    let text = digits.into_iter().filter_map(character).chain([letter]).collect::<Vec<_>>();
    Some(text.chunks(3).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// Reads what a person typed, in any case, with or without dashes and spaces, and returns the ID as it was given out.
///
/// Errors: what is wrong with it, in words.
pub fn read(text: &str) -> Result<String, String> {
    let typed: Vec<char> =
        text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect();
    let digit =
        |c: &char| ALPHABET.iter().position(|a| char::from(*a) == *c).and_then(|at| u32::try_from(at).ok());
    let digits = typed.iter().map(digit).collect::<Option<Vec<_>>>();
    let (Some(digits), true) = (digits, typed.len() == RANDOM + 1) else {
        return Err(format!("a pick-up ID has {} letters and digits, such as K7M-QX4-T9D", RANDOM + 1));
    };
    let (random, letter) = digits.split_at(RANDOM);
    if letter != [check(random)] {
        return Err("it is mistyped: its last letter does not fit the others".into());
    }
    Ok(typed.chunks(3).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

fn character(digit: u32) -> Option<char> {
    ALPHABET.get(usize::try_from(digit).ok()?).map(|b| char::from(*b))
}

/// A sum with a weight for each place, modulo a prime: one wrong character or two exchanged ones never leave it as it was.
fn check(digits: &[u32]) -> u32 {
    (1..).zip(digits).map(|(weight, digit)| weight * digit).sum::<u32>() % 29
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> impl Iterator<Item = String> {
        (0..200u32)
            .filter_map(|n| make(n.wrapping_mul(2_654_435_761).to_le_bytes().repeat(2).try_into().ok()?))
    }

    #[test]
    fn an_id_is_read_however_it_is_typed() {
        let id = ids().next().unwrap();
        assert_eq!(id.len(), 11, "{id}");
        assert!(id.ends_with(|c: char| c.is_ascii_alphabetic()), "{id}");
        for typed in
            [id.clone(), id.to_lowercase(), id.replace('-', ""), format!(" {} ", id.replace('-', " "))]
        {
            assert_eq!(read(&typed).as_ref(), Ok(&id), "{typed}");
        }
        for bad in ["", "K7M", "O0I-L1S-UUU", &format!("{id}2")] {
            assert!(read(bad).unwrap_err().contains("such as"), "{bad}");
        }
    }

    #[test]
    fn one_wrong_character_or_two_exchanged_ones_are_noticed() {
        for id in ids().take(20) {
            let plain: Vec<char> = id.replace('-', "").chars().collect();
            for at in 0..plain.len() {
                for other in ALPHABET.iter().map(|b| char::from(*b)).filter(|c| *c != plain[at]) {
                    let mut wrong = plain.clone();
                    wrong[at] = other;
                    assert!(read(&wrong.iter().collect::<String>()).is_err(), "{id}: {wrong:?}");
                }
                let mut wrong = plain.clone();
                wrong.swap(at, (at + 1) % plain.len());
                assert!(
                    wrong == plain || read(&wrong.iter().collect::<String>()).is_err(),
                    "{id}: {wrong:?}"
                );
            }
        }
    }
}
