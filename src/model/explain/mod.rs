//! The table of problems: what the error texts and status numbers of Domino, OpenSSL, browsers and this program mean, why
//! they come, and what to look at. Text in, knowledge out; reads no file and runs no check.

pub mod here;
pub mod log;
mod search;
pub mod status;
mod table;

pub use search::{Asked, Match, ask};
pub use table::TABLE;

/// A problem that people meet as a text or a number.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its name in lists, links and JSON.
    pub key: &'static str,
    /// The problem in one sentence, without the words of any program.
    pub title: &'static str,
    /// The texts it is met as; `*` stands for what differs.
    pub texts: &'static [&'static str],
    /// What it means: two or three sentences.
    pub meaning: &'static str,
    /// Why it comes, the likeliest cause first.
    pub causes: &'static [Cause],
    /// What to look at, in order; commands of this program are written out.
    pub look: &'static [&'static str],
    /// What is known of it from publications: technotes, SPR numbers; may be empty.
    pub known: &'static str,
}

/// One cause of a problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    /// The cause in one sentence.
    pub text: &'static str,
    /// The checks that find it in a workspace; none where it cannot be seen from here.
    pub rules: &'static [&'static str],
}

/// Makes a cause; the table reads better with it.
const fn cause(text: &'static str, rules: &'static [&'static str]) -> Cause {
    Cause { text, rules }
}

/// Lists every problem in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Problem> {
    TABLE.iter().flat_map(|(_, part)| part.iter())
}

/// Finds a problem by its name.
pub fn find(key: &str) -> Option<&'static Problem> {
    all().find(|problem| problem.key == key)
}

/// Writes the reference of all problems, `docs/explain.md`.
pub fn explain_markdown() -> String {
    let mut out = String::from(
        "# Error texts and status numbers\n\nThis page is made from the table of problems; `RINGMASTER_BLESS=1 cargo test docs` \
        writes it anew.\n\
        `ringmaster explain TEXT` takes any of these texts, also with a typing error or in the middle of a line of a log, or a\n\
        status number (4171 or 0x104B), and names in a workspace the causes that its checks find there; `#` does it on the\n\
        screen. `ringmaster explain --log FILE` reads a whole `console.log`. `*` stands for what differs.\n",
    );
    for (title, part) in TABLE {
        out.push_str(&format!("\n## {title}\n"));
        for problem in *part {
            out.push_str(&format!(
                "\n### {}\n\n{}\n\n",
                problem.title.trim_end_matches('.'),
                problem.meaning
            ));
            problem.texts.iter().for_each(|text| out.push_str(&format!("- `{text}`\n")));
            out.push_str("\nCauses:\n\n");
            for (number, cause) in problem.causes.iter().enumerate() {
                let rules = if cause.rules.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", cause.rules.join(", "))
                };
                out.push_str(&format!("{}. {}{rules}\n", number + 1, cause.text));
            }
            out.push_str("\nLook at:\n\n");
            problem.look.iter().for_each(|look| out.push_str(&format!("- {look}\n")));
            if !problem.known.is_empty() {
                out.push_str(&format!("\n{}\n", problem.known));
            }
        }
    }
    out.push_str(&status::markdown());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_name_of_its_own_and_says_everything_in_sentences() {
        let mut keys: Vec<_> = all().map(|p| p.key).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
        for problem in all() {
            let key = problem.key;
            assert!(key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{key}");
            assert!(find(key) == Some(problem));
            assert!(
                !problem.texts.is_empty() && !problem.causes.is_empty() && !problem.look.is_empty(),
                "{key}"
            );
            let causes = problem.causes.iter().map(|cause| cause.text);
            let texts = [problem.title, problem.meaning]
                .into_iter()
                .chain(causes)
                .chain(problem.look.iter().copied());
            for text in texts.chain(Some(problem.known).filter(|known| !known.is_empty())) {
                assert!(text.ends_with('.') && !text.starts_with(char::is_lowercase), "{key}: {text}");
            }
        }
    }
}
