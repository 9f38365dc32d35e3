//! A pane of running text: which of its lines are on screen. The lines themselves live elsewhere.

use super::page::Move;
use std::ops::Range;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextPane {
    offset: usize,
    height: usize,
    lines: usize,
}

impl TextPane {
    /// Tells how many lines there are and how many of them fit.
    pub fn fit(&mut self, lines: usize, height: usize) {
        (self.lines, self.height) = (lines, height);
        self.clamp();
    }

    pub fn go(&mut self, how: Move) {
        self.offset = how.from(self.offset, self.height.max(2) - 1);
        self.clamp();
    }

    /// This line to the top.
    pub fn to(&mut self, line: usize) {
        self.offset = line;
        self.clamp();
    }

    /// This line into view, with some of what stands before it.
    pub fn show(&mut self, line: usize) {
        if !self.visible().contains(&line) {
            self.to(line.saturating_sub(self.height / 3));
        }
    }

    /// Lines on screen.
    pub fn visible(&self) -> Range<usize> {
        self.offset..(self.offset + self.height).min(self.lines)
    }

    /// `1-20 of 57`; nothing where all fit.
    pub fn place(&self) -> Option<String> {
        let Range { start, end } = self.visible();
        (self.lines > self.height).then(|| format!("{}-{end} of {}", start + 1, self.lines))
    }

    fn clamp(&mut self) {
        self.offset = self.offset.min(self.lines.saturating_sub(self.height.max(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_scrolls_within_its_lines_and_shows_what_is_looked_for() {
        let mut pane = TextPane::default();
        pane.fit(50, 10);
        for (how, want) in [
            (Move::Rows(-1), 0..10),
            (Move::Pages(1), 9..19),
            (Move::Last, 40..50),
            (Move::Rows(5), 40..50),
            (Move::First, 0..10),
        ] {
            pane.go(how);
            assert_eq!(pane.visible(), want);
        }
        pane.show(30);
        assert_eq!(pane.visible(), 27..37);
        pane.show(28);
        assert_eq!(pane.visible(), 27..37, "it is in view already");
        assert_eq!(pane.place().as_deref(), Some("28-37 of 50"));
        pane.fit(4, 10);
        assert_eq!((pane.visible(), pane.place()), (0..4, None));
    }
}
