//! FIELDS of the small records that only forms fill in: a plan, a denial.

use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Record, When};

/// Why a request is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denial {
    /// In words for the requester.
    pub reason: String,
}

impl Record for Denial {
    const NOUN: &'static str = "denial";
    const FIELDS: &'static [Field<Self>] = &[Field {
        name: "reason",
        label: "Reason",
        help: "In words for the requester: what is wrong and what to send instead.",
        kind: Kind::Text,
        when: When::AtCreation,
        get: |x, _| visible(&x.reason),
        set: |x, t| {
            if t.trim().is_empty() {
                return Err("say why, in words for the requester".into());
            }
            x.reason = t.trim().to_owned();
            Ok(())
        },
    }];
}

/// Why something is done that the audit chain has to tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reasoning {
    /// Why.
    pub why: String,
}

impl Record for Reasoning {
    const NOUN: &'static str = "reasoning";
    const FIELDS: &'static [Field<Self>] = &[Field {
        name: "why",
        label: "Why",
        help: "Kept in the audit chain with your name; somebody may read it in years.",
        kind: Kind::Text,
        when: When::AtCreation,
        get: |x, _| x.why.clone(),
        set: |x, t| {
            x.why = t.trim().to_owned();
            if x.why.is_empty() { Err("say why".into()) } else { Ok(()) }
        },
    }];
}

/// Why a request is taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakingBack {
    /// In words; kept in the audit chain.
    pub reason: String,
}

impl Record for TakingBack {
    const NOUN: &'static str = "withdrawal of a request";
    const FIELDS: &'static [Field<Self>] = &[Field {
        name: "reason",
        label: "Reason",
        help: "Why it is not needed any more; kept in the audit chain.",
        kind: Kind::Text,
        when: When::AtCreation,
        get: |x, _| visible(&x.reason),
        set: |x, t| {
            if t.trim().is_empty() {
                return Err("say why".into());
            }
            x.reason = t.trim().to_owned();
            Ok(())
        },
    }];
}

/// Writes the reference of all fields, `docs/fields.md`.
pub fn fields_markdown() -> String {
    use crate::model::accepted::Acceptance;
    use crate::model::audit::setback::Reconciliation;
    use crate::model::certificate::Certificate;
    use crate::model::certifier::past::ImportedCertifier;
    use crate::model::certifier::rollover::NewKey;
    use crate::model::certifier::{Awaited, Certifier, NewCertifier};
    use crate::model::compromised::Report;
    use crate::model::export::{CertificateExport, Export};
    use crate::model::issued::Issued;
    use crate::model::keyring::{
        ImportedKeyring, Keyring, MovedKeyring, NewKeyring, NewPassword, NewRequest, Renaming, SelfCertifying,
    };
    use crate::model::person::{Delivery, NewPersonKey, Person, Registration};
    use crate::model::policy::Amendment;
    use crate::model::profile::Profile;
    use crate::model::protection::NewProtection;
    use crate::model::request::edit::Edit;
    use crate::model::request::{Note, Plan, Request};
    use crate::model::resolve::Question;
    use crate::model::revocation::{NewRevocation, Release};
    use crate::model::server::Server;
    use crate::model::site::Site;
    use crate::model::task::{Remark, Task};
    use crate::model::witness::Witness;
    let mut out = String::from(
        "# Fields\n\nThis page is made from the tables of fields; `RINGMASTER_BLESS=1 cargo test docs` writes it anew.\n\
         The names are those of command-line options and of `set`.\n",
    );
    table::<NewCertifier>(&mut out);
    table::<Certifier>(&mut out);
    table::<Awaited>(&mut out);
    table::<NewKey>(&mut out);
    table::<ImportedCertifier>(&mut out);
    table::<Amendment>(&mut out);
    table::<Report>(&mut out);
    table::<Witness>(&mut out);
    table::<Profile>(&mut out);
    table::<NewProtection>(&mut out);
    table::<NewKeyring>(&mut out);
    table::<NewRequest>(&mut out);
    table::<Renaming>(&mut out);
    table::<NewPassword>(&mut out);
    table::<SelfCertifying>(&mut out);
    table::<ImportedKeyring>(&mut out);
    table::<MovedKeyring>(&mut out);
    table::<Keyring>(&mut out);
    table::<Export>(&mut out);
    table::<Site>(&mut out);
    table::<Question>(&mut out);
    table::<Server>(&mut out);
    table::<Person>(&mut out);
    table::<NewPersonKey>(&mut out);
    table::<Registration>(&mut out);
    table::<Delivery>(&mut out);
    table::<Request>(&mut out);
    table::<Note>(&mut out);
    table::<Edit>(&mut out);
    table::<Plan>(&mut out);
    table::<Denial>(&mut out);
    table::<Certificate>(&mut out);
    rows(&mut out, crate::pki::reading::MORE, |_| String::new());
    table::<CertificateExport>(&mut out);
    table::<Issued>(&mut out);
    table::<NewRevocation>(&mut out);
    table::<Release>(&mut out);
    table::<Reasoning>(&mut out);
    table::<Reconciliation>(&mut out);
    table::<Acceptance>(&mut out);
    table::<Task>(&mut out);
    table::<Remark>(&mut out);
    out
}

fn table<T: Record>(out: &mut String) {
    let mut noun = T::NOUN.to_owned();
    if let Some(first) = noun.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    out.push_str(&format!(
        "\n## {noun}\n\n| name | label | what it is | set | kind |\n|---|---|---|---|---|\n"
    ));
    rows(out, T::FIELDS, T::scope);
}

fn rows<T>(out: &mut String, fields: &[Field<T>], scope: fn(&str) -> String) {
    for f in fields {
        let when = match f.when {
            When::AtCreation => "when made",
            When::Amendable => "any time",
            When::Derived => "never",
        };
        let kind = match f.kind {
            _ if f.when == When::Derived => "follows from others".into(),
            Kind::Text => "text".into(),
            Kind::Choice(all) => all.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "),
            Kind::Flag => "`yes` or `no`".into(),
            Kind::Number(low, high) => format!("number, {low} to {high}"),
            Kind::Names => "names, separated by spaces".into(),
            Kind::Lines => "texts, one a line".into(),
            Kind::Secret => "password, typed without echo".into(),
            Kind::Path => "file".into(),
            Kind::Keyring => "name of a keyring".into(),
            Kind::Certifier => "name of a certifier".into(),
            Kind::Signer => "`itself`, `elsewhere`, or the name of a certifier".into(),
            Kind::Profile => "name of a profile".into(),
            Kind::Ciphers => "`default`, `none`, or [suites](ciphers.md) by name, code or preset".into(),
        };
        let scope = scope(f.name);
        let only = if scope.is_empty() { scope } else { format!(" Only for {scope}.") };
        out.push_str(&format!("| `{}` | {} | {}{only} | {when} | {kind} |\n", f.name, f.label, f.help));
    }
}
