//! From points to dots. Pure: a point fills its own minute, a minute without a point stays empty, nothing is joined over it.

use super::axis::Scale;
use crate::model::metric::Point;
use jiff::{SignedDuration, Timestamp};

/// Seconds a point stands for (the period that is asked for, and that DMS publishes at).
const MINUTE: i64 = 60;

/// The stretch of time on screen; its end is not a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Window {
    /// `range` up to the end of the present minute, so that it moves once a minute.
    pub fn back(now: Timestamp, range: SignedDuration) -> Self {
        let second = now.as_second();
        let until = Timestamp::from_second(second - second.rem_euclid(MINUTE) + MINUTE).unwrap_or(now);
        Self { from: until.checked_sub(range).unwrap_or(until), until }
    }

    pub fn minutes(&self) -> i64 {
        self.until.duration_since(self.from).as_mins().max(1)
    }

    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// The column of a moment among `columns`; `None` outside.
    pub fn column(&self, at: Timestamp, columns: usize) -> Option<usize> {
        if !self.holds(at) {
            return None;
        }
        let (into, all) = (at.duration_since(self.from).as_millis(), self.until.duration_since(self.from).as_millis());
        usize::try_from(into * i128::try_from(columns).ok()? / all.max(1)).ok().filter(|column| *column < columns)
    }
}

/// Lowest and highest row lit in a column, 0 at the bottom; `None` where there is no point.
pub type Extent = Option<(usize, usize)>;

/// One extent a column. Where several points fall into one column it reaches from the lowest to the highest of them.
pub fn extents(points: &[Point], window: Window, (columns, rows): (usize, usize), scale: &Scale) -> Vec<Extent> {
    let mut out: Vec<Extent> = vec![None; columns];
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let last_moment = point.at.checked_add(SignedDuration::from_millis(MINUTE * 1_000 - 1)).unwrap_or(point.at);
        if last_moment < window.from || point.at >= window.until {
            continue;
        }
        let Some(first) = window.column(point.at.max(window.from), columns) else { continue };
        let last = window.column(last_moment, columns).unwrap_or(columns.saturating_sub(1));
        let row = scale.row(point.value, rows);
        for extent in &mut out[first..=last] {
            *extent = Some(extent.map_or((row, row), |(low, high)| (low.min(row), high.max(row))));
        }
    }
    join(&mut out);
    out
}

/// Neighbours that both have points touch, so that a steep rise is a line and not two dots.
fn join(out: &mut [Extent]) {
    let mut before: Extent = None;
    for extent in out {
        let own = *extent;
        if let (Some((low, high)), Some((old_low, old_high))) = (own, before) {
            *extent = Some((low.min(old_high + 1), high.max(old_low.saturating_sub(1))));
        }
        before = own;
    }
}

/// One character of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// Dots of the Braille block, U+2800 onwards.
    pub dots: u8,
    /// The first of the lines that pass here.
    pub line: usize,
}

/// Dots of one character, from its top left downwards, then from its top right.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Lines drawn over each other, `width` by `height` characters with two by four dots each, row by row from the top. The
/// first line is solid, the others dotted: they can be told apart without colours.
pub fn braille(lines: &[Vec<Extent>], width: usize, height: usize) -> Vec<Cell> {
    let mut out = vec![Cell::default(); width * height];
    for (nth, line) in lines.iter().enumerate() {
        let every = [1, 2, 4].get(nth).copied().unwrap_or(4);
        for (x, extent) in line.iter().enumerate() {
            let Some((low, high)) = *extent else { continue };
            // Its first and last column are always there, or a single point could vanish.
            let edge = x == 0 || line[x - 1].is_none() || line.get(x + 1).is_none_or(Option::is_none);
            if x % every != 0 && !edge {
                continue;
            }
            for y in low..=high.min(height * 4 - 1) {
                let Some(cell) = out.get_mut((height - 1 - y / 4) * width + x / 2) else { continue };
                if cell.dots == 0 {
                    cell.line = nth;
                }
                cell.dots |= DOTS[x % 2][3 - y % 4];
            }
        }
    }
    out
}

/// The same with a character a dot, for terminals that have no Braille: `None` where nothing is.
pub fn letters(lines: &[Vec<Extent>], width: usize, height: usize) -> Vec<Option<usize>> {
    let mut out = vec![None; width * height];
    for (nth, line) in lines.iter().enumerate() {
        for (x, extent) in line.iter().enumerate().take(width) {
            let Some((low, high)) = *extent else { continue };
            for y in low..=high.min(height.saturating_sub(1)) {
                out[(height - 1 - y) * width + x].get_or_insert(nth);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::state::charts::axis::Unit;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_020 + second).unwrap()
    }

    fn window(minutes: i64) -> Window {
        Window { from: at(0), until: at(minutes * 60) }
    }

    fn point(minute: i64, value: f64) -> Point {
        Point { at: at(minute * 60), value }
    }

    fn picture(points: &[Point], minutes: i64, columns: usize, rows: usize) -> Vec<String> {
        let scale = Scale::of(Unit::Count("x"), 10.0, 2);
        let extents = extents(points, window(minutes), (columns, rows), &scale);
        let cells = letters(&[extents], columns, rows);
        cells.chunks(columns).map(|row| row.iter().map(|cell| cell.map_or('.', |_| '*')).collect()).collect()
    }

    #[test]
    fn the_window_ends_with_the_present_minute() {
        let now: Timestamp = "2026-11-22T14:03:22Z".parse().unwrap();
        let window = Window::back(now, SignedDuration::from_mins(15));
        assert_eq!(
            (window.from.to_string(), window.until.to_string()),
            ("2026-11-22T13:49:00Z".into(), "2026-11-22T14:04:00Z".into())
        );
        assert_eq!(window.column(window.until, 30), None);
        assert_eq!(window.column(now, 15), Some(14));
    }

    #[test]
    fn a_missing_minute_is_empty_a_zero_is_a_dot_at_the_bottom_and_a_rise_is_joined() {
        let points = [point(0, 0.0), point(1, 10.0), point(4, 10.0), point(5, 0.0)];
        assert_eq!(picture(&points, 7, 7, 3), [".*..*..", ".*...*.", "*....*."]);
        assert_eq!(picture(&points, 7, 14, 2), ["..**....**....", "**........**.."]);
    }

    #[test]
    fn minutes_that_share_a_column_show_their_lowest_and_highest() {
        let points = [point(0, 5.0), point(1, 0.0), point(2, 10.0), point(3, 5.0)];
        assert_eq!(picture(&points, 4, 2, 3), [".*", "**", "*."]);
    }

    #[test]
    fn a_minute_begun_before_the_window_reaches_into_it_and_what_is_not_a_number_is_no_point() {
        let half = Window { from: at(30), until: at(150) };
        let scale = Scale::of(Unit::Count("x"), 10.0, 2);
        let lit =
            |points: &[Point]| extents(points, half, (4, 3), &scale).iter().map(Option::is_some).collect::<Vec<_>>();
        assert_eq!(lit(&[point(0, 1.0)]), [true, false, false, false]);
        assert_eq!(lit(&[point(2, 1.0)]), [false, false, false, true]);
        assert_eq!(lit(&[point(1, f64::NAN), point(-1, 1.0), point(3, 1.0)]), [false; 4]);
    }

    #[test]
    fn braille_fills_from_the_bottom_and_a_second_line_is_dotted() {
        let flat = |row| vec![Some((row, row)); 4];
        let text = |lines: &[Vec<Extent>]| -> String {
            braille(lines, 2, 1).iter().filter_map(|cell| char::from_u32(0x2800 + u32::from(cell.dots))).collect()
        };
        assert_eq!(text(&[flat(0)]), "⣀⣀");
        assert_eq!(text(&[vec![None; 4], flat(3)]), "⠁⠉");
        assert_eq!(text(&[vec![Some((0, 3)); 4]]), "⣿⣿");
    }

    fn points() -> impl Strategy<Value = Vec<Point>> {
        proptest::collection::btree_map(-3i64..200, 0f64..1e4, 0..200)
            .prop_map(|all| all.into_iter().map(|(minute, value)| point(minute, value)).collect())
    }

    proptest! {
        #[test]
        fn every_point_stands_in_its_column_and_gaps_stay_empty(
            points in points(), minutes in 1i64..190, columns in 1usize..230, rows in 1usize..60,
        ) {
            let window = window(minutes);
            let highest = points.iter().map(|point| point.value).fold(0.0, f64::max);
            let scale = Scale::of(Unit::Rate("rows"), highest, 4);
            let lit = extents(&points, window, (columns, rows), &scale);
            prop_assert_eq!(lit.len(), columns);
            for point in points.iter().filter(|point| window.holds(point.at)) {
                let column = window.column(point.at, columns).unwrap();
                let (low, high) = lit[column].expect("a point has its column");
                prop_assert!((low..=high).contains(&scale.row(point.value, rows)));
            }
            let all = minutes * 60_000;
            for (column, extent) in lit.iter().enumerate() {
                if let Some((low, high)) = extent {
                    prop_assert!(low <= high && *high < rows);
                }
                // Milliseconds of the window that belong to this column.
                let edge = |column: usize| {
                    let (column, columns) = (i64::try_from(column).unwrap(), i64::try_from(columns).unwrap());
                    (column * all).div_euclid(columns) + i64::from((column * all).rem_euclid(columns) > 0)
                };
                let covered = points.iter().any(|point| {
                    let begin = point.at.duration_since(window.from).as_secs() * 1_000;
                    begin < edge(column + 1) && begin + 60_000 > edge(column)
                });
                prop_assert_eq!(extent.is_some(), covered, "column {}", column);
            }
        }

        #[test]
        fn no_dot_is_lost_between_dots_and_characters(points in points(), width in 1usize..80, height in 1usize..15) {
            let window = window(180);
            let scale = Scale::of(Unit::Rate("rows"), 1e4, 4);
            let lit = extents(&points, window, (width * 2, height * 4), &scale);
            let cells = braille(&[lit.clone(), lit.clone()], width, height);
            prop_assert_eq!(cells.len(), width * height);
            for (x, extent) in lit.iter().enumerate() {
                let column = (0..height).any(|y| {
                    DOTS[x % 2].iter().any(|dot| cells[y * width + x / 2].dots & dot != 0)
                });
                prop_assert_eq!(column, extent.is_some());
            }
            let letters = letters(&[extents(&points, window, (width, height), &scale)], width, height);
            prop_assert_eq!(letters.len(), width * height);
        }
    }
}
