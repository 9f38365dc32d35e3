//! Rules as people write them, and what is said of those that are wrong.

use super::*;
use toml::de::DeTable;

fn read(text: &str) -> (Rules, Vec<String>) {
    let table = DeTable::parse(text).unwrap();
    let mut mistakes = Vec::new();
    let rules = masking(table.get_ref(), "refresh.staging.masking", &mut mistakes);
    (rules, mistakes.into_iter().map(|mistake| format!("{} | {}", mistake.what, mistake.hint)).collect())
}

fn defused(text: &str) -> (Vec<Defuse>, Vec<String>) {
    let table = DeTable::parse(text).unwrap();
    let mut mistakes = Vec::new();
    let list = defuse(table.get_ref().get("defuse").unwrap(), "refresh.staging.defuse", &mut mistakes);
    (list, mistakes.into_iter().map(|mistake| mistake.what).collect())
}

#[test]
fn the_facts_of_a_whole_file_are_read() {
    let (rules, mistakes) = read(
        r#"
        unlisted = "mask-default"
        on_new_column = "halt"
        key_env = "REFRESH_MASK_KEY"
        accepted_columns = "3F7A09C1D2E4B586"
        [defaults]
        "*_token" = "null"
        "*.email" = { fn = "email", domain = "email" }
        [tables."public.users"]
        [tables."public.users".columns]
        email = { fn = "email", unique = true, ignore_case = true }
        plan = "keep"
        dob = { fn = "date_jitter", days = 30 }
        [tables."public.users".columns.doc]
        fn = "json"
        paths = { "$.mail" = "email", "$..name" = { fn = "full_name", domain = "name" } }
        otherwise = "keep"
        [tables."public.help"]
        columns = { mail = { fn = "keep", reason = "ours", holds = ["email", "phone"] } }
        passthrough = "written by us"
        [tables."public.outbox"]
        exclude_data = true
        "#,
    );
    assert_eq!(mistakes, Vec::<String>::new());
    assert_eq!(
        (rules.unlisted, rules.key),
        (Unlisted::MaskDefault, PasswordFrom::Environment("REFRESH_MASK_KEY".into()))
    );
    assert_eq!(rules.accepted_columns.as_deref(), Some("3f7a09c1d2e4b586"));
    assert_eq!(
        rules.defaults.iter().map(|(pattern, _)| pattern.as_str()).collect::<Vec<_>>(),
        ["*_token", "*.email"],
        "in the order of the file"
    );
    let users = &rules.tables["public.users"].columns;
    assert!(users["email"].unique && users["email"].ignore_case && users["plan"].is_keep());
    assert_eq!(users["dob"].function, Function::DateJitter { days: 30 });
    let Function::Json { paths, otherwise } = &users["doc"].function else { panic!("{users:?}") };
    assert_eq!((paths.len(), paths[1].1.domain.as_deref(), *otherwise), (2, Some("name"), Otherwise::Keep));
    assert_eq!(rules.tables["public.help"].columns["mail"].holds, [Personal::Email, Personal::Phone]);
    assert!(rules.tables["public.outbox"].exclude_data);
}

#[test]
fn the_example_of_every_function_and_key_is_itself_right() {
    for (name, _, example) in FUNCTIONS {
        let (rules, mistakes) = read(&format!("[defaults]\nx = {example}"));
        assert_eq!(mistakes, Vec::<String>::new(), "{example}");
        assert_eq!(rules.defaults[0].1.function.name(), name);
    }
    for row in KEYS.iter().filter(|row| !row.example.is_empty()) {
        let (rules, mistakes) = read(&format!("{} = {}", row.key, row.example));
        assert_eq!(mistakes, Vec::<String>::new(), "{}", row.key);
        assert!(rules != Rules::default() || row.key == "on_new_column", "{}", row.key);
    }
    for row in TABLE_KEYS.iter().filter(|row| !row.example.is_empty()) {
        let (rules, mistakes) = read(&format!("[tables.t]\n{} = {}", row.key, row.example));
        assert_eq!((mistakes.len(), rules.tables["t"] == TableRules::default()), (0, false), "{}", row.key);
    }
    assert!(example().lines().all(|line| line.is_empty() || line.starts_with('#')));
}

#[test]
fn each_mistake_is_told_once_with_what_to_do() {
    for (text, what) in [
        ("unlisted = \"pass\"", "`refresh.staging.masking.unlisted` must be one of"),
        ("on_new_column = \"ignore\"", "must be one of \"halt\""),
        (
            "unlistd = \"fail\"",
            "`refresh.staging.masking.unlistd` is no key | did you mean `refresh.staging.masking.unlisted`?",
        ),
        ("key_env = \"A\"\nkey_secret = \"B\"", "stands beside another of its kind"),
        ("key_env = \"A B\"", "is no name of a variable"),
        ("accepted_columns = \"yes\"", "is no hash of columns"),
        ("defaults = 7", "must be a section"),
        ("tables = []", "must be a section"),
        ("[tables.a]\ncolumns = 1", "`refresh.staging.masking.tables.\"a\".columns` must be a section"),
        ("[tables.a]\nexclude = true", "is no key | did you mean"),
        ("[defaults]\nx = \"emial\"", "names no function: \"emial\" | did you mean `email`?"),
        ("[defaults]\nx = { domain = \"a\" }", "needs fn"),
        ("[defaults]\nx = { fn = \"email\", days = 3 }", "has no key \"days\""),
        ("[defaults]\nx = { fn = \"date_jitter\" }", "needs days"),
        ("[defaults]\nx = { fn = \"date_jitter\", days = 0 }", "from 1 to 36500"),
        ("[defaults]\nx = { fn = \"noise\", percent = 0 }", "percent from 0.01 to 1000"),
        ("[defaults]\nx = { fn = \"random_int\", min = 5, max = 5 }", "min that is not below its max"),
        ("[defaults]\nx = { fn = \"choice\", values = [] }", "has no values"),
        ("[defaults]\nx = { fn = \"regex_replace\", pattern = \"(\", with = \"\" }", "has no pattern"),
        ("[defaults]\nx = { fn = \"partial\" }", "needs keep_start or keep_end"),
        ("[defaults]\nx = { fn = \"partial\", keep_end = 2, with = \"ab\" }", "one character"),
        ("[defaults]\nx = { fn = \"random_string\", alphabet = \"aa\" }", "two different characters"),
        ("[defaults]\nx = { fn = \"hash\", length = 100 }", "from 8 to 64"),
        ("[defaults]\nx = { fn = \"json\", paths = { \"a.b\" = \"email\" } }", "it must begin with $"),
        ("[defaults]\nx = { fn = \"json\", paths = { \"$.a\" = { fn = \"json\" } } }", "json within json"),
        ("[defaults]\nx = { fn = \"keep\", holds = [\"names\"] }", "that is not looked for"),
        ("[defaults]\nx = { fn = \"redact\", domain = \"a\" }", "has a domain, which redact does not use"),
        ("[defaults]\nx = 7", "must be a function or a table with one"),
    ] {
        let (_, mistakes) = read(text);
        assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
        assert!(mistakes[0].contains(what), "{text}: {mistakes:?}");
    }
}

#[test]
fn tables_that_are_defused_are_read() {
    let (list, mistakes) = defused(
        "defuse = [{ table = \"public.outbox\", action = \"truncate\" }, { table = \"jobs\", action = \"delete\", where = \"done IS NULL\" }, \
         { table = \"tokens\", action = \"delete\" }, { table = \"x\", sql_file = \"defuse/x.sql\" }]",
    );
    assert_eq!(mistakes, Vec::<String>::new());
    let actions: Vec<Action> = list.into_iter().map(|one| one.action).collect();
    let filter = Some("done IS NULL".to_owned());
    assert_eq!(
        actions,
        [
            Action::Truncate,
            Action::Delete { filter },
            Action::Delete { filter: None },
            Action::File("defuse/x.sql".into())
        ]
    );
    for (text, what) in [
        ("defuse = 1", "must be a list of tables"),
        ("defuse = [\"a\"]", "must be a table and what is done with it"),
        ("defuse = [{ action = \"truncate\" }]", "needs table"),
        ("defuse = [{ table = \"a\" }]", "needs an action or a sql_file"),
        ("defuse = [{ table = \"a\", action = \"drop\" }]", "must be one of"),
        ("defuse = [{ table = \"a\", action = \"truncate\", where = \"b\" }]", "not every row of it is spared"),
        ("defuse = [{ table = \"a\", action = \"delete\", sql_file = \"b\" }]", "stands beside a sql_file"),
        ("defuse = [{ table = \"a\", acton = \"delete\" }]", "has no key \"acton\""),
    ] {
        let (list, mistakes) = defused(text);
        assert!(list.is_empty() && mistakes.len() == 1 && mistakes[0].contains(what), "{text}: {mistakes:?}");
    }
}
