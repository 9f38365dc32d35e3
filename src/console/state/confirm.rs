//! A question before anything is changed: what was asked for, what would come of it, what has to be typed, how it ended.
//!
//! Plain data, and what follows from it. Nothing is sent from here: `update::confirm` asks with an effect, and `change`
//! decides whether the answer confirms anything. Start at [`Confirm`].

use crate::model::Problem;
use crate::model::change::{Change, Draft, Grade, Outcome, Ruling};
use jiff::{SignedDuration, Timestamp};

/// How long a question waits for its answer. What was read before is older by then than anybody should act upon.
pub const LIVES: SignedDuration = SignedDuration::from_mins(1);

/// Longest answer that is kept, in characters: the longest name of a rule, a schedule or a task has 255.
pub const ANSWER_MAX: usize = 255;

/// One question, about one change or about the same change of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// Number of the draft.
    pub id: u64,
    pub changes: Vec<Change>,
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
        /// It has been on screen long enough: keys count.
        admitted: bool,
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

impl Confirm {
    pub fn new(id: u64, changes: Vec<Change>) -> Self {
        Self { id, changes, rows: Vec::new(), stage: Stage::Asking, text: String::new(), offset: 0 }
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
            goes(draft, several).then_some((at, draft))
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
        let Stage::Open { since, .. } = self.stage else { return None };
        let gone = now.duration_since(since);
        Some(if gone.is_negative() { 0 } else { (LIVES - gone).as_secs().max(0) })
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

/// Among several nothing is sent that destroys.
pub fn goes(draft: &Draft, several: bool) -> bool {
    draft.ruling == Ruling::Legal && !(several && matches!(draft.preview.grade, Grade::Destroys { .. }))
}
