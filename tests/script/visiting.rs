//! Visits to many services on the screen: asked for by name, followed, stopped, read, kept.

use ringmaster::doctor::judge;
use ringmaster::model::resolve::{Promise, Whose, promised};
use ringmaster::model::seen::{Admission, Guest, Stage, Trip, Trouble, Visit, Welcome};
use ringmaster::tui::msg::{Done, Effect, JobId, Msg, Rehearsal};

use super::console::Console;
use super::fixture::{full, now};
use super::scanning::seen;

/// A visit that saw what a scan of a service that is half modern sees, or nobody.
fn visit(promise: &Promise, answers: bool) -> Visit {
    let trouble = Trouble { stage: Stage::Connect, why: "Nobody listens there.".into() };
    Visit {
        promise: promise.clone(),
        at: now(),
        found: if answers { Ok(seen()) } else { Err(trouble) },
        plain: None,
        sessions: None,
        guests: Vec::new(),
        burst: None,
    }
}

/// Returns the last effect as visits.
fn visiting(c: &Console) -> (JobId, Vec<Promise>, Trip) {
    match c.effects.last() {
        Some(Effect::Visit(id, promises, trip)) => (*id, promises.clone(), (**trip).clone()),
        other => panic!("{other:?}"),
    }
}

/// Answers visits as if every service had been seen, the last one in vain.
fn answered(c: &mut Console, promises: &[Promise]) {
    let state = full();
    let last = promises.len() - 1;
    let judged = promises.iter().enumerate().map(|(i, p)| judge(&state, visit(p, i < last))).collect();
    c.answer(Ok(Done::Visited(judged)));
}

#[test]
fn marked_sites_are_visited_after_they_were_named_and_what_was_seen_is_kept() {
    let mut c = Console::fixture();
    c.press("3 <space> j <space> p");
    let screen = c.screen();
    assert!(screen.contains("Visit ") && screen.contains("mail.example.test:993"), "{screen}");
    assert!(!c.effects.iter().any(|e| matches!(e, Effect::Visit(..))), "it asks first");
    c.press("j <ret>");
    let (id, promises, trip) = visiting(&c);
    assert!(promises.len() > 1 && trip == Trip::default(), "{promises:?}");
    c.send(Msg::Told(id, "1 of 2 done; now mail.example.test:993".into()));
    assert!(c.screen().contains("1 of 2 done; now mail.example.test:993"), "{}", c.screen());
    answered(&mut c, &promises);
    let screen = c.screen();
    assert!(screen.contains("What was seen") && screen.contains("error L02"), "{screen}");
    assert!(matches!(c.effects.last(), Some(Effect::Keep(_, visits)) if visits.len() == promises.len()));
    c.press("<ret>");
    let screen = c.sized(132, 43).screen();
    assert!(screen.contains("Visit to mail.example.test:993") && screen.contains("seen: "), "{screen}");
}

#[test]
fn esc_stops_visits_and_what_was_seen_until_then_is_shown() {
    let mut c = Console::fixture();
    c.press("3 <space> j <space> p j <ret>");
    let (id, promises, _) = visiting(&c);
    c.press("<esc>");
    assert_eq!(c.effects.last(), Some(&Effect::Stop(id)));
    assert!(c.screen().contains("Stopping"), "{}", c.screen());
    let state = full();
    c.answer(Ok(Done::Visited(vec![judge(&state, visit(&promises[0], true))])));
    assert!(c.screen().contains(&format!("1 of {} visited, then stopped", promises.len())), "{}", c.screen());
    assert!(matches!(c.effects.last(), Some(Effect::Keep(..))));
}

#[test]
fn client_certificates_are_named_in_a_form_and_each_client_stands_beside_the_document() {
    let mut c = Console::fixture();
    c.press("3 <space> p j j <ret>");
    let screen = c.screen();
    assert!(screen.contains("What else to try") && screen.contains("Trusted"), "{screen}");
    c.press("<tab>").type_text("mail").press("<f2>");
    let (_, promises, trip) = visiting(&c);
    assert!(trip.clients && trip.sources.trusted == "mail", "{trip:?}");
    let mut one = visit(&promises[0], true);
    one.guests = vec![Admission {
        guest: Guest::Revoked,
        welcome: Welcome::NotTried,
        why: "a revoked certificate is to be named: a keyring or a file".into(),
        subject: String::new(),
        above: Vec::new(),
    }];
    c.answer(Ok(Done::Visited(vec![judge(&full(), one)])));
    c.press("<ret>");
    let screen = c.sized(132, 43).screen();
    assert!(screen.contains("not tried: a revoked certificate is to be named"), "{screen}");
}

#[test]
fn a_server_is_visited_with_all_its_services() {
    let mut c = super::servers::with_servers();
    c.press("8 p");
    let screen = c.screen();
    assert!(screen.contains("Visit ") && screen.contains("Back, nothing is sent"), "{screen}");
    c.press("j <ret>");
    let (_, promises, _) = visiting(&c);
    assert!(promises.iter().all(|p| !p.server.is_empty()), "{promises:?}");
}

#[test]
fn a_service_is_probed_by_another_way_that_a_form_asks_for() {
    let mut c = Console::fixture();
    c.press("3 p G <ret>");
    assert!(c.screen().contains("HTTP proxy"), "{}", c.screen());
    // Scan, by STARTTLS of IMAP, through a proxy.
    c.press("<tab> <right> <tab> <right> <right> <right> <tab> <tab>")
        .type_text("proxy.test:3128")
        .press("<f2>");
    let Some(Effect::Scan(_, errand)) = c.effects.last() else { panic!("{:?}", c.effects) };
    assert_eq!(errand.proxy, Some(("proxy.test".into(), 3128)));
    assert_eq!(errand.begin.name(), "imap");
}

#[test]
fn a_site_is_rehearsed_alone_or_with_the_others_of_its_server() {
    let mut c = super::servers::with_servers();
    c.press("3 j v");
    let screen = c.screen();
    assert!(screen.contains("alone") && screen.contains("other Web site"), "{screen}");
    c.press("j <ret>");
    let Some(Effect::Serve(_, site, Some(server), None)) = c.effects.last().cloned() else {
        panic!("{:?}", c.effects)
    };
    let web = c.model.state.sites.values().filter(|s| s.kind.name() == "web").map(|s| s.name.clone());
    let sites: Vec<String> = web.collect();
    assert!(sites.contains(&site) && sites.len() == 2, "{sites:?}");
    assert!(c.model.state.servers.contains_key(&server));
    let address = "127.0.0.1:40000".parse().unwrap();
    c.answer(Ok(Done::Service(Some(Rehearsal { sites: sites.clone(), address }), Vec::new())));
    assert!(
        c.screen().contains(&format!("{} sites are served on 127.0.0.1:40000", sites.len())),
        "{}",
        c.screen()
    );
    // Any of them is probed there.
    c.press("G p");
    assert!(c.screen().contains("Probe the rehearsal of"), "{}", c.screen());
}

#[test]
fn what_was_seen_last_is_shown_without_connecting() {
    let mut state = full();
    let promise = promised(&state, &Whose::Site("mail-imap".into())).remove(0);
    state.visits = vec![visit(&promise, false)];
    let mut c = Console::of(state);
    c.press("3 <space> p G <ret>");
    let screen = c.screen();
    assert!(screen.contains("1 of 1 visited before.") && screen.contains("error L02"), "{screen}");
    assert!(c.effects.iter().all(|e| !matches!(e, Effect::Visit(..))), "{:?}", c.effects);
}
