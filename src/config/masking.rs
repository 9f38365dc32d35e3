//! `[refresh.NAME.masking]` and `defuse`: what stands in columns instead of somebody's data, and which tables of
//! production must not act on staging. Start at [`masking`] and [`defuse`]; both tell every mistake at once.

use super::keys::{Wrong, choice, comment, each, expected, filled, nearest, number, truth, wrong};
use super::mistake::Mistake;
use super::row::{Row, no_section, set};
use crate::model::database::PasswordFrom;
use crate::model::masking::defuse::{Action, Defuse};
use crate::model::masking::personal::Personal;
use crate::model::masking::{Function, JsonPath, OnNewColumn, Otherwise, Rule, Rules, TableRules, Truncate, Unlisted};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Holds one rule for each pattern of columns.
const DEFAULTS: &str = "defaults";
/// Holds one section for each table.
const TABLES: &str = "tables";
/// Holds one rule for each column of a table.
const COLUMNS: &str = "columns";

const KEYS: [Row<Rules>; 8] = [
    Row {
        key: "unlisted",
        doc: &[
            "A column of a loaded table that no rule names: \"fail\" refuses the plan and names it, \"mask-default\" makes it NULL,",
            "or 0, an empty text and the like where it must not be. To keep a whole table: passthrough, with a reason.",
        ],
        example: "\"mask-default\"",
        read: |rules, value| {
            rules.unlisted = choice(value, &[("fail", Unlisted::Fail), ("mask-default", Unlisted::MaskDefault)])?;
            Ok(())
        },
    },
    Row {
        key: "on_new_column",
        doc: &[
            "A column that was not there at the last refresh stops the next one, also where a pattern fits its name.",
        ],
        example: "\"halt\"",
        read: |rules, value| {
            rules.on_new_column = choice(value, &[("halt", OnNewColumn::Halt)])?;
            Ok(())
        },
    },
    Row {
        key: "accepted_columns",
        doc: &["The hash that such a halt prints: somebody has looked at the new columns, and their rules are right."],
        example: "\"3f7a09c1d2e4b586\"",
        read: |rules, value| {
            let (hash, span) = filled(value)?;
            if hash.len() != 16 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                let hint = "copy it from what `refresh plan` says of new columns";
                return Err(wrong(span, format!("is no hash of columns: {hash:?}"), hint));
            }
            rules.accepted_columns = Some(hash.to_lowercase());
            Ok(())
        },
    },
    Row {
        key: "key_env",
        doc: &[
            "An environment variable that holds the key: at least 16 characters nobody guesses (`openssl rand -hex 32`). The same",
            "value, domain and key give the same masked value, in every table and on every engine.",
        ],
        example: "\"REFRESH_MASK_KEY\"",
        read: |rules, value| {
            let (name, span) = filled(value)?;
            if name.chars().any(|c| c == '=' || c.is_whitespace() || c.is_control()) {
                return Err(wrong(span, "is no name of a variable".to_owned(), "for example \"REFRESH_MASK_KEY\""));
            }
            key(rules, PasswordFrom::Environment(name), span)
        },
    },
    Row {
        key: "key_secret",
        doc: &["Instead: name or ARN of a secret in Secrets Manager whose whole text is the key."],
        example: "\"refresh/mask-key\"",
        read: |rules, value| {
            let (name, span) = filled(value)?;
            key(rules, PasswordFrom::Secret(name), span)
        },
    },
    Row {
        key: "key_command",
        doc: &["Instead: a program and its arguments, run without a shell; the first line it prints is the key."],
        example: "[\"pass\", \"show\", \"refresh-mask-key\"]",
        read: |rules, value| {
            let words = each(value, "for example [\"pass\", \"show\", \"mask-key\"]", |word| Ok(word.to_owned()))?;
            if words.is_empty() {
                return Err(wrong(value.span(), "names no program".to_owned(), "leave the key out to mean nothing"));
            }
            key(rules, PasswordFrom::Command(words), value.span())
        },
    },
    // The sections within.
    Row { key: DEFAULTS, doc: &[], example: "", read: |_, _| Ok(()) },
    Row { key: TABLES, doc: &[], example: "", read: |_, _| Ok(()) },
];

const TABLE_KEYS: [Row<TableRules>; 3] = [
    Row {
        key: "exclude_data",
        doc: &["Its rows must not be loaded at all: the plan is refused while the task's mappings take it."],
        example: "true",
        read: |table, value| {
            table.exclude_data = truth(value)?;
            Ok(())
        },
    },
    Row {
        key: "passthrough",
        doc: &["Why every column without a rule of its own is kept."],
        example: "\"reference data, public\"",
        read: |table, value| {
            table.passthrough = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row { key: COLUMNS, doc: &[], example: "", read: |_, _| Ok(()) },
];

/// What some or all functions take besides their own options.
const COMMON: [&str; 6] = ["fn", "domain", "unique", "ignore_case", "reason", "holds"];

/// Every function: its name, its own options, an example of its rule.
const FUNCTIONS: [(&str, &[&str], &str); 33] = [
    ("keep", &[], "{ fn = \"keep\", reason = \"a number of ours\" }"),
    ("null", &[], "\"null\""),
    ("default", &[], "\"default\""),
    ("constant", &["value"], "{ fn = \"constant\", value = \"n/a\" }"),
    ("hash", &["length"], "{ fn = \"hash\", domain = \"customer\", length = 32 }"),
    ("email", &[], "{ fn = \"email\", domain = \"email\" }"),
    ("first_name", &[], "\"first_name\""),
    ("last_name", &[], "\"last_name\""),
    ("full_name", &[], "\"full_name\""),
    ("phone", &[], "\"phone\""),
    ("address", &[], "\"address\""),
    ("city", &[], "\"city\""),
    ("zip", &[], "\"zip\""),
    ("company", &[], "\"company\""),
    ("username", &[], "{ fn = \"username\", unique = true }"),
    ("url", &[], "\"url\""),
    ("ip", &[], "\"ip\""),
    ("uuid", &[], "\"uuid\""),
    ("credit_card", &[], "\"credit_card\""),
    ("iban", &[], "\"iban\""),
    ("ssn", &[], "\"ssn\""),
    (
        "partial",
        &["keep_start", "keep_end", "with"],
        "{ fn = \"partial\", keep_start = 0, keep_end = 4, with = \"*\" }",
    ),
    ("digits", &[], "\"digits\""),
    ("random_string", &["length", "alphabet"], "{ fn = \"random_string\", length = 12 }"),
    ("random_int", &["min", "max"], "{ fn = \"random_int\", min = 1, max = 100 }"),
    ("noise", &["percent"], "{ fn = \"noise\", percent = 10 }"),
    ("date_jitter", &["days"], "{ fn = \"date_jitter\", days = 30 }"),
    ("date_truncate", &["to"], "{ fn = \"date_truncate\", to = \"year\" }"),
    ("choice", &["values"], "{ fn = \"choice\", values = [\"gold\", \"silver\"] }"),
    ("regex_replace", &["pattern", "with"], "{ fn = \"regex_replace\", pattern = \"[0-9]\", with = \"#\" }"),
    ("redact", &[], "\"redact\""),
    ("lorem", &[], "\"lorem\""),
    ("json", &["paths", "otherwise"], "{ fn = \"json\", paths = { \"$.contact.email\" = \"email\" } }"),
];

const DEFUSE_HINT: &str = "for example { table = \"public.outbox\", action = \"truncate\" }";

/// Reads `[refresh.NAME.masking]`; `place` is how that section is called in messages. What it gives is only to be used
/// when there is no mistake.
pub fn masking(keys: &DeTable<'_>, place: &str, mistakes: &mut Vec<Mistake>) -> Rules {
    let mut rules = Rules::default();
    for (word, value) in keys {
        match (word.get_ref().as_ref(), value.get_ref()) {
            (DEFAULTS, DeValue::Table(patterns)) => {
                let mut patterns: Vec<_> = patterns.iter().collect();
                patterns.sort_by_key(|(pattern, _)| pattern.span().start);
                for (pattern, value) in patterns {
                    let place = format!("{place}.{DEFAULTS}.{:?}", pattern.get_ref());
                    if let Some(rule) = told(rule(value), &place, mistakes) {
                        rules.defaults.push((pattern.get_ref().to_string(), rule));
                    }
                }
            }
            (TABLES, DeValue::Table(tables)) => {
                for (name, value) in tables {
                    let place = format!("{place}.{TABLES}.{:?}", name.get_ref());
                    match value.get_ref() {
                        DeValue::Table(keys) => {
                            rules.tables.insert(name.get_ref().to_string(), table(keys, &place, mistakes));
                        }
                        other => mistakes.push(no_section(&place, value, other)),
                    }
                }
            }
            (word @ (DEFAULTS | TABLES), other) => mistakes.push(no_section(&format!("{place}.{word}"), value, other)),
            (name, _) => set(&KEYS, &mut rules, place, (name, word.span()), value, mistakes),
        }
    }
    rules
}

/// Reads `defuse = [{ table = …, action = … }]`; `place` is how the key is called in messages.
pub fn defuse(value: &Spanned<DeValue<'_>>, place: &str, mistakes: &mut Vec<Mistake>) -> Vec<Defuse> {
    let DeValue::Array(items) = value.get_ref() else {
        let wrong = expected(value, "a list of tables", DEFUSE_HINT);
        told::<()>(Err(wrong), place, mistakes);
        return Vec::new();
    };
    items.iter().filter_map(|item| told(one_defuse(item), place, mistakes)).collect()
}

fn one_defuse(value: &Spanned<DeValue<'_>>) -> Result<Defuse, Wrong> {
    let DeValue::Table(keys) = value.get_ref() else {
        return Err(expected(value, "a table and what is done with it", DEFUSE_HINT));
    };
    known_keys(keys, &["table", "action", "where", "sql_file"])?;
    let table = filled(required(keys, "table", value, DEFUSE_HINT)?)?.0;
    let filter = keys.get("where").map(filled).transpose()?.map(|(text, _)| text);
    let file = keys.get("sql_file").map(filled).transpose()?.map(|(text, _)| PathBuf::from(text));
    let action = match (keys.get("action"), file) {
        (Some(action), Some(_)) => {
            let hint = "sql_file alone says what is done";
            return Err(wrong(action.span(), "stands beside a sql_file".to_owned(), hint));
        }
        (None, Some(file)) => Action::File(file),
        (Some(action), None) => choice(action, &[("truncate", false), ("delete", true)])
            .map(|delete| if delete { Action::Delete { filter: filter.clone() } } else { Action::Truncate })?,
        (None, None) => return Err(missing(value, "an action or a sql_file", DEFUSE_HINT)),
    };
    match (&action, keys.get("where")) {
        (Action::Delete { .. }, _) | (_, None) => Ok(Defuse { table, action }),
        (_, Some(filter)) => {
            let hint = "action = \"delete\" takes one";
            Err(wrong(filter.span(), "has a where, and not every row of it is spared".to_owned(), hint))
        }
    }
}

fn table(keys: &DeTable<'_>, place: &str, mistakes: &mut Vec<Mistake>) -> TableRules {
    let mut table = TableRules::default();
    for (word, value) in keys {
        match (word.get_ref().as_ref(), value.get_ref()) {
            (COLUMNS, DeValue::Table(columns)) => {
                for (name, value) in columns {
                    let place = format!("{place}.{COLUMNS}.{:?}", name.get_ref());
                    if let Some(rule) = told(rule(value), &place, mistakes) {
                        table.columns.insert(name.get_ref().to_string(), rule);
                    }
                }
            }
            (COLUMNS, other) => mistakes.push(no_section(&format!("{place}.{COLUMNS}"), value, other)),
            (name, _) => set(&TABLE_KEYS, &mut table, place, (name, word.span()), value, mistakes),
        }
    }
    table
}

/// A rule: the name of a function, or a table with its options.
fn rule(value: &Spanned<DeValue<'_>>) -> Result<Rule, Wrong> {
    let empty = DeTable::new();
    let keys = match value.get_ref() {
        DeValue::String(_) => &empty,
        DeValue::Table(keys) => keys,
        _ => return Err(expected(value, "a function or a table with one", "for example { fn = \"email\" }")),
    };
    let name = if keys.is_empty() && matches!(value.get_ref(), DeValue::String(_)) {
        value
    } else {
        required(keys, "fn", value, "for example { fn = \"email\", domain = \"email\" }")?
    };
    let (word, span) = filled(name)?;
    let Some((_, options, example)) = FUNCTIONS.iter().find(|(name, ..)| *name == word) else {
        let all: Vec<&str> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
        return Err(wrong(span, format!("names no function: {word:?}"), &nearest(&all, &word, str::to_owned)));
    };
    let known: Vec<&str> = COMMON.iter().chain(options.iter()).copied().collect();
    known_keys(keys, &known)?;
    let mut rule = Rule::of(function(&word, keys, value, example)?);
    rule.domain = keys.get("domain").map(filled).transpose()?.map(|(text, _)| text);
    rule.unique = keys.get("unique").map(truth).transpose()?.unwrap_or_default();
    rule.ignore_case = keys.get("ignore_case").map(truth).transpose()?.unwrap_or_default();
    rule.reason = keys.get("reason").map(filled).transpose()?.map(|(text, _)| text);
    if let Some(holds) = keys.get("holds") {
        let kinds: Vec<&str> = Personal::ALL.iter().map(|kind| kind.word()).collect();
        let hint = format!("known: {}", kinds.join(", "));
        rule.holds = each(holds, &hint, |text| {
            Personal::ALL
                .into_iter()
                .find(|kind| kind.word() == text)
                .ok_or_else(|| "that is not looked for".to_owned())
        })?;
    }
    let needless = |key: &str| keys.get(key).map(|value| (key.to_owned(), value.span()));
    let idle = match &rule.function {
        function if !function.needs_key() => needless("domain").or_else(|| needless("ignore_case")),
        _ => None,
    };
    if let Some((key, span)) = idle {
        return Err(wrong(span, format!("has a {key}, which {word} does not use"), "leave it out"));
    }
    Ok(rule)
}

#[allow(clippy::too_many_lines, reason = "one arm for each function")]
fn function(word: &str, keys: &DeTable<'_>, whole: &Spanned<DeValue<'_>>, example: &str) -> Result<Function, Wrong> {
    let hint = format!("for example {example}");
    let need = |key: &'static str| required(keys, key, whole, &hint);
    let count = |key: &str, default: usize, from: usize, to: usize| match keys.get(key) {
        Some(value) => whole_number(value, from, to),
        None => Ok(default),
    };
    Ok(match word {
        "keep" => Function::Keep,
        "null" => Function::Null,
        "default" => Function::Default,
        "constant" => Function::Constant { value: scalar(need("value")?)? },
        "hash" => Function::Hash { length: count("length", 32, 8, 64)? },
        "email" => Function::Email,
        "first_name" => Function::FirstName,
        "last_name" => Function::LastName,
        "full_name" => Function::FullName,
        "phone" => Function::Phone,
        "address" => Function::Address,
        "city" => Function::City,
        "zip" => Function::Zip,
        "company" => Function::Company,
        "username" => Function::Username,
        "url" => Function::Url,
        "ip" => Function::Ip,
        "uuid" => Function::Uuid,
        "credit_card" => Function::CreditCard,
        "iban" => Function::Iban,
        "ssn" => Function::Ssn,
        "partial" => {
            let (keep_start, keep_end) = (count("keep_start", 0, 0, 1000)?, count("keep_end", 0, 0, 1000)?);
            let with = match keys.get("with") {
                Some(value) => one_character(value)?,
                None => '*',
            };
            if keep_start + keep_end == 0 {
                return Err(missing(whole, "keep_start or keep_end", &hint));
            }
            Function::Partial { keep_start, keep_end, with }
        }
        "digits" => Function::Digits,
        "random_string" => {
            let length = keys.get("length").map(|value| whole_number(value, 1, 1000)).transpose()?;
            let alphabet = match keys.get("alphabet") {
                Some(value) => alphabet(value)?,
                None => "abcdefghijklmnopqrstuvwxyz0123456789".to_owned(),
            };
            Function::RandomString { length, alphabet }
        }
        "random_int" => {
            let (min, max) = (integer(need("min")?)?, integer(need("max")?)?);
            if min >= max {
                return Err(wrong(whole.span(), "has a min that is not below its max".to_owned(), &hint));
            }
            Function::RandomInt { min, max }
        }
        "noise" => {
            let value = need("percent")?;
            let (percent, span) = number(value)?;
            if !(0.01..=1000.0).contains(&percent) {
                return Err(wrong(span, "must have a percent from 0.01 to 1000".to_owned(), &hint));
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 100 to ten million")]
            let millionths = (percent * 10_000.0).round() as u32;
            Function::Noise { millionths }
        }
        "date_jitter" => {
            let days = whole_number(need("days")?, 1, 36_500)?;
            Function::DateJitter { days: u16::try_from(days).unwrap_or(u16::MAX) }
        }
        "date_truncate" => {
            let to = choice(need("to")?, &[("year", Truncate::Year), ("month", Truncate::Month)])?;
            Function::DateTruncate { to }
        }
        "choice" => {
            let value = need("values")?;
            let DeValue::Array(items) = value.get_ref() else { return Err(expected(value, "a list", &hint)) };
            let values: Vec<String> = items.iter().map(scalar).collect::<Result<_, _>>()?;
            if values.is_empty() {
                return Err(wrong(value.span(), "has no values to choose from".to_owned(), &hint));
            }
            Function::Choice { values }
        }
        "regex_replace" => {
            let (pattern, span) = filled(need("pattern")?)?;
            if let Err(error) = regex_lite::Regex::new(&pattern) {
                return Err(wrong(
                    span,
                    format!("has no pattern: {error}"),
                    "a regular expression, for example \"[0-9]+\"",
                ));
            }
            Function::RegexReplace { pattern, with: super::keys::text(need("with")?)?.0 }
        }
        "redact" => Function::Redact,
        "lorem" => Function::Lorem,
        _ => {
            let otherwise = match keys.get("otherwise") {
                Some(value) => choice(value, &[("redact", Otherwise::Redact), ("keep", Otherwise::Keep)])?,
                None => Otherwise::Redact,
            };
            Function::Json { paths: paths(keys.get("paths"), &hint)?, otherwise }
        }
    })
}

fn paths(value: Option<&Spanned<DeValue<'_>>>, hint: &str) -> Result<Vec<(JsonPath, Rule)>, Wrong> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let DeValue::Table(all) = value.get_ref() else {
        return Err(expected(value, "paths and their functions", hint));
    };
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|(path, _)| path.span().start);
    let mut paths = Vec::with_capacity(all.len());
    for (path, value) in all {
        let read = path.get_ref().parse::<JsonPath>().map_err(|error| wrong(path.span(), error.to_string(), hint))?;
        let rule = rule(value)?;
        if matches!(rule.function, Function::Json { .. }) {
            return Err(wrong(value.span(), "has json within json".to_owned(), "a path reaches as deep as it likes"));
        }
        paths.push((read, rule));
    }
    Ok(paths)
}

fn key(rules: &mut Rules, from: PasswordFrom, span: Range<usize>) -> Result<(), Wrong> {
    if rules.key != PasswordFrom::Unsaid {
        let hint = "leave one of key_env, key_secret and key_command";
        return Err(wrong(span, "stands beside another of its kind".to_owned(), hint));
    }
    rules.key = from;
    Ok(())
}

fn required<'t, 'v>(
    keys: &'t DeTable<'v>,
    key: &str,
    whole: &Spanned<DeValue<'_>>,
    hint: &str,
) -> Result<&'t Spanned<DeValue<'v>>, Wrong> {
    keys.get(key).ok_or_else(|| missing(whole, key, hint))
}

fn missing(whole: &Spanned<DeValue<'_>>, what: &str, hint: &str) -> Wrong {
    wrong(whole.span(), format!("needs {what}"), hint)
}

fn known_keys(keys: &DeTable<'_>, known: &[&str]) -> Result<(), Wrong> {
    let stranger = keys.keys().find(|key| !known.contains(&key.get_ref().as_ref()));
    stranger.map_or(Ok(()), |key| {
        let word = key.get_ref().as_ref();
        Err(wrong(key.span(), format!("has no key {word:?}"), &nearest(known, word, str::to_owned)))
    })
}

/// A text, a number or a truth, as text.
fn scalar(value: &Spanned<DeValue<'_>>) -> Result<String, Wrong> {
    Ok(match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        _ => return Err(expected(value, "a text or a number", "put it in double quotes")),
    })
}

fn integer(value: &Spanned<DeValue<'_>>) -> Result<i64, Wrong> {
    let hint = "write it without quotes";
    let DeValue::Integer(number) = value.get_ref() else { return Err(expected(value, "a whole number", hint)) };
    number.to_string().parse().map_err(|_| wrong(value.span(), "is no whole number of 64 bits".to_owned(), hint))
}

fn whole_number(value: &Spanned<DeValue<'_>>, from: usize, to: usize) -> Result<usize, Wrong> {
    let number = usize::try_from(integer(value)?).ok().filter(|number| (from..=to).contains(number));
    number.ok_or_else(|| wrong(value.span(), format!("must have a whole number from {from} to {to}"), ""))
}

fn one_character(value: &Spanned<DeValue<'_>>) -> Result<char, Wrong> {
    let (text, span) = filled(value)?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) if !one.is_control() => Ok(one),
        _ => Err(wrong(span, "must have one character".to_owned(), "for example with = \"*\"")),
    }
}

fn alphabet(value: &Spanned<DeValue<'_>>) -> Result<String, Wrong> {
    let (text, span) = filled(value)?;
    let mut chars: Vec<char> = text.chars().collect();
    chars.sort_unstable();
    chars.dedup();
    if chars.len() < 2 || chars.iter().any(|c| c.is_control()) {
        let hint = "for example alphabet = \"abcdef0123456789\"";
        return Err(wrong(span, "must have two different characters or more".to_owned(), hint));
    }
    Ok(text)
}

fn told<T>(read: Result<T, Wrong>, place: &str, mistakes: &mut Vec<Mistake>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(wrong) => {
            mistakes.push(Mistake { span: wrong.span, what: format!("`{place}` {}", wrong.what), hint: wrong.hint });
            None
        }
    }
}

/// Every key with its meaning, as it stands in `config.example.toml`, for a refresh called `staging`.
pub fn example() -> String {
    let mut out = String::new();
    let mut part = |head: &str, rows: Vec<(&'static str, &'static [&'static str], &'static str)>| {
        let _ = writeln!(out, "{head}");
        for (key, doc, example) in rows.into_iter().filter(|(.., example)| !example.is_empty()) {
            let doc: Vec<String> = doc.iter().map(|line| format!("  {line}")).collect();
            comment(&mut out, &doc.iter().map(String::as_str).collect::<Vec<_>>());
            let _ = writeln!(out, "# {key} = {example}");
        }
    };
    let head = "\n# What stands in columns instead of somebody's data. Every column of every loaded table needs a rule:\n\
                # [refresh.staging.masking]";
    part(head, KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    let head = "\n# Rules for columns by name, * for any text; without a dot the column alone. The pattern that says most wins:\n\
                # [refresh.staging.masking.defaults]\n# \"*.email\" = { fn = \"email\", domain = \"email\" }\n# \"*_token\" = \"null\"";
    part(head, Vec::new());
    let head = "\n# Rules for one table, by its name on the target; they win over the patterns:\n\
                # [refresh.staging.masking.tables.\"public.users\"]";
    part(head, TABLE_KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    let head = "\n# A rule is the name of a function, or a table with fn and its options. With any: unique = true (two values never\n\
                # become one), domain, ignore_case, reason, holds = [\"email\"] (what may be in the column afterwards):\n\
                # [refresh.staging.masking.tables.\"public.users\".columns]";
    part(head, Vec::new());
    for (name, _, example) in FUNCTIONS {
        let _ = writeln!(out, "# a_{name} = {example}");
    }
    out
}

#[cfg(test)]
mod tests;
