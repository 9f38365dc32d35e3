//! A comparison of what a task still moves: its gate, its stop, its beats, and who is told how it ended. The embedded AWS has
//! the task; the rows are in databases of their own, so that what the gate says is all that decides.

use super::proxy::Proxy;
use super::side::{Side, Told, command as compare, told};
use crate::change::Desk;
use crate::cli::{Aws, fits, promised};
use crate::embedded::{client, python};
use crate::moto::Moto;
use cutover::db::Engine;
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Replicates, and is seconds behind.
const ORDERS: &str = "orders-cdc";
/// Replicates, and is minutes behind.
const BILLING: &str = "billing-cdc";
/// A full load that has finished.
const STAGING: &str = "staging-refresh";
/// A full load that has failed.
const CATALOG: &str = "catalog-load";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:dms-failures";

const TABLE: &str = "CREATE TABLE @.t (id bigint PRIMARY KEY, a varchar(200));";

/// Something with a runtime of its own, which may neither begin nor end on ours.
struct Apart<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> std::ops::Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap()
    }
}

impl<T: Send + 'static> Drop for Apart<T> {
    fn drop(&mut self) {
        let it = self.0.take();
        std::thread::spawn(move || drop(it)).join().unwrap();
    }
}

async fn apart<T: Send + 'static>(make: impl FnOnce() -> T + Send + 'static) -> Apart<T> {
    Apart(Some(tokio::task::spawn_blocking(make).await.unwrap()))
}

async fn aws(faults: &'static [&'static str]) -> Apart<Aws> {
    apart(|| Aws::start(faults)).await
}

async fn desk(faults: &'static [&'static str]) -> Apart<Desk> {
    apart(|| Desk::new(faults)).await
}

/// Two databases with the same rows.
async fn equal() -> (Side, Side) {
    let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
    for side in [&mut source, &mut target] {
        side.script(&format!("{TABLE}INSERT INTO @.t VALUES (1, 'a'), (2, 'b')")).await;
    }
    (source, target)
}

/// The command with an account to ask, and looks that do not keep a test waiting.
fn at(env: &[(&'static str, String)], source: &str, target: &str, arguments: &[&str]) -> Command {
    let mut command = compare(source, target, arguments);
    command.envs(env.iter().map(|(name, value)| (*name, value)));
    command
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("CUTOVER_TEST_LOOKS_EVERY", "150");
    command
}

async fn run(aws: &Aws, (source, target): &(Side, Side), arguments: &[&str]) -> Told {
    told(at(&aws.env(), &source.url, &target.url, arguments).output().await.unwrap())
}

fn all(told: &Told, kind: &str) -> Vec<Value> {
    told.lines.iter().filter(|line| line["kind"] == kind).cloned().collect()
}

/// A run with its output, line by line.
struct Live {
    child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    seen: Vec<Value>,
}

impl Live {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, seen: Vec::new() }
    }

    /// The next line for which this is so.
    async fn line(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            let line: Value = serde_json::from_str(&line).unwrap();
            self.seen.push(line.clone());
            if wanted(&line) {
                return line;
            }
        }
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        tokio::io::AsyncReadExt::read_to_string(&mut stderr, &mut said).await.unwrap();
        panic!("it ended before that line: {:?}\n{said}", self.seen);
    }

    async fn gate(&mut self, words: &str) -> Value {
        self.line(|line| line["kind"] == "gate" && line["why"].as_str().unwrap().contains(words)).await
    }

    fn interrupt(&self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }

    async fn ended(mut self) -> (i32, Vec<Value>) {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            self.seen.push(serde_json::from_str(&line).unwrap());
        }
        (self.child.wait().await.unwrap().code().unwrap(), self.seen)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_opens_on_what_the_task_says_and_where_it_does_not_nothing_is_compared() {
    let pair = equal().await;
    for (faults, task, status, state, words) in [
        (&[][..], ORDERS, 0, "open", "s to the source"),
        (&[], BILLING, 3, "shut", "not open within 2s: latency"),
        (&["missing-metrics=orders-cdc"], ORDERS, 3, "shut", "not open within 2s: CDCLatencySource is missing"),
        (&["fail-task=orders-cdc"], ORDERS, 3, "shut", "the task failed"),
        (&["throttle@GetMetricData=1"], ORDERS, 3, "shut", "throttled"),
        (&["access-denied=GetMetricData"], ORDERS, 3, "shut", "This identity needs cloudwatch:GetMetricData"),
        (&[], STAGING, 0, "open", "the full load has finished, 12 tables and none in error"),
        (
            &["table-error=staging-refresh:shop.product"],
            STAGING,
            3,
            "shut",
            "the load finished with 1 table in error: ",
        ),
        (&[], CATALOG, 3, "shut", "the task failed"),
    ] {
        let aws = aws(faults).await;
        let told = run(&aws, &pair, &["--task", task, "--gate-timeout=2s"]).await;
        let gate = all(&told, "gate").pop().unwrap();
        assert_eq!((told.status, &gate["state"]), (Some(status), &json!(state)), "{faults:?} {task}: {told:?}");
        assert!(gate["why"].as_str().unwrap().contains(words), "{faults:?} {task}: {gate}");
        let (summary, tables) = (told.summary(), all(&told, "table"));
        assert_eq!((&summary["gate"], &summary["gate_why"]), (&gate["state"], &gate["why"]));
        assert_eq!(tables.len(), usize::from(state == "open"), "{tables:?}");
        let verdict = if state == "open" { "equal" } else { "unknown" };
        assert_eq!(summary["verdict"], verdict);
        for line in &told.lines {
            let promised = promised(&format!("validate, a {}", line["kind"].as_str().unwrap()));
            let line = line.as_object().unwrap();
            assert_eq!(line.keys().collect::<Vec<_>>(), promised.keys().collect::<Vec<_>>());
            assert!(line.iter().all(|(name, value)| fits(value, &promised[name])), "{line:?}");
        }
        assert_eq!(told.lines[0]["kind"], "run");
        assert_eq!((&told.lines[0]["task"], &told.lines[0]["run"]), (&json!(task), &gate["run"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_task_is_not_at_rest_and_one_that_has_drained_is() {
    let pair = equal().await;
    let desk = desk(&[]).await;
    let told = run(&desk.aws, &pair, &["--task", ORDERS]).await;
    assert_eq!((told.status, &told.table("t")["at_rest"]), (Some(0), &json!(false)), "{told:?}");
    let latency = all(&told, "gate").pop().unwrap()["latency_seconds"].as_i64().unwrap();
    assert!((0..=5).contains(&latency), "{latency}");
    let (status, _, err) = desk.told(&["stop", ORDERS, "--yes"]);
    assert_eq!(status, 0, "{err}");
    let told = run(&desk.aws, &pair, &["--task", ORDERS]).await;
    let gate = all(&told, "gate").pop().unwrap();
    let drained = gate["why"].as_str().unwrap().contains("all that was captured is applied");
    assert_eq!((told.status, &gate["at_rest"], drained), (Some(0), &json!(true), true), "{told:?}");
    assert_eq!(told.table("t")["at_rest"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_waived_stands_in_the_answer_with_its_reason() {
    let pair = equal().await;
    let aws = aws(&[]).await;
    let told = run(&aws, &pair, &["--task", BILLING, "--no-gate", "dress rehearsal"]).await;
    let summary = told.summary();
    assert_eq!((told.status, &summary["no_gate"]), (Some(0), &json!("dress rehearsal")), "{told:?}");
    assert_eq!((&summary["gate"], &told.table("t")["at_rest"]), (&json!("open"), &Value::Null));
    assert!(all(&told, "gate").pop().unwrap()["latency_seconds"].as_i64().unwrap() > 5);
    for (arguments, words) in [
        (&["--gate=5s"][..], "--gate is about a task"),
        (&["--no-gate=x"], "--no-gate is about a task"),
        (&["--when-stopped"], "--when-stopped is about a task"),
        (&["--task", ORDERS, "--no-gate", " "], "say why"),
        (&["--task", "orders"], "no task \"orders\""),
        (&["--task", ORDERS, "--gate=0s"], "from 1s to 24h"),
    ] {
        let told = run(&aws, &pair, arguments).await;
        assert_eq!((told.status, told.lines.len()), (Some(2), 0), "{told:?}");
        assert!(told.stderr.contains(words), "{words}: {}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_watched_for_twice_the_latency_of_the_task_longer() {
    let (source, mut target) = equal().await;
    target.script("UPDATE @.t SET a = 'z' WHERE id = 2").await;
    let (aws, pair) = (aws(&[]).await, (source, target));
    let told = run(&aws, &pair, &["--task", ORDERS, "--settle=100ms"]).await;
    assert_eq!((told.status, told.table("t")["different"].as_u64()), (Some(1), Some(1)), "{told:?}");
    // Where the demo has this task, always.
    let latency = all(&told, "gate").pop().unwrap()["latency_seconds"].as_i64().unwrap();
    assert_eq!(latency, 2, "{told:?}");
    let row = all(&told, "row").pop().unwrap();
    let at = |name: &str| row[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let watched = at("last_seen").duration_since(at("first_seen")).as_millis();
    assert!(watched >= 100 + 2 * 1_000 * i128::from(latency), "{watched} ms: {row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_fails_in_the_middle_is_never_equal_and_one_that_is_stopped_is_told() {
    for (fault, status, list, words) in [
        (Some("fail-task=orders-cdc"), 3, "problems", "the task failed"),
        (Some("changed-by-someone=orders-cdc"), 0, "notes", "while rows were compared"),
        (Some("missing-metrics=orders-cdc"), 0, "notes", "CDCLatencySource is missing"),
        (None, 0, "notes", ""),
    ] {
        let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::Sqlite).await);
        let rows = "SELECT n, repeat('x', 150) FROM generate_series(1, 9000) AS n";
        source.script(&format!("{TABLE}INSERT INTO @.t (id, a) {rows}")).await;
        let rows = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 9000) \
                    SELECT n, printf('%.*c', 150, 'x') FROM s";
        target.script(&format!("{TABLE}INSERT INTO @.t (id, a) {rows}")).await;
        let aws = aws(&[]).await;
        let proxy = Proxy::before(&source.url).await;
        let held = proxy.url(&source.url);
        proxy.hold_after(500_000);
        let mut live = Live::start(at(&aws.env(), &held, &target.url, &["--task", ORDERS, "--settle=0s"]));
        live.gate("s to the source").await;
        proxy.passed(500_000).await;
        if let Some(fault) = fault {
            aws.switch_on(fault);
            live.gate(words).await;
        }
        proxy.let_go();
        let (code, lines) = live.ended().await;
        let summary = lines.last().unwrap();
        let said = summary[list].as_array().unwrap();
        assert_eq!((code, said.len()), (status, usize::from(fault.is_some())), "{fault:?}: {summary}");
        assert!(said.iter().all(|one| one.as_str().unwrap().contains(words)), "{fault:?}: {summary}");
        let table = lines.iter().find(|line| line["kind"] == "table").unwrap();
        let verdict = if status == 0 { "equal" } else { "unknown" };
        assert_eq!((&table["verdict"], &summary["verdict"]), (&json!(verdict), &json!(verdict)), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_begins_when_the_task_has_stopped_also_while_aws_does_not_answer_in_between() {
    let (source, target) = equal().await;
    let desk = desk(&[]).await;
    let arguments = ["--task", ORDERS, "--when-stopped"];
    let mut live = Live::start(at(&desk.aws.env(), &source.url, &target.url, &arguments));
    live.gate("orders-cdc to stop; it is running").await;
    desk.aws.switch_on("expired-credentials");
    live.gate("no longer accepted").await;
    desk.aws.switch_off("expired-credentials");
    live.line(|line| line["why"] == "orders-cdc to stop; it is running").await;
    desk.aws.switch_on("changed-by-someone=orders-cdc");
    let begun = live.line(|line| line["kind"] == "run").await;
    assert_eq!((&begun["trigger"], &begun["task"]), (&json!("stopped"), &json!(ORDERS)));
    let (status, lines) = live.ended().await;
    let gate = lines.iter().rfind(|line| line["kind"] == "gate").unwrap();
    assert_eq!((status, &gate["state"]), (0, &json!("open")), "{lines:?}");
    assert!(gate["why"].as_str().unwrap().starts_with("the task stopped (NORMAL)"), "{gate}");
    // A stop that was there before is not the one that is waited for.
    let mut live = Live::start(at(&desk.aws.env(), &source.url, &target.url, &arguments));
    live.gate("to start and to stop; it is stopped").await;
    live.interrupt();
    let (status, lines) = live.ended().await;
    assert_eq!((status, lines.iter().any(|line| line["kind"] == "run")), (3, false), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_compared_again_and_again_each_time_from_its_plan_until_interrupted() {
    let (source, mut target) = equal().await;
    let mut live = Live::start(at(&[], &source.url, &target.url, &["--every=1s", "--settle=0s"]));
    let summary = |line: &Value| line["kind"] == "summary";
    assert_eq!(live.line(summary).await["verdict"], "equal");
    // What is wrong with one run ends the others as little as a difference.
    target.script("ALTER TABLE @.t RENAME TO u").await;
    // A run that began before may end between these.
    for _ in 0..3 {
        live.gate("the next begins at").await;
    }
    target.script("ALTER TABLE @.u RENAME TO t; UPDATE @.t SET a = 'z' WHERE id = 2").await;
    let different = |line: &Value| line["kind"] == "summary" && line["verdict"] == "different";
    live.line(different).await;
    live.gate("the next begins at").await;
    live.interrupt();
    let (status, lines) = live.ended().await;
    assert_eq!(status, 1, "the last one differs");
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
    let runs: std::collections::BTreeSet<_> = of("run").iter().map(|line| line["run"].to_string()).collect();
    assert!(runs.len() == of("run").len() && runs.len() >= 2, "each has a name of its own: {runs:?}");
    // One after the other: each ends before the next begins.
    let order: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["kind"].as_str())
        .filter(|kind| ["run", "summary"].contains(kind))
        .collect();
    assert!(order.windows(2).all(|two| two[0] != "summary" || two[1] == "run"), "{order:?}");
    let told = told(at(&[], &source.url, &target.url, &["--every=1s", "--output=csv"]).output().await.unwrap());
    assert_eq!(told.status, Some(2), "{told:?}");
}

/// What has been published.
async fn messages(url: &str) -> Vec<Value> {
    let addr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let (_, _, kept) = crate::embedded::http_at(addr, "GET /_demo/messages HTTP/1.1", "").await.unwrap();
    serde_json::from_str(&kept).unwrap()
}

async fn notified(desk: &Desk, (source, target): &(Side, Side), arguments: &[&str]) -> Told {
    let config = desk.config().display().to_string();
    let all = [&["--config", &config, "--notify", TOPIC][..], arguments].concat();
    told(at(&desk.env(), &source.url, &target.url, &all).output().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_told_verdict_numbers_and_tables_and_never_a_row() {
    let (mut source, mut target) = equal().await;
    source.script("INSERT INTO @.t VALUES (4711, 'sesame'); CREATE TABLE @.u (id bigint PRIMARY KEY)").await;
    target.script("UPDATE @.t SET a = 'hidden' WHERE id = 1; CREATE TABLE @.u (id bigint PRIMARY KEY)").await;
    let pair = (source, target);
    let desk = desk(&[]).await;
    let told = notified(&desk, &pair, &["--settle=0s", "--task", ORDERS]).await;
    assert!(told.status == Some(1) && told.stderr.contains("told dms-failures, message "), "{told:?}");
    let shut = notified(&desk, &pair, &["--task", BILLING, "--gate-timeout=1s"]).await;
    assert_eq!(shut.status, Some(3), "{shut:?}");
    let failed = notified(&desk, &pair, &["--table=absent"]).await;
    assert_eq!(failed.status, Some(2), "{failed:?}");

    let sent = messages(&desk.aws.endpoint()).await;
    let subject = |nth: usize| sent[nth]["subject"].as_str().unwrap();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(subject(0), "cutover: different, orders-cdc: 1 of 2 tables with 2 differences");
    assert!(
        subject(1).starts_with("cutover: unknown, billing-cdc: not compared: not open within 1s"),
        "{}",
        subject(1)
    );
    assert_eq!(subject(2), "cutover: unknown, two databases: it could not be compared");
    let text = sent[0]["message"].as_str().unwrap();
    let run = told.lines[0]["run"].as_str().unwrap();
    for part in [
        run,
        "main.t: 1 different, 1 missing, 3 rows in the source, 2 in the target",
        "gate open: latency",
        "seen from ",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    for secret in ["sesame", "hidden", "4711"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let activity = desk.activity();
    let of = |name: &str| activity.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("kind"), vec![json!("notify"); 3]);
    assert_eq!(of("name"), vec![json!("topic:dms-failures"); 3]);
    assert_eq!(of("result"), vec![json!("done"); 3]);
    assert_eq!(desk.sent("sns:Publish"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_once_whatever_becomes_of_it_and_the_answer_stays_the_answer() {
    let pair = equal().await;
    for (faults, words, result, kept) in [
        (&["lost-response@Publish"][..], "unknown whether dms-failures was told", "unknown", 1),
        (&["cut@Publish"], "unknown whether dms-failures was told", "unknown", 0),
        (&["access-denied=Publish"], "This identity needs sns:Publish", "failed", 0),
        (&["throttle@Publish=1"], "AWS refused it", "failed", 0),
    ] {
        let desk = desk(faults).await;
        let told = notified(&desk, &pair, &[]).await;
        assert!(told.status == Some(0) && told.stderr.contains(words), "{faults:?}: {told:?}");
        assert_eq!(messages(&desk.aws.endpoint()).await.len(), kept, "{faults:?}");
        let (sent, activity) = (desk.sent("sns:Publish"), desk.activity());
        assert_eq!((sent, activity.len(), &activity[0]["result"]), (1, 1, &json!(result)), "{faults:?}");
        let advice = activity[0]["advice"].as_str().unwrap_or_default();
        assert_eq!(advice.contains("ask whoever reads the topic dms-failures"), result == "unknown", "{advice}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_change_nothing_may_tell_nobody_and_a_topic_is_looked_for_before_anything_is_compared() {
    let pair = equal().await;
    let desk = desk(&[]).await;
    let topic = |name: &str| format!("arn:aws:sns:eu-west-1:123456789012:{name}");
    let elsewhere = "arn:aws:sns:us-east-1:123456789012:dms-failures".to_owned();
    for (arguments, status, words) in [
        (vec!["--read-only".to_owned()], 2, "this is read-only mode"),
        (vec!["--notify".to_owned(), "dms-failures".to_owned()], 2, "is no ARN of a topic"),
    ] {
        let config = desk.config().display().to_string();
        let (source, target) = &pair;
        let mut all = vec!["--config".to_owned(), config];
        if !arguments.contains(&"--notify".to_owned()) {
            all.extend(["--notify".to_owned(), TOPIC.to_owned()]);
        }
        all.extend(arguments);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let told = told(at(&desk.env(), &source.url, &target.url, &all).output().await.unwrap());
        assert_eq!((told.status, told.lines.len()), (Some(status), 0), "{told:?}");
        assert!(told.stderr.contains(words), "{}", told.stderr);
    }
    for (arn, status, words) in [
        (topic("dms-oncall"), 2, "there is no topic"),
        (elsewhere, 2, "the topic is of us-east-1, and this is eu-west-1"),
        (topic("shop-deployments"), 0, "nobody is subscribed to shop-deployments"),
    ] {
        let config = desk.config().display().to_string();
        let (source, target) = &pair;
        let all = ["--config", &config, "--notify", &arn];
        let told = told(at(&desk.env(), &source.url, &target.url, &all).output().await.unwrap());
        assert!(told.status == Some(status) && told.stderr.contains(words), "{told:?}");
        assert_eq!(told.lines.is_empty(), status == 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_takes_the_message_too() {
    let (source, target) = equal().await;
    let moto = tokio::task::spawn_blocking(Moto::start).await.unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/topics_secrets.py");
    client(&python(), &[script, "fill"], moto.url()).await.unwrap_or_else(|error| panic!("{error}"));
    let desk = desk(&[]).await;
    let mut env = desk.env();
    env.retain(|(name, _)| *name != "AWS_ENDPOINT_URL");
    env.push(("AWS_ENDPOINT_URL", moto.url().to_owned()));
    let config = desk.config().display().to_string();
    // Moto would really call those who are subscribed to the others.
    let all = ["--config", &config, "--notify", "arn:aws:sns:eu-west-1:123456789012:dms-silent"];
    let told = told(at(&env, &source.url, &target.url, &all).output().await.unwrap());
    assert!(told.status == Some(0) && told.stderr.contains("told dms-silent, message "), "{}", told.stderr);
}
