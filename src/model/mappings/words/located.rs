//! What a rule is about: schemas, tables, columns and rows, as a person would name them.

use crate::model::json::{Rest, scalar, written};
use serde_json::Value;

/// The source objects a rule is about.
#[derive(Default)]
pub(super) struct Locator {
    pub(super) schema: Option<String>,
    pub(super) table: Option<String>,
    pub(super) column: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) data_type: Option<String>,
}

/// What [`Locator::tables`] tells, and [`Locator::columns`].
pub(super) const TABLES: &[&str] = &["table-name", "table-type", "data-type"];
pub(super) const COLUMNS: &[&str] = &["table-name", "table-type", "data-type", "column-name"];

/// A name without wildcards but `_`, as it reads, and whether it holds a `_` that stands for any character.
pub(super) fn plain(pattern: &str) -> Option<(String, bool)> {
    let mut out = String::with_capacity(pattern.len());
    let mut any = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => return None,
            '[' => match (chars.next(), chars.next()) {
                (Some(one), Some(']')) => out.push(one),
                _ => return None,
            },
            c => {
                any |= c == '_';
                out.push(c);
            }
        }
    }
    Some((out, any))
}

/// The one name a pattern stands for; `None` where it stands for several.
pub fn exact(pattern: &str) -> Option<String> {
    plain(pattern).filter(|(_, any)| !any).map(|(name, _)| name)
}

impl Locator {
    pub(super) fn schemas(&self) -> String {
        match self.schema.as_deref() {
            None => "a schema that is not named".to_owned(),
            Some("%") => "every schema".to_owned(),
            Some(pattern) => match plain(pattern) {
                Some((name, _)) => format!("schema {name}"),
                None => format!("schemas like {pattern}"),
            },
        }
    }

    pub(super) fn tables(&self) -> String {
        let (one, many) = match self.kind.as_deref() {
            None | Some("table") => ("table".to_owned(), "tables".to_owned()),
            Some("view") => ("view".to_owned(), "views".to_owned()),
            Some("all") => ("table or view".to_owned(), "tables and views".to_owned()),
            Some(other) => (other.to_owned(), other.to_owned()),
        };
        let data_type = self.data_type.as_ref().map(|of| format!(", data type {of}")).unwrap_or_default();
        let schema = self.schema.as_deref().and_then(plain);
        let other = self.kind.as_ref().map(|kind| format!(", table type {kind}")).unwrap_or_default();
        let words = match (self.table.as_deref(), schema) {
            (None, _) => format!("{}{other}", self.schemas()),
            (Some("%"), _) => format!("every {one} of {}", self.schemas()),
            (Some(pattern), schema) => match (plain(pattern), schema) {
                (Some((table, _)), Some((schema, _))) if many == "tables" => format!("{schema}.{table}"),
                (Some((table, _)), Some((schema, _))) => format!("{one} {schema}.{table}"),
                (Some((table, _)), None) => format!("{table} of {}{other}", self.schemas()),
                (None, _) => format!("{many} like {pattern} of {}", self.schemas()),
            },
        };
        format!("{words}{data_type}")
    }

    pub(super) fn columns(&self) -> String {
        let columns = match self.column.as_deref() {
            None | Some("%") => "every column".to_owned(),
            Some(pattern) => match plain(pattern) {
                Some((name, _)) => format!("column {name}"),
                None => format!("columns like {pattern}"),
            },
        };
        format!("{columns} of {}", self.tables())
    }
}

/// One filter: its conditions are alternatives.
pub(super) fn filter(value: &Value) -> String {
    let Value::Object(object) = value else { return written(value) };
    let mut rest = Rest::new(object.clone());
    let column = rest.text("column-name");
    let conditions = rest.list("filter-conditions");
    let (Some(column), Some(conditions)) = (column, conditions) else { return value.to_string() };
    // The only kind there is.
    let kind = rest.text("filter-type").filter(|kind| kind != "source").map(|kind| format!(" ({kind})"));
    let all: Vec<String> = conditions.iter().map(|one| condition(&column, one)).collect();
    let words = if all.len() == 1 { all.concat() } else { format!("({})", all.join(" or ")) };
    let left: Vec<String> = rest.left().map(|(key, value)| format!("; {key}: {value}")).collect();
    format!("{words}{}{}", kind.unwrap_or_default(), left.concat())
}

fn condition(column: &str, value: &Value) -> String {
    let get = |key: &str| value.get(key).and_then(scalar);
    let known: &[&str] = &["filter-operator", "value", "start-value", "end-value"];
    let odd = value.as_object().is_none_or(|object| object.keys().any(|key| !known.contains(&key.as_str())));
    let operator = get("filter-operator").unwrap_or_default();
    let words = match (operator.as_str(), get("value"), get("start-value"), get("end-value")) {
        ("eq", Some(v), None, None) => format!("{column} is {v}"),
        ("noteq", Some(v), None, None) => format!("{column} is not {v}"),
        ("ste", Some(v), None, None) => format!("{column} is at most {v}"),
        ("gte", Some(v), None, None) => format!("{column} is at least {v}"),
        ("null", None, None, None) => format!("{column} is null"),
        ("notnull", None, None, None) => format!("{column} is not null"),
        ("between", None, Some(from), Some(to)) => format!("{column} is from {from} to {to}"),
        ("notbetween", None, Some(from), Some(to)) => format!("{column} is not from {from} to {to}"),
        _ => return format!("{column} {value}"),
    };
    if odd { format!("{words} {value}") } else { words }
}
