//! The commands of a run, as a person or cron uses them, on runs with steps of the configuration: the process is one of its own,
//! it is followed, paused, gone on with, recovered, aborted, and nothing that happens to a terminal ends it.

mod late;

use crate::cli::{Aws, command, promised, text};
use crate::refresh_core::{Desk, count_up, shell};
use cutover::app::refresh::Answer;
use cutover::app::refresh::order::{Begin, Order, What, Whereabouts};
use cutover::db::Engine;
use cutover::model::refresh::{CustomStep, RefreshId};
use cutover::refresh::Plan;
use cutover::refresh::plan::Way;
use cutover::refresh::{covered, new_id};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

type Said = Map<String, Value>;

/// A target, an embedded AWS, a configuration with both.
struct Scene {
    desk: Desk,
    aws: Aws,
}

/// A step that ends when there is a file `gate`. Nobody interrupts a command: it fails, and is tried again, when there is one
/// called `slip`.
fn waits(desk: &Desk) -> CustomStep<String> {
    let (gate, slip) = (desk.file("gate"), desk.file("slip"));
    let text = format!("until [ -e {} ]; do [ -e {} ] && exit 1; sleep 0.05; done", gate.display(), slip.display());
    CustomStep { retry: 12, ..shell("gate", &text) }
}

impl Scene {
    fn new() -> Self {
        let aws = Aws::start(&[]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let desk = runtime.block_on(Desk::new(Engine::Sqlite));
        let config = format!(
            "operate = true\nexpect_account = \"123456789012\"\n\
             [databases.here]\nurl = \"sqlite:{}\"\n[databases.there]\nurl = \"sqlite:{}\"\n\
             [refresh.nightly]\ntask = \"staging-refresh\"\npurpose = \"data-refresh\"\nload = \"full-load\"\n\
             cadence = \"one-time\"\nto = [\"staging.example/shop\"]\nsource = \"there\"\ntarget = \"here\"\n",
            desk.file("target.db").display(),
            desk.file("source.db").display(),
        );
        std::fs::write(desk.file("config.toml"), config).unwrap();
        Self { desk, aws }
    }

    fn command(&self, args: &[&str]) -> Command {
        let state = ("XDG_STATE_HOME", self.desk.file("xdg").display().to_string());
        let config = self.desk.file("config.toml").display().to_string();
        let path = ("PATH", "/usr/bin:/bin".to_owned());
        let args = [&["refresh"], args, &["--config", &config]].concat();
        let each = ("CUTOVER_TEST_LOOKS_EVERY", "200".to_owned());
        command(&args, &[&[state, path, each, ("STRANGER", "1".to_owned())], &self.aws.env()[..]].concat())
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Exit status and lines.
    fn json(&self, args: &[&str]) -> (i32, Vec<Said>) {
        let output = self.run(&[args, &["--output", "json"]].concat());
        let lines = text(&output.stdout);
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let status = output.status.code().unwrap();
        if status > 1 {
            eprintln!("{}", text(&output.stderr));
        }
        (status, lines)
    }

    fn head(&self) -> Said {
        self.json(&["status", "nightly"]).1.remove(0)
    }

    fn state(&self) -> String {
        self.head()["state"].as_str().unwrap().to_owned()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.head()["pid"].as_u64().unwrap()).unwrap()).unwrap()
    }

    /// Begins a run of a plan with these steps, as `run` does once it is confirmed.
    fn begin(&self, custom: Vec<CustomStep<String>>) -> (RefreshId, Started) {
        self.begin_of(self.desk.plan(custom))
    }

    fn begin_of(&self, mut plan: Plan) -> (RefreshId, Started) {
        let way = |name: &str| Way { engine: Engine::Sqlite, name: Some(name.into()) };
        (plan.source_way, plan.target_way) = (way("there"), way("here"));
        let now = Timestamp::now();
        let begin = Begin {
            id: new_id(now),
            hash: covered(&plan, now).unwrap().hash,
            made: now,
            answer: Answer::Flag(plan.destination.clone()),
            plan,
        };
        let id = begin.id.clone();
        let place = Whereabouts {
            profile: None,
            region: None,
            config: Some(self.desk.file("config.toml")),
            read_only: false,
            operate: false,
            demo: None,
        };
        let order = Order { what: What::Begin(Box::new(begin)), place, take_over: false };
        let mut child = self
            .command(&["carry-out"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&serde_json::to_vec(&order).unwrap()).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), format!("{{\"Begun\":{:?}}}", id.0));
        (id, Started(child))
    }

    /// Waits until the step stands so.
    fn until(&self, step: &str, state: &str) {
        wait_for(|| {
            let (_, lines) = self.json(&["status", "nightly"]);
            lines.iter().any(|line| line["kind"] == "step" && line["name"] == step && line["state"] == state)
        });
    }

    /// The command fails from here on.
    fn slip(&self) {
        std::fs::write(self.desk.file("slip"), "").unwrap();
    }

    /// It waits again.
    fn hold(&self) {
        std::fs::remove_file(self.desk.file("slip")).unwrap();
    }

    /// It ends well from here on.
    fn open(&self) {
        std::fs::write(self.desk.file("gate"), "").unwrap();
    }

    fn counted(&self) -> i64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.desk.counted())
    }
}

/// Waited for when it goes out of scope, killed where a test failed.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

fn wait_for(mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(40);
    while !is() {
        assert!(Instant::now() < end, "waited in vain");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_run_has_a_process_of_its_own_is_paused_between_transactions_and_goes_on() {
    let scene = Scene::new();
    let (id, started) = scene.begin(vec![count_up(), waits(&scene.desk)]);
    scene.until("gate", "running");
    let head = scene.head();
    assert_eq!((head["state"].as_str(), head["alive"].as_bool()), (Some("running"), Some(true)), "{head:?}");
    // Its session is its own: fields of proc(5), after the name in brackets.
    let pid = scene.pid();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    let session = stat.rsplit(')').next().unwrap().split_whitespace().nth(3).unwrap();
    assert_eq!(session, pid.as_raw_nonzero().to_string());
    let log = scene.desk.file("xdg/cutover/runs").join(format!("{}.log", id.0));
    assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    // A second one that would do the same is refused, and says who has it.
    let output = scene.run(&["resume", "nightly"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("is being carried out by"), "{}", text(&output.stderr));

    scene.slip();
    let (status, lines) = scene.json(&["pause", "nightly"]);
    assert_eq!((status, lines.last().unwrap()["state"].as_str()), (0, Some("paused")), "{lines:?}");
    drop(started);
    assert_eq!(scene.counted(), 1);
    let head = scene.head();
    assert_eq!(head["command"], "cutover refresh resume nightly");
    // What is paused already stays so.
    let output = scene.run(&["pause", "nightly"]);
    assert!(output.status.success() && text(&output.stderr).contains("is paused already"), "{output:?}");

    scene.open();
    let (status, lines) = scene.json(&["resume", &id.0]);
    assert_eq!(status, 0, "{lines:?}");
    let gate = lines.iter().rfind(|line| line["kind"] == "step" && line["name"] == "gate").unwrap();
    assert!(gate["state"] == "done" && gate["attempt"].as_u64() > Some(1), "{gate:?}");
    assert_eq!(lines.last().unwrap()["state"], "done");
    assert_eq!(scene.counted(), 1);
    let promised = promised("refresh run");
    for (name, value) in lines.iter().chain(&scene.json(&["status", "nightly"]).1).flatten() {
        let kinds = promised.get(name).unwrap_or_else(|| panic!("docs/json.md does not know {name}"));
        assert!(crate::cli::fits(value, kinds), "{name}: {value} is not {kinds}");
    }
    // The environment of the one that went on was no more than it needs; the first was begun by this test.
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.lines().last().unwrap().ends_with(" done"), "{said}");
    for (what, part) in [("resume", "is done"), ("finish", "is done"), ("recover", "no open run")] {
        let output = scene.run(&[what, "nightly"]);
        assert!(output.status.code() == Some(1) && text(&output.stderr).contains(part), "{what}: {output:?}");
    }
    let output = scene.run(&["attach", "nightly"]);
    assert!(output.status.success() && text(&output.stdout).contains("nightly: done after"), "{output:?}");
}

#[test]
fn whoever_follows_only_leaves_and_the_run_goes_on() {
    let scene = Scene::new();
    let (_, started) = scene.begin(vec![waits(&scene.desk), count_up()]);
    scene.until("gate", "running");
    for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
        let mut child =
            scene.command(&["attach", "nightly"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        // From its first line on it hears signals.
        out.read_line(&mut line).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{line} {output:?}");
        assert!(text(&output.stderr).contains("`cutover refresh attach nightly` shows it again"), "{output:?}");
    }
    // Neither does any of them end the run itself, but for SIGTERM, which is a wish for a pause.
    for signal in [Signal::INT, Signal::HUP, Signal::QUIT] {
        kill_process(scene.pid(), signal).unwrap();
    }
    assert_eq!(scene.head()["alive"], true);
    kill_process(scene.pid(), Signal::TERM).unwrap();
    scene.slip();
    drop(started);
    assert_eq!(scene.state(), "paused");
    scene.hold();

    // In this process, as systemd has it: it ends paused, and is not done.
    let mut child = scene
        .command(&["resume", "nightly", "--foreground"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(|| scene.head()["alive"] == true && scene.state() == "running");
    assert_eq!(scene.pid(), Pid::from_child(&child));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    scene.slip();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(scene.state(), "paused");
    scene.open();
    let output = scene.run(&["resume", "nightly", "--foreground"]);
    assert!(output.status.success() && text(&output.stdout).contains("nightly: done after"), "{output:?}");
    assert_eq!(scene.counted(), 1);
}

#[test]
fn a_run_without_process_or_journal_wants_somebody_and_is_recovered() {
    let scene = Scene::new();
    let (id, started) = scene.begin(vec![count_up(), waits(&scene.desk)]);
    scene.until("gate", "running");
    kill_process(scene.pid(), Signal::KILL).unwrap();
    drop(started);
    let (status, lines) = scene.json(&["status"]);
    assert_eq!((status, lines[0]["alive"].as_bool()), (1, Some(false)), "{lines:?}");
    let output = scene.run(&["status"]);
    assert!(text(&output.stdout).contains("running, no process"), "{output:?}");
    let output = scene.run(&["attach", "nightly"]);
    assert!(output.status.code() == Some(1) && text(&output.stderr).contains("is gone"), "{output:?}");
    // Nobody is there to be paused.
    let output = scene.run(&["pause", "nightly"]);
    assert!(output.status.code() == Some(1) && text(&output.stderr).contains("has no process any more"), "{output:?}");

    let runs = scene.desk.file("xdg/cutover/runs");
    std::fs::remove_dir_all(&runs).unwrap();
    // Of a run of another machine there is only the ledger, and that can be told.
    let output = scene.run(&["pause", "nightly"]);
    let said = text(&output.stderr);
    assert!(output.status.success() && said.contains(&id.0) && said.contains("twice a minute"), "{output:?}");
    let output = scene.run(&["resume", "nightly"]);
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("recover NAME"), "{output:?}");
    scene.open();
    let (status, lines) = scene.json(&["recover", "nightly"]);
    let last = lines.last().unwrap();
    assert_eq!((status, last["state"].as_str(), last["run"].as_str()), (0, Some("done"), Some(&*id.0)), "{lines:?}");
    assert_eq!(scene.counted(), 1);
}

#[test]
fn a_run_that_is_aborted_before_the_load_is_undone_whether_somebody_has_it_or_not() {
    for is_paused in [false, true] {
        let scene = Scene::new();
        let (_, started) = scene.begin(vec![waits(&scene.desk), count_up()]);
        scene.until("gate", "running");
        scene.slip();
        if is_paused {
            assert_eq!(scene.json(&["pause", "nightly"]).0, 0);
        }
        let (status, lines) = scene.json(&["abort", "nightly"]);
        assert_eq!((status, lines.last().unwrap()["state"].as_str()), (0, Some("undone")), "{lines:?}");
        drop(started);
        assert_eq!(scene.counted(), 0);
        assert_eq!(scene.json(&["status", "nightly"]).0, 0);
        let output = scene.run(&["abort", "nightly"]);
        assert!(text(&output.stderr).contains("nothing of it is under way"), "{output:?}");
    }
}

#[test]
fn nothing_begins_that_nobody_has_confirmed() {
    let scene = Scene::new();
    for (args, status, part) in [
        (&["run", "nightly"][..], 2, "--yes --target HOST/DB"),
        (&["run", "nightly", "--yes"], 2, "--target"),
        (&["run", "nightly", "--target", "a/b"], 2, "--yes"),
        (&["run", "nightly", "--yes", "--target", "a/b", "--read-only"], 2, "read-only"),
        (&["run", "weekly", "--yes", "--target", "a/b"], 2, "there are nightly"),
        (&["pause", "nightly"], 1, "the ledger on the target has no open run of nightly"),
        (&["abort", "nightly"], 2, "--stop-task or --leave-task"),
        (&["pause", "x"], 2, "no run x"),
        (&["resume", "x", "--read-only"], 2, "no run x"),
        (&["recover", "nightly", "--read-only"], 2, "read-only"),
    ] {
        let output = scene.run(args);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(status) && said.contains(part), "{args:?}: {output:?}");
    }
    let output = scene.run(&["status"]);
    assert!(output.status.success() && text(&output.stdout).contains("Never run from here: nightly"), "{output:?}");
    // An order that is none, and one whose answer is another one.
    let mut child = scene.command(&["carry-out"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code() == Some(2) && text(&output.stdout).contains("Refused"), "{output:?}");
    assert!(!scene.desk.file("xdg").exists(), "something was written");
}
