//! The checks of what servers run with.

use super::{Check, Hit};
use crate::model::finding::Severity;
use crate::model::server::Server;
use crate::ops::server::Prints;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "S20",
    title: "A change is not live yet.",
    severity: Severity::Warning,
    remedy: "Restart or refresh the server, then note it.",
    command: "server.refreshed",
    explain: "Documents or keyrings of the server were changed since somebody noted that it was restarted or refreshed. Site \
        documents are taken up by themselves after a while; ports, keyrings and the settings of the server are not, so \
        clients still meet the old ones. Restart or refresh the server, then note it here; a server of which nobody has \
        noted anything is not looked at.",
    run: |case, found| {
        let told = |server: &&Server| server.live.is_some();
        if !case.state.servers.values().any(|server| told(&server)) {
            return;
        }
        let prints = Prints::of(case.state);
        for server in case.state.servers.values().filter(told) {
            let pending = prints.pending(server);
            let Some(live) = server.live.as_ref().filter(|_| !pending.is_empty()) else { continue };
            let day = live.at.date();
            let hit = Hit::server(
                server,
                format!("runs since {day} without what was changed: {}.", some(&pending)),
            );
            let by_itself = pending.iter().all(|what| what.starts_with("site "));
            found(if by_itself { hit.severity(Severity::Info) } else { hit });
        }
    },
}];

/// So many changes are named.
const NAMED: usize = 5;

fn some(pending: &[String]) -> String {
    let mut text = pending.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if pending.len() > NAMED {
        text.push_str(&format!(" and {} more", pending.len() - NAMED));
    }
    text
}
