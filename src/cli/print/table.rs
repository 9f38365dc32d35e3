//! Aligned columns for people.

use super::{List, cell};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

/// A dash where nothing is known or due: an empty cell would look like a mistake.
const ABSENT: &str = "-";

pub fn text(list: &List) -> String {
    let shown: Vec<usize> = (0..list.columns.len()).filter(|at| list.columns[*at].heading.is_some()).collect();
    let heads = shown.iter().filter_map(|at| list.columns[*at].heading.map(str::to_owned)).collect();
    let mut lines: Vec<Vec<String>> = vec![heads];
    for row in &list.rows {
        lines.push(
            shown
                .iter()
                .map(|at| row.get(*at).map(cell).filter(|text| !text.is_empty()).unwrap_or_else(|| ABSENT.to_owned()))
                .collect(),
        );
    }
    // Numbers are compared by their last digit, so they end together.
    let right: Vec<bool> = shown
        .iter()
        .map(|at| list.rows.iter().any(|row| row[*at].is_number()) && list.rows.iter().all(|row| numeric(&row[*at])))
        .collect();
    let widths: Vec<usize> =
        (0..shown.len()).map(|at| lines.iter().map(|line| line[at].width()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for line in lines {
        let mut row = String::new();
        for (at, text) in line.iter().enumerate() {
            let space = " ".repeat(widths[at] - text.width());
            row.push_str(&if right[at] { space + text } else { text.clone() + &space });
            row.push_str("  ");
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out
}

fn numeric(value: &Value) -> bool {
    value.is_number() || value.is_null()
}

#[cfg(test)]
mod tests {
    use super::super::{column, hidden};
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_line_up_whatever_stands_in_them() {
        let columns = &[column("name", "NAME"), hidden("arn"), column("count", "COUNT"), column("alerts", "ALERTS")];
        let rows = vec![
            vec![json!("漢字"), json!("x"), json!(7), json!([{"id": "a", "message": "one"}, {"message": "two"}])],
            vec![json!("evil\u{1b}[2J\n"), json!("y"), json!(1200), json!([])],
            vec![json!("c"), json!("z"), Value::Null, json!([])],
        ];
        let want = "NAME       COUNT  ALERTS\n\
                    漢字           7  one; two\n\
                    evil[2J     1200  -\n\
                    c              -  -\n";
        assert_eq!(text(&List { columns, rows }), want);
    }
}
