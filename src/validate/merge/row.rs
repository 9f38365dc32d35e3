//! Rows as a merge sees them, rows on their own, and what can be wrong with them.

use crate::db::scan::{Ascent, Batch, Cell};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// A batch of rows as canonical bytes.
pub trait Rows {
    fn rows(&self) -> usize;
    fn columns(&self) -> usize;
    fn cell(&self, row: usize, column: usize) -> Cell<'_>;

    /// What whoever read them knows of their order.
    fn ascent(&self) -> Option<Ascent> {
        None
    }

    /// Whether two rows are the same in every column. A misfit is like nothing.
    fn is_same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        (0..self.columns()).all(|column| match (self.cell(row, column), other.cell(other_row, column)) {
            (Cell::Misfit(_), _) | (_, Cell::Misfit(_)) => false,
            (a, b) => a == b,
        })
    }
}

impl Rows for Batch {
    #[inline]
    fn rows(&self) -> usize {
        self.rows()
    }

    #[inline]
    fn columns(&self) -> usize {
        self.columns()
    }

    #[inline]
    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        self.cell(row, column)
    }

    fn ascent(&self) -> Option<Ascent> {
        self.ascent()
    }

    #[inline]
    fn is_same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        self.is_same(row, other, other_row)
    }
}

/// A part of a key. NULL comes first. A misfit is not let into a key, see [`super::MergeError::Misfit`].
#[inline]
pub(super) fn part(cell: Cell<'_>) -> Option<&[u8]> {
    match cell {
        Cell::Null => None,
        Cell::Value(bytes) | Cell::Misfit(bytes) => Some(bytes),
    }
}

/// One row on its own. A clone is the same row in the same place of memory, however large it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowCopy(Arc<Kept>);

/// One arena, an end for each column.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Kept {
    bytes: Vec<u8>,
    /// What each value is, and where it ends in `bytes`.
    ends: Vec<(Is, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Is {
    Null,
    Value,
    Misfit,
}

impl RowCopy {
    pub fn of<'a>(cells: impl Iterator<Item = Cell<'a>>) -> Self {
        let mut row = Kept { bytes: Vec::new(), ends: Vec::new() };
        for cell in cells {
            row.bytes.extend_from_slice(part(cell).unwrap_or_default());
            let is = match cell {
                Cell::Null => Is::Null,
                Cell::Value(_) => Is::Value,
                Cell::Misfit(_) => Is::Misfit,
            };
            row.ends.push((is, row.bytes.len()));
        }
        Self(Arc::new(row))
    }

    #[cfg(test)]
    pub fn is_in_one_place_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub fn columns(&self) -> usize {
        self.0.ends.len()
    }

    /// The same row has the same, on any machine and in any version: 128 bits of a SHA-256 over every value with its length.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for column in 0..self.columns() {
            let (is, bytes) = match self.cell(column) {
                Cell::Null => (0_u8, &[][..]),
                Cell::Value(bytes) => (1, bytes),
                Cell::Misfit(bytes) => (2, bytes),
            };
            hasher.update([is]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
        let hash = hasher.finalize();
        hash.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// What a difference of this key is called, see [`Difference::name`].
    pub fn name(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Bytes of its values, and where they end.
    pub fn weight(&self) -> usize {
        self.0.bytes.len() + self.0.ends.len() * size_of::<(Is, usize)>()
    }

    pub(in crate::validate) fn has_misfit(&self) -> bool {
        self.0.ends.iter().any(|(is, _)| *is == Is::Misfit)
    }

    /// A column that is not there is NULL.
    pub fn cell(&self, column: usize) -> Cell<'_> {
        let Some((is, end)) = self.0.ends.get(column) else { return Cell::Null };
        let from = column.checked_sub(1).and_then(|before| self.0.ends.get(before)).map_or(0, |(_, end)| *end);
        let bytes = self.0.bytes.get(from..*end).unwrap_or_default();
        match is {
            Is::Null => Cell::Null,
            Is::Value => Cell::Value(bytes),
            Is::Misfit => Cell::Misfit(bytes),
        }
    }
}

/// What is wrong with one row of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// On both sides and not equal in these columns.
    Different { source: RowCopy, target: RowCopy, columns: Vec<usize> },
    /// In the source only.
    Missing(RowCopy),
    /// In the target only.
    Extra(RowCopy),
}

/// Everything that is wrong with the rows of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key's columns only.
    pub key: RowCopy,
    pub changes: Vec<Change>,
}

impl Difference {
    /// The same key with the same rows on both sides has the same mark.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for change in &self.changes {
            match change {
                Change::Different { source, target, .. } => (0, source, target).hash(&mut hasher),
                Change::Missing(row) => (1, row).hash(&mut hasher),
                Change::Extra(row) => (2, row).hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    /// The same key has the same name.
    pub fn name(&self) -> u64 {
        self.key.name()
    }
}
