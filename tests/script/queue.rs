//! Many requests at once by the keyboard: reviewed in a table, approved, denied, signed with their seal.

use super::console::Console;
use super::fixture;
use ringmaster::desk::{Outcome, Verb};
use ringmaster::model::change::Fact;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::request::{RequestId, Status};
use ringmaster::ops::approve::Preview;
use ringmaster::ops::issue::seal;
use ringmaster::tui::msg::{Done, Effect};

fn looked(c: &mut Console) {
    let Some(Effect::Previews(_, plans)) = c.effects.last().cloned() else {
        panic!("{:?}", c.effects.last())
    };
    let look = |(id, plan)| {
        let preview = Preview { rows: Vec::new(), findings: Vec::new(), certificate: None };
        (id, plan, Ok(preview))
    };
    c.answer(Ok(Done::Previews(plans.into_iter().map(look).collect())));
}

fn outcome(c: &Console, facts: Vec<Fact>) -> Done {
    let mut state = (*c.model.state).clone();
    facts.iter().for_each(|fact| state.apply(fact));
    Done::Outcome(Outcome { state: state.into(), facts, message: "It is done.".into() })
}

#[test]
fn the_clean_ones_are_approved_one_after_the_other() {
    let mut c = Console::fixture();
    c.press("4 b");
    looked(&mut c);
    assert!(c.screen().contains("2 clean ones"), "{}", c.screen());
    c.press("a");
    let Some(Verb::Approve { id, plan }) = c.verb().cloned() else { panic!("{:?}", c.effects.last()) };
    assert_eq!((id, plan.certifier.as_str()), (RequestId(2), "example-root"));
    let done = outcome(&c, Vec::new());
    c.answer(Ok(done));
    assert!(matches!(c.verb(), Some(Verb::Approve { id: RequestId(3), .. })), "{:?}", c.effects.last());
    c.answer(Err(Error::refused("No.")));
    assert!(c.screen().contains("1 done, 1 failed"), "{}", c.screen());
}

#[test]
fn a_batch_is_signed_when_its_seal_is_typed_and_waits_for_the_key() {
    let mut c = Console::fixture();
    c.press("4 b");
    looked(&mut c);
    c.press("s").type_text("2-00000000").press("<ret>");
    assert!(c.screen().contains("not the seal") && c.verb().is_none(), "{}", c.screen());
    c.press("<esc> s");
    let seal = seal(&c.model.state, &[RequestId(4), RequestId(5)]);
    c.type_text(&seal).press("<ret>");
    assert_eq!(c.verb(), Some(&Verb::Issue { ids: vec![RequestId(4), RequestId(5)] }));
    c.answer(Err(Error::new(Kind::Locked, "Certifier example-root is locked.")));
    assert!(c.screen().contains("Password of certifier"), "{}", c.screen());
    c.type_text("secret").press("<ret>").answer(Ok(Done::Unlocked(vec!["example-root".into()])));
    assert_eq!(
        c.verb(),
        Some(&Verb::Issue { ids: vec![RequestId(4), RequestId(5)] }),
        "it goes on by itself"
    );
    let facts = vec![Fact::SigningFailed {
        id: RequestId(4),
        by: "ada".into(),
        at: fixture::now(),
        reason: "the profile was changed".into(),
    }];
    let done = outcome(&c, facts);
    c.answer(Ok(done));
    let screen = c.screen();
    assert!(screen.contains("profile was changed") && screen.contains("0 done, 2 failed"), "{screen}");
    assert!(matches!(c.model.state.requests[&RequestId(4)].status, Status::UnderReview { .. }));
}

#[test]
fn marked_ones_are_denied_with_one_reason() {
    let mut c = Console::fixture();
    c.press("4 <space> <space> d").type_text("not ours").press("<ret>");
    let denied = |c: &Console, n: u64| matches!(c.verb(), Some(Verb::Deny { id: RequestId(id), reason }) if *id == n && reason == "not ours");
    assert!(denied(&c, 2), "{:?}", c.effects.last());
    let done = outcome(&c, Vec::new());
    c.answer(Ok(done));
    assert!(denied(&c, 3), "{:?}", c.effects.last());
}

#[test]
fn what_will_be_issued_is_edited_in_a_form() {
    let mut c = Console::fixture();
    c.press("4 e");
    assert!(c.screen().contains("shop.example.test"), "{}", c.screen());
    c.press("<tab> <tab> <tab> <tab>").type_text("Other").press("C-s");
    let Some(Verb::EditPlan { id, plan }) = c.verb() else { panic!("{:?}", c.effects.last()) };
    assert_eq!((*id, plan.edits()), (RequestId(2), vec!["subject"]));
    assert!(
        plan.subject.as_ref().unwrap().iter().any(|(name, value)| name == "O" && value.ends_with("Other"))
    );
}

#[test]
fn what_a_role_forbids_is_not_ready_and_says_why() {
    use ringmaster::tui::model::Settings;
    let settings = Settings { operator: "eve".into(), now: fixture::now(), ..Settings::default() };
    let mut c = Console::with(fixture::full(), settings);
    c.press("4");
    assert!(!c.screen().contains("a approve"), "{}", c.screen());
    for (key, word) in [("a", "approve"), ("d", "deny"), ("e", "edit"), ("w", "withdraw")] {
        c.press(key);
        let said = format!("Not done ({word}): it needs the role RA, which ann, carl have");
        assert!(c.screen().contains(&said), "{said}: {}", c.screen());
    }
    c.press("5");
    for (key, word) in [("e", "amend policy"), ("P", "protect key"), ("T", "retire"), ("v", "new key")] {
        c.press(key);
        let said = format!("Not done ({word}): it needs the role CAA");
        assert!(c.screen().contains(&said), "{said}: {}", c.screen());
    }
    assert!(c.verb().is_none(), "{:?}", c.effects);
}
