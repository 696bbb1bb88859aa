//! Shows what a file or a paste holds, sorted, and the ways to go on, each with its result. Nothing is done before one is
//! chosen; several are marked and done one after another.

mod ways;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::form::{Form, Goal};
use super::install::Install;
use super::menu::{Action, Menu, item};
use super::secret::Opens;
use super::verify;
use super::viewer::{Text, labelled};
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::certifier::past::ImportedCertifier;
use crate::model::error::Error;
use crate::model::key::KeyInfo;
use crate::model::keyring::{ImportedKeyring, MovedKeyring};
use crate::pki::bundle::{self, Tone};
use crate::pki::key::PrivateKey;
use crate::tui::areas::areas;
use crate::tui::brought::Brought;
use crate::tui::chord::Key;
use crate::tui::job::{self, ReadFor};
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::widget::text::{cut, wrap};
use ways::{Does, Way, delivery, free_name, past, ways};

/// How many requests that are not taken have a line of their own.
const REFUSED: usize = 20;

/// What a new keyring is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Material {
    /// The private key; `None` makes a ring of trusted roots.
    pub key: Option<Arc<PrivateKey>>,
    /// Certificates in any order.
    pub certificates: Vec<Certificate>,
    /// What they are called where they come from.
    pub labels: BTreeMap<Digest, String>,
}

/// What was brought, and the ways to go on.
#[derive(Debug, Clone)]
pub struct Import {
    brought: Brought,
    purpose: ReadFor,
    /// Which of its keys were in a keyring already when it was brought.
    known: Vec<String>,
    /// Why some of its requests are not taken.
    refused: Vec<String>,
    ways: Vec<Way>,
    cursor: usize,
    /// The first line shown, while a person looks around.
    top: Option<usize>,
    /// The way that is being gone.
    current: Option<usize>,
    /// Whether those that are marked are gone one after another.
    batch: bool,
}

/// Shows what was brought. What is of no use without its password is asked for at once.
pub(in crate::tui) fn show(model: &mut Model, brought: Brought, purpose: ReadFor) -> Vec<Effect> {
    // Opened with its password, it takes the place of what could be seen without.
    model.dialogs.retain(|d| !matches!(d, Dialog::Import(i) if i.brought.given == brought.given));
    match &purpose {
        ReadFor::Install(ring) if !brought.found.certificates.is_empty() => {
            let install = Install::new(model, ring, brought.found.certificates);
            model.dialogs.push(Dialog::Install(install));
            return Vec::new();
        }
        ReadFor::Person(person) if !brought.found.certificates.is_empty() => {
            bind(model, person.clone(), &brought);
            return Vec::new();
        }
        ReadFor::Certify(name) if !brought.found.certificates.is_empty() => {
            crate::tui::pane::certifiers::life::look(model, name, brought.found.certificates);
            return Vec::new();
        }
        ReadFor::Prove(name) if !brought.found.crls.is_empty() => {
            let Brought { found, source, .. } = brought;
            let bytes = found.crls.into_iter().next().unwrap_or_default();
            return vec![crate::tui::pane::certifiers::crl::prove(model, name.clone(), source, bytes)];
        }
        ReadFor::Verify if brought.opened || brought.found.locked.is_empty() => {
            return verify::of_found(model, brought.found, brought.source);
        }
        _ => {}
    }
    let found = &brought.found;
    let usable = match purpose {
        ReadFor::Queue => !found.requests.is_empty(),
        ReadFor::Trust(_) | ReadFor::Install(_) | ReadFor::Person(_) | ReadFor::Certify(_) => {
            !found.certificates.is_empty()
        }
        ReadFor::Anything | ReadFor::Verify | ReadFor::Prove(_) => false,
    };
    let opens = (!usable && !brought.opened && !found.locked.is_empty())
        .then(|| Opens::File(brought.given.clone(), purpose.clone(), found.locked_words()));
    let readable = !(found.certificates.is_empty() && found.requests.is_empty() && found.keys.is_empty());
    if opens.is_none() || readable {
        let import = Import::new(model, brought, purpose);
        model.dialogs.push(Dialog::Import(import.into()));
    }
    if let Some(opens) = opens {
        job::ask(model, opens);
    }
    Vec::new()
}

/// Shows the certificates that would be bound to a person, and asks.
fn bind(model: &mut Model, person: String, brought: &Brought) {
    let lines = brought.found.certificates.iter().filter(|c| !c.is_ca()).map(|c| {
        let text = format!(
            "{} by {}, until {}, key {}",
            c.subject.title(),
            c.issuer.title(),
            c.not_after.date(),
            c.key.sha256.short()
        );
        Text::line(text, Role::Text)
    });
    let lines = lines.collect();
    let verb = Verb::RegisterCertificates {
        person: person.clone(),
        certificates: brought.found.certificates.clone(),
        source: brought.source.clone(),
    };
    let items = vec![
        item("Back, nothing is done", Action::Close),
        item(format!("Bind to {person}"), Action::Verb(verb)),
    ];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Certificates for {person}"), lines, items)));
}

/// Notes how the way went that was being gone, and goes on with the next one that is marked.
pub(in crate::tui) fn went(model: &mut Model, result: Result<String, Error>) -> Vec<Effect> {
    let Some(at) = gone(model) else { return Vec::new() };
    let Some(Dialog::Import(mut import)) = model.dialogs.get(at).cloned() else { return Vec::new() };
    let good = result.is_ok();
    let said = result.unwrap_or_else(|error| error.to_string());
    if let Some(way) = import.current.take().and_then(|i| import.ways.get_mut(i)) {
        (way.went, way.marked) = (Some((good, said)), false);
    }
    let left = |w: &Way| !matches!(w.does, Does::Open | Does::Close) && w.went.as_ref().is_none_or(|w| !w.0);
    if !import.ways.iter().any(left) {
        model.dialogs.remove(at);
        return Vec::new();
    }
    let (import, effects) = if import.batch { import.next(model) } else { (*import, Vec::new()) };
    if let Some(dialog) = model.dialogs.get_mut(at) {
        *dialog = Dialog::Import(import.into());
    }
    effects
}

/// Tells whether several ways are gone one after another, so that a refusal is noted beside its way.
pub(in crate::tui) fn goes_on(model: &Model) -> bool {
    let dialog = gone(model).and_then(|at| model.dialogs.get(at));
    matches!(dialog, Some(Dialog::Import(import)) if import.batch)
}

fn gone(model: &Model) -> Option<usize> {
    model.dialogs.iter().rposition(|d| matches!(d, Dialog::Import(i) if i.current.is_some()))
}

impl Import {
    fn new(model: &Model, brought: Brought, purpose: ReadFor) -> Self {
        let ways = ways(model, &brought, &purpose);
        let several = brought.found.keys.len() > 1;
        let known = brought.found.keys.iter().enumerate().filter_map(|(place, key)| {
            let same = |k: &KeyInfo| k.sha256 == key.key.info().sha256;
            let rings = model.state.keyrings.values().filter(|r| r.key.iter().chain(&r.next_key).any(same));
            let rings: Vec<_> = rings.map(|r| r.name.as_str()).collect();
            let key = if several { format!("Key {}", place + 1) } else { "The key".into() };
            (!rings.is_empty()).then(|| format!("{key} is in a keyring already: {}.", rings.join(", ")))
        });
        let known = known.collect();
        let refused = delivery(model, &brought).1;
        Self { brought, purpose, known, refused, ways, cursor: 0, top: None, current: None, batch: false }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let Input::Chord(key) = input else { return (Some(Dialog::Import(self.into())), Vec::new()) };
        let last = self.ways.len().saturating_sub(1);
        let looking = matches!(key, Key::PageUp | Key::PageDown);
        match key {
            Key::Esc | Key::Char('q') => return (None, Vec::new()),
            Key::Up | Key::Char('k') | Key::BackTab => self.cursor = self.cursor.saturating_sub(1),
            Key::Down | Key::Char('j') | Key::Tab => self.cursor = (self.cursor + 1).min(last),
            Key::Home | Key::Char('g') => self.cursor = 0,
            Key::End | Key::Char('G') => self.cursor = last,
            Key::PageUp | Key::PageDown => {
                let sheet = self.sheet(model, usize::from(areas(model).sheet.0));
                self.top = Some(sheet.paged(model, *key == Key::PageUp));
            }
            Key::Char(' ') => {
                if let Some(way) = self.ways.get_mut(self.cursor).filter(|w| w.can_be_marked()) {
                    way.marked = !way.marked;
                    self.cursor = (self.cursor + 1).min(last);
                }
            }
            Key::Enter => {
                self.batch = self.ways.iter().any(|w| w.marked);
                if self.batch {
                    let (import, effects) = self.next(model);
                    return (Some(Dialog::Import(import.into())), effects);
                }
                if matches!(self.ways.get(self.cursor), None | Some(Way { does: Does::Close, .. })) {
                    return (None, Vec::new());
                }
                let effects = self.go(model, self.cursor);
                return (Some(Dialog::Import(self.into())), effects);
            }
            _ => {}
        }
        if !looking {
            self.top = None;
        }
        (Some(Dialog::Import(self.into())), Vec::new())
    }

    /// Goes the first way that is marked.
    fn next(mut self, model: &mut Model) -> (Self, Vec<Effect>) {
        let Some(at) = self.ways.iter().position(|w| w.marked) else {
            self.batch = false;
            return (self, Vec::new());
        };
        self.cursor = at;
        let effects = self.go(model, at);
        (self, effects)
    }

    /// Goes a way: opens its form, or runs its verb.
    fn go(&mut self, model: &mut Model, at: usize) -> Vec<Effect> {
        let Some(way) = self.ways.get(at) else { return Vec::new() };
        self.current = Some(at);
        self.top = None;
        let (title, goal) = match &way.does {
            Does::Verb(verb) => return job::go(model, (**verb).clone()),
            Does::Open => {
                let (given, locked) = (self.brought.given.clone(), self.brought.found.locked_words());
                job::ask(model, Opens::File(given, self.purpose.clone(), locked));
                return Vec::new();
            }
            Does::Close => return Vec::new(),
            Does::Move => {
                let Some(ring) = &self.brought.ring else { return Vec::new() };
                let asked = MovedKeyring { name: free_name(model, ring.name.clone()), ..Default::default() };
                (
                    format!("Keyring {} of another host", ring.name),
                    Goal::Move(asked.into(), ring.clone().into()),
                )
            }
            Does::Authority(place) => {
                let Brought { found, history, given, .. } = &self.brought;
                let Some(key) = found.keys.get(*place) else { return Vec::new() };
                let material = Material {
                    key: Some(key.key.clone()),
                    certificates: found.certificates.clone(),
                    labels: found.labels.clone(),
                };
                let history =
                    history.clone().unwrap_or_else(|| Arc::new(past(found, &key.key, given.shown())));
                let asked = ImportedCertifier { crl_number: history.crl_number, ..Default::default() };
                (
                    "Certifier that was run elsewhere".into(),
                    Goal::Authority(asked.into(), material.into(), history),
                )
            }
            Does::Ring(place) => {
                let Brought { found, bundle, .. } = &self.brought;
                let key = place.and_then(|p| found.keys.get(p));
                let identity = place.and_then(|p| bundle.identities.get(p));
                let name = match (identity, key) {
                    (Some(identity), Some(key)) => identity.proposed_name(&key.label),
                    _ => "roots".into(),
                };
                let material = Material {
                    key: key.map(|k| k.key.clone()),
                    certificates: place.map_or_else(|| bundle.roots.clone(), |p| bundle.going_with(p)),
                    labels: found.labels.clone(),
                };
                let asked = ImportedKeyring { name: free_name(model, name), ..Default::default() };
                (way.label.clone(), Goal::Import(asked.into(), material.into()))
            }
        };
        let form = Form::new(model, title, goal);
        model.dialogs.push(Dialog::Form(form));
        Vec::new()
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let mut body = labelled(model, &self.lines(model), columns);
        body.push(ink.line(Role::Text, ""));
        let mut cursor = None;
        let marking = self.ways.iter().filter(|w| w.can_be_marked()).count() > 1;
        for (i, way) in self.ways.iter().enumerate() {
            let chosen = i == self.cursor;
            let pointer = if chosen { ink.symbols.pointer } else { " " };
            let mark = if way.marked { ink.symbols.mark } else { " " };
            let lead = if marking { format!("{pointer}{mark} ") } else { format!("{pointer} ") };
            let room = columns.saturating_sub(lead.chars().count());
            let label = cut(&ink.symbols.text(&way.label), room, ink.symbols.ellipsis);
            let role = if chosen { Role::Selected } else { Role::Text };
            if chosen {
                cursor = Some((body.len(), 0));
            }
            body.push(vec![ink.symbol(role, lead), ink.span(role, &label)].into());
            if let Some((good, said)) = &way.went {
                let (word, role) = if *good { ("Done", Role::Ok) } else { ("Not done", Role::Bad) };
                let text = ink.symbols.text(&format!("{word}: {said}"));
                for part in wrap(&text, columns.saturating_sub(5).max(1)) {
                    body.push(vec![ink.symbol(Role::Text, "     "), ink.span(role, &part)].into());
                }
            }
        }
        let mut hints = vec![hint("Enter", "go on", 90), hint("Esc", "back", 80)];
        if marking {
            hints.push(hint("Space", "mark several", 70));
        }
        hints.extend([hint("Up/Down", "choose", 60), hint("PgUp/PgDn", "look around", 50)]);
        Sheet { title: self.title(), body, cursor, top: self.top, hints, ..Sheet::default() }
    }

    fn lines(&self, model: &Model) -> Vec<Text> {
        let Brought { found, bundle, ring, .. } = &self.brought;
        let told = match ring {
            Some(ring) => bundle::tell_ring(ring, model.now),
            None => bundle::tell(found, bundle, model.now),
        };
        let role = |tone| match tone {
            Tone::Plain => Role::Text,
            Tone::Aside => Role::Dim,
            Tone::Warning => Role::Warn,
        };
        let mut lines: Vec<_> =
            told.into_iter().map(|t| Text { label: t.label, text: t.text, role: role(t.tone) }).collect();
        let mut mind = |text: String| lines.push(Text { label: "Mind".into(), text, role: Role::Warn });
        if let (Some(how), true) = (&self.brought.open_to_others, found.keys.iter().any(|k| k.open)) {
            mind(format!("Others can read the private key in this file: it is not encrypted. {how}"));
        }
        self.known.iter().for_each(|text| mind(text.clone()));
        self.refused.iter().take(REFUSED).for_each(|text| mind(text.clone()));
        if self.refused.len() > REFUSED {
            mind(format!("{} more requests are not taken.", self.refused.len() - REFUSED));
        }
        let past = self.brought.history.iter().flat_map(|h| h.told(model.now));
        lines.extend(past.map(|text| Text { label: "Past".into(), text, role: Role::Text }));
        if self.ways.iter().all(|w| matches!(w.does, Does::Close)) {
            let text = match &self.purpose {
                ReadFor::Queue if !self.refused.is_empty() => "None of its requests is taken.",
                ReadFor::Queue => "There is no certificate request in it.",
                ReadFor::Trust(_)
                | ReadFor::Install(_)
                | ReadFor::Person(_)
                | ReadFor::Certify(_)
                | ReadFor::Verify => "There is no certificate in it.",
                ReadFor::Prove(_) => "There is no CRL in it.",
                ReadFor::Anything => {
                    "Nothing in it fits: no private key, no request, no root, and no certificate of a key that a keyring \
                     here has."
                }
            };
            lines.push(Text::line(text, Role::Warn));
        }
        lines
    }

    fn title(&self) -> String {
        let found = &self.brought.found;
        if let Some(ring) = &self.brought.ring {
            return format!("Import: keyring {}", ring.name);
        }
        if let ([one], true, true) =
            (found.requests.as_slice(), found.certificates.is_empty(), found.keys.is_empty())
        {
            let cn =
                one.subject.common_name().map_or_else(|| "no common name".into(), |cn| format!("CN={cn}"));
            return format!("Import: 1 certificate request ({}, {cn})", one.key.algorithm);
        }
        let some = |n: usize, noun: &str| match n {
            0 => None,
            1 => Some(format!("1 {noun}")),
            n => Some(format!("{n} {noun}s")),
        };
        let parts = [
            some(found.keys.len(), "private key"),
            some(found.requests.len(), "certificate request"),
            some(found.certificates.len(), "certificate"),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "Import: nothing".into() } else { format!("Import: {}", parts.join(", ")) }
    }
}
