//! What masking must know of tables, as plain facts; `refresh::mask` reads them from a database.

use crate::model::canon::{Holds, SqlType};
use serde::{Deserialize, Serialize};

/// What a column takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Of a domain what is beneath it, `enum` for an enumeration of PostgreSQL.
    pub sql_type: SqlType,
    /// The values of an enumeration, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    pub nullable: bool,
}

impl Shape {
    /// A column that takes any text.
    pub fn text(engine: crate::model::engine::Engine) -> Self {
        Self { sql_type: SqlType::new(engine, "text"), labels: Vec::new(), nullable: true }
    }

    pub fn holds(&self) -> Holds {
        self.sql_type.holds()
    }

    pub fn is_enum(&self) -> bool {
        self.sql_type.bare() == "enum"
    }

    /// Most characters of a text, most bytes of bytes.
    pub fn limit(&self) -> Option<usize> {
        let size = || self.sizes().first().copied();
        match (self.holds(), self.sql_type.bare().as_str()) {
            (Holds::Text, "tinytext") | (Holds::Bytes, "tinyblob") => Some(255),
            // Without a size they are one long.
            (Holds::Text, "character" | "char" | "bpchar" | "nchar") | (Holds::Bytes, "binary") => size().or(Some(1)),
            (Holds::Text, "name") => Some(63),
            (Holds::Text, "enum") => None,
            (Holds::Text | Holds::Bytes, _) => size(),
            _ => None,
        }
    }

    /// Least and greatest whole number.
    pub fn range(&self) -> Option<(i128, i128)> {
        if self.holds() == Holds::Decimal {
            let (precision, scale) = self.precision()?;
            let most = 10_i128.checked_pow(precision.saturating_sub(scale))? - 1;
            return Some((-most, most));
        }
        if self.holds() != Holds::Int {
            return None;
        }
        let bits = match self.sql_type.bare().as_str() {
            "tinyint" => 8,
            "smallint" | "int2" => 16,
            "mediumint" => 24,
            "year" => return Some((1901, 2155)),
            "oid" => return Some((0, i128::from(u32::MAX))),
            "integer" | "int" | "int4" if self.sql_type.engine != crate::model::engine::Engine::Sqlite => 32,
            _ => 64,
        };
        let whole = 1_i128 << bits;
        let unsigned = self.sql_type.name.to_lowercase().contains("unsigned");
        Some(if unsigned { (0, whole - 1) } else { (-whole / 2, whole / 2 - 1) })
    }

    /// Digits in all, and those behind the point.
    pub fn precision(&self) -> Option<(u32, u32)> {
        let sizes = self.sizes();
        let part = |at: usize| sizes.get(at).and_then(|n| u32::try_from(*n).ok());
        (self.holds() == Holds::Decimal).then(|| Some((part(0)?, part(1).unwrap_or(0))))?
    }

    /// Characters that a text type of this kind of the engine's printed form takes: an address, a UUID.
    pub fn is_inet(&self) -> bool {
        matches!(self.sql_type.bare().as_str(), "inet" | "inet4" | "inet6")
    }

    /// The numbers in parentheses.
    fn sizes(&self) -> Vec<usize> {
        let name = &self.sql_type.name;
        let inner = name.find('(').zip(name.find(')')).filter(|(from, to)| from < to);
        let inner = inner.map(|(from, to)| &name[from + 1..to]).unwrap_or_default();
        inner.split(',').filter_map(|part| part.trim().parse().ok()).collect()
    }
}

/// A column.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// Its type as the engine declares it, for casts.
    pub declared: String,
    pub shape: Shape,
    /// The engine computes it from others.
    pub generated: bool,
    /// The engine gives it a number or an identifier of its own: identity, sequence, random UUID.
    pub surrogate: bool,
    /// It decides in which part of the table a row is.
    pub partition: bool,
    /// The engine writes the time of each change into it.
    pub touched: bool,
}

/// A unique index or constraint, the primary key among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unique {
    pub name: String,
    pub columns: Vec<String>,
    pub primary: bool,
    /// Covers every row, by columns alone: rows can be told apart by it where none of them may be NULL.
    pub whole: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub name: String,
    pub columns: Vec<String>,
    /// Schema and table.
    pub to: (String, String),
    pub to_columns: Vec<String>,
}

/// A trigger that runs when a row changes or comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub name: String,
    /// What it does, in the engine's own words; text of a stranger.
    pub text: String,
}

/// A table, as far as masking is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub columns: Vec<Column>,
    pub uniques: Vec<Unique>,
    pub foreign_keys: Vec<ForeignKey>,
    /// Names and texts of its CHECK constraints.
    pub checks: Vec<(String, String)>,
    pub triggers: Vec<Trigger>,
    /// About how many rows.
    pub rows: Option<u64>,
    /// Rows have a hidden number of the engine's own (SQLite).
    pub rowid: bool,
    /// Other tables inherit from it (PostgreSQL): a statement about it means their rows, too, unless it says ONLY.
    pub inherited: bool,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// `public.users`
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    pub fn place(&self) -> (String, String) {
        (self.schema.clone(), self.name.clone())
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    /// The refresh does not begin, or does not count as done.
    Blocking,
}

/// Something a person must know. Never holds a value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// `public.users.email`, `public.outbox`; names come from a database, so `.shown()` before a terminal.
    pub place: String,
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl Finding {
    pub fn blocking(place: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Blocking, place: place.into(), what: what.into(), hint: hint.into() }
    }

    pub fn warning(place: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::blocking(place, what, hint) }
    }
}
