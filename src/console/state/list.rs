//! A list on screen: which rows, in which order, where the cursor stands. The rows themselves live elsewhere.
//!
//! The order is an index, rebuilt when the data, the filter or the sort changes, never for a frame. The cursor holds on
//! to a row by its key (ARN, table name), so a refresh never moves it to another row. [`marks`] is about marked rows.

mod marks;

pub use marks::{Marking, Marks};

use super::column::{Column, max_shift};
use super::filter::Filter;
use jiff::{SignedDuration, Timestamp};
use marks::Mark;
use std::cmp::Reverse;

/// The pane about the row under the cursor follows when the cursor has rested this long, so that running through a list
/// costs two rows a step and not a pane.
const FOLLOWS_AFTER: SignedDuration = SignedDuration::from_millis(150);

/// What a row sorts by in one column. The derived order makes unknown the largest, so that it comes first when the worst
/// comes first, and "does not apply" the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    NotDue,
    Value(i64),
    Unknown,
}

/// The rows behind a list.
pub trait Rows {
    type Key: Clone + PartialEq;
    fn columns(&self) -> &'static [Column];
    fn count(&self) -> usize;
    fn key(&self, row: usize) -> Self::Key;
    fn has_key(&self, row: usize, key: &Self::Key) -> bool;
    /// Place of the row when all are sorted by name; breaks every tie.
    fn name_rank(&self, row: usize) -> u32;
    fn sort_key(&self, row: usize, column: usize) -> SortKey;
    /// Left out whatever the filter says.
    fn hides(&self, _row: usize) -> bool {
        false
    }
    /// What a filter word without a column is looked for in; lower case.
    fn text(&self, row: usize) -> &str;
    /// What a filter word for a column is looked for in; lower case.
    fn cell_text(&self, row: usize, column: usize) -> String;
}

/// By which column, and whether against its natural direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub column: usize,
    pub reversed: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct List<K> {
    order: Vec<u32>,
    cursor: usize,
    offset: usize,
    height: usize,
    /// The row the cursor stands on.
    key: Option<K>,
    /// The row it stood on before a filter hid it; found again when the filter goes.
    wanted: Option<K>,
    /// The row the detail pane is about.
    detail: Option<K>,
    /// The row it will be about, and when.
    detail_next: Option<(K, Timestamp)>,
    marks: Vec<Mark<K>>,
    /// Marked rows that are not in the order.
    hidden: usize,
    pub sort: Sort,
    pub filter: Filter,
    /// Columns skipped after the first.
    pub shift: usize,
}

impl<K: Clone + PartialEq> List<K> {
    pub fn new(sort: Sort) -> Self {
        Self {
            order: Vec::new(),
            cursor: 0,
            offset: 0,
            height: 1,
            key: None,
            wanted: None,
            detail: None,
            detail_next: None,
            marks: Vec::new(),
            hidden: 0,
            sort,
            filter: Filter::default(),
            shift: 0,
        }
    }

    /// Makes the index anew. The cursor stays on its row; where the row is gone, on its place.
    pub fn rebuild<R: Rows<Key = K>>(&mut self, rows: &R) {
        let rising = rows.columns().get(self.sort.column).is_some_and(|column| column.rising) != self.sort.reversed;
        let stays = |row: &usize| {
            !rows.hides(*row)
                && (self.filter.is_empty()
                    || self.filter.matches(rows.text(*row), |column| rows.cell_text(*row, column)))
        };
        let keyed = (0..rows.count()).filter(stays).filter_map(|row| {
            let index = u32::try_from(row).ok()?;
            Some((rows.sort_key(row, self.sort.column), rows.name_rank(row), index))
        });
        let mut keyed: Vec<_> = keyed.collect();
        if rising {
            keyed.sort_unstable();
        } else {
            keyed.sort_unstable_by_key(|(key, rank, index)| (Reverse(*key), *rank, *index));
        }
        self.order = keyed.into_iter().map(|(_, _, index)| index).collect();
        let place = |key: &K| self.order.iter().position(|row| rows.has_key(*row as usize, key));
        let found = self.wanted.as_ref().and_then(place).or_else(|| self.key.as_ref().and_then(place));
        self.cursor = found.unwrap_or(self.cursor);
        self.clamp();
        self.key = self.row().map(|row| rows.key(row));
        if self.wanted.is_some() && self.wanted == self.key {
            self.wanted = None;
        }
        self.find_marked(rows);
    }

    /// Changes the filter. A row hidden by it is taken up again when it comes back.
    pub fn refilter<R: Rows<Key = K>>(&mut self, text: &str, rows: &R) {
        if self.wanted.is_none() {
            self.wanted.clone_from(&self.key);
        }
        self.filter = Filter::parse(text, rows.columns());
        self.rebuild(rows);
        if self.filter.is_empty() {
            self.wanted = None;
        }
    }

    pub fn sort_by<R: Rows<Key = K>>(&mut self, column: usize, reversed: bool, rows: &R) {
        self.sort = Sort { column, reversed };
        self.rebuild(rows);
    }

    /// Moves the cursor by rows and brings it into view.
    pub fn step<R: Rows<Key = K>>(&mut self, by: isize, rows: &R) {
        self.go(self.cursor.saturating_add_signed(by), rows);
    }

    pub fn page<R: Rows<Key = K>>(&mut self, pages: isize, rows: &R) {
        let rows_a_page = isize::try_from(self.height.max(2) - 1).unwrap_or(1);
        self.offset = self.offset.saturating_add_signed(pages * rows_a_page);
        self.step(pages * rows_a_page, rows);
    }

    /// To this place in the order; past the end is the last row.
    pub fn go<R: Rows<Key = K>>(&mut self, place: usize, rows: &R) {
        self.cursor = place;
        self.clamp();
        self.wanted = None;
        self.key = self.row().map(|row| rows.key(row));
    }

    /// Rows that fit on screen.
    pub fn set_height(&mut self, height: usize) {
        self.height = height.max(1);
        self.clamp();
    }

    pub fn scroll_columns(&mut self, by: isize, columns: &[Column]) {
        self.shift = self.shift.saturating_add_signed(by).min(max_shift(columns));
    }

    /// Lets the detail pane follow the cursor, once it rests.
    pub fn follow(&mut self, now: Timestamp) {
        if self.detail == self.key || self.detail.is_none() {
            self.detail.clone_from(&self.key);
            self.detail_next = None;
            return;
        }
        match (&self.key, &self.detail_next) {
            (Some(key), Some((next, due))) if key == next => {
                if now >= *due {
                    self.detail.clone_from(&self.key);
                    self.detail_next = None;
                }
            }
            (Some(key), _) => {
                self.detail_next = now.checked_add(FOLLOWS_AFTER).ok().map(|due| (key.clone(), due));
            }
            (None, _) => self.detail = None,
        }
    }

    pub fn follows_at(&self) -> Option<Timestamp> {
        self.detail_next.as_ref().map(|(_, due)| *due)
    }

    /// The row the detail pane is about.
    pub fn detail(&self) -> Option<&K> {
        self.detail.as_ref()
    }

    fn clamp(&mut self) {
        self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
        self.offset = self.offset.min(self.order.len().saturating_sub(self.height));
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(self.height), self.cursor);
    }

    /// Rows on screen: place in the order and index of the row.
    pub fn visible(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let places = self.order.iter().enumerate().skip(self.offset).take(self.height);
        places.map(|(place, row)| (place, *row as usize))
    }

    /// Indices of all rows that stay after the filter, in their order.
    pub fn order(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().map(|row| *row as usize)
    }

    /// Index of the row under the cursor.
    pub fn row(&self) -> Option<usize> {
        self.order.get(self.cursor).map(|row| *row as usize)
    }

    pub fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Rows that stay after the filter.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub struct Fruit(pub Vec<(&'static str, Option<i64>)>);

    const COLUMNS: [Column; 2] = [
        Column { id: "name", title: "", min: 1, good: 1, max: 1, drop: 0, right: false, rising: true },
        Column { id: "lag", title: "", min: 1, good: 1, max: 1, drop: 0, right: false, rising: false },
    ];

    impl Rows for Fruit {
        type Key = String;
        fn columns(&self) -> &'static [Column] {
            &COLUMNS
        }
        fn count(&self) -> usize {
            self.0.len()
        }
        fn key(&self, row: usize) -> String {
            self.0[row].0.to_owned()
        }
        fn has_key(&self, row: usize, key: &String) -> bool {
            self.0[row].0 == key
        }
        fn name_rank(&self, row: usize) -> u32 {
            u32::try_from(self.0.iter().filter(|(name, _)| *name < self.0[row].0).count()).unwrap()
        }
        fn sort_key(&self, row: usize, column: usize) -> SortKey {
            match column {
                0 => SortKey::Value(i64::from(self.name_rank(row))),
                _ => self.0[row].1.map_or(SortKey::Unknown, SortKey::Value),
            }
        }
        fn text(&self, row: usize) -> &str {
            self.0[row].0
        }
        fn cell_text(&self, row: usize, _: usize) -> String {
            self.0[row].0.to_owned()
        }
    }

    pub fn fruit() -> Fruit {
        Fruit(vec![("pear", Some(3)), ("apple", None), ("fig", Some(9)), ("kiwi", Some(3))])
    }

    fn names(list: &List<String>, rows: &Fruit) -> Vec<&'static str> {
        list.visible().map(|(_, row)| rows.0[row].0).collect()
    }

    pub fn list(rows: &Fruit, column: usize) -> List<String> {
        let mut list = List::new(Sort { column, reversed: false });
        list.set_height(10);
        list.rebuild(rows);
        list
    }

    #[test]
    fn names_rise_numbers_fall_unknown_is_worst_and_ties_go_by_name() {
        let rows = fruit();
        for (column, reversed, want) in [
            (0, false, ["apple", "fig", "kiwi", "pear"]),
            (0, true, ["pear", "kiwi", "fig", "apple"]),
            (1, false, ["apple", "fig", "kiwi", "pear"]),
            (1, true, ["kiwi", "pear", "fig", "apple"]),
        ] {
            let mut list = list(&rows, 0);
            list.sort_by(column, reversed, &rows);
            assert_eq!(names(&list, &rows), want, "{column} {reversed}");
        }
    }

    #[test]
    fn the_cursor_holds_on_to_its_row_through_refresh_sort_and_filter() {
        let mut rows = fruit();
        let mut list = list(&rows, 1);
        list.step(2, &rows);
        assert_eq!(list.key().unwrap(), "kiwi");
        rows.0.retain(|(name, _)| *name != "apple");
        rows.0.insert(0, ("melon", Some(99)));
        rows.0[3].1 = Some(1000);
        list.rebuild(&rows);
        assert_eq!((list.key().unwrap().as_str(), list.row()), ("kiwi", Some(3)));
        list.sort_by(0, true, &rows);
        assert_eq!(list.key().unwrap(), "kiwi");
        list.refilter("e", &rows);
        assert_eq!(names(&list, &rows), ["pear", "melon"]);
        assert_eq!(list.key().unwrap(), "melon");
        list.refilter("", &rows);
        assert_eq!(list.key().unwrap(), "kiwi", "it comes back when the filter goes");
    }

    #[test]
    fn a_row_that_is_gone_leaves_the_cursor_on_its_place() {
        let mut rows = fruit();
        let mut list = list(&rows, 0);
        list.go(usize::MAX, &rows);
        assert_eq!(list.key().unwrap(), "pear");
        rows.0.remove(0);
        list.rebuild(&rows);
        assert_eq!(list.key().unwrap(), "kiwi");
        rows.0.clear();
        list.rebuild(&rows);
        assert_eq!((list.key(), list.row()), (None, None));
    }

    #[test]
    fn after_moving_in_a_filtered_list_the_new_row_is_kept() {
        let rows = fruit();
        let mut list = list(&rows, 0);
        list.refilter("i", &rows);
        list.step(1, &rows);
        assert_eq!(list.key().unwrap(), "kiwi");
        list.refilter("", &rows);
        assert_eq!(list.key().unwrap(), "kiwi");
    }

    #[test]
    fn the_detail_follows_when_the_cursor_rests() {
        let rows = fruit();
        let mut list = list(&rows, 0);
        let at = |ms: i64| Timestamp::from_millisecond(1_795_000_000_000 + ms).unwrap();
        let mut at_each = Vec::new();
        for (ms, step) in [(0, 0), (10, 1), (110, 1), (200, 0), (260, 0)] {
            list.step(step, &rows);
            list.follow(at(ms));
            at_each.push(list.detail().unwrap().clone());
        }
        assert_eq!(at_each, ["apple", "apple", "apple", "apple", "kiwi"]);
        assert_eq!(list.follows_at(), None);
    }

    #[test]
    fn the_cursor_is_always_in_view() {
        let rows = fruit();
        let mut list = list(&rows, 0);
        list.set_height(2);
        for (step, offset) in [(1, 0), (1, 1), (1, 2), (-1, 2), (-1, 1), (-9, 0), (9, 2)] {
            list.step(step, &rows);
            assert_eq!(list.offset(), offset, "{step}");
        }
        list.page(-1, &rows);
        assert!(list.offset() <= list.cursor() && list.cursor() < list.offset() + 2);
    }
}
