//! A change that somebody meant.

use crate::model::audit::How;
use crate::model::change::{Change, Preview};
use jiff::{SignedDuration, Timestamp};

/// How long a preview can be confirmed, and how long a confirmation holds. What was read before is older by then than
/// anybody should act upon.
pub const LIVES: SignedDuration = SignedDuration::from_mins(1);

/// Whether something of `then` is still to be acted upon. A clock that went back says nothing, so it is not.
pub(super) fn lives(then: Timestamp, now: Timestamp) -> bool {
    now.duration_since(then).abs() <= LIVES
}

/// `--yes` stood on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Yes(());

impl Yes {
    /// Only where the flag was given.
    pub fn given(flag: bool) -> Option<Self> {
        flag.then_some(Self(()))
    }
}

/// Why there is no confirmation. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    #[error("that is not the name")]
    OtherAnswer,
    #[error("the answer came more than {} s after the question", LIVES.as_secs())]
    Late,
    #[error("this cannot be undone, so --yes is not enough")]
    NotUndoable,
}

/// Something that was confirmed. There is no other way to one than the functions here; it is used up by being carried out,
/// and it can be neither copied nor read from anywhere.
#[derive(Debug)]
pub struct Confirmed<T> {
    what: T,
    preview: Preview,
    how: How,
    at: Timestamp,
}

impl Confirmed<Change> {
    /// Confirmed on the command line, before there was anything to see. Only for what can be undone.
    ///
    /// # Errors
    /// It cannot be undone.
    pub fn by_flag(preview: Preview, _: Yes, now: Timestamp) -> Result<Self, NotConfirmed> {
        if !preview.undoable {
            return Err(NotConfirmed::NotUndoable);
        }
        Ok(Self { what: preview.change.clone(), preview, how: How::Flag, at: now })
    }

    /// Confirmed by typing the name of what is changed.
    ///
    /// # Errors
    /// The answer is another one, or came too late.
    pub fn typed(preview: Preview, answer: &str, now: Timestamp) -> Result<Self, NotConfirmed> {
        if !lives(preview.made, now) {
            return Err(NotConfirmed::Late);
        }
        if answer != preview.change.answer().raw() {
            return Err(NotConfirmed::OtherAnswer);
        }
        Ok(Self { what: preview.change.clone(), preview, how: How::Typed, at: now })
    }

    pub(super) fn change(&self) -> &Change {
        &self.what
    }

    pub(super) fn preview(&self) -> &Preview {
        &self.preview
    }

    pub(super) fn how(&self) -> How {
        self.how
    }

    pub(super) fn lives(&self, now: Timestamp) -> bool {
        lives(self.at, now)
    }
}
