//! Rows on their way to a comparison: one arena of canonical bytes, and where each value in it ends.
//!
//! No allocation per value: a batch has two, and they are as large as the batch before was. What runs for every value is
//! inlined: a build without link-time optimisation would otherwise pass each through memory, which costs more than it does.

use crate::model::canon::{Canon, Misfit, Raw};
use std::fmt::Write as _;

/// Rows in a batch, at most.
pub const BATCH_ROWS: usize = 1_024;
/// Bytes after which a batch is full; one row more may stand in it.
pub const BATCH_BYTES: usize = 256 * 1_024;

/// What the end of a value says besides: the value is NULL, or it is a misfit.
const NULL: u32 = 1 << 31;
const MISFIT: u32 = 1 << 30;
/// Bits left for the end itself: a batch of a gibibyte, more than any engine's largest value.
const END: u32 = MISFIT - 1;

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    Null,
    /// Canonical bytes.
    Value(&'a [u8]),
    /// The column holds something that is not of its type: words for a person. Equal to nothing, not even to itself.
    Misfit(&'a [u8]),
}

/// Some rows of a scan, in the order of its columns.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    columns: usize,
    rows: usize,
    bytes: Vec<u8>,
    ends: Vec<u32>,
    complete: bool,
    ascent: Option<Ascent>,
}

/// What was found while the rows came: their first columns ascend from row to row, and none of these holds a misfit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ascent {
    /// So many columns.
    pub columns: usize,
    /// Two rows have the same values in them.
    pub repeats: bool,
}

impl Batch {
    #[inline]
    pub fn columns(&self) -> usize {
        self.columns
    }

    #[inline]
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The engine has said that there are no more rows. Without it, an end of batches is a failure.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Nothing where nobody looked.
    pub fn ascent(&self) -> Option<Ascent> {
        self.ascent
    }

    /// Bytes of values.
    pub fn weight(&self) -> usize {
        self.bytes.len()
    }

    /// One value. Panics where the batch has no such row or column, as indexing does.
    #[inline]
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let at = row * self.columns + column;
        let end = self.ends[at];
        if end & NULL != 0 {
            return Cell::Null;
        }
        let from = if at == 0 { 0 } else { self.ends[at - 1] & END };
        let bytes = &self.bytes[from as usize..(end & END) as usize];
        if end & MISFIT == 0 { Cell::Value(bytes) } else { Cell::Misfit(bytes) }
    }

    /// Whether two rows are the same in every column. A misfit is like nothing.
    #[inline]
    pub fn is_same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        let (ours, from) = self.ends_of(row);
        let (theirs, other_from) = other.ends_of(other_row);
        let alike = |(a, b): (&u32, &u32)| a & MISFIT == 0 && a - from == b - other_from;
        let to = |ends: &[u32], from| ends.last().map_or(from, |end| end & END);
        self.columns == other.columns
            && ours.iter().zip(theirs).all(alike)
            && self.bytes[from as usize..to(ours, from) as usize]
                == other.bytes[other_from as usize..to(theirs, other_from) as usize]
    }

    /// Where the values of a row end, and where the first begins.
    #[inline]
    fn ends_of(&self, row: usize) -> (&[u32], u32) {
        let at = row * self.columns;
        let from = if at == 0 { 0 } else { self.ends[at - 1] & END };
        (&self.ends[at..at + self.columns], from)
    }

    /// Canonical bytes of a value; `None` is NULL. A misfit also gives bytes: ask [`Batch::cell`] where one may be.
    #[inline]
    pub fn value(&self, row: usize, column: usize) -> Option<&[u8]> {
        match self.cell(row, column) {
            Cell::Null => None,
            Cell::Value(bytes) | Cell::Misfit(bytes) => Some(bytes),
        }
    }

    /// Some value of the row is a misfit.
    pub fn has_misfit(&self, row: usize) -> bool {
        let from = row * self.columns;
        self.ends[from..from + self.columns].iter().any(|end| end & MISFIT != 0)
    }
}

/// Fills batches, value by value and row by row.
#[derive(Debug)]
pub struct BatchBuilder {
    batch: Batch,
    /// Values of the row that is not whole.
    filled: usize,
    /// Sizes that were enough for the batch before.
    bytes: usize,
    ends: usize,
}

impl BatchBuilder {
    pub fn new(columns: usize) -> Self {
        Self { batch: Batch { columns, ..Batch::default() }, filled: 0, bytes: 0, ends: 0 }
    }

    /// The next value of the row.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "the kind of value is known where it is called, and left to the compiler it is forgotten"
    )]
    pub fn push(&mut self, canon: Canon, raw: Raw<'_>) {
        let before = self.batch.bytes.len();
        if canon.put(raw, &mut self.batch.bytes) == Err(Misfit) {
            self.batch.bytes.truncate(before);
            self.misfit(raw);
        } else {
            self.end(0);
        }
    }

    #[inline]
    pub fn push_null(&mut self) {
        self.end(NULL);
    }

    /// A value that is not of the column's type.
    #[cold]
    fn misfit(&mut self, raw: Raw<'_>) {
        let words = describe(raw);
        self.batch.bytes.extend_from_slice(words.as_bytes());
        self.end(MISFIT);
    }

    #[inline]
    fn end(&mut self, flag: u32) {
        // A batch is sent long before; a value so large that this fails ends the scan, see `is_too_large`.
        let end = u32::try_from(self.batch.bytes.len()).unwrap_or(END).min(END);
        self.batch.ends.push(end | flag);
        self.filled += 1;
        if self.filled == self.batch.columns {
            self.batch.rows += 1;
            self.filled = 0;
        }
    }

    /// Rows that are whole.
    #[inline]
    pub fn rows(&self) -> usize {
        self.batch.rows()
    }

    #[inline]
    pub fn is_full(&self) -> bool {
        self.batch.bytes.len() >= BATCH_BYTES || self.rows() >= BATCH_ROWS
    }

    /// More bytes than a batch can hold: the scan cannot go on.
    #[inline]
    pub fn is_too_large(&self) -> bool {
        self.batch.bytes.len() > END as usize
    }

    /// What stands in it so far.
    #[inline]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The batch so far; the builder begins the next one.
    pub fn take(&mut self, complete: bool) -> Batch {
        self.bytes = self.bytes.max(self.batch.bytes.len()).min(2 * BATCH_BYTES);
        self.ends = self.ends.max(self.batch.ends.len());
        let next = Batch {
            columns: self.batch.columns,
            rows: 0,
            bytes: Vec::with_capacity(if complete { 0 } else { self.bytes }),
            ends: Vec::with_capacity(if complete { 0 } else { self.ends }),
            complete: false,
            ascent: None,
        };
        let mut batch = std::mem::replace(&mut self.batch, next);
        batch.complete = complete;
        batch
    }

    /// The same, of rows whose order was looked at as they came.
    pub fn take_ascending(&mut self, complete: bool, ascent: Option<Ascent>) -> Batch {
        Batch { ascent, ..self.take(complete) }
    }
}

/// A misfit for a person, with its class, because `1` the text is not `1` the number.
fn describe(raw: Raw<'_>) -> String {
    let mut words = String::new();
    // Writing to a String cannot fail.
    let _ = match raw {
        Raw::Text(bytes) | Raw::Digits(bytes) => write!(words, "text {}", String::from_utf8_lossy(bytes)),
        Raw::Bytes(bytes) | Raw::Bits(bytes) => write!(words, "bytes {}", crate::model::canon::hex(bytes)),
        Raw::Int(n) => write!(words, "integer {n}"),
        Raw::Uint(n) => write!(words, "integer {n}"),
        Raw::Float32(x) => write!(words, "float {x}"),
        Raw::Float64(x) => write!(words, "float {x}"),
        other => write!(words, "{other:?}"),
    };
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_as_they_went_in() {
        let mut builder = BatchBuilder::new(3);
        for row in 0..3 {
            builder.push(Canon::Int, Raw::Int(row));
            builder.push(Canon::Text, Raw::Text(b""));
            builder.push_null();
        }
        builder.push(Canon::Int, Raw::Text(b"x"));
        builder.push(Canon::Text, Raw::Text(b"last"));
        builder.push(Canon::Bytes, Raw::Bytes(&[0]));
        let batch = builder.take(true);
        assert_eq!((batch.rows(), batch.columns(), batch.is_complete()), (4, 3, true));
        for row in 0..3 {
            let want = Canon::Int.bytes(Raw::Int(i64::try_from(row).unwrap())).unwrap();
            assert_eq!(batch.cell(row, 0), Cell::Value(&want));
            assert_eq!(batch.cell(row, 1), Cell::Value(b""), "an empty text is no NULL");
            assert_eq!((batch.cell(row, 2), batch.value(row, 2)), (Cell::Null, None));
            assert!(!batch.has_misfit(row));
        }
        assert_eq!(batch.cell(3, 0), Cell::Misfit(b"text x"));
        assert_eq!(batch.cell(3, 1), Cell::Value(b"last"));
        assert_eq!(batch.value(3, 2), Some([0].as_slice()));
        assert!(batch.has_misfit(3));
    }

    #[test]
    fn rows_are_the_same_where_every_value_is_and_ends_where_the_other_does() {
        let batch = |rows: &[[Option<&str>; 2]]| {
            let mut builder = BatchBuilder::new(2);
            for value in rows.iter().flatten() {
                match value {
                    Some(text) => builder.push(Canon::Text, Raw::Text(text.as_bytes())),
                    None => builder.push_null(),
                }
            }
            builder.take(true)
        };
        let rows = [[Some("a"), Some("bc")], [Some("ab"), Some("c")], [None, Some("")], [Some(""), None], [None, None]];
        let ours = batch(&rows);
        let theirs = batch(&[&[[Some("before"), None]], &rows[..]].concat());
        for a in 0..rows.len() {
            for b in 0..rows.len() {
                assert_eq!(ours.is_same(a, &theirs, b + 1), a == b, "{a} {b}");
            }
        }
        let mut misfit = BatchBuilder::new(1);
        misfit.push(Canon::Int, Raw::Text(b"x"));
        let misfit = misfit.take(true);
        assert!(!misfit.is_same(0, &misfit, 0));
    }

    #[test]
    fn a_batch_is_full_by_rows_or_by_bytes_and_the_next_one_is_empty() {
        let mut builder = BatchBuilder::new(1);
        while !builder.is_full() {
            builder.push(Canon::Bool, Raw::Bool(true));
        }
        assert_eq!(builder.rows(), BATCH_ROWS);
        assert!(!builder.take(false).is_complete());
        assert!(builder.batch().is_empty() && !builder.is_full());
        builder.push(Canon::Text, Raw::Text(&vec![b'a'; BATCH_BYTES]));
        assert!(builder.is_full() && !builder.is_too_large());
        assert_eq!(builder.take(true).rows(), 1);
    }
}
