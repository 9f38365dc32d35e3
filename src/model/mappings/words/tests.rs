//! How each kind of rule reads, and that nothing of any rule is left out.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn told(rule: &Value) -> String {
    let sections = words(&json!({ "rules": [rule] }).to_string()).unwrap();
    // The remark that nothing is taken is not about the rule.
    let mut of_rule =
        sections.iter().flat_map(|section| section.statements.iter().map(move |one| (section.title, one)));
    let (title, one) = of_rule.rfind(|(_, one)| one.subject != "nothing").unwrap();
    let remarks: Vec<String> = one
        .remarks
        .iter()
        .map(|remark| format!(" [{}{}]", if remark.beware { "!" } else { "" }, remark.words))
        .collect();
    format!("{title}: {}{}", one.words, remarks.concat())
}

#[test]
fn a_selection_reads_as_a_person_would_say_it() {
    let rule = |schema: &str, table: &str, action: &str| {
        json!({"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": action, "filters": [],
            "object-locator": {"schema-name": schema, "table-name": table}})
    };
    for (rule, want) in [
        (rule("shop", "orders", "include"), "Taken: shop.orders"),
        (rule("shop", "order[_]item", "include"), "Taken: shop.order_item"),
        (
            rule("shop", "order_item", "include"),
            "Taken: shop.order_item [_ stands for any one character here; [_] for itself.]",
        ),
        (rule("shop", "%", "include"), "Taken: every table of schema shop"),
        (rule("shop", "audit%", "exclude"), "Left out: tables like audit% of schema shop"),
        (rule("s%", "orders", "include"), "Taken: orders of schemas like s%"),
        (rule("s%", "o[ab]%", "exclude"), "Left out: tables like o[ab]% of schemas like s%"),
        (rule("shop", "orders", "explicit"), "Taken: exactly shop.orders"),
        (
            rule("%", "%", "include"),
            "Taken: every table of every schema [!Schemas of the database system are not left out by themselves: name the \
             ones you want.]",
        ),
        (
            rule("shop", "orders", "maybe"),
            "Not known to this program, as it is: selection with action maybe of shop.orders",
        ),
        (
            json!({"rule-type": "selection", "rule-id": 2, "rule-action": "include", "load-order": 7,
                "object-locator": {"schema-name": "shop", "table-name": "v", "table-type": "view"}}),
            "Taken: view shop.v, load order 7 [Higher is loaded first; with several tables at a time the order is no guarantee.]",
        ),
    ] {
        assert_eq!(told(&rule), want);
    }
}

#[test]
fn filters_say_which_rows_and_what_that_risks() {
    let rule = json!({"rule-type": "selection", "rule-id": "1", "rule-action": "include",
        "object-locator": {"schema-name": "shop", "table-name": "orders"},
        "filters": [
            {"filter-type": "source", "column-name": "id", "filter-conditions": [
                {"filter-operator": "between", "start-value": "5", "end-value": "7"},
                {"filter-operator": "ste", "value": "10"}]},
            {"filter-type": "source", "column-name": "gone", "filter-conditions": [{"filter-operator": "null"}]}]});
    assert_eq!(
        told(&rule),
        "Taken: shop.orders, only rows where (id is from 5 to 7 or id is at most 10) and gone is null [!Right only for \
         columns that never change: a row whose value changes later is neither moved nor removed.]"
    );
}

#[test]
fn transformations_table_settings_and_validation_read_as_deeds() {
    let rule = |target: &str, action: &str, more: Value| {
        let mut rule = json!({"rule-type": "transformation", "rule-id": "9", "rule-target": target, "rule-action": action,
            "object-locator": {"schema-name": "shop", "table-name": "%"}});
        if target == "column" {
            rule["object-locator"]["column-name"] = "card".into();
        }
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    for (rule, want) in [
        (rule("schema", "rename", json!({"value": "stg"})), "schema shop: renamed to stg"),
        (rule("table", "add-prefix", json!({"value": "x_"})), "every table of schema shop: prefix x_ added"),
        (
            rule("table", "replace-prefix", json!({"value": "b", "old-value": "a"})),
            "every table of schema shop: prefix a becomes b",
        ),
        (
            rule("column", "convert-lowercase", json!({})),
            "column card of every table of schema shop: name in lower case",
        ),
        (rule("column", "remove-column", json!({})), "column card of every table of schema shop: left out"),
        (
            rule("column", "change-data-type", json!({"data-type": {"type": "string", "length": 30}})),
            "column card of every table of schema shop: becomes string(30) [A value that does not fit is cut or refused.]",
        ),
        (
            rule(
                "column",
                "add-column",
                json!({"value": "day", "expression": "date('now')",
                "data-type": {"type": "datetime", "scale": 6}}),
            ),
            "column card of every table of schema shop: column day added, of type datetime(6), computed as date('now')",
        ),
        (
            rule("column", "data-masking-digits-mask", json!({"value": "#"})),
            "column card of every table of schema shop: every digit becomes # [!Letters stay as they are.]",
        ),
        (
            rule("table", "define-primary-key", json!({"primary-key-def": {"name": "pk", "columns": ["a", "b"]}})),
            "every table of schema shop: primary key pk on a, b [Rows that share these values overwrite each other.]",
        ),
        (
            rule("column", "make-it-shine", json!({"value": "5"})),
            "column card of every table of schema shop: make-it-shine 5, not known to this program [What it does is for AWS's \
             user guide to say.]",
        ),
    ] {
        assert_eq!(told(&rule), format!("Renamed and changed on the way: {want}"));
    }
    let settings = json!({"rule-type": "table-settings", "rule-id": "1",
        "object-locator": {"schema-name": "shop", "table-name": "doc"},
        "parallel-load": {"type": "ranges", "columns": ["id"], "boundaries": [["10"], ["20"]]},
        "lob-settings": {"mode": "limited", "bulk-max-size": "64"}});
    assert_eq!(
        told(&settings),
        "How tables are loaded: shop.doc: loaded by ranges of columns, columns [\"id\"], boundaries [[\"10\"],[\"20\"]], LOB \
         mode limited up to 64 KB [!A longer value is cut, with only a warning in the log.]"
    );
    let validation = json!({"rule-type": "validation", "rule-id": "1", "rule-target": "column",
        "rule-action": "override-validation-function", "source-function": "f(x)", "target-function": "g(x)",
        "object-locator": {"schema-name": "shop", "table-name": "doc", "column-name": "body"}});
    assert_eq!(
        told(&validation),
        "How columns are validated: column body of shop.doc: compared source as f(x), target as g(x)"
    );
}

#[test]
fn a_rule_nobody_knows_is_shown_as_it_is() {
    let rule = json!({"rule-type": "object-mapping", "rule-id": "7", "rule-name": "kinesis",
        "rule-action": "map-record-to-record", "mapping-parameters": {"partition-key-type": "schema-table"}});
    let sections = words(&json!({"rules": [rule, 5], "version": 2}).to_string()).unwrap();
    let all: Vec<String> = sections
        .iter()
        .flat_map(|section| section.statements.iter().map(|one| format!("{}: {}", one.subject, one.words)))
        .collect();
    assert_eq!(
        all,
        [
            "nothing: no rule includes any table",
            "rule 7 kinesis: object-mapping; mapping-parameters: {\"partition-key-type\":\"schema-table\"}; rule-action: \
             map-record-to-record",
            "rule: 5",
            "version: 2",
        ]
    );
    assert!(words("{").is_err());
}

/// Members DMS knows and some it does not, at every depth, each value a word of its own.
fn member() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "rule-action",
        "rule-target",
        "object-locator",
        "filters",
        "value",
        "old-value",
        "load-order",
        "parallel-load",
        "lob-settings",
        "data-type",
        "primary-key-def",
        "before-image-def",
        "expression",
        "schema-name",
        "table-name",
        "column-name",
        "table-type",
        "type",
        "length",
        "columns",
        "column-prefix",
        "mode",
        "bulk-max-size",
        "source-function",
        "filter-conditions",
        "filter-operator",
        "start-value",
        "novelty",
    ])
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => "[a-z]{8}".prop_map(Value::String),
        1 => prop::sample::select(vec!["include", "rename", "add-column", "limited", "between", "define-primary-key",
            "change-data-type", "data-masking-hash-mask", "remove-column", "column", "table", "%"])
            .prop_map(|text| Value::String(text.to_owned())),
        1 => (10_000_000u32..99_999_999).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map(member(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

/// Words and numbers nobody else would write.
fn marks(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() == 8 && text.chars().all(|c| c.is_ascii_lowercase()) => {
            out.push(text.clone());
        }
        Value::Number(number) => out.push(number.to_string()),
        Value::Array(list) => list.iter().for_each(|one| marks(one, out)),
        Value::Object(object) => object.values().for_each(|one| marks(one, out)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn nothing_that_a_rule_says_is_left_out(
        kind in prop::sample::select(vec!["selection", "transformation", "table-settings", "validation", "object-mapping"]),
        members in prop::collection::btree_map(member(), value(), 0..8),
    ) {
        let mut rule: Map<String, Value> = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        rule.insert("rule-type".into(), kind.into());
        let mut wanted = Vec::new();
        marks(&Value::Object(rule.clone()), &mut wanted);
        let sections = words(&json!({ "rules": [rule] }).to_string()).unwrap();
        let all: String = sections.iter().flat_map(|section| &section.statements).map(|one| one.words.clone()).collect();
        for mark in wanted {
            prop_assert!(all.contains(&mark), "{} is not in {}", mark, all);
        }
    }

    #[test]
    fn any_text_gives_words_or_an_error(text in "\\PC{0,200}") {
        let _ = words(&text);
    }
}
