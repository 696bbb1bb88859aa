//! Properties over random keys and sizes: nothing a person can press or drag makes the console fail.

use proptest::prelude::*;
use ringmaster::tui::chord::Key;
use ringmaster::tui::msg::{Input, Msg};

use super::console::Console;

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        8 => "[a-zA-Z0-9/:?! .-]".prop_map(|s| Key::Char(s.chars().next().unwrap())),
        1 => any::<char>().prop_map(Key::Char),
        6 => prop::sample::select(vec![
            Key::Enter, Key::Esc, Key::Tab, Key::BackTab, Key::Up, Key::Down, Key::Left, Key::Right, Key::PageUp,
            Key::PageDown, Key::Home, Key::End, Key::Backspace, Key::Delete, Key::F(2), Key::Ctrl('s'), Key::Ctrl('c'),
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_walk_draws_at_any_size(
        keys in prop::collection::vec(key(), 0..40),
        columns in 1_u16..=200,
        rows in 1_u16..=60,
        full: bool,
    ) {
        let mut console = if full { Console::fixture() } else { Console::empty() };
        for (i, key) in keys.into_iter().enumerate() {
            console.send(Msg::Input(Input::Chord(key)));
            if i % 7 == 0 {
                console.send(Msg::Resize(columns, rows));
                console.screen();
            }
        }
        let screen = console.sized(columns, rows).screen();
        prop_assert_eq!(screen.lines().count(), usize::from(rows));
    }
}
