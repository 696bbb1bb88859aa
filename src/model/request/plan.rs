//! FIELDS of a plan, as an approver fills it in.

use super::Plan;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Record, When, flag, number, put, yes_no};

impl Record for Plan {
    const NOUN: &'static str = "plan";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "certifier",
            label: "Certifier",
            help: "Who shall sign.",
            kind: Kind::Certifier,
            when: When::AtCreation,
            get: |x, _| x.certifier.clone(),
            set: |x, t| {
                if t.trim().is_empty() {
                    return Err("choose a certifier".into());
                }
                x.certifier = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "profile",
            label: "Profile",
            help: "What the certificate will contain; the request only asks.",
            kind: Kind::Profile,
            when: When::AtCreation,
            get: |x, _| x.profile.clone(),
            set: |x, t| {
                if t.trim().is_empty() {
                    return Err("choose a profile".into());
                }
                x.profile = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "days",
            label: "Validity in days",
            help: "Profile, calendar and the certifier's own end may shorten it; the review says so.",
            kind: Kind::Number(1, 11_000),
            when: When::AtCreation,
            get: |x, _| x.days.to_string(),
            set: |x, t| number(t, 1, 11_000).map(|days| x.days = days),
        },
        Field {
            name: "renewal",
            label: "Renewal",
            help: "yes notes that it takes the place of an earlier certificate for the same key and name, where there is one; \
                   no leaves both to be used.",
            kind: Kind::Flag,
            when: When::AtCreation,
            get: |x, _| yes_no(!x.beside),
            set: |x, t| {
                x.beside = !flag(t)?;
                Ok(())
            },
        },
        Field::fixed(
            "reason",
            "Reason",
            "Why warnings are accepted; needed only when there are some.",
            |x, _| visible(&x.reason),
            |x, t| put(&mut x.reason, t),
        ),
    ];
}
