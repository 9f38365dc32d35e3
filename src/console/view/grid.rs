//! A table: its head and its rows. Only the rows asked for are built. Left of a row stand the cursor and its mark.

use super::canvas::{Canvas, Line, line_width};
use crate::console::state::column::{Column, Placed, fit};
use crate::console::state::layout::Pane;
use crate::console::state::list::Sort;
use crate::console::theme::Role;

/// Cells left of the first column, for the cursor and for the sign of a marked row.
const MARK: u16 = 2;

#[cfg(test)]
thread_local! {
    /// How many rows were built on this thread: a budget, see `tests/budgets.rs`.
    pub static ROWS_BUILT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

pub struct Grid {
    pane: Pane,
    columns: &'static [Column],
    placed: Vec<Placed>,
}

impl Grid {
    pub fn new(pane: Pane, columns: &'static [Column], shift: usize, widest: u16) -> Self {
        let width = pane.width.saturating_sub(MARK + u16::from(pane.boxed));
        Self { pane, columns, placed: fit(columns, width, shift, widest) }
    }

    /// Columns there is no room for.
    pub fn hidden(&self) -> usize {
        self.columns.len() - self.placed.len()
    }

    /// Name and direction of the column that gives the order, where it is not among those on screen.
    pub fn hidden_sort(&self, sort: Sort) -> Option<String> {
        let shown = self.placed.iter().any(|placed| placed.column == sort.column);
        let column = self.columns.get(sort.column).filter(|_| !shown)?;
        Some(format!("{} {}", column.id, mark(column, sort)))
    }

    pub fn head(&self, canvas: &mut Canvas<'_>, y: u16, sort: Sort) {
        for placed in &self.placed {
            let column = &self.columns[placed.column];
            let mark = if placed.column == sort.column { mark(column, sort) } else { "" };
            let title =
                crate::console::text::cut(column.title, usize::from(placed.width).saturating_sub(mark.len().min(1)));
            self.cell(canvas, y, *placed, &[(Role::Title, format!("{title}{mark}").into())]);
        }
    }

    /// The sign of a marked row, beside the cursor.
    pub fn mark(&self, canvas: &mut Canvas<'_>, y: u16, marked: bool) {
        if marked {
            canvas.put(self.pane.x + 1, y, 1, Role::Input, "◆");
        }
    }

    /// One row. `cell` builds the text of a column for a width.
    pub fn row<'t>(
        &self,
        canvas: &mut Canvas<'_>,
        y: u16,
        cursor: bool,
        mut cell: impl FnMut(usize, usize) -> Line<'t>,
    ) {
        #[cfg(test)]
        ROWS_BUILT.with(|rows| rows.set(rows.get() + 1));
        if cursor {
            canvas.put(self.pane.x, y, 1, Role::Busy, "▌");
        }
        for placed in &self.placed {
            let mut line = cell(placed.column, usize::from(placed.width));
            // Only the name is turned round: moving the cursor then costs two names, not two rows.
            if cursor && placed.column == 0 {
                for (role, _) in &mut line {
                    *role = Role::Cursor;
                }
                let blank = usize::from(placed.width).saturating_sub(line_width(&line));
                line.push((Role::Cursor, " ".repeat(blank).into()));
            }
            self.cell(canvas, y, *placed, &line);
        }
    }

    fn cell(&self, canvas: &mut Canvas<'_>, y: u16, placed: Placed, line: &[super::canvas::Span<'_>]) {
        let x = self.pane.x + MARK + placed.x;
        if self.columns[placed.column].right {
            canvas.line_right(x, y, placed.width, line);
        } else {
            canvas.line(x, y, placed.width, line);
        }
    }
}

/// Which way the column orders the rows.
fn mark(column: &Column, sort: Sort) -> &'static str {
    if column.rising == sort.reversed { "▾" } else { "▴" }
}
