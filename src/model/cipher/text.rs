//! Lists of suites as text: the field of documents, and `SSLCipherSpec` of notes.ini.

use super::{PRESETS, Suite};
use crate::model::escape::visible;

/// What a field of ciphers takes.
const ALLOWED: &str = "default, none, or presets, names and codes of suites";
/// The setting of notes.ini.
const SPEC: &str = "SSLCipherSpec=";

/// Reads the value of `SSLCipherSpec`, with or without its name: codes of four hex digits, or of two as older releases wrote
/// them, one after the other. Codes that belong to no suite are kept. The error says where it breaks off.
pub fn parse_spec(text: &str) -> Result<Vec<Suite>, String> {
    let text = text.trim();
    let named = text.get(..SPEC.len()).is_some_and(|start| start.eq_ignore_ascii_case(SPEC));
    let value = if named { text.get(SPEC.len()..).unwrap_or_default() } else { text }.trim();
    if let Some((at, c)) = value.chars().enumerate().find(|(_, c)| !c.is_ascii_hexdigit()) {
        return Err(format!("\"{}\" at place {} is no hex digit", visible(&c.to_string()), at + 1));
    }
    let (mut suites, mut at) = (Vec::new(), 0);
    while at < value.len() {
        let rest = value.get(at..).unwrap_or_default();
        let length = if is_long(rest) { 4 } else { 2 };
        let Some(suite) = rest.get(..length).and_then(Suite::from_hex) else {
            return Err(format!("\"{rest}\" at place {} is half a code", at + 1));
        };
        suites.push(suite);
        at += length;
    }
    Ok(suites)
}

/// Tells whether a code of four digits begins here. Codes of two digits are from the time before any began with these.
fn is_long(rest: &str) -> bool {
    let rest = rest.get(..4).unwrap_or(rest).to_ascii_uppercase();
    let thirteen = ["1301", "1302", "1303", "1304", "1305"].contains(&rest.as_str());
    thirteen || ["00", "C0", "CC"].iter().any(|first| rest.starts_with(first))
}

/// Reads the field of a document: `default` is what the release offers by itself (`None`), `none` is no cipher at all, else
/// names, codes and presets in any mixture, or an `SSLCipherSpec`. The error says what is not understood.
pub fn parse_list(text: &str) -> Result<Option<Vec<Suite>>, String> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "" => return Err(ALLOWED.into()),
        "default" => return Ok(None),
        "none" => return Ok(Some(Vec::new())),
        _ => {}
    }
    let mut all: Vec<Suite> = Vec::new();
    // As OpenSSL writes codes: 0xC0,0x30.
    let text = text.replace(",0x", "").replace(",0X", "");
    for word in text.split([' ', ',', ';', ':', '\t', '\r', '\n']).filter(|word| !word.is_empty()) {
        let named = PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(word));
        let found = match (named, Suite::find(word)) {
            (Some(preset), _) => preset.suites.to_vec(),
            (None, Some(suite)) => vec![suite],
            (None, None) => several(word)?,
        };
        for suite in found {
            if !all.contains(&suite) {
                all.push(suite);
            }
        }
    }
    Ok(Some(all))
}

/// Reads codes one after the other, each of a suite that is known.
fn several(word: &str) -> Result<Vec<Suite>, String> {
    let spec = word.get(..SPEC.len()).is_some_and(|start| start.eq_ignore_ascii_case(SPEC));
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
    if !spec && !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("{ALLOWED}; \"{}\" is none of these", visible(word)));
    }
    let suites = parse_spec(digits)?;
    match suites.iter().find(|suite| suite.short().is_none()) {
        Some(unknown) => Err(format!("{ALLOWED}; no suite is known by the code {}", unknown.code())),
        None => Ok(suites),
    }
}

/// Writes the field of a document: `default`, `none`, or codes as the directory has them.
pub fn write_list(ciphers: Option<&[Suite]>) -> String {
    match ciphers {
        None => "default".into(),
        Some([]) => "none".into(),
        Some(suites) => suites.iter().map(|s| s.hex()).collect::<Vec<_>>().join(" "),
    }
}

/// Writes the line of notes.ini.
pub fn write_spec(suites: &[Suite]) -> String {
    suites.iter().fold(SPEC.to_owned(), |line, suite| line + &suite.code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cipher::DOMINO_14;

    #[test]
    fn a_spec_is_read_code_by_code() {
        let codes =
            |text: &str| parse_spec(text).unwrap().iter().map(|s| s.code()).collect::<Vec<_>>().join(" ");
        assert_eq!(codes("SSLCipherSpec=C030009FC02F009E"), "C030 009F C02F 009E");
        assert_eq!(codes("sslcipherspec=352F0A"), "0035 002F 000A");
        assert_eq!(codes("c0300A9d"), "C030 000A 009D");
        assert_eq!(codes("1301C030"), "1301 C030");
        assert_eq!(codes("1316"), "0013 0016");
        assert_eq!(codes("SSLCipherSpec= "), "");
        assert_eq!(codes("C0FF"), "C0FF");
    }

    #[test]
    fn junk_is_refused_at_its_place() {
        let why = |text: &str| parse_spec(text).unwrap_err();
        assert_eq!(why("SSLCipherSpec=C030X"), "\"X\" at place 5 is no hex digit");
        assert_eq!(why("C030 009F"), "\" \" at place 5 is no hex digit");
        assert_eq!(why("C0300"), "\"0\" at place 5 is half a code");
        assert_eq!(why("35C0"), "\"C0\" at place 3 is half a code");
        assert_eq!(why("\u{202e}"), "\"\\E2\\80\\AE\" at place 1 is no hex digit");
    }

    #[test]
    fn the_field_takes_names_codes_presets_and_specs() {
        let list = |text: &str| parse_list(text).unwrap();
        assert_eq!(list(" Default "), None);
        assert_eq!(list("none"), Some(Vec::new()));
        assert_eq!(list("domino-14"), Some(DOMINO_14.to_vec()));
        assert_eq!(list("SSLCipherSpec="), Some(Vec::new()));
        let two = Some(vec![Suite(0xc030), Suite(0x009f)]);
        for text in [
            "C030 9F",
            "C030009F",
            "0xC030,0x009F",
            "0xC0,0x30 0x00,0x9F",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, DHE-RSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES256-GCM-SHA384",
            "SSLCipherSpec=C030009F",
            "c030 c030 9f",
        ] {
            assert_eq!(list(text), two, "{text}");
        }
        for (text, says) in [
            ("", "default, none"),
            ("C030 chacha", "\"chacha\" is none of these"),
            ("C0FF", "by the code C0FF"),
            ("C030 0", "half a code"),
            ("default C030", "\"default\" is none of these"),
        ] {
            let why = parse_list(text).unwrap_err();
            assert!(why.contains(says), "{text}: {why}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_again(picked in proptest::collection::vec(0_usize..400, 0..30)) {
            let all: Vec<Suite> = Suite::all().collect();
            let mut suites: Vec<Suite> = Vec::new();
            for suite in picked.iter().filter_map(|at| all.get(*at)) {
                if !suites.contains(suite) {
                    suites.push(*suite);
                }
            }
            proptest::prop_assert_eq!(parse_spec(&write_spec(&suites)), Ok(suites.clone()));
            proptest::prop_assert_eq!(parse_list(&write_list(Some(&suites))), Ok(Some(suites)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = (parse_spec(&text), parse_list(&text));
        }
    }
}
