//! What the store has observed of files that it could not take in: which, why, and of what sort the trouble is.

use super::error::Kind;
use super::keyring::check_name;

/// What is the matter with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The audit chain tells of it and it is not there.
    Missing,
    /// Another program made it.
    Stranger,
    /// A newer version of this program made it.
    Newer,
    /// This user may not read it, or another user owns it.
    NotPermitted,
    /// Others can read what has to be private.
    OpenToOthers,
    /// A stash without a ring of its name.
    StashAlone,
    /// A stash that does not open the ring beside it.
    StashUnfit,
    /// It holds another object than its name says.
    Misnamed,
    /// The certificate in it is not of the key in it.
    OtherKey,
    /// Its content is malformed, cut short or altered.
    Damaged,
    /// A link, a folder, or a name that cannot be used here.
    Unfit,
    /// Its commit is true, and its new version still waits beside it.
    Waiting,
}

impl From<Kind> for Sort {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::NotFound => Self::Missing,
            Kind::Foreign => Self::Stranger,
            Kind::TooNew => Self::Newer,
            Kind::Denied => Self::NotPermitted,
            Kind::Exposed => Self::OpenToOthers,
            Kind::Misnamed => Self::Misnamed,
            Kind::OtherKey => Self::OtherKey,
            Kind::Damaged => Self::Damaged,
            _ => Self::Unfit,
        }
    }
}

/// A file of the workspace that is missing, cannot be read or does not fit; it is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The path inside of the workspace, escaped.
    pub path: String,
    /// Why, and what to do about it, in sentences.
    pub why: String,
    /// What is the matter.
    pub sort: Sort,
}

impl Unread {
    /// Returns the name of the keyring whose ring or stash it is, if it can be one.
    pub fn keyring(&self) -> Option<&str> {
        let (stem, extension) = self.path.strip_prefix("keyrings/")?.rsplit_once('.')?;
        let file = extension.eq_ignore_ascii_case("kyr") || extension == "sth";
        Some(stem).filter(|stem| file && check_name(stem).is_ok())
    }

    /// Tells whether it is a stash.
    pub fn is_stash(&self) -> bool {
        self.path.ends_with(".sth")
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}
