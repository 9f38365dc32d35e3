//! The samples for systemd and cron: their syntax, and that what they start is a command that this program knows.

use crate::cli::{cutover, text};
use std::path::{Path, PathBuf};
use std::process::Command;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/systemd").join(name)
}

/// Sections with their keys, as systemd.syntax(7) has them.
fn read(name: &str) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut all = Vec::new();
    for line in std::fs::read_to_string(sample(name)).unwrap().lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(named) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            named.clone_into(&mut section);
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric()) && !section.is_empty(), "{name}: {line}");
        all.push((section.clone(), key.to_owned(), value.to_owned()));
    }
    all
}

fn value(all: &[(String, String, String)], section: &str, key: &str) -> String {
    let found = all.iter().find(|(s, k, _)| s == section && k == key);
    found.unwrap_or_else(|| panic!("no {key} in [{section}]")).2.clone()
}

/// The command is one that is understood: what is wrong is only that there is no such configuration here.
fn is_understood(words: &str) {
    let words = words.replace("%i", "staging").replace("${TARGET}", "staging.example.com/shop");
    let mut words = words.split_whitespace();
    assert!(words.next().unwrap().ends_with("/cutover"));
    let output = cutover(&words.collect::<Vec<_>>(), &[]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("/etc/cutover/config.toml"), "{said}");
    assert!(!said.contains("Usage"), "{said}");
}

#[test]
fn the_samples_for_systemd_and_cron_start_a_run_that_is_understood() {
    let service = read("cutover-refresh@.service");
    is_understood(&value(&service, "Service", "ExecStart"));
    assert!(value(&service, "Service", "ExecStart").contains(" --foreground "));
    for (key, want) in [("Type", "exec"), ("Restart", "no"), ("KillSignal", "SIGTERM"), ("KillMode", "mixed")] {
        assert_eq!(value(&service, "Service", key), want);
    }
    let watch = read("cutover-refresh-watch@.service");
    is_understood(&value(&watch, "Service", "ExecStart"));
    for (key, want) in [("Type", "exec"), ("Restart", "on-failure"), ("KillSignal", "SIGTERM"), ("KillMode", "mixed")] {
        assert_eq!(value(&watch, "Service", key), want);
    }
    let timer = read("cutover-refresh@.timer");
    assert_eq!(value(&timer, "Install", "WantedBy"), "timers.target");
    assert!(value(&timer, "Timer", "OnCalendar").ends_with(" UTC"));
    let cron = std::fs::read_to_string(sample("cutover-refresh.cron")).unwrap();
    let line = cron.lines().find(|line| line.starts_with(|c: char| c.is_ascii_digit())).unwrap();
    // Five times, the user, the command.
    let (_, command) = line.split_once(" cutover ").unwrap();
    assert_eq!(line.split_whitespace().take_while(|word| *word != "cutover").count(), 5);
    is_understood(command);
}

#[test]
fn systemd_itself_finds_nothing_wrong_where_it_is_there() {
    // It wants the name of an instance, and the program to be there.
    let folder = tempfile::tempdir().unwrap();
    let service = std::fs::read_to_string(sample("cutover-refresh@.service")).unwrap();
    let service = service.replace("/usr/local/bin/cutover", env!("CARGO_BIN_EXE_cutover"));
    std::fs::write(folder.path().join("cutover-refresh@staging.service"), service).unwrap();
    std::fs::copy(sample("cutover-refresh@.timer"), folder.path().join("cutover-refresh@staging.timer")).unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).arg(folder.path().join("cutover-refresh@staging.timer"));
    let Ok(output) = verify.output() else {
        eprintln!("left out: systemd-analyze is not here");
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
}
