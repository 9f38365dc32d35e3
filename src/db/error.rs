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
    /// The server refused something about a row. Its words may hold a value of it, so they are kept apart.
    #[error("{text} ({code})")]
    Row { code: String, text: &'static str, said: String },
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

    /// The server's own words about a row: for whoever may see its values.
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Row { said, .. } => Some(said),
            _ => None,
        }
    }

    /// The same error of a statement that reads or writes rows.
    #[must_use]
    pub fn of_rows(self) -> Self {
        match self {
            Self::Server { code, text, .. } if may_hold_values(&code, &text) => {
                let said = text;
                let state = code.rsplit(' ').next().unwrap_or_default();
                let number = code.split(',').next().unwrap_or_default();
                let known = ROWS.iter().find(|(known, _)| *known == state || *known == number);
                let text = known.map_or(
                    "the server refused something about what stands in rows; its log has the words",
                    |(_, words)| words,
                );
                Self::Row { code, text, said }
            }
            other => other,
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

/// What codes say of a value: SQLSTATE (PostgreSQL manual, appendix A), numbers of MySQL, extended codes of SQLite.
const ROWS: [(&str, &str); 24] = [
    ("22003", "a number in a row is out of range"),
    ("22007", "a date or time in a row is written in another way"),
    ("22008", "a date or time in a row is out of range"),
    ("22012", "a division by zero, in a row"),
    ("22021", "a text in a row has bytes that are none of its encoding"),
    ("22025", "a pattern in a row is not written as one"),
    ("22P02", "a value in a row is not written as one of its type"),
    ("22P05", "a text in a row has a character that the other encoding has not"),
    ("22032", "a JSON in a row is none"),
    ("23502", "a row has no value where it must have one"),
    ("23503", "a row and its foreign key do not fit"),
    ("23505", "a value is there twice where each must be its own"),
    ("23514", "a row does not keep to a CHECK"),
    ("1048", "a row has no value where it must have one"),
    ("1062", "a value is there twice where each must be its own"),
    ("1451", "a row and its foreign key do not fit"),
    ("1452", "a row and its foreign key do not fit"),
    ("4025", "a row does not keep to a CHECK"),
    ("275", "a row does not keep to a CHECK"),
    ("787", "a row and its foreign key do not fit"),
    ("1299", "a row has no value where it must have one"),
    ("1555", "a value is there twice where each must be its own"),
    ("2067", "a value is there twice where each must be its own"),
    ("P0001", "code in the database raised an error; the log of the server has its words"),
];

/// Whether the words of a server may repeat what stands in a row: not those about connections, transactions, rights, names,
/// resources and interruptions.
fn may_hold_values(code: &str, text: &str) -> bool {
    if let Some(code) = code.strip_prefix("SQLite ") {
        let primary = code.parse::<u32>().unwrap_or_default() & 0xff;
        // Interrupted, busy, locked, read-only, full, not to be opened, and the like; 1 is anything, also a table or a
        // column that is not there.
        return !matches!(primary, 3..=11 | 13 | 14 | 17 | 22 | 23 | 26) && !text.starts_with("no such ");
    }
    let state = code.rsplit(' ').next().unwrap_or_default();
    let number = code.split(',').next().and_then(|number| number.parse::<u32>().ok());
    // MySQL's own have no class: lock wait, too slow, table altered meanwhile.
    let plain =
        matches!(number, Some(1028 | 1030 | 1158..=1161 | 1205 | 1206 | 1412 | 1969 | 3024 | 3058 | 3168 | 3169));
    let class = state.get(..2).unwrap_or_default();
    !plain
        && !matches!(
            class,
            "08" | "0A" | "25" | "28" | "3D" | "3F" | "40" | "42" | "53" | "54" | "55" | "57" | "58" | "70"
        )
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

    #[test]
    fn words_that_may_hold_a_value_of_a_row_are_not_among_those_of_an_error() {
        for (code, hidden) in [
            ("SQLSTATE 22P02", true),
            ("SQLSTATE 23505", true),
            ("SQLSTATE P0001", true),
            ("SQLSTATE XX000", true),
            ("SQLSTATE 57014", false),
            ("SQLSTATE 42501", false),
            ("1690, SQLSTATE 22003", true),
            ("1366, SQLSTATE HY000", true),
            ("1062, SQLSTATE 23000", true),
            ("3024, SQLSTATE HY000", false),
            ("1969, SQLSTATE 70100", false),
            ("1142, SQLSTATE 42000", false),
            ("SQLite 1", true),
            ("SQLite 9", false),
            ("SQLite 5", false),
            ("", true),
        ] {
            let server = DbError::Server { code: code.into(), text: "value: \"123\"".into(), retryable: false };
            let error = server.of_rows();
            assert_eq!(!error.to_string().contains("123"), hidden, "{code}");
            assert!(error.to_string().contains(code), "{code}");
            assert_eq!(error.said().is_some_and(|said| said.contains("123")), hidden, "{code}");
        }
    }
}
