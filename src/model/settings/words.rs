//! Task settings in words: what each one means, and where it can cost data although the task says `running`.
//!
//! The tables are in `known.rs`. Settings that are in neither are shown as they are, never left out.

use super::known::Say::{Amount, Choice, Flag, Text};
use super::known::{BEWARE, Chapter, KNOWN, Known};
use crate::model::json::{Rest, scalar, written};
use crate::model::statement::{Section, Statement};
use serde_json::Value;
use std::collections::BTreeMap;

/// Settings in words; `Err` says why the text cannot be read as JSON.
pub fn words(text: &str) -> Result<Vec<Section>, serde_json::Error> {
    let document: Value = serde_json::from_str(text)?;
    let Value::Object(document) = document else {
        let all = Statement::new("settings", written(&document));
        return Ok(vec![Section { title: OTHER, statements: vec![all] }]);
    };
    let mut top = Rest::new(document);
    let mut parts: BTreeMap<&'static str, Rest> = BTreeMap::new();
    let named = KNOWN.iter().flat_map(|Chapter(_, known)| known.iter().map(|Known(section, ..)| *section));
    for section in named {
        if !parts.contains_key(section)
            && let Some(part) = top.object(section)
        {
            parts.insert(section, part);
        }
    }
    let mut sections = Vec::new();
    for Chapter(title, known) in &KNOWN {
        let mut statements: Vec<Statement> = known.iter().filter_map(|known| told(known, &mut parts)).collect();
        if let ("Logging", Some(logging)) = (*title, parts.get_mut("Logging")) {
            statements.extend(levels(logging));
        }
        sections.push(Section { title, statements });
        if *title == "Full load"
            && let Some(metadata) = parts.get_mut("TargetMetadata")
        {
            sections.push(Section { title: "LOBs and long texts", statements: lobs(metadata) });
        }
    }
    let inner = parts.into_iter().flat_map(|(section, rest)| {
        rest.left().map(move |(key, value)| Statement::new(format!("{section}.{key}"), value))
    });
    let mut others: Vec<Statement> = inner.collect();
    others.extend(top.left().map(|(key, value)| Statement::new(key, value)));
    sections.push(Section { title: OTHER, statements: others });
    sections.retain(|section| !section.statements.is_empty());
    Ok(sections)
}

const OTHER: &str = "Other settings, as they are";

fn told(Known(section, key, subject, say): &Known, parts: &mut BTreeMap<&'static str, Rest>) -> Option<Statement> {
    let value = parts.get_mut(section)?.text(key)?;
    let words = match (say, value.as_str()) {
        (Flag(yes, _), "true") => (*yes).to_owned(),
        (Flag(_, no), "false") => (*no).to_owned(),
        (Choice(all), value) => {
            let known = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
            known.map_or_else(|| value.to_owned(), |(name, words)| format!("{words} ({name})"))
        }
        (Amount(_), "-1") if *key == "RecoverableErrorCount" => "tried again without end".to_owned(),
        (Amount(words), value) => words.replace("{}", value),
        (Text(nothing), "") => (*nothing).to_owned(),
        (_, value) => value.to_owned(),
    };
    let mut statement = Statement::new(*subject, words);
    let warned = BEWARE.iter().filter(|(of, at, _)| of == key && at.eq_ignore_ascii_case(&value));
    for (_, _, why) in warned {
        statement = statement.beware(*why);
    }
    Some(statement)
}

/// The LOB mode is told by four settings together.
fn lobs(metadata: &mut Rest) -> Vec<Statement> {
    let [support, full, limited] = ["SupportLobs", "FullLobMode", "LimitedSizeLobMode"].map(|key| metadata.flag(key));
    let [size, chunk, inline] =
        ["LobMaxSize", "LobChunkSize", "InlineLobMaxSize"].map(|key| metadata.text(key).filter(|n| n != "0"));
    if (support, full, limited) == (None, None, None) {
        let sizes = [("LobMaxSize", size), ("LobChunkSize", chunk), ("InlineLobMaxSize", inline)];
        return sizes.into_iter().filter_map(|(key, n)| n.map(|n| Statement::new(key, n))).collect();
    }
    let kb = |n: Option<String>, otherwise: &str| n.map_or_else(|| otherwise.to_owned(), |n| format!("{n} KB"));
    let mut out = Vec::new();
    if support == Some(false) {
        out.push(Statement::new("LOB columns", "left out").beware(
            "Every column of a LOB type is missing on the target; on PostgreSQL that is also TEXT and VARCHAR without a length.",
        ));
        // They mean nothing now, and are told all the same.
        let idle = [("limited to", size), ("in pieces of", chunk), ("inline up to", inline)];
        let idle = idle.into_iter().filter_map(|(word, n)| n.map(|n| format!("{word} {n} KB")));
        let idle: Vec<String> = idle.collect();
        if !idle.is_empty() {
            out.push(Statement::new("Without effect", idle.join(", ")));
        }
        return out;
    }
    if limited == Some(true) {
        let size = kb(size, "a size that is not set");
        out.push(
            Statement::new("LOB mode", format!("limited: up to {size}"))
                .beware("A longer value is cut, with only a warning in the log."),
        );
        out.extend(chunk.map(|n| Statement::new("Pieces", format!("of {n} KB, in full mode only"))));
    } else if full == Some(true) {
        let pieces = format!("full: each LOB is read by itself, in pieces of {}", kb(chunk, "the default size"));
        out.push(Statement::new("LOB mode", pieces).note("Complete, and slow; needs a primary key."));
        out.extend(size.map(|n| Statement::new("Limit", format!("{n} KB, in limited mode only"))));
    } else {
        out.push(Statement::new("LOB mode", "neither limited nor full"));
        let both = [size.map(|n| format!("limit {n} KB")), chunk.map(|n| format!("pieces of {n} KB"))];
        let both: Vec<String> = both.into_iter().flatten().collect();
        out.extend((!both.is_empty()).then(|| Statement::new("Sizes", both.join(", "))));
    }
    out.extend(inline.map(|n| Statement::new("Inline", format!("LOBs up to {n} KB travel with their row"))));
    out
}

/// Log levels by component, the usual one first.
fn levels(logging: &mut Rest) -> Vec<Statement> {
    let Some(components) = logging.list("LogComponents") else { return Vec::new() };
    let mut by_level: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut odd = Vec::new();
    for component in components {
        let (id, level) = (component.get("Id").and_then(scalar), component.get("Severity").and_then(scalar));
        let plain = component.as_object().is_some_and(|object| object.len() == 2);
        match (id, level) {
            (Some(id), Some(level)) if plain => by_level.entry(level).or_default().push(id),
            _ => odd.push(component.to_string()),
        }
    }
    let mut out: Vec<Statement> = by_level
        .into_iter()
        .map(|(level, components)| {
            let word = level.strip_prefix("LOGGER_SEVERITY_").unwrap_or(&level).to_lowercase().replace('_', " ");
            let statement = Statement::new(format!("Level {word}"), components.join(", "));
            match word.as_str() {
                "error" => statement.beware("Warnings are not written, and rejected rows are warnings."),
                "detailed debug" | "debug" => {
                    statement.beware("Such logs can fill the instance's disk, which stops every task on it.")
                }
                _ => statement,
            }
        })
        .collect();
    out.extend(odd.into_iter().map(|one| Statement::new("LogComponents", one)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, json};

    fn lines(settings: &Value) -> Vec<String> {
        let sections = words(&settings.to_string()).unwrap();
        let all = sections.iter().flat_map(|section| section.statements.iter().map(move |one| (section.title, one)));
        all.map(|(title, one)| {
            let remarks: Vec<String> = one.remarks.iter().map(|remark| format!(" [{}]", remark.words)).collect();
            format!("{title}: {}: {}{}", one.subject, one.words, remarks.concat())
        })
        .collect()
    }

    #[test]
    fn a_setting_says_what_it_means_and_what_it_risks() {
        for (settings, want) in [
            (
                json!({"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}),
                "Full load: Existing tables: left as they are (DO_NOTHING) [A second load adds the rows again, unless a key \
                 refuses them: empty the tables first.]",
            ),
            (json!({"FullLoadSettings": {"MaxFullLoadSubTasks": 8}}), "Full load: Tables at a time: 8"),
            (
                json!({"TargetMetadata": {"SupportLobs": true, "LimitedSizeLobMode": true, "LobMaxSize": 32, "FullLobMode": false}}),
                "LOBs and long texts: LOB mode: limited: up to 32 KB [A longer value is cut, with only a warning in the log.]",
            ),
            (
                json!({"TargetMetadata": {"SupportLobs": false, "LobMaxSize": 0}}),
                "LOBs and long texts: LOB columns: left out [Every column of a LOB type is missing on the target; on PostgreSQL \
                 that is also TEXT and VARCHAR without a length.]",
            ),
            (
                json!({"ErrorBehavior": {"ApplyErrorDeletePolicy": "IGNORE_RECORD"}}),
                "When something goes wrong: Delete refused: the row is skipped, and nothing says so (IGNORE_RECORD) [A row to \
                 delete that was not there is a sign of drift; nothing says so.]",
            ),
            (
                json!({"ErrorBehavior": {"RecoverableErrorCount": -1}}),
                "When something goes wrong: Connection lost: tried again without end [For ever: the task says running while it \
                 only tries again.]",
            ),
            (
                json!({"Logging": {"EnableLogging": false}}),
                "Logging: Log: off [Rejected rows and cut values are told in the log and nowhere else.]",
            ),
            (
                json!({"Logging": {"LogComponents": [{"Id": "SORTER", "Severity": "LOGGER_SEVERITY_ERROR"},
                    {"Id": "IO", "Severity": "LOGGER_SEVERITY_ERROR"}]}}),
                "Logging: Level error: SORTER, IO [Warnings are not written, and rejected rows are warnings.]",
            ),
            (
                json!({"TTSettings": {"EnableTT": false}}),
                "Other settings, as they are: TTSettings: {\"EnableTT\":false}",
            ),
            (json!({"Logging": {"Novelty": 5}}), "Other settings, as they are: Logging.Novelty: 5"),
            (
                json!({"ErrorBehavior": {"DataErrorPolicy": "NEW_POLICY"}}),
                "When something goes wrong: Error of a row: NEW_POLICY",
            ),
        ] {
            assert_eq!(lines(&settings), [want], "{settings}");
        }
    }

    #[test]
    fn every_warning_is_about_a_setting_that_is_told() {
        for (key, value, _) in BEWARE {
            let known = KNOWN.iter().flat_map(|Chapter(_, known)| known.iter()).find(|known| known.1 == key);
            let Some(Known(section, ..)) = known else { panic!("{key} is not told") };
            let value: Value = serde_json::from_str(value).unwrap_or(Value::from(value));
            let told = lines(&json!({ *section: { key: value } }));
            assert!(told[0].contains('['), "{told:?}");
        }
    }

    fn section() -> impl Strategy<Value = &'static str> {
        let all: Vec<&'static str> =
            KNOWN.iter().flat_map(|Chapter(_, known)| known.iter().map(|Known(section, ..)| *section)).collect();
        prop::sample::select(all).boxed().prop_union(Just("Novelty").boxed())
    }

    fn key() -> impl Strategy<Value = &'static str> {
        let mut all: Vec<&'static str> =
            KNOWN.iter().flat_map(|Chapter(_, known)| known.iter().map(|Known(_, key, ..)| *key)).collect();
        all.extend(["LobMaxSize", "LobChunkSize", "InlineLobMaxSize", "LogComponents", "Novelty"]);
        prop::sample::select(all)
    }

    proptest! {
        #[test]
        fn no_number_or_text_of_the_settings_is_left_out(
            settings in prop::collection::btree_map(
                section(),
                prop::collection::btree_map(key(), prop_oneof![
                    (100_000i64..999_999).prop_map(Value::from),
                    "[a-z]{8}".prop_map(Value::from),
                    "[a-z]{8}".prop_map(|id| json!([{"Id": id, "Severity": "LOGGER_SEVERITY_INFO"}])),
                    "[a-z]{8}".prop_map(|text| json!({"inner": text})),
                ], 0..6),
                0..5,
            ),
            lobs: Option<bool>,
        ) {
            let mut wanted = Vec::new();
            for value in settings.values().flat_map(|section| section.values()) {
                wanted.push(match value {
                    Value::Array(list) => list[0]["Id"].as_str().unwrap().to_owned(),
                    Value::Object(object) => object["inner"].as_str().unwrap().to_owned(),
                    other => written(other),
                });
            }
            let mut document: Map<String, Value> =
                settings.into_iter().map(|(key, section)| (key.to_owned(), json!(section))).collect();
            if let (Some(lobs), Some(metadata)) = (lobs, document.get_mut("TargetMetadata")) {
                metadata["SupportLobs"] = lobs.into();
            }
            let all = lines(&Value::Object(document)).join("\n");
            for mark in wanted {
                prop_assert!(all.contains(&mark), "{} is not in {}", mark, all);
            }
        }

        #[test]
        fn any_text_gives_words_or_an_error(text in "\\PC{0,200}") {
            let _ = words(&text);
        }
    }
}
