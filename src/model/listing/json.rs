//! One JSON array. Values are raw, yet nothing in the text can drive the terminal it may be printed on.

use super::{List, Unwritable};
use crate::model::untrusted::shown;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::fmt::Write as _;

pub fn text(list: &List) -> Result<String, Unwritable> {
    let lines = objects(list)?;
    // One object a line: still one array, and `grep` and `head` are of use.
    Ok(if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) })
}

/// JSON Lines, for what never ends: the same objects, one a line, and no array around them.
pub fn lines(list: &List) -> Result<String, Unwritable> {
    Ok(objects(list)?.into_iter().map(|line| line + "\n").collect())
}

fn objects(list: &List) -> Result<Vec<String>, Unwritable> {
    let line = |row| {
        let object = serde_json::to_string(&Object { list, row });
        object.map(|line| escaped(&line)).map_err(|error| Unwritable::Json(error.to_string()))
    };
    list.rows.iter().map(|row| line(row)).collect()
}

/// One row with its keys in the order of the columns.
struct Object<'a> {
    list: &'a List,
    row: &'a [Value],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.row.len()))?;
        for (column, value) in self.list.columns.iter().zip(self.row) {
            map.serialize_entry(column.name, value)?;
        }
        map.end()
    }
}

/// JSON itself escapes only the first 32 characters. The other controls, among them U+009B which some terminals take for
/// an escape sequence, and the invisible and reordering ones can only stand inside strings, where `\u` means the same.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut buffer = [0; 4];
        if c.is_ascii() && !c.is_control() || shown(c.encode_utf8(&mut buffer)) == c.to_string() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Column, column};
    use super::*;
    use serde_json::json;

    const COLUMNS: &[Column] = &[column("z", "Z"), column("a", "A")];

    #[test]
    fn values_are_raw_and_the_text_is_harmless() {
        let hostile = "a\u{1b}[2J\u{9b}31m\u{202e}x\u{7f}\u{e0001}ü漢\"\\\n";
        let list =
            List { columns: COLUMNS, rows: vec![vec![json!(hostile), Value::Null], vec![json!(1.5), json!([])]] };
        let text = text(&list).unwrap();
        assert!(text.starts_with("[\n{\"z\":"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && shown(&c.to_string()) != c.to_string()), "{text:?}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back, json!([{"z": hostile, "a": null}, {"z": 1.5, "a": []}]));
    }

    #[test]
    fn no_rows_are_an_empty_array() {
        assert_eq!(text(&List { columns: &[], rows: vec![] }).unwrap(), "[]\n");
    }
}
