//! How the texts of fields are read and written: names, numbers, choices, yes and no. Knows no record.

use std::path::PathBuf;

/// Puts trimmed text into its place.
pub fn put(place: &mut String, text: &str) -> Result<(), String> {
    text.trim().clone_into(place);
    Ok(())
}

/// Reads a line of text with its upper bound in characters.
pub fn bounded(text: &str, bound: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("plain text: it holds a control character".into());
    }
    match text.chars().count() {
        count if count > bound => Err(format!("at most {bound} characters; these are {count}")),
        _ => Ok(text.to_owned()),
    }
}

/// Puts `yes` or `no` into its place.
pub fn put_flag(place: &mut bool, text: &str) -> Result<(), String> {
    *place = flag(text)?;
    Ok(())
}

/// Puts a path into its place. Errors: none is named.
pub fn put_path(place: &mut PathBuf, text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("name a path".into());
    }
    *place = PathBuf::from(text.trim());
    Ok(())
}

/// Writes how a value was changed, for a person to read: `443 -> 8443`; of several lines what went and what came.
pub fn change(old: &str, new: &str) -> Vec<String> {
    let gone = old.lines().filter(|line| new.lines().all(|l| l != *line)).map(|line| format!("- {line}"));
    let came = new.lines().filter(|line| old.lines().all(|l| l != *line)).map(|line| format!("+ {line}"));
    let lines: Vec<_> = gone.chain(came).collect();
    let several = old.contains('\n') || new.contains('\n');
    let shown = |text: &str| if text.is_empty() { "(none)".to_owned() } else { text.replace('\n', "; ") };
    // Where only the order is another one, both are shown.
    if several && !lines.is_empty() { lines } else { vec![format!("{} -> {}", shown(old), shown(new))] }
}

/// Reads `yes` or `no`.
pub fn flag(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "on" | "1" => Ok(true),
        "no" | "n" | "false" | "off" | "0" | "" => Ok(false),
        _ => Err("say yes or no".into()),
    }
}

/// Writes `yes` or `no`.
pub fn yes_no(value: bool) -> String {
    if value { "yes".into() } else { "no".into() }
}

/// Reads a whole number within bounds.
pub fn number<N: TryFrom<u64>>(text: &str, low: u64, high: u64) -> Result<N, String> {
    let allowed = || format!("a whole number from {low} to {high}");
    let value: u64 = text.trim().parse().map_err(|_| allowed())?;
    if !(low..=high).contains(&value) {
        return Err(allowed());
    }
    N::try_from(value).map_err(|_| allowed())
}

/// What separates several texts.
pub(in crate::model) const BETWEEN: [char; 4] = [' ', ',', '\n', '\t'];

/// Reads several texts separated by spaces or commas; one that has such in it stands in quotes.
pub fn names(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(BETWEEN);
        let (one, after) = match rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            Some(quoted) => quoted,
            None => rest.split_at(rest.find(BETWEEN).unwrap_or(rest.len())),
        };
        if rest.is_empty() {
            return all;
        }
        all.extend(Some(one.trim()).filter(|one| !one.is_empty()).map(Into::into));
        rest = after;
    }
}

/// Writes several texts as [`names`] reads them.
pub fn write_names(all: &[String]) -> String {
    let quoted = |one: &String| match one.contains(BETWEEN) {
        true => format!("\"{one}\""),
        false => one.clone(),
    };
    all.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// So many names stand in a sentence.
const FEW: usize = 8;

/// Lists names in a sentence; of many the first, and how many more there are.
pub fn few(all: &[impl AsRef<str>]) -> String {
    let named: Vec<_> = all.iter().take(FEW).map(AsRef::as_ref).collect();
    let more = if all.len() > FEW { format!(" and {} more", all.len() - FEW) } else { String::new() };
    named.join(", ") + &more
}

/// Reads one of a fixed set, by a function that knows it.
pub fn choice<C>(text: &str, allowed: &[&str], read: fn(&str) -> Option<C>) -> Result<C, String> {
    read(text).ok_or_else(|| format!("one of {}", allowed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{change, names, write_names};

    #[test]
    fn names_with_a_space_or_a_comma_stand_in_quotes() {
        let read = names("a,b  \"web01/Acme Corp\" \n \"mail01/Acme, Inc\",\"\" c\"d \"open e");
        assert_eq!(read, ["a", "b", "web01/Acme Corp", "mail01/Acme, Inc", "c\"d", "\"open", "e"]);
        let all = ["web01/Acme Corp", "*", "mail01/Acme, Inc"].map(str::to_owned);
        assert_eq!(write_names(&all), "\"web01/Acme Corp\" * \"mail01/Acme, Inc\"");
        assert_eq!(names(&write_names(&all)), all);
        assert_eq!(names(" , "), [] as [String; 0]);
    }

    #[test]
    fn a_change_is_told_whole_or_line_by_line() {
        assert_eq!(change("443", "8443"), ["443 -> 8443"]);
        assert_eq!(change("", "x"), ["(none) -> x"]);
        assert_eq!(change("a\nb", "b\nc\nd"), ["- a", "+ c", "+ d"]);
        assert_eq!(change("a\nb", "b\na"), ["a; b -> b; a"]);
    }
}
