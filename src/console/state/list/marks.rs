//! Marked rows of a list: what is done next is done to all of them.
//!
//! A mark is held by the key of its row, so it survives refresh, order and filter; it goes when its row is gone. A marked
//! row that a filter hides stays marked, and is counted as such: whoever acts must know of it. Start at [`List::mark`].

use super::{List, Rows};

/// How many rows are marked, and how many of them are not among the rows on screen because something hides them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    pub all: usize,
    pub hidden: usize,
}

/// One marked row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark<K> {
    key: K,
    /// Where the row was found last.
    row: u32,
}

/// How marks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marking {
    /// The row under the cursor is marked, or no longer; the cursor goes one down.
    Turn,
    /// All marks go.
    Drop,
}

impl<K: Clone + PartialEq> List<K> {
    pub fn mark<R: Rows<Key = K>>(&mut self, how: Marking, rows: &R) {
        if how == Marking::Drop {
            self.marks.clear();
            self.hidden = 0;
            return;
        }
        let Some((row, key)) = self.order.get(self.cursor).copied().zip(self.key.clone()) else { return };
        match self.marks.iter().position(|mark| mark.row == row) {
            Some(at) => drop(self.marks.remove(at)),
            None => self.marks.push(Mark { key, row }),
        }
        self.step(1, rows);
    }

    pub fn marks(&self) -> Marks {
        Marks { all: self.marks.len(), hidden: self.hidden }
    }

    pub fn is_marked(&self, row: usize) -> bool {
        self.marks.iter().any(|mark| mark.row as usize == row)
    }

    /// Keys of the marked rows, in the order in which they were marked.
    pub fn marked(&self) -> impl Iterator<Item = &K> {
        self.marks.iter().map(|mark| &mark.key)
    }

    /// Finds the marked rows again after rows or order have changed.
    pub(super) fn find_marked<R: Rows<Key = K>>(&mut self, rows: &R) {
        let count = rows.count();
        self.marks.retain_mut(|mark| {
            let is = |row: usize| row < count && rows.has_key(row, &mark.key);
            // Mostly it is where it was; only after a change of the rows is it looked for.
            let found = if is(mark.row as usize) { Some(mark.row as usize) } else { (0..count).find(|row| is(*row)) };
            let found = found.and_then(|row| u32::try_from(row).ok());
            mark.row = found.unwrap_or(mark.row);
            found.is_some()
        });
        self.hidden = 0;
        if self.marks.is_empty() {
            return;
        }
        let mut shown = vec![false; count];
        for row in &self.order {
            shown[*row as usize] = true;
        }
        self.hidden = self.marks.iter().filter(|mark| !shown[mark.row as usize]).count();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fruit, list};
    use super::*;

    fn marked(list: &List<String>) -> Vec<&str> {
        list.marked().map(String::as_str).collect()
    }

    #[test]
    fn a_mark_is_set_and_taken_back_by_the_same_key_and_the_cursor_goes_on() {
        let rows = fruit();
        let mut list = list(&rows, 0);
        list.mark(Marking::Turn, &rows);
        list.mark(Marking::Turn, &rows);
        assert_eq!((marked(&list), list.cursor()), (vec!["apple", "fig"], 2));
        list.go(0, &rows);
        list.mark(Marking::Turn, &rows);
        assert_eq!(marked(&list), ["fig"]);
        list.go(usize::MAX, &rows);
        list.mark(Marking::Turn, &rows);
        assert_eq!((marked(&list), list.key().unwrap().as_str()), (vec!["fig", "pear"], "pear"));
        list.mark(Marking::Drop, &rows);
        assert_eq!(list.marks(), Marks::default());
    }

    #[test]
    fn marks_hold_on_to_their_rows_and_go_with_them() {
        let mut rows = fruit();
        let mut list = list(&rows, 0);
        list.mark(Marking::Turn, &rows);
        list.mark(Marking::Turn, &rows);
        list.sort_by(0, true, &rows);
        rows.0.insert(0, ("melon", None));
        list.rebuild(&rows);
        assert_eq!(marked(&list), ["apple", "fig"]);
        let names: Vec<&str> = (0..5).filter(|row| list.is_marked(*row)).map(|row| rows.0[row].0).collect();
        assert_eq!(names, ["apple", "fig"]);
        rows.0.retain(|(name, _)| *name != "apple");
        list.rebuild(&rows);
        assert_eq!(marked(&list), ["fig"], "its row is gone");
        rows.0.clear();
        list.rebuild(&rows);
        assert_eq!(list.marks(), Marks::default());
    }

    #[test]
    fn a_marked_row_that_the_filter_hides_stays_marked_and_is_counted() {
        let rows = fruit();
        let mut list = list(&rows, 0);
        list.mark(Marking::Turn, &rows);
        list.mark(Marking::Turn, &rows);
        list.refilter("fig", &rows);
        assert_eq!(list.marks(), Marks { all: 2, hidden: 1 });
        list.refilter("nonesuch", &rows);
        assert_eq!(list.marks(), Marks { all: 2, hidden: 2 });
        list.mark(Marking::Turn, &rows);
        assert_eq!(list.marks().all, 2, "no row under the cursor, nothing to mark");
        list.refilter("", &rows);
        assert_eq!(list.marks(), Marks { all: 2, hidden: 0 });
    }
}
