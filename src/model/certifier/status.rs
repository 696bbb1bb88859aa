//! Where a certifier stands in its life, and what it may still do there. Decides nothing of its own.

use serde::{Deserialize, Serialize};

use crate::model::escape::visible;
use crate::model::time::Timestamp;

/// Who decided something about a certifier, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in that person's words.
    pub why: String,
}

/// Where a certifier stands in its life.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Status {
    /// It issues certificates and signs CRLs.
    #[default]
    Active,
    /// It issues nothing until it is enabled again; its CRLs go on.
    Disabled(Decision),
    /// It will never issue again; its CRLs go on until the last certificate has ended.
    Retired(Decision),
    /// Its key is gone: it signs nothing, CRLs included.
    Destroyed(Decision),
}

impl Status {
    /// Returns the word shown in lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled(_) => "disabled",
            Self::Retired(_) => "retired",
            Self::Destroyed(_) => "destroyed",
        }
    }

    /// Returns the decision that led to it; there is none for an active one.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Active => None,
            Self::Disabled(d) | Self::Retired(d) | Self::Destroyed(d) => Some(d),
        }
    }

    /// Tells whether certificates may be issued.
    pub fn issues(&self) -> bool {
        *self == Self::Active
    }

    /// Tells whether there is a key that can sign CRLs.
    pub fn has_key(&self) -> bool {
        !matches!(self, Self::Destroyed(_))
    }

    /// Says in one line where the certifier stands, with who, when and why.
    pub fn text(&self) -> String {
        let means = match self {
            Self::Active => return "active: issues certificates and signs CRLs".into(),
            Self::Disabled(_) => "issues nothing until it is enabled; CRLs go on",
            Self::Retired(_) => "issues nothing any more; CRLs go on",
            Self::Destroyed(_) => "its key is destroyed; it signs nothing any more",
        };
        let who = self.decision().map_or_else(String::new, |d| {
            format!(" (by {} on {}: {})", visible(&d.by), d.at.text(), visible(&d.why))
        });
        format!("{}: {means}{who}", self.word())
    }
}
