//! What becomes of dialogs, marks and selection when a verb was committed.

use crate::desk::{Outcome, Verb};
use crate::model::change::Fact;
use crate::ops::issue::became;
use crate::ops::ring::Act;
use crate::tui::dialog::form::Goal;
use crate::tui::dialog::{Dialog, tasks};
use crate::tui::model::{Model, Mood};
use crate::tui::pane::RowKey;

/// Takes over what a verb has changed: what asked for it closes, and the selection goes to what was made.
pub(super) fn committed(model: &mut Model, verb: &Verb, outcome: Outcome) {
    model.take(outcome.state);
    if let Verb::CreateCertifier(new) = verb
        && !model.unlocked.contains(&new.name)
    {
        let mut names = model.unlocked.clone();
        names.push(new.name.clone());
        model.set_unlocked(names);
    }
    match verb {
        Verb::Approve { id, .. } | Verb::Deny { id, .. } | Verb::WithdrawRequest { id, .. } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Review(r) if r.id == *id));
        }
        // Beside the line of a password, the form or plan that asked for it is done as well.
        Verb::Ring { keyring, act, .. } => match act {
            Act::Install { .. } | Act::InstallIssued => {
                model.dialogs.retain(|d| !matches!(d, Dialog::Install(i) if i.keyring == *keyring));
            }
            Act::Request(_) | Act::Rename { .. } | Act::ChangePassword { .. } | Act::SelfCertify { .. } => {
                model.dialogs.retain(|d| !matches!(d, Dialog::Form(f) if f.goal.is_of_keyring(keyring)));
            }
            _ => {}
        },
        Verb::SaveDocuments { .. } | Verb::AcceptFindings { .. } => model.here_mut().marked.clear(),
        Verb::SaveSite { .. } | Verb::SaveServer { .. } | Verb::SavePerson { .. } => {
            if let Some((_, after)) = verb.rewrites() {
                let done =
                    |d: &Dialog| matches!(d, Dialog::Form(f) if f.goal.edits(after.sort(), after.name()));
                model.dialogs.retain(|d| !done(d));
            }
        }
        Verb::Amend { certifier, .. } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Form(f) if f.goal.amends(certifier)));
        }
        Verb::StartTask(_) => {
            let begun = outcome.facts.iter().find_map(|fact| match fact {
                Fact::TaskSaved { task, .. } => Some(task.name.clone()),
                _ => None,
            });
            if let Some(name) = begun {
                tasks::open(model, name);
            }
        }
        Verb::Reconcile(_) => model.dialogs.retain(|d| {
            let decides = |then: &(String, Goal)| then.1 == Goal::Reconcile;
            !matches!(d, Dialog::Viewer(v) if v.then.as_deref().is_some_and(decides))
        }),
        Verb::Issue { ids } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Review(r) if ids.contains(&r.id)));
            model.here_mut().marked.retain(|k| !matches!(k, RowKey::Request(id) if ids.contains(id)));
        }
        _ => {}
    }
    if let Verb::Issue { ids } = verb {
        let each = ids.iter().map(|id| became(&outcome.facts, &model.state, *id));
        let unsigned: Vec<String> = each.filter(|(signed, _)| !signed).map(|(_, text)| text).collect();
        if let Some(first) = unsigned.first() {
            let more = match unsigned.len() {
                1 => String::new(),
                n => format!(" {} more were not signed either.", n - 1),
            };
            model.say(Mood::Bad, format!("{first}{more}"));
            return;
        }
    }
    // The selection goes to what was made, where the person looks already.
    for fact in &outcome.facts {
        if let Some((pane, key)) = RowKey::of(&fact.subject())
            && pane == model.pane
        {
            model.select(&key);
        }
    }
    model.say(Mood::Good, outcome.message);
}
