//! SQL that a person wrote, before it stands inside a statement of ours: that it is one condition, or one statement, and
//! ends where it seems to. Start at [`alone`].
//!
//! Servers that prepare statements take one at a time and say themselves what is wrong; [`Scanner::takes`] asks them. But
//! `1 = 0) OR (1 = 1` is fine with every server and takes the rows of other ranges too, and Redshift runs whatever comes.

use super::Scanner;
use crate::db::dialect::Dialect;
use crate::db::error::DbError;
use crate::db::session::Connection;
use crate::model::engine::Engine;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

/// A condition in brackets. A comment in its last line does not take the bracket with it.
pub fn enclosed(condition: &str) -> String {
    if condition.contains("--") || condition.contains('#') {
        format!("({condition}\n)")
    } else {
        format!("({condition})")
    }
}

impl Scanner {
    /// Whether the server takes a condition on the rows of a table; it is prepared there, and not run.
    ///
    /// # Errors
    /// It is more than a condition, or the server does not understand it.
    pub async fn takes(&self, schema: &str, table: &str, condition: &str) -> Result<(), DbError> {
        let dialect = self.database().dialect();
        alone(dialect, condition)?;
        let sql = format!("SELECT 1 FROM {} WHERE {}", dialect.qualified(schema, table), enclosed(condition));
        let mut session = self.session().await?;
        let place = session.session.place().to_owned();
        let text = AssertSqlSafe(sql.clone()).into_sql_str();
        let prepared = match session.session.connection() {
            // It has no statements that are prepared and not run; this one is only planned.
            Connection::Postgres(connection) if dialect.redshift => {
                let text = AssertSqlSafe(format!("EXPLAIN {sql}"));
                sqlx::raw_sql(text).execute(connection.as_mut()).await.map(drop)
            }
            Connection::Postgres(connection) => connection.as_mut().prepare(text).await.map(drop),
            Connection::MySql(connection) => connection.as_mut().prepare(text).await.map(drop),
            Connection::Sqlite(connection) => connection.as_mut().prepare(text).await.map(drop),
        };
        prepared.map_err(|error| DbError::statement(&place, &error))?;
        self.give_back(session).await;
        Ok(())
    }
}

/// Looks that a text neither ends the brackets around it nor goes on behind them: no semicolon, and as many brackets closed
/// as opened, outside of quotes and comments, all of which end.
///
/// # Errors
/// What it does instead.
pub(super) fn alone(dialect: &Dialect, text: &str) -> Result<(), DbError> {
    let refused =
        |why: &str| DbError::Unexpected(format!("{why}: only one piece of SQL, whole by itself, is taken here"));
    let pass = |backslash| Reader { dialect, backslash, rest: text, before: None, depth: 0 }.read().map_err(refused);
    match dialect.engine {
        Engine::MySql => pass(true),
        // Whether a backslash is an escape there nobody knows.
        Engine::PostgreSql if dialect.redshift => pass(true).and_then(|()| pass(false)),
        Engine::PostgreSql | Engine::Sqlite => pass(false),
    }
}

struct Reader<'t> {
    dialect: &'t Dialect,
    /// A backslash in a text takes away the meaning of what follows.
    backslash: bool,
    rest: &'t str,
    before: Option<char>,
    depth: u32,
}

const OPEN_TEXT: &str = "a quote is not closed";
const OPEN_COMMENT: &str = "a comment is not closed";
const BRACKETS: &str = "its brackets do not match";

impl Reader<'_> {
    fn read(mut self) -> Result<(), &'static str> {
        let (mysql, postgresql) = (self.dialect.engine == Engine::MySql, self.dialect.engine == Engine::PostgreSql);
        while let Some(c) = self.rest.chars().next() {
            let after = &self.rest[c.len_utf8()..];
            let word = self.before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
            match c {
                '\0' => return Err("there is a zero in it"),
                ';' => return Err("there is a semicolon in it"),
                '(' => self.depth += 1,
                ')' => self.depth = self.depth.checked_sub(1).ok_or(BRACKETS)?,
                '\'' => {
                    let escapes = self.backslash || postgresql && matches!(self.before, Some('e' | 'E'));
                    self.skip_quoted(after, '\'', escapes)?;
                    continue;
                }
                '"' => {
                    self.skip_quoted(after, '"', self.backslash && mysql)?;
                    continue;
                }
                '`' if !postgresql => {
                    self.skip_quoted(after, '`', false)?;
                    continue;
                }
                '[' if self.dialect.engine == Engine::Sqlite => {
                    self.skip(after, after.find(']').ok_or(OPEN_TEXT)? + 1);
                    continue;
                }
                '#' if mysql => {
                    self.skip_line(after);
                    continue;
                }
                '-' if is_comment(after, mysql) => {
                    self.skip_line(after);
                    continue;
                }
                '/' if after.starts_with('*') => {
                    self.skip_comment(&after[1..])?;
                    continue;
                }
                '$' if postgresql && !word => {
                    if let Some(tag) = dollar(after) {
                        if self.dialect.redshift {
                            return Err("there is a quote of dollar signs in it");
                        }
                        let (mark, inside) = (format!("${tag}$"), &after[tag.len() + 1..]);
                        let end = inside.find(&mark).ok_or(OPEN_TEXT)? + mark.len();
                        self.skip(inside, end);
                        continue;
                    }
                }
                _ => {}
            }
            self.before = Some(c);
            self.rest = after;
        }
        if self.depth == 0 { Ok(()) } else { Err(BRACKETS) }
    }

    fn skip(&mut self, text: &str, bytes: usize) {
        let left = text.len() - bytes;
        self.rest = &self.rest[self.rest.len() - left..];
        self.before = None;
    }

    fn skip_line(&mut self, text: &str) {
        self.skip(text, text.find('\n').map_or(text.len(), |end| end + 1));
    }

    /// A doubled quote ends one text and begins the next, which comes to the same.
    fn skip_quoted(&mut self, text: &str, quote: char, escapes: bool) -> Result<(), &'static str> {
        let mut is_taken = false;
        let end = text.char_indices().find(|(_, c)| {
            let ends = !is_taken && *c == quote;
            is_taken = escapes && !is_taken && *c == '\\';
            ends
        });
        let (at, _) = end.ok_or(OPEN_TEXT)?;
        self.skip(text, at + 1);
        Ok(())
    }

    /// Comments of PostgreSQL stand inside each other; some of MySQL are run.
    fn skip_comment(&mut self, text: &str) -> Result<(), &'static str> {
        let nests = self.dialect.engine == Engine::PostgreSql;
        if self.dialect.engine == Engine::MySql && (text.starts_with('!') || text.starts_with("M!")) {
            return Err("there is a comment in it that is run");
        }
        let (mut at, mut open) = (0, 1_u32);
        while open > 0 {
            let close = text[at..].find("*/").ok_or(OPEN_COMMENT)?;
            // `/*/` opens, and does not close.
            if let Some(inner) = text[at..].find("/*").filter(|inner| nests && *inner < close) {
                (at, open) = (at + inner + 2, open + 1);
            } else {
                (at, open) = (at + close + 2, open - 1);
            }
        }
        self.skip(text, at);
        Ok(())
    }
}

/// Behind one dash; MySQL wants a blank behind both.
fn is_comment(after: &str, mysql: bool) -> bool {
    let blank = |rest: &str| rest.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control());
    after.strip_prefix('-').is_some_and(|rest| !mysql || blank(rest))
}

/// The tag of a quote of dollar signs, behind the first of them.
fn dollar(after: &str) -> Option<&str> {
    let (tag, _) = after.split_once('$')?;
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    (tag.chars().all(inside) && !tag.starts_with(|c: char| c.is_ascii_digit())).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_brackets_neither_ends_them_nor_goes_on_behind_them() {
        let [pg, my, lite] = [Engine::PostgreSql, Engine::MySql, Engine::Sqlite].map(Dialect::of);
        let red = Dialect::redshift();
        let all = [pg, my, lite, red];
        for (text, dialects, fine) in [
            ("a > 1 AND (b = 'x;)' OR c IN (1, 2))", &all[..], true),
            ("a = 'it''s (' -- all (of it;", &all, true),
            ("a = 1 /* ; ( */", &all, true),
            ("\"a;(\" = 1", &all, true),
            ("a = 1; DELETE FROM t", &all, false),
            ("true)) TO STDOUT; COMMIT; COPY (SELECT 1 WHERE (true", &all, false),
            ("a = 1) OR (a = 2", &all, false),
            ("(a = 1", &all, false),
            ("a = 1)", &all, false),
            ("a = 'x", &all, false),
            ("a = 1 /* x", &all, false),
            ("a = '\\' ; DELETE FROM t --'", &[pg, lite, red], false),
            ("a = '\\'; x'", &[my], true),
            ("a = '\\\\'; x'", &[my, red], false),
            ("a = '\\' AND b = ';'", &[red, my], false),
            ("a = E'\\';' ", &[pg], true),
            ("a = $$;)$$ OR b = $x$;$$;$x$", &[pg], true),
            ("a = $$;$$", &[red, my, lite], false),
            ("a = $1 AND b = 2", &[pg], true),
            ("a /* /* ; */ ; */ = 1", &[pg, red], true),
            ("a /* /* */ ; */ = 1", &[my, lite], false),
            ("`a;` = 1 # ; (", &[my], true),
            ("a # b; c", &[pg, lite], false),
            ("a --1; c", &[my], false),
            ("a /*! ; */ = 1", &[my], false),
            ("a /*M!100000 OR 1 */ = 1", &[my], false),
            ("[a;(] = 1", &[lite], true),
            ("a = '\0'", &[lite], true),
            ("a = 1 \0", &all, false),
            ("ä = 'ü' AND (ß = '漢;')", &all, true),
        ] {
            for dialect in dialects {
                assert_eq!(alone(dialect, text).is_ok(), fine, "{} {text:?}", dialect.name);
            }
        }
    }
}
