//! The writing side of the terminal: one frame is one write inside a synchronized update, and a frame that changes
//! nothing writes nothing. Must not enter or leave modes.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

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
        self.inner.draw(content)
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
}
