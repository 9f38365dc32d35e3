//! From a view to the bytes of one frame: ratatui's buffers and crossterm's encoding, into memory.

use crate::console::message::Area;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::{Color, Modifier};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// Draws whole frames or the difference to the last one. A frame that changes nothing has no bytes.
pub struct Painter {
    terminal: Option<Terminal<Recorder>>,
    bytes: Rc<RefCell<Vec<u8>>>,
    area: Area,
}

impl Painter {
    pub fn new(area: Area) -> Self {
        Self { terminal: None, bytes: Rc::default(), area }
    }

    pub fn area(&self) -> Area {
        self.area
    }

    pub fn resize(&mut self, area: Area) {
        self.area = area;
        self.forget();
    }

    /// What is on the terminal is no longer known: the next frame begins with a clean sheet.
    pub fn forget(&mut self) {
        self.terminal = None;
    }

    pub fn paint(&mut self, view: impl FnOnce(&mut Frame)) -> io::Result<Vec<u8>> {
        let mut terminal = match self.terminal.take() {
            Some(terminal) => terminal,
            None => self.clean_sheet()?,
        };
        terminal.draw(view)?;
        self.terminal = Some(terminal);
        Ok(self.bytes.take())
    }

    fn clean_sheet(&self) -> io::Result<Terminal<Recorder>> {
        self.bytes.borrow_mut().clear();
        self.bytes.borrow_mut().extend_from_slice(b"\x1b[0m\x1b[?25l\x1b[2J");
        let recorder = Recorder {
            inner: CrosstermBackend::new(Sink(Rc::clone(&self.bytes))),
            size: Size::new(self.area.width, self.area.height),
            cursor: None,
            blank: vec![true; usize::from(self.area.width) * usize::from(self.area.height)],
        };
        let viewport = Viewport::Fixed(Rect::new(0, 0, self.area.width, self.area.height));
        Terminal::with_options(recorder, TerminalOptions { viewport })
    }
}

#[derive(Clone)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Crossterm's encoding without its questions to the tty (size, cursor position), and without the bytes it writes for
/// nothing: the style reset of an empty difference, the cursor hidden again on every frame.
struct Recorder {
    inner: CrosstermBackend<Sink>,
    size: Size,
    /// Where the cursor is shown; `None` is hidden.
    cursor: Option<Position>,
    /// Cells of the terminal that are plain and empty, row by row.
    blank: Vec<bool>,
}

/// Longest run of blanks that is written again rather than jumped over: no jump is shorter.
const BRIDGED: u16 = 6;

impl Recorder {
    fn at(&self, x: u16, y: u16) -> usize {
        usize::from(y) * usize::from(self.size.width) + usize::from(x)
    }

    /// The same cells with the blanks between two words, which did not change and so are not among them.
    fn bridged<'a>(&mut self, content: impl Iterator<Item = (u16, u16, &'a Cell)>) -> Vec<(u16, u16, Cell)> {
        let mut out: Vec<(u16, u16, Cell)> = Vec::new();
        // Where the terminal's cursor stands after the last cell.
        let mut here: Option<(u16, u16)> = None;
        for (x, y, cell) in content {
            let gap = here.filter(|(_, row)| *row == y).map(|(from, _)| from..x).unwrap_or_default();
            let bridge = out.last().filter(|(.., last)| invisible_on_blanks(last)).map(|(.., last)| last.clone());
            let blanks = gap.clone().all(|at| self.blank.get(self.at(at, y)) == Some(&true));
            if let Some(mut bridge) = bridge.filter(|_| blanks && gap.len() <= usize::from(BRIDGED)) {
                bridge.set_symbol(" ");
                out.extend(gap.map(|at| (at, y, bridge.clone())));
            }
            let width = u16::try_from(crate::console::text::width(cell.symbol())).unwrap_or(1).max(1);
            for at in x..x.saturating_add(width) {
                let at = self.at(at, y);
                if let Some(blank) = self.blank.get_mut(at) {
                    *blank = *cell == Cell::default();
                }
            }
            out.push((x, y, cell.clone()));
            here = Some((x.saturating_add(width), y));
        }
        out
    }
}

/// A blank in the style of this cell looks like a plain one, so that no style needs to be sent for it.
fn invisible_on_blanks(cell: &Cell) -> bool {
    let seen = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    cell.bg == Color::Reset && !cell.modifier.intersects(seen)
}

impl Backend for Recorder {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells = self.bridged(content);
        if cells.is_empty() {
            return Ok(());
        }
        self.inner.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        // Writing moved the cursor; a shown one goes back to its place.
        if let Some(at) = self.cursor {
            self.inner.set_cursor_position(at)?;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        match self.cursor.take() {
            Some(_) => self.inner.hide_cursor(),
            None => Ok(()),
        }
    }

    /// Shown together with its place: ratatui always sets one after the other.
    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let at = position.into();
        if self.cursor == Some(at) {
            return Ok(());
        }
        self.inner.set_cursor_position(at)?;
        if self.cursor.replace(at).is_none() {
            self.inner.show_cursor()?;
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.blank.fill(true);
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        if clear_type == ClearType::All {
            self.blank.fill(true);
        }
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painter() -> Painter {
        Painter::new(Area { width: 40, height: 5 })
    }

    fn text(painter: &mut Painter, line: &'static str, cursor: Option<(u16, u16)>) -> String {
        let bytes = painter
            .paint(|frame| {
                frame.render_widget(line, frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            })
            .unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_frame_that_changes_nothing_has_no_bytes() {
        let mut painter = painter();
        assert!(text(&mut painter, "hello", None).contains("hello"));
        assert_eq!(text(&mut painter, "hello", None), "");
    }

    #[test]
    fn a_clock_step_costs_less_than_its_budget() {
        let mut painter = painter();
        text(&mut painter, "14:03:22 UTC", None);
        let step = text(&mut painter, "14:03:23 UTC", None);
        assert!(step.contains('3') && step.len() <= 60, "{step:?}");
    }

    /// What a terminal that got these bytes shows.
    fn seen(bytes: &[u8]) -> String {
        let (rows, columns) = (std::num::NonZero::new(5).unwrap(), std::num::NonZero::new(40).unwrap());
        let mut terminal = vt100::Parser::new(rows, columns, 0);
        terminal.process(bytes);
        terminal.screen().contents()
    }

    #[test]
    fn blanks_between_words_are_written_and_long_ones_jumped_over() {
        let mut painter = painter();
        let first = text(&mut painter, "one two  three              four", None);
        assert!(
            first.contains("one two  three\x1b[1;28Hfour") || first.contains("one two  three\x1b[1;29Hfour"),
            "{first:?}"
        );
        let second = text(&mut painter, "a b 漢 c  three", None);
        let both = [first.as_bytes(), second.as_bytes()].concat();
        assert_eq!(seen(&both).trim_end(), "a b 漢 c  three");
        // What stood there is not a blank, however plain its neighbours are.
        let third = text(&mut painter, "x", None);
        assert_eq!(seen(&[both, third.into_bytes()].concat()).trim_end(), "x");
    }

    #[test]
    fn after_a_resize_or_a_repaint_every_cell_is_painted() {
        let mut painter = painter();
        text(&mut painter, "hello", None);
        painter.forget();
        assert!(text(&mut painter, "hello", None).contains("hello"));
        painter.resize(Area { width: 3, height: 1 });
        let small = text(&mut painter, "hello", None);
        assert!(small.contains("hel") && !small.contains("hell") && small.contains("\x1b[2J"), "{small:?}");
    }

    #[test]
    fn a_shown_cursor_stays_where_it_is_and_is_hidden_once() {
        let mut painter = painter();
        let shown = text(&mut painter, "filter: a", Some((9, 0)));
        assert!(shown.contains("\x1b[?25h") && shown.contains("\x1b[1;10H"), "{shown:?}");
        assert_eq!(text(&mut painter, "filter: a", Some((9, 0))), "");
        let typed = text(&mut painter, "filter: ab", Some((10, 0)));
        assert!(typed.ends_with("\x1b[1;11H"), "{typed:?}");
        let hidden = text(&mut painter, "filter: ab", None);
        assert_eq!(hidden, "\x1b[?25l");
    }
}
