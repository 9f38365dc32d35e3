//! `kill -9` at the points that the runner itself counts, on each engine; then somebody goes on, with the journal or without it.
//! Whatever the point, the script is done once.

use super::*;

/// Every point in the order of a run that nobody kills.
async fn points(desk: &Desk, plan: &Plan) -> Vec<String> {
    let (told, list) = (desk.told(plan, Do::Begin), desk.file("points"));
    let process = Process::start(&told, &[("CUTOVER_KILL_LIST", list.display().to_string())]);
    assert!(!process.end().await);
    assert!(said(&told).starts_with("done"), "{}", said(&told));
    let text = std::fs::read_to_string(list).unwrap();
    text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

/// Kills at one point, goes on, and gives how often the script was done.
async fn kill_at(engine: Engine, number: usize, lose: bool, mutant: Option<&str>) -> i64 {
    let desk = Desk::new(engine).await;
    let plan = desk.plan(vec![count_up(), shell("hello", "echo hello")]);
    let mut env = vec![("CUTOVER_KILL_AT", number.to_string())];
    env.extend(mutant.map(|name| ("CUTOVER_MUTANT", name.to_owned())));
    let told = desk.told(&plan, Do::Begin);
    assert!(Process::start(&told, &env).end().await, "{engine:?} was not killed at point {number}: {}", said(&told));
    if lose {
        let _ = std::fs::remove_dir_all(desk.state());
    }
    let what = match desk.run_here().await {
        Some(id) => Do::Resume(id),
        None if refresh::open_runs(&Door::fixed(desk.database())).await.unwrap().is_empty() => Do::Begin,
        None => Do::Recover { end_any: false },
    };
    let told = desk.told(&plan, what);
    let was_done = lose && desk.counted().await == 1 && matches!(told.what, Do::Begin);
    match do_it(&told).await {
        Ok(ended) => assert_eq!(ended.state, RunState::Done, "{engine:?} {number} {lose}: {ended:?}"),
        Err(trouble) => assert!(trouble.to_string().contains("is done"), "{engine:?} {number} {lose}: {trouble}"),
    }
    // A run that had come to its end, and left no trace here, is followed by another one.
    desk.counted().await - i64::from(was_done)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_is_done_once_wherever_its_process_is_killed() {
    for (nth, engine) in [Engine::Sqlite, Engine::PostgreSql, Engine::MySql].into_iter().enumerate() {
        let desk = Desk::new(engine).await;
        let plan = desk.plan(vec![count_up(), shell("hello", "echo hello")]);
        let points = points(&desk, &plan).await;
        assert!(points.len() > 40, "{points:?}");
        // A third of them on each engine; the whole sweep is that of a whole refresh.
        for number in (1 + nth..=points.len()).step_by(3) {
            let lose = (number / 3) % 2 == 0;
            let done = kill_at(engine, number, lose, None).await;
            assert_eq!(
                done,
                1,
                "{engine:?}, killed {} ({number} of {}), journal lost: {lose}",
                points[number - 1],
                points.len()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_outside_of_its_transaction_is_found() {
    let desk = Desk::new(Engine::PostgreSql).await;
    let plan = desk.plan(vec![count_up(), shell("hello", "echo hello")]);
    let points = points(&desk, &plan).await;
    let commit = points.iter().position(|name| name == "after commit").unwrap() + 1;
    assert_eq!(kill_at(Engine::PostgreSql, commit, false, Some("mark-outside")).await, 2);
    assert_eq!(kill_at(Engine::PostgreSql, commit, false, None).await, 1);
}
