//! What leaves the screen: the rows of a pane as a list, the text under the cursor, the name of a file that is being typed.
//!
//! Plain data. `update/export.rs` decides what becomes of it; a screen says what it has in [`super::page::Page::export`].

use super::logs::log::Log;
use super::logs::ring::Line;
use super::tables::Tables;
use super::{State, events};
use crate::model::health::Latency;
use crate::model::listing::logs::Said;
use crate::model::listing::tasks::Judged;
use crate::model::listing::{self, List, Shape};
use crate::model::metric::MetricName;
use crate::model::{ReplicationArn, Subject};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Every row of a pane that passes its filter, in the order on screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// Begins the name of a file: `tasks`, `tables-orders-cdc`. Anything may stand in it; [`file_name`] cleans it.
    pub name: String,
    pub list: List,
}

/// Tasks as `cutover tasks` lists them, judged as on screen.
pub fn tasks(state: &State) -> Export {
    let stated = state.world.feed(&Subject::Tasks).and_then(|feed| feed.as_of);
    let rows = state.tasks.list.order().filter_map(|row| {
        let (task, line) = (state.world.tasks.get(row)?, state.tasks.lines.get(row)?);
        let newest = MetricName::WATCHED.iter().filter_map(|name| state.world.points(&task.arn, *name).last());
        // The source's share says something only beside a fresh whole.
        let (source_seconds, target_seconds) = match line.latency {
            Latency::Fresh(point) => (line.source.map(|point| point.value), Some(point.value)),
            _ => (None, None),
        };
        let newest = newest.map(|point| point.at).max();
        let judged = Judged { source_seconds, target_seconds, alerts: &line.alerts, newest, stated };
        Some(listing::tasks::cells(task, &judged))
    });
    let list = List { columns: listing::tasks::COLUMNS, rows: rows.collect() };
    Export { name: "tasks".to_owned(), list }
}

/// Tables as `cutover tables` lists them.
pub fn tables(state: &State, tables: &Tables) -> Export {
    let stated = state.world.feed(&Subject::Tables(tables.arn.clone())).and_then(|feed| feed.as_of);
    let rows = tables.list.order().filter_map(|row| tables.rows.get(row));
    let rows = rows.map(|row| listing::tables::cells(row, stated)).collect();
    let task = state.world.task(&tables.arn).map_or("", |task| task.name.raw());
    Export { name: format!("tables-{task}"), list: List { columns: listing::tables::COLUMNS, rows } }
}

/// Events of the list on screen, as `cutover events` lists them.
pub fn events(state: &State) -> Export {
    let (side, of_task) = events::on_screen(state);
    let rows = side.list.order().filter_map(|row| state.events.at(&state.world, side, row));
    let rows = rows.map(|(event, _)| listing::events::cells(event)).collect();
    let name = if of_task { format!("events-{}", opened(state)) } else { "events".to_owned() };
    Export { name, list: List { columns: listing::events::COLUMNS, rows } }
}

/// Rules and schedules as `cutover schedules` lists them.
pub fn schedules(state: &State) -> Export {
    let name = |arn: &ReplicationArn| state.world.task(arn).map(|task| &task.name);
    let rows = state.schedules.list.order().filter_map(|row| state.world.schedules.get(row));
    let rows = rows.map(|schedule| listing::schedules::cells(schedule, &name, state.now)).collect();
    Export { name: "schedules".to_owned(), list: List { columns: listing::schedules::COLUMNS, rows } }
}

/// Event subscriptions in the order on screen.
pub fn subscriptions(state: &State) -> Export {
    let rows = super::schedules::subscriptions(&state.world).into_iter().map(listing::subscriptions::cells).collect();
    Export { name: "event-subscriptions".to_owned(), list: List { columns: listing::subscriptions::COLUMNS, rows } }
}

/// Alerts that pass the filter; checks that are not made are no alerts.
pub fn alerts(state: &State) -> Export {
    let rows = state.alerts.list.order().filter_map(|row| state.alerts.rows.get(row));
    let rows = rows.filter_map(|row| Some(listing::alerts::cells(row.alert()?, &row.place)));
    Export { name: "alerts".to_owned(), list: List { columns: listing::alerts::COLUMNS, rows: rows.collect() } }
}

/// The audit as `cutover activity` lists it.
pub fn activity(state: &State) -> Export {
    let rows = state.activity.list.order().filter_map(|row| state.activity.rows.get(row));
    let rows = rows.map(|row| listing::activity::cells(&row.activity)).collect();
    Export { name: "activity".to_owned(), list: List { columns: listing::activity::COLUMNS, rows } }
}

/// Every point of the charts as `cutover metrics --instance` lists them.
pub fn metrics(state: &State) -> Option<Export> {
    let (_, charts) = state.world.charts.as_ref().filter(|(arn, _)| Some(arn) == state.opened.as_ref())?;
    let rows = listing::metrics::rows(&charts.task, &charts.of_instance, state.now);
    Some(Export { name: format!("metrics-{}", opened(state)), list: List { columns: listing::metrics::COLUMNS, rows } })
}

/// Name of the task that was opened last.
fn opened(state: &State) -> &str {
    state.opened.as_ref().and_then(|arn| state.world.task(arn)).map_or("", |task| task.name.raw())
}

/// Lines and gaps of a log that pass its filter, as `cutover logs` lists them. A line of many kilobytes is as it is kept here.
pub fn log(log: &Log, name: &str) -> Export {
    let row = |line: &Line| {
        if let Some(gap) = log.ring.gap_of(line) {
            let kind = if gap.filled.is_some() { "filled" } else { "gap" };
            return listing::logs::stretch(kind, gap.from, gap.to, &gap.why);
        }
        let stream = log.ring.stream_of(line);
        listing::logs::line(&Said { at: line.at(), ingested: None, id: None, stream, text: &line.text })
    };
    let rows = log.ring.lines().filter(|line| line.marks.kept).map(row).collect();
    Export { name: format!("log-{name}"), list: List { columns: listing::logs::COLUMNS, rows } }
}

/// Longest beginning of a proposed name, in characters: a task may have a name of 255.
const STEM_MAX: usize = 60;

/// The field in which a file is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileField {
    pub name: String,
    /// Rows that will be written.
    pub rows: usize,
    /// What is wrong with the name, or with what became of it.
    pub says: Option<String>,
    /// The writing under way, by its number.
    pub waiting: Option<u64>,
}

/// A name to begin with: `tasks-20261122T140322Z.csv`.
pub fn file_name(name: &str, now: Timestamp) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let stem: String = name.chars().take(STEM_MAX).map(kept).collect();
    format!("{stem}-{}.csv", now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ"))
}

/// The next name after one that is taken: `a.csv`, `a-2.csv`, `a-3.csv`.
pub fn next_name(name: &str) -> String {
    let (stem, end) = name.rsplit_once('.').map_or((name, String::new()), |(stem, end)| (stem, format!(".{end}")));
    let counted = stem.rsplit_once('-').and_then(|(stem, n)| Some((stem, n.parse::<u16>().ok()?)));
    match counted {
        Some((stem, n @ 2..9999)) => format!("{stem}-{}{end}", n + 1),
        _ => format!("{stem}-2{end}"),
    }
}

/// What the end of a name says of the file; `None` where it says nothing we write.
pub fn shape(name: &str) -> Option<Shape> {
    let (stem, end) = name.rsplit_once('.')?;
    if stem.is_empty() || stem.ends_with('/') {
        return None;
    }
    match end.to_ascii_lowercase().as_str() {
        "csv" => Some(Shape::CsvFile),
        "json" => Some(Shape::Json),
        "txt" => Some(Shape::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_name_is_one_any_file_system_takes() {
        let now: Timestamp = "2026-11-22T14:03:22.9Z".parse().unwrap();
        for (name, want) in [
            ("tasks", "tasks-20261122T140322Z.csv"),
            ("tables-../../etc/\u{1b}é", "tables-______etc___-20261122T140322Z.csv"),
        ] {
            assert_eq!(file_name(name, now), want);
        }
        assert!(file_name(&"x".repeat(300), now).len() < 100);
    }

    #[test]
    fn a_name_that_is_taken_counts_on() {
        for (name, want) in [
            ("a.csv", "a-2.csv"),
            ("a-2.csv", "a-3.csv"),
            ("tasks-20261122T140322Z.csv", "tasks-20261122T140322Z-2.csv"),
            ("b/report-2026.json", "b/report-2027.json"),
            ("plain", "plain-2"),
        ] {
            assert_eq!(next_name(name), want);
        }
    }

    #[test]
    fn the_end_of_the_name_is_the_format() {
        for (name, want) in [
            ("a.csv", Some(Shape::CsvFile)),
            ("a.b.JSON", Some(Shape::Json)),
            ("/tmp/x.txt", Some(Shape::Text)),
            ("a", None),
            (".csv", None),
            ("dir/.csv", None),
            ("a.xlsx", None),
            ("", None),
        ] {
            assert_eq!(shape(name), want, "{name}");
        }
    }
}
