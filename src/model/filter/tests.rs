//! Tests of filter expressions.

use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    Timestamp::from_date("2026-11-23").unwrap().plus_days(0)
}

fn moment() -> Moment {
    Moment { now: now(), soon: 30 }
}

fn candidate(places: &[Subject]) -> Candidate<'_> {
    Candidate {
        text: "acme-ca 4abb cn=mail.example.test,o=acme ltd dns:mail.example.test dns:*.wild.test keyring mail",
        issuer: "acme-ca cn=acme root",
        subject: "cn=mail.example.test,o=acme ltd",
        names: "dns:mail.example.test dns:*.wild.test",
        serial: "4abb",
        key: "RSA 2048",
        not_before: now().plus_days(-10),
        not_after: now().plus_days(20),
        at: now().plus_days(-10),
        revoked: None,
        places,
        profile: Some("server"),
        by: Some("ada"),
        approver: Some("bob"),
        request: Some(12),
        superseded: Some(false),
        duplicate: Some(false),
        shared: Some(true),
    }
}

#[test]
fn each_term_means_what_it_says() {
    let places = [Subject::Keyring("mail".into())];
    for (expression, fits) in [
        ("", true),
        ("mail ltd", true),
        ("\"acme ltd\"", true),
        ("\"ltd acme\"", false),
        ("-mail", false),
        ("not:nothing", true),
        ("dns:mail", true),
        ("o=acme", true),
        ("expires<30d", true),
        ("expires<2w", false),
        ("ends>2w", true),
        ("expires:2026-12", true),
        ("expires:2026", true),
        ("expires:2026-12-13", true),
        ("expires:2026-12-14..2026-12-31", false),
        ("expires<2026-12-13", false),
        ("expires>2026-12-12", true),
        ("expired", false),
        ("-expired", true),
        ("expired:no", true),
        ("-expired:no expired:yes", false),
        ("revoked:no", true),
        ("revoked:yes", false),
        ("issued<10d", true),
        ("issued<9d", false),
        ("issued>9d", true),
        ("issued:2026-11", true),
        ("key:rsa", true),
        ("key:RSA-2048", true),
        ("key:p-256", false),
        ("key<2048", false),
        ("key<3072", true),
        ("key>1024", true),
        ("issuer:acme", true),
        ("issuer:\"acme root\"", true),
        ("issuer:mail", false),
        ("subject:acme-ca", false),
        ("name:*.example.test", true),
        ("name:mail.*", true),
        ("name:*.wild.test", true),
        ("name:host.wild.test", true),
        ("name:a.b.wild.test", false),
        ("name:example", true),
        ("name:dns", false),
        ("serial:4A:BB", true),
        ("used:yes", true),
        ("used:no", false),
        ("used:keyring", true),
        ("used:certifier", false),
        ("ring:mai", true),
        ("ring:www", false),
        ("status:soon", true),
        ("-status:ok", true),
        ("profile:server by:ada", true),
        ("approver:bob", true),
        ("approver:ada", false),
        ("request:12", true),
        ("request:1", false),
        ("-request:1", true),
        ("reason:superseded", false),
        ("-reason:KEYCOMPROMISE", true),
        ("superseded:yes", false),
        ("superseded:no", true),
        ("dup:yes", false),
        ("dup:no", true),
        ("sharedkey:yes", true),
    ] {
        let filter = parse(expression).unwrap_or_else(|m| panic!("{expression}: {m:?}"));
        assert_eq!(filter.fits(&candidate(&places), moment()), fits, "{expression}");
    }
}

#[test]
fn what_is_not_known_yet_fits_either_way() {
    let unknown = Candidate { profile: None, duplicate: None, ..candidate(&[]) };
    for expression in ["profile:x", "-profile:x", "dup:yes", "dup:no"] {
        assert!(parse(expression).unwrap().fits(&unknown, moment()), "{expression}");
    }
}

#[test]
fn a_mistake_is_pointed_at_and_says_what_is_allowed() {
    for (expression, at, says) in [
        ("mail foo:bar", 5, "\"foo\" is no field; there are expires"),
        ("expires<soon", 0, "30d"),
        ("mail  expires:30d", 6, "2027-03"),
        ("key<big", 0, "key<2048"),
        ("status:good", 0, "notyet"),
        ("issuer<acme", 0, "issuer:"),
        ("used:perhaps", 0, "keyring"),
        ("issuer:", 0, "hold"),
        ("serial:xyz", 0, "hexadecimal"),
        ("request:x", 0, "number"),
        ("reason:lost", 0, "keyCompromise"),
        ("\"open", 0, "not closed"),
        ("expires:2026-13", 0, "2027-03"),
    ] {
        let mistake = parse(expression).unwrap_err();
        assert_eq!(mistake.at, at, "{expression}");
        assert!(mistake.why.contains(says), "{expression}: {}", mistake.why);
    }
    assert!(plain("mail -www \"a b\"").is_ok());
    assert_eq!(plain("mail key:rsa").unwrap_err().at, 5);
}

#[test]
fn a_filter_is_said_in_plain_words() {
    let filter = parse("expires<30d key:rsa issuer:acme used:no name:*.example.test -test").unwrap();
    assert_eq!(
        filter.explain(),
        "ends within 30 days, RSA key, issuer holds \"acme\", in no keyring or certifier, \
         a name like \"*.example.test\", without \"test\""
    );
}

#[test]
fn a_date_ends_with_its_last_second() {
    let last = |text: &str| match parse(&format!("expires:{text}")).unwrap().terms[0].test {
        Test::Time(_, Span::From(_, date)) => date.last().text(),
        _ => unreachable!(),
    };
    assert_eq!(last("2027"), "2027-12-31 23:59:59 UTC");
    assert_eq!(last("2028-02"), "2028-02-29 23:59:59 UTC");
    assert_eq!(last("2026-12"), "2026-12-31 23:59:59 UTC");
    assert_eq!(last("2027-03-31"), "2027-03-31 23:59:59 UTC");
    assert_eq!(Date::new(9999, 0, 0).unwrap().last(), Timestamp(i64::MAX));
}

#[test]
fn completions_are_fields_then_operators_then_values() {
    let known = Known {
        issuers: vec!["acme".into(), "two words".into()],
        rings: vec!["mail".into()],
        ..Known::default()
    };
    let offers = |text: &str| complete(text, text.len(), &known);
    assert_eq!(offers("mail exp"), ["expires<", "expires>", "expires:", "expired", "expired<", "expired:"]);
    assert_eq!(offers("key:rsa-2"), ["key:rsa-2048"]);
    assert_eq!(offers("expired:"), ["expired:yes", "expired:no"]);
    assert_eq!(offers("-status:r"), ["-status:revoked"]);
    assert_eq!(offers("issuer:"), ["issuer:acme", "issuer:\"two words\""]);
    assert_eq!(offers("issuer:\"two w"), ["issuer:\"two words\""]);
    assert_eq!(replace("a rin b", 5, "ring:"), ("a ring: b".to_owned(), 7));
    assert!(offers("used:x").is_empty());
}

fn expressions() -> impl Strategy<Value = String> {
    let term = prop_oneof![
        "[a-zé\"*:<>=.-]{0,9}",
        "-?(expires|issued)[<>]([0-9]{1,5}[dwmy]|2[0-9]{3}(-0[1-9](-[0-2][1-9])?)?)",
        "-?(expires|issued):2[0-9]{3}-1[0-2](\\.\\.3000)?",
        "(not:|-)?(key|issuer|subject|name|ring|profile|by|dup|used|approver|request|reason|superseded|status|serial):(\"[a-z *]{0,6}\"|[a-f0-9*.-]{0,7}|yes|no|soon)",
        "key[<>][0-9]{1,5}",
        "-?\"[a-z \"\"]{0,6}\"",
    ];
    proptest::collection::vec(term, 0..5).prop_map(|terms| terms.join(" "))
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(text in expressions()) {
        if let Ok(filter) = parse(&text) {
            let printed = filter.to_string();
            prop_assert_eq!(parse(&printed), Ok(filter), "{}", printed);
        }
    }

    #[test]
    fn any_text_is_read_explained_and_completed(text in "\\PC{0,40}", cursor in 0_usize..50) {
        if let Ok(filter) = parse(&text) {
            filter.explain();
        }
        let _ = plain(&text);
        for offer in complete(&text, cursor, &Known::default()) {
            let cursor = (0..=cursor.min(text.len())).rev().find(|c| text.is_char_boundary(*c)).unwrap_or(0);
            replace(&text, cursor, &offer);
        }
    }

    #[test]
    fn a_mistake_stands_at_a_term(text in expressions()) {
        if let Err(mistake) = parse(&text) {
            prop_assert!(text.is_char_boundary(mistake.at) && mistake.at < text.len());
            prop_assert!(!mistake.why.is_empty());
        }
    }

    #[test]
    fn what_narrows_fits_no_more(wide in expressions(), narrow in expressions()) {
        if let (Ok(wide), Ok(narrow)) = (parse(&wide), parse(&format!("{wide} {narrow}"))) {
            prop_assert!(narrow.narrows(&wide));
            let c = candidate(&[]);
            prop_assert!(!narrow.fits(&c, moment()) || wide.fits(&c, moment()));
        }
    }

    #[test]
    fn a_glob_without_stars_is_equality(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
        let simple = |p: &str, t: &str| -> bool {
            fn go(p: &[u8], t: &[u8]) -> bool {
                match p.split_first() {
                    None => t.is_empty(),
                    Some((b'*', rest)) => (0..=t.len()).any(|n| go(rest, &t[n..])),
                    Some((c, rest)) => t.first() == Some(c) && go(rest, &t[1..]),
                }
            }
            go(p.as_bytes(), t.as_bytes())
        };
        prop_assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), simple(&pattern, &text));
    }
}
