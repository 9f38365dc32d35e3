//! What masking will do to some rows: the new values, and of the old ones no more than their class and length. Start at
//! [`read`]; the session only looks.

use super::verify::{Origin, there};
use super::{cells, columns};
use crate::db::{DbError, Dialect, Kind, Read, Session, Value};
use crate::model::engine::Engine;
use crate::model::masking::preview::{Example, Preview, Previewed};
use crate::model::masking::{Function, Key, ResolvedTable, Table, print};

/// A longer value is not fetched, bytes.
const LONGEST: i64 = 64 * 1024;

/// The first rows that are to come into a table of the `target`, from where they are now.
///
/// # Errors
/// What the server says.
pub async fn read(
    source: &mut Session<Read>,
    target: &Dialect,
    (table, origin): (&Table, &Origin),
    resolved: &ResolvedTable,
    key: Option<&Key>,
    rows: usize,
) -> Result<Preview, DbError> {
    let dialect = source.dialect();
    let masked = columns(target, table, resolved, key)?;
    let column = |one: &super::Column| Previewed {
        name: one.column.name.clone(),
        function: one.mask.rule().told(),
        values: Vec::new(),
    };
    let mut preview = Preview { table: table.full_name(), columns: masked.iter().map(column).collect() };
    if masked.is_empty() {
        return Ok(preview);
    }
    let selected = |one: &super::Column| {
        let value = there(dialect, origin, &one.column);
        let bytes = bytes(dialect, one.column.kind, &value);
        format!("CASE WHEN {bytes} > {LONGEST} THEN NULL ELSE {value} END, {bytes}")
    };
    let all: Vec<String> = masked.iter().map(selected).collect();
    let name = dialect.qualified(&origin.schema, &origin.table);
    for row in source.query(&format!("SELECT {} FROM {name} LIMIT {rows}", all.join(", ")), &[]).await? {
        for ((one, pair), column) in masked.iter().zip(row.chunks(2)).zip(&mut preview.columns) {
            let [value, bytes] = pair else { continue };
            column.values.push(match bytes.as_int() {
                Some(bytes) if bytes > LONGEST => too_long(bytes),
                _ => example(one, value),
            });
        }
    }
    Ok(preview)
}

/// How long a value is, without fetching it.
fn bytes(dialect: &Dialect, kind: Kind, value: &str) -> String {
    match (kind, dialect.engine) {
        (Kind::Bool | Kind::Int | Kind::Float, _) => "0".to_owned(),
        (_, Engine::Sqlite) => format!("length(CAST({value} AS BLOB))"),
        (_, Engine::PostgreSql | Engine::MySql) => format!("octet_length({value})"),
    }
}

fn example(one: &super::Column, value: &Value) -> Example {
    let old = cells::text(one.column.kind, value);
    let masked = one.mask.of(old.as_deref());
    let same = masked.value.as_deref() == old.as_deref() && old.is_some();
    let new = match masked.value.as_deref() {
        Some(new) if !same && is_made_up(&one.mask.rule().function) => new.to_owned(),
        new => print(new),
    };
    Example { old: print(old.as_deref()), new, same, misfit: !masked.fitted }
}

fn too_long(bytes: i64) -> Example {
    let old = format!("{bytes} bytes");
    Example { old, new: "not made here: it is long".to_owned(), same: false, misfit: false }
}

/// Nothing of the old value stands in the new one but how long it was and where its gaps were.
fn is_made_up(function: &Function) -> bool {
    match function {
        Function::Null
        | Function::Default
        | Function::Constant { .. }
        | Function::Hash { .. }
        | Function::Email
        | Function::FirstName
        | Function::LastName
        | Function::FullName
        | Function::Phone
        | Function::Address
        | Function::City
        | Function::Company
        | Function::Username
        | Function::Url
        | Function::Ip
        | Function::Uuid
        | Function::RandomString { .. }
        | Function::RandomInt { .. }
        | Function::Zip
        | Function::CreditCard
        | Function::Iban
        | Function::Ssn
        | Function::Choice { .. }
        | Function::Redact
        | Function::Lorem => true,
        // Ends, letters, keys of a document, or about how much it was.
        Function::Keep
        | Function::Partial { .. }
        | Function::RegexReplace { .. }
        | Function::Json { .. }
        | Function::Digits
        | Function::Noise { .. }
        | Function::DateJitter { .. }
        | Function::DateTruncate { .. } => false,
    }
}
