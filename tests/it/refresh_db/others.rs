//! A run that failed after its load, with its journal in the folder of another user: whoever has the same refresh in the
//! configuration sees it, in a command and in the console, and is told what goes on with it.

use super::*;
use crate::cli::{Aws, command, fits, promised, text};
use crate::pty::Start;
use serde_json::Value;
use std::process::Output;
use tokio::runtime::Runtime;

/// A configuration with that target, and one more target that nobody can reach.
struct Scene {
    desk: Desk,
    aws: Aws,
    runtime: Runtime,
}

impl Scene {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let desk = runtime.block_on(Desk::with(Engine::PostgreSql, "CREATE TABLE t (id int PRIMARY KEY)"));
        let mut parts = around("SELECT 1");
        let fails = [Part::Step(StepKind::QuarantineOff), Part::Script("fails", "SELECT 1 / 0")];
        parts.splice(4..4, fails);
        runtime.block_on(async {
            let ended = desk.run(&desk.plan(&parts, &[]).await).await;
            assert_eq!(ended.state, cutover::model::refresh::RunState::NeedsAttention, "{ended:?}");
        });
        let refresh = |name: &str| {
            format!(
                "[refresh.{name}]\ntask = \"staging-refresh\"\npurpose = \"data-refresh\"\nload = \"full-load\"\n\
                 cadence = \"one-time\"\nto = [\"staging.example/shop\"]\ntarget = \"of-{name}\"\n"
            )
        };
        let config = format!(
            "[databases.of-nightly]\nurl = \"{}\"\n[databases.of-gone]\nurl = \"postgres://cutover@127.0.0.1:1/x\"\n{}{}",
            desk.base.url,
            refresh(NAME),
            refresh("gone")
        );
        std::fs::write(desk.file("config.toml"), config).unwrap();
        Self { desk, aws: Aws::start(&[]), runtime }
    }

    fn config(&self) -> String {
        self.desk.file("config.toml").display().to_string()
    }

    fn status(&self, args: &[&str]) -> Output {
        let state = ("XDG_STATE_HOME", self.desk.file("of-somebody-else").display().to_string());
        let config = self.config();
        command(
            &[&["refresh", "status", "--config", &config], args].concat(),
            &[&[state], &self.aws.env()[..]].concat(),
        )
        .output()
        .unwrap()
    }

    fn ledger(&self, set: &str) {
        self.runtime.block_on(self.desk.script(&format!("UPDATE cutover_ledger.run SET {set}")));
    }
}

#[test]
fn a_run_with_its_journal_elsewhere_is_seen_by_everybody_who_has_its_target() {
    let scene = Scene::new();
    let id = scene.runtime.block_on(scene.desk.id()).0;
    let output = scene.status(&[]);
    let (said, noted) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}{noted}");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    for part in
        ["needs-attention", "cutover refresh recover nightly", &id, &format!("of ann on {host}"), "division by zero"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // Of the one that nobody can reach there is one line.
    assert!(noted.lines().count() == 1 && noted.contains("the target of gone was not looked at"), "{noted}");
    for named in [NAME, &id] {
        let output = scene.status(&[named]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stdout).contains("last sign of life") && output.stderr.is_empty(), "{output:?}");
    }
    let json = |args: &[&str]| -> serde_json::Map<String, Value> {
        let output = scene.status(&[args, &["--output", "json"]].concat());
        let said = text(&output.stdout);
        assert_eq!(said.lines().count(), 1, "{said}");
        serde_json::from_str(&said).unwrap()
    };
    for head in [json(&[]), json(&[NAME])] {
        assert_eq!((&head["elsewhere"], &head["os_user"]), (&Value::Bool(true), &"ann".into()));
        let promised = promised("refresh run");
        for (name, value) in &head {
            assert!(fits(value, &promised[name]), "{name}: {value}");
        }
    }

    // The console of somebody who may only look.
    let start = Start::cutover(&["--read-only", "--config", &scene.config()]);
    let mut pty = scene.aws.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    pty.wait("▲ refresh nightly of");
    pty.keys("R");
    pty.wait("✗ needs attention");
    pty.keys("/ann\r");
    pty.until("only that run", |screen| !screen.contains("not run yet"));
    pty.wait("cutover refresh recover nightly");
    pty.keys("\r");
    pty.wait("its steps and its log are in the journal of ann");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);

    // Who is silent is missed; who has his session there is at work, however long his statement takes.
    scene.ledger("state = 'running', why = NULL");
    assert_eq!(scene.status(&[]).status.code(), Some(0));
    scene.ledger("beat = '2026-01-01T00:00:00Z'");
    let output = scene.status(&[]);
    assert!(output.status.code() == Some(1) && text(&output.stdout).contains("running, silent"), "{output:?}");
    let mut session = scene.runtime.block_on(scene.desk.base.session());
    scene.runtime.block_on(session.script(&format!("SET application_name = 'cutover/{id}/1@x:1'"))).unwrap();
    let output = scene.status(&[]);
    assert!(output.status.success() && !text(&output.stdout).contains("silent"), "{output:?}");
    drop(session);
    // What is over is nobody's any more.
    scene.ledger("state = 'undone'");
    let output = scene.status(&[]);
    assert!(output.status.success() && text(&output.stdout).contains("no target tells of one"), "{output:?}");
}
