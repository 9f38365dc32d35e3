//! What is known about one subject's answers: how old, how often, and what went wrong.

use super::age::Age;
use crate::model::Problem;
use jiff::{SignedDuration, Timestamp};

/// `r` is not sent again while an answer is awaited for less than this.
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// The newest attempt failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub problem: Problem,
    pub retry_at: Option<Timestamp>,
}

/// One subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Feed {
    /// Time of the evidence of the newest good answer.
    pub as_of: Option<Timestamp>,
    /// When the newest good answer came; `None` before the first.
    pub received: Option<Timestamp>,
    pub every: Option<SignedDuration>,
    pub failed: Option<Failure>,
    /// Asked by the user and not answered yet.
    pub asked: Option<Timestamp>,
}

/// How an age is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Nothing has come yet and nothing failed.
    Awaited,
    Fresh,
    /// Older than twice the interval.
    Late,
    /// The evidence carries no usable time.
    Unknown,
    /// Older than twice the interval and the newest attempt failed, or nothing ever came and it failed.
    Missing,
}

impl Freshness {
    /// Stands before an age: colour alone would say nothing on half the terminals.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Awaited | Self::Fresh => "",
            Self::Late => "▲ ",
            Self::Unknown => "? ",
            Self::Missing => "✗ ",
        }
    }
}

impl Feed {
    pub fn has_data(&self) -> bool {
        self.received.is_some()
    }

    pub fn age(&self, now: Timestamp) -> Age {
        Age::of(self.as_of, now)
    }

    pub fn freshness(&self, now: Timestamp) -> Freshness {
        match (self.received, self.age(now)) {
            (None, _) if self.failed.is_some() => Freshness::Missing,
            (None, _) => Freshness::Awaited,
            (_, Age::Unknown | Age::Ahead) => Freshness::Unknown,
            (_, Age::Seconds(_)) if !self.is_late(now) => Freshness::Fresh,
            _ if self.failed.is_some() => Freshness::Missing,
            _ => Freshness::Late,
        }
    }

    /// The moment from which the age is amber.
    pub fn late_from(&self) -> Option<Timestamp> {
        self.as_of?.checked_add(self.every?.checked_mul(2)?).ok()
    }

    fn is_late(&self, now: Timestamp) -> bool {
        self.late_from().is_some_and(|from| now >= from)
    }

    /// Notes that the user asks; false where an answer is already under way.
    pub fn ask(&mut self, now: Timestamp) -> bool {
        let waiting = self.asked.is_some_and(|asked| now.duration_since(asked) < PATIENCE);
        if !waiting {
            self.asked = Some(now);
        }
        !waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProblemKind;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn an_age_is_amber_at_twice_its_interval_and_red_when_asking_fails_too() {
        let problem = Problem {
            kind: ProblemKind::Throttled,
            summary: "s".into(),
            detail: String::new(),
            hint: String::new(),
            request_id: None,
            at: at(0),
        };
        let failed = Some(Failure { problem, retry_at: None });
        let good = Feed {
            as_of: Some(at(0)),
            received: Some(at(0)),
            every: Some(SignedDuration::from_secs(10)),
            ..Feed::default()
        };
        let cases = [
            (Feed::default(), 0, Freshness::Awaited),
            (Feed { failed: failed.clone(), ..Feed::default() }, 0, Freshness::Missing),
            (good.clone(), 19, Freshness::Fresh),
            (good.clone(), 20, Freshness::Late),
            (Feed { failed: failed.clone(), ..good.clone() }, 19, Freshness::Fresh),
            (Feed { failed, ..good.clone() }, 20, Freshness::Missing),
            (Feed { as_of: None, ..good.clone() }, 0, Freshness::Unknown),
            (Feed { every: None, ..good }, 1000, Freshness::Fresh),
        ];
        for (at_case, (feed, seconds, want)) in cases.into_iter().enumerate() {
            assert_eq!(feed.freshness(at(seconds)), want, "case {at_case}");
        }
    }

    #[test]
    fn asking_twice_in_a_row_is_asking_once() {
        let mut feed = Feed::default();
        assert!(feed.ask(at(0)));
        assert!(!feed.ask(at(9)));
        assert!(feed.ask(at(10)));
    }
}
