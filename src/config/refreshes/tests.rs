//! Every key by its own example, a whole refresh, and each mistake.

use super::super::parse;
use super::step::{CUSTOM_KEYS, STEP_KEYS};
use super::*;
use crate::model::refresh::{Again, Does, OnFailure, StepKind, StepOptions};
use std::path::{Path, PathBuf};

const HEAD: &str = "[databases.shop-prod]\nurl = \"postgres://h/a\"\n[databases.shop-staging]\nurl = \"postgres://h/b\"\n\
                    [validation.shop]\ntask = \"t\"\n";
const NEEDS: &str =
    "task = \"t\"\npurpose = \"data-refresh\"\nload = \"full-load\"\ncadence = \"schedule\"\nto = [\"h/b\"]\n";

fn said(text: &str) -> Result<Settings, Vec<String>> {
    let config = parse(text, Path::new("/etc/cutover/config.toml"));
    config.map(|mut config| config.refreshes.remove("a").unwrap()).map_err(|mistakes| mistakes.lines())
}

fn with(more: &str) -> Result<Settings, Vec<String>> {
    let more: String = more.lines().flat_map(|line| [line, "\n"]).collect();
    let keys: Vec<&str> = more.lines().filter_map(|line| line.split(" = ").next()).collect();
    let kept = |line: &&str| !keys.iter().any(|key| line.starts_with(&format!("{key} =")));
    let needs: String = NEEDS.lines().filter(kept).flat_map(|line| [line, "\n"]).collect();
    said(&format!("{HEAD}[refresh.a]\n{needs}{more}"))
}

#[test]
fn the_example_of_every_key_is_itself_valid_and_changes_something() {
    let plain = with("").unwrap();
    for row in &KEYS {
        let more = match row.key {
            "notice_after" => "topic = \"arn:aws:sns:eu-west-1:123456789012:x\"\n",
            _ => "",
        };
        let got = with(&format!("{more}{} = {}", row.key, row.example)).unwrap();
        let as_before = ["purpose", "load", "cadence"].contains(&row.key);
        assert_eq!(got == plain, as_before, "{}", row.key);
    }
    for row in &STEP_KEYS {
        let got = with(&format!("[refresh.a.steps.keys-back]\n{} = {}", row.key, row.example)).unwrap();
        assert_ne!(got.steps[&StepKind::KeysBack], StepOptions::default(), "{}", row.key);
    }
    for row in &CUSTOM_KEYS {
        let rest = [("name", "\"n\""), ("after", "\"load\""), ("sql_file", "\"a.sql\"")];
        let rest = rest.iter().filter(|(key, _)| *key != row.key && !(*key == "sql_file" && row.key == "command"));
        let rest: String = rest.flat_map(|(key, value)| [*key, " = ", *value, "\n"]).collect();
        let mark = if row.key == "command" { "mark = true\n" } else { "" };
        let text = format!("[[refresh.a.step]]\n{rest}{mark}{} = {}", row.key, row.example);
        assert_eq!(with(&text).unwrap().custom.len(), 1, "{text}");
    }
}

#[test]
fn a_whole_refresh_is_read() {
    let got = with(
        "source = \"shop-prod\"\ntarget = \"shop-staging\"\nschedules = [\"rule:default/nightly\"]\nvalidation = \"shop\"\n\
         [refresh.a.orphans]\n\"*\" = \"report\"\n\"shop.item.fk\" = \"delete\"\n\
         [refresh.a.watermark]\n\"shop.orders\" = \"updated_at\"\n\
         [refresh.a.steps.wait]\ntimeout = \"12h\"\n\
         [[refresh.a.step]]\nname = \"one\"\nafter = \"defuse\"\nsql_file = \"one.sql\"\n\
         [[refresh.a.step]]\nname = \"two\"\nafter = \"schedule-back\"\ncommand = [\"true\"]\nprobe = [\"test\", \"-e\", \"x\"]\n\
         on_failure = \"go-on\"\n",
    )
    .unwrap();
    assert_eq!(got.schedules[0].full(), "rule:default/nightly");
    assert_eq!(got.orphans("shop", "item", "fk"), Orphans::Delete);
    assert_eq!(got.options(StepKind::Wait).timeout, SignedDuration::from_hours(12));
    let [one, two] = &got.custom[..] else { panic!("{:?}", got.custom) };
    assert_eq!(one.does, Does::Sql(PathBuf::from("/etc/cutover/one.sql")), "from where the configuration is");
    assert_eq!((one.again.clone(), one.after), (Again::Mark, StepKind::Defuse));
    assert!(matches!(&two.again, Again::ProbeCommand(words) if words.len() == 3));
    assert_eq!((two.on_failure, two.timeout), (OnFailure::GoOn, SignedDuration::from_hours(1)));
}

#[test]
fn each_mistake_is_told_once_with_what_to_do() {
    let own = |text: &str| format!("[[refresh.a.step]]\n{text}");
    for (text, part, hint) in [
        ("purpose = \"data-refresh\"\nload = \"cdc\"".to_owned(), "goes not together: data-refresh with cdc", "six"),
        ("load = \"full-load-and-cdc\"".into(), "goes not together", "data-migration with cdc and one-time"),
        ("load = \"full\"".into(), "must be one of \"full-load\"", ""),
        ("to = []".into(), "is empty: then it may load nothing", "staging.example.com"),
        ("to = [\"h\"]".into(), "not HOST/DB", ""),
        ("to = [\"*/b\"]".into(), "that is a pattern", ""),
        ("schedules = [\"nightly\"]".into(), "a name alone", "rule:default/nightly"),
        ("source = \"shop-prd\"".into(), "names no [databases.NAME]: \"shop-prd\"", "shop-prod"),
        ("source = \"shop-prod\"\ntarget = \"shop-prod\"".into(), ".target` is the source", ""),
        ("validation = \"sop\"".into(), "names no [validation.NAME]", "shop"),
        ("sensitive = [\"card\"]".into(), "would keep nothing out", ""),
        ("window = \"always\"".into(), "is no window", "Mon-Fri"),
        ("topic = \"arn:aws:s3:::x\"".into(), "names no topic", ""),
        ("notice_after = \"6h\"".into(), "has nobody to tell", "topic"),
        ("notice_after = \"0s\"\ntopic = \"arn:aws:sns:eu-west-1:123456789012:x\"".into(), "at least 1s", ""),
        ("cadence = \"one-time\"\nreplaces_lambda = true".into(), "the cadence is one-time", ""),
        ("orphans = 1".into(), "must be a section", ""),
        ("[refresh.a.orphans]\n\"*\" = \"drop\"".into(), "must be one of \"fail\"", ""),
        ("[refresh.a.steps.keys-bak]\nretry = 1".into(), "is no step", "keys-back"),
        ("[refresh.a.steps.custom]\nretry = 1".into(), "is no step", ""),
        ("[refresh.a.steps.wait]\nretry = 21".into(), "from 0 to 20", ""),
        ("[refresh.a.steps.wait]\non_failure = \"go-on\"".into(), "cannot be \"go-on\"", "analyze, notify"),
        ("[refresh.a.steps.wait]\ntimeout = \"31d\"".into(), "is no duration", ""),
        (own("name = \"n\"\nafter = \"load\""), "does nothing", "sql_file"),
        (own("after = \"load\"\nsql_file = \"a\""), "needs a name", ""),
        (own("name = \"n\"\nsql_file = \"a\""), "where it stands", ""),
        (own("name = \"n\"\nafter = \"close\"\nsql_file = \"a\""), "must be one of \"lock\"", ""),
        (own("name = \"mask\"\nafter = \"load\"\nsql_file = \"a\""), "there is already", "own name"),
        (
            own("name = \"n\"\nafter = \"load\"\nsql_file = \"a\"\ncommand = [\"b\"]"),
            "an sql_file and a command",
            "two",
        ),
        (own("name = \"n\"\nafter = \"load\"\ncommand = [\"b\"]"), "after a crash", "mark = true"),
        (own("name = \"n\"\nafter = \"load\"\ncommand = [\"b\"]\nprobe = \"SELECT 1\""), "its probe is a text", ""),
        (own("name = \"n\"\nafter = \"load\"\nsql_file = \"a\"\nprobe = [\"b\"]"), "its probe is a program", ""),
        (own("name = \"n\"\nafter = \"load\"\nsql_file = \"a\"\nprobe = \"b\"\nmark = true"), "a probe and a mark", ""),
        (
            own(
                "name = \"n\"\nafter = \"load\"\nsql_file = \"a\"\n[[refresh.a.step]]\nname = \"n\"\nafter = \"load\"\nsql_file = \"b\"",
            ),
            "the name of another one",
            "",
        ),
        ("tusk = 1".into(), "`refresh.a.tusk` is no key", "task"),
    ] {
        let lines = with(&text).unwrap_err();
        let told = lines.iter().filter(|line| !line.starts_with("  ")).count();
        assert!(told == 1 && lines[0].contains(part), "{text}: {lines:?}");
        match hint {
            "six" => assert_eq!(lines[1].matches("data-").count(), 6, "{lines:?}"),
            _ => assert!(hint.is_empty() || lines[1].contains(hint), "{text}: {lines:?}"),
        }
    }
    for (key, _) in NEEDED {
        let rest: String = NEEDS.lines().filter(|line| !line.starts_with(key)).flat_map(|line| [line, "\n"]).collect();
        let lines = said(&format!("[refresh.a]\n{rest}")).unwrap_err();
        assert!(lines.len() == 2 && lines[0].contains(&format!("has no {key}")), "{lines:?}");
    }
    let lines = said(&format!("protected = [\"h/*\"]\n[refresh.a]\n{NEEDS}")).unwrap_err();
    assert!(lines[0].contains("protected by \"h/*\""), "{lines:?}");
    let lines = said(&format!("[refresh.\"a b\"]\n{NEEDS}")).unwrap_err();
    assert!(lines[0].contains("letters, digits"), "{lines:?}");
}
