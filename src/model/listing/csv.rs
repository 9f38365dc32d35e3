//! Comma-separated values, safe to look at and to open in a spreadsheet.

use super::{List, Unwritable, cell};
use csv::{Terminator, WriterBuilder};
use serde_json::Value;

pub fn text(list: &List, ends: Terminator) -> Result<String, Unwritable> {
    let mut writer = WriterBuilder::new().terminator(ends).from_writer(Vec::new());
    let failed = |error: &dyn std::fmt::Display| Unwritable::Csv(error.to_string());
    writer.write_record(list.columns.iter().map(|column| column.name)).map_err(|error| failed(&error))?;
    for row in &list.rows {
        writer.write_record(row.iter().map(field)).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// Control characters are gone (see [`cell`]). A text that a spreadsheet would run as a formula gets an apostrophe, as
/// OWASP advises for CSV injection.
fn field(value: &Value) -> String {
    let text = cell(value);
    let formula = value.is_string() && text.starts_with(['=', '+', '-', '@']);
    if formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::{Column, column, hidden};
    use super::*;
    use serde_json::json;

    #[test]
    fn hostile_and_awkward_values_stay_one_harmless_field() {
        const COLUMNS: &[Column] = &[column("name", "NAME"), hidden("count")];
        let rows = vec![
            vec![json!("a,\"b\"\nc"), json!(-3)],
            vec![json!("=cmd|' /C calc'!A0"), Value::Null],
            vec![json!("\u{1b}]0;title\u{7}"), json!(1.5)],
            vec![
                json!([{"id": "a", "message": "one"}, {"message": "two"}]),
                json!([{"at": "t1", "value": 2.5}, {"at": "t2", "value": 3}]),
            ],
        ];
        let want = "name,count\n\"a,\"\"b\"\" c\",-3\n'=cmd|' /C calc'!A0,\n]0;title,1.5\none; two,t1 2.5; t2 3\n";
        assert_eq!(text(&List { columns: COLUMNS, rows }, Terminator::Any(b'\n')).unwrap(), want);
    }
}
