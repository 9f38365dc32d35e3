//! A plan in words, for the question before it: cost, both databases, when it begins, table by table.

use super::{Kind, Words};
use crate::console::text;
use crate::model::Untrusted;
use crate::model::untrusted::shown;
use crate::model::validation::told::{self, Offer};
use crate::model::validation::{Method, PlannedSide, PlannedTable};

/// The plan in words: what must not be overlooked first, then where, when, and table by table.
pub(super) fn of_offer(offer: &Offer) -> Vec<Words> {
    let planned = &offer.planned;
    let mut out: Vec<Words> = Vec::new();
    let mut add = |kind, sign, words: String| out.push((kind, sign, words));
    if let Some(refused) = &offer.refused {
        add(Kind::Bad, "✗ ", shown(refused).into_owned());
    }
    for (at, line) in offer.cost.iter().enumerate() {
        let first = at == 0 && offer.expects.is_some();
        let (kind, sign) = if first { (Kind::Warning, "▲ ") } else { (Kind::Text, "· ") };
        add(kind, sign, shown(line).into_owned());
    }
    // Which part of a table nobody will look at is not to be found only below all the others.
    let without = |table: &&PlannedTable| {
        table.method != Method::None && table.not_compared.iter().any(|one| !one.waived && one.column.is_some())
    };
    for table in planned.tables.iter().filter(without) {
        let columns = table.not_compared.iter().filter(|one| !one.waived).filter_map(|one| one.column.as_ref());
        let columns: Vec<String> = columns.map(|column| column.shown().into_owned()).collect();
        add(Kind::Warning, "▲ ", format!("{}: compared without {}", table.source.shown(), columns.join(", ")));
    }
    add(Kind::Text, "", String::new());
    add(Kind::Text, "source  ", side(&planned.source));
    add(Kind::Text, "target  ", side(&planned.target));
    add(Kind::Dim, "from    ", format!("{}: what is seen, is seen from there", shown(&planned.seen_from)));
    add(Kind::Text, "gate    ", told::gate(&planned.gate));
    add(Kind::Text, "", String::new());
    let compared = planned.tables.iter().filter(|table| table.method != Method::None);
    let left = planned.tables.len() - compared.clone().count();
    let left = if left > 0 { format!(", {left} cannot be compared") } else { String::new() };
    add(Kind::Title, "", format!("{}{left}", text::plural(planned.tables.len(), "table")));
    for table in planned.tables.iter().filter(|one| one.method == Method::None) {
        of_table(table, &mut add);
    }
    for table in compared.clone() {
        of_table(table, &mut add);
    }
    let names = |all: &[Untrusted]| all.iter().map(|name| name.shown().into_owned()).collect::<Vec<_>>().join(", ");
    if !planned.target_only.is_empty() {
        add(Kind::Dim, "", format!("only the target has: {}", names(&planned.target_only)));
    }
    if !planned.of_dms.is_empty() {
        add(Kind::Dim, "", format!("DMS's own, not compared: {}", names(&planned.of_dms)));
    }
    // Nobody begins or leaves it for the sake of these.
    let queries: Vec<&PlannedTable> = compared.filter(|table| !table.query_source.is_empty()).collect();
    if !queries.is_empty() {
        add(Kind::Text, "", String::new());
        add(Kind::Title, "", "what both servers are asked, table by table".to_owned());
    }
    for table in queries {
        add(Kind::Dim, "", table.source.shown().into_owned());
        let queries = match (&table.query_source, &table.query_target) {
            (one, other) if one == other => vec![("    both:   ", one)],
            (one, other) => vec![("    source: ", one), ("    target: ", other)],
        };
        for (name, query) in queries.into_iter().filter(|(_, query)| !query.is_empty()) {
            add(Kind::Dim, name, shown(query).into_owned());
        }
    }
    out
}

fn side(side: &PlannedSide) -> String {
    format!("{}, {}, by {}", side.at.shown(), shown(&side.engine), shown(&side.by))
}

fn of_table(table: &PlannedTable, add: &mut impl FnMut(Kind, &'static str, String)) {
    let none = table.method == Method::None;
    let names = if table.source == table.target || table.target.is_empty() {
        table.source.shown().into_owned()
    } else {
        format!("{} → {}", table.source.shown(), table.target.shown())
    };
    let rows = match (table.rows_source, table.rows_target) {
        (None, None) => String::new(),
        (source, target) => format!(", about {} / {} rows", about(source), about(target)),
    };
    let bytes = table.bytes_source.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
    if none {
        add(Kind::Unknown, "? ", format!("{names}{rows}: not compared"));
    } else {
        let how = format!("{} by {}: {}", told::kind(table.kind), table.method.word(), shown(&table.why));
        add(Kind::Text, "· ", format!("{names}{rows}{bytes}; {how}"));
    }
    for one in &table.not_compared {
        let waived = if one.waived { " (waived)" } else { "" };
        let what = one.column.as_ref().map(|column| format!("{}: ", column.shown())).unwrap_or_default();
        let kind = if one.waived { Kind::Dim } else { Kind::Unknown };
        add(kind, "    ", format!("not compared: {what}{}{waived}", shown(&one.reason)));
    }
}

fn about(rows: Option<u64>) -> String {
    rows.map_or_else(|| "?".to_owned(), |rows| text::compact(i64::try_from(rows).unwrap_or(i64::MAX)))
}

/// Bytes as people say them: `1.2 GB`.
fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "shown with two digits")]
    let of = bytes as f64;
    match bytes {
        ..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} kB", of / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", of / 1e6),
        _ => format!("{:.1} GB", of / 1e9),
    }
}
