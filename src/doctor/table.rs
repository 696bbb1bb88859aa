//! The table of checks as people read it: in order, one by its id, and as the page `docs/checks.md`.

use super::{CHECKS, Check};

/// The families of rules, in the order of reports.
const FAMILIES: &[(char, &str)] = &[
    ('W', "Files of the workspace"),
    ('K', "Keyrings and their certificates"),
    ('S', "Sites and servers"),
    ('C', "Certifiers"),
    ('P', "People"),
    ('L', "What services answer"),
];

/// Lists every rule in the order of reports: by family, then by number.
pub fn table() -> Vec<&'static Check> {
    let mut all: Vec<_> = CHECKS.iter().copied().flatten().collect();
    all.sort_by_key(|check| {
        (FAMILIES.iter().position(|(letter, _)| check.id.starts_with(*letter)), check.id)
    });
    all
}

/// Finds a rule by its id, in any case.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().flatten().find(|check| check.id.eq_ignore_ascii_case(id.trim()))
}

/// Writes the reference of all checks, `docs/checks.md`.
pub fn checks_markdown() -> String {
    let mut out = String::from(
        "# Checks\n\nThis page is made from the table of checks; `RINGMASTER_BLESS=1 cargo test docs` writes it anew.\n\
        `ringmaster doctor` runs them, `ringmaster doctor --explain K09` prints one of these sections, and the pane of\n\
        findings shows what they say. The severity is that of the worst case; a note never makes `doctor` end with 3.\n",
    );
    for (letter, title) in FAMILIES {
        out.push_str(&format!("\n## {title}\n"));
        for check in table().into_iter().filter(|c| c.id.starts_with(*letter)) {
            out.push_str(&format!(
                "\n### {}: {}\n\n{}\n\nSeverity: {}. Remedy: {} Command: `{}`.\n",
                check.id,
                check.title.trim_end_matches('.'),
                check.explain,
                check.severity.word(),
                check.remedy,
                check.command
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_and_says_everything_in_sentences() {
        let all = table();
        assert!(all.windows(2).all(|two| two[0].id != two[1].id));
        for check in all {
            let (letter, number) = check.id.split_at(1);
            assert!(FAMILIES.iter().any(|(l, _)| letter.starts_with(*l)), "{}", check.id);
            assert!(number.len() == 2 && number.parse::<u8>().is_ok(), "{}", check.id);
            for text in [check.title, check.remedy, check.explain] {
                assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{}: {text}", check.id);
            }
            assert!(!check.title.trim_end_matches('.').contains(". "), "{}", check.id);
            let sentences = check.explain.matches(". ").count() + 1;
            assert!((2..=4).contains(&sentences), "{}: {sentences} sentences", check.id);
            assert!(find(&check.id.to_lowercase()).is_some_and(|c| c.id == check.id));
        }
        assert!(find("K99").is_none());
    }
}
