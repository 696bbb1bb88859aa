//! How servers are called: hierarchical names, in the abbreviated or the canonical form, alone and in lists. Looks nothing up.

use crate::model::field::{BETWEEN, names};

/// Tells whether two names are the same server's, however they are written: `CN=web01/O=Example` is `web01/Example`.
pub fn same_server(one: &str, other: &str) -> bool {
    // A screen of servers asks this for every site: most pairs differ in their first part, of which bytes are enough.
    if !first(one).eq_ignore_ascii_case(first(other)) {
        return false;
    }
    let (mut one, mut other) = (parts(one), parts(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {}
            _ => return false,
        }
    }
}

/// Returns the bytes of the first part of a name without what looks like its label.
fn first(name: &str) -> &[u8] {
    let bytes = name.as_bytes();
    let end = bytes.iter().position(|b| *b == b'/').unwrap_or(bytes.len());
    let part = bytes.get(..end).unwrap_or_default();
    let label = part.iter().take(LONGEST_LABEL).position(|b| *b == b'=').map_or(0, |at| at + 1);
    part.get(label..).unwrap_or_default().trim_ascii()
}

/// As long a label can be with blanks around it.
const LONGEST_LABEL: usize = 8;

/// Returns the parts of a hierarchical name, without their labels.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let labels = ["CN", "OU", "OU1", "OU2", "OU3", "OU4", "O", "C"];
    name.split('/').map(move |part| match part.split_once('=') {
        Some((label, value)) if labels.iter().any(|l| l.eq_ignore_ascii_case(label.trim())) => value.trim(),
        _ => part.trim(),
    })
}

/// Returns what the names of one server have in common, to find it by.
pub fn key(name: &str) -> String {
    parts(name).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("/")
}

/// Returns the first part of a hierarchical name, without its label: `web01` of `CN=web01/O=Example`.
pub fn common_name(server: &str) -> &str {
    parts(server).next().unwrap_or_default()
}

/// Returns the organisation in a server's name: `Example` of `web01/Example`; a country behind it does not count.
pub fn organization_of(server: &str) -> Option<&str> {
    let labelled = server.split('/').find_map(|part| {
        part.split_once('=')
            .filter(|(label, _)| label.trim().eq_ignore_ascii_case("O"))
            .map(|(_, o)| o.trim())
    });
    labelled.or_else(|| parts(server).skip(1).filter(|part| part.len() > 2).last())
}

/// Tells whether a name is hierarchical, so that it can be no name of a document.
pub fn is_hierarchical(name: &str) -> bool {
    name.contains(['/', '='])
}

/// Reads the name of one server. Errors: what is allowed.
pub fn server_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.contains(['*', ';', '"']) || name.contains(char::is_control) {
        return Err("one name without quotes, semicolons and *, such as web01/Example".into());
    }
    if parts(name).any(str::is_empty) {
        return Err("such as web01/Example or CN=web01/O=Example".into());
    }
    Ok(name.to_owned())
}

/// Reads the names of several servers and groups, or `*` for every one; nothing is every one as well. A name with a space or
/// comma stands in quotes, unless it is canonical: there the next `CN=` says where it ends.
///
/// Errors: what is allowed; a rest that looks like the end of a name that should stand in quotes.
pub fn server_names(text: &str) -> Result<Vec<String>, String> {
    let all = pieces(text);
    let bare: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    match bare.as_slice() {
        [] | ["*"] => return Ok(vec!["*".into()]),
        several if several.contains(&"*") => return Err("either * alone, for every server, or names".into()),
        several if several.iter().any(|s| s.contains('*')) => {
            return Err("* stands alone, for every server".into());
        }
        _ => {}
    }
    for pair in all.windows(2) {
        let [(one, false), (next, false)] = pair else { continue };
        if is_hierarchical(one) && !is_hierarchical(next) {
            let begin = all.iter().find(|(name, quoted)| !quoted && is_hierarchical(name));
            let begin = begin.and_then(|(name, _)| text.find(name.as_str())).unwrap_or_default();
            let end = text.rfind(next.as_str()).map_or(text.len(), |at| at + next.len());
            return Err(format!(
                "names with a space or comma stand in quotes, such as \"{}\"; groups stand before servers",
                text.get(begin..end).unwrap_or(one)
            ));
        }
    }
    bare.into_iter().map(server_name).collect()
}

/// Splits a list into names, each with whether it stood in quotes.
fn pieces(text: &str) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    // Every second part stands between quotes.
    for (at, part) in text.split('"').enumerate() {
        if at % 2 == 1 {
            all.extend(Some(part.trim()).filter(|name| !name.is_empty()).map(|name| (name.to_owned(), true)));
            continue;
        }
        let mut begins: Vec<usize> = part
            .match_indices(['C', 'c'])
            .map(|(begin, _)| begin)
            .filter(|begin| {
                let label =
                    part.get(*begin..begin + 3).is_some_and(|label| label.eq_ignore_ascii_case("CN="));
                label
                    && part.get(..*begin).is_some_and(|before| before.is_empty() || before.ends_with(BETWEEN))
            })
            .collect();
        begins.push(part.len());
        let simple = |text: &str| names(text).into_iter().map(|name| (name, false)).collect::<Vec<_>>();
        all.extend(simple(part.get(..begins.first().copied().unwrap_or_default()).unwrap_or_default()));
        for bounds in begins.windows(2) {
            let [begin, end] = bounds else { continue };
            let name = part.get(*begin..*end).unwrap_or_default().trim_matches(BETWEEN);
            if name.split('/').all(|label| label.contains('=')) {
                all.push((name.to_owned(), true));
            } else {
                all.extend(simple(name));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_servers_are_compared_by_their_parts() {
        for (one, other) in [
            ("web01/Example", "CN=web01/O=Example"),
            ("WEB01 / example", "web01/Example"),
            ("a", "A"),
            ("CN=Web01/OU=Mail Hosts/O=Acme, Inc/C=US", "web01/mail hosts/acme, inc/us"),
        ] {
            assert!(same_server(one, other) && same_server(other, one), "{one} {other}");
            assert_eq!(key(one), key(other));
        }
        assert!(same_server("x=y/Example", "X=Y/example") && !same_server("x=y/Example", "y/Example"));
        for (one, other) in [("web01/Example", "web01"), ("web01/Example", "web02/Example"), ("", "a")] {
            assert!(!same_server(one, other) && !same_server(other, one), "{one} {other}");
        }
        for (name, org) in [
            ("web01/Example", Some("Example")),
            ("CN=web01/OU=Berlin/O=Example/C=DE", Some("Example")),
            ("web01/Berlin/Example/DE", Some("Example")),
            ("web01/Acme Corp", Some("Acme Corp")),
            ("web01", None),
        ] {
            assert_eq!(organization_of(name), org, "{name}");
        }
        assert_eq!(common_name("CN=Web01/O=Acme Corp"), "Web01");
    }

    #[test]
    fn names_with_spaces_and_commas_are_names() {
        for good in ["web01/Example", "CN=Web01/O=Acme Corp", "mail01/Acme, Inc", "web01"] {
            assert_eq!(server_name(good).as_deref(), Ok(good));
            assert_eq!(server_names(&format!("\"{good}\" web09/Example")).unwrap()[0], good);
        }
        for bad in ["", "*", "web01//Example", "a;b", "CN=/O=Example", "two\nlines", "a\"b"] {
            assert!(server_name(bad).is_err(), "{bad}");
        }
        assert_eq!(server_names(" ").unwrap(), ["*"]);
        assert_eq!(server_names("Webservers web01/Example").unwrap(), ["Webservers", "web01/Example"]);
        assert_eq!(server_names("web01/Example \"Webservers\"").unwrap(), ["web01/Example", "Webservers"]);
        for bad in ["* web01/Example", "web*/Example"] {
            assert!(server_names(bad).is_err(), "{bad}");
        }
        for whole in ["mail01/Acme, Inc", "web003/Site 3/Acme Corp"] {
            let why = server_names(whole).unwrap_err();
            assert!(why.contains(&format!("\"{whole}\"")), "{why}");
        }
        let canonical =
            "Webservers, CN=web003/OU=Site 3/O=Acme Corp cn=Mail 01/O=Acme, Inc, \"web09/Big Corp\" CN=a/O=B";
        assert_eq!(
            server_names(canonical).unwrap(),
            [
                "Webservers",
                "CN=web003/OU=Site 3/O=Acme Corp",
                "cn=Mail 01/O=Acme, Inc",
                "web09/Big Corp",
                "CN=a/O=B"
            ]
        );
        assert_eq!(server_names("CN=a/O=B web02/Example").unwrap(), ["CN=a/O=B", "web02/Example"]);
    }
}
