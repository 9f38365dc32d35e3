//! What table mappings make of one table and of each of its columns: where it goes, what is left out, what is added, which
//! rows are taken. What cannot be followed says so, with the rule: a guess would be a wrong answer.
//!
//! Pure. Start at [`Mappings::place`] for a table and [`Mappings::fate`] for a column.

use super::{Mappings, Selection, TransformRule, TransformTarget, apply, like, words};
use crate::model::json::scalar;
use serde_json::Value;

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It arrives under this name.
    Named(String),
    /// It does not arrive, and why.
    Removed(String),
    /// What arrives cannot be told, and why.
    Unclear(String),
}

/// Conditions on one column, of which one must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub column: String,
    pub any: Vec<Condition>,
}

/// One condition; values as they are written in the mappings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Equal(String),
    NotEqual(String),
    AtMost(String),
    AtLeast(String),
    Null,
    NotNull,
    Between(String, String),
    NotBetween(String, String),
}

/// Actions that only change a name.
const NAMING: [&str; 9] = [
    "rename",
    "convert-lowercase",
    "convert-uppercase",
    "add-prefix",
    "add-suffix",
    "remove-prefix",
    "remove-suffix",
    "replace-prefix",
    "replace-suffix",
];

impl Mappings {
    /// Schema and table on the target; or the rule that cannot be followed.
    pub fn place(&self, schema: &str, table: &str) -> Result<(String, String), String> {
        let unknown = self.transforms.iter().find(|rule| {
            let of_table = match rule.target {
                TransformTarget::Schema => true,
                TransformTarget::Table => like(&rule.table, table),
                TransformTarget::Column => return false,
            };
            let known = NAMING.contains(&rule.action.as_str()) || rule.action == "define-primary-key";
            of_table && like(&rule.schema, schema) && !known
        });
        match unknown {
            Some(rule) => Err(format!("{} is not followed by this program", told(rule))),
            None => Ok(self.target_name(schema, table)),
        }
    }

    /// What becomes of a column of the source.
    pub fn fate(&self, schema: &str, table: &str, column: &str) -> Fate {
        let hits = |rule: &&TransformRule| of_columns(rule, schema, table) && like(&rule.column, column);
        let is = |action: &'static str| move |rule: &&TransformRule| rule.action == action;
        if let Some(rule) = self.transforms.iter().filter(hits).find(|rule| rule.data_type.is_some()) {
            return Fate::Unclear(format!("{} is for columns of one of DMS's own types", told(rule)));
        }
        let included = self.transforms.iter().filter(hits).any(|rule| rule.action == "include-column");
        if !included {
            if let Some(rule) = self.transforms.iter().filter(hits).find(is("remove-column")) {
                return Fate::Removed(format!("left out by {}", told(rule)));
            }
            let others = |rule: &&TransformRule| of_columns(rule, schema, table) && rule.action == "include-column";
            if let Some(rule) = self.transforms.iter().find(others) {
                return Fate::Removed(format!("left out: {} takes only others", told(rule)));
            }
        }
        let mut name = column.to_owned();
        for rule in self.transforms.iter().filter(hits) {
            match rule.action.as_str() {
                action if NAMING.contains(&action) => name = apply(rule, &name),
                action if action.starts_with("data-masking-") => {
                    return Fate::Unclear(format!("masked by {}", told(rule)));
                }
                // The types of both sides say what that comes to. The others are about columns of the target.
                "change-data-type" | "include-column" | "remove-column" | "add-column" | "add-before-image-columns" => {
                }
                _ => return Fate::Unclear(format!("{} is not followed by this program", told(rule))),
            }
        }
        match self.adds(schema, table, &name) {
            Some(rule) => Fate::Unclear(format!("{} makes a column of the same name", told(rule))),
            None => Fate::Named(name),
        }
    }

    /// The task masks this column on the way, and by which rule.
    pub fn masked(&self, schema: &str, table: &str, column: &str) -> Option<String> {
        let hits = |rule: &&TransformRule| of_columns(rule, schema, table) && like(&rule.column, column);
        let of_all = |rule: &&TransformRule| rule.data_type.is_none() && rule.action.starts_with("data-masking-");
        self.transforms.iter().filter(hits).find(of_all).map(told)
    }

    /// Why the target has this column and the source has not, where the task is the reason.
    pub fn added(&self, schema: &str, table: &str, column: &str) -> Option<String> {
        if let Some(rule) = self.adds(schema, table, column) {
            return Some(format!("added by {}", told(rule)));
        }
        let image = |rule: &&TransformRule| {
            let around =
                rule.before_image.as_ref().filter(|[prefix, suffix]| !(prefix.is_empty() && suffix.is_empty()));
            let fits = around.is_some_and(|[prefix, suffix]| {
                column.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.ends_with(suffix.as_str()))
            });
            of_columns(rule, schema, table) && rule.action == "add-before-image-columns" && fits
        };
        let rule = self.transforms.iter().find(image)?;
        Some(format!("added by {}: the value before a change", told(rule)))
    }

    fn adds(&self, schema: &str, table: &str, column: &str) -> Option<&TransformRule> {
        let adds = |rule: &&TransformRule| {
            of_columns(rule, schema, table) && rule.action == "add-column" && rule.value.as_deref() == Some(column)
        };
        self.transforms.iter().find(adds)
    }

    /// Which rows of a table the task takes: all of these must hold; none, and it takes every row. Or why that cannot be
    /// told.
    pub fn filters(&self, schema: &str, table: &str) -> Result<Vec<Filter>, String> {
        let takes = self.selections.iter().filter(|rule| match rule.action {
            Selection::Include => like(&rule.schema, schema) && like(&rule.table, table),
            Selection::Explicit => rule.schema == schema && rule.table == table,
            Selection::Exclude => false,
        });
        let mut texts: Vec<(&str, Option<&str>)> =
            takes.map(|rule| (rule.id.as_str(), rule.filters.as_deref())).collect();
        texts.dedup_by_key(|(_, filters)| *filters);
        match texts[..] {
            [] | [(_, None)] => Ok(Vec::new()),
            [(rule, Some(text))] => {
                let all: Vec<Value> = serde_json::from_str(text).map_err(|error| format!("rule {rule}: {error}"))?;
                let read = |value: &Value| {
                    filter(value)
                        .ok_or_else(|| format!("a filter of rule {rule} is not followed by this program: {value}"))
                };
                all.iter().map(read).collect()
            }
            [(one, _), (other, _), ..] => Err(format!("rules {one} and {other} take different rows of it")),
        }
    }

    /// Tables that a rule names without a wildcard: they ought to be there.
    pub fn named(&self) -> Vec<(String, String)> {
        let exact = |rule: &super::SelectionRule| match rule.action {
            Selection::Exclude => None,
            Selection::Explicit => Some((rule.schema.clone(), rule.table.clone())),
            Selection::Include => Some((words::exact(&rule.schema)?, words::exact(&rule.table)?)),
        };
        let mut all: Vec<(String, String)> = self.selections.iter().filter_map(exact).collect();
        all.retain(|(schema, table)| self.selects(schema, table));
        all.sort();
        all.dedup();
        all
    }

    /// Rules that take tables by a pattern: each ought to take one.
    pub fn patterns(&self) -> impl Iterator<Item = &super::SelectionRule> {
        self.selections.iter().filter(|rule| {
            let exact = words::exact(&rule.schema).is_some() && words::exact(&rule.table).is_some();
            rule.action == Selection::Include && !exact
        })
    }

    /// To how many KB LOBs of a table are cut, where a rule says something else than the task's settings.
    pub fn lob_limit_kb(&self, schema: &str, table: &str, of_task: Option<u64>) -> Option<u64> {
        let found = self.lobs.iter().rev().find(|rule| like(&rule.schema, schema) && like(&rule.table, table));
        found.map_or(of_task, |rule| rule.limit_kb)
    }
}

fn of_columns(rule: &TransformRule, schema: &str, table: &str) -> bool {
    rule.target == TransformTarget::Column && like(&rule.schema, schema) && like(&rule.table, table)
}

/// `rule 7 of the task (remove-column)`
fn told(rule: &TransformRule) -> String {
    format!("rule {} of the task ({})", rule.id, rule.action)
}

fn filter(value: &Value) -> Option<Filter> {
    let object = value.as_object()?;
    let known = ["filter-type", "column-name", "filter-conditions"];
    let source = object.get("filter-type").is_none_or(|kind| kind == "source");
    if !source || object.keys().any(|key| !known.contains(&key.as_str())) {
        return None;
    }
    let column = object.get("column-name")?.as_str()?.to_owned();
    let any: Vec<Condition> =
        object.get("filter-conditions")?.as_array()?.iter().map(condition).collect::<Option<_>>()?;
    (!any.is_empty()).then_some(Filter { column, any })
}

fn condition(value: &Value) -> Option<Condition> {
    let object = value.as_object()?;
    let get = |key: &str| object.get(key).and_then(scalar);
    let pair = || Some((get("start-value")?, get("end-value")?));
    let (condition, members) = match get("filter-operator")?.as_str() {
        "eq" => (Condition::Equal(get("value")?), 2),
        "noteq" => (Condition::NotEqual(get("value")?), 2),
        "ste" => (Condition::AtMost(get("value")?), 2),
        "gte" => (Condition::AtLeast(get("value")?), 2),
        "null" => (Condition::Null, 1),
        "notnull" => (Condition::NotNull, 1),
        "between" => pair().map(|(from, to)| (Condition::Between(from, to), 3))?,
        "notbetween" => pair().map(|(from, to)| (Condition::NotBetween(from, to), 3))?,
        _ => return None,
    };
    // Whatever else stands there was meant to mean something.
    (object.len() == members).then_some(condition)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn mappings(rules: &str) -> Mappings {
        parse(&format!(r#"{{"rules":[{rules}]}}"#)).unwrap()
    }

    fn column(id: u32, name: &str, action: &str, more: &str) -> String {
        format!(
            r#"{{"rule-type":"transformation","rule-id":"{id}","rule-target":"column","rule-action":"{action}",
            "object-locator":{{"schema-name":"shop","table-name":"%","column-name":"{name}"}}{more}}}"#
        )
    }

    fn selection(id: u32, table: &str, filters: &str) -> String {
        format!(
            r#"{{"rule-type":"selection","rule-id":"{id}","rule-action":"include","filters":{filters},
            "object-locator":{{"schema-name":"shop","table-name":"{table}"}}}}"#
        )
    }

    #[test]
    fn a_column_arrives_under_its_name_is_left_out_or_cannot_be_told() {
        let named = |name: &str| Fate::Named(name.to_owned());
        let removed = |why: &str| Fate::Removed(why.to_owned());
        let unclear = |why: &str| Fate::Unclear(why.to_owned());
        for (rules, name, want) in [
            (column(1, "%", "convert-lowercase", ""), "Note", named("note")),
            (column(1, "note", "rename", r#","value":"remark""#), "note", named("remark")),
            (column(1, "n%", "add-prefix", r#","value":"x_""#), "note", named("x_note")),
            (column(1, "n%", "replace-suffix", r#","value":"b","old-value":"te""#), "note", named("nob")),
            (column(1, "Note", "remove-prefix", r#","value":"n""#), "note", named("note")),
            // By their numbers, not by where they stand.
            (
                format!(
                    "{},{}",
                    column(12, "note", "add-suffix", r#","value":"b""#),
                    column(9, "note", "add-suffix", r#","value":"a""#)
                ),
                "note",
                named("noteab"),
            ),
            (column(4, "note", "remove-column", ""), "note", removed("left out by rule 4 of the task (remove-column)")),
            (
                column(4, "id", "include-column", ""),
                "note",
                removed("left out: rule 4 of the task (include-column) takes only others"),
            ),
            (
                format!("{},{}", column(1, "%", "remove-column", ""), column(2, "note", "include-column", "")),
                "note",
                named("note"),
            ),
            (
                column(7, "note", "data-masking-hash-mask", ""),
                "note",
                unclear("masked by rule 7 of the task (data-masking-hash-mask)"),
            ),
            (column(1, "note", "change-data-type", r#","data-type":{"type":"string"}"#), "note", named("note")),
            (
                column(3, "%", "add-column", r#","value":"note","expression":"1""#),
                "note",
                unclear("rule 3 of the task (add-column) makes a column of the same name"),
            ),
            (
                column(3, "note", "reverse", ""),
                "note",
                unclear("rule 3 of the task (reverse) is not followed by this program"),
            ),
            (column(3, "note", "reverse", ""), "id", named("id")),
        ] {
            assert_eq!(mappings(&rules).fate("shop", "orders", name), want, "{rules}");
            assert_eq!(mappings(&rules).fate("other", "orders", name), named(name), "{rules}");
        }
        let typed = r#"{"rule-type":"transformation","rule-id":"5","rule-target":"column","rule-action":"remove-column",
            "object-locator":{"schema-name":"shop","table-name":"%","column-name":"%","data-type":"string"}}"#;
        assert!(matches!(mappings(typed).fate("shop", "t", "a"), Fate::Unclear(_)));
    }

    #[test]
    fn what_the_task_adds_is_known_by_name() {
        let image = r#","before-image-def":{"column-prefix":"BI_","column-suffix":"","column-filter":"pk-only"}"#;
        let all = mappings(&format!(
            "{},{}",
            column(3, "%", "add-column", r#","value":"loaded_at","expression":"datetime()""#),
            column(4, "%", "add-before-image-columns", image)
        ));
        let added = |name| all.added("shop", "orders", name);
        assert_eq!(added("loaded_at").as_deref(), Some("added by rule 3 of the task (add-column)"));
        assert!(added("BI_id").is_some_and(|why| why.contains("before a change")));
        assert_eq!((added("id"), all.added("other", "orders", "loaded_at")), (None, None));
    }

    #[test]
    fn filters_are_followed_or_refused_never_left_out() {
        let one = |condition: &str| {
            format!(r#"[{{"filter-type":"source","column-name":"id","filter-conditions":[{condition}]}}]"#)
        };
        for (condition, want) in [
            (r#"{"filter-operator":"eq","value":"5"}"#, Some(Condition::Equal("5".into()))),
            (r#"{"filter-operator":"noteq","value":5}"#, Some(Condition::NotEqual("5".into()))),
            (r#"{"filter-operator":"ste","value":"5"}"#, Some(Condition::AtMost("5".into()))),
            (r#"{"filter-operator":"gte","value":"5"}"#, Some(Condition::AtLeast("5".into()))),
            (r#"{"filter-operator":"null"}"#, Some(Condition::Null)),
            (r#"{"filter-operator":"notnull"}"#, Some(Condition::NotNull)),
            (
                r#"{"filter-operator":"between","start-value":"1","end-value":"9"}"#,
                Some(Condition::Between("1".into(), "9".into())),
            ),
            (
                r#"{"filter-operator":"notbetween","start-value":"1","end-value":"9"}"#,
                Some(Condition::NotBetween("1".into(), "9".into())),
            ),
            (r#"{"filter-operator":"like","value":"5"}"#, None),
            (r#"{"filter-operator":"between","value":"5"}"#, None),
            (r#"{"filter-operator":"eq","value":"5","case":"no"}"#, None),
        ] {
            let got = mappings(&selection(1, "%", &one(condition))).filters("shop", "orders");
            match want {
                Some(want) => assert_eq!(got.unwrap(), [Filter { column: "id".into(), any: vec![want] }]),
                None => assert!(got.unwrap_err().contains("rule 1 is not followed"), "{condition}"),
            }
        }
        let five = one(r#"{"filter-operator":"eq","value":"5"}"#);
        let both = |other: &str| mappings(&format!("{},{}", selection(1, "%", &five), selection(2, "orders", other)));
        assert_eq!(both(&five).filters("shop", "orders").unwrap().len(), 1, "twice the same is once");
        assert_eq!(both("[]").filters("shop", "orders").unwrap_err(), "rules 1 and 2 take different rows of it");
        assert_eq!(both("[]").filters("shop", "other").unwrap().len(), 1);
    }

    #[test]
    fn a_table_goes_where_its_rules_say_unless_one_is_not_known() {
        let rule = |target: &str, action: &str| {
            format!(
                r#"{{"rule-type":"transformation","rule-id":"8","rule-target":"{target}","rule-action":"{action}","value":"new",
                "object-locator":{{"schema-name":"shop","table-name":"order%"}}}}"#
            )
        };
        for (target, action, want) in [
            ("schema", "rename", Ok(("new", "orders"))),
            ("table", "rename", Ok(("shop", "new"))),
            ("table", "define-primary-key", Ok(("shop", "orders"))),
            ("table-tablespace", "rename", Ok(("shop", "orders"))),
            ("table", "turn", Err("rule 8 of the task (turn) is not followed by this program")),
        ] {
            let want = want.map(|(a, b)| (a.to_owned(), b.to_owned())).map_err(str::to_owned);
            assert_eq!(mappings(&rule(target, action)).place("shop", "orders"), want, "{target} {action}");
        }
        assert!(mappings(&rule("table", "turn")).place("shop", "customer").is_ok());
    }

    #[test]
    fn tables_that_are_named_ought_to_be_there() {
        let mut all = mappings(&format!("{},{}", selection(1, "order[_]item", "[]"), selection(2, "stock%", "[]")));
        assert_eq!(all.named(), [("shop".to_owned(), "order_item".to_owned())]);
        all.selections[0].action = Selection::Exclude;
        assert!(all.named().is_empty());
    }

    #[test]
    fn a_table_may_have_a_lob_limit_of_its_own() {
        let rule = |mode: &str| {
            format!(
                r#"{{"rule-type":"table-settings","rule-id":"9","object-locator":{{"schema-name":"shop","table-name":"doc%"}},
                "lob-settings":{{"mode":"{mode}","bulk-max-size":"64"}}}}"#
            )
        };
        assert_eq!(mappings(&rule("limited")).lob_limit_kb("shop", "document", Some(32)), Some(64));
        assert_eq!(mappings(&rule("unlimited")).lob_limit_kb("shop", "document", Some(32)), None);
        assert_eq!(mappings(&rule("limited")).lob_limit_kb("shop", "orders", Some(32)), Some(32));
    }
}
