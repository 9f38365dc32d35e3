//! Where the columns of a row stand, the same on both sides. Pure; widths go by names alone, so that nothing jumps when
//! values come.

use crate::console::text;
use crate::model::Untrusted;

/// Cells of the sign before a row, and between two columns.
pub const SIGN: u16 = 3;
const GAP: u16 = 1;

/// Least and most cells of a column; a part of a key gets the least first.
const LEAST: u16 = 8;
const MOST: u16 = 20;
/// Of one half the keys take at most so much.
const KEYS: u16 = 2;

/// A column with its place in one half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub column: usize,
    pub x: u16,
    pub width: u16,
}

/// Columns there is room for, and how many stand left and right of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    pub columns: Vec<Place>,
    pub left: usize,
    pub right: usize,
}

/// The key stays, whatever is scrolled away behind it.
pub fn places(columns: &[(Untrusted, Untrusted)], key: usize, half: u16, shift: usize) -> Places {
    let room = half.saturating_sub(SIGN);
    let mut x = SIGN;
    let mut out = Places { columns: Vec::new(), left: shift.min(columns.len().saturating_sub(key)), right: 0 };
    let wide = |name: &Untrusted| u16::try_from(text::width(&name.shown())).unwrap_or(MOST).clamp(LEAST, MOST);
    let keys = u16::try_from(key.max(1)).unwrap_or(1);
    for (column, (name, _)) in columns.iter().enumerate().take(key) {
        // One part of a key may be as long as a UUID; several share.
        let most = (room / KEYS / keys).max(4);
        let width = wide(name).max(if key == 1 { 12 } else { LEAST }).min(most);
        out.columns.push(Place { column, x, width });
        x += width + GAP;
    }
    for (column, (name, _)) in columns.iter().enumerate().skip(key + out.left) {
        let width = wide(name).max(12);
        let left = (half).saturating_sub(x);
        if left < LEAST {
            out.right = columns.len() - column;
            break;
        }
        out.columns.push(Place { column, x, width: width.min(left) });
        x += width + GAP;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<(Untrusted, Untrusted)> {
        all.iter().map(|name| (Untrusted::from(*name), Untrusted::from(*name))).collect()
    }

    #[test]
    fn the_key_stays_and_the_others_scroll() {
        let columns = names(&["id", "note", "amount", "updated_at"]);
        let shown = |half, shift| {
            let places = places(&columns, 1, half, shift);
            (places.columns.iter().map(|place| place.column).collect::<Vec<_>>(), places.left, places.right)
        };
        assert_eq!(shown(58, 0), (vec![0, 1, 2, 3], 0, 0));
        assert_eq!(shown(38, 0), (vec![0, 1, 2], 0, 1));
        assert_eq!(shown(38, 1), (vec![0, 2, 3], 1, 0));
        assert_eq!(shown(38, 9), (vec![0], 3, 0));
    }

    #[test]
    fn nothing_stands_beyond_its_half() {
        for half in 20..120 {
            for key in 1..4 {
                for place in
                    places(&names(&["a", "bb", "a_very_long_name_of_a_column", "c", "d"]), key, half, 0).columns
                {
                    assert!(place.x + place.width <= half, "{half} {key} {place:?}");
                }
            }
        }
    }
}
