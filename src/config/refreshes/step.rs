//! Steps of a refresh: how those there are are taken, and those that somebody adds.

use super::super::keys::{Wrong, choice, each, expected, filled, kind, nearest, truth, wrong};
use super::super::mistake::Mistake;
use super::super::row::{Row, no_section, set};
use super::super::validations::quoted;
use super::{STEP, some_time};
use crate::model::refresh::{
    self, Again, CustomStep, Does, OnFailure, Settings, StepKind, StepName, StepOptions, StepTerms,
};
use std::path::PathBuf;
use toml::Spanned;
use toml::de::DeValue;

/// Most attempts after the first.
const MOST_RETRIES: u32 = 20;

pub(super) const STEP_KEYS: [Row<StepOptions>; 3] = [
    Row {
        key: "timeout",
        doc: &["One attempt takes no longer. 1s to 720h."],
        example: "\"2h\"",
        read: |one, value| {
            one.timeout = Some(some_time(value)?);
            Ok(())
        },
    },
    Row {
        key: "retry",
        doc: &["Further attempts after the first. 0 to 20."],
        example: "3",
        read: |one, value| {
            one.retry = Some(attempts(value)?);
            Ok(())
        },
    },
    Row {
        key: "on_failure",
        doc: &["\"stop\"; or \"go-on\", of analyze, notify, validate and steps of your own."],
        example: "\"stop\"",
        read: |one, value| {
            one.on_failure = Some(on_failure(value)?);
            Ok(())
        },
    },
];

/// A step of one's own, as far as it was said.
#[derive(Default)]
pub(super) struct Draft {
    name: String,
    after: Option<StepKind>,
    sql_file: Option<PathBuf>,
    command: Option<Vec<String>>,
    probe_sql: Option<String>,
    probe_command: Option<Vec<String>>,
    mark: bool,
    options: StepOptions,
}

pub(super) const CUSTOM_KEYS: [Row<Draft>; 9] = [
    Row {
        key: "name",
        doc: &[],
        example: "\"warm-up\"",
        read: |one, value| {
            let (name, span) = filled(value)?;
            let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if !name.chars().all(good) {
                let what = format!("holds letters, digits, - and _ only, not {name:?}");
                return Err(wrong(span, what, "for example name = \"warm-up\""));
            }
            if StepKind::ALL.iter().any(|kind| kind.word() == name) {
                return Err(wrong(span, format!("is that of a step there is already: {name}"), "give it its own name"));
            }
            one.name = name;
            Ok(())
        },
    },
    Row {
        key: "after",
        doc: &["The step behind which it stands, or where that would be; from lock to schedule-back."],
        example: "\"triggers-on\"",
        read: |one, value| {
            let places: Vec<(&str, StepKind)> = places().map(|kind| (kind.word(), kind)).collect();
            one.after = Some(choice(value, &places)?);
            Ok(())
        },
    },
    Row {
        key: "sql_file",
        doc: &[
            "SQL that is run on the target, from the folder of this file; or a program on this machine, without a shell.",
        ],
        example: "\"sql/warm_up.sql\"",
        read: |one, value| {
            one.sql_file = Some(PathBuf::from(filled(value)?.0));
            Ok(())
        },
    },
    Row {
        key: "command",
        doc: &[],
        example: "[\"aws\", \"lambda\", \"invoke\", \"--function-name\", \"after-refresh\", \"/dev/null\"]",
        read: |one, value| {
            one.command = Some(words(value)?);
            Ok(())
        },
    },
    Row {
        key: "probe",
        doc: &[
            "How it is known after a crash whether it was done. Of SQL: a query that gives true or false; of a program: another,",
            "that ends with 0 where it was done and with 1 where not.",
        ],
        example: "\"SELECT EXISTS (SELECT 1 FROM shop.warm)\"",
        read: |one, value| {
            match value.get_ref() {
                DeValue::Array(_) => one.probe_command = Some(words(value)?),
                _ => one.probe_sql = Some(filled(value)?.0),
            }
            Ok(())
        },
    },
    Row {
        key: "mark",
        doc: &[
            "Instead of a probe: a mark in the target's ledger. That of SQL is in the same transaction, and is what leaving both",
            "out means (in MySQL a CREATE or ALTER ends a transaction: give a probe); a program may be run twice.",
        ],
        example: "true",
        read: |one, value| {
            one.mark = truth(value)?;
            Ok(())
        },
    },
    Row {
        key: "timeout",
        doc: STEP_KEYS[0].doc,
        example: "\"5m\"",
        read: |one, value| (STEP_KEYS[0].read)(&mut one.options, value),
    },
    Row {
        key: "retry",
        doc: STEP_KEYS[1].doc,
        example: "1",
        read: |one, value| (STEP_KEYS[1].read)(&mut one.options, value),
    },
    Row {
        key: "on_failure",
        doc: &[],
        example: "\"go-on\"",
        read: |one, value| (STEP_KEYS[2].read)(&mut one.options, value),
    },
];

fn places() -> impl Iterator<Item = StepKind> {
    StepKind::ALL.into_iter().filter(|kind| refresh::may_follow(*kind))
}

fn attempts(value: &Spanned<DeValue<'_>>) -> Result<u32, Wrong> {
    let hint = "write it without quotes";
    let DeValue::Integer(number) = value.get_ref() else { return Err(expected(value, "a whole number", hint)) };
    let fits = number.to_string().parse::<u32>().ok().filter(|number| *number <= MOST_RETRIES);
    fits.ok_or_else(|| wrong(value.span(), format!("must be a whole number from 0 to {MOST_RETRIES}"), hint))
}

fn on_failure(value: &Spanned<DeValue<'_>>) -> Result<OnFailure, Wrong> {
    choice(value, &[("stop", OnFailure::Stop), ("go-on", OnFailure::GoOn)])
}

fn words(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Wrong> {
    let hint = "the program and its arguments, for example [\"aws\", \"lambda\", \"invoke\"]";
    let words = each(value, hint, |word| Ok(word.to_owned()))?;
    if words.is_empty() {
        return Err(wrong(value.span(), "names no program".to_owned(), hint));
    }
    Ok(words)
}

/// `[refresh.NAME.steps.WORD]`.
pub(super) fn options(value: &Spanned<DeValue<'_>>, place: &str, one: &mut Settings, mistakes: &mut Vec<Mistake>) {
    let DeValue::Table(steps) = value.get_ref() else {
        mistakes.push(no_section(place, value, value.get_ref()));
        return;
    };
    for (word, value) in steps {
        let known = StepKind::ALL.into_iter().filter(|kind| *kind != StepKind::Custom);
        let Some(kind) = known.clone().find(|kind| kind.word() == word.get_ref()) else {
            let here: Vec<&str> = known.map(StepKind::word).collect();
            let what = format!("`{place}.{}` is no step", quoted(word.get_ref()));
            let hint = nearest(&here, word.get_ref(), |word| format!("{place}.{word}"));
            mistakes.push(Mistake { span: word.span(), what, hint });
            continue;
        };
        let place = format!("{place}.{}", kind.word());
        let DeValue::Table(keys) = value.get_ref() else {
            mistakes.push(no_section(&place, value, value.get_ref()));
            continue;
        };
        let mut said = StepOptions::default();
        for (key, value) in keys {
            set(&STEP_KEYS, &mut said, &place, (key.get_ref(), key.span()), value, mistakes);
        }
        if said.on_failure == Some(OnFailure::GoOn) && !StepTerms::may_go_on(kind) {
            let can: Vec<&str> =
                StepKind::ALL.into_iter().filter(|kind| StepTerms::may_go_on(*kind)).map(StepKind::word).collect();
            let what =
                format!("`{place}.on_failure` cannot be \"go-on\": what comes after {} depends on it", kind.word());
            let hint = format!("leave it out; without these a run can go on: {}", can.join(", "));
            mistakes.push(Mistake { span: word.span(), what, hint });
        }
        one.steps.insert(kind, said);
    }
}

/// `[[refresh.NAME.step]]`.
pub(super) fn steps_of_ones_own(
    value: &Spanned<DeValue<'_>>,
    place: &str,
    mistakes: &mut Vec<Mistake>,
) -> Vec<CustomStep<PathBuf>> {
    let place = format!("{place}.{STEP}");
    let DeValue::Array(list) = value.get_ref() else {
        let what = format!("`{place}` must be sections, not {}", kind(value.get_ref()));
        let hint = format!("write [[{place}]] on a line of its own, its keys below");
        mistakes.push(Mistake { span: value.span(), what, hint });
        return Vec::new();
    };
    let mut all: Vec<CustomStep<PathBuf>> = Vec::new();
    for item in list {
        let DeValue::Table(keys) = item.get_ref() else {
            mistakes.push(no_section(&place, item, item.get_ref()));
            continue;
        };
        let mut draft = Draft::default();
        let before = mistakes.len();
        for (key, value) in keys {
            set(&CUSTOM_KEYS, &mut draft, &place, (key.get_ref(), key.span()), value, mistakes);
        }
        if mistakes.len() > before {
            continue;
        }
        let twice = all.iter().any(|other| other.name.0 == draft.name);
        match whole(draft) {
            Err((what, hint)) => {
                let what = format!("`{place}` {what}");
                mistakes.push(Mistake { span: item.span(), what, hint: hint.to_owned() });
            }
            Ok(step) if twice => {
                let what = format!("`{place}` has the name of another one: {}", step.name.0);
                mistakes.push(Mistake { span: item.span(), what, hint: "give each its own name".to_owned() });
            }
            Ok(step) => all.push(step),
        }
    }
    all
}

/// What is right by itself and makes no step together.
fn whole(draft: Draft) -> Result<CustomStep<PathBuf>, (String, &'static str)> {
    let no = |what: &str, hint| Err((what.to_owned(), hint));
    if draft.name.is_empty() {
        return no("needs a name", "for example name = \"warm-up\"");
    }
    let Some(after) = draft.after else {
        return no("says not where it stands", "for example after = \"triggers-on\"");
    };
    let probe = draft.probe_sql.is_some() || draft.probe_command.is_some();
    if probe && draft.mark {
        return no("has a probe and a mark, and one of them says whether it was done", "keep one");
    }
    let (does, again) = match (draft.sql_file, draft.command) {
        (None, None) => return no("does nothing", "give it an sql_file or a command"),
        (Some(_), Some(_)) => return no("has an sql_file and a command", "write two steps"),
        (Some(_), None) if draft.probe_command.is_some() => {
            return no("runs SQL, and its probe is a program", "a query that gives true or false, or mark = true");
        }
        (None, Some(_)) if draft.probe_sql.is_some() => {
            return no(
                "runs a program, and its probe is a text",
                "a program and its arguments in a list, or mark = true",
            );
        }
        (None, Some(_)) if !probe && !draft.mark => {
            return no(
                "says not how it is known after a crash whether it was done",
                "give it a probe; or mark = true, if it may be run twice",
            );
        }
        (Some(path), None) => (Does::Sql(path), draft.probe_sql.map_or(Again::Mark, Again::ProbeSql)),
        (None, Some(words)) => (Does::Command(words), draft.probe_command.map_or(Again::Mark, Again::ProbeCommand)),
    };
    let usual = StepTerms::usual(StepKind::Custom);
    Ok(CustomStep {
        name: StepName(draft.name),
        after,
        does,
        again,
        timeout: draft.options.timeout.unwrap_or(usual.timeout),
        retry: draft.options.retry.unwrap_or(usual.retry),
        on_failure: draft.options.on_failure.unwrap_or(usual.on_failure),
    })
}
