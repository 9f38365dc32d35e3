//! Whether tables take what their rules make: length, uniqueness, constraints, types. Everything that would fail in the
//! middle of a refresh is said before it begins.

use super::space::{Space, least, space};
use super::{Column, Finding, Function, Resolved, ResolvedColumn, ResolvedTable, Rule, Table, Unique};
use crate::model::canon::Holds;
use crate::model::engine::Engine;

/// Checks the masked columns of every table. Pure; the catalogue is what the target has.
pub fn check(tables: &[Table], resolved: &Resolved) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in tables {
        let Some(of_table) = resolved.table(&table.schema, &table.name) else { continue };
        for (column, rule) in of_table.masked() {
            if let Some(facts) = table.column(&column.name) {
                findings.extend(of_column(table, facts, column, rule));
            }
        }
        findings.extend(table.uniques.iter().filter_map(|unique| of_unique(table, of_table, unique)));
        findings.extend(of_constraints(table, of_table));
        findings.extend(of_triggers(table, of_table));
        if of_table.masked().next().is_some() && key(table, of_table).is_none() && !table.rowid {
            let what = "has no key that stays as it is: all its rows are masked in one transaction";
            findings.push(Finding::warning(table.full_name(), what, "nothing to do, unless it is very large"));
        }
    }
    findings
}

/// The columns by which rows are told apart while they are masked: a key of whole rows, none of whose columns changes or
/// may be NULL. The primary key before others.
pub fn key<'t>(table: &'t Table, of_table: &ResolvedTable) -> Option<&'t [String]> {
    let stays = |name: &String| {
        let masked = of_table.masked().any(|(column, _)| column.name == *name);
        !masked && table.column(name).is_some_and(|column| !column.shape.nullable && sorts(column))
    };
    let mut usable: Vec<&Unique> =
        table.uniques.iter().filter(|unique| unique.whole && unique.columns.iter().all(stays)).collect();
    usable.sort_by_key(|unique| (!unique.primary, unique.columns.len()));
    usable.first().map(|unique| unique.columns.as_slice()).filter(|columns| !columns.is_empty())
}

/// Its order and its printed form agree, so that a page can begin where another ended.
fn sorts(column: &Column) -> bool {
    let holds = column.shape.holds();
    match column.shape.sql_type.engine {
        Engine::PostgreSql => !matches!(holds, Holds::Json | Holds::Float32 | Holds::Printed | Holds::Interval),
        // An enumeration orders by number and compares by name.
        Engine::MySql => {
            !column.shape.is_enum()
                && matches!(
                    holds,
                    Holds::Int
                        | Holds::Decimal
                        | Holds::Text
                        | Holds::Bytes
                        | Holds::Date
                        | Holds::Timestamp
                        | Holds::Uuid
                )
        }
        Engine::Sqlite => true,
    }
}

fn of_column(table: &Table, facts: &Column, column: &ResolvedColumn, rule: &Rule) -> Vec<Finding> {
    let place = || format!("{}.{}", table.full_name(), column.name);
    let mut findings = Vec::new();
    let mut wrong = |what: String, hint: &str| findings.push(Finding::blocking(place(), what, hint));
    let (name, sql_type) = (rule.function.name(), &column.shape.sql_type.name);
    if facts.generated {
        wrong("is computed from other columns and cannot be written".to_owned(), "mask those, and drop this rule");
    }
    if facts.partition {
        let what = "decides in which partition a row is, and would move it".to_owned();
        wrong(what, "keep it, or leave the column out by the task's mappings");
    }
    if rule.function == Function::Null && !column.shape.nullable {
        wrong("may not be NULL".to_owned(), "for example fn = \"default\", or one that suits it");
    }
    match takes(&rule.function, column) {
        Some(true) => {}
        Some(false) => wrong(format!("is {sql_type}, which {name} does not make"), suited(column)),
        None => wrong(format!("is {sql_type}, of which this program knows no neutral value"), suited(column)),
    }
    let (need, limit) = (least(&rule.function), column.shape.limit());
    if let Some(limit) = limit.filter(|limit| column.shape.holds() == Holds::Text && *limit < need) {
        let what = format!("takes {limit} characters, and {name} needs {need}");
        wrong(what, "for example fn = \"hash\" or fn = \"redact\"");
    }
    if let Function::RandomInt { min, max } = rule.function
        && let Some((least, most)) = column.shape.range()
        && (i128::from(min) < least || i128::from(max) > most)
    {
        wrong(format!("takes numbers from {least} to {most}"), "give min and max within that");
    }
    if rule.unique && !grows(&rule.function) {
        wrong(
            format!("has unique = true, which {name} cannot be"),
            "leave it out, or take hash, email, username or uuid",
        );
    }
    findings
}

/// The functions whose values can be told apart for good.
fn grows(function: &Function) -> bool {
    matches!(
        function,
        Function::Hash { .. }
            | Function::Email
            | Function::Username
            | Function::Url
            | Function::Uuid
            | Function::FirstName
            | Function::LastName
            | Function::FullName
            | Function::City
            | Function::Company
            | Function::Address
            | Function::Phone
            | Function::Digits
    )
}

/// The column's type takes what the function makes; `None`: nobody knows what it makes.
fn takes(function: &Function, column: &ResolvedColumn) -> Option<bool> {
    let shape = &column.shape;
    let holds = shape.holds();
    let number = matches!(holds, Holds::Int | Holds::Decimal | Holds::Float32 | Holds::Float64);
    let free = matches!(holds, Holds::Text | Holds::Any) && !shape.is_enum();
    let day = matches!(holds, Holds::Date | Holds::Timestamp);
    let is = |value: &String| match holds {
        Holds::Int => {
            value.parse::<i128>().is_ok_and(|n| shape.range().is_none_or(|(least, most)| (least..=most).contains(&n)))
        }
        Holds::Decimal | Holds::Float32 | Holds::Float64 => value.parse::<f64>().is_ok_and(f64::is_finite),
        Holds::Bool => matches!(value.as_str(), "true" | "false" | "0" | "1"),
        Holds::Text if shape.is_enum() => shape.labels.is_empty() || shape.labels.contains(value),
        Holds::Text | Holds::Any | Holds::Set | Holds::Printed => true,
        Holds::Date => value.parse::<jiff::civil::Date>().is_ok(),
        Holds::Timestamp => value.parse::<jiff::civil::DateTime>().is_ok(),
        Holds::Time => value.parse::<jiff::civil::Time>().is_ok(),
        Holds::Json => serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok(),
        Holds::Uuid => super::Class::of(value) == super::Class::Uuid,
        Holds::Bytes | Holds::Bits | Holds::Interval | Holds::Unreadable => false,
    };
    Some(match function {
        Function::Keep | Function::Null => true,
        Function::Default => return super::evaluate::neutral(shape).map(|_| true),
        Function::Constant { value } => is(value),
        Function::Choice { values } => values.iter().all(is),
        Function::Hash { .. } => {
            free || matches!(holds, Holds::Int | Holds::Bytes | Holds::Uuid)
                || holds == Holds::Decimal && shape.range().is_some()
        }
        Function::Uuid => {
            free || matches!(holds, Holds::Uuid) || holds == Holds::Bytes && shape.limit().is_none_or(|n| n >= 16)
        }
        Function::Ip => free || shape.is_inet(),
        Function::Digits => free || holds == Holds::Int,
        Function::RandomInt { .. } => free || number,
        Function::Noise { .. } => number,
        Function::DateJitter { .. } | Function::DateTruncate { .. } => free || day,
        Function::Json { .. } => free || holds == Holds::Json,
        _ => free,
    })
}

fn suited(column: &ResolvedColumn) -> &'static str {
    match column.shape.holds() {
        Holds::Text if column.shape.is_enum() => "choice takes values of its own: give those it has",
        Holds::Text | Holds::Any => "any function for texts, for example hash or redact",
        Holds::Int => "hash, digits, random_int, noise, choice, constant, default or null",
        Holds::Decimal | Holds::Float32 | Holds::Float64 => "noise, random_int, choice, constant, default or null",
        Holds::Date | Holds::Timestamp => "date_jitter, date_truncate, constant, default or null",
        Holds::Json => "json, default or null",
        Holds::Uuid => "uuid, hash, default or null",
        Holds::Bytes => "hash, default or null",
        _ => "null, default or constant",
    }
}

/// A unique index in which two rows may become one.
fn of_unique(table: &Table, of_table: &ResolvedTable, unique: &Unique) -> Option<Finding> {
    let masked: Vec<(&ResolvedColumn, &Rule)> =
        of_table.masked().filter(|(column, _)| unique.columns.contains(&column.name)).collect();
    if masked.is_empty() {
        return None;
    }
    let spaces = masked.iter().map(|(column, rule)| (*column, *rule, space(rule, &column.shape)));
    let need = Space::needed(table.rows.unwrap_or(1_000_000));
    for (column, rule, space) in spaces {
        let name = rule.function.name();
        let (why, hint) = match space {
            // Rows with a NULL are never equal.
            Space::Null => return None,
            Space::Same => continue,
            Space::Bits(bits) if bits >= need => continue,
            Space::Bits(0) => (format!("{name} gives the same value to many"), advice(rule)),
            Space::Bits(bits) => {
                (format!("{name} has {bits} random bits here, and its rows need {need}"), advice(rule))
            }
            Space::OneToOne => {
                let why = "digits is one-to-one, but a new number may be that of a row which is not masked yet";
                (why.to_owned(), "keep it, or take hash or uuid, where it is a text")
            }
        };
        let what = format!("is unique ({}), and {why}", unique.name);
        return Some(Finding::blocking(format!("{}.{}", table.full_name(), column.name), what, hint));
    }
    None
}

fn advice(rule: &Rule) -> &'static str {
    if grows(&rule.function) && !rule.unique {
        "set unique = true, or widen the column"
    } else {
        "hash, email, username or uuid, with unique = true; or a wider column"
    }
}

/// CHECK constraints are the database's own words; whether a value passes, only it can say.
fn of_constraints(table: &Table, of_table: &ResolvedTable) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, text) in &table.checks {
        let hit =
            of_table.masked().find(|(column, rule)| rule.function != Function::Null && mentions(text, &column.name));
        if let Some((column, rule)) = hit {
            let place = format!("{}.{}", table.full_name(), column.name);
            let what = format!("must satisfy {name}, and so must what {} makes: {text}", rule.function.name());
            findings.push(Finding::warning(place, what, "compare it with the preview"));
        }
    }
    findings
}

fn of_triggers(table: &Table, of_table: &ResolvedTable) -> Vec<Finding> {
    if of_table.masked().next().is_none() {
        return Vec::new();
    }
    let copies = |text: &str| {
        let text = text.to_lowercase();
        text.contains("insert")
            || of_table.masked().any(|(column, _)| text.contains(&format!("old.{}", column.name.to_lowercase())))
    };
    let told = table.triggers.iter().filter(|trigger| copies(&trigger.text)).map(|trigger| {
        let what = format!("has trigger {}, which may have copied values into another table", trigger.name);
        Finding::warning(table.full_name(), what, "mask that table too; triggers are off while this one is masked")
    });
    told.collect()
}

/// The text names the column, as a word of its own.
fn mentions(text: &str, column: &str) -> bool {
    let (text, column) = (text.to_lowercase(), column.to_lowercase());
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&column).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(word);
        !before && !text[at + column.len()..].chars().next().is_some_and(word)
    })
}
