//! How long a thousand keys take, beside psql that runs the same statements.

use super::*;
use cutover::model::refresh::RunState;
use std::process::{Command, Stdio};
use std::time::Instant;

const KEYS: usize = 1_000;

fn in_one(statements: &[String]) -> String {
    format!("BEGIN;\n{};\nCOMMIT;\n", statements.join(";\n"))
}

#[tokio::test]
#[ignore = "a minute, and alone on its machine: cargo test --test it -- --ignored a_thousand_keys"]
async fn a_thousand_keys_take_little_longer_than_with_psql() {
    let desk = Desk::new(Engine::PostgreSql).await;
    let parents = KEYS / 10;
    let parent = (0..parents).map(|n| {
        format!("CREATE TABLE parent_{n} (id int PRIMARY KEY); INSERT INTO parent_{n} SELECT generate_series(1, 100)")
    });
    let child = (0..KEYS).map(|n| {
        let parent = n % parents;
        format!(
            "CREATE TABLE child_{n} (id int, p int REFERENCES parent_{parent}); \
             INSERT INTO child_{n} SELECT i, i FROM generate_series(1, 100) i"
        )
    });
    let tables: Vec<String> = parent.chain(child).collect();
    for chunk in tables.chunks(100) {
        desk.script(&chunk.join(";")).await;
    }
    let (keys, before) = (desk.keys().await, desk.snapshot().await);
    let mut text = "SET search_path = '';\n".to_owned();
    for chunk in keys::chunks(&keys) {
        let statements: Vec<String> = chunk.iter().flat_map(Key::away).collect();
        text.push_str(&in_one(&statements));
    }
    for chunk in keys::chunks(&keys) {
        let statements: Vec<String> = chunk.iter().flat_map(Key::back).collect();
        text.push_str(&in_one(&statements));
    }
    text.extend(keys.iter().filter_map(Key::validate).map(|statement| statement + ";\n"));
    let file = desk.file("keys.sql");
    std::fs::write(&file, text).unwrap();
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&file).arg(&desk.base.url).stdin(Stdio::null());
    let began = Instant::now();
    let status = tokio::task::spawn_blocking(move || psql.status().unwrap()).await.unwrap();
    let plain = began.elapsed();
    assert!(status.success());
    let ended = desk.run(&desk.plan(&around("SELECT 1"), &[]).await).await;
    assert_eq!((ended.state, ended.why), (RunState::Done, None));
    desk.is_as(&before).await;
    let seen = desk.seen().await;
    let span = |kind: StepKind| {
        let step = seen.steps.iter().find(|step| step.kind == kind).unwrap();
        Duration::try_from(step.ended.unwrap().duration_since(step.began.unwrap())).unwrap()
    };
    let spans = [StepKind::Capture, StepKind::KeysAway, StepKind::KeysBack].map(span);
    eprintln!("psql {plain:?}; capture, away, back {spans:?}");
    assert!(spans[1] + spans[2] <= plain.mul_f64(1.2) + Duration::from_secs(1), "{plain:?} {spans:?}");
}
