//! Something small that is looked at again until both sides agree, or it has stood still for the whole wait: aggregates,
//! results of statements. Pure: times are parameters. Start at [`Steady::seen`].

use super::settle::Patience;
use jiff::Timestamp;

/// What was seen last, and since when it has been so.
#[derive(Debug)]
pub(super) struct Steady<T> {
    first: Option<Timestamp>,
    before: Option<(T, Timestamp)>,
}

/// What follows from a look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This is the answer.
    Settled,
    /// Patience has ended, and it was something else each time.
    Moving,
    Again(Timestamp),
}

impl<T: PartialEq> Steady<T> {
    pub fn new() -> Self {
        Self { first: None, before: None }
    }

    /// A look that began then came to this by now. `agrees`: both sides are the same.
    pub fn seen(
        &mut self,
        seen: T,
        agrees: bool,
        [began, now]: [Timestamp; 2],
        Patience { settle, limit }: Patience,
    ) -> Next {
        let first = *self.first.get_or_insert(began);
        if agrees || settle.is_zero() {
            return Next::Settled;
        }
        let since = match &self.before {
            Some((same, since)) if *same == seen => *since,
            _ => now,
        };
        if began.duration_since(since) >= settle {
            return Next::Settled;
        }
        let due = since + settle;
        if due.duration_since(first) > limit {
            return Next::Moving;
        }
        self.before = Some((seen, since));
        Next::Again(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_difference_counts_once_it_has_stood_still() {
        let patience = Patience::settling(SignedDuration::from_secs(5));
        for (looks, want) in [
            (&[(0, 1)][..], Next::Again(at(5))),
            (&[(0, 1), (5, 1)], Next::Settled),
            (&[(0, 1), (5, 2)], Next::Again(at(10))),
            (&[(0, 1), (5, 2), (10, 3), (15, 4), (20, 5)], Next::Moving),
        ] {
            let mut it = Steady::new();
            let mut last = Next::Settled;
            for (second, seen) in looks {
                last = it.seen(*seen, false, [at(*second), at(*second)], patience);
            }
            assert_eq!(last, want, "{looks:?}");
        }
        let now = Patience::settling(SignedDuration::ZERO);
        assert_eq!(Steady::new().seen(1, false, [at(0), at(1)], now), Next::Settled);
        assert_eq!(Steady::new().seen(1, true, [at(0), at(1)], patience), Next::Settled);
    }
}
