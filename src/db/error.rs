//! What can go wrong, in the server's own words.

use super::guard;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

/// A database said no, or could not be heard. Carries no password and no row values of ours.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The text is not an address this program can read.
    #[error("not a database address: {why}")]
    Address { why: String },
    /// No connection came about.
    #[error("cannot connect to {place}: {why}")]
    Connect { place: String, why: String },
    /// The server refused a statement.
    #[error("{text} ({code})")]
    Server {
        /// `SQLSTATE 0A000`, `1701, SQLSTATE 42000` or `SQLite 787`.
        code: String,
        text: String,
        /// The statement would go through when tried again: deadlock, serialisation failure, busy file.
        retryable: bool,
    },
    /// The connection is gone; the statement may or may not have been done.
    #[error("connection to {place} lost: {why}")]
    Lost { place: String, why: String },
    /// The driver cannot read this type; the query must cast it.
    #[error("column {column} has type {type_name}, which the query must cast to text")]
    Unsupported { column: usize, type_name: String },
    /// The catalogue or the change log does not hold what was expected.
    #[error("{0}")]
    Unexpected(String),
}

impl DbError {
    /// Nothing more can be done over this connection.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Connect { .. } | Self::Address { .. })
    }

    /// Worth trying the same transaction again.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Server { retryable: true, .. })
    }

    /// The server does not believe who we are: a password or a token that has expired, or another one.
    pub fn is_sign_in(&self) -> bool {
        // Class 28 and error 1045; a server in another language still says the code where it is not a connection that fails.
        let signs =
            ["password authentication failed", "PAM authentication failed", "Access denied for user", "28P01", "28000"];
        // Who may sign in and not have this database has the right password.
        let is_sign = |why: &str| signs.iter().any(|sign| why.contains(sign)) && !why.contains("' to database '");
        matches!(self, Self::Connect { why, .. } | Self::Lost { why, .. } if is_sign(why))
    }

    /// The error in words that may be kept: what a server says of the values of rows is taken out.
    pub fn told(&self) -> String {
        match self {
            Self::Server { code, text, .. } => format!("{} ({code})", without_values(text)),
            other => without_values(&other.to_string()),
        }
    }

    pub(super) fn connect(place: &str, error: &sqlx::Error) -> Self {
        let words = words(error);
        let why = guard::advice(&words).map_or_else(|| words.clone(), |advice| format!("{words}: {advice}"));
        Self::Connect { place: place.to_owned(), why }
    }

    pub(super) fn statement(place: &str, error: &sqlx::Error) -> Self {
        let lost = |why| Self::Lost { place: place.to_owned(), why };
        let sqlx::Error::Database(said) = error else {
            return match error {
                sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
                    lost(error.to_string())
                }
                other => Self::Unexpected(other.to_string()),
            };
        };
        let text = words(error);
        let (code, gone, retryable) = if let Some(pg) = said.try_downcast_ref::<PgDatabaseError>() {
            let state = pg.code();
            // 08: connection exception; 57P01..57P03: shutdown (PostgreSQL manual, appendix A).
            let gone = state.starts_with("08") || matches!(state, "57P01" | "57P02" | "57P03");
            (format!("SQLSTATE {state}"), gone, matches!(state, "40001" | "40P01"))
        } else if let Some(my) = said.try_downcast_ref::<MySqlDatabaseError>() {
            let number = my.number();
            // 1053 shutdown, 1927 killed (MariaDB error codes); 1205 lock wait timeout, 1213 deadlock.
            let gone = matches!(number, 1053 | 1927 | 2006 | 2013);
            let state = my.code().unwrap_or("HY000");
            (format!("{number}, SQLSTATE {state}"), gone, matches!(number, 1205 | 1213))
        } else {
            let code = said.code().unwrap_or_default();
            // Extended codes keep the primary one in the low byte (sqlite.org/rescode.html).
            let primary = code.parse::<u32>().unwrap_or_default() & 0xff;
            // 10 I/O error, 11 corrupt, 14 cannot open, 26 not a database; 5 busy, 6 locked.
            (format!("SQLite {code}"), matches!(primary, 10 | 11 | 14 | 26), matches!(primary, 5 | 6))
        };
        if gone { lost(format!("{text} ({code})")) } else { Self::Server { code, text, retryable } }
    }
}

/// What stands between these is a value of a row. PostgreSQL: details of keys and rows, `invalid input syntax for type
/// integer: "x"`, `value "x" is out of range`; MariaDB and MySQL: `Duplicate entry 'x' for key`, `Incorrect … value: 'x' for`,
/// `Truncated incorrect … value: 'x'`.
const VALUES: [(&str, &str); 6] = [
    (")=(", ")"),
    ("row contains (", ")"),
    ("Duplicate entry '", "' for key"),
    (" value: '", "'"),
    ("value \"", "\" is out"),
    ("invalid input syntax for type ", "\""),
];

fn without_values(text: &str) -> String {
    let mut out = text.to_owned();
    for (open, close) in VALUES {
        let mut from = 0;
        while let Some(at) = out.get(from..).and_then(|rest| rest.find(open)).map(|at| from + at + open.len()) {
            // The furthest end that there is: a value may hold what looks like one.
            let rest = &out[at..];
            let Some(length) = rest.rfind(close) else { break };
            out.replace_range(at..at + length, "…");
            from = at + "…".len();
        }
    }
    out
}

/// The message, and PostgreSQL's detail, which names the table that stands in the way.
fn words(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(said) = error else { return error.to_string() };
    match said.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail) {
        Some(detail) => format!("{}: {detail}", said.message()),
        None => said.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_error_has_no_value_of_a_row() {
        for (text, want) in [
            (
                "insert violates foreign key constraint \"f\": Key (a, b)=(bob, 7) is not present in table \"t\".",
                "insert violates foreign key constraint \"f\": Key (a, b)=(…) is not present in table \"t\".",
            ),
            ("null value: Failing row contains (1, bob, x) y, null).", "null value: Failing row contains (…)."),
            ("Duplicate entry 'bob's' for key' for key 'PRIMARY'", "Duplicate entry '…' for key 'PRIMARY'"),
            (
                "Incorrect integer value: 'bob' for column `s`.`t`.`c` at row 1",
                "Incorrect integer value: '…' for column `s`.`t`.`c` at row 1",
            ),
            ("invalid input syntax for type integer: \"bob\"", "invalid input syntax for type …\""),
            ("value \"99999999999\" is out of range for type integer", "value \"…\" is out of range for type integer"),
            ("relation \"bob\" does not exist", "relation \"bob\" does not exist"),
            ("UNIQUE constraint failed: t.id", "UNIQUE constraint failed: t.id"),
        ] {
            let error = DbError::Server { code: "c".into(), text: text.into(), retryable: false };
            assert_eq!(error.told(), format!("{want} (c)"));
        }
    }
}
