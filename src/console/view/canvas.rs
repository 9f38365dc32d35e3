//! Where every character goes through on its way to the buffer: clipped, in the theme's characters, in a role's style.

use crate::console::state::layout::Pane;
use crate::console::text;
use crate::console::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// A piece of text and what it is.
pub type Span<'a> = (Role, Cow<'a, str>);

/// Pieces side by side.
pub type Line<'a> = Vec<Span<'a>>;

/// A piece of a line.
pub fn span<'a>(role: Role, text: impl Into<Cow<'a, str>>) -> Span<'a> {
    (role, text.into())
}

/// Cells a line takes.
pub fn line_width(line: &[Span<'_>]) -> usize {
    line.iter().map(|(_, text)| text::width(text)).sum()
}

pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    pub theme: Theme,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self { buffer, theme }
    }

    /// Writes a text into at most `cells` cells; returns how many it took.
    pub fn put(&mut self, x: u16, y: u16, cells: u16, role: Role, text: &str) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() {
            return 0;
        }
        let cells = cells.min(area.right() - x);
        let text = text::cut(text, usize::from(cells));
        let shown = self.theme.text(&text);
        // Styles add up in the buffer; what stood here before, a dim frame, must not shine through.
        let style = Style::reset().patch(self.theme.style(role));
        let (end, _) = self.buffer.set_stringn(x, y, shown, usize::from(cells), style);
        end - x
    }

    /// Writes a line; what does not fit ends with `…`.
    pub fn line(&mut self, x: u16, y: u16, cells: u16, line: &[Span<'_>]) -> u16 {
        let mut used = 0;
        let whole = line_width(line) <= usize::from(cells);
        for (at, (role, text)) in line.iter().enumerate() {
            let left = cells - used;
            let rest_is_empty = line[at + 1..].iter().all(|(_, text)| text.is_empty());
            // Something follows and will not fit: this piece is the last, and must show it.
            let fits = text::width(text) < usize::from(left) || whole || rest_is_empty;
            if fits {
                used += self.put(x + used, y, left, *role, text);
            } else {
                let marked = format!("{text}…");
                used += self.put(x + used, y, left, *role, &marked);
                break;
            }
            if used >= cells {
                break;
            }
        }
        used
    }

    /// Writes a line so that it ends at `x + cells`.
    pub fn line_right(&mut self, x: u16, y: u16, cells: u16, line: &[Span<'_>]) {
        let width = u16::try_from(line_width(line)).unwrap_or(u16::MAX).min(cells);
        self.line(x + cells - width, y, width, line);
    }

    /// Blanks an area and gives it a style.
    pub fn fill(&mut self, pane: Pane, role: Role) {
        let area = Rect::new(pane.x, pane.y, pane.width, pane.height).intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
        self.buffer.set_style(area, self.theme.style(role));
    }

    fn repeat(&mut self, x: u16, y: u16, cells: u16, text: &str) {
        for at in x..x.saturating_add(cells) {
            self.put(at, y, 1, Role::Border, text);
        }
    }

    /// Frame of a pane with its title on the left and what is to be known of its age on the right. The right part goes
    /// first where there is no room for both.
    pub fn frame(&mut self, pane: Pane, title: &[Span<'_>], right: &[Span<'_>]) {
        if pane.width < 4 || pane.height == 0 {
            return;
        }
        let (x, y, last) = (pane.x, pane.y, pane.x + pane.width - 1);
        self.repeat(x, y, pane.width, "─");
        if pane.boxed {
            let bottom = y + pane.height - 1;
            for row in y..bottom {
                self.put(x, row, 1, Role::Border, "│");
                self.put(last, row, 1, Role::Border, "│");
            }
            self.repeat(x, bottom, pane.width, "─");
            for (at, row, corner) in [(x, y, "┌"), (last, y, "┐"), (x, bottom, "└"), (last, bottom, "┘")] {
                self.put(at, row, 1, Role::Border, corner);
            }
        }
        let mut title = title;
        // Corner, space, title, space, at least one dash.
        let room = pane.width - 4;
        let right_width = u16::try_from(line_width(right)).unwrap_or(u16::MAX);
        let right_fits = right_width > 0 && right_width.saturating_add(12) <= room;
        let room = if right_fits { room - right_width - 3 } else { room };
        // A hint at the end is the first to go; what counts is cut where it must be.
        while let [rest @ .., (Role::Dim, _)] = title
            && line_width(title) > usize::from(room)
        {
            title = rest;
        }
        let width = u16::try_from(line_width(title)).unwrap_or(u16::MAX).min(room);
        self.put(x + 1, y, 1, Role::Border, " ");
        self.line(x + 2, y, width, title);
        self.put(x + 2 + width, y, 1, Role::Border, " ");
        if right_fits {
            let from = last - 1 - right_width;
            self.put(from - 1, y, 1, Role::Border, " ");
            self.line(from, y, right_width, right);
            self.put(last - 1, y, 1, Role::Border, " ");
        }
    }

    /// A few lines in the middle of a pane.
    pub fn notice(&mut self, pane: Pane, lines: &[Line<'_>]) {
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let top = pane.y + pane.height.saturating_sub(rows) / 3;
        for (line, y) in lines.iter().zip(top..pane.y + pane.height) {
            let width = u16::try_from(line_width(line)).unwrap_or(u16::MAX).min(pane.width.saturating_sub(2));
            self.line(pane.x + (pane.width - width) / 2, y, width, line);
        }
    }

    /// Running text in the middle of a pane: one left edge, so that it can be read.
    pub fn block(&mut self, pane: Pane, lines: &[Line<'_>]) {
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let widest = lines.iter().map(|line| line_width(line)).max().unwrap_or(0);
        let width = u16::try_from(widest).unwrap_or(u16::MAX).min(pane.width.saturating_sub(2));
        let top = pane.y + pane.height.saturating_sub(rows) / 3;
        for (line, y) in lines.iter().zip(top..pane.y + pane.height) {
            self.line(pane.x + (pane.width - width) / 2, y, width, line);
        }
    }

    /// Lines from the top of a pane, one column in; the last place says how many did not fit.
    pub fn lines(&mut self, pane: Pane, lines: &[Line<'_>]) {
        let height = usize::from(pane.height);
        let more = if lines.len() > height { lines.len() + 1 - height } else { 0 };
        let shown = if more > 0 { height.saturating_sub(1) } else { lines.len() };
        let width = pane.width.saturating_sub(2);
        for (line, y) in lines.iter().take(shown).zip(pane.y..) {
            self.line(pane.x + 1, y, width, line);
        }
        if more > 0 && height > 0 {
            let rest = format!("… {more} more");
            self.put(pane.x + 1, pane.y + pane.height - 1, width, Role::Dim, &rest);
        }
    }
}
