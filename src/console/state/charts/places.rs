//! Where the large chart and the others stand. Pure.
//!
//! ```text
//! narrow                          wide
//! ┌ the chosen chart ──────────┐  ┌ the chosen chart ──────────────────────────┐
//! │                            │  │                                            │
//! ├ every chart in a line ─────┤  ├──────────────┬──────────────┬──────────────┤
//! │                            │  │ small        │ small        │ small        │
//! └────────────────────────────┘  └──────────────┴──────────────┴──────────────┘
//! ```

use crate::console::state::layout::Pane;

/// Cells left of a plot: a label, a space, the axis.
pub const GUTTER: u16 = 9;

/// Below this there is no room for pictures beside the large one.
const GRID_FROM: (u16, u16) = (100, 28);
/// Cells of the smallest picture in the grid: a line of words, four of plot, the axis.
const SMALL: (u16, u16) = (37, 6);
/// Lines the large chart keeps.
const LARGE_LEAST: u16 = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub large: Pane,
    pub others: Others,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// One line a chart.
    List(Pane),
    Grid(Grid),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    pub pane: Pane,
    pub columns: u16,
    pub rows: u16,
}

impl Places {
    /// Divides what is inside the frame among `charts`.
    pub fn of(inner: Pane, charts: usize) -> Self {
        let split = |below: u16| {
            let large = Pane { height: inner.height - below, ..inner };
            (large, Pane { y: inner.y + large.height, height: below, ..inner })
        };
        let charts = u16::try_from(charts).unwrap_or(u16::MAX).max(1);
        if inner.width < GRID_FROM.0 || inner.height < GRID_FROM.1 {
            let (large, list) = split((inner.height * 2 / 5).min(charts));
            return Self { large, others: Others::List(list) };
        }
        let columns = (inner.width / SMALL.0).min(charts);
        let most = (inner.height - LARGE_LEAST.max(inner.height * 2 / 5)) / SMALL.1;
        let rows = charts.div_ceil(columns).min(most).max(1);
        // With height to spare the small ones grow too.
        let height = (inner.height * 3 / 5 / rows).clamp(SMALL.1, 2 * SMALL.1);
        let (large, pane) = split(rows * height);
        Self { large, others: Others::Grid(Grid { pane, columns, rows }) }
    }

    /// Characters across the plot of the large chart.
    pub fn cells(&self) -> usize {
        usize::from(self.large.width.saturating_sub(GUTTER + 1))
    }

    /// Charts that stand side by side, and rows of them on screen.
    pub fn shape(&self) -> (usize, usize) {
        match self.others {
            Others::List(pane) => (1, usize::from(pane.height)),
            Others::Grid(grid) => (usize::from(grid.columns), usize::from(grid.rows)),
        }
    }
}

impl Grid {
    /// Where the `place`-th picture of the grid stands.
    pub fn pane(&self, place: usize) -> Pane {
        let place = u16::try_from(place).unwrap_or(u16::MAX);
        let (column, row) = (place % self.columns, place / self.columns);
        let (width, height) = (self.pane.width / self.columns, self.pane.height / self.rows);
        Pane {
            x: self.pane.x + column * width,
            y: self.pane.y + row * height,
            // A gap on the right keeps neighbours apart.
            width: width - 1,
            height,
            boxed: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_or_leaves_the_pane_and_the_large_one_is_the_largest() {
        for width in [58, 78, 80, 99, 100, 118, 160, 198, 250] {
            for height in 8..78 {
                let inner = Pane { x: 1, y: 3, width, height, boxed: true };
                let places = Places::of(inner, 16);
                let large = places.large;
                assert!(large.height >= 5 && large.height >= height / 3, "{width}x{height}: {large:?}");
                let (columns, rows) = places.shape();
                assert!(columns * rows >= 3, "{width}x{height}");
                match places.others {
                    Others::List(list) => {
                        assert_eq!((list.y, list.y + list.height), (large.y + large.height, 3 + height));
                    }
                    Others::Grid(grid) => {
                        for place in 0..columns * rows {
                            let one = grid.pane(place);
                            assert!(one.y >= large.y + large.height && one.y + one.height <= 3 + height);
                            assert!(one.x + one.width < 1 + width && one.width >= 35 && one.height >= 6);
                            assert!(one.height <= large.height, "{width}x{height}");
                        }
                    }
                }
            }
        }
    }
}
