//! What can come of a step, and what can come in its way: few classes, because each leads to another behaviour of the runner.
//!
//! No value of a row gets into these words: whatever a server says that may hold one is replaced by its code and fixed words
//! ([`DbError::of_rows`]), since nobody knows where in a text of a trigger, a function or another language it stands.

use crate::db::DbError;
use crate::model::refresh::WishFor;
use crate::model::{Problem, ProblemKind};
use crate::store::StoreError;

/// What a look before a step says, after a crash: how far was it?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Nothing of it is there.
    NotYet,
    /// Some of it is there; `run` goes on with the rest.
    Partly,
    /// All of it is there; what is noted about it.
    Done(String),
}

/// How a step ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// What came of it, in words.
    Done(String),
    /// Nothing was to be done, and why.
    Skipped(String),
    /// It is durable now and waits for `finish`: no process, no session.
    Parked(String),
}

impl Came {
    pub fn done(note: impl Into<String>) -> Self {
        Self::Done(note.into())
    }

    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }
}

/// Why a step did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Credentials or a token are no longer accepted. Nothing has failed: `resume` goes on with new ones.
    #[error("{0}")]
    Credentials(String),
    /// The session or the network is gone; what was under way may or may not have been done. Connect, lock and look again.
    #[error("{0}")]
    Lost(String),
    /// It will be the same however often it is tried.
    #[error("{0}")]
    Refused(String),
    /// Tried again as often as the plan says.
    #[error("{0}")]
    Failed(String),
    /// Somebody asked the run to stop, and this was a good moment.
    #[error("it was asked to stop")]
    Wish(WishFor),
}

impl Trouble {
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }

    /// For the journal.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Credentials(_) => "credentials",
            Self::Lost(_) => "lost",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
            Self::Wish(_) => "wish",
        }
    }

    /// The code at the end of what a server said: `SQLSTATE 55P03`, `1205, SQLSTATE HY000`, `SQLite 5`.
    fn code(&self) -> Option<&str> {
        let (Self::Failed(said) | Self::Refused(said)) = self else { return None };
        Some(said.strip_suffix(')')?.rsplit_once('(')?.1)
    }

    /// Somebody else has a lock that this needs, for the moment.
    pub(super) fn is_of_locks(&self) -> bool {
        // Not available, deadlock, serialisation (PostgreSQL manual, appendix A); lock wait timeout, deadlock; busy, locked.
        const CODES: [&str; 5] = ["SQLSTATE 55P03", "SQLSTATE 40P01", "SQLSTATE 40001", "SQLite 5", "SQLite 6"];
        self.code().is_some_and(|code| {
            CODES.contains(&code) || ["1205,", "1213,"].iter().any(|number| code.starts_with(number))
        })
    }

    /// A row without its parent is in the way of a foreign key.
    pub(super) fn is_of_orphans(&self) -> bool {
        self.code() == Some("SQLSTATE 23503")
    }

    /// The same with where it happened in front.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        let with = |said: String| format!("{place}: {said}");
        match self {
            Self::Credentials(why) => Self::Credentials(with(why)),
            Self::Lost(why) => Self::Lost(with(why)),
            Self::Refused(why) => Self::Refused(with(why)),
            Self::Failed(why) => Self::Failed(with(why)),
            other @ Self::Wish(_) => other,
        }
    }
}

impl From<DbError> for Trouble {
    fn from(error: DbError) -> Self {
        let error = error.of_rows();
        let told = error.told();
        match &error {
            _ if error.is_sign_in() => Self::Credentials(told),
            _ if error.is_lost() => Self::Lost(told),
            DbError::Unsupported { .. } => Self::Refused(told),
            _ => Self::Failed(told),
        }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let words = problem.lines().join(" ");
        match problem.kind {
            ProblemKind::NoCredentials | ProblemKind::ExpiredCredentials => Self::Credentials(words),
            ProblemKind::Throttled | ProblemKind::Timeout | ProblemKind::Unreachable | ProblemKind::Service => {
                Self::Lost(words)
            }
            ProblemKind::AccessDenied | ProblemKind::Configuration | ProblemKind::NotFound | ProblemKind::Internal => {
                Self::Refused(words)
            }
            ProblemKind::InvalidState => Self::Failed(words),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Refused(format!("the journal of this run cannot be written: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_at_the_end_says_what_kind_of_refusal_it_is() {
        for (said, locks, orphans) in [
            ("a: canceling statement due to lock timeout (SQLSTATE 55P03)", true, false),
            ("deadlock detected (SQLSTATE 40P01)", true, false),
            ("Lock wait timeout exceeded (1205, SQLSTATE HY000)", true, false),
            ("database is locked (SQLite 5)", true, false),
            ("insert or update on table \"t\" violates \"k\": Key (p)=(…) is not there (SQLSTATE 23503)", false, true),
            ("permission denied (SQLSTATE 42501)", false, false),
            ("it took longer than 10m", false, false),
        ] {
            let trouble = Trouble::failed(said);
            assert_eq!((trouble.is_of_locks(), trouble.is_of_orphans()), (locks, orphans), "{said}");
        }
        // What code in the database says of a row, in words that nobody can foresee.
        for (code, text) in [
            ("SQLSTATE 22007", "invalid value \"Bob \" for \"YYYY\""),
            ("SQLSTATE P0001", "Bob may not be changed"),
            ("SQLSTATE 22P02", "malformed array literal: \"Bob\""),
            ("SQLSTATE 23503", "Schlüssel (name)=(Bob) fehlt"),
            ("1644, SQLSTATE 45000", "Bob!"),
            ("1292, SQLSTATE 22007", "Incorrect datetime value: 'Bob' for column"),
            ("SQLite 1811", "Bob"),
        ] {
            let error = DbError::Server { code: code.into(), text: text.into(), retryable: false };
            let trouble = Trouble::from(error);
            assert!(!trouble.to_string().contains("Bob") && trouble.code() == Some(code), "{trouble}");
            assert_eq!(trouble.is_of_orphans(), code == "SQLSTATE 23503");
        }
        let error =
            DbError::Server { code: "SQLSTATE 42P01".into(), text: "no relation \"t\"".into(), retryable: false };
        assert_eq!(Trouble::from(error).to_string(), "no relation \"t\" (SQLSTATE 42P01)");
        assert!(!Trouble::Lost("gone (SQLSTATE 55P03)".into()).is_of_locks());
    }
}
