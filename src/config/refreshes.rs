//! `[refresh.NAME]`, its `[[refresh.NAME.step]]` and the sections within: loads of a target with everything around them. The
//! same tables of keys for each of them. `step.rs` is about the steps.

mod step;

use super::Config;
use super::keys::{Wrong, choice, comment, each, filled, nearest, truth, wrong};
use super::masking;
use super::mistake::Mistake;
use super::row::{Row, no_section, set};
use super::validations::{duration, quoted};
use crate::model::change::{Destination, Safeguards, Which};
use crate::model::refresh::{self, Cadence, Load, Orphans, Purpose, Quarantine, Settings};
use crate::model::topic::TopicArn;
use jiff::SignedDuration;
use std::fmt::Write as _;
use std::ops::Range;
use step::{CUSTOM_KEYS, STEP_KEYS, options, steps_of_ones_own};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub const SECTION: &str = "refresh";
/// The sections within.
const STEP: &str = "step";
const STEPS: &str = "steps";
const ORPHANS: &str = "orphans";
const WATERMARK: &str = "watermark";
const MASKING: &str = "masking";
const DEFUSE: &str = "defuse";
/// Without these it is no refresh.
const NEEDED: [(&str, &str); 5] = [
    ("task", "for example task = \"nightly-refresh\""),
    ("purpose", "purpose = \"data-refresh\" or \"data-migration\""),
    ("load", "load = \"full-load\", \"full-load-and-cdc\" or \"cdc\""),
    ("cadence", "cadence = \"schedule\" or \"one-time\""),
    ("to", "the databases that it may load, for example to = [\"staging.example.com/shop\"]"),
];
/// Longest time that can be said, in hours.
const MOST_HOURS: i64 = 30 * 24;

const KEYS: [Row<Settings>; 15] = [
    Row {
        key: "task",
        doc: &["The task that loads, by its exact name or ARN. It exists already, with its mappings and settings."],
        example: "\"nightly-refresh\"",
        read: |one, value| {
            one.task = filled(value)?.0;
            Ok(())
        },
    },
    Row {
        key: "purpose",
        doc: &[
            "What the data is for: \"data-refresh\" for somebody else's work, again and again; \"data-migration\" to take the place",
            "of the source.",
        ],
        example: "\"data-refresh\"",
        read: |one, value| {
            one.purpose = choice(value, &Purpose::ALL.map(|purpose| (purpose.word(), purpose)))?;
            Ok(())
        },
    },
    Row {
        key: "load",
        doc: &[
            "What the task does: \"full-load\", \"full-load-and-cdc\" or \"cdc\". The last two keep the target up to date until",
            "`refresh finish`, and are for a migration that is done once.",
        ],
        example: "\"full-load\"",
        read: |one, value| {
            one.load = choice(value, &Load::ALL.map(|load| (load.word(), load)))?;
            Ok(())
        },
    },
    Row {
        key: "cadence",
        doc: &["\"schedule\": rules or schedules start it too, now and then; \"one-time\": somebody does, once."],
        example: "\"schedule\"",
        read: |one, value| {
            one.cadence = choice(value, &Cadence::ALL.map(|cadence| (cadence.word(), cadence)))?;
            Ok(())
        },
    },
    Row {
        key: "to",
        doc: &[
            "Databases, as HOST/DB, that it may load: exactly these, as the target endpoint names them. What `protected` fits is",
            "never loaded.",
        ],
        example: "[\"staging.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop\"]",
        read: |one, value| {
            let hint = "for example to = [\"staging.example.com/shop\"]";
            one.to = each(value, hint, |text| match text.parse::<Destination>() {
                Ok(_) if text.contains(['*', '?']) => {
                    Err("that is a pattern, and each database is named by itself".to_owned())
                }
                Ok(at) => Ok(at),
                Err(_) => Err("that is not HOST/DB".to_owned()),
            })?;
            if one.to.is_empty() {
                return Err(wrong(value.span(), "is empty: then it may load nothing".to_owned(), hint));
            }
            Ok(())
        },
    },
    Row {
        key: "source",
        doc: &["Names of [databases.NAME], where those are not the endpoints of the task as DMS knows them."],
        example: "\"shop-prod\"",
        read: |one, value| {
            one.source = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "target",
        doc: &[],
        example: "\"shop-staging\"",
        read: |one, value| {
            one.target = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "schedules",
        doc: &[
            "Rules and schedules that start the task: off while it runs, and then as they were. Others that start it are found",
            "and told.",
        ],
        example: "[\"rule:default/nightly-refresh\"]",
        read: |one, value| {
            let hint = "for example [\"rule:default/nightly-refresh\", \"schedule:default/weekly\"]";
            one.schedules = each(value, hint, |text| match text.parse::<Which>() {
                Ok(Which::Whole(named)) => Ok(named),
                Ok(Which::Name(_)) => Err("that is a name alone, and it must be a whole one".to_owned()),
                Err(error) => Err(error.to_string()),
            })?;
            Ok(())
        },
    },
    Row {
        key: "sensitive",
        doc: &[
            "Tables of the source, as patterns of SCHEMA.TABLE, that must not arrive: where the task's mappings take one of them",
            "nothing is loaded.",
        ],
        example: "[\"shop.payment_card\", \"audit.*\"]",
        read: |one, value| {
            one.sensitive = each(value, "for example [\"shop.payment_card\"]", |text| match text.split_once('.') {
                Some((schema, table)) if !schema.is_empty() && !table.is_empty() => Ok(text.to_owned()),
                _ => Err("that is no pattern of SCHEMA.TABLE, and would keep nothing out".to_owned()),
            })?;
            Ok(())
        },
    },
    Row {
        key: "validation",
        doc: &["A [validation.NAME] that is carried out after the load, before anything is masked."],
        example: "\"shop\"",
        read: |one, value| {
            one.validation = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "quarantine",
        doc: &[
            "\"connections\": until the target is verified nobody else can connect to it; who is connected stays. \"none\": anybody",
            "can.",
        ],
        example: "\"connections\"",
        read: |one, value| {
            one.quarantine = choice(value, &[("none", Quarantine::None), ("connections", Quarantine::Connections)])?;
            Ok(())
        },
    },
    Row {
        key: "window",
        doc: &["When the source may be loaded: days, times, and an IANA time zone (UTC where it is left out)."],
        example: "\"Mon-Fri 01:00-05:00 Europe/London\"",
        read: |one, value| {
            let (text, span) = filled(value)?;
            let hint = "for example window = \"Mon-Fri 01:00-05:00 Europe/London\"";
            one.window = Some(text.parse().map_err(|why| wrong(span, format!("is no window: {why}"), hint))?);
            Ok(())
        },
    },
    Row {
        key: "topic",
        doc: &["An SNS topic that is told how it ended."],
        example: "\"arn:aws:sns:eu-west-1:123456789012:staging-refresh\"",
        read: |one, value| {
            let (text, span) = filled(value)?;
            let hint = "for example topic = \"arn:aws:sns:eu-west-1:123456789012:staging-refresh\"";
            let topic: TopicArn =
                text.parse().map_err(|why: String| wrong(span, format!("names no topic: {why}"), hint))?;
            one.topic = Some(topic.as_str().to_owned());
            Ok(())
        },
    },
    Row {
        key: "notice_after",
        doc: &[
            "And it is told after so long without an end, also of a run that was killed, as long as its host lives; for a host that is",
            "lost `cutover refresh watch NAME --late` has to be running elsewhere. 1s to 30 days (720h). Nothing is put back by that.",
        ],
        example: "\"6h\"",
        read: |one, value| {
            one.notice_after = Some(some_time(value)?);
            Ok(())
        },
    },
    Row {
        key: "replaces_lambda",
        doc: &[
            "`refresh watch` may work although somebody else hears of the task's stop too: that one is to be retired.",
        ],
        example: "true",
        read: |one, value| {
            one.replaces_lambda = truth(value)?;
            Ok(())
        },
    },
];

fn some_time(value: &Spanned<DeValue<'_>>) -> Result<SignedDuration, Wrong> {
    let time = duration(value, MOST_HOURS)?;
    if time.as_secs() < 1 {
        return Err(wrong(value.span(), "must be at least 1s".to_owned(), "for example \"10m\" or \"2h\""));
    }
    Ok(time)
}

/// Reads the section. Every mistake is added.
pub fn read(table: &DeTable<'_>, config: &mut Config, mistakes: &mut Vec<Mistake>) {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let place = format!("{SECTION}.{}", quoted(name));
        let DeValue::Table(keys) = value.get_ref() else {
            let hint = format!("write [{SECTION}.staging] on a line of its own, its keys below");
            mistakes.push(Mistake { hint, ..no_section(&place, value, value.get_ref()) });
            continue;
        };
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(good) {
            let what = format!("`{SECTION}` holds {name:?}, and a name has letters, digits, and - _ . only");
            mistakes.push(Mistake { span: key.span(), what, hint: "for example [refresh.staging]".to_owned() });
            continue;
        }
        let mut one = Settings::new("", (Purpose::DataRefresh, Load::FullLoad, Cadence::OneTime), Vec::new());
        let before = mistakes.len();
        for (key, value) in keys {
            match key.get_ref().as_ref() {
                STEP => one.custom = steps_of_ones_own(value, &place, mistakes),
                STEPS => options(value, &format!("{place}.{STEPS}"), &mut one, mistakes),
                ORPHANS => of_names(value, &format!("{place}.{ORPHANS}"), mistakes, |name, value| {
                    let policy = choice(value, &Orphans::ALL.map(|policy| (policy.word(), policy)))?;
                    one.orphans.insert(name.to_owned(), policy);
                    Ok(())
                }),
                WATERMARK => of_names(value, &format!("{place}.{WATERMARK}"), mistakes, |name, value| {
                    one.watermarks.insert(name.to_owned(), filled(value)?.0);
                    Ok(())
                }),
                MASKING => match value.get_ref() {
                    DeValue::Table(keys) => {
                        one.masking = Some(masking::masking(keys, &format!("{place}.{MASKING}"), mistakes));
                    }
                    other => mistakes.push(no_section(&format!("{place}.{MASKING}"), value, other)),
                },
                DEFUSE => one.defuse = masking::defuse(value, &format!("{place}.{DEFUSE}"), mistakes),
                word => set(&KEYS, &mut one, &place, (word, key.span()), value, mistakes),
            }
        }
        if mistakes.len() == before {
            complete(&one, keys, &place, &key.span(), mistakes);
        }
        config.refreshes.insert(name.to_owned(), one);
    }
}

/// A section of names of the operator's own, each with one value.
fn of_names(
    value: &Spanned<DeValue<'_>>,
    place: &str,
    mistakes: &mut Vec<Mistake>,
    mut read: impl FnMut(&str, &Spanned<DeValue<'_>>) -> Result<(), Wrong>,
) {
    let DeValue::Table(names) = value.get_ref() else {
        mistakes.push(no_section(place, value, value.get_ref()));
        return;
    };
    for (name, value) in names {
        if let Err(wrong) = read(name.get_ref(), value) {
            let what = format!("`{place}.{}` {}", quoted(name.get_ref()), wrong.what);
            mistakes.push(Mistake { span: wrong.span, what, hint: wrong.hint });
        }
    }
}

/// What is right by itself and makes no refresh together.
fn complete(one: &Settings, keys: &DeTable<'_>, place: &str, span: &Range<usize>, mistakes: &mut Vec<Mistake>) {
    let before = mistakes.len();
    let at = |key: &str| {
        let found = keys.iter().find(|(word, _)| word.get_ref() == key);
        found.map_or_else(|| span.clone(), |(_, value)| value.span())
    };
    let mut wrong = |span: Range<usize>, what: String, hint: &str| {
        mistakes.push(Mistake { span, what: format!("`{place}{what}"), hint: hint.to_owned() });
    };
    for (key, hint) in NEEDED {
        if keys.iter().all(|(word, _)| word.get_ref() != key) {
            wrong(span.clone(), format!("` has no {key}"), hint);
        }
    }
    if one.notice_after.is_some() && one.topic.is_none() {
        wrong(at("notice_after"), ".notice_after` has nobody to tell".to_owned(), "name the topic, or leave it out");
    }
    if one.source.is_some() && one.source == one.target {
        wrong(at("target"), ".target` is the source".to_owned(), "name the database that is loaded");
    }
    if one.replaces_lambda && one.cadence != Cadence::Schedule {
        let what = ".replaces_lambda` is for what a schedule starts, and the cadence is one-time".to_owned();
        wrong(at("replaces_lambda"), what, "leave it out, or set cadence = \"schedule\"");
    }
    if one.masking.is_some() && one.purpose == Purpose::DataMigration {
        let what = ".masking` would change what takes the place of the source".to_owned();
        wrong(at(MASKING), what, "leave it out, or set purpose = \"data-refresh\"");
    }
    if mistakes.len() > before || refresh::is_valid(one.purpose, one.load, one.cadence) {
        return;
    }
    let words = |(purpose, load, cadence): (Purpose, Load, Cadence)| {
        format!("{} with {} and {}", purpose.word(), load.word(), cadence.word())
    };
    let valid: Vec<String> = refresh::valid().into_iter().map(words).collect();
    let what = format!("`{place}` goes not together: {}", words((one.purpose, one.load, one.cadence)));
    mistakes.push(Mistake { span: at("load"), what, hint: format!("purpose, load and cadence: {}", valid.join("; ")) });
}

/// Checks what one section says of another. To be called when all of them are read, and right by themselves.
pub fn across(root: &DeTable<'_>, config: &Config, mistakes: &mut Vec<Mistake>) {
    let safeguards = Safeguards { protected: config.protected.clone(), ..Safeguards::default() };
    for (name, one) in &config.refreshes {
        let place = format!("{SECTION}.{}", quoted(name));
        let mut wrong = |key: &str, what: String, hint: String| {
            mistakes.push(Mistake {
                span: span_of(root, [SECTION, name, key]),
                what: format!("`{place}.{key}` {what}"),
                hint,
            });
        };
        for (key, asked) in [("source", &one.source), ("target", &one.target)] {
            let known: Vec<&str> = config.databases.iter().map(|entry| entry.name.as_str()).collect();
            let Some(asked) = asked.as_deref().filter(|asked| !known.contains(asked)) else { continue };
            let hint = match known[..] {
                [] => format!("write a section [databases.{}], or leave it out", quoted(asked)),
                _ => nearest(&known, asked, ToOwned::to_owned),
            };
            wrong(key, format!("names no [databases.NAME]: {asked:?}"), hint);
        }
        if let Some(asked) = one.validation.as_deref().filter(|asked| !config.validations.contains_key(*asked)) {
            let known: Vec<&str> = config.validations.keys().map(String::as_str).collect();
            let hint = match known[..] {
                [] => format!("write a section [validation.{}], or leave it out", quoted(asked)),
                _ => nearest(&known, asked, ToOwned::to_owned),
            };
            wrong("validation", format!("names no [validation.NAME]: {asked:?}"), hint);
        }
        for at in &one.to {
            if let Some(pattern) = safeguards.protects(at) {
                let hint = "take it out here, or write `protected` so that it does not fit";
                wrong("to", format!("holds {at}, which is protected by {pattern:?}"), hint.to_owned());
            }
        }
    }
}

pub(super) fn span_of(root: &DeTable<'_>, [section, name, key]: [&str; 3]) -> Range<usize> {
    fn get<'t, 'a>(table: &'t DeTable<'a>, word: &str) -> Option<&'t Spanned<DeValue<'a>>> {
        table.iter().find(|(key, _)| key.get_ref() == word).map(|(_, value)| value)
    }
    fn table<'t, 'a>(value: &'t Spanned<DeValue<'a>>) -> Option<&'t DeTable<'a>> {
        if let DeValue::Table(table) = value.get_ref() { Some(table) } else { None }
    }
    let one = get(root, section).and_then(table).and_then(|all| get(all, name)).and_then(table);
    one.and_then(|one| get(one, key)).map(Spanned::span).unwrap_or_default()
}

/// Every key with its meaning, as it stands in `config.example.toml`: none has a value unless somebody gives it one.
pub fn example() -> String {
    let mut out = String::new();
    let mut part = |head: &str, rows: Vec<(&'static str, &'static [&'static str], &'static str)>| {
        let _ = writeln!(out, "{head}");
        for (key, doc, example) in rows {
            let doc: Vec<String> = doc.iter().map(|line| format!("  {line}")).collect();
            comment(&mut out, &doc.iter().map(String::as_str).collect::<Vec<_>>());
            let _ = writeln!(out, "# {key} = {example}");
        }
    };
    part("\n# [refresh.staging]", KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    let head = "\n# What becomes of rows whose parent is not there, by a pattern of SCHEMA.TABLE.KEY of the target, where the pattern\n\
                # with the most letters wins: \"fail\", which is what leaving it out means, \"report\", \"null\" or \"delete\":\n\
                # [refresh.staging.orphans]";
    part(head, vec![("\"shop.order_item.order_item_order_fk\"", &[], "\"delete\"")]);
    let head = "\n# Which column of a table of the source says when a row was last written: rows newer than the load are set apart by\n\
                # the validation:\n# [refresh.staging.watermark]";
    part(head, vec![("\"shop.orders\"", &[], "\"updated_at\"")]);
    let head = "\n# How a step is taken, where that is not as usual; `refresh plan` shows the steps and how they are taken:\n\
                # [refresh.staging.steps.keys-back]";
    part(head, STEP_KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    let head = "\n# Steps of your own, any number of them:\n# [[refresh.staging.step]]";
    part(head, CUSTOM_KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    out.push_str(&masking::example());
    out
}

#[cfg(test)]
mod tests;
