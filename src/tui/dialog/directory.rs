//! Documents in exchange with a Domino directory: what a file would do, each document with its result, before anything is
//! saved; and the formats that can be written. Reads and writes no file.

use super::Dialog;
use super::menu::{Action, Copy, Menu, Source, item};
use super::versions::differing;
use super::viewer::Text;
use crate::desk::Verb;
use crate::model::document::{Document, Saving, Sort};
use crate::model::escape::visible;
use crate::model::exchange::Form;
use crate::ops::exchange::{Becomes, Entry, Plan, export};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::pane::RowKey;
use crate::tui::theme::Role;

/// Shows what the documents of a file become, and asks.
pub(in crate::tui) fn show(model: &mut Model, source: &str, plan: &Plan) {
    let mut lines = vec![Text::line(format!("{}.", plan.summary()), Role::Title)];
    for (form, count) in plan.skipped.iter().take(10) {
        lines.push(Text::line(
            format!("Skipped: {count} of form {}, which has no place here.", visible(form)),
            Role::Dim,
        ));
    }
    lines.extend(plan.remarks.iter().take(10).map(|r| Text::line(visible(r), Role::Warn)));
    let changes = plan.changes();
    let mut items = vec![item("Back, nothing is done", Action::Close)];
    if !changes.is_empty() {
        let label = format!("Save what is new and changed: {}", changes.len());
        items.push(item(label, Action::Verb(Verb::SaveDocuments { changes })));
    }
    if plan.entries.iter().any(|e| !e.remarks.is_empty()) {
        lines.push(Text::line("There is something to say of those with (!): Enter shows it.", Role::Dim));
    }
    // What wants a person's look stands first; of each result the order is that of the file.
    let mut entries: Vec<&Entry> = plan.entries.iter().collect();
    entries.sort_by_key(|e| ["refused", "changed", "new", "same"].iter().position(|word| *word == e.word()));
    for entry in entries {
        let title = format!("{} {}: {}", entry.sort.noun(), entry.name, entry.word());
        let told = if entry.remarks.is_empty() { "" } else { " (!)" };
        items.push(item(format!("{title}{told}"), Action::Show(title.clone(), told_of(model, entry))));
    }
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Import {source}"), lines, items)));
}

fn told_of(model: &Model, entry: &Entry) -> Vec<Text> {
    let mut lines = match &entry.becomes {
        Becomes::Refused(why) => vec![Text::line(visible(why), Role::Bad)],
        Becomes::Same => vec![Text::line("The document here says the same already.", Role::Text)],
        Becomes::Saved(Saving { before, after, .. }) => {
            let before = before.clone().unwrap_or_else(|| after.blank());
            differing(model, &before, after)
        }
    };
    lines.extend(entry.remarks.iter().map(|remark| Text::line(visible(remark), Role::Warn)));
    lines
}

/// Offers the formats in which the marked documents, or the selected one, can be written.
pub(in crate::tui) fn offer(model: &mut Model, sort: Sort) -> Vec<Effect> {
    let marked: Vec<RowKey> = model.here().marked.iter().cloned().collect();
    let keys = if marked.is_empty() { model.selected().into_iter().collect() } else { marked };
    let names = keys.iter().filter_map(|key| match key {
        RowKey::Name(name) => Document::find(&model.state, sort, name),
        _ => None,
    });
    let documents: Vec<Document> = names.collect();
    let stem = match documents.as_slice() {
        [one] => one.name().to_owned(),
        _ => sort.nouns().to_owned(),
    };
    let mut lines =
        vec![Text::line("An import of Domino takes these; what cannot be written is told.", Role::Dim)];
    let mut items = Vec::new();
    for (form, label, end) in [
        (Form::OneTouch, "one-touch setup JSON", "json"),
        (Form::OneTouchUpdate, "one-touch JSON that changes sites", "json"),
        (Form::Dxl, "Domino XML (DXL)", "dxl"),
    ] {
        let written = export(&model.state, form, &documents);
        for remark in written
            .remarks
            .iter()
            .take(10)
            .map(|r| Text::line(format!("Look at this: {}.", visible(r)), Role::Warn))
        {
            if !lines.contains(&remark) {
                lines.push(remark);
            }
        }
        for left in written.left.iter().take(10) {
            lines.push(Text::line(format!("Not in {label}: {}.", visible(left)), Role::Warn));
        }
        if written.count > 0 {
            let copy = Copy { label, name: format!("{stem}.{end}"), source: Source::Text(written.text) };
            items.push(item(format!("Write as {label}: {}", written.count), Action::Write(copy)));
        }
    }
    if items.is_empty() {
        model.say(Mood::Warn, "Not done: no document here has a form that is known.");
        return Vec::new();
    }
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Export {stem}"), lines, items)));
    Vec::new()
}
