//! Lint of names that deceive the eye: scripts mixed within a word, and words that look like others (Unicode technical
//! standard 39).

use unicode_security::{RestrictionLevel, RestrictionLevelDetection, skeleton};

use super::{Report, cut};

/// Looks at words as a person will read them. `what` says where they stand.
pub(super) fn words(report: &mut Report, what: &str, text: &str) {
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_ascii()) {
        if word.detect_restriction_level() > RestrictionLevel::HighlyRestrictive {
            let text = format!("{what} mixes scripts within one word: {}.", cut(word));
            report.warning(
                "names.mixed-scripts",
                text,
                "Make sure that it is the name that is meant, not one that looks like it.",
            );
        }
        // Letters with marks fall apart in it and stay as they are; only what looks plain is told.
        let plain: String = skeleton(word).collect();
        if plain.is_ascii() && !plain.is_empty() {
            let text = format!("{what} looks like \"{plain}\" and is not: {} ({}).", cut(word), points(word));
            report.warning("names.look-alike", text, "Make sure that it is the name that is meant.");
        }
    }
}

/// Names the characters beyond ASCII by their numbers.
fn points(word: &str) -> String {
    let all = word.chars().filter(|c| !c.is_ascii()).map(|c| format!("U+{:04X}", u32::from(c)));
    all.take(8).collect::<Vec<_>>().join(" ")
}
