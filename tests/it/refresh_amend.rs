//! `cutover refresh amend` as a person uses it: a run whose configuration was wrong, on the embedded AWS and its databases.

use crate::demo_databases_wire::Served;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const STAGING: &str = "shop-staging.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop";

fn cutover(demo: &Served, folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cutover"))
        .arg("refresh")
        .args(args)
        .arg("--config")
        .arg(folder.join("config.toml"))
        .env_clear()
        .envs([("AWS_ENDPOINT_URL", demo.endpoint()), ("AWS_REGION", "eu-west-1"), ("PATH", "/usr/bin:/bin")])
        .envs([("AWS_ACCESS_KEY_ID", "demo"), ("AWS_SECRET_ACCESS_KEY", "demo")])
        .envs([("HOME", folder), ("XDG_STATE_HOME", &folder.join("state"))])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Exit status, and everything that was said.
fn told(output: &Output) -> (Option<i32>, String) {
    let said = [&output.stdout[..], &output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_a_file_is_mended_and_the_run_comes_to_its_end_without_a_second_load() {
    let demo = Served::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let schedules = "[\"rule:default/staging-refresh-nightly\", \"schedule:migrations/staging-refresh-weekly\"]";
    let config = format!(
        "operate = true\nexpect_account = \"123456789012\"\n[refresh.staging]\ntask = \"staging-refresh\"\n\
         purpose = \"data-refresh\"\nload = \"full-load\"\ncadence = \"schedule\"\nto = [{STAGING:?}]\nschedules = {schedules}\n\
         [[refresh.staging.step]]\nname = \"own\"\nafter = \"analyze\"\nsql_file = \"own.sql\"\nmark = true\nretry = 0\n"
    );
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    let own = |sql: &str| std::fs::write(folder.path().join("own.sql"), sql).unwrap();
    let run = |args: &[&str]| told(&cutover(&demo, folder.path(), args));
    own("DELETE FRO document");
    let yes = ["--yes", "--target", STAGING];
    // The plan counts what the opening load of the demo has brought: until that is there, something may forbid it.
    let (end, mut ended) = (Instant::now() + Duration::from_mins(3), (None, String::new()));
    while !ended.1.contains("needs-attention") {
        assert!(Instant::now() < end, "{ended:?}");
        ended = run(&[&["run", "staging"], &yes[..]].concat());
    }
    assert!(ended.1.contains("cutover refresh amend staging"), "{}", ended.1);
    let (status, said) = run(&[&["amend", "staging"], &yes[..]].concat());
    assert!(status == Some(1) && said.contains("says what it said when run"), "{said}");
    own("DELETE FROM document");
    let (status, said) = run(&["amend", "staging", "--yes", "--target", "elsewhere/shop"]);
    assert!(status == Some(1) && said.contains("not confirmed"), "{said}");
    let (status, said) = run(&[&["amend", "staging"], &yes[..]].concat());
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("- own: DELETE FRO document") && said.contains("+ own: DELETE FROM document"), "{said}");
    assert!(said.contains("staging: done"), "{said}");
    let (_, status) = run(&["status", "staging"]);
    assert!(status.contains("another plan: + own: DELETE FROM document"), "{status}");
    assert_eq!(status.matches("asking for reload of task").count(), 1, "{status}");
    assert!(status.contains("Nothing is away") && status.contains("staging: done"), "{status}");
}
