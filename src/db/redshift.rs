//! Amazon Redshift: PostgreSQL's wire and language of version 8.0, and not all of that.
//!
//! Statements go as simple queries and rows come as text: the driver's prepared statements ask the catalogue for what
//! Redshift's does not have. There is no COPY to the client, no COLLATE, no array, no index; a key is a note to the
//! planner; text compares without its blanks at the end; and a backslash in a literal may be an escape.
//! (Redshift Developer Guide, "Amazon Redshift and PostgreSQL".) What a scan does differently is `scan::redshift`.

use super::value::Value;

/// A text as a literal that means itself, whether a backslash is an escape on this server or not.
pub(super) fn literal(text: &str) -> String {
    let parts: Vec<String> = text.split('\\').map(|part| format!("'{}'", part.replace('\'', "''"))).collect();
    match &parts[..] {
        [one] => one.clone(),
        _ => format!("({})", parts.join(" || chr(92) || ")),
    }
}

/// A statement of ours with its parameters, `$1` and on, written into it. Comments are left out.
pub(super) fn inlined(sql: &str, parameters: &[Value]) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"', '-', '$']) {
        out.push_str(&rest[..at]);
        let (mark, after) = (&rest[at..=at], &rest[at + 1..]);
        rest = after;
        match mark {
            "-" if after.starts_with('-') => rest = after.find('\n').map_or("", |end| &after[end..]),
            "-" => out.push('-'),
            "$" => {
                let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
                let value = after[..digits].parse::<usize>().ok().and_then(|n| parameters.get(n.checked_sub(1)?));
                match value {
                    Some(value) => {
                        out.push_str(&value.as_text().map_or_else(|| "NULL".to_owned(), |text| literal(&text)));
                        rest = &after[digits..];
                    }
                    None => out.push('$'),
                }
            }
            quote => {
                // A doubled quote ends one text and begins the next, which comes to the same.
                let end = after.find(quote).map_or(after.len(), |end| end + 1);
                out.push_str(quote);
                out.push_str(&after[..end]);
                rest = &after[end..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_quotes_whatever_a_backslash_means() {
        for (text, want) in [
            ("plain", "'plain'"),
            ("it's", "'it''s'"),
            ("", "''"),
            ("\\", "('' || chr(92) || '')"),
            ("\\'; DROP", "('' || chr(92) || '''; DROP')"),
            ("a\\b\\c", "('a' || chr(92) || 'b' || chr(92) || 'c')"),
        ] {
            assert_eq!(literal(text), want);
        }
    }

    #[test]
    fn parameters_stand_where_their_numbers_stood() {
        let sql = "-- it's $1\nSELECT '$1', \"a$2\", $1, 1 - 2 WHERE n = $2 AND m = $12 AND o = $3";
        let values = [Value::from("x"), Value::from("y'z"), Value::Null];
        assert_eq!(
            inlined(sql, &values),
            "\nSELECT '$1', \"a$2\", 'x', 1 - 2 WHERE n = 'y''z' AND m = $12 AND o = NULL"
        );
    }
}
