//! Aligned columns for people.

use super::{List, cell};
use jiff::{Timestamp, Unit};
use serde_json::Value;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A dash where nothing is known or due: an empty cell would look like a mistake.
const ABSENT: &str = "-";

/// Columns a cell may take on a screen; the whole text is in the other formats.
pub const CELL_MAX: usize = 100;

/// `widest` is how many columns a cell may take; what is longer is cut.
pub fn text(list: &List, widest: usize) -> String {
    let shown: Vec<usize> = (0..list.columns.len()).filter(|at| list.columns[*at].heading.is_some()).collect();
    let heads = shown.iter().filter_map(|at| list.columns[*at].heading.map(str::to_owned)).collect();
    let mut lines: Vec<Vec<String>> = vec![heads];
    for row in &list.rows {
        lines.push(
            shown
                .iter()
                .map(|at| {
                    row.get(*at)
                        .map(|value| human(value, widest))
                        .filter(|text| !text.is_empty())
                        .unwrap_or_else(|| ABSENT.to_owned())
                })
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

/// Whole seconds, no decimals where there are none, nothing longer than a line can bear.
fn human(value: &Value, widest: usize) -> String {
    if let Some(number) = value.as_f64().filter(|number| number.fract() == 0.0) {
        return format!("{number:.0}");
    }
    if let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        return at.round(Unit::Second).unwrap_or(at).to_string();
    }
    cut(cell(value), widest)
}

fn cut(text: String, widest: usize) -> String {
    if text.width() <= widest {
        return text;
    }
    let mut room = widest.saturating_sub(3);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).chain("...".chars()).collect()
}

fn numeric(value: &Value) -> bool {
    value.is_number() || value.is_null()
}

#[cfg(test)]
mod tests {
    use super::super::{Column, column, hidden};
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_whole_seconds_and_long_texts_are_cut() {
        for (value, want) in [
            (json!("2026-11-22T03:41:00.976Z"), "2026-11-22T03:41:01Z".to_owned()),
            (json!(2.5), "2.5".to_owned()),
            (json!("x".repeat(200)), "x".repeat(97) + "..."),
            (json!("漢".repeat(60)), "漢".repeat(48) + "..."),
        ] {
            assert_eq!(human(&value, CELL_MAX), want);
        }
    }

    #[test]
    fn columns_line_up_whatever_stands_in_them() {
        const COLUMNS: &[Column] =
            &[column("name", "NAME"), hidden("arn"), column("count", "COUNT"), column("alerts", "ALERTS")];
        let rows = vec![
            vec![json!("漢字"), json!("x"), json!(7.0), json!([{"id": "a", "message": "one"}, {"message": "two"}])],
            vec![json!("evil\u{1b}[2J\n"), json!("y"), json!(1200), json!([])],
            vec![json!("c"), json!("z"), Value::Null, json!([])],
        ];
        let want = "NAME      COUNT  ALERTS\n\
                    漢字          7  one; two\n\
                    evil[2J    1200  -\n\
                    c             -  -\n";
        assert_eq!(text(&List { columns: COLUMNS, rows }, CELL_MAX), want);
    }
}
