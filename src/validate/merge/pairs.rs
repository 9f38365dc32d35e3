//! Pairing rows of one key that only a rule makes equal: as many pairs as there can be.
//!
//! A tolerance is not transitive: of three values the middle one may be equal to both others, and whoever takes the first
//! that fits may leave one over that had a partner. So a row that finds none asks those that have one to move on.
//! (Augmenting paths: H. W. Kuhn, "The Hungarian Method", 1955.)

use std::collections::VecDeque;

/// Most pairs of rows that are tried.
const TRIALS: usize = 10_000_000;

/// For each row on the left its partner on the right, each in one pair at most. `None`: too many had to be tried.
/// `partner`: for each row on the right the one on the left that it has to begin with, which may be given another.
pub(super) fn most(
    left: usize,
    mut partner: Vec<Option<usize>>,
    fits: impl Fn(usize, usize) -> bool,
) -> Option<Vec<Option<usize>>> {
    let right = partner.len();
    let mut trials = 0;
    let mut fits = |a, b| {
        trials += 1;
        (trials <= TRIALS).then(|| fits(a, b))
    };
    let mut paired = vec![false; left];
    partner.iter().flatten().for_each(|row| paired[*row] = true);
    // Sorted rows that are alike mostly stand at like places, so the first that is free mostly fits.
    let mut free: VecDeque<usize> = (0..right).filter(|at| partner[*at].is_none()).collect();
    let mut alone = Vec::new();
    'rows: for row in (0..left).filter(|row| !paired[*row]) {
        for (nth, at) in free.iter().enumerate() {
            if fits(row, *at)? {
                partner[*at] = Some(row);
                free.remove(nth);
                continue 'rows;
            }
        }
        alone.push(row);
    }
    let mut left_over = free.len();
    for row in alone {
        // Nobody is left who could be found, however many move on.
        if left_over == 0 {
            break;
        }
        let mut seen = vec![false; right];
        // Rows that look for a partner, each with the place behind the one it has asked last.
        let mut path: Vec<(usize, usize)> = vec![(row, 0)];
        while let Some((seeker, from)) = path.last_mut() {
            let mut found = None;
            while *from < right && found.is_none() {
                if !seen[*from] && fits(*seeker, *from)? {
                    found = Some(*from);
                }
                *from += 1;
            }
            let Some(at) = found else {
                path.pop();
                continue;
            };
            seen[at] = true;
            if let Some(other) = partner[at] {
                path.push((other, 0));
                continue;
            }
            // Everybody on the way takes the one it asked last.
            for (seeker, behind) in &path {
                partner[behind - 1] = Some(*seeker);
            }
            left_over -= 1;
            break;
        }
    }
    let mut pairs = vec![None; left];
    for (at, row) in partner.into_iter().enumerate() {
        if let Some(row) = row {
            pairs[row] = Some(at);
        }
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_pairs_are_found_as_there_are() {
        for (left, right, want) in [
            // 1.00 fits 1.04 and 0.96, 1.05 only 1.04.
            (&[100, 105][..], &[104, 96][..], 2),
            (&[100, 105, 110], &[105, 110, 115], 3),
            (&[100, 100, 100], &[100, 101], 2),
            (&[100], &[200], 0),
            (&[], &[1], 0),
            (&[102, 98, 106, 94], &[100, 104, 96, 90], 4),
        ] {
            let pairs = most(left.len(), vec![None; right.len()], |a, b| i32::abs(left[a] - right[b]) <= 5).unwrap();
            assert_eq!(pairs.iter().flatten().count(), want, "{left:?} {right:?}: {pairs:?}");
            for (a, b) in pairs.iter().enumerate().filter_map(|(a, b)| Some((a, (*b)?))) {
                assert!(i32::abs(left[a] - right[b]) <= 5);
                assert_eq!(pairs.iter().filter(|other| **other == Some(b)).count(), 1, "{pairs:?}");
            }
        }
    }

    #[test]
    fn a_pair_to_begin_with_gives_way_where_that_makes_more_pairs() {
        let (left, right): ([i32; 2], [i32; 2]) = ([100, 105], [100, 96]);
        let pairs = most(2, vec![Some(0), None], |a, b| i32::abs(left[a] - right[b]) <= 5);
        assert_eq!(pairs, Some(vec![Some(1), Some(0)]));
        // What cannot be more is not looked for.
        let same = most(50_000, (0..40_000).map(Some).collect(), |_, _| true).unwrap();
        assert_eq!(same.iter().flatten().count(), 40_000);
    }

    #[test]
    fn too_many_rows_are_not_tried_for_ever() {
        assert_eq!(most(4_000, vec![None; 4_000], |_, _| false), None);
        let many = most(100_000, vec![None; 100_000], |a, b| a == b).unwrap();
        assert!(many.iter().enumerate().all(|(at, partner)| *partner == Some(at)));
    }
}
