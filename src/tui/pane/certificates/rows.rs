//! The rows of the pane of certificates: which list is asked for, in which order, and what stands in the columns.

use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::filter::{self, Moment};
use crate::model::finding::Subject;
use crate::model::issued::{Issued, Reason};
use crate::model::time::Timestamp;
use crate::model::verdict::Verdict;
use crate::store::listing::{self, Grouping, Here, Sort};
use crate::tui::issued::Wish;
use crate::tui::model::Model;
use crate::tui::pane::{Cell, PaneId, RowKey, names_of};
use crate::tui::theme::Role;

/// Writes the cells of a row; `None` while it is not known.
pub(super) fn cells(model: &Model, key: &RowKey) -> Option<Vec<Cell>> {
    match key {
        RowKey::Local(digest) => {
            let c = model.certificate(digest)?;
            Some(row(
                c.subject.title(),
                names_of(c),
                listing::certifier(&model.state, c).map_or_else(|| c.issuer.title(), str::to_owned),
                c.not_after,
                &c.key.algorithm,
                verdict(model, digest, c),
                place(model, digest),
                model,
            ))
        }
        RowKey::Issued(id) => {
            let one = model.issued.rows.get(id)?;
            let verdict = judge(one.reason(), one.not_before, one.not_after, model);
            let place = "issued".to_owned();
            let title = title(one);
            let names = one.alt_names.split(' ').map(|n| n.split_once(':').map_or(n, |(_, value)| value));
            let names = names.collect::<Vec<_>>().join(" ");
            let issuer = one.certifier.clone();
            Some(row(title.into(), names, issuer, one.not_after, &one.key, verdict, place, model))
        }
        RowKey::Group(label) => {
            let sign = if model.issued.shut.contains(label) { "+" } else { "-" };
            Some(vec![Cell::of(Role::Title, format!("{sign} {label}: {}", group_count(model, label)))])
        }
        _ => None,
    }
}

/// Returns the common name of a row of the issued list, or its whole subject.
pub(super) fn title(row: &Issued) -> &str {
    row.subject.split(',').find_map(|part| part.strip_prefix("CN=")).unwrap_or(&row.subject)
}

/// Returns how many rows a group has.
pub(super) fn group_count(model: &Model, label: &str) -> usize {
    model.issued.listing.groups.iter().find(|group| group.label == label).map_or(0, |group| group.count)
}

/// Returns the order of the list.
pub(super) fn sort(model: &Model) -> Sort {
    let pane = model.panes.get(PaneId::Certificates.index());
    let own = pane.and_then(|pane| Sort::ALL.get(pane.sort)).copied().unwrap_or_default();
    pane.and_then(|pane| pane.group).map_or(own, Grouping::sort)
}

/// Returns what an order is called.
pub(in crate::tui) fn sort_name(sort: Sort) -> &'static str {
    if sort == Sort::Issued { "time of signing" } else { sort.name() }
}

/// How many days after its end a certificate still counts as something to look at.
const ENDED: i64 = 90;

/// Returns which list is wanted now.
pub(in crate::tui) fn wish(model: &Model) -> Wish {
    let pane = model.here();
    let at = moment(model);
    Wish {
        sort: Sort::ALL.get(pane.sort).copied().unwrap_or_default(),
        reverse: pane.reverse,
        filter: filter::parse(&pane.filter).unwrap_or_default(),
        at,
        ends: pane.findings.then(|| (at.now.plus_days(-ENDED), at.now.plus_days(at.soon))),
        group: pane.group,
        issuers: listing::issuers(&model.state),
        here: here(model),
    }
}

/// Returns the moment that the list is of: whole minutes, so that a little later the wish is still the same.
fn moment(model: &Model) -> Moment {
    Moment { now: Timestamp(model.now.0 - model.now.0.rem_euclid(60)), soon: model.settings.soon }
}

pub(super) fn rows(model: &Model) -> Vec<RowKey> {
    let filter = filter::parse(&model.here().filter).unwrap_or_default();
    let at = moment(model);
    let same = model.issued.asked.as_ref().is_some_and(|(_, wish)| wish.filter == filter);
    let mut all = here(model);
    // What only the ledger knows was answered for this filter already, or is still to come.
    all.retain(|one| {
        let row = model.issued.here.get(&one.sha256);
        one.listed
            && (filter.is_empty() || one.fits(&filter, at, row, false, (None, None)))
            && !(same && model.issued.listing.out.contains(&one.sha256))
    });
    let mut all: Vec<_> = all.iter().map(|one| (one, model.issued.here.get(&one.sha256))).collect();
    listing::sort(&mut all, sort(model), at);
    let mut rows: Vec<_> = all.into_iter().map(|(one, _)| RowKey::Local(one.sha256)).collect();
    if model.here().reverse {
        rows.reverse();
    }
    rows
}

/// Lists the certificates of the workspace, with those that the list leaves out.
fn here(model: &Model) -> Vec<Here> {
    let pane = model.here();
    let make = |(digest, places): (&Digest, &Vec<Subject>)| {
        let c = model.certificate(digest)?;
        let listed = !pane.findings || trouble(model, digest, c);
        Some(Here::new(&model.state, c, places, listed))
    };
    let mut all: Vec<Here> = model.places.iter().filter_map(make).collect();
    all.sort_by(|a, b| a.subject.cmp(&b.subject));
    all
}

/// Tells whether a certificate wants a look: by time, revoked though in use, or the checks say something of its ring.
fn trouble(model: &Model, digest: &Digest, c: &Certificate) -> bool {
    let said = |subject: &Subject| match subject {
        Subject::Keyring(name) => {
            let leaf = model.state.keyrings.get(name).and_then(|r| r.leaf());
            leaf.is_some_and(|leaf| leaf.sha256 == *digest) && model.findings_of(subject).next().is_some()
        }
        subject => model.findings_of(subject).next().is_some(),
    };
    verdict(model, digest, c).1 != Role::Ok
        || model.places.get(digest).is_some_and(|places| places.iter().any(said))
}

#[expect(clippy::too_many_arguments, reason = "one for each column")]
fn row(
    subject: String,
    names: String,
    issuer: String,
    ends: Timestamp,
    key: &str,
    (verdict, role): (String, Role),
    place: String,
    model: &Model,
) -> Vec<Cell> {
    vec![
        Cell::new(subject),
        Cell::new(names),
        Cell::new(issuer),
        Cell::new(ends.date()),
        Cell::new(format!("{:>5}", ends.days_from(model.now))),
        Cell::new(key),
        Cell::of(role, verdict),
        Cell::new(place),
    ]
}

/// Judges a certificate of the workspace in a word or two.
fn verdict(model: &Model, digest: &Digest, c: &Certificate) -> (String, Role) {
    let revoked = model.issued.here.get(digest).and_then(Issued::reason);
    judge(revoked, c.not_before, c.not_after, model)
}

fn judge(revoked: Option<Reason>, from: Timestamp, to: Timestamp, model: &Model) -> (String, Role) {
    let verdict = Verdict::of(revoked, (from, to), model.now, model.settings.soon);
    let role = match verdict {
        Verdict::Good => Role::Ok,
        Verdict::Soon(_) => Role::Warn,
        _ => Role::Bad,
    };
    (verdict.text(), role)
}

fn place(model: &Model, digest: &Digest) -> String {
    let all = model.places.get(digest).map_or(&[][..], Vec::as_slice);
    match all {
        [one] => listing::place(one),
        [first, rest @ ..] => format!("{} +{}", listing::place(first), rest.len()),
        [] => String::new(),
    }
}
