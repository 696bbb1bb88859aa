//! The one error of the library: what happened, why, and what to do next, in the user's words.

use super::finding::Subject;

/// What sort of refusal or failure it is; the faces choose exit code and dialog by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line, the form or a setting asks for something that does not exist or does not fit.
    Usage,
    /// A named thing is not there.
    NotFound,
    /// A rule forbids it; nothing was changed.
    Refused,
    /// A role, or the rule of two people, forbids it; nothing was changed, and the refusal is recorded.
    NotAllowed,
    /// A witness has to confirm the step first; nothing was changed.
    Unwitnessed,
    /// A file that has to be private can be read by others.
    Exposed,
    /// The operating system or the owner of a file does not let this user read or change it.
    Denied,
    /// A file holds another object than its name says.
    Misnamed,
    /// A certificate is not of the key it stands with.
    OtherKey,
    /// The password does not open it.
    WrongPassword,
    /// A password is needed and none was given.
    Locked,
    /// Another console changed the same thing in the meantime.
    Conflict,
    /// Another console committed in the meantime; the verb has to run again on the new state.
    Moved,
    /// The workspace or the session is read-only.
    ReadOnly,
    /// Bytes that should be ours are malformed, truncated or altered.
    Damaged,
    /// The file belongs to another program or another format.
    Foreign,
    /// The file was written by a newer version of this program.
    TooNew,
    /// The operating system refused: full disk, missing folder, failing device.
    Disk,
    /// The network or the peer failed.
    Network,
    /// The user stopped it.
    Cancelled,
    /// An invariant of the program does not hold; please report it.
    Internal,
}

/// A refusal or failure. Every text in it is already safe to show ([`super::escape::visible`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The sort of failure.
    pub kind: Kind,
    /// What happened, one sentence.
    pub what: String,
    /// Why, when that is known; may be empty.
    pub why: String,
    /// What to do next; may be empty.
    pub next: String,
    /// The command that does it (`object.verb`), offered as a key on the screen.
    pub command: Option<&'static str>,
    /// What it is about: the command that helps runs on it; a refusal by a role and the like is recorded with it.
    pub about: Option<Box<Subject>>,
}

/// The result of everything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Starts an error of this kind with what happened.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        let what = super::escape::visible(&what.into());
        Self { kind, what, why: String::new(), next: String::new(), command: None, about: None }
    }

    /// A rule forbids it.
    pub fn refused(what: impl Into<String>) -> Self {
        Self::new(Kind::Refused, what)
    }

    /// A role, the rule of two people, or an older ledger forbids it: that is recorded.
    pub fn not_allowed(about: Subject, what: impl Into<String>) -> Self {
        Self { about: Some(Box::new(about)), ..Self::new(Kind::NotAllowed, what) }
    }

    /// The input asks for what cannot be.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    /// The named thing is not there, said as `No keyring is named "x".`
    pub fn not_found(noun: &str, name: &str) -> Self {
        Self::new(Kind::NotFound, format!("No {noun} is named \"{name}\"."))
    }

    /// Bytes are malformed or altered.
    pub fn damaged(what: impl Into<String>) -> Self {
        Self::new(Kind::Damaged, what)
    }

    /// An invariant does not hold.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(Kind::Internal, what).next("This is a defect of the program; please report it.")
    }

    /// Says why.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = super::escape::visible(&why.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = super::escape::visible(&next.into());
        self
    }

    /// Names the command that helps.
    #[must_use]
    pub fn command(mut self, command: &'static str) -> Self {
        self.command = Some(command);
        self
    }

    /// Says on which object the command that helps has to run, where that is not the one at hand.
    #[must_use]
    pub fn on(mut self, object: Subject) -> Self {
        self.about = Some(Box::new(object));
        self
    }

    /// Returns the exit code of the command line: 1 refused or failed, 2 usage, 4 locked or password needed.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Usage => 2,
            Kind::Locked | Kind::WrongPassword => 4,
            _ => 1,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)?;
        for part in [&self.why, &self.next].into_iter().filter(|p| !p.is_empty()) {
            write!(f, " {part}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
