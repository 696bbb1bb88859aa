//! Offers what may follow in a filter expression: fields, operators, values.

use super::parse::FIELDS;
use super::words::quoted;

/// The names of the workspace that values are completed from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Certifiers.
    pub issuers: Vec<String>,
    /// Keyrings.
    pub rings: Vec<String>,
    /// Profiles.
    pub profiles: Vec<String>,
}

/// Lists what the term before `cursor` (a byte of the text) may become, each as the whole term. The text behind the
/// cursor is left alone.
pub fn complete(text: &str, cursor: usize, known: &Known) -> Vec<String> {
    let before = text.get(..cursor).unwrap_or(text);
    let term = before.get(start(before)..).unwrap_or_default();
    let (sign, bare) = match term.strip_prefix('-') {
        Some(bare) => ("-", bare),
        None => ("", term),
    };
    let low = bare.to_lowercase();
    let mut offers = Vec::new();
    match low.find([':', '<', '>']) {
        None => {
            for field in FIELDS.iter().filter(|f| f.name.starts_with(low.as_str())) {
                if field.name == "expired" {
                    offers.push(format!("{sign}expired"));
                }
                offers.extend(field.operators.iter().map(|o| format!("{sign}{}{o}", field.name)));
            }
        }
        Some(at) => {
            let (name, value) = low.split_at(at);
            let (operator, value) = value.split_at(1);
            let Some(field) = FIELDS.iter().find(|f| f.name == name) else { return offers };
            if !field.operators.iter().any(|o| operator.starts_with(*o)) {
                return offers;
            }
            let own: Vec<&str> = match (name, operator) {
                ("issuer", _) => known.issuers.iter().map(String::as_str).collect(),
                ("ring", _) => known.rings.iter().map(String::as_str).collect(),
                ("profile", _) => known.profiles.iter().map(String::as_str).collect(),
                ("key", "<" | ">") => vec!["2048", "3072", "4096"],
                ("expires" | "issued", ":") => Vec::new(),
                ("expired", ":") => vec!["yes", "no"],
                _ => field.values.to_vec(),
            };
            let value = value.trim_start_matches('"');
            let fit = own.iter().filter(|v| v.to_lowercase().starts_with(value));
            offers.extend(fit.map(|v| format!("{sign}{name}{operator}{}", quoted(v, false))));
        }
    }
    offers.retain(|offer| offer != term);
    offers
}

/// Returns the byte at which the last term of a text begins.
pub(super) fn start(before: &str) -> usize {
    let mut open = false;
    let mut start = 0;
    for (at, c) in before.char_indices() {
        match c {
            '"' => open = !open,
            c if c.is_whitespace() && !open => start = at + c.len_utf8(),
            _ => {}
        }
    }
    start
}

/// Puts an offer in the place of the term before `cursor`: the text and the cursor behind the offer.
pub fn replace(text: &str, cursor: usize, offer: &str) -> (String, usize) {
    let (before, after) = text.split_at_checked(cursor).unwrap_or((text, ""));
    let head = before.get(..start(before)).unwrap_or_default();
    (format!("{head}{offer}{after}"), head.len() + offer.len())
}
