//! A question before anything is changed: what was asked for, what would come of it, what has to be typed, how it ended.
//!
//! Plain data, and what follows from it. Nothing is sent from here: `update::confirm` asks with an effect, and `change`
//! decides whether the answer confirms anything. Start at [`Confirm`].

mod shape;

pub use shape::{Kind, Line, Shape, place, shape};

use super::operate::Left;
use crate::model::Problem;
use crate::model::change::{Change, Draft, Outcome};
use jiff::{SignedDuration, Timestamp};

/// Longest answer that is kept, in characters: the longest name of a rule, a schedule or a task has 255.
pub const ANSWER_MAX: usize = 255;

/// One question, about one change or about the same change of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// Number of the draft.
    pub id: u64,
    pub changes: Vec<Change>,
    /// Marked too, and left out before anything was looked at.
    pub left: Vec<Left>,
    /// How many were looked at so far.
    pub looked: usize,
    /// What was found, in the order of the changes; empty before that.
    pub rows: Vec<Row>,
    pub stage: Stage,
    /// What is typed so far.
    pub text: String,
    /// Lines scrolled away.
    pub offset: usize,
}

/// One of the changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub found: Result<Draft, Problem>,
    pub outcome: Option<Outcome>,
    /// What it began has come to its end.
    pub later: Option<Outcome>,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// It is being looked at.
    Asking,
    /// Nothing of it can be sent; the rows say why.
    Closed,
    /// Waits for the answer.
    Open {
        since: Timestamp,
        /// From then on.
        lives: SignedDuration,
        /// It has been on screen long enough: keys count.
        admitted: bool,
        head: Head,
        /// Why the last answer was none.
        says: Option<&'static str>,
    },
    /// The question died unanswered; nothing was sent.
    Over { why: String },
    /// Confirmed; one after the other is sent.
    Sending {
        /// What was not sent yet is not to be.
        stopping: bool,
    },
    /// Each has its outcome.
    Ended,
}

/// How much of what must not be overlooked has been on screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// All of it: from then on it can be answered.
    pub read: bool,
    /// Lines of its end that have been, in a box of this width with so many of them in it.
    lines: usize,
    of: (u16, usize),
}

impl Head {
    /// These lines of the body are on screen, and it begins with so many of the head.
    pub fn note(&mut self, width: u16, offset: usize, rows: usize, below: usize) {
        if self.of != (width, below) {
            (self.of, self.lines) = ((width, below), 0);
        }
        if offset <= self.lines {
            self.lines = self.lines.max(offset + rows);
        }
        self.read |= self.lines >= below;
    }
}

impl Confirm {
    pub fn new(id: u64, changes: Vec<Change>, left: Vec<Left>) -> Self {
        Self { id, changes, left, looked: 0, rows: Vec::new(), stage: Stage::Asking, text: String::new(), offset: 0 }
    }

    /// What must not be overlooked has been on screen, all of it.
    pub fn is_read(&self) -> bool {
        matches!(&self.stage, Stage::Open { head: Head { read: true, .. }, .. })
    }

    /// Several were marked.
    pub fn several(&self) -> bool {
        self.changes.len() > 1
    }

    /// Those that are sent when it is confirmed, by their places.
    pub fn going(&self) -> impl Iterator<Item = (usize, &Draft)> {
        let several = self.several();
        self.rows.iter().enumerate().filter_map(move |(at, row)| {
            let draft = row.found.as_ref().ok()?;
            draft.goes(several).then_some((at, draft))
        })
    }

    /// What has to be typed: the name, or the word and the number; `None` where nothing can be confirmed.
    pub fn expected(&self) -> Option<String> {
        let mut going = self.going();
        let (_, first) = going.next()?;
        match 1 + going.count() {
            1 => Some(first.preview.change.answer().raw().to_owned()),
            number => Some(format!("{} {number}", first.preview.change.several()?)),
        }
    }

    /// Whole seconds left for the answer; none once the clock has gone back.
    pub fn left(&self, now: Timestamp) -> Option<i64> {
        let Stage::Open { since, lives, .. } = self.stage else { return None };
        let gone = now.duration_since(since);
        // A part of a second is one that is left.
        let left = lives.saturating_sub(gone).as_millis();
        Some(if gone.is_negative() { 0 } else { i64::try_from(left.max(0) + 999).unwrap_or(0) / 1000 })
    }

    /// When the seconds left read differently.
    pub fn next_step(&self, now: Timestamp) -> Option<Timestamp> {
        let Stage::Open { since, lives, .. } = self.stage else { return None };
        let left = self.left(now)?;
        since.checked_add(lives - SignedDuration::from_secs(left - 1)).ok()
    }

    /// Keys do something here, so they must not be ones of before it was seen.
    pub fn is_guarded(&self) -> bool {
        matches!(self.stage, Stage::Open { .. } | Stage::Closed)
    }

    /// What could be done instead, by the number that is typed for it.
    pub fn offers(&self) -> &[Change] {
        match (&self.rows[..], &self.stage) {
            ([Row { found: Ok(draft), .. }], Stage::Open { .. } | Stage::Closed) if self.numbers_are_free() => {
                &draft.preview.offers
            }
            _ => &[],
        }
    }

    /// No name that is to be typed begins with a digit.
    fn numbers_are_free(&self) -> bool {
        !self.changes.iter().any(|change| change.answer().raw().starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Outcomes so far, and how many there will be.
    pub fn progress(&self) -> (usize, usize) {
        (self.rows.iter().filter(|row| row.outcome.is_some()).count(), self.going().count())
    }
}
