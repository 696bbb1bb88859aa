//! The writing side of the terminal: one frame is one write inside a synchronized update, and a frame that changes
//! nothing writes nothing. Must not enter or leave modes.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// What a frame usually needs at most; it grows when it must.
const FRAME_BYTES: usize = 64 << 10;

/// The size taken when the terminal does not know its own, as serial lines do.
const UNKNOWN: Size = Size { width: 80, height: 24 };

/// Terminals that do not know synchronized updates ignore these.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Collects what crossterm writes, so that its flushes in the middle of a frame do not reach the terminal.
#[derive(Debug, Clone, Default)]
struct Gathered(Rc<RefCell<Vec<u8>>>);

impl Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A backend that leaves out what the terminal knows already: resets after no cell, a cursor that is where it was.
#[derive(Debug)]
pub struct Lean<W: Write> {
    inner: CrosstermBackend<Gathered>,
    gathered: Gathered,
    frame: Vec<u8>,
    out: W,
    shown: Option<bool>,
    at: Option<Position>,
}

impl<W: Write> Lean<W> {
    /// Makes a backend that writes whole frames to `out`, which should not buffer.
    pub fn new(out: W) -> Self {
        let gathered = Gathered::default();
        gathered.0.borrow_mut().reserve(FRAME_BYTES);
        Self {
            inner: CrosstermBackend::new(gathered.clone()),
            gathered,
            frame: Vec::with_capacity(FRAME_BYTES),
            out,
            shown: None,
            at: None,
        }
    }

    /// Forgets what the terminal shows, after something else has written to it; drops an unfinished frame.
    pub fn forget(&mut self) {
        self.gathered.0.borrow_mut().clear();
        (self.shown, self.at) = (None, None);
    }

    /// Gives the writer.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }
}

impl<W: Write> Backend for Lean<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.at = None;
        let mut out = self.gathered.0.borrow_mut();
        let (mut next, mut look) = (None, Look::default());
        for (x, y, cell) in content {
            match next {
                Some(at) if at == (x, y) => {}
                // A step to the right is shorter than a place.
                Some((from, row)) if row == y && from < x => match x - from {
                    1 => out.extend_from_slice(b"\x1b[C"),
                    steps => write!(out, "\x1b[{steps}C")?,
                },
                _ => write!(out, "\x1b[{};{}H", y.saturating_add(1), x.saturating_add(1))?,
            }
            // Terminals differ in where a wide character leaves the cursor: it is placed anew.
            next = x.checked_add(1).filter(|_| cell.symbol().width() == 1).map(|x| (x, y));
            let wanted = Look { foreground: cell.fg, background: cell.bg, modifier: cell.modifier };
            look.change(wanted, &mut out)?;
            out.extend_from_slice(cell.symbol().as_bytes());
        }
        look.change(Look::default(), &mut out)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(false) {
            return Ok(());
        }
        self.shown = Some(false);
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(true) {
            return Ok(());
        }
        self.shown = Some(true);
        self.inner.show_cursor()
    }

    /// Refuses: asking the terminal mixes its answer with typed keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "the terminal is never asked where its cursor is"))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.at == Some(position) {
            return Ok(());
        }
        self.at = Some(position);
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.at = None;
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        let size = self.inner.size()?;
        Ok(if size.width == 0 || size.height == 0 { UNKNOWN } else { size })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut gathered = self.gathered.0.borrow_mut();
        if gathered.is_empty() {
            return Ok(());
        }
        self.frame.clear();
        self.frame.extend_from_slice(BEGIN);
        self.frame.append(&mut gathered);
        self.frame.extend_from_slice(END);
        drop(gathered);
        self.out.write_all(&self.frame)?;
        self.out.flush()
    }
}

/// How cells look while they are written. Shorter than crossterm's way, in colour codes that old terminals know;
/// NO_COLOR is answered by the palette alone.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

impl Look {
    fn change(&mut self, to: Self, out: &mut Vec<u8>) -> io::Result<()> {
        if *self == to {
            return Ok(());
        }
        let back = |from: Color, to: Color| from != to && to == Color::Reset;
        let reset = !to.modifier.contains(self.modifier)
            || back(self.foreground, to.foreground)
            || back(self.background, to.background);
        let from = if reset { Self::default() } else { *self };
        let mut codes: Vec<String> = Vec::new();
        codes.extend((reset && to != Self::default()).then(|| "0".to_owned()));
        let added = to.modifier - from.modifier;
        codes
            .extend(MODIFIERS.iter().filter(|(m, _)| added.contains(*m)).map(|(_, code)| (*code).to_owned()));
        codes.extend((to.foreground != from.foreground).then(|| code(to.foreground, 30)));
        codes.extend((to.background != from.background).then(|| code(to.background, 40)));
        *self = to;
        write!(out, "\x1b[{}m", codes.join(";"))
    }
}

const MODIFIERS: [(Modifier, &str); 9] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::SLOW_BLINK, "5"),
    (Modifier::RAPID_BLINK, "6"),
    (Modifier::REVERSED, "7"),
    (Modifier::HIDDEN, "8"),
    (Modifier::CROSSED_OUT, "9"),
];

/// Writes a colour as the codes of ECMA-48 and their usual bright and indexed extensions; `base` is 30 or 40.
fn code(color: Color, base: u8) -> String {
    let plain = match color {
        Color::Reset => 9,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(n) => return format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
    };
    (base + plain).to_string()
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Write for &mut Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_and_an_unchanged_one_none() {
        let mut writes = Writes::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 200, 60));
        let mut terminal =
            Terminal::with_options(Lean::new(&mut writes), TerminalOptions { viewport }).unwrap();
        for text in ["x".repeat(200), "x".repeat(200), "y".to_owned()] {
            terminal
                .draw(|frame| {
                    for row in 0..60 {
                        frame.buffer_mut().set_string(0, row, &text, ratatui::style::Style::new());
                    }
                    frame.set_cursor_position((0, 5));
                })
                .unwrap();
        }
        terminal.draw(|_| {}).unwrap();
        drop(terminal);
        assert_eq!(writes.0.len(), 3);
        assert!(writes.0.iter().all(|w| w.starts_with(BEGIN) && w.ends_with(END)));
    }

    const COLOURS: [(Color, vt100::Color); 6] = [
        (Color::Reset, vt100::Color::Default),
        (Color::Red, vt100::Color::Idx(1)),
        (Color::Gray, vt100::Color::Idx(7)),
        (Color::LightBlue, vt100::Color::Idx(12)),
        (Color::Indexed(200), vt100::Color::Idx(200)),
        (Color::Green, vt100::Color::Idx(2)),
    ];
    const LOOKS: [Modifier; 6] = [
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::REVERSED,
        Modifier::UNDERLINED,
        Modifier::BOLD.union(Modifier::REVERSED),
        Modifier::DIM,
    ];

    proptest::proptest! {
        #[test]
        fn a_terminal_shows_what_was_drawn(frames in proptest::collection::vec(
            proptest::collection::vec((0u16..20, 0u16..4, 0usize..6, 0usize..6, "[a-zé]"), 0..30), 1..4)
        ) {
            let mut writes = Writes::default();
            let area = Rect::new(0, 0, 22, 4);
            let viewport = Viewport::Fixed(area);
            let mut terminal =
                Terminal::with_options(Lean::new(&mut writes), TerminalOptions { viewport }).unwrap();
            let mut shown = ratatui::buffer::Buffer::empty(area);
            for cells in &frames {
                let done = terminal.draw(|frame| for (x, y, colour, look, text) in cells {
                    let style = ratatui::style::Style::reset().fg(COLOURS[*colour].0).bg(COLOURS[*look].0);
                    frame.buffer_mut().set_string(*x, *y, text, style.add_modifier(LOOKS[*look]));
                }).unwrap();
                shown = done.buffer.clone();
            }
            drop(terminal);
            let size = |n| std::num::NonZeroU16::new(n).unwrap();
            let mut parser = vt100::Parser::new(size(4), size(22), 0);
            writes.0.iter().for_each(|w| parser.process(w));
            let colour = |c: Color| COLOURS.iter().find(|(ours, _)| *ours == c).unwrap().1;
            for y in 0..4 {
                let mut x = 0;
                while x < 22 {
                    let (ours, theirs) = (&shown[(x, y)], parser.screen().cell(y, x).unwrap());
                    proptest::prop_assert_eq!(ours.symbol().trim(), theirs.contents().trim());
                    proptest::prop_assert_eq!(colour(ours.fg), theirs.fgcolor());
                    proptest::prop_assert_eq!(colour(ours.bg), theirs.bgcolor());
                    proptest::prop_assert_eq!(ours.modifier.contains(Modifier::BOLD), theirs.bold());
                    proptest::prop_assert_eq!(ours.modifier.contains(Modifier::REVERSED), theirs.inverse());
                    proptest::prop_assert_eq!(ours.modifier.contains(Modifier::UNDERLINED), theirs.underline());
                    proptest::prop_assert_eq!(ours.modifier.contains(Modifier::DIM), theirs.dim());
                    x += if theirs.is_wide() { 2 } else { 1 };
                }
            }
        }
    }
}
