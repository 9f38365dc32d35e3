//! `[alerts]` and `[alerts.task."PATTERN"]`: keys from the table of limits in `model::alert`, so that a limit exists where
//! it stands there.

use super::Config;
use super::keys::{Wrong, comment, kind, nearest, number};
use super::mistake::Mistake;
use crate::model::alert::limits::{Limit, Named, Row, TABLE};
use std::fmt::Write as _;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub const SECTION: &str = "alerts";
/// Holds one table for each pattern.
const TASK: &str = "task";

/// Where each limit of a section stands in the text.
type Spans = Vec<(Limit, Range<usize>)>;

/// Reads the section. Every mistake is added.
pub fn read(table: &DeTable<'_>, config: &mut Config, mistakes: &mut Vec<Mistake>) {
    let mut spans = vec![(None, Spans::new())];
    for (key, value) in table {
        match (key.get_ref().as_ref(), value.get_ref()) {
            (TASK, DeValue::Table(patterns)) => {
                for (pattern, value) in patterns {
                    let glob = pattern.get_ref().to_string();
                    let (named, place) = one_pattern(&glob, pattern.span(), value, mistakes);
                    spans.push((Some(glob.clone()), place));
                    config.alerts.tasks.push((glob, named));
                }
            }
            (TASK, other) => mistakes.push(Mistake {
                span: value.span(),
                what: format!("`alerts.task` must be a section, not {}", kind(other)),
                hint: "write [alerts.task.\"orders-*\"] on a line of its own, its keys below".to_owned(),
            }),
            (word, _) => {
                let found = TABLE.iter().find(|row| row.key == word);
                let limit = limit(found, word, key.span(), value, None, mistakes);
                if let Some((limit, number)) = limit {
                    // What says no more than the default leaves the default in force.
                    if (number - limit.row().default).abs() > f64::EPSILON {
                        config.alerts.all.push((limit, number));
                    }
                    spans[0].1.push((limit, value.span()));
                }
            }
        }
    }
    contradictions(config, &spans, mistakes);
}

fn one_pattern(
    glob: &str,
    span: Range<usize>,
    value: &Spanned<DeValue<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> (Named, Spans) {
    let (mut named, mut spans) = (Named::new(), Spans::new());
    if glob.trim().is_empty() {
        let what = "`alerts.task` holds a pattern without a letter".to_owned();
        mistakes.push(Mistake { span, what, hint: "for example [alerts.task.\"orders-*\"]".to_owned() });
        return (named, spans);
    }
    let DeValue::Table(keys) = value.get_ref() else {
        let what = format!("`alerts.task.{}` must be a section, not {}", quoted(glob), kind(value.get_ref()));
        let hint = format!("write [alerts.task.{}] on a line of its own, its keys below", quoted(glob));
        mistakes.push(Mistake { span: value.span(), what, hint });
        return (named, spans);
    };
    for (key, value) in keys {
        let word = key.get_ref().as_ref();
        let found = TABLE.iter().find(|row| row.key == word);
        if let Some((limit, number)) = limit(found, word, key.span(), value, Some(glob), mistakes) {
            named.push((limit, number));
            spans.push((limit, value.span()));
        }
    }
    (named, spans)
}

/// One key; `None` where it was a mistake.
fn limit(
    found: Option<&Row>,
    word: &str,
    at: Range<usize>,
    value: &Spanned<DeValue<'_>>,
    glob: Option<&str>,
    mistakes: &mut Vec<Mistake>,
) -> Option<(Limit, f64)> {
    let section = glob.map_or_else(|| SECTION.to_owned(), |glob| format!("{SECTION}.{TASK}.{}", quoted(glob)));
    let name = |key: &str| format!("{section}.{key}");
    match found {
        Some(row) if glob.is_some() && !row.per_task => {
            let what = format!("`{}` is of instances, not of tasks", name(word));
            mistakes.push(Mistake { span: at, what, hint: format!("`{word}` stands in [{SECTION}]") });
            None
        }
        Some(row) => match in_range(row, value) {
            Ok(number) => Some((row.limit, number)),
            Err(wrong) => {
                let what = format!("`{}` {}", name(word), wrong.what);
                mistakes.push(Mistake { span: wrong.span, what, hint: wrong.hint });
                None
            }
        },
        None => {
            let here = TABLE.iter().filter(|row| glob.is_none() || row.per_task).map(|row| row.key);
            let here: Vec<&str> = here.chain(glob.is_none().then_some(TASK)).collect();
            let what = format!("`{}` is no key", name(&word.escape_debug().to_string()));
            mistakes.push(Mistake { span: at, what, hint: nearest(&here, word, name) });
            None
        }
    }
}

fn in_range(row: &Row, value: &Spanned<DeValue<'_>>) -> Result<f64, Wrong> {
    let (number, span) = number(value)?;
    if (row.least..=row.most).contains(&number) {
        return Ok(number);
    }
    let what = format!("must be between {} and {}, not {number}", row.least, row.most);
    Err(Wrong { span, what, hint: format!("for example {} = {}", row.key, row.default) })
}

/// Limits that are right by themselves and wrong together.
fn contradictions(config: &Config, spans: &[(Option<String>, Spans)], mistakes: &mut Vec<Mistake>) {
    for (limit, glob, why) in config.alerts.contradictions() {
        let Some((_, here)) = spans.iter().find(|(pattern, _)| pattern.as_deref() == glob) else { continue };
        // The key itself, or the one it contradicts.
        let span = here.iter().find(|(one, _)| *one == limit).or_else(|| here.first());
        let section = glob.map_or_else(|| SECTION.to_owned(), |glob| format!("{SECTION}.{TASK}.{}", quoted(glob)));
        mistakes.push(Mistake {
            span: span.map(|(_, span)| span.clone()).unwrap_or_default(),
            what: format!("`{section}.{}` {why}", limit.row().key),
            hint: "set both".to_owned(),
        });
    }
}

/// A pattern as TOML writes it in the name of a section.
fn quoted(glob: &str) -> String {
    format!("\"{}\"", glob.escape_debug())
}

/// Every limit with its meaning and its default, as it stands in `config.example.toml`.
pub fn example() -> String {
    let mut out = String::new();
    for (at, row) in TABLE.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let only = if row.per_task { "" } else { " Of instances: not in [alerts.task]." };
        comment(&mut out, &[&format!("{} {} to {}.{only}", row.doc, row.least, row.most)]);
        let _ = writeln!(out, "{} = {:?}", row.key, row.default);
    }
    out.push_str("\n# [alerts.task.\"orders-*\"]\n# latency_warning_seconds = 20.0\n");
    out
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use std::path::Path;

    #[test]
    fn every_limit_can_be_set_for_all_and_where_it_makes_sense_for_some() {
        for row in &TABLE {
            for section in ["alerts", "alerts.task.\"orders-*\""] {
                let value = (row.default * 0.9).clamp(row.least, row.most);
                // A pair must stay a pair.
                let text = format!("[{section}]\n{} = {value:?}\n", row.key);
                let config = parse(&text, Path::new("x"));
                assert_eq!(config.is_ok(), section == "alerts" || row.per_task, "{text}: {:?}", config.err());
                if let Ok(config) = config {
                    let of_task = config.alerts.of_task("orders-cdc").of(row.limit);
                    assert!((of_task - value).abs() < 1e-9, "{text}");
                }
            }
        }
    }
}
