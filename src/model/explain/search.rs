//! Finds the problems that a text means: whole texts in a pasted line first, then what is nearly one. Case, punctuation and
//! small typing errors do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::LazyLock;

use super::status::{self, Status};
use super::{Problem, all};

/// So much of a text is looked at.
const LONGEST: usize = 16 * 1024;
/// So many problems are answered at most.
const SHOWN: usize = 3;
/// So many words a `*` stands for at most.
const GAP: usize = 12;
/// A text that is this near is an answer.
const NEAR: f64 = 0.66;
/// A text that is this near is worth naming when there is no answer.
const FAR: f64 = 0.25;

/// How a text was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The text of the table stands in it.
    Whole,
    /// It is a part of the text of the table.
    Part,
    /// It has most of its words.
    Near,
    /// By its status number.
    Number,
}

/// What a text means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The problems, the likeliest first, each with how it was recognised.
    pub problems: Vec<(&'static Problem, Match)>,
    /// The status numbers in it.
    pub numbers: Vec<Status>,
    /// When there is neither: what comes nearest.
    pub nearest: Vec<&'static Problem>,
    /// The keyrings that it names, by name.
    pub keyrings: Vec<String>,
    /// The addresses in it.
    pub addresses: Vec<IpAddr>,
}

impl Asked {
    /// Tells whether something was found.
    pub fn is_answered(&self) -> bool {
        !self.problems.is_empty() || !self.numbers.is_empty()
    }
}

/// A word of a text of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// Any words, or none.
    Gap,
}

/// A text of the table, ready to be compared.
struct Pattern {
    problem: &'static Problem,
    tokens: Vec<Token>,
    words: usize,
}

/// Every text with how often its words stand in the table.
struct Index {
    patterns: Vec<Pattern>,
    common: BTreeMap<String, usize>,
    /// The patterns by their rarest word.
    by_word: BTreeMap<String, Vec<usize>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let mut common: BTreeMap<String, usize> = BTreeMap::new();
    for problem in all() {
        for text in problem.texts {
            let tokens = tokens(text);
            let words = literals(&tokens).count();
            literals(&tokens)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .for_each(|w| *common.entry(w.clone()).or_default() += 1);
            patterns.push(Pattern { problem, tokens, words });
        }
    }
    let mut by_word: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, pattern) in patterns.iter().enumerate() {
        if let Some(word) = literals(&pattern.tokens).min_by_key(|w| (common.get(*w), usize::MAX - w.len())) {
            by_word.entry(word.clone()).or_default().push(number);
        }
    }
    Index { patterns, common, by_word }
});

/// Answers a text: a message, a number, or a line of a log around either.
pub fn ask(text: &str) -> Asked {
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    };
    let (keyrings, addresses) = mentions(text);
    let mut asked = Asked { keyrings, addresses, numbers: numbers(text), ..Asked::default() };
    let words = words(text);
    let whole = whole(&words);
    let found = if whole.is_empty() { near(&words, &mut asked.nearest) } else { whole };
    asked.problems = found;
    for problem in asked.numbers.iter().filter_map(|status| super::find(status.problem)) {
        if asked.problems.iter().all(|(known, _)| known.key != problem.key) {
            asked.problems.push((problem, Match::Number));
        }
    }
    if asked.is_answered() {
        asked.nearest.clear();
    }
    asked
}

/// Finds the problem whose text stands in a line of a log, given as its words; the longest text counts.
pub(super) fn in_line(words: &[String]) -> Option<&'static Problem> {
    whole(words).first().map(|(problem, _)| *problem)
}

/// Splits a text into words in lower case: letters and digits that stand together.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    for (number, part) in text.split('*').enumerate() {
        if number > 0 {
            out.push(Token::Gap);
        }
        out.extend(words(part).into_iter().map(Token::Word));
    }
    out
}

fn literals(tokens: &[Token]) -> impl Iterator<Item = &String> {
    tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        Token::Gap => None,
    })
}

/// Finds the texts that stand in the words; of those in one problem the longest counts, and one that lies within another
/// is left out.
fn whole(words: &[String]) -> Vec<(&'static Problem, Match)> {
    let index = &*INDEX;
    let mut found: Vec<(usize, std::ops::Range<usize>, &'static Problem)> = Vec::new();
    let mut tried = BTreeSet::new();
    for word in words {
        for number in index.by_word.get(word).into_iter().flatten().filter(|n| tried.insert(**n)) {
            let Some(pattern) = index.patterns.get(*number) else { continue };
            let span = (0..words.len()).find_map(|at| Some(at..begins(words, at, &pattern.tokens)?));
            if let Some(span) = span {
                found.push((pattern.words, span, pattern.problem));
            }
        }
    }
    found.sort_by_key(|(words, span, _)| (std::cmp::Reverse(*words), span.start));
    let mut kept: Vec<(std::ops::Range<usize>, &'static Problem)> = Vec::new();
    for (_, span, problem) in found {
        let within =
            |(other, _): &(std::ops::Range<usize>, _)| other.start <= span.start && span.end <= other.end;
        if !kept.iter().any(|k| within(k) || k.1.key == problem.key) {
            kept.push((span, problem));
        }
    }
    kept.into_iter().take(SHOWN).map(|(_, problem)| (problem, Match::Whole)).collect()
}

/// Tells where a pattern ends that begins at a word.
fn begins(words: &[String], at: usize, tokens: &[Token]) -> Option<usize> {
    match tokens {
        [] => Some(at),
        [Token::Gap] => Some(at),
        [Token::Gap, rest @ ..] => {
            (at..=(at + GAP).min(words.len())).find_map(|next| begins(words, next, rest))
        }
        [Token::Word(word), rest @ ..] => {
            (words.get(at)? == word).then_some(()).and_then(|()| begins(words, at + 1, rest))
        }
    }
}

/// Finds texts of which the words are a part, or which have most of the words; puts the nearest aside.
fn near(words: &[String], nearest: &mut Vec<&'static Problem>) -> Vec<(&'static Problem, Match)> {
    let index = &*INDEX;
    let telling = words.iter().any(|w| w.len() >= 4 && w.chars().any(char::is_alphabetic));
    let mut best: BTreeMap<&str, (f64, Match, &'static Problem)> = BTreeMap::new();
    for pattern in &index.patterns {
        let own: Vec<&String> = literals(&pattern.tokens).collect();
        let part =
            telling && own.windows(words.len().max(1)).any(|w| w.iter().zip(words).all(|(a, b)| *a == b));
        let (score, how) = if part {
            let share = words.len() as f64 / own.len().max(1) as f64;
            (NEAR + 0.3 * share, Match::Part)
        } else {
            (likeness(index, words, &own), Match::Near)
        };
        let entry = best.entry(pattern.problem.key).or_insert((score, how, pattern.problem));
        if score > entry.0 {
            *entry = (score, how, pattern.problem);
        }
    }
    let mut best: Vec<_> = best.into_values().filter(|(score, ..)| *score >= FAR).collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    let top = best.first().map_or(0.0, |(score, ..)| *score);
    *nearest = best.iter().take(SHOWN).map(|(_, _, problem)| *problem).collect();
    let good = best.into_iter().filter(|(score, ..)| *score >= NEAR && *score >= top - 0.12);
    good.take(SHOWN).map(|(_, how, problem)| (problem, how)).collect()
}

/// Says how much two lists of words have in common, rare words counting more, from 0 to 1.
fn likeness(index: &Index, words: &[String], own: &[&String]) -> f64 {
    let weight = |word: &str| {
        let count = index.common.get(word).copied().unwrap_or(1).max(1);
        let rare = (index.patterns.len() as f64 / count as f64).ln().max(0.1);
        if word.len() < 3 || word.chars().all(|c| c.is_ascii_digit()) { rare * 0.2 } else { rare }
    };
    let of = |here: &[&String], there: &[&String]| {
        let total: f64 = here.iter().map(|w| weight(w)).sum();
        let common: f64 = here.iter().filter(|w| there.iter().any(|o| alike(w, o))).map(|w| weight(w)).sum();
        if total > 0.0 { common / total } else { 0.0 }
    };
    let words: Vec<&String> = words.iter().collect();
    0.5 * of(own, &words) + 0.5 * of(&words, own)
}

/// Tells whether two words are the same but for a typing error; short ones have to be the same.
fn alike(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let allowed = match one.len().min(other.len()) {
        0..4 => return false,
        4..8 => 1,
        _ => 2,
    };
    if one.len().abs_diff(other.len()) > allowed || one.len() > 40 {
        return false;
    }
    distance(one.as_bytes(), other.as_bytes()) <= allowed
}

/// Counts the letters to add, take away, replace or swap with the next one.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (at(&row, j) + usize::from(a != b)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

/// Words before which a number is a status.
const BEFORE: &[&str] = &["status", "err", "error", "code", "number", "num", "rc", "alert", "nr", "no"];

/// Finds the status numbers: the text is one, or one stands behind a word that says so.
fn numbers(text: &str) -> Vec<Status> {
    let separators = |c: char| !c.is_alphanumeric();
    let parts: Vec<&str> = text.split(separators).filter(|word| !word.is_empty()).collect();
    let only = parts
        .iter()
        .all(|word| status::number(word).is_some() || BEFORE.contains(&word.to_lowercase().as_str()));
    let mut found: Vec<Status> = Vec::new();
    for (at, word) in parts.iter().enumerate() {
        let Some(number) = status::number(word) else { continue };
        let before = |back: usize| at.checked_sub(back).and_then(|i| parts.get(i)).map(|w| w.to_lowercase());
        let said = |word: &str| before(1).as_deref() == Some(word) || before(2).as_deref() == Some(word);
        let of = |family| status::decode(number).into_iter().filter(move |s| s.family == family).collect();
        let numbers: Vec<Status> = match () {
            () if only => status::decode(number),
            // Whose number it is has been said.
            () if said("alert") => of(status::Family::Alert),
            () if said("num") => of(status::Family::OpenSsl),
            () if before(1).is_some_and(|w| BEFORE.contains(&w.as_str())) => of(status::Family::Domino),
            () => Vec::new(),
        };
        for status in numbers {
            if !found.iter().any(|s| (s.family, s.number) == (status.family, status.number)) {
                found.push(status);
            }
        }
    }
    found
}

/// Finds keyrings (by their files, or behind "Key Ring") and addresses.
fn mentions(text: &str) -> (Vec<String>, Vec<IpAddr>) {
    let (mut keyrings, mut addresses) = (Vec::new(), Vec::new());
    let around = |c: char| {
        c.is_whitespace() || matches!(c, '[' | ']' | '"' | '\'' | ',' | ';' | '(' | ')' | '<' | '>')
    };
    for word in text.split(around).filter(|w| !w.is_empty()) {
        if let Some(ring) = keyring_of(word).filter(|ring| !keyrings.contains(ring)) {
            keyrings.push(ring);
        }
        let address = word.trim_end_matches(['.', ':']).parse::<IpAddr>().ok();
        if let Some(address) = address.filter(|a| !addresses.contains(a)) {
            addresses.push(address);
        }
    }
    (keyrings, addresses)
}

/// Returns the name of a keyring by the path of one of its files: `/local/notesdata/mail.kyr` is `mail`.
pub(super) fn keyring_of(path: &str) -> Option<String> {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path).trim_end_matches(['.', ':']).to_lowercase();
    let stem = file.strip_suffix(".kyr").or_else(|| file.strip_suffix(".sth"))?;
    (!stem.is_empty()).then(|| stem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn first(text: &str) -> &'static str {
        ask(text).problems.first().map_or("nothing", |(problem, _)| problem.key)
    }

    #[test]
    fn every_text_of_the_table_leads_to_its_problem() {
        for problem in all() {
            for text in problem.texts {
                let text = text.replace('*', "x");
                let found = ask(&text);
                let keys: Vec<_> = found.problems.iter().map(|(p, _)| p.key).collect();
                assert!(keys.contains(&problem.key), "{text}: {keys:?}, not {}", problem.key);
            }
        }
    }

    #[test]
    fn a_line_of_a_log_is_found_by_what_stands_in_it() {
        let line = "[0B40:000A-09DC] 12/18/2016 07:20:21 AM  HTTP Server: SSL handshake failure, IP address [10.1.2.3], \
                    Key Ring [D:\\Domino\\Data\\Mail.kyr], error status [4171]";
        let asked = ask(line);
        assert_eq!(asked.problems[0], (super::super::find("handshake-failure").unwrap(), Match::Whole));
        assert_eq!(
            (asked.keyrings, asked.addresses),
            (vec!["mail".to_owned()], vec!["10.1.2.3".parse().unwrap()])
        );
        assert_eq!(asked.numbers.iter().map(|s| s.number).collect::<Vec<_>>(), [4171]);
        assert_eq!(
            first("Cert Chain Evaluation Status: err: 3674, A certificate chain could not be constructed"),
            "chain-not-built"
        );
        assert_eq!(first("verify error:num=20:unable to get local issuer certificate"), "issuer-unknown");
        assert_eq!(
            first(
                "40A7...:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../ssl/record/rec_layer_s3.c:1600:SSL alert number 40"
            ),
            "no-common-cipher"
        );
        assert_eq!(
            first(
                "curl: (60) SSL: no alternative certificate subject name matches target host name 'a.test'"
            ),
            "name-mismatch"
        );
        assert_eq!(first("NET::ERR_CERT_COMMON_NAME_INVALID"), "name-mismatch");
    }

    #[test]
    fn case_punctuation_parts_and_typing_errors_do_not_matter() {
        for text in [
            "SSL Error: Keyring file not found",
            "ssl error keyring file NOT found!!",
            "keyring file not found",
            "SSL Eror: Keyrng file not fuond",
            "'keyring not found'",
        ] {
            assert_eq!(first(text), "keyring-not-found", "{text}");
        }
        assert_eq!(first("no shared cypher"), "no-common-cipher");
        assert_eq!(first("site is not enabled"), "site-not-enabled");
        assert_eq!(
            first("SSL Port is enabled but there are no internet site documents"),
            "no-site-allows-ssl"
        );
    }

    #[test]
    fn numbers_are_statuses_where_that_is_said_or_when_there_is_nothing_else() {
        for text in ["4171", "0x104B", "104b", "error 4171", "status [0x104B]", "Error status: 4171"] {
            assert_eq!(first(text), "handshake-failure", "{text}");
        }
        assert_eq!(first("3674"), "chain-not-built");
        assert_eq!(first("SSL alert number 40"), "no-common-cipher");
        assert!(ask("there were 4171 visitors in 2016").numbers.is_empty());
        assert!(!ask("4176").is_answered());
    }

    #[test]
    fn what_is_not_known_names_what_comes_nearest() {
        let asked = ask("the printer is out of paper");
        assert!(!asked.is_answered(), "{asked:?}");
        let asked = ask("certificate trouble with my root");
        assert!(!asked.is_answered() && !asked.nearest.is_empty(), "{asked:?}");
        assert_eq!(ask(""), Asked::default());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,200}") {
            let _ = ask(&text);
        }
    }
}
