//! `cutover activity` with the real binary: one's own audit, that of a team, what cannot be read of it, and following it.

use crate::change::{Desk, RULE};
use crate::cli::{fits, promised, text};
use serde_json::{Map, Value};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A desk whose audit goes to a team's folder too.
pub fn desk() -> (Desk, PathBuf) {
    let desk = Desk::new(&[]);
    let team = desk.folder.path().join("team");
    std::fs::create_dir(&team).unwrap();
    configure(&desk, &team);
    (desk, team)
}

fn configure(desk: &Desk, team: &Path) {
    let account = "environment = \"REHEARSAL\"\nexpect_account = \"123456789012\"\noperate = true\n";
    desk.configure(&format!("{account}audit_dir = {:?}\n", team.display().to_string()));
}

pub fn disable(desk: &Desk) {
    let (status, _, err) = desk.told(&["schedules", "disable", RULE, "--yes"]);
    assert_eq!(status, 0, "{err}");
}

/// Our own file in the folder of the team.
pub fn own(team: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(team).unwrap().map(|file| file.unwrap().path());
    files.find(|path| !path.ends_with("joe@elsewhere.jsonl")).unwrap()
}

/// The line of somebody else, made from the last of ours.
pub fn line_of(team: &Path, user: &str, change: &[(&str, Value)]) -> String {
    let text = std::fs::read_to_string(own(team)).unwrap();
    let mut line: Map<String, Value> = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    line.insert("os_user".into(), user.into());
    line.insert("host".into(), "elsewhere".into());
    line.insert("id".into(), format!("20261122T140322Z-{user}").into());
    for (name, value) in change {
        line.insert((*name).into(), value.clone());
    }
    serde_json::to_string(&line).unwrap() + "\n"
}

pub fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn rows(desk: &Desk, args: &[&str]) -> Vec<Map<String, Value>> {
    let output = desk.run(&[&["activity", "--output=json"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn who(rows: &[Map<String, Value>]) -> Vec<(&str, &str, bool)> {
    let one = |row: &'_ Map<String, Value>| row["mine"].as_bool().unwrap();
    rows.iter().map(|row| (row["host"].as_str().unwrap(), row["result"].as_str().unwrap(), one(row))).collect()
}

#[test]
fn the_team_is_read_beside_ones_own_and_nobody_twice() {
    let (desk, team) = desk();
    disable(&desk);
    let joe = team.join("joe@elsewhere.jsonl");
    append(&joe, &line_of(&team, "joe", &[("state", "asked".into()), ("asked_at", "2001-11-01T10:00:00Z".into())]));
    append(&joe, &line_of(&team, "joe", &[("state", "failed".into()), ("asked_at", "2001-11-01T10:00:00Z".into())]));
    let task = ("name", Value::from("task:orders-cdc"));
    append(&joe, &line_of(&team, "joe", &[("id", "two".into()), ("asked_at", "2001-11-02T10:00:00Z".into()), task]));
    let all = rows(&desk, &[]);
    let here = all[0]["host"].as_str().unwrap().to_owned();
    let (ours, failed, done) =
        ((here.as_str(), "done", true), ("elsewhere", "failed", false), ("elsewhere", "done", false));
    assert_eq!(who(&all), [ours, done, failed], "the newest first, the last line of each counts");
    for row in &all {
        let promised = promised("activity");
        assert_eq!(row.keys().collect::<Vec<_>>(), promised.keys().collect::<Vec<_>>());
        for (name, value) in row {
            assert!(fits(value, &promised[name]), "{name} is {value}, not {}", promised[name]);
        }
    }
    for (args, want) in [
        (&["--mine"][..], vec![ours]),
        (&["--task", "orders-cdc"], vec![done]),
        (&["--task", "orders"], vec![]),
        (&["--since", "2001-11-02"], vec![ours, done]),
        (&["--since", "2001-11-02T10:00:01Z"], vec![ours]),
        (&["--since", "1h", "--task", "orders-cdc"], vec![]),
    ] {
        assert_eq!(who(&rows(&desk, args)), want, "{args:?}");
    }
    for (args, said) in
        [(&["--since", "yesterday"][..], "or a day such as"), (&["-f", "--output=csv"], "leave --output")]
    {
        let (status, _, err) = desk.told(&[&["activity"], args].concat());
        assert!(status == 2 && err.contains(said), "{args:?}: {status} {err}");
    }
}

#[test]
fn what_cannot_be_read_is_said_beside_what_can_and_nothing_hostile_reaches_the_terminal() {
    let (desk, team) = desk();
    disable(&desk);
    let joe = team.join("joe@elsewhere.jsonl");
    let hostile = [("outcome", Value::from("gone\u{1b}[2J\u{202e}x\u{9b}1m")), ("name", "task:a\u{7}b\n+c".into())];
    append(&joe, &line_of(&team, "joe", &hostile));
    append(&joe, &line_of(&team, "somebody-else", &[]));
    append(&joe, "{\"id\":1}\nnot json\n");
    let (status, out, err) = desk.told(&["activity"]);
    assert_eq!(status, 3, "{err}");
    assert!(out.contains("gone[2Jx1m") && out.contains("task:ab +c"), "{out}");
    assert!(!out.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{out:?}");
    assert!(err.contains("joe@elsewhere.jsonl: 3 lines are no entry of this user and machine"), "{err}");
    assert!(err.contains("cutover activity --mine"), "{err}");
    assert_eq!(who(&rows(&desk, &["--mine"])).len(), 1);
    // The folder is gone: one's own is there, and a change is refused.
    std::fs::remove_dir_all(&team).unwrap();
    let (status, out, err) = desk.told(&["activity"]);
    assert!(status == 3 && out.contains(RULE) && err.contains("team: No such file"), "{status} {out} {err}");
    let (status, _, err) = desk.told(&["schedules", "enable", RULE, "--yes"]);
    assert!(status == 3 && err.contains("the audit cannot be written"), "{status} {err}");
}

#[test]
fn who_follows_sees_what_is_added_and_what_comes_of_it() {
    let (desk, team) = desk();
    disable(&desk);
    let joe = team.join("joe@elsewhere.jsonl");
    let config = desk.config();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(Desk::args(&config, &["activity", "--follow"])).env_clear().envs(desk.env());
    let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Map<String, Value>>(&lines.next().unwrap().unwrap()).unwrap();
    let first = next();
    assert_eq!((&first["kind"], &first["result"]), (&"disable-rule".into(), &"done".into()));
    let now = [("asked_at", first["asked_at"].clone()), ("ended_at", Value::Null), ("state", "asked".into())];
    append(&joe, &line_of(&team, "joe", &now));
    let asked = next();
    assert_eq!((&asked["os_user"], &asked["state"]), (&"joe".into(), &"asked".into()));
    append(&joe, &line_of(&team, "joe", &[("asked_at", first["asked_at"].clone())]));
    let done = next();
    assert_eq!((&done["os_user"], &done["result"]), (&"joe".into(), &"done".into()));
    child.kill().unwrap();
    child.wait().unwrap();
}
