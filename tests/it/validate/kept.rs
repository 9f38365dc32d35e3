//! What is kept of a comparison: while it runs, when it is killed in the middle, and where nothing can be kept.

use super::proxy::Proxy;
use super::side::{Side, Told, command, told};
use crate::cli::{fits, promised};
use cutover::db::Engine;
use cutover::model::validation::RunFilter;
use cutover::store::{Settings, validations};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

const ROWS: u64 = 60_000;

/// Rows of about 170 bytes, in both.
async fn pair() -> (Side, Side) {
    let (mut source, mut target) = (Side::new(Engine::PostgreSql).await, Side::new(Engine::PostgreSql).await);
    for side in [&mut source, &mut target] {
        side.script(&format!(
            "CREATE TABLE @.t (id bigint PRIMARY KEY, note varchar(200));
             INSERT INTO @.t SELECT n, repeat('x', 150) FROM generate_series(1, {ROWS}) AS n;
             ANALYZE @.t"
        ))
        .await;
    }
    (source, target)
}

fn at(home: &Path) -> Settings {
    Settings { dir: Some(home.join(".local/state/cutover")), shared: None }
}

fn in_home(home: &Path, source: &str, target: &str, arguments: &[&str]) -> Command {
    let mut command = command(source, target, &[&["--settle=0s"], arguments].concat());
    command.env("HOME", home);
    command
}

async fn cutover(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    let done = command.args(arguments).env_clear().env("HOME", home).stdin(Stdio::null()).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

async fn listed(home: &Path) -> Vec<Value> {
    let (status, list, problems) = cutover(home, &["validations", "--output=json"]).await;
    assert_eq!(status, Some(0), "{problems}");
    serde_json::from_str(&list).unwrap()
}

/// A comparison in ranges of 5,000 that was killed when it had compared some of them and not all.
struct Killed {
    source: Side,
    target: Side,
    proxy: Proxy,
    home: tempfile::TempDir,
}

const IN_RANGES: [&str; 2] = ["--jobs=1", "--range-rows=5000"];

impl Killed {
    async fn in_the_middle() -> Self {
        let (source, mut target) = pair().await;
        target.script("UPDATE @.t SET note = 'SECRETVALUE' WHERE id IN (7, 59999)").await;
        let proxy = Proxy::before(&source.url).await;
        let home = tempfile::tempdir().unwrap();
        proxy.hold_after(5_000_000);
        let mut running = in_home(home.path(), &proxy.url(&source.url), &target.url, &IN_RANGES);
        let mut child = running.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        let id = loop {
            let runs = validations::list(&at(home.path()), &RunFilter::default()).await.unwrap_or_default();
            if let Some(run) = runs.first() {
                let units = validations::units(&at(home.path()), &run.id).await.unwrap().1;
                // The first range has a difference, and may be kept after others.
                if units.len() >= 4 && units.iter().any(|unit| unit.number == 0) {
                    break run.id.0.clone();
                }
            }
            assert!(Instant::now() < deadline, "no range was kept");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut it = Self { source, target, proxy, home };
        // Past the wire, which is held.
        let resume = format!("--resume={id}");
        let live = in_home(it.home.path(), &it.source.url, &it.target.url, &[&resume]).output().await.unwrap();
        let said = String::from_utf8(live.stderr).unwrap();
        assert!(live.status.code() == Some(2) && said.contains("it is running, by process"), "{said}");
        // SIGKILL: nothing is tidied up.
        child.kill().await.unwrap();
        it.proxy.let_go();
        assert_eq!(listed(it.home.path()).await[0]["state"], "interrupted");
        it.target.script("UPDATE @.t SET note = repeat('x', 150) WHERE id = 7").await;
        it
    }

    async fn resume(&self, which: &str) -> Told {
        let resume = format!("--resume={which}");
        let arguments = [&IN_RANGES[..], &[&resume]].concat();
        let mut command = in_home(self.home.path(), &self.proxy.url(&self.source.url), &self.target.url, &arguments);
        told(command.output().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_compared_before_a_kill_is_not_read_again_and_the_answer_is_whole() {
    let killed = Killed::in_the_middle().await;
    let at_kill = jiff::Timestamp::now();
    let before = killed.proxy.so_far();
    let told = killed.resume("last").await;
    let read = killed.proxy.so_far() - before;
    assert_eq!((told.status, told.verdict("t")), (Some(1), "different"), "{told:?}");
    let table = told.table("t");
    assert_eq!((&table["rows_source"], &table["rows_target"]), (&ROWS.into(), &ROWS.into()));
    // The first difference was put right since, and is told as of then; the other was found now.
    let keys: Vec<&Value> =
        told.lines.iter().filter(|line| line["kind"] == "row").map(|row| &row["key"]["id"]).collect();
    assert_eq!(keys, [7, 59_999]);
    let from: jiff::Timestamp = table["as_of_from"].as_str().unwrap().parse().unwrap();
    assert!(from < at_kill && told.stderr.contains("as of then"), "{table} {}", told.stderr);
    // All rows are ten megabytes.
    assert!(read < 8_500_000, "{read} bytes were read again");
    let runs = listed(killed.home.path()).await;
    assert_eq!((runs.len(), &runs[0]["state"], &runs[0]["verdict"]), (1, &"ended".into(), &"different".into()));
    assert!(!runs[0]["resumed"].is_null() && told.summary()["run"] == runs[0]["run"]);
    let again = killed.resume("last").await;
    assert_eq!(again.status, Some(2));
    assert!(again.stderr.contains("nothing of it is left to compare"), "{}", again.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_does_not_go_on_with_another_plan() {
    let mut killed = Killed::in_the_middle().await;
    for (statement, reason) in [
        ("ALTER TABLE @.t ADD COLUMN later bigint", "it has a column later that it had not"),
        ("ALTER TABLE @.t DROP COLUMN later, ALTER COLUMN note TYPE varchar(20)", "types or rules"),
        ("ALTER TABLE @.t DROP COLUMN note", "it has no column note any more"),
    ] {
        for side in [&mut killed.source, &mut killed.target] {
            if statement.contains("TYPE") {
                side.script("UPDATE @.t SET note = 'x'").await;
            }
            side.script(statement).await;
        }
        let told = killed.resume("last").await;
        assert_eq!((told.status, told.stdout.as_str()), (Some(2), ""), "{statement}: {told:?}");
        assert!(told.stderr.contains("its plan was another one") && told.stderr.contains(reason), "{}", told.stderr);
    }
    let told = killed.resume("20200101T000000Z-0000").await;
    assert!(told.status == Some(2) && told.stderr.contains("no such comparison"), "{told:?}");
    assert_eq!(listed(killed.home.path()).await[0]["state"], "interrupted");
}

/// Two SQLite files with one difference.
async fn small() -> (Side, Side) {
    let (mut source, mut target) = (Side::new(Engine::Sqlite).await, Side::new(Engine::Sqlite).await);
    let create = "CREATE TABLE @.t (id bigint PRIMARY KEY, note varchar(40));";
    source.script(&format!("{create} INSERT INTO @.t VALUES (1, 'a'), (2, 'SECRETVALUE')")).await;
    target.script(&format!("{create} INSERT INTO @.t VALUES (1, 'a'), (2, 'c')")).await;
    (source, target)
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_keep_what_they_found_and_no_value_of_a_row() {
    let (home, (source, target)) = (tempfile::tempdir().unwrap(), small().await);
    let run = || async {
        let mut command = in_home(home.path(), &source.url, &target.url, &["--with-values"]);
        told(command.output().await.unwrap())
    };
    for told in <[Told; 4]>::from(tokio::join!(run(), run(), run(), run())) {
        assert_eq!((told.status, &told.summary()["kept"]), (Some(1), &true.into()), "{told:?}");
        assert!(told.stdout.contains("SECRETVALUE"));
    }
    let runs = listed(home.path()).await;
    assert!(runs.len() == 4 && runs.iter().all(|run| run["state"] == "ended" && run["differences"] == 1), "{runs:?}");
    for file in std::fs::read_dir(at(home.path()).dir.unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|part| part == b"SECRETVALUE"));
    }
    // Who had them printed stands in the audit; where nothing can be written there, nothing is printed.
    let url = format!("sqlite:{}", at(home.path()).dir.unwrap().join("cutover.db").display());
    let mut audit = cutover::db::Database::parse(&url).unwrap().read().await.unwrap();
    let noted = audit.query("SELECT count(*) FROM audit WHERE kind = 'print-values'", &[]).await.unwrap();
    assert_eq!(noted, [[4_i64.into()]]);
    let mut nowhere = in_home(std::path::Path::new("/dev/null"), &source.url, &target.url, &["--with-values"]);
    let refused = told(nowhere.output().await.unwrap());
    assert_eq!(refused.status, Some(3), "{refused:?}");
    assert!(!refused.stdout.contains("SECRETVALUE") && refused.stderr.contains("audit"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_exactly_the_names_and_types_of_their_documentation() {
    let (home, (source, target)) = (tempfile::tempdir().unwrap(), small().await);
    let first = told(in_home(home.path(), &source.url, &target.url, &[]).output().await.unwrap());
    in_home(home.path(), &source.url, &target.url, &["--count"]).output().await.unwrap();
    let same = |line: &Value, list: &str| {
        let (line, promised) = (line.as_object().unwrap(), promised(list));
        let names: std::collections::BTreeSet<_> = line.keys().collect();
        assert_eq!(names, promised.keys().collect(), "{list}");
        for (name, value) in line {
            assert!(fits(value, &promised[name]), "{list}: {name} is {value}, not {}", promised[name]);
        }
    };
    let runs = listed(home.path()).await;
    assert_eq!(runs.len(), 2);
    for run in &runs {
        same(run, "validations");
    }
    let (status, lines, _) = cutover(home.path(), &["validations", "history", "main.t", "--output=json"]).await;
    let history: Vec<Value> = serde_json::from_str(&lines).unwrap();
    assert_eq!((status, history.len(), &history[1]["different"]), (Some(0), 2, &1.into()));
    for one in &history {
        same(one, "validations history");
    }
    // What is shown again is what was printed, and who it was.
    let name = first.summary()["run"].as_str().unwrap();
    let (status, shown, _) = cutover(home.path(), &["validations", "show", name, "--output=json"]).await;
    let shown: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((status, &shown[0]["kind"]), (Some(0), &"run".into()));
    let told = first.lines.iter().filter(|line| line["kind"] != "run");
    assert!(shown[1..].iter().eq(told), "{shown:?} {first:?}");
    for (arguments, want) in [
        (&["validations", "--table=main.t"][..], "two addresses"),
        (&["validations", "--since=1h"], "counts_equal"),
        (&["validations", "show", "last"], "counts_equal"),
        (&["validations", "show", name], "different  id=2: note"),
        (&["validations", "show", name, "--output=csv"], "row,main.t"),
        (&["validations", "history", "main.t"], "different"),
    ] {
        let (status, text, problems) = cutover(home.path(), arguments).await;
        assert!(status == Some(0) && text.contains(want), "{arguments:?}: {text}{problems}");
    }
    for nothing in [&["--task=orders"][..], &["--table=t"], &["--since=2030-01-01"]] {
        let (status, text, _) = cutover(home.path(), &[&["validations", "--output=json"], nothing].concat()).await;
        assert_eq!((status, text.trim().replace('\n', "").as_str()), (Some(0), "[]"), "{nothing:?}");
    }
    // For people a bare header would read as if the table had never differed.
    for (arguments, hint) in [
        (&["validations", "history", "t"][..], "such as shop.orders"),
        (&["validations", "--table=t"], "such as shop.orders"),
        (&["validations", "history", "main.none"], "no comparison that is kept had this table"),
    ] {
        let (status, text, problems) = cutover(home.path(), arguments).await;
        assert!(status == Some(2) && text.is_empty() && problems.contains(hint), "{arguments:?}: {text}{problems}");
    }
    let (status, _, problems) = cutover(home.path(), &["validations", "show", "nothing"]).await;
    assert!(status == Some(2) && problems.contains("no such comparison"), "{problems}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_kept_it_is_compared_and_that_is_said() {
    let (source, target) = small().await;
    let broken = tempfile::tempdir().unwrap();
    let dir = at(broken.path()).dir.unwrap();
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("cutover.db"), "no database at all ".repeat(99)).unwrap();
    for (home, why) in [(Path::new("/dev/null"), "Not a directory"), (broken.path(), "not a database")] {
        let told = told(in_home(home, &source.url, &target.url, &[]).output().await.unwrap());
        assert_eq!((told.status, &told.summary()["kept"]), (Some(1), &false.into()), "{told:?}");
        assert!(told.stderr.contains("the results are not kept") && told.stderr.contains(why), "{}", told.stderr);
    }
    let (status, _, problems) = cutover(broken.path(), &["validations"]).await;
    assert!(status == Some(3) && problems.contains("what is kept of comparisons cannot be read"), "{problems}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_read_only_mode_rows_are_compared_only_where_the_configuration_allows_it() {
    let (home, (source, target)) = (tempfile::tempdir().unwrap(), small().await);
    let run = async |arguments: &[&str]| {
        told(
            in_home(home.path(), &source.url, &target.url, &[&["--read-only"], arguments].concat())
                .output()
                .await
                .unwrap(),
        )
    };
    let refused = run(&[]).await;
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(2), ""));
    assert!(refused.stderr.contains("read_only_may_validate"), "{}", refused.stderr);
    assert_eq!(run(&["--count"]).await.status, Some(0));
    let folder = home.path().join(".config/cutover");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "read_only_may_validate = true\n").unwrap();
    assert_eq!(run(&[]).await.status, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_one_database_is_not_taken_for_another_behind_the_same_address() {
    let killed = Killed::in_the_middle().await;
    let other = crate::servers::own_postgres("").await;
    let url = other.database_like(&killed.source.url).await;
    Side::at(url.clone())
        .await
        .script("CREATE TABLE @.t (id bigint PRIMARY KEY, note varchar(200)); ANALYZE @.t")
        .await;
    killed.proxy.leads_to(&url);
    let told = killed.resume("last").await;
    assert_eq!(told.status, Some(2), "{told:?}");
    assert!(told.stderr.contains("its source is another database, though its address is the same"), "{}", told.stderr);
}
