//! Tests of the settings: every line of the shipped file is broken in several ways.

use super::*;

fn refused(text: &str) -> String {
    Config::parse(text, Some(Path::new("/etc/x/config.ron"))).unwrap_err().to_string()
}

#[test]
fn the_shipped_file_is_read_and_names_every_setting() {
    let config = Config::parse(DEFAULT, Some(Path::new("/srv/pki/config.ron"))).unwrap();
    assert_eq!(config.workspace, Path::new("/srv/pki/data"));
    assert_eq!((config.keyring_key, config.certifier_key), (KeyType::P256, KeyType::P384));
    assert_eq!((config.soon(), config.relock_minutes), (30, 10));
    assert!(!config.operator.is_empty());
    assert!(config.home.is_absolute() && config.home.ends_with("ringmaster"), "{:?}", config.home);
    for setting in &SETTINGS {
        assert!(line_of(DEFAULT, setting.name).is_some(), "config.ron does not show {}", setting.name);
    }
}

#[test]
fn what_is_left_out_is_as_shipped_and_what_is_given_counts() {
    let config = Config::parse("(expiry_bands: [7, 90, 7], keys: {\"site.edit\": [\"e\"]})", None).unwrap();
    assert_eq!(config.expiry_bands, [90, 7]);
    assert_eq!(config.keys["site.edit"], ["e"]);
    let shipped = Config::parse(DEFAULT, None).unwrap();
    assert_eq!((config.workspace, config.protection), (shipped.workspace, shipped.protection));
    let config = Config::parse("(home: \"keys\", workspace: \"/w\")", Some(Path::new("/a/c.ron"))).unwrap();
    assert_eq!((config.home.as_path(), config.workspace.as_path()), (Path::new("/a/keys"), Path::new("/w")));
}

#[test]
fn an_operator_has_one_name() {
    assert_eq!(Config::parse("(operator: \" Ann Miller \")", None).unwrap().operator, "Ann Miller");
    // The roles of a policy would name two people.
    assert!(refused("(operator: \"Miller, Ann\")").contains("without a comma"));
}

/// Breaks every line of the shipped file in several ways.
#[test]
fn every_broken_setting_is_named_with_its_line_and_what_is_allowed() {
    let lines: Vec<&str> = DEFAULT.lines().collect();
    for (index, setting) in SETTINGS.iter().enumerate() {
        let line = line_of(DEFAULT, setting.name).unwrap();
        let with = |replacement: &str| {
            let mut lines = lines.clone();
            lines[line - 1] = replacement;
            lines.join("\n")
        };
        let name = setting.name;
        let mut values = vec!["true", "'x'", "(a: 1)", "-1", "1.5", "no_quotes", "\"unclosed", "[\"x\"]", ""];
        match Config::parse(&with(&format!("    {name}: 5,")), None) {
            Ok(_) => values.extend(["0x1_0000_0000", "99999999999999999999999999", "\"5\"", "5 5", "5;"]),
            Err(_) => values.extend(["5", "\"x\" \"y\""]),
        }
        if setting.allowed.contains("whole number") {
            values.extend(["4000000000", "\"many\""]);
        } else if setting.allowed.contains(" or ") && setting.allowed.starts_with('"') {
            values.extend(["\"sometimes\"", "\"\""]);
        }
        for value in values {
            let error = refused(&with(&format!("    {name}: {value},")));
            assert!(error.starts_with(&format!("/etc/x/config.ron, line {line}: ")), "{value}: {error}");
            assert!(error.contains(&format!("\"{name}\"")), "{value}: {error}");
            assert!(error.contains(setting.allowed), "{value}: {error}");
        }
        let value = lines[line - 1].trim_end_matches(',');
        if index + 1 < SETTINGS.len() {
            let error = refused(&with(value));
            assert!(error.contains(&format!("line {line}: after \"{name}\" a comma is missing")), "{error}");
            assert!(error.contains(setting.allowed), "{error}");
        }
        let error = refused(&with(&format!("{value}, {name}: 1,")));
        assert!(error.contains(&format!("line {line}: \"{name}\" stands there twice")), "{error}");
        let error = refused(&with(&lines[line - 1].replacen(name, &format!("{name}x"), 1)));
        assert!(error.contains(&format!("line {line}: there is no setting \"{name}x\"")), "{error}");
        assert!(error.contains(&format!("Did you mean \"{name}\"?")), "{error}");
    }
}

#[test]
fn what_is_no_settings_file_at_all_is_refused_with_a_line() {
    for text in ["", "hello", "{}", "(workspace", "(1: 2)", "(", "(\u{1b}[31m: 1)", "() x", "[]"] {
        let error = refused(text);
        assert!(error.contains("config.ron, line 1: "), "{text}: {error}");
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String, at in 0usize..2000, put in ".{0,3}") {
        let _ = Config::parse(&text, None);
        let mut broken: Vec<char> = DEFAULT.chars().collect();
        let at = at.min(broken.len());
        broken.splice(at..at, put.chars());
        let _ = Config::parse(&broken.into_iter().collect::<String>(), None);
    }
}
