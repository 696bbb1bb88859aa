//! Rules about the files of the workspace.

use super::Check;
use crate::model::finding::{Severity, Subject};

pub(super) const CHECKS: &[Check] = &[Check {
    id: "W01",
    title: "A file of the workspace is missing, cannot be read or does not fit; it is left alone.",
    severity: Severity::Error,
    remedy: "Do what is said of the file, then read the workspace again.",
    command: "console.refresh",
    run: |case, found| {
        for unread in &case.state.unreadable {
            found(Subject::Workspace, unread.to_string());
        }
    },
}];
