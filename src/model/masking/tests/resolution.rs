//! What becomes of columns, and what is said of those that nobody named.

use super::super::resolve::{ByTask, Pinned, TaskSays, by_task};
use super::super::*;
use crate::model::canon::SqlType;
use crate::model::database::PasswordFrom;
use crate::model::engine::Engine;
use crate::model::mappings;

fn column(name: &str, declared: &str) -> Column {
    Column {
        name: name.into(),
        declared: declared.into(),
        shape: Shape { sql_type: SqlType::new(Engine::PostgreSql, declared), labels: Vec::new(), nullable: true },
        generated: false,
        surrogate: name == "id",
        partition: false,
        touched: false,
    }
}

fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    let columns = columns.iter().map(|(name, declared)| column(name, declared)).collect();
    Table { schema: "public".into(), name: name.into(), columns, ..Table::default() }
}

fn refers(mut from: Table, column: &str, to: (&str, &str)) -> Table {
    let to_place = ("public".to_owned(), to.0.to_owned());
    let name = format!("{}_{column}", from.name);
    from.foreign_keys.push(ForeignKey {
        name,
        columns: vec![column.into()],
        to: to_place,
        to_columns: vec![to.1.into()],
    });
    from
}

fn rules(defaults: &[(&str, Function)], tables: &[(&str, &[(&str, Function)])]) -> Rules {
    let rule = |function: &Function| Rule::of(function.clone());
    let table = |columns: &[(&str, Function)]| TableRules {
        columns: columns.iter().map(|(name, function)| ((*name).to_owned(), rule(function))).collect(),
        ..TableRules::default()
    };
    Rules {
        key: PasswordFrom::Environment("K".into()),
        defaults: defaults.iter().map(|(pattern, function)| ((*pattern).to_owned(), rule(function))).collect(),
        tables: tables.iter().map(|(name, columns)| ((*name).to_owned(), table(columns))).collect(),
        ..Rules::default()
    }
}

fn said(resolved: &Resolved) -> Vec<String> {
    resolved.findings.iter().map(|one| format!("{}: {}", one.place, one.what)).collect()
}

fn decided<'r>(resolved: &'r Resolved, table: &str, column: &str) -> (&'r Decision, &'r str) {
    let own = resolved.table("public", table).unwrap().column(column).unwrap();
    (&own.decision, own.why.as_str())
}

const USERS: &[(&str, &str)] = &[("id", "bigint"), ("email", "text"), ("reset_token", "text"), ("plan", "text")];

#[test]
fn every_column_is_resolved_or_the_plan_is_refused() {
    let users = [table("users", USERS)];
    let none = resolve(&Rules::default(), &users, &ByTask::new(), None);
    assert_eq!(said(&none), ["public.users: has columns that no rule names: email, reset_token, plan"]);
    let all = rules(
        &[("*.email", Function::Email), ("*_token", Function::Null)],
        &[("public.users", &[("plan", Function::Keep)])],
    );
    let resolved = resolve(&all, &users, &ByTask::new(), None);
    assert_eq!(said(&resolved), Vec::<String>::new());
    for (column, decision, why) in [
        ("id", Decision::Keep, "a number of the database's own"),
        ("email", Decision::Mask(Rule::of(Function::Email)), "by the pattern *.email"),
        ("reset_token", Decision::Mask(Rule::of(Function::Null)), "by the pattern *_token"),
        ("plan", Decision::Keep, "by its own rule"),
    ] {
        assert_eq!(decided(&resolved, "users", column), (&decision, why));
    }
    let lenient = Rules { unlisted: Unlisted::MaskDefault, ..Rules::default() };
    let resolved = resolve(&lenient, &users, &ByTask::new(), None);
    assert_eq!(decided(&resolved, "users", "plan").0, &Decision::Mask(Rule::of(Function::Null)));
    let mut passes = Rules::default();
    passes.tables.insert("users".into(), TableRules { passthrough: Some("ours".into()), ..TableRules::default() });
    let resolved = resolve(&passes, &users, &ByTask::new(), None);
    assert_eq!(decided(&resolved, "users", "plan"), (&Decision::Keep, "its table passes through: ours"));
}

#[test]
fn the_pattern_that_says_most_wins_and_case_does_not_count() {
    let all = rules(
        &[
            ("*", Function::Redact),
            ("*.email", Function::Email),
            ("users.email", Function::Null),
            ("e*l", Function::Lorem),
            ("public.*.EMAIL", Function::Uuid),
        ],
        &[],
    );
    for (table, column, want) in [
        ("users", "email", Some("public.*.EMAIL")),
        ("users", "Email", Some("public.*.EMAIL")),
        ("users", "plan", Some("*")),
        ("users", "el", Some("e*l")),
    ] {
        assert_eq!(all.default_for("public", table, column).map(|(pattern, _)| pattern), want, "{table}.{column}");
    }
    assert_eq!(all.default_for("shop", "users", "email").map(|(pattern, _)| pattern), Some("users.email"));
    assert_eq!(all.default_for("shop", "orders", "email").map(|(pattern, _)| pattern), Some("*.email"));
}

#[test]
fn what_refers_to_a_column_becomes_what_that_becomes() {
    let users = table("users", USERS);
    let orders = refers(
        table("orders", &[("id", "bigint"), ("buyer", "text"), ("owner", "bigint")]),
        "buyer",
        ("users", "email"),
    );
    let orders = refers(orders, "owner", ("users", "id"));
    let lines = refers(table("lines", &[("who", "text")]), "who", ("orders", "buyer"));
    let tables = [lines, orders, users];
    let base = [("plan", Function::Keep), ("reset_token", Function::Null), ("email", Function::Email)];
    let resolved = resolve(&rules(&[], &[("users", &base)]), &tables, &ByTask::new(), None);
    assert_eq!(said(&resolved), Vec::<String>::new());
    assert_eq!(
        decided(&resolved, "lines", "who"),
        (&Decision::Mask(Rule::of(Function::Email)), "as public.orders.buyer, which it refers to")
    );
    assert_eq!(decided(&resolved, "orders", "owner"), (&Decision::Keep, "as public.users.id, which it refers to"));

    let hash = Function::Hash { length: 32 };
    for (users_mail, buyer, want) in [
        (
            Function::Email,
            Some(hash.clone()),
            Some("is masked by hash, and public.users.email, which it refers to, by email"),
        ),
        (
            Function::Email,
            Some(Function::Keep),
            Some("is not masked here, and public.users.email, which it refers to, is masked by email"),
        ),
        (
            Function::Keep,
            Some(hash.clone()),
            Some("is masked by hash, and public.users.email, which it refers to, is not masked here"),
        ),
        (Function::Email, Some(Function::Null), None),
        (Function::Keep, None, None),
    ] {
        let mut columns = base.to_vec();
        columns[2].1 = users_mail;
        let of_orders: Vec<(&str, Function)> = buyer.into_iter().map(|function| ("buyer", function)).collect();
        let own: [(&str, &[(&str, Function)]); 3] =
            [("users", &columns), ("orders", &of_orders), ("lines", &[("who", Function::Null)])];
        let said = said(&resolve(&rules(&[], &own), &tables, &ByTask::new(), None));
        match want {
            Some(want) => assert!(said.iter().any(|one| one == &format!("public.orders.buyer: {want}")), "{said:?}"),
            None => assert!(!said.iter().any(|one| one.starts_with("public.orders.buyer")), "{said:?}"),
        }
    }
    let short = refers(table("notes", &[("mail", "character varying(20)")]), "mail", ("users", "email"));
    let said = said(&resolve(&rules(&[], &[("users", &base)]), &[short, table("users", USERS)], &ByTask::new(), None));
    assert!(said[0].contains("the same value would be masked differently"), "{said:?}");
    let lonely = refers(table("notes", &[("mail", "text")]), "mail", ("gone", "email"));
    let resolved = resolve(&rules(&[("mail", Function::Email)], &[]), &[lonely], &ByTask::new(), None);
    assert!(
        resolved.findings[0].severity == Severity::Warning && resolved.findings[0].what.contains("which is not loaded")
    );
}

#[test]
fn what_the_task_masks_or_leaves_out_counts() {
    let rule = |id: u32, action: &str, column: &str| {
        format!(
            r#"{{"rule-type":"transformation","rule-id":"{id}","rule-target":"column","rule-action":"{action}","value":"x",
            "object-locator":{{"schema-name":"shop","table-name":"users","column-name":"{column}"}}}}"#
        )
    };
    let selection = r#"{"rule-type":"selection","rule-id":"1","rule-action":"include","object-locator":{"schema-name":"shop","table-name":"%"}}"#;
    let schema = r#"{"rule-type":"transformation","rule-id":"2","rule-target":"schema","rule-action":"rename","value":"public","object-locator":{"schema-name":"shop"}}"#;
    let text = format!(
        r#"{{"rules":[{selection},{schema},{},{},{}]}}"#,
        rule(3, "data-masking-hash-mask", "email"),
        rule(4, "remove-column", "reset_token"),
        rule(5, "add-suffix", "plan")
    );
    let columns: Vec<String> = USERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let says = by_task(&mappings::parse(&text).unwrap(), [("shop", "users", columns.as_slice())]);
    let at = |column: &str| ("public".to_owned(), "users".to_owned(), column.to_owned());
    assert_eq!(says.get(&at("email")), Some(&TaskSays::Masked("rule 3 of the task (data-masking-hash-mask)".into())));
    assert!(matches!(says.get(&at("reset_token")), Some(TaskSays::Removed(_))));
    assert_eq!(says.len(), 2);
    let resolved = resolve(&rules(&[("plan", Function::Keep)], &[]), &[table("users", USERS)], &says, None);
    assert_eq!(said(&resolved), Vec::<String>::new());
    assert_eq!(
        decided(&resolved, "users", "email"),
        (&Decision::ByTask, "masked by rule 3 of the task (data-masking-hash-mask)")
    );
    assert_eq!(decided(&resolved, "users", "reset_token").0, &Decision::Excluded);
    let own = rules(&[("plan", Function::Keep)], &[("users", &[("email", Function::Email)])]);
    let resolved = resolve(&own, &[table("users", USERS)], &says, None);
    assert_eq!(decided(&resolved, "users", "email").0, &Decision::Mask(Rule::of(Function::Email)), "its own rule wins");
}

#[test]
fn a_new_column_halts_until_somebody_has_looked() {
    let before = Pinned::of(&[table("users", &USERS[..3])]);
    let mut all = rules(&[("*", Function::Redact)], &[]);
    let now = [table("users", USERS), table("extra", &[("a", "text")])];
    let resolved = resolve(&all, &now, &ByTask::new(), Some(&before));
    assert_eq!(
        said(&resolved),
        [
            "public.extra: has columns that were not there at the last refresh: a",
            "public.users: has columns that were not there at the last refresh: plan",
        ]
    );
    assert!(resolved.findings[0].hint.contains(&resolved.columns.hash()));
    all.accepted_columns = Some(resolved.columns.hash());
    assert_eq!(said(&resolve(&all, &now, &ByTask::new(), Some(&before))), Vec::<String>::new());
    all.accepted_columns = None;
    assert_eq!(said(&resolve(&all, &now, &ByTask::new(), Some(&resolved.columns))), Vec::<String>::new());
    assert_eq!(
        said(&resolve(&all, &now[..1], &ByTask::new(), Some(&resolved.columns))),
        Vec::<String>::new(),
        "a column that went is no danger"
    );
}

#[test]
fn what_is_not_there_or_must_not_be_is_said() {
    let mut all = rules(&[], &[("public.users", &[("emial", Function::Email)]), ("ghost", &[("a", Function::Keep)])]);
    all.tables.insert("outbox".into(), TableRules { exclude_data: true, ..TableRules::default() });
    all.defaults.push(("*".into(), Rule::of(Function::Email)));
    all.key = PasswordFrom::Unsaid;
    let resolved =
        resolve(&all, &[table("users", &USERS[..2]), table("outbox", &[("body", "text")])], &ByTask::new(), None);
    let told = said(&resolved);
    for want in [
        "ghost: has rules and is not loaded",
        "public.users.emial: has a rule and is not there",
        "public.outbox: must not be loaded, and the task takes it",
        "masking: has no key, and its functions need one",
    ] {
        assert!(told.iter().any(|one| one == want), "{want}: {told:?}");
    }
    let json = serde_json::to_string(&resolved).unwrap();
    assert_eq!(serde_json::from_str::<Resolved>(&json).unwrap(), resolved);
}
