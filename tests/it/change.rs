//! Switching rules and schedules with the real binary: who may, what is asked, what is refused, what is written down.

use crate::cli::{Aws, command, fits, promised, text};
use crate::pty::{Pty, Start};
use cutover::model::operation::Access;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

pub const RULE: &str = "rule:default/staging-refresh-nightly";
/// Where the schedule reloads every table.
pub const STAGING: &str = "shop-staging.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop";
pub const SCHEDULE: &str = "schedule:migrations/staging-refresh-weekly";

/// An embedded AWS, and an operator with a configuration and an audit of his own.
pub struct Desk {
    pub aws: Aws,
    pub folder: tempfile::TempDir,
}

impl Desk {
    pub fn new(faults: &[&str]) -> Self {
        Self::at(Aws::start(faults))
    }

    pub fn at(aws: Aws) -> Self {
        let desk = Self { aws, folder: tempfile::tempdir().unwrap() };
        desk.configure("environment = \"REHEARSAL\"\nexpect_account = \"123456789012\"\noperate = true\n");
        desk
    }

    pub fn configure(&self, config: &str) {
        std::fs::write(self.config(), config).unwrap();
    }

    /// Enables the schedule that reloads staging, where that is allowed.
    pub fn enable_weekly(&self) -> (i32, String, String) {
        let account = "environment = \"REHEARSAL\"\nexpect_account = \"123456789012\"\noperate = true\n";
        self.configure(&format!("{account}reload_allowed = [{STAGING:?}]\n"));
        let name = "staging-refresh-weekly";
        self.told(&["schedules", "enable", name, "--confirm", name, "--target", STAGING])
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn env(&self) -> Vec<(&'static str, String)> {
        let mut env = self.aws.env();
        env.push(("XDG_STATE_HOME", self.state().display().to_string()));
        env
    }

    pub fn args<'a>(config: &'a Path, args: &[&'a str]) -> Vec<&'a str> {
        [&["--config", config.to_str().unwrap()], args].concat()
    }

    pub fn run(&self, args: &[&str]) -> Output {
        let config = self.config();
        command(&Self::args(&config, args), &self.env()).output().unwrap()
    }

    /// Exit status, standard output, standard error.
    pub fn told(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.run(args);
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// On a terminal, until the question stands there.
    pub fn asked(&self, args: &[&str]) -> Pty {
        let config = self.config();
        let start = Start::cutover(&Self::args(&config, args)).size(200, 50);
        let pty = self.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
        pty.wait("anything else to leave it:\n>");
        pty
    }

    /// How often this was sent.
    pub fn sent(&self, operation: &str) -> u64 {
        self.aws.asked().get(operation).copied().unwrap_or(0)
    }

    /// Everything that changes something, however often.
    pub fn writes(&self) -> u64 {
        let changes = cutover::model::operation::TABLE.iter().filter(|row| row.access == Access::Write);
        let asked = self.aws.asked();
        changes
            .map(|row| {
                asked.iter().filter(|(one, _)| one.ends_with(&format!(":{}", row.name))).map(|(_, n)| n).sum::<u64>()
            })
            .sum()
    }

    pub fn activity(&self) -> Vec<Map<String, Value>> {
        serde_json::from_slice(&self.run(&["activity", "--output=json"]).stdout).unwrap()
    }

    pub fn state_of(&self, name: &str) -> String {
        let rows = self.aws.json(&["schedules", "--output=json"]);
        rows.iter().find(|row| row["name"] == name).unwrap()["state"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_rule_and_a_schedule_are_disabled_and_enabled_again_and_it_is_all_written_down() {
    let desk = Desk::new(&[]);
    for (which, name) in [(RULE, "staging-refresh-nightly"), (SCHEDULE, "staging-refresh-weekly")] {
        for (verb, done, state) in [("disable", "disabled", "DISABLED"), ("enable", "enabled", "ENABLED")] {
            // The name alone is enough where only one has it.
            let named = if verb == "enable" { name } else { which };
            let (status, out, err) = match (verb, which) {
                ("enable", SCHEDULE) => desk.enable_weekly(),
                _ => desk.told(&["schedules", verb, named, "--yes"]),
            };
            assert_eq!(status, 0, "{err}");
            assert!(out.starts_with(&format!("{done} {which}\n")), "{out}");
            assert!(
                verb == "enable" || !err.contains("it may fire once more") || out.contains("may fire once more"),
                "{out}"
            );
            assert!(err.contains("in REHEARSAL · account 123456789012 · eu-west-1"), "{err}");
            assert_eq!(desk.state_of(name), state);
        }
    }
    assert_eq!((desk.writes(), desk.sent("scheduler:UpdateSchedule")), (4, 2));
    let activity = desk.activity();
    let kinds: Vec<&str> = activity.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["enable-schedule", "disable-schedule", "enable-rule", "disable-rule"]);
    for row in &activity {
        assert_eq!(
            (&row["result"], &row["confirmed_by"], &row["tty"]),
            (&json!("done"), &json!("flag"), &json!(false))
        );
        assert_eq!(row["caller"], "arn:aws:sts::123456789012:assumed-role/migration-operator/demo");
        assert!(row["request_id"].is_string() && row["ended_at"].is_string(), "{row:?}");
        assert!(row["preview"].as_str().unwrap().contains("the same by hand:\naws "), "{row:?}");
    }
    assert_eq!(activity[1]["precondition"]["state"], "ENABLED");
    let starts =
        activity[1]["preview"].as_str().unwrap().contains("reloads every table (reload-target) of staging-refresh");
    assert!(starts, "{}", activity[1]["preview"]);
    // Three lines for each: asked, sent, done.
    let lines = std::fs::read_to_string(desk.state().join("cutover/audit.jsonl")).unwrap();
    let states: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["state"].clone()).collect();
    assert_eq!(states, ["asked", "sent", "done"].repeat(4));
    let printed = text(&desk.run(&["activity"]).stdout);
    assert!(printed.contains("disable-rule") && printed.contains(RULE), "{printed}");
}

#[test]
fn without_everything_that_is_needed_nothing_is_even_asked() {
    let desk = Desk::new(&[]);
    let account = "expect_account = \"123456789012\"\n";
    let both = format!("{account}operate = true\n");
    let switch = ["schedules", "disable", RULE, "--yes"];
    for (config, args, status, said) in [
        ("", &switch[..], 2, "Pass --operate"),
        (account, &switch, 2, "Pass --operate, or set operate = true in the configuration."),
        ("operate = true\n", &switch, 2, "Set expect_account = "),
        ("", &["schedules", "disable", RULE, "--yes", "--operate"], 2, "Set expect_account = "),
        (&both, &["schedules", "disable", RULE, "--yes", "--read-only"], 2, "Leave --read-only out"),
        (&both, &["--operate", "--read-only", "schedules", "disable", RULE, "--yes"], 2, "Leave --read-only out"),
        (&both, &["schedules", "disable", RULE], 2, "pass --yes where this is meant"),
        (&both, &["schedules", "disable", "rule:x", "--yes"], 2, "is not rule:BUS/NAME, schedule:GROUP/NAME or NAME"),
        (&format!("{both}audit_dir = \"/nonexistent/team\"\n"), &switch, 3, "the audit cannot be written"),
    ] {
        desk.configure(config);
        let (code, out, err) = desk.told(args);
        assert_eq!((code, out.as_str()), (status, ""), "{config:?} {args:?}: {err}");
        assert!(err.contains(said), "{config:?} {args:?}: {err}");
        assert_eq!(desk.aws.asked(), [].into(), "{config:?} {args:?}");
    }
    desk.configure("expect_account = \"999999999999\"\noperate = true\n");
    let (status, _, err) = desk.told(&switch);
    assert_eq!(status, 2);
    assert!(err.contains("of account 123456789012, and expect_account is 999999999999"), "{err}");
    assert_eq!(desk.aws.asked().into_keys().collect::<Vec<_>>(), ["sts:GetCallerIdentity"]);
    assert!(desk.activity().is_empty());
    // A disk that takes nothing.
    desk.configure(&both);
    std::fs::write(desk.state().join("cutover/audit.jsonl"), "").unwrap_or_default();
    let config = desk.config();
    let mut env = desk.env();
    env.retain(|(name, _)| *name != "XDG_STATE_HOME");
    env.push(("XDG_STATE_HOME", "/dev/null/state".to_owned()));
    let output = command(&Desk::args(&config, &switch), &env).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("the audit cannot be written, so nothing may be changed"));
    assert_eq!(desk.writes(), 0);
}

#[test]
fn what_may_not_be_switched_is_refused_with_the_reason_and_nothing_is_sent() {
    let desk = Desk::new(&[]);
    for (verb, name, status, said) in [
        ("disable", "dms-api-calls", 1, "every management event of CloudTrail"),
        ("disable", "AutoScalingManagedRule", 1, "managed by autoscaling.amazonaws.com"),
        ("enable", "dms-api-calls", 0, "nothing to do: it is enabled already"),
        ("enable", "staging-refresh-nightly", 0, "nothing to do: it is enabled already"),
        ("disable", "billing-cutover-stop", 0, "nothing to do: it is disabled already"),
        ("enable", "staging-refresh", 2, "no rule and no schedule is called \"staging-refresh\""),
        ("enable", "rule:default/absent", 2, "there is no rule:default/absent"),
        ("enable", "rule:absent/dms-failures", 2, "there is no rule:absent/dms-failures"),
        ("enable", "schedule:migrations/absent", 2, "there is no schedule:migrations/absent"),
        ("enable", "schedule:default/staging-refresh-weekly", 2, "there is no schedule:default/staging-refresh-weekly"),
    ] {
        let (code, out, err) = desk.told(&["schedules", verb, name, "--yes"]);
        assert_eq!(code, status, "{verb} {name}: {err}");
        assert!((out + &err).contains(said), "{verb} {name}: {err}");
    }
    assert_eq!(desk.writes(), 0);
    let refused: Vec<(String, String)> = desk
        .activity()
        .iter()
        .map(|row| (row["name"].as_str().unwrap().to_owned(), row["result"].as_str().unwrap().to_owned()))
        .collect();
    let refusal = |name: &str| (format!("rule:default/{name}"), "refused".to_owned());
    assert_eq!(refused, [refusal("AutoScalingManagedRule"), refusal("dms-api-calls")]);
    // A rule that answers to events may be switched, and its preview says what that means.
    let (status, _, err) = desk.told(&["schedules", "disable", "order-shipped", "--yes"]);
    assert_eq!(status, 0, "{err}");
    assert!(err.contains("it will not be called by events that match its pattern"), "{err}");
    assert!(err.contains("aws events disable-rule --name order-shipped --event-bus-name shop-events"), "{err}");
}

#[test]
fn a_schedule_that_reloads_is_enabled_only_like_the_reload_itself() {
    let desk = Desk::new(&[]);
    assert_eq!(desk.told(&["schedules", "disable", SCHEDULE, "--yes"]).0, 0);
    let enable = ["schedules", "enable", SCHEDULE];
    let named = |target| [&enable[..], &["--confirm", "staging-refresh-weekly", "--target", target]].concat();
    let account = "expect_account = \"123456789012\"\noperate = true\n";
    let allowed = format!("{account}reload_allowed = [{STAGING:?}]\n");
    for (config, args, said) in [
        (account.to_owned(), named(STAGING), "which is not in reload_allowed"),
        (format!("{allowed}protected = [\"shop-staging*/*\"]\n"), named(STAGING), "which is protected by"),
        (format!("{allowed}retired = [\"staging-refresh\"]\n"), named(STAGING), "staging-refresh is retired"),
        (allowed.clone(), [&enable[..], &["--yes"]].concat(), "it takes --confirm NAME --target HOST/DB"),
        (allowed.clone(), named("db.example/shop"), "that is not the database it would write to"),
    ] {
        desk.configure(&config);
        let (status, _, err) = desk.told(&args);
        assert_eq!(status, 1, "{args:?}: {err}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
    assert_eq!((desk.writes(), desk.state_of("staging-refresh-weekly").as_str()), (1, "DISABLED"));
    let (status, _, err) = desk.enable_weekly();
    assert_eq!(status, 0, "{err}");
    let destroys = "▲ DESTROYS ROWS in shop-staging.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop each time it fires: it reloads \
                    every table (reload-target) of staging-refresh";
    assert!(err.contains(destroys), "{err}");
    assert_eq!((desk.writes(), desk.state_of("staging-refresh-weekly").as_str()), (2, "ENABLED"));
}

#[test]
fn a_name_that_may_be_another_s_too_is_not_guessed() {
    let desk = Desk::new(&["access-denied=ListSchedules"]);
    let (status, _, err) = desk.told(&["schedules", "disable", "staging-refresh-nightly", "--yes"]);
    assert_eq!(status, 3);
    assert!(err.contains("scheduler:ListSchedules") && err.contains("give it in full"), "{err}");
    assert_eq!(desk.writes(), 0);
    assert_eq!(desk.told(&["schedules", "disable", RULE, "--yes"]).0, 0);
}

#[test]
fn on_a_terminal_only_the_name_typed_after_the_question_confirms() {
    let desk = Desk::new(&[]);
    for answer in ["y", "yes", "", RULE, "Staging-refresh-nightly"] {
        let mut pty = desk.asked(&["schedules", "disable", RULE]);
        pty.keys(&format!("{answer}\n"));
        pty.wait("not confirmed: that is not the name");
        assert_eq!(pty.end().0, 1, "{answer:?}");
    }
    // Typed before there was a question: no answer to it.
    let config = desk.config();
    let start = Start::cutover(&Desk::args(&config, &["schedules", "disable", RULE]));
    let mut pty = desk.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    pty.keys("staging-refresh-nightly\n");
    pty.wait("anything else to leave it:\n>");
    assert_eq!(desk.writes(), 0);
    pty.keys("n\n");
    assert_eq!(pty.end().0, 1);
    drop(pty);
    // Pasted, as terminals mark it: in one piece, and line by line.
    for pieces in [&["\x1b[200~staging-refresh-nightly\n\x1b[201~"][..], &["\x1b[200~", "staging-refresh-nightly\n"]] {
        let mut pty = desk.asked(&["schedules", "disable", RULE]);
        assert!(pty.raw().windows(8).any(|bytes| bytes == b"\x1b[?2004h"));
        for piece in pieces {
            pty.keys(piece);
        }
        pty.wait("pasted text answers nothing here: type it");
        assert_eq!(pty.end().0, 1);
        assert!(pty.raw().windows(8).any(|bytes| bytes == b"\x1b[?2004l"));
    }
    // Ctrl-C leaves, and the terminal is as it was.
    let mut pty = desk.asked(&["schedules", "disable", RULE]);
    pty.keys("\x03");
    assert_eq!(pty.end().0, 130);
    assert!(pty.raw().windows(8).any(|bytes| bytes == b"\x1b[?2004l"));
    drop(pty);
    assert_eq!(desk.writes(), 0);
    // Whoever may change something and asked for it stands in the audit, whatever came of it.
    let refused = desk.activity();
    assert!(refused.len() >= 8, "six other answers, and two that were pasted: {refused:?}");
    for row in &refused {
        assert_eq!((&row["result"], &row["confirmed_by"]), (&json!("refused"), &Value::Null));
        let outcome = row["outcome"].as_str().unwrap();
        assert!(outcome.starts_with("refused: not confirmed: ") && outcome.ends_with("Nothing was sent."), "{outcome}");
    }

    let mut pty = desk.asked(&["schedules", "disable", RULE]);
    pty.keys("staging-refresh-nightly\n");
    pty.wait("request id");
    assert_eq!(pty.end().0, 0);
    assert_eq!((desk.writes(), desk.state_of("staging-refresh-nightly").as_str()), (1, "DISABLED"));
    let row = &desk.activity()[0];
    assert_eq!((&row["confirmed_by"], &row["tty"], &row["result"]), (&json!("typed"), &json!(true), &json!("done")));
}

#[test]
fn json_has_exactly_the_names_and_types_of_its_documentation() {
    let desk = Desk::new(&[]);
    let checked = |list: &str, args: &[&str], status: i32| {
        let output = desk.run(args);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        let rows: Vec<Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
        let promised = promised(list);
        assert!(!rows.is_empty());
        for row in &rows {
            assert_eq!(row.keys().collect::<Vec<_>>(), promised.keys().collect::<Vec<_>>(), "{list}");
            for (name, value) in row {
                assert!(fits(value, &promised[name]), "{list}: {name} is {value}, not {}", promised[name]);
            }
        }
        rows
    };
    let result = |args: &[&str], status| {
        let row = checked("schedules enable, schedules disable", args, status).remove(0);
        ["result", "state_before", "state_after"].map(|name| row[name].clone())
    };
    let disable = |name| ["schedules", "disable", name, "--yes", "--output=json"];
    assert_eq!(result(&disable(SCHEDULE), 0), [json!("done"), json!("ENABLED"), json!("DISABLED")]);
    assert_eq!(result(&disable(SCHEDULE), 0), [json!("nothing-to-do"), json!("DISABLED"), json!("DISABLED")]);
    let all = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
    assert_eq!(result(&disable("dms-api-calls"), 1), [json!("refused"), json!(all), json!(all)]);
    desk.aws.switch_on("access-denied=DisableRule");
    assert_eq!(result(&disable(RULE), 3), [json!("failed"), json!("ENABLED"), json!("ENABLED")]);
    assert_eq!(checked("activity", &["activity", "--output=json"], 0).len(), 3);
}

#[test]
fn a_hostile_answer_is_refused_and_printed_harmlessly() {
    let desk = Desk::new(&["hostile-text"]);
    let (status, out, err) = desk.told(&["schedules", "disable", RULE, "--yes"]);
    // Not even its state is one of those that are known.
    assert!(status == 1 && err.contains("which this version does not know"), "{err}");
    let activity = text(&desk.run(&["activity"]).stdout) + &text(&desk.run(&["activity", "--output=json"]).stdout);
    for printed in [out, err, activity] {
        let bad: Vec<char> = printed
            .chars()
            .filter(|c| *c != '\n' && (c.is_control() || "\u{202e}\u{200b}\u{2066}".contains(*c)))
            .collect();
        assert!(bad.is_empty(), "{bad:?} in {printed}");
    }
    assert_eq!(desk.writes(), 0);
}

#[test]
fn a_team_has_the_audit_of_each_user_and_machine_in_its_folder() {
    let desk = Desk::new(&[]);
    let team = desk.folder.path().join("team");
    std::fs::create_dir(&team).unwrap();
    desk.configure(&format!("expect_account = \"123456789012\"\naudit_dir = {:?}\n", team.to_str().unwrap()));
    assert_eq!(desk.told(&["--operate", "schedules", "disable", RULE, "--yes"]).0, 0);
    let files: Vec<PathBuf> = std::fs::read_dir(&team).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let row = &desk.activity()[0];
    let name = format!("{}@{}.jsonl", row["os_user"].as_str().unwrap(), row["host"].as_str().unwrap());
    assert!(files[0].ends_with(&name), "{files:?} {name}");
    assert_eq!(std::fs::read_to_string(&files[0]).unwrap().lines().count(), 3);
    assert!(row["environment"].is_null());
}

/// No test waits longer for a line of the audit.
pub const PATIENCE: Duration = Duration::from_secs(20);
