//! RON text whose first line names what it is and in which format: `// ringmaster stash 1`. Owns no content.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::error::{Error, Kind, Result};
use crate::model::escape::unseen;

/// The format number that this version writes and the newest that it reads.
pub const FORMAT: u32 = 1;

/// How every first line begins.
pub const BEGIN: &str = "// ringmaster ";

/// Writes a value with its first line. Whatever a reader could not see is written as `\u{..}`.
pub fn write<T: Serialize>(kind: &str, value: &T) -> Result<String> {
    let pretty = ron::ser::PrettyConfig::new().new_line("\n").indentor("    ").depth_limit(8);
    let body = ron::ser::to_string_pretty(value, pretty)
        .map_err(|e| Error::internal(format!("The {kind} cannot be written: {e}.")))?;
    let mut text = format!("{BEGIN}{kind} {FORMAT}\n");
    // Unseen characters can only stand inside of strings here, where the escape means the same.
    for c in body.chars() {
        if unseen(c) && c != '\n' { text.extend(c.escape_unicode()) } else { text.push(c) }
    }
    text.push('\n');
    Ok(text)
}

/// Takes the first line off. A person's own file may do without it (`needed` false), which means the first format.
///
/// Errors: `TooNew`, `Foreign` when the first line is another one, `Damaged` when the format number is none.
pub fn body<'a>(kind: &str, file: &str, text: &'a str, needed: bool) -> Result<&'a str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(line) = text.strip_prefix(BEGIN) else {
        return if needed { Err(foreign(kind, file)) } else { Ok(text) };
    };
    let (line, _) = line.split_once('\n').unwrap_or((line, ""));
    let (found, number) = line.trim_end().rsplit_once(' ').unwrap_or((line, ""));
    if found != kind {
        return Err(foreign(kind, file).why(format!("It says that it is a {found}.")));
    }
    match number.parse::<u32>() {
        Ok(1..=FORMAT) => Ok(text),
        Ok(n) if n > FORMAT => Err(too_new(file, n)),
        _ => Err(Error::damaged(format!("{file} has no format number in its first line."))),
    }
}

/// Reads a value; unknown fields are refused where the type refuses them, and the error names line and column.
pub fn read<T: DeserializeOwned>(kind: &str, file: &str, bytes: &[u8], needed: bool) -> Result<T> {
    let text = std::str::from_utf8(bytes).map_err(|_| foreign(kind, file).why("It is not text."))?;
    parse(file, body(kind, file, text, needed)?)
}

/// Reads RON; the error names line and column.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T> {
    ron::from_str(text).map_err(|e| {
        let at = e.span.end;
        Error::damaged(format!("{file} cannot be read: line {}, column {}.", at.line, at.col))
            .why(format!("{}.", e.code))
            .next("Correct that line, or take the version before it from the folder .history.")
    })
}

/// Refuses a format of a newer version.
pub fn too_new(file: &str, format: u32) -> Error {
    Error::new(
        Kind::TooNew,
        format!("{file} was written by a newer version of ringmaster; it is left alone."),
    )
    .why(format!("Its format is {format}; this version knows formats up to {FORMAT}."))
    .next("Use the newer version.")
}

fn foreign(kind: &str, file: &str) -> Error {
    Error::new(Kind::Foreign, format!("{file} is not a {kind} of ringmaster; it is left alone."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_decides() {
        let text = write("stash", &vec!["a\u{3164}b\u{202e}\n".to_owned()]).unwrap();
        assert!(text.starts_with("// ringmaster stash 1\n"));
        assert!(!text.chars().any(|c| unseen(c) && c != '\n'), "{text}");
        assert_eq!(
            read::<Vec<String>>("stash", "x", text.as_bytes(), true).unwrap(),
            ["a\u{3164}b\u{202e}\n"]
        );
        let kind = |text: &str| read::<Vec<String>>("stash", "x", text.as_bytes(), true).unwrap_err().kind;
        assert_eq!(kind("// ringmaster stash 2\n[]"), Kind::TooNew);
        assert_eq!(kind("// ringmaster keyring 1\n[]"), Kind::Foreign);
        assert_eq!(kind("// ringmaster stash 0\n[]"), Kind::Damaged);
        assert_eq!(kind("// ringmaster stash\n[]"), Kind::Damaged);
        assert_eq!(kind("[]"), Kind::Foreign);
        assert!(read::<Vec<String>>("stash", "x", b"[]", false).unwrap().is_empty());
        let error = read::<Vec<String>>("stash", "x", b"[\n  5]", false).unwrap_err();
        assert!(error.what.contains("line 2"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn every_text_comes_back(value: Vec<String>) {
            let text = write("stash", &value).unwrap();
            proptest::prop_assert_eq!(read::<Vec<String>>("stash", "x", text.as_bytes(), true).unwrap(), value);
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = read::<Vec<String>>("stash", "x", &bytes, false);
        }
    }
}
