//! THE table of keys: where each stands, what it means, its default, how it is read and checked.

use super::alerts;
use super::mistake::Mistake;
use super::{Characters, Clipboard, Colour, Config, ThemeName, bindings, databases, refreshes, validations};
use crate::aws;
use crate::model::AccountId;
use crate::model::change::Destination;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One key. `doc` and `example` stand in `config.example.toml`; `default` is what leaving the key out means.
struct Row {
    section: &'static str,
    key: &'static str,
    doc: &'static [&'static str],
    /// The default as TOML, or `None` where leaving it out is the only way to say it.
    default: Option<&'static str>,
    example: &'static str,
    read: fn(&mut Config, &Spanned<DeValue<'_>>) -> Result<(), Wrong>,
}

/// Why a value will not do.
pub(super) struct Wrong {
    pub span: Range<usize>,
    /// Follows the name of the key.
    pub what: String,
    pub hint: String,
}

/// What each section is for.
const SECTIONS: [(&str, &[&str]); 10] = [
    ("", &[]),
    (
        "scope",
        &[
            "What is watched and what may ring. Everything else of the account is as if it were not there,",
            "except for a command that names its TASK.",
        ],
    ),
    ("logs", &[]),
    ("screen", &[]),
    ("cost", &[]),
    // Its keys are the table of limits: `alerts.rs`.
    (
        "alerts",
        &[
            "From when on something is worth a word. What is raised is let go a fifth better than its limit, or after two",
            "good points. Keys for one task or some: in a section [alerts.task.\"orders-*\"], where the pattern that says",
            "most wins.",
        ],
    ),
    // Its keys are in `databases.rs`, for each name the same.
    (
        databases::SECTION,
        &[
            "Databases that can be compared, each in a section [databases.NAME]. No password stands in this file: a secret of",
            "AWS, a variable or a command gives it, or whoever sits at the terminal.",
        ],
    ),
    // Its keys are in `validations.rs`, for each name the same.
    (
        validations::SECTION,
        &[
            "Comparisons that have a name, each in a section [validation.NAME]: `cutover validate NAME` carries it out. With a",
            "task its mappings say which tables and columns go where; what stands here is added to that, and wins.",
        ],
    ),
    // Its keys are in `refreshes.rs`, for each name the same.
    (
        refreshes::SECTION,
        &[
            "Loads of a target from its source with everything around them, each in a section [refresh.NAME]: `cutover refresh",
            "plan NAME` shows what would be done, and why not.",
        ],
    ),
    (
        bindings::SECTION,
        &[
            "Other keys for the console: a command of docs/keys.md, and one key or a list of them, written as there.",
            "[keys] is for wherever the command works, [keys.tasks] and its like for one place.",
        ],
    ),
];

/// As many characters as the band on the screen has room for at 80 columns.
const ENVIRONMENT_MAX: usize = 16;

/// Longest name of a log group, and most that are named.
const GROUP_MAX: usize = 512;
const GROUPS_MAX: usize = 50;

/// The whole table. A key exists when it stands here.
const KEYS: [Row; 22] = [
    Row {
        section: "",
        key: "environment",
        doc: &[
            "What the band at the top of the screen says. What begins with PROD, and PRD and LIVE, gets the loud band.",
            "Left out: ENV UNKNOWN.",
        ],
        default: None,
        example: "\"PROD\"",
        read: |config, value| {
            let (name, span) = text(value)?;
            let fits = !name.trim().is_empty() && name.chars().count() <= ENVIRONMENT_MAX;
            if !fits || name.chars().any(char::is_control) {
                let what = format!("must have 1 to {ENVIRONMENT_MAX} visible characters");
                return Err(wrong(span, what, "for example environment = \"PROD\""));
            }
            config.environment = Some(name);
            Ok(())
        },
    },
    Row {
        section: "",
        key: "profile",
        doc: &["Profile of ~/.aws/config and ~/.aws/credentials. --profile wins; left out: AWS_PROFILE, then default."],
        default: None,
        example: "\"migration\"",
        read: |config, value| {
            config.profile = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        section: "",
        key: "region",
        doc: &["Region. --region wins; left out: AWS_REGION, then the profile's, then the instance's."],
        default: None,
        example: "\"eu-west-1\"",
        read: |config, value| {
            let (name, span) = filled(value)?;
            if !is_region(&name) {
                return Err(wrong(span, format!("is no region: {name:?}"), "for example region = \"eu-west-1\""));
            }
            config.region = Some(name);
            Ok(())
        },
    },
    Row {
        section: "",
        key: "endpoint_url",
        doc: &[
            "One endpoint for DMS, CloudWatch and STS alike, for test doubles and proxies.",
            "Left out: AWS_ENDPOINT_URL and its kin, then AWS itself.",
        ],
        default: None,
        example: "\"http://127.0.0.1:4566\"",
        read: |config, value| {
            let (url, span) = filled(value)?;
            if !aws::is_endpoint_url(&url) {
                let hint = "for example endpoint_url = \"http://127.0.0.1:4566\"";
                return Err(wrong(span, format!("is no http or https URL: {url:?}"), hint));
            }
            config.endpoint_url = Some(url);
            Ok(())
        },
    },
    Row {
        section: "",
        key: "expect_account",
        doc: &[
            "The account in which this program may change things, when it is asked to (see operate). Left out: none.",
            "Credentials of another account are refused before anything is sent.",
        ],
        default: None,
        example: "\"123456789012\"",
        read: |config, value| {
            let (account, span) = filled(value)?;
            if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
                let what = format!("must be the twelve digits of an account, not {account:?}");
                return Err(wrong(span, what, "for example expect_account = \"123456789012\""));
            }
            config.expect_account = Some(AccountId(account));
            Ok(())
        },
    },
    Row {
        section: "",
        key: "operate",
        doc: &["Whether things may be changed without --operate. --read-only wins. It needs expect_account."],
        default: Some("false"),
        example: "true",
        read: |config, value| {
            config.operate = truth(value)?;
            Ok(())
        },
    },
    Row {
        section: "",
        key: "read_only_may_validate",
        doc: &[
            "Whether rows of source and target may be compared in read-only mode too. It only reads, and it loads both servers.",
            "Numbers of rows are compared in any mode.",
        ],
        default: Some("false"),
        example: "true",
        read: |config, value| {
            config.read_only_may_validate = truth(value)?;
            Ok(())
        },
    },
    Row {
        section: "",
        key: "audit_dir",
        doc: &[
            "A folder of a team, where the audit is appended too, as JSON Lines: one file for each user and host.",
            "Those of the others are read from there: `H` in the console, and `cutover activity`.",
            "The audit itself is in ~/.local/state/cutover (XDG_STATE_HOME counts).",
        ],
        default: None,
        example: "\"/srv/cutover/audit\"",
        read: |config, value| {
            let (path, span) = filled(value)?;
            if !path.starts_with('/') {
                let what = format!("must be a whole path, from the root, not {path:?}");
                return Err(wrong(span, what, "for example audit_dir = \"/srv/cutover/audit\""));
            }
            config.audit_dir = Some(PathBuf::from(path));
            Ok(())
        },
    },
    Row {
        section: "",
        key: "reload_allowed",
        doc: &[
            "Databases, as HOST/DB, whose rows a load may destroy: a reload, and a start or resume that drops or empties tables.",
            "Exactly these, as the target endpoint names them (HOST/ where it names no database). Empty: none.",
        ],
        default: Some("[]"),
        example: "[\"staging.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop\"]",
        read: |config, value| {
            config.reload_allowed = each(value, "for example [\"staging.example.com/shop\"]", |text| {
                let at: Destination = text.parse().map_err(|_| "that is not HOST/DB".to_owned())?;
                let host = text.split('/').next().unwrap_or_default();
                let port =
                    host.rsplit_once(':').is_some_and(|(before, port)| !before.contains(':') && !port.is_empty());
                match () {
                    () if text.chars().any(|c| c.is_whitespace() || c.is_control()) => Err("it has blanks".to_owned()),
                    () if text.contains(['*', '?']) => {
                        Err("that is a pattern, and each database is named by itself".to_owned())
                    }
                    () if port => Err("it has a port, and databases are compared without".to_owned()),
                    () => Ok(at),
                }
            })?;
            Ok(())
        },
    },
    Row {
        section: "",
        key: "protected",
        doc: &[
            "Patterns of HOST/DB, * for any text and ? for one character: rows there are never destroyed, whatever",
            "reload_allowed says. Empty: none, and reload_allowed decides alone.",
        ],
        default: Some("[]"),
        example: "[\"prod-*/*\"]",
        read: |config, value| {
            // A pattern that can never fit protects nothing, and nobody would know.
            config.protected = each(value, "for example [\"prod-*/*\"]", |text| match text.split_once('/') {
                Some((host, _)) if !host.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
                    Ok(text.to_owned())
                }
                _ => Err("that is no pattern of HOST/DB, and would protect nothing".to_owned()),
            })?;
            Ok(())
        },
    },
    Row {
        section: "",
        key: "retired",
        doc: &["Names of tasks that are not started, resumed or reloaded any more: those before the cutover, say."],
        default: Some("[]"),
        example: "[\"orders-old\"]",
        read: |config, value| {
            config.retired = each(value, "the whole name, for example [\"orders-old\"]", |text| {
                let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
                if text.chars().all(good) {
                    Ok(text.to_owned())
                } else {
                    Err("that is no name of a task, and would retire nothing".to_owned())
                }
            })?;
            Ok(())
        },
    },
    Row {
        section: "scope",
        key: "tasks",
        doc: &["Names of tasks: * stands for any text, ? for one character. Empty: all."],
        default: Some("[]"),
        example: "[\"orders-*\"]",
        read: |config, value| {
            config.scope.tasks = list(value)?;
            Ok(())
        },
    },
    Row {
        section: "scope",
        key: "tags",
        doc: &["Tags a task must have, all of them, with exactly these values. Empty: any."],
        default: Some("{}"),
        example: "{ team = \"payments\" }",
        read: |config, value| {
            config.scope.tags = tags(value)?;
            Ok(())
        },
    },
    Row {
        section: "logs",
        key: "groups",
        doc: &[
            "Log groups to read on the screen Logs (L) besides those of the tasks, such as those of the Lambda functions",
            "of an automation; every stream of each, new ones included.",
        ],
        default: Some("[]"),
        example: "[\"/aws/lambda/nightly-refresh\"]",
        read: |config, value| {
            let names = list(value)?;
            let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '#');
            if let Some(name) = names.iter().find(|name| name.len() > GROUP_MAX || !name.chars().all(good)) {
                let what = format!("holds what is no name of a log group: {name:?}");
                return Err(wrong(
                    value.span(),
                    what,
                    "the name, not the ARN: for example \"/aws/lambda/nightly-refresh\"",
                ));
            }
            if names.len() > GROUPS_MAX {
                let what = format!("may name at most {GROUPS_MAX} log groups");
                return Err(wrong(
                    value.span(),
                    what,
                    "each is read only while it is on screen; name those you look at",
                ));
            }
            for name in names {
                if !config.logs.groups.contains(&name) {
                    config.logs.groups.push(name);
                }
            }
            Ok(())
        },
    },
    Row {
        section: "screen",
        key: "time_zone",
        doc: &[
            "IANA name of the time zone that z switches to, beside UTC. Times are shown in UTC first. Left out: UTC only.",
        ],
        default: None,
        example: "\"Europe/Berlin\"",
        read: |config, value| {
            let (name, span) = filled(value)?;
            let Ok(zone) = jiff::tz::TimeZone::get(&name) else {
                let what = format!("is no time zone: {name:?}");
                return Err(wrong(span, what, "an IANA name, for example time_zone = \"Europe/Berlin\""));
            };
            config.screen.time_zone = Some(zone);
            Ok(())
        },
    },
    Row {
        section: "screen",
        key: "characters",
        doc: &["\"unicode\", \"ascii\", or \"auto\": as the locale says (LC_ALL, LC_CTYPE, LANG)."],
        default: Some("\"auto\""),
        example: "\"ascii\"",
        read: |config, value| {
            let choices = [("auto", Characters::Auto), ("unicode", Characters::Unicode), ("ascii", Characters::Ascii)];
            config.screen.characters = choice(value, &choices)?;
            Ok(())
        },
    },
    Row {
        section: "screen",
        key: "colour",
        doc: &["\"always\", \"never\", or \"auto\": unless NO_COLOR is set."],
        default: Some("\"auto\""),
        example: "\"never\"",
        read: |config, value| {
            let choices = [("auto", Colour::Auto), ("always", Colour::Always), ("never", Colour::Never)];
            config.screen.colour = choice(value, &choices)?;
            Ok(())
        },
    },
    Row {
        section: "screen",
        key: "theme",
        doc: &[
            "\"16-colour\": the terminal's own colours; \"colour-blind\": blue and orange instead of green and red, for dark",
            "backgrounds; \"monochrome\". --theme wins; without colour it is monochrome whatever stands here.",
        ],
        default: Some("\"16-colour\""),
        example: "\"colour-blind\"",
        read: |config, value| {
            let choices = [
                ("16-colour", ThemeName::Sixteen),
                ("colour-blind", ThemeName::ColourBlind),
                ("monochrome", ThemeName::Monochrome),
            ];
            config.screen.theme = choice(value, &choices)?;
            Ok(())
        },
    },
    Row {
        section: "screen",
        key: "clipboard",
        doc: &[
            "Copying with y and Y: \"auto\" sends the text to the clipboard of your terminal (OSC 52), also through tmux and",
            "screen; \"never\" sends nothing. The mouse is never captured: select with it as in any shell.",
        ],
        default: Some("\"auto\""),
        example: "\"never\"",
        read: |config, value| {
            config.screen.clipboard = choice(value, &[("auto", Clipboard::Auto), ("never", Clipboard::Never)])?;
            Ok(())
        },
    },
    Row {
        section: "screen",
        key: "clock",
        doc: &["A clock with seconds in the header. It costs one small frame a second over the line."],
        default: Some("true"),
        example: "false",
        read: |config, value| {
            config.screen.clock = truth(value)?;
            Ok(())
        },
    },
    Row {
        section: "screen",
        key: "bell",
        doc: &["The terminal's bell when something new and critical comes up; at most every ten seconds."],
        default: Some("true"),
        example: "false",
        read: |config, value| {
            config.screen.bell = truth(value)?;
            Ok(())
        },
    },
    Row {
        section: "cost",
        key: "dollars_per_day",
        doc: &[
            "US dollars a day that metrics may cost (CloudWatch charges about 0.01 per 1,000). Above it they are asked for",
            "less often, and the screen shows their age. 0.1 to 1000.",
        ],
        default: Some("20.0"),
        example: "2.5",
        read: |config, value| {
            let (number, span) = number(value)?;
            if !(0.1..=1000.0).contains(&number) {
                let what = format!("must be between 0.1 and 1000, not {number}");
                return Err(wrong(span, what, "for example dollars_per_day = 20.0"));
            }
            config.cost.dollars_per_day = number;
            Ok(())
        },
    },
];

/// Reads a text into `config`. Returns every mistake; `config` is only to be used when there is none.
pub fn read(text: &str, config: &mut Config) -> Vec<Mistake> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return errors
            .into_iter()
            .map(|error| Mistake {
                span: error.span().unwrap_or_default(),
                what: format!("not TOML: {}", error.message()),
                hint: String::new(),
            })
            .collect();
    }
    let mut mistakes = Vec::new();
    section("", table.get_ref(), config, &mut mistakes);
    if mistakes.is_empty() {
        validations::across(table.get_ref(), config, &mut mistakes);
        refreshes::across(table.get_ref(), config, &mut mistakes);
    }
    mistakes
}

fn section(name: &str, table: &DeTable<'_>, config: &mut Config, mistakes: &mut Vec<Mistake>) {
    for (key, value) in table {
        let (word, span) = (key.get_ref().as_ref(), key.span());
        if known(name, word, value, config, mistakes) {
            continue;
        }
        if name.is_empty() && SECTIONS.iter().any(|(section, _)| *section == word) {
            match value.get_ref() {
                DeValue::Table(inner) if word == alerts::SECTION => alerts::read(inner, config, mistakes),
                DeValue::Table(inner) if word == databases::SECTION => databases::read(inner, config, mistakes),
                DeValue::Table(inner) if word == validations::SECTION => validations::read(inner, config, mistakes),
                DeValue::Table(inner) if word == refreshes::SECTION => refreshes::read(inner, config, mistakes),
                DeValue::Table(inner) if word == bindings::SECTION => bindings::read(inner, config, mistakes),
                DeValue::Table(inner) => section(word, inner, config, mistakes),
                other => mistakes.push(Mistake {
                    span: value.span(),
                    what: format!("`{word}` must be a section, not {}", kind(other)),
                    hint: format!("write [{word}] on a line of its own, its keys below"),
                }),
            }
        } else {
            let what = format!("`{}` is no key", dotted(name, word).escape_debug());
            mistakes.push(Mistake { span, what, hint: suggestion(name, word) });
        }
    }
}

/// Reads a key of the table; says whether there is such a key.
pub(super) fn known(
    section: &str,
    word: &str,
    value: &Spanned<DeValue<'_>>,
    config: &mut Config,
    mistakes: &mut Vec<Mistake>,
) -> bool {
    let Some(row) = KEYS.iter().find(|row| row.section == section && row.key == word) else { return false };
    if let Err(wrong) = (row.read)(config, value) {
        let what = format!("`{}` {}", dotted(section, word), wrong.what);
        mistakes.push(Mistake { span: wrong.span, what, hint: wrong.hint });
    }
    true
}

/// The nearest name in the same section; the same name in another one; else all there are.
fn suggestion(section: &str, word: &str) -> String {
    let here: Vec<&str> = KEYS.iter().filter(|row| row.section == section).map(|row| row.key).collect();
    let sections = SECTIONS.iter().map(|(name, _)| *name).filter(|name| section.is_empty() && !name.is_empty());
    let here: Vec<&str> = here.into_iter().chain(sections).collect();
    match KEYS.iter().find(|row| row.key == word).map(|row| row.section) {
        Some("") => return format!("`{word}` stands at the top, before any [section]"),
        Some(elsewhere) => return format!("`{word}` stands in [{elsewhere}]"),
        None => {}
    }
    nearest(&here, word, |name| dotted(section, name))
}

/// The nearest of these names, written in full; else all there are.
pub(super) fn nearest(here: &[&str], word: &str, full: impl Fn(&str) -> String) -> String {
    // Half of the letters may differ: what is further away is another word.
    let near = here.iter().map(|name| (strsim::damerau_levenshtein(name, word), *name)).min();
    match near {
        Some((distance, name)) if distance * 2 <= name.len().max(word.len()) => {
            format!("did you mean `{}`?", full(name))
        }
        _ => format!("known here: {}", here.join(", ")),
    }
}

fn dotted(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

pub(super) fn wrong(span: Range<usize>, what: String, hint: &str) -> Wrong {
    Wrong { span, what, hint: hint.to_owned() }
}

pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

pub(super) fn expected(value: &Spanned<DeValue<'_>>, want: &str, hint: &str) -> Wrong {
    wrong(value.span(), format!("must be {want}, not {}", kind(value.get_ref())), hint)
}

pub(super) fn text(value: &Spanned<DeValue<'_>>) -> Result<(String, Range<usize>), Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok((text.to_string(), value.span())),
        _ => Err(expected(value, "a text", "put it in double quotes")),
    }
}

pub(super) fn filled(value: &Spanned<DeValue<'_>>) -> Result<(String, Range<usize>), Wrong> {
    let (text, span) = text(value)?;
    if text.trim().is_empty() {
        return Err(wrong(span, "is empty".to_owned(), "leave the key out to mean nothing"));
    }
    Ok((text, span))
}

pub(super) fn number(value: &Spanned<DeValue<'_>>) -> Result<(f64, Range<usize>), Wrong> {
    let digits = match value.get_ref() {
        DeValue::Integer(n) if n.radix() == 10 => n.to_string(),
        DeValue::Integer(_) => {
            return Err(wrong(value.span(), "must be a decimal number".to_owned(), "write 20 or 20.0"));
        }
        DeValue::Float(n) => n.to_string(),
        _ => return Err(expected(value, "a number", "write it without quotes")),
    };
    let unreadable = |_| wrong(value.span(), "must be a decimal number".to_owned(), "write 20 or 20.0");
    digits.parse().map(|n| (n, value.span())).map_err(unreadable)
}

pub(super) fn truth(value: &Spanned<DeValue<'_>>) -> Result<bool, Wrong> {
    match value.get_ref() {
        DeValue::Boolean(truth) => Ok(*truth),
        _ => Err(expected(value, "true or false", "write it without quotes")),
    }
}

/// One text of a list or table.
fn member(value: &Spanned<DeValue<'_>>) -> Result<String, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        other => {
            let what = format!("must hold only texts, not {}", kind(other));
            Err(wrong(value.span(), what, "put it in double quotes"))
        }
    }
}

fn filled_member(value: &Spanned<DeValue<'_>>) -> Result<String, Wrong> {
    let text = member(value)?;
    if text.is_empty() {
        return Err(wrong(value.span(), "holds an empty text".to_owned(), "leave it out; an empty list is all"));
    }
    Ok(text)
}

pub(super) fn list(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Wrong> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(filled_member).collect(),
        _ => Err(expected(value, "a list of texts", "for example [\"orders-*\"]")),
    }
}

/// Every text of a list, checked; a mistake is told at the text it is in.
pub(super) fn each<T>(
    value: &Spanned<DeValue<'_>>,
    hint: &str,
    check: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Wrong> {
    let DeValue::Array(items) = value.get_ref() else { return Err(expected(value, "a list of texts", hint)) };
    let one = |item| {
        let text = member(item)?;
        let checked = if text.is_empty() { Err("it is empty".to_owned()) } else { check(&text) };
        checked.map_err(|why| wrong(item.span(), format!("cannot hold {text:?}: {why}"), hint))
    };
    items.iter().map(one).collect()
}

fn tags(value: &Spanned<DeValue<'_>>) -> Result<BTreeMap<String, String>, Wrong> {
    match value.get_ref() {
        DeValue::Table(items) => items.iter().map(|(name, item)| Ok((tag_key(name)?, member(item)?))).collect(),
        _ => Err(expected(value, "a table of texts", "for example { team = \"payments\" }")),
    }
}

fn tag_key(name: &Spanned<std::borrow::Cow<'_, str>>) -> Result<String, Wrong> {
    if name.get_ref().is_empty() {
        return Err(wrong(name.span(), "holds a tag without a name".to_owned(), "for example { team = \"payments\" }"));
    }
    Ok(name.get_ref().to_string())
}

pub(super) fn choice<T: Copy>(value: &Spanned<DeValue<'_>>, choices: &[(&str, T)]) -> Result<T, Wrong> {
    let (word, span) = text(value)?;
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == word) {
        return Ok(*choice);
    }
    let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
    let near = choices.iter().map(|(name, _)| (strsim::damerau_levenshtein(name, &word), *name)).min();
    let hint = match near {
        Some((distance, name)) if distance <= 2 => format!("did you mean {name:?}?"),
        _ => String::new(),
    };
    Err(wrong(span, format!("must be one of {}, not {word:?}", names.join(", ")), &hint))
}

/// Two or more words and a number, as every partition writes them (`eu-west-1`, `us-gov-east-1`, `us-iso-east-1`).
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (number, words) = match parts.split_last() {
        Some((number, words)) if words.len() >= 2 => (number, words),
        _ => return false,
    };
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    digits && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

/// The text of `config.example.toml`: every key with its meaning and its default.
pub fn example() -> String {
    let mut out = String::from(
        "# cutover reads this file from ~/.config/cutover/config.toml, or from where --config says. Every key is optional;\n\
         # the values below are the defaults, and a key that is commented out has none: an example stands in its place.\n\
         # `cutover config check` tells what is wrong with a file, `cutover config path` where it was looked for.\n",
    );
    for (name, doc) in SECTIONS {
        if !name.is_empty() {
            out.push('\n');
            comment(&mut out, doc);
            let _ = writeln!(out, "[{name}]");
        }
        if name == bindings::SECTION {
            out.push_str(bindings::EXAMPLE);
        }
        for (index, row) in KEYS.iter().filter(|row| row.section == name).enumerate() {
            if name.is_empty() || index > 0 {
                out.push('\n');
            }
            comment(&mut out, row.doc);
            let _ = match row.default {
                Some(default) => writeln!(out, "{} = {default} # for example {}", row.key, row.example),
                None => writeln!(out, "# {} = {}", row.key, row.example),
            };
        }
        if name == alerts::SECTION {
            out.push_str(&alerts::example());
        }
        if name == databases::SECTION {
            out.push_str(&databases::example());
        }
        if name == validations::SECTION {
            out.push_str(&validations::example());
        }
        if name == refreshes::SECTION {
            out.push_str(&refreshes::example());
        }
    }
    out
}

pub(super) fn comment(out: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(out, "# {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_example_of_every_key_is_itself_valid_and_changes_something() {
        for row in &KEYS {
            let head = if row.section.is_empty() { String::new() } else { format!("[{}]\n", row.section) };
            let text = format!("{head}{} = {}", row.key, row.example);
            let config = super::super::parse(&text, Path::new("x")).unwrap();
            assert_ne!(config, Config::default(), "{text}");
        }
    }

    #[test]
    fn regions_of_every_partition_are_regions() {
        for (text, want) in [
            ("eu-west-1", true),
            ("us-gov-east-1", true),
            ("us-iso-east-1", true),
            ("ap-southeast-12", true),
            ("eu-west", false),
            ("Ireland", false),
            ("eu-west-1a", false),
            ("eu_west_1", false),
            ("", false),
        ] {
            assert_eq!(is_region(text), want, "{text}");
        }
    }
}
