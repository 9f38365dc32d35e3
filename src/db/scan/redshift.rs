//! What a scan of Redshift says differently: how a column is selected as text, ordered, and where a key stands in it.
//! `None` everywhere means: as PostgreSQL.

use super::ScanColumn;
use super::place::Place;
use crate::db::redshift::literal;
use crate::model::canon::{Canon, Day, Holds, moment};

/// Behind every text that is compared. Blanks at the end count for nothing in a comparison of Redshift's, and here they
/// are not at the end. It is the least character there can be, so the order stays that of the bytes.
const END: &str = " || chr(1)";

/// What is selected, so that its text says all there is.
pub(super) fn selected(name: &str, column: &ScanColumn) -> String {
    match (column.sql_type.holds(), column.sql_type.bare().as_str()) {
        // Never cast to text: that is varchar(256), and cuts.
        (Holds::Text, "character" | "bpchar") => format!("rtrim({name})"),
        // Printed with eight digits, which is not enough for every one of them.
        (Holds::Float32, _) => format!("CAST({name} AS double precision)"),
        (Holds::Timestamp, "timestamp with time zone") => format!("({name} AT TIME ZONE 'UTC')"),
        (Holds::Bytes, "varbyte") => format!("to_hex({name})"),
        _ => name.to_owned(),
    }
}

/// An expression whose order is that of the column's canonical bytes.
pub(super) fn ordering(name: &str, column: &ScanColumn) -> String {
    match (column.sql_type.holds(), column.canon) {
        (_, Canon::Text) => format!("{}{END}", selected(name, column)),
        (Holds::Text, Canon::Uuid) => format!("lower(replace({name}, '-', ''))"),
        _ => name.to_owned(),
    }
}

/// Where a canonical value stands, where that is not where PostgreSQL has it.
pub(super) fn place(column: &ScanColumn, bytes: &[u8]) -> Option<Place> {
    match column.canon {
        Canon::Text => {
            let kept = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            let text = format!("{}{END}", literal(&String::from_utf8_lossy(kept)));
            Some(if kept.len() == bytes.len() { Place::At(text) } else { Place::Above(text) })
        }
        // It has no such numbers, and an exponent would make a float of the literal.
        Canon::Decimal => match column.canon.decode(bytes).as_str() {
            "-Infinity" => Some(Place::BelowAll),
            "Infinity" | "NaN" => Some(Place::AboveAll),
            digits if digits.contains('e') => Some(match (digits.starts_with('-'), digits.contains("e-")) {
                (false, false) => Place::AboveAll,
                (true, false) => Place::BelowAll,
                (false, true) => Place::Above("0".to_owned()),
                (true, true) => Place::Below("0".to_owned()),
            }),
            _ => None,
        },
        Canon::Date | Canon::Timestamp => match moment::day(bytes)? {
            Day::MINUS_INFINITY => Some(Place::BelowAll),
            Day::INFINITY => Some(Place::AboveAll),
            _ => None,
        },
        _ => None,
    }
}
