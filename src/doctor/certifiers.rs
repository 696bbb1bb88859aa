//! Rules about certifiers.

use super::Check;
use crate::model::finding::{Severity, Subject};
use crate::model::time::{DAY, days_left};

pub(super) const CHECKS: &[Check] = &[Check {
    id: "C01",
    title: "A certifier's CRL is due.",
    severity: Severity::Warning,
    remedy: "Sign a new CRL and publish it.",
    command: "certifier.crl",
    run: |case, found| {
        for certifier in case.state.certifiers.values() {
            let Some(crl) = &certifier.crl else { continue };
            // Due once three quarters of its validity have passed, so that publishing has time.
            let whole = crl.next_update.0 - crl.this_update.0;
            if case.now.0 - crl.this_update.0 > (whole / 4 * 3).max(whole - 30 * DAY) {
                let days = days_left(crl.next_update.days_from(case.now));
                let text = format!("The CRL of certifier {}: {days}.", certifier.name);
                found(Subject::Certifier(certifier.name.clone()), text);
            }
        }
    },
}];
