//! Just enough of SQL's words to find the body of a trigger in its text: quotations and comments are passed over whole.

/// Where a text goes on after the first of these words that follow one another, in any case. Words in quotations and comments
/// are none.
pub(super) fn after(sql: &str, words: &[&str]) -> Option<usize> {
    let mut met = 0;
    let mut at = 0;
    while let Some((from, to)) = token(sql, at) {
        let is_next = words.get(met).is_some_and(|word| sql[from..to].eq_ignore_ascii_case(word));
        let is_first = words.first().is_some_and(|word| sql[from..to].eq_ignore_ascii_case(word));
        met = if is_next { met + 1 } else { usize::from(is_first) };
        if met == words.len() {
            return Some(to);
        }
        at = to;
    }
    None
}

/// The next token from here on: a word, a quotation, or one other character. Comments and space before it are passed over.
pub(super) fn token(sql: &str, at: usize) -> Option<(usize, usize)> {
    let mut at = at;
    loop {
        let rest = &sql[at..];
        let first = rest.chars().next()?;
        let skipped = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("--") || first == '#' {
            rest.find('\n').map_or(rest.len(), |end| end + 1)
        } else {
            return Some((at, at + length(rest, first)));
        };
        at += skipped;
    }
}

fn length(rest: &str, first: char) -> usize {
    let close = match first {
        '\'' | '"' | '`' => first,
        '[' => ']',
        _ if is_word(first) => return rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        _ => return first.len_utf8(),
    };
    let mut from = 1;
    while let Some(end) = rest[from..].find(close) {
        from += end + 1;
        // Doubled, it is part of what is quoted.
        if close == ']' || !rest[from..].starts_with(close) {
            return from;
        }
        from += 1;
    }
    rest.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_begins_after_the_first_for_each_row_that_is_no_name_and_no_comment() {
        for (sql, body) in [
            ("CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 1", " SET @a = 1"),
            ("CREATE TRIGGER `for each row` BEFORE INSERT ON `a``for each row` for  EACH\nrow BEGIN END", " BEGIN END"),
            (
                "CREATE TRIGGER t /* FOR EACH ROW */ BEFORE INSERT ON \"FOR EACH ROW\" -- FOR EACH ROW\n FOR EACH ROW x",
                " x",
            ),
            ("CREATE TRIGGER t BEFORE INSERT ON x FOR FOR EACH ROW y", " y"),
        ] {
            assert_eq!(after(sql, &["FOR", "EACH", "ROW"]).map(|at| &sql[at..]), Some(body), "{sql}");
        }
        assert_eq!(after("CREATE TRIGGER t ON x FOR EACH", &["FOR", "EACH", "ROW"]), None);
    }

    #[test]
    fn a_name_ends_where_its_quotation_does() {
        for (sql, name) in [
            ("\"a\"\"b\" BEFORE", "\"a\"\"b\""),
            ("[a b] BEFORE", "[a b]"),
            ("abc BEFORE", "abc"),
            ("группа BEFORE", "группа"),
            ("'it''s' x", "'it''s'"),
        ] {
            assert_eq!(token(sql, 0).map(|(from, to)| &sql[from..to]), Some(name));
        }
    }
}
