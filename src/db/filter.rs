//! Row filters of table mappings as conditions of an engine. Pure. Start at [`condition`].
//!
//! A value comes from somebody's mappings and is written into a statement: numbers must be numbers, everything else stays
//! within its quotes whatever it holds. What cannot be written so is refused.

use super::dialect::Dialect;
use super::redshift;
use super::scan::{Described, DescribedColumn};
use crate::model::canon::{Holds, hex};
use crate::model::engine::Engine;
use crate::model::mappings::follow::{Condition, Filter};
use crate::model::untrusted::shown;

/// What must hold for a row of this table to be taken.
///
/// # Errors
/// A column that is not there, or a value that cannot be compared with it.
pub fn condition(table: &Described, dialect: &Dialect, filters: &[Filter]) -> Result<String, String> {
    let all: Result<Vec<String>, String> = filters.iter().map(|filter| one(table, dialect, filter)).collect();
    Ok(all?.join(" AND "))
}

fn one(table: &Described, dialect: &Dialect, filter: &Filter) -> Result<String, String> {
    let absent = || format!("the task filters by column {}, which the source has not", shown(&filter.column));
    let column = table.column(&filter.column).ok_or_else(absent)?;
    // With its table: to SQLite a lone name in quotes that is no column is a text.
    let name = dialect.qualified(&table.name, &column.name);
    let value = |text: &String| {
        literal(dialect, column, text).ok_or_else(|| {
            let (column, text) = (shown(&column.name).into_owned(), shown(text));
            format!("the task filters column {column} by {text:?}, which is not followed by this program")
        })
    };
    let condition = |one: &Condition| {
        Ok(match one {
            Condition::Equal(v) => format!("{name} = {}", value(v)?),
            Condition::NotEqual(v) => format!("{name} <> {}", value(v)?),
            Condition::AtMost(v) => format!("{name} <= {}", value(v)?),
            Condition::AtLeast(v) => format!("{name} >= {}", value(v)?),
            Condition::Null => format!("{name} IS NULL"),
            Condition::NotNull => format!("{name} IS NOT NULL"),
            Condition::Between(from, to) => format!("{name} BETWEEN {} AND {}", value(from)?, value(to)?),
            Condition::NotBetween(from, to) => format!("{name} NOT BETWEEN {} AND {}", value(from)?, value(to)?),
        })
    };
    let any: Result<Vec<String>, String> = filter.any.iter().map(condition).collect();
    Ok(format!("({})", any?.join(" OR ")))
}

fn literal(dialect: &Dialect, column: &DescribedColumn, text: &str) -> Option<String> {
    let engine = dialect.engine;
    match column.sql_type.holds() {
        Holds::Int | Holds::Decimal | Holds::Float32 | Holds::Float64 => is_number(text).then(|| text.to_owned()),
        Holds::Bool => {
            let truth = match text.to_lowercase().as_str() {
                "1" | "t" | "true" => true,
                "0" | "f" | "false" => false,
                _ => return None,
            };
            Some(if engine == Engine::PostgreSql { truth.to_string() } else { u8::from(truth).to_string() })
        }
        Holds::Text | Holds::Date | Holds::Time | Holds::Timestamp | Holds::Uuid => quoted(dialect, text),
        _ => None,
    }
}

/// Digits with a sign, a point and an exponent where there is one. A name such as `nan` is none.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = |text: &'_ str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    let mantissa = unsigned(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa.as_str(), "0"));
    digits(whole) && digits(fraction) && exponent.is_none_or(|exponent| digits(&unsigned(exponent)))
}

fn quoted(dialect: &Dialect, text: &str) -> Option<String> {
    if text.contains('\0') {
        return None;
    }
    let doubled = text.replace('\'', "''");
    Some(match dialect.engine {
        // Its guide knows no E'': a backslash stands apart.
        Engine::PostgreSql if dialect.redshift => redshift::literal(text),
        // A backslash means something only in this form, whatever the server is set to.
        Engine::PostgreSql if text.contains('\\') => format!("E'{}'", doubled.replace('\\', "\\\\")),
        Engine::PostgreSql | Engine::Sqlite => format!("'{doubled}'"),
        // Under the collation of the column, since a literal gives way to it.
        Engine::MySql => format!("_utf8mb4 x'{}'", hex(text.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canon::SqlType;

    fn table(engine: Engine, declared: &str) -> Described {
        let column = DescribedColumn {
            name: "a\"b`c".into(),
            sql_type: SqlType::new(engine, declared),
            nullable: true,
            generated: false,
            byte_order: false,
        };
        Described {
            schema: "s".into(),
            name: "t".into(),
            columns: vec![column],
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            rows: None,
            bytes: None,
        }
    }

    fn written(engine: Engine, declared: &str, any: Vec<Condition>) -> Result<String, String> {
        by(Dialect::of(engine), declared, any)
    }

    fn by(dialect: &Dialect, declared: &str, any: Vec<Condition>) -> Result<String, String> {
        let filters = [Filter { column: "a\"b`c".into(), any }];
        condition(&table(dialect.engine, declared), dialect, &filters)
    }

    #[test]
    fn a_backslash_means_itself_on_redshift_too() {
        for (text, want) in [("a\\'b", "= ('a' || chr(92) || '''b'))"), ("it's", "= 'it''s')")] {
            let got = by(Dialect::redshift(), "character varying(9)", vec![Condition::Equal(text.to_owned())]).unwrap();
            assert!(got.ends_with(want), "{got}");
        }
    }

    #[test]
    fn every_operator_is_written_in_the_words_of_the_engine() {
        let v = |text: &str| text.to_owned();
        for (one, want) in [
            (Condition::Equal(v("5")), "= 5"),
            (Condition::NotEqual(v("-5.5")), "<> -5.5"),
            (Condition::AtMost(v("1e3")), "<= 1e3"),
            (Condition::AtLeast(v("+7")), ">= +7"),
            (Condition::Null, "IS NULL"),
            (Condition::NotNull, "IS NOT NULL"),
            (Condition::Between(v("1"), v("9")), "BETWEEN 1 AND 9"),
            (Condition::NotBetween(v("1"), v("9")), "NOT BETWEEN 1 AND 9"),
        ] {
            let got = written(Engine::PostgreSql, "bigint", vec![one]).unwrap();
            assert_eq!(got, format!("(\"t\".\"a\"\"b`c\" {want})"));
        }
        let two = vec![Condition::Null, Condition::Equal(v("x"))];
        assert_eq!(
            written(Engine::MySql, "varchar(9)", two).unwrap(),
            "(`t`.`a\"b``c` IS NULL OR `t`.`a\"b``c` = _utf8mb4 x'78')"
        );
    }

    #[test]
    fn no_value_leaves_its_quotes() {
        for (engine, declared, text, want) in [
            (Engine::PostgreSql, "text", "it's", Some("'it''s'")),
            (Engine::PostgreSql, "text", "a\\'; DROP", Some("E'a\\\\''; DROP'")),
            (Engine::Sqlite, "text", "'--", Some("'''--'")),
            (Engine::MySql, "text", "'", Some("_utf8mb4 x'27'")),
            (Engine::MySql, "date", "2026-01-01", Some("_utf8mb4 x'323032362d30312d3031'")),
            (Engine::PostgreSql, "text", "\0", None),
            (Engine::PostgreSql, "bigint", "1 OR 1=1", None),
            (Engine::PostgreSql, "numeric", "nan", None),
            (Engine::PostgreSql, "bigint", "", None),
            (Engine::PostgreSql, "bigint", "1e", None),
            (Engine::PostgreSql, "boolean", "t", Some("true")),
            (Engine::Sqlite, "boolean", "true", Some("1")),
            (Engine::PostgreSql, "boolean", "perhaps", None),
            (Engine::PostgreSql, "jsonb", "{}", None),
            (Engine::Sqlite, "", "5", None),
        ] {
            let got = written(engine, declared, vec![Condition::Equal(text.to_owned())]);
            match want {
                Some(want) => assert!(got.unwrap().ends_with(&format!("= {want})")), "{text}"),
                None => assert!(got.unwrap_err().contains("not followed"), "{text}"),
            }
        }
        let absent = [Filter { column: "gone".into(), any: vec![Condition::Null] }];
        let said = condition(&table(Engine::Sqlite, "text"), Dialect::of(Engine::Sqlite), &absent).unwrap_err();
        assert!(said.contains("gone, which the source has not"), "{said}");
    }
}
