//! `[validation.NAME]`, `[validation.NAME.table."PATTERN"]` and `[[validation.NAME.sql]]`: comparisons that have a name.
//! The same tables of keys for each of them.

use super::Config;
use super::keys::{Wrong, choice, comment, each, expected, filled, kind, known, nearest, wrong};
use super::mistake::Mistake;
use super::refreshes::span_of;
use super::row::{Row, no_section, set};
use crate::model::untrusted::shown;
use crate::model::validation::Kind;
use crate::validate::rules::Rule;
use crate::validate::{Asked, Pass, RuleFor, Settings, StatementFiles, TableTerms, WantedMethod as Way};
use jiff::{SignedDuration, Span};
use std::fmt::Write as _;
use std::num::NonZeroU64;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub const SECTION: &str = "validation";
/// Holds one section for each pattern of tables.
const TABLE: &str = "table";
/// Holds one section for each pair of statements.
const SQL: &str = "sql";

const KINDS: [(&str, Kind); 4] =
    [("rows", Kind::Rows), ("count", Kind::Count), ("aggregate", Kind::Aggregate), ("sql", Kind::Sql)];

const KEYS: [Row<Settings>; 20] = [
    Row {
        key: "task",
        doc: &["Name of a task: its mappings say which tables, its endpoints which databases."],
        example: "\"orders-cdc\"",
        read: |one, value| {
            one.task = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "source",
        doc: &["Names of [databases.NAME]. Both, where there is no task; else they win over its endpoints."],
        example: "\"shop-prod\"",
        read: |one, value| {
            one.source = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "target",
        doc: &[],
        example: "\"shop-new\"",
        read: |one, value| {
            one.target = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "tables",
        doc: &[
            "SOURCE or SOURCE=TARGET, * for any text and ? for one character; * in a target is what it was in the source. With",
            "a task: beside what it takes, or to another target. Without: these; left out, all that both sides have.",
        ],
        example: "[\"shop.orders\", \"shop.stock_*=public.*\"]",
        read: |one, value| {
            one.tables = each(value, "for example [\"shop.orders=public.orders\"]", str::parse::<Asked>)?;
            Ok(())
        },
    },
    Row {
        key: "exclude",
        doc: &[
            "Tables of the source that are left out, as patterns. They are listed, and do not stand in the way of \"equal\".",
        ],
        example: "[\"shop.log_*\"]",
        read: |one, value| {
            one.exclude = each(value, "for example [\"shop.log_*\"]", |text| Ok(text.to_owned()))?;
            Ok(())
        },
    },
    Row {
        key: "kind",
        doc: &[
            "\"rows\": all rows, the default; \"count\": their numbers; \"aggregate\": count, nulls, least, greatest and sum of each",
            "column; \"sql\": no tables, only the statements of [[validation.NAME.sql]].",
        ],
        example: "\"rows\"",
        read: |one, value| {
            one.kind = Some(choice(value, &KINDS)?);
            Ok(())
        },
    },
    Row {
        key: "key",
        doc: &[
            "Columns that tell rows apart, where no primary or unique key does; of every table, so rather in a table's section.",
        ],
        example: "[\"id\"]",
        read: |one, value| {
            one.keys = names(value)?;
            Ok(())
        },
    },
    Row {
        key: "rules",
        doc: &[
            "What may be lost in a column on the way, as TABLE.COLUMN=RULE: the rules of `cutover validate --rule`.",
        ],
        example: "[\"orders.placed_at=timestamp-truncate:3\"]",
        read: |one, value| {
            one.rules = each(value, "for example [\"orders.amount=scale:2\"]", str::parse::<RuleFor>)?;
            Ok(())
        },
    },
    Row {
        key: "waive",
        doc: &[
            "Tables and columns, as TABLE or TABLE.COLUMN, that need not be compared for the answer to be \"equal\". Why stands",
            "behind a colon, and in the results.",
        ],
        example: "[\"customer.email: masked on its way\"]",
        read: |one, value| {
            one.waived = names(value)?;
            Ok(())
        },
    },
    where_both(&[
        "Only rows for which this SQL holds, on both sides; or another on each. Of every table, so rather in a table's section.",
    ]),
    where_source(),
    where_target(),
    Row {
        key: "method",
        doc: &[
            "How rows are compared: \"stream\" reads all of them, \"digest\" sums on the servers; \"auto\" measures which is better.",
        ],
        example: "\"auto\"",
        read: |one, value| {
            let ways = [("auto", Way::Auto), ("stream", Way::Stream), ("digest", Way::Digest)];
            one.method = Some(choice(value, &ways)?);
            Ok(())
        },
    },
    Row {
        key: "jobs",
        doc: &["Ranges of rows that are read at the same time. 1 to 64."],
        example: "2",
        read: |one, value| {
            one.jobs = usize::try_from(whole(value, 64)?.get()).ok().and_then(|jobs| jobs.try_into().ok());
            Ok(())
        },
    },
    Row {
        key: "rows_per_second",
        doc: &["Rows a second, of both sides together, that are not exceeded."],
        example: "50000",
        read: |one, value| {
            one.rows_per_second = Some(whole(value, 1_000_000_000)?);
            Ok(())
        },
    },
    Row {
        key: "settle",
        doc: &["How long a difference must stay the same before it counts. 0s to 1h."],
        example: "\"5s\"",
        read: |one, value| {
            one.settle = Some(duration(value, 1)?);
            Ok(())
        },
    },
    Row {
        key: "gate",
        doc: &["A task that is running is compared once both its latencies are at most this. 0s to 1h."],
        example: "\"5s\"",
        read: |one, value| {
            one.gate = Some(duration(value, 1)?);
            Ok(())
        },
    },
    Row {
        key: "gate_timeout",
        doc: &["For how long that is waited for; then nothing is known. 0s to 24h."],
        example: "\"10m\"",
        read: |one, value| {
            one.gate_timeout = Some(duration(value, 24)?);
            Ok(())
        },
    },
    // The sections within.
    Row { key: TABLE, doc: &[], example: "", read: |_, _| Ok(()) },
    Row { key: SQL, doc: &[], example: "", read: |_, _| Ok(()) },
];

/// What takes conditions of its rows: a comparison, or one table of it.
trait Narrowed {
    /// Of the source, of the target.
    fn filters(&mut self) -> [&mut Option<String>; 2];
}

impl Narrowed for Settings {
    fn filters(&mut self) -> [&mut Option<String>; 2] {
        [&mut self.filter_source, &mut self.filter_target]
    }
}

impl Narrowed for TableTerms {
    fn filters(&mut self) -> [&mut Option<String>; 2] {
        [&mut self.filter_source, &mut self.filter_target]
    }
}

const fn where_both<T: Narrowed>(doc: &'static [&'static str]) -> Row<T> {
    Row {
        key: "where",
        doc,
        example: "\"deleted_at IS NULL\"",
        read: |one, value| {
            let sql = filled(value)?.0;
            one.filters().into_iter().for_each(|filter| *filter = Some(sql.clone()));
            Ok(())
        },
    }
}

const fn where_source<T: Narrowed>() -> Row<T> {
    Row {
        key: "source_where",
        doc: &[],
        example: "\"deleted_at IS NULL\"",
        read: |one, value| {
            *one.filters()[0] = Some(filled(value)?.0);
            Ok(())
        },
    }
}

const fn where_target<T: Narrowed>() -> Row<T> {
    Row {
        key: "target_where",
        doc: &[],
        example: "\"tenant = 7\"",
        read: |one, value| {
            *one.filters()[1] = Some(filled(value)?.0);
            Ok(())
        },
    }
}

const TABLE_KEYS: [Row<TableTerms>; 7] = [
    Row {
        key: "kind",
        doc: &[],
        example: "\"count\"",
        read: |one, value| {
            one.kind = Some(choice(value, &KINDS[..3])?);
            Ok(())
        },
    },
    Row {
        key: "key",
        doc: &[],
        example: "[\"order_id\", \"line\"]",
        read: |one, value| {
            one.keys = Some(names(value)?);
            Ok(())
        },
    },
    Row {
        key: "rules",
        doc: &["As COLUMN=RULE here."],
        example: "[\"placed_at=timestamp-truncate:3\"]",
        read: |one, value| {
            one.rules = each(value, "for example [\"amount=scale:2\"]", |text| {
                let (column, rule) = text.split_once('=').ok_or("that is not COLUMN=RULE")?;
                Ok((column.trim().to_owned(), rule.trim().parse::<Rule>()?))
            })?;
            Ok(())
        },
    },
    Row {
        key: "waive",
        doc: &["Columns here."],
        example: "[\"note\"]",
        read: |one, value| {
            one.waived = names(value)?;
            Ok(())
        },
    },
    where_both(&[]),
    where_source(),
    where_target(),
];

const SQL_KEYS: [Row<StatementFiles>; 6] = [
    Row {
        key: "name",
        doc: &[],
        example: "\"orders-by-day\"",
        read: |one, value| {
            one.name = filled(value)?.0;
            Ok(())
        },
    },
    Row {
        key: "source",
        doc: &["Files with one statement each, from the folder of this file; or sql, where both sides take the same."],
        example: "\"sql/samples/counts_by_day.source.sql\"",
        read: |one, value| {
            one.source = PathBuf::from(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "target",
        doc: &[],
        example: "\"sql/samples/counts_by_day.target.sql\"",
        read: |one, value| {
            one.target = PathBuf::from(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "sql",
        doc: &[],
        example: "\"counts_by_day.sql\"",
        read: |one, value| {
            let path = PathBuf::from(filled(value)?.0);
            (one.source, one.target) = (path.clone(), path);
            Ok(())
        },
    },
    Row {
        key: "key",
        doc: &[
            "Columns of the results that tell their rows apart. Without: one row, or rows in any order, each as a whole.",
        ],
        example: "[\"day\"]",
        read: |one, value| {
            one.key = names(value)?;
            Ok(())
        },
    },
    Row {
        key: "pass",
        doc: &[
            "\"equal\"; { tolerance = 0.01 } or { tolerance = \"1%\" }; or an expression with source and target, or source.COLUMN:",
            "\"abs(source.total - target.total) <= 0.01\", \"target >= source\". + - * / abs, < <= = != >= >, and, or, not.",
        ],
        example: "\"equal\"",
        read: |one, value| {
            one.pass = pass(value)?;
            Ok(())
        },
    },
];

/// Reads the section. Every mistake is added.
pub fn read(table: &DeTable<'_>, config: &mut Config, mistakes: &mut Vec<Mistake>) {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        match value.get_ref() {
            DeValue::Table(keys) => {
                let place = format!("{SECTION}.{}", quoted(name));
                if name.trim().is_empty() || name.chars().any(char::is_control) {
                    let what = format!("`{SECTION}` holds a name without a letter");
                    mistakes.push(Mistake { span: key.span(), what, hint: "for example [validation.shop]".to_owned() });
                    continue;
                }
                let before = mistakes.len();
                let settings = one(keys, &place, mistakes);
                if mistakes.len() == before {
                    complete(&settings, &place, &key.span(), mistakes);
                }
                config.validations.insert(name.to_owned(), settings);
            }
            _ if known(SECTION, name, value, config, mistakes) => {}
            other => mistakes.push(Mistake {
                span: value.span(),
                what: format!("`{SECTION}.{}` must be a section, not {}", quoted(name), kind(other)),
                hint: "write [validation.shop] on a line of its own, its keys below".to_owned(),
            }),
        }
    }
}

fn one(keys: &DeTable<'_>, place: &str, mistakes: &mut Vec<Mistake>) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in keys {
        match (key.get_ref().as_ref(), value.get_ref()) {
            (TABLE, DeValue::Table(patterns)) => {
                for (pattern, value) in patterns {
                    let place = format!("{place}.{TABLE}.{}", quoted(pattern.get_ref()));
                    let mut terms = TableTerms::default();
                    match value.get_ref() {
                        DeValue::Table(keys) => {
                            for (key, value) in keys {
                                set(&TABLE_KEYS, &mut terms, &place, (key.get_ref(), key.span()), value, mistakes);
                            }
                        }
                        other => mistakes.push(no_section(&place, value, other)),
                    }
                    settings.of_tables.push((pattern.get_ref().to_string(), terms));
                }
            }
            (SQL, DeValue::Array(list)) => {
                for item in list {
                    let place = format!("{place}.{SQL}");
                    match item.get_ref() {
                        DeValue::Table(keys) => {
                            settings.statements.extend(statement(keys, &place, item.span(), mistakes));
                        }
                        other => mistakes.push(no_section(&place, item, other)),
                    }
                }
            }
            (word @ (TABLE | SQL), other) => {
                let what = format!("`{place}.{word}` must be sections, not {}", kind(other));
                let hint = match word {
                    TABLE => format!("write [{place}.{TABLE}.\"shop.orders\"] on a line of its own, its keys below"),
                    _ => format!("write [[{place}.{SQL}]] on a line of its own, its keys below"),
                };
                mistakes.push(Mistake { span: value.span(), what, hint });
            }
            (word, _) => set(&KEYS, &mut settings, place, (word, key.span()), value, mistakes),
        }
    }
    // What is said of one side wins over what is said of both, wherever it stands.
    for (key, value) in keys {
        let sql = if let DeValue::String(sql) = value.get_ref() { Some(sql.to_string()) } else { None };
        match key.get_ref().as_ref() {
            "source_where" => settings.filter_source = sql,
            "target_where" => settings.filter_target = sql,
            _ => {}
        }
    }
    settings
}

fn statement(
    keys: &DeTable<'_>,
    place: &str,
    span: Range<usize>,
    mistakes: &mut Vec<Mistake>,
) -> Option<StatementFiles> {
    let mut files = StatementFiles {
        name: String::new(),
        source: PathBuf::new(),
        target: PathBuf::new(),
        pass: Pass::Equal,
        key: Vec::new(),
    };
    let before = mistakes.len();
    for (key, value) in keys {
        set(&SQL_KEYS, &mut files, place, (key.get_ref(), key.span()), value, mistakes);
    }
    if mistakes.len() > before {
        return None;
    }
    let missing = match () {
        () if files.name.is_empty() => "a name",
        () if files.source.as_os_str().is_empty() => "a source, or sql for both sides",
        () if files.target.as_os_str().is_empty() => "a target, or sql for both sides",
        () => return Some(files),
    };
    let hint = "for example name = \"orders-by-day\", source = \"by_day.source.sql\", target = \"by_day.target.sql\"";
    mistakes.push(Mistake { span, what: format!("`{place}` needs {missing}"), hint: hint.to_owned() });
    None
}

/// What is right by itself and makes nothing to compare together.
fn complete(settings: &Settings, place: &str, span: &Range<usize>, mistakes: &mut Vec<Mistake>) {
    let mut wrong = |what: String, hint: &str| {
        mistakes.push(Mistake { span: span.clone(), what: format!("`{place}` {what}"), hint: hint.to_owned() });
    };
    if settings.task.is_none() && (settings.source.is_none() || settings.target.is_none()) {
        wrong("says not which databases".to_owned(), "give it a task, or both source and target");
    }
    if settings.kind == Some(Kind::Sql) && settings.statements.is_empty() {
        wrong("is of kind \"sql\" and has no statements".to_owned(), "add a [[validation.NAME.sql]]");
    }
    for (at, one) in settings.statements.iter().enumerate() {
        if settings.statements[..at].iter().any(|other| other.name == one.name) {
            wrong(format!("has two statements called {:?}", shown(&one.name)), "give each its own name");
        }
    }
}

/// Checks what one section says of another. To be called when all of them are read, and right by themselves.
pub fn across(root: &DeTable<'_>, config: &Config, mistakes: &mut Vec<Mistake>) {
    let known: Vec<&str> = config.databases.iter().map(|entry| entry.name.as_str()).collect();
    for (name, one) in &config.validations {
        for (key, asked) in [("source", &one.source), ("target", &one.target)] {
            let Some(asked) = asked.as_deref().filter(|asked| !known.contains(asked)) else { continue };
            let hint = match known[..] {
                [] => format!("write a section [databases.{}] with its url", quoted(asked)),
                _ => nearest(&known, asked, ToOwned::to_owned),
            };
            let what = format!("`{SECTION}.{}.{key}` names no [databases.NAME]: {asked:?}", quoted(name));
            mistakes.push(Mistake { span: span_of(root, [SECTION, name, key]), what, hint });
        }
    }
}

fn names(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Wrong> {
    each(value, "for example [\"id\"]", |text| Ok(text.trim().to_owned()))
}

fn whole(value: &Spanned<DeValue<'_>>, most: u64) -> Result<NonZeroU64, Wrong> {
    let hint = "write it without quotes";
    let DeValue::Integer(number) = value.get_ref() else { return Err(expected(value, "a whole number", hint)) };
    let fits = number.to_string().parse::<NonZeroU64>().ok().filter(|number| number.get() <= most);
    fits.ok_or_else(|| wrong(value.span(), format!("must be a whole number from 1 to {most}"), hint))
}

pub(super) fn duration(value: &Spanned<DeValue<'_>>, hours: i64) -> Result<SignedDuration, Wrong> {
    let (text, span) = filled(value)?;
    let parsed = text.parse::<Span>().ok().and_then(|span| SignedDuration::try_from(span).ok());
    let most = SignedDuration::from_hours(hours);
    let fits = parsed.filter(|duration| !duration.is_negative() && *duration <= most);
    fits.ok_or_else(|| {
        wrong(span, format!("is no duration from 0s to {hours}h: {text:?}"), "for example \"5s\" or \"10m\"")
    })
}

fn pass(value: &Spanned<DeValue<'_>>) -> Result<Pass, Wrong> {
    let hint = "\"equal\", { tolerance = 0.01 }, { tolerance = \"1%\" } or an expression such as \"target >= source\"";
    let read = |text: &str, span: Range<usize>| {
        text.parse::<Pass>().map_err(|why| wrong(span, format!("is no rule: {why}"), hint))
    };
    match value.get_ref() {
        DeValue::String(text) => read(text, value.span()),
        DeValue::Table(keys) => match (keys.len(), keys.iter().find(|(key, _)| key.get_ref() == "tolerance")) {
            (1, Some((_, by))) => match by.get_ref() {
                DeValue::String(text) => read(&format!("within {text}"), by.span()),
                DeValue::Integer(number) => read(&format!("within {number}"), by.span()),
                DeValue::Float(number) => read(&format!("within {number}"), by.span()),
                _ => Err(expected(by, "a number or a part such as \"1%\"", hint)),
            },
            _ => Err(wrong(value.span(), "holds something else than a tolerance".to_owned(), hint)),
        },
        _ => Err(expected(value, "a text or a tolerance", hint)),
    }
}

/// A name as TOML writes it in the name of a section.
pub(super) fn quoted(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { format!("\"{}\"", name.escape_debug()) }
}

/// Every key with its meaning, as it stands in `config.example.toml`: none has a value unless somebody gives it one.
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
    part("\n# [validation.shop]", KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    let head = "\n# What differs for one table or some, by a pattern of the source's names; what is said last wins:\n\
                # [validation.shop.table.\"shop.orders\"]";
    part(head, TABLE_KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    let head = "\n# Statements whose results are compared, run on both sides at the same moment; any number of them:\n\
                # [[validation.shop.sql]]";
    part(head, SQL_KEYS.iter().map(|row| (row.key, row.doc, row.example)).collect());
    out
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use std::path::Path;

    fn settings(text: &str) -> Settings {
        let config = parse(text, Path::new("/etc/cutover/config.toml")).unwrap();
        config.validations.into_iter().next().unwrap().1
    }

    #[test]
    fn the_example_of_every_key_is_itself_valid_and_changes_something() {
        let plain = settings("[validation.shop]\ntask = \"t\"");
        for row in KEYS.iter().filter(|row| !row.example.is_empty()) {
            let more = if row.key == "task" { "" } else { "task = \"t\"\n" };
            let named = "[databases.shop-prod]\nurl = \"sqlite:/a\"\n[databases.shop-new]\nurl = \"sqlite:/b\"\n";
            let got = settings(&format!("{named}[validation.shop]\n{more}{} = {}", row.key, row.example));
            assert_ne!(got, plain, "{}", row.key);
        }
        for row in &TABLE_KEYS {
            let text =
                format!("[validation.a]\ntask=\"t\"\n[validation.a.table.\"b.c\"]\n{} = {}", row.key, row.example);
            assert_ne!(settings(&text).of_tables[0].1, TableTerms::default(), "{}", row.key);
        }
        for row in &SQL_KEYS {
            let rest = if matches!(row.key, "sql" | "source") { "target = \"b\"" } else { "sql = \"a\"" };
            let rest = if row.key == "target" { "source = \"a\"" } else { rest };
            let name = if row.key == "name" { "" } else { "name = \"n\"" };
            if row.key == "sql" {
                assert_eq!(
                    settings("[validation.a]\ntask=\"t\"\n[[validation.a.sql]]\nname=\"n\"\nsql=\"a\"")
                        .statements
                        .len(),
                    1
                );
                continue;
            }
            let text = format!(
                "[validation.a]\ntask=\"t\"\n[[validation.a.sql]]\n{name}\n{rest}\n{} = {}",
                row.key, row.example
            )
            .replace("sql = \"a\"\nsource", "source")
            .replace("target = \"b\"\ntarget", "target");
            assert_eq!(settings(&text).statements.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_comparison_names_databases_that_there_are() {
        let said = |text: &str| parse(text, Path::new("/etc/c.toml")).unwrap_err().to_string();
        let both = "[databases.old]\nurl = \"sqlite:/a\"\n[validation.a]\nsource = \"old\"\ntarget = \"zz\"\n";
        let told = said(both);
        assert!(
            told.contains("`validation.a.target` names no [databases.NAME]: \"zz\"") && told.contains("old"),
            "{told}"
        );
        let told = said("[validation.a]\ntask = \"t\"\nsource = \"zz\"\n");
        assert!(told.contains("write a section [databases.zz]") && told.contains("c.toml:3"), "{told}");
    }

    #[test]
    fn a_whole_comparison_is_read() {
        let got = settings(
            "[databases.old]\nurl = \"sqlite:/a\"\n[databases.new]\nurl = \"sqlite:/b\"\n\
             [validation.\"shop now\"]\nsource = \"old\"\ntarget = \"new\"\ntables = [\"shop.*=public.*\"]\nexclude = [\"shop.log\"]\n\
             where = \"a\"\nsource_where = \"b\"\nsettle = \"2m\"\njobs = 4\n\
             [validation.\"shop now\".table.\"shop.orders\"]\nrules = [\"total = scale:2\"]\nkind = \"count\"\n\
             [[validation.\"shop now\".sql]]\nname = \"n\"\nsql = \"a.sql\"\npass = { tolerance = \"1%\" }\n",
        );
        assert_eq!((got.filter_source.as_deref(), got.filter_target.as_deref()), (Some("b"), Some("a")));
        assert_eq!((got.settle.map(|wait| wait.as_secs()), got.jobs.map(std::num::NonZero::get)), (Some(120), Some(4)));
        assert_eq!(got.of_tables[0].1.rules, [("total".to_owned(), Rule::Scale(2))]);
        assert_eq!(got.statements[0].source, Path::new("/etc/cutover/a.sql"), "from where the configuration is");
        assert_eq!(got.statements[0].pass.to_string(), "within 1%");
    }
}
