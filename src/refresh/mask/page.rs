//! The statements of masking by key, for each engine: a page of rows, and one update of them.

use super::Column;
use crate::db::{Column as DbColumn, Dialect, Kind, Value};
use crate::model::engine::Engine;
use std::fmt::Write as _;

/// A table that is masked page by page.
pub(super) struct Pager<'t> {
    pub dialect: &'static Dialect,
    /// As [`super::own_rows`].
    pub name: String,
    /// What rows are told apart by; on SQLite perhaps the hidden number.
    pub key: Vec<DbColumn>,
    pub columns: &'t [Column],
    /// Columns that the engine would write the time into.
    pub touched: Vec<String>,
}

impl Pager<'_> {
    /// Rows that one statement takes.
    pub(super) fn rows(&self) -> usize {
        // MySQL goes through the list of new values for each row.
        let most = if self.dialect.engine == Engine::MySql { 250 } else { 1000 };
        let each = match self.dialect.engine {
            Engine::MySql => self.key.len() * (self.columns.len() + 1) + self.columns.len(),
            _ => self.key.len() + self.columns.len(),
        };
        (self.dialect.max_parameters / each.max(1)).clamp(1, most)
    }

    /// The next rows behind a key, with their key first. Parameters: those of [`Pager::place`].
    pub(super) fn select(&self, after: bool, rows: usize) -> String {
        let own = |column: &DbColumn| self.read(column);
        let all: Vec<String> = self.key.iter().chain(self.columns.iter().map(|one| &one.column)).map(own).collect();
        let order: Vec<String> = self.key.iter().map(|column| format!("t.{}", self.quoted(column))).collect();
        let beyond = if after { format!(" WHERE {}", self.beyond(&order)) } else { String::new() };
        format!("SELECT {} FROM {} AS t{beyond} ORDER BY {} LIMIT {rows}", all.join(", "), self.name, order.join(", "))
    }

    fn beyond(&self, order: &[String]) -> String {
        let mut number = 0;
        let mut place = |column: &DbColumn| {
            number += 1;
            self.key_parameter(number, column)
        };
        if self.dialect.engine != Engine::MySql {
            let places: Vec<String> = self.key.iter().map(place).collect();
            return format!("({}) > ({})", order.join(", "), places.join(", "));
        }
        // It finds such rows in an index only when they are said one by one.
        let mut ways = Vec::new();
        for last in 0..self.key.len() {
            let same = (0..last).map(|at| format!("{} = {}", order[at], place(&self.key[at]))).collect::<Vec<_>>();
            let beyond = format!("{} > {}", order[last], place(&self.key[last]));
            ways.push(format!("({})", same.into_iter().chain([beyond]).collect::<Vec<_>>().join(" AND ")));
        }
        format!("({})", ways.join(" OR "))
    }

    /// The parameters of [`Pager::select`] for a key.
    pub(super) fn place(&self, key: &[Value]) -> Vec<Value> {
        if self.dialect.engine != Engine::MySql {
            return key.to_vec();
        }
        (0..key.len()).flat_map(|last| key[..=last].to_vec()).collect()
    }

    /// One statement that writes so many rows. Parameters: those of [`Pager::values`].
    pub(super) fn update(&self, rows: usize) -> String {
        if self.dialect.engine == Engine::MySql { self.cases(rows) } else { self.joined(rows) }
    }

    /// Rows are keys and new values, in the order of the columns.
    pub(super) fn values(&self, rows: &[(Vec<Value>, Vec<Value>)]) -> Vec<Value> {
        if self.dialect.engine != Engine::MySql {
            return rows.iter().flat_map(|(key, new)| key.iter().chain(new).cloned()).collect();
        }
        let mut values = Vec::with_capacity(rows.len() * (self.key.len() + 1) * (self.columns.len() + 1));
        for at in 0..self.columns.len() {
            for (key, new) in rows {
                values.extend(key.iter().cloned());
                values.push(new[at].clone());
            }
        }
        values.extend(rows.iter().flat_map(|(key, _)| key.iter().cloned()));
        values
    }

    /// `WITH v (k0, c0) AS (VALUES …) UPDATE … FROM v`
    fn joined(&self, rows: usize) -> String {
        let mut sql = String::from("WITH v (");
        let keys = (0..self.key.len()).map(|at| format!("k{at}"));
        let news = (0..self.columns.len()).map(|at| format!("c{at}"));
        sql.push_str(&keys.chain(news).collect::<Vec<_>>().join(", "));
        sql.push_str(") AS (VALUES ");
        let mut number = 0;
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for (at, column) in self.key.iter().enumerate() {
                number += 1;
                // Writing to a String cannot fail.
                let _ = write!(sql, "{}{}", if at == 0 { "" } else { ", " }, self.key_parameter(number, column));
            }
            for one in self.columns {
                number += 1;
                let _ = write!(sql, ", {}", self.dialect.parameter(number, &one.column.declared));
            }
            sql.push(')');
        }
        let set = self.columns.iter().enumerate().map(|(at, one)| format!("{} = v.c{at}", self.quoted(&one.column)));
        let same = self.key.iter().enumerate().map(|(at, column)| format!("t.{} = v.k{at}", self.quoted(column)));
        let (set, same) = (set.collect::<Vec<_>>().join(", "), same.collect::<Vec<_>>().join(" AND "));
        let _ = write!(sql, ") UPDATE {} AS t SET {set} FROM v WHERE {same}", self.name);
        sql
    }

    /// `UPDATE … SET c = CASE WHEN k = ? THEN ? … ELSE c END WHERE k IN (…)`
    fn cases(&self, rows: usize) -> String {
        let one_key = if let [one] = self.key.as_slice() { Some(one) } else { None };
        let same = |column: &DbColumn| format!("{} = {}", self.quoted(column), self.key_parameter(0, column));
        let whole = self.key.iter().map(same).collect::<Vec<_>>().join(" AND ");
        let mut set = Vec::new();
        for one in self.columns {
            let name = self.quoted(&one.column);
            let mut case = String::from("CASE");
            if let Some(key) = one_key {
                let _ = write!(case, " {}", self.quoted(key));
            }
            let when = one_key.map_or_else(|| whole.clone(), |key| self.key_parameter(0, key));
            for _ in 0..rows {
                let _ = write!(case, " WHEN {when} THEN ?");
            }
            set.push(format!("{name} = {case} ELSE {name} END"));
        }
        // Else the engine would say that these rows changed just now.
        set.extend(self.touched.iter().map(|name| {
            let name = self.dialect.quoted(name);
            format!("{name} = {name}")
        }));
        let among = match one_key {
            Some(key) => format!("{} IN ({})", self.quoted(key), vec![self.key_parameter(0, key); rows].join(", ")),
            None => vec![format!("({whole})"); rows].join(" OR "),
        };
        format!("UPDATE {} SET {} WHERE {among}", self.name, set.join(", "))
    }

    /// The rows with these keys, and its parameters.
    pub(super) fn among(&self, keys: &[Vec<Value>]) -> (String, Vec<Value>) {
        let own = |column: &DbColumn| self.read(column);
        let all: Vec<String> = self.key.iter().chain(self.columns.iter().map(|one| &one.column)).map(own).collect();
        let mut number = 0;
        let mut one = |column: &DbColumn| {
            number += 1;
            format!("t.{} = {}", self.quoted(column), self.key_parameter(number, column))
        };
        let each: Vec<String> = keys
            .iter()
            .map(|_| format!("({})", self.key.iter().map(&mut one).collect::<Vec<_>>().join(" AND ")))
            .collect();
        let sql = format!("SELECT {} FROM {} AS t WHERE {}", all.join(", "), self.name, each.join(" OR "));
        (sql, keys.iter().flatten().cloned().collect())
    }

    fn quoted(&self, column: &DbColumn) -> String {
        self.dialect.quoted(&column.name)
    }

    /// As [`Dialect::read`], of the table called `t`: a column of the result has the same name, and would be taken for it.
    fn read(&self, column: &DbColumn) -> String {
        let name = self.quoted(column);
        self.dialect.read(column).replace(&name, &format!("t.{name}"))
    }

    fn key_parameter(&self, number: usize, column: &DbColumn) -> String {
        key_parameter(self.dialect, number, column)
    }
}

/// The place of a key's value. It came from this very column, so no cast can cut it; without one, an engine might compare
/// numbers by their first sixteen digits.
pub(super) fn key_parameter(dialect: &Dialect, number: usize, column: &DbColumn) -> String {
    match dialect.engine {
        Engine::PostgreSql => format!("CAST(${number} AS {})", column.declared),
        Engine::Sqlite => "?".to_owned(),
        Engine::MySql => {
            let declared = column.declared.to_lowercase();
            match column.kind {
                Kind::Int if declared.contains("unsigned") => "CAST(? AS UNSIGNED)".to_owned(),
                Kind::Decimal => {
                    let size = declared.find('(').zip(declared.find(')')).map_or("(65,30)", |(a, b)| &declared[a..=b]);
                    format!("CAST(? AS DECIMAL{size})")
                }
                _ => "?".to_owned(),
            }
        }
    }
}
