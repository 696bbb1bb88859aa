//! Profiles: those that are built in, and those of the workspace as RON files.

use super::{marked, named, same_name, text};
use crate::model::change::FileWrite;
use crate::model::error::{Error, Result};
use crate::model::profile::Profile;

/// The profiles that are always there, by name; a file of the same name in the workspace replaces one.
const PROFILES: [(&str, &str); 7] = [
    ("client", include_str!("../../../assets/profiles/client.ron")),
    ("code-signing", include_str!("../../../assets/profiles/code-signing.ron")),
    ("ocsp-signer", include_str!("../../../assets/profiles/ocsp-signer.ron")),
    ("public-like", include_str!("../../../assets/profiles/public-like.ron")),
    ("server", include_str!("../../../assets/profiles/server.ron")),
    ("smime", include_str!("../../../assets/profiles/smime.ron")),
    ("sub-ca", include_str!("../../../assets/profiles/sub-ca.ron")),
];

/// Lists the embedded profiles as (name, text).
pub fn embedded_profiles() -> impl Iterator<Item = (&'static str, &'static str)> {
    PROFILES.into_iter()
}

/// Returns the built-in profile of a name.
pub fn embedded_profile(name: &str) -> Option<Profile> {
    let (_, text) = embedded_profiles().find(|(known, _)| *known == name)?;
    read_profile(name, text.as_bytes()).ok()
}

/// Returns the path of a profile inside of the workspace.
pub fn profile_path(name: &str) -> String {
    format!("profiles/{name}.ron")
}

/// Writes a profile: `profiles/NAME.ron`.
pub fn profile(profile: &Profile) -> Result<FileWrite> {
    named("profile", &profile.name)?;
    Ok(text(profile_path(&profile.name), marked::write("profile", profile)?))
}

/// Moves a profile to the history.
pub fn profile_removed(name: &str) -> FileWrite {
    FileWrite { path: profile_path(name), bytes: None }
}

/// Reads a profile. Errors: `Damaged` for a file that cannot be read or contradicts itself.
pub fn read_profile(name: &str, bytes: &[u8]) -> Result<Profile> {
    let file = profile_path(name);
    let mut profile: Profile = marked::read("profile", &file, bytes, false)?;
    if profile.name.is_empty() {
        profile.name = name.to_owned();
    }
    same_name(&file, name, &profile.name)?;
    if let Some(why) = profile.contradiction() {
        return Err(Error::damaged(format!("{file} contradicts itself.")).why(why));
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Kind;
    use crate::model::profile::Trust;
    use crate::model::time::Timestamp;

    const PUBLIC: &str = include_str!("../../../assets/profiles/public-like.ron");

    #[test]
    fn the_embedded_profiles_follow_the_calendar() {
        for (name, text) in embedded_profiles() {
            let profile = read_profile(name, text.as_bytes()).unwrap();
            assert!(!profile.title.is_empty(), "{name}");
            let public = profile.trust == Trust::PublicLike;
            assert_eq!(public, name == "public-like" && !profile.hold, "{name}");
            let usage = if profile.authority.is_some() { "keyCertSign" } else { "digitalSignature" };
            for usages in [&profile.key_usage_rsa, &profile.key_usage_other] {
                assert!(usages.contains(&usage.into()), "{name}");
            }
        }
        let public = read_profile("public-like", PUBLIC.as_bytes()).unwrap();
        let limit = |day| public.limit(Timestamp::from_date(day).unwrap()).0;
        let days = ["2026-03-14", "2026-03-15", "2027-03-14", "2027-03-15", "2029-03-14", "2029-03-15"];
        assert_eq!(days.map(limit), [398, 200, 200, 100, 100, 47]);
    }

    #[test]
    fn a_profile_that_contradicts_itself_says_where() {
        let (name, text) = ("public-like", PUBLIC);
        for (from, to, says) in [
            ("days: 90", "days: 399", "max_days"),
            ("2027-03-15", "2027-13-15", "2027-13-15"),
            ("2027-03-15", "2025-03-15", "rise"),
            ("\"digitalSignature\"", "\"digital\"", "digital"),
            ("1.3.6.1.5.5.7.3.1", "serverAuth", "OID"),
            ("\"dns\"", "\"dsn\"", "dsn"),
            ("\"P-256\"", "\"P256\"", "P256"),
            ("min_rsa", "min_rsb", "min_rsb"),
        ] {
            let error = read_profile(name, text.replacen(from, to, 1).as_bytes()).unwrap_err();
            assert_eq!(error.kind, Kind::Damaged);
            assert!(error.why.contains(says), "{error}");
        }
    }

    #[test]
    fn a_profile_of_before_is_read_and_keeps_its_meaning() {
        let old = r#"// ringmaster profile 1
        (
            name: "old", title: "Old", version: 3, days: 90, max_days: 398, calendar: [], backdate: 3600,
            key_usage_rsa: ["digitalSignature", "keyEncipherment"], key_usage_other: ["digitalSignature"],
            extended: ["1.3.6.1.5.5.7.3.1"], alt_names: ["dns", "ip"], names_needed: true, min_rsa: 2048, keys: ["P-256"],
        )"#;
        let profile = read_profile("old", old.as_bytes()).unwrap();
        assert_eq!((profile.version, profile.min_days, profile.trust), (3, 1, Trust::Private));
        assert!(profile.wildcards && profile.subject_key_id && profile.copied_subject == ["*"]);
        assert!(profile.authority.is_none() && profile.copied_extensions.is_empty());
        // A person may write only what differs.
        let short = read_profile("short", b"(title: \"Short\", days: 7)").unwrap();
        assert_eq!((short.name.as_str(), short.days), ("short", 7));
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = read_profile("x", &bytes);
        }
    }
}
