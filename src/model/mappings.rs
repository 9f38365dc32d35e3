//! Table mappings: which source tables a task takes, and under which name they arrive.
//!
//! Selection is by DMS wildcards ([`like`]), case-sensitive; `exclude` wins over `include`; `explicit` takes one exact
//! table.
//! `words.rs` says every rule in words.
//! Transformations covered: rename, add/remove/replace prefix and suffix, and case, on schemas, tables and columns, and
//! include/remove of columns. What is not understood is kept in [`Mappings::unread`], never dropped silently.
//! [`follow`] says what becomes of a table and each of its columns, and where that cannot be told.

pub mod follow;
mod words;

pub use words::{exact, words};

use serde::Deserialize;

/// The mapping text is not what DMS writes.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error("table mappings are not readable JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("rule {rule}: {why}")]
    Rule { rule: String, why: String },
}

/// Selection action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    Include,
    Exclude,
    Explicit,
}

/// One selection rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionRule {
    pub id: String,
    pub action: Selection,
    pub schema: String,
    pub table: String,
    /// The rule filters rows (kept as JSON text; a filtered table is never comparable as a whole).
    pub filters: Option<String>,
}

/// What a transformation touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransformTarget {
    Schema,
    Table,
    Column,
}

/// One transformation rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformRule {
    pub id: String,
    pub target: TransformTarget,
    pub action: String,
    pub schema: String,
    pub table: String,
    pub column: String,
    pub value: Option<String>,
    pub old_value: Option<String>,
    /// The rule is only for columns of this type of DMS's own.
    pub data_type: Option<String>,
    /// Around the names of columns that hold what a value was before it changed.
    pub before_image: Option<[String; 2]>,
}

/// How LOBs of some tables are loaded, where that is not as the task's settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LobRule {
    pub schema: String,
    pub table: String,
    /// Longer values are cut to so many KB; `None`: none is cut.
    pub limit_kb: Option<u64>,
}

/// A parsed mapping document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mappings {
    pub selections: Vec<SelectionRule>,
    /// By their number, as DMS goes through them.
    pub transforms: Vec<TransformRule>,
    pub lobs: Vec<LobRule>,
    /// Rules of kinds this program does not interpret, as `rule-type rule-id`.
    pub unread: Vec<String>,
}

/// Reads a mapping document.
pub fn parse(text: &str) -> Result<Mappings, MappingError> {
    let document: RawDocument = serde_json::from_str(text)?;
    let mut mappings = Mappings::default();
    for rule in document.rules {
        let id = rule.id.as_ref().map(scalar).unwrap_or_default();
        let locator = rule.locator.unwrap_or_default();
        match rule.kind.as_str() {
            "selection" => mappings.selections.push(SelectionRule {
                action: known(&id, rule.action.as_deref(), "rule-action")?,
                schema: required(&id, locator.schema, "object-locator.schema-name")?,
                table: required(&id, locator.table, "object-locator.table-name")?,
                filters: rule.filters.filter(|f| f.as_array().is_some_and(|a| !a.is_empty())).map(|f| f.to_string()),
                id,
            }),
            // Where a table is kept on the disks of its server is no matter of what is in it.
            "transformation" if rule.target.as_deref().is_some_and(|target| target.ends_with("-tablespace")) => {}
            "transformation" => mappings.transforms.push(TransformRule {
                target: known(&id, rule.target.as_deref(), "rule-target")?,
                action: required(&id, rule.action, "rule-action")?,
                schema: required(&id, locator.schema, "object-locator.schema-name")?,
                table: locator.table.unwrap_or_else(|| "%".to_owned()),
                column: locator.column.unwrap_or_else(|| "%".to_owned()),
                value: rule.value.as_ref().map(scalar),
                old_value: rule.old_value.as_ref().map(scalar),
                data_type: locator.data_type,
                before_image: rule.before_image.map(|image| [image.prefix, image.suffix]),
                id,
            }),
            other => {
                if let Some((lob, schema)) = rule.lob.zip(locator.schema) {
                    let limited = lob.mode.as_deref() == Some("limited");
                    let limit_kb = lob.limit.as_ref().map(scalar).and_then(|kb| kb.parse().ok()).filter(|_| limited);
                    let table = locator.table.unwrap_or_else(|| "%".to_owned());
                    mappings.lobs.push(LobRule { schema, table, limit_kb });
                }
                mappings.unread.push(format!("{other} {id}"));
            }
        }
    }
    mappings.transforms.sort_by_key(|rule| rule.id.parse::<u64>().unwrap_or(u64::MAX));
    Ok(mappings)
}

impl Mappings {
    /// Does the task take this source table?
    pub fn selects(&self, schema: &str, table: &str) -> bool {
        let hit = |rule: &SelectionRule| match rule.action {
            Selection::Explicit => rule.schema == schema && rule.table == table,
            _ => like(&rule.schema, schema) && like(&rule.table, table),
        };
        let mut selected = false;
        for rule in self.selections.iter().filter(|rule| hit(rule)) {
            match rule.action {
                Selection::Exclude => return false,
                Selection::Include | Selection::Explicit => selected = true,
            }
        }
        selected
    }

    /// Schema and table name on the target.
    pub fn target_name(&self, schema: &str, table: &str) -> (String, String) {
        let mut out = (schema.to_owned(), table.to_owned());
        for rule in self.transforms.iter().filter(|r| like(&r.schema, schema)) {
            match rule.target {
                TransformTarget::Schema => out.0 = apply(rule, &out.0),
                TransformTarget::Table if like(&rule.table, table) => out.1 = apply(rule, &out.1),
                _ => {}
            }
        }
        out
    }

    /// Column name on the target, or `None` where the column is removed.
    pub fn target_column(&self, schema: &str, table: &str, column: &str) -> Option<String> {
        let mut out = column.to_owned();
        for rule in &self.transforms {
            let hits = rule.target == TransformTarget::Column
                && like(&rule.schema, schema)
                && like(&rule.table, table)
                && like(&rule.column, column);
            if hits {
                if rule.action == "remove-column" {
                    return None;
                }
                out = apply(rule, &out);
            }
        }
        Some(out)
    }
}

fn apply(rule: &TransformRule, name: &str) -> String {
    let value = rule.value.as_deref().unwrap_or_default();
    let old = rule.old_value.as_deref().unwrap_or_default();
    match rule.action.as_str() {
        "rename" => value.to_owned(),
        "convert-lowercase" => name.to_lowercase(),
        "convert-uppercase" => name.to_uppercase(),
        "add-prefix" => format!("{value}{name}"),
        "add-suffix" => format!("{name}{value}"),
        "remove-prefix" => name.strip_prefix(value).unwrap_or(name).to_owned(),
        "remove-suffix" => name.strip_suffix(value).unwrap_or(name).to_owned(),
        "replace-prefix" => name.strip_prefix(old).map_or_else(|| name.to_owned(), |rest| format!("{value}{rest}")),
        "replace-suffix" => name.strip_suffix(old).map_or_else(|| name.to_owned(), |rest| format!("{rest}{value}")),
        _ => name.to_owned(),
    }
}

/// DMS wildcards: `%` any run, `_` one character, `[_]` an underscore, `[ab]` and `[a-d]` one of a set
/// (user guide, "Wildcards in table mapping").
pub fn like(pattern: &str, text: &str) -> bool {
    let pattern = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: just behind the last `%`, one character further in the text.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Run) => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(Token::One(set)) if set.iter().any(|(low, high)| (*low..=*high).contains(&text[t])) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|token| matches!(token, Token::Run))
}

/// One step of a pattern.
enum Token {
    Run,
    /// One character inside any of these ranges.
    One(Vec<(char, char)>),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let close = chars[at..].iter().position(|c| *c == ']').map(|offset| at + offset);
        match (chars[at], close) {
            ('%', _) => out.push(Token::Run),
            ('_', _) => out.push(Token::One(vec![('\0', char::MAX)])),
            ('[', Some(close)) if close > at + 1 => {
                out.push(Token::One(ranges(&chars[at + 1..close])));
                at = close;
            }
            (c, _) => out.push(Token::One(vec![(c, c)])),
        }
        at += 1;
    }
    out
}

fn ranges(set: &[char]) -> Vec<(char, char)> {
    let mut out = Vec::new();
    let mut rest = set;
    loop {
        match rest {
            [low, '-', high, tail @ ..] => {
                out.push((*low, *high));
                rest = tail;
            }
            [one, tail @ ..] => {
                out.push((*one, *one));
                rest = tail;
            }
            [] => return out,
        }
    }
}

fn required(rule: &str, value: Option<String>, what: &str) -> Result<String, MappingError> {
    value.ok_or_else(|| MappingError::Rule { rule: rule.to_owned(), why: format!("{what} is missing") })
}

fn known<T: serde::de::DeserializeOwned>(rule: &str, value: Option<&str>, what: &str) -> Result<T, MappingError> {
    let text = required(rule, value.map(ToOwned::to_owned), what)?;
    serde_json::from_value(serde_json::Value::String(text.clone()))
        .map_err(|_| MappingError::Rule { rule: rule.to_owned(), why: format!("{what} {text:?} is not known") })
}

/// DMS accepts numbers and strings for ids and values.
fn scalar(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[derive(Deserialize)]
struct RawDocument {
    rules: Vec<RawRule>,
}

#[derive(Deserialize)]
struct RawRule {
    #[serde(rename = "rule-type")]
    kind: String,
    #[serde(rename = "rule-id")]
    id: Option<serde_json::Value>,
    #[serde(rename = "rule-action")]
    action: Option<String>,
    #[serde(rename = "rule-target")]
    target: Option<String>,
    #[serde(rename = "object-locator")]
    locator: Option<RawLocator>,
    filters: Option<serde_json::Value>,
    value: Option<serde_json::Value>,
    #[serde(rename = "old-value")]
    old_value: Option<serde_json::Value>,
    #[serde(rename = "before-image-def")]
    before_image: Option<RawImage>,
    #[serde(rename = "lob-settings")]
    lob: Option<RawLob>,
}

#[derive(Deserialize)]
struct RawImage {
    #[serde(rename = "column-prefix", default)]
    prefix: String,
    #[serde(rename = "column-suffix", default)]
    suffix: String,
}

#[derive(Deserialize)]
struct RawLob {
    mode: Option<String>,
    #[serde(rename = "bulk-max-size")]
    limit: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
struct RawLocator {
    #[serde(rename = "schema-name")]
    schema: Option<String>,
    #[serde(rename = "table-name")]
    table: Option<String>,
    #[serde(rename = "column-name")]
    column: Option<String>,
    #[serde(rename = "data-type")]
    data_type: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOC: &str = r#"{"rules":[
        {"rule-type":"selection","rule-id":1,"rule-name":"1","object-locator":{"schema-name":"shop","table-name":"%"},"rule-action":"include"},
        {"rule-type":"selection","rule-id":"2","object-locator":{"schema-name":"shop","table-name":"audit_%"},"rule-action":"exclude"},
        {"rule-type":"transformation","rule-id":"3","rule-target":"table","object-locator":{"schema-name":"shop","table-name":"order%"},"rule-action":"add-prefix","value":"stg_"},
        {"rule-type":"transformation","rule-id":"4","rule-target":"column","object-locator":{"schema-name":"shop","table-name":"%","column-name":"card"},"rule-action":"remove-column"},
        {"rule-type":"table-settings","rule-id":"5","object-locator":{"schema-name":"shop","table-name":"%"}}]}"#;

    #[test]
    fn a_document_selects_excludes_renames_and_removes() {
        let m = parse(DOC).unwrap();
        assert!(m.selects("shop", "orders"));
        assert!(!m.selects("shop", "audit_2026"));
        assert!(!m.selects("Shop", "orders"), "names are case-sensitive");
        assert_eq!(m.target_name("shop", "orders"), ("shop".into(), "stg_orders".into()));
        assert_eq!(m.target_name("shop", "customer"), ("shop".into(), "customer".into()));
        assert_eq!(m.target_column("shop", "orders", "card"), None);
        assert_eq!(m.unread, ["table-settings 5"]);
    }

    #[test]
    fn what_cannot_be_read_says_which_rule() {
        let bad = r#"{"rules":[{"rule-type":"selection","rule-id":"9","object-locator":{"schema-name":"x","table-name":"%"},"rule-action":"maybe"}]}"#;
        assert_eq!(parse(bad).unwrap_err().to_string(), r#"rule 9: rule-action "maybe" is not known"#);
    }

    #[test]
    fn wildcards_are_those_of_the_user_guide() {
        for (pattern, text, want) in [
            ("a_c", "abc", true),
            ("a[_]c", "abc", false),
            ("a[_]c", "a_c", true),
            ("t[ab]", "tb", true),
            ("t[a-d]%", "tc9", true),
            ("t[a-d]%", "te9", false),
            ("t[", "t[", true),
            ("%", "", true),
        ] {
            assert_eq!(like(pattern, text), want, "{pattern} {text}");
        }
    }

    /// A slow and obvious matcher to compare with.
    fn like_slow(p: &[char], t: &[char]) -> bool {
        match p.split_first() {
            None => t.is_empty(),
            Some(('%', rest)) => (0..=t.len()).any(|i| like_slow(rest, &t[i..])),
            Some(('_', rest)) => !t.is_empty() && like_slow(rest, &t[1..]),
            Some((c, rest)) => t.split_first().is_some_and(|(d, tail)| c == d && like_slow(rest, tail)),
        }
    }

    proptest! {
        #[test]
        fn like_agrees_with_the_obvious_matcher(p in "[ab%_]{0,8}", t in "[ab]{0,10}") {
            let (pc, tc): (Vec<char>, Vec<char>) = (p.chars().collect(), t.chars().collect());
            prop_assert_eq!(like(&p, &t), like_slow(&pc, &tc));
        }

        #[test]
        fn any_text_gives_mappings_or_an_error(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }
    }
}
