//! A process that is stopped at a point and goes on later: its session is gone by then, or the whole run is somebody else's.

use super::deaths::{Point, Tally, Variant};
use super::kills::further;
use super::seen::Seen;
use super::stand::Stand;
use super::*;
use rustix::process::Signal;

/// What is wrong in the end.
pub async fn stopped(stand: &Stand, point: &Point, variant: Variant, tally: &Tally) -> Vec<String> {
    let folder = scratch();
    let told = stand.told(folder.path(), Do::Begin);
    let (sent, loads) = (stand.sent(), stand.loaded());
    let mut process = Process::start(&told, &[("CUTOVER_STOP_AT", point.to_string())]);
    if !process.is_stopped().await {
        let is_less = point.name.contains("journal") && said(&told).starts_with("done");
        return if is_less { Vec::new() } else { vec![format!("it was not stopped: {}", said(&told))] };
    }
    let mut wrong = Vec::new();
    let mut is_over = false;
    if variant == Variant::SessionLost {
        tally.count(variant, end_session(stand).await);
    } else if let Some(open) = open_run(stand).await {
        let other = Told { state: folder.path().join("other"), what: Do::Recover { end_any: true }, ..told.clone() };
        match do_it(&other).await {
            Ok(ended) if ended.state == RunState::Done => is_over = true,
            Ok(ended) => wrong.push(format!("who took {open} over ended {ended:?}")),
            Err(trouble) => wrong.push(format!("{open} could not be taken over: {trouble}")),
        }
        tally.count(variant, true);
    } else {
        tally.count(variant, false);
    }
    process.signal(Signal::CONT);
    if process.end().await {
        wrong.push("it was killed".into());
    }
    let ended = said(&told);
    if !is_over && !ended.starts_with("done") {
        match further(stand, &told).await.map(|next| async move { do_it(&next).await }) {
            None => wrong.push(format!("it ended {ended}, and nobody knows of the run")),
            Some(next) => match next.await {
                Ok(ended) if ended.state == RunState::Done => {}
                Ok(again) => wrong.push(format!("it ended {ended}, and then {again:?}")),
                Err(trouble) if trouble.to_string().contains("is done") => {}
                Err(trouble) => wrong.push(format!("it ended {ended}, and then {trouble}")),
            },
        }
    }
    wrong.extend(Seen::of(stand).await.differences(&stand.after));
    let (sent, loads) = (stand.sent() - sent, stand.loaded() - loads);
    if loads != 1 || sent != 1 {
        wrong.push(format!("{loads} loads, started {sent} times"));
    }
    if let Some(open) = open_run(stand).await {
        wrong.push(format!("run {open} is still open"));
    }
    wrong
}

/// The server is killed in the middle of each step, and comes back before the process asks it anything, or only when the
/// process has given up.
async fn server_killed(engine: Engine) {
    let stand = Stand::alone(engine).await;
    let mut told = Vec::new();
    for (nth, step) in stand.plan.steps.iter().map(|step| step.name.0.clone()).enumerate() {
        let (mut stopped, mut begun) = (None, (0, 0));
        // Six are what every step begins with, and some do nothing more that is durable: those are about to ask the server.
        for number in [8, 6] {
            stand.anew().await;
            begun = (stand.sent(), stand.loaded());
            let folder = scratch();
            let first = stand.told(folder.path(), Do::Begin);
            let mut process = Process::start(&first, &[("CUTOVER_STOP_AT", format!("{number} @{step}"))]);
            if process.is_stopped().await {
                stopped = Some((process, first, folder));
                break;
            }
            assert!(said(&first).starts_with("done"), "{engine:?}, {step}: {}", said(&first));
        }
        let Some((process, first, _folder)) = stopped else { panic!("{engine:?}: {step} is not reached") };
        stand.kill_server().await;
        let comes_back_late = nth % 2 == 0;
        if !comes_back_late {
            stand.start_server().await;
        }
        process.signal(Signal::CONT);
        assert!(!process.end().await);
        if comes_back_late {
            stand.start_server().await;
        }
        let (mut wrong, ended) = gone_on(&stand, &first).await;
        wrong.extend(Seen::of(&stand).await.differences(&stand.after));
        let (sent, loads) = (stand.sent() - begun.0, stand.loaded() - begun.1);
        // A load that its target has died under is done again, once.
        let once = if ended.contains("loaded again") { 2 } else { 1 };
        if loads != once || sent != once {
            wrong.push(format!("{loads} loads, started {sent} times"));
        }
        if let Some(open) = open_run(&stand).await {
            wrong.push(format!("run {open} is still open"));
        }
        if !wrong.is_empty() {
            let when = if comes_back_late { "late" } else { "at once" };
            told.push(format!("{step}, back {when}, first {}, then {ended}: {wrong:#?}", said(&first)));
        }
    }
    assert!(told.is_empty(), "{engine:?}\n{}", told.join("\n"));
}

/// As a person goes on with what has stopped, until it is done.
async fn gone_on(stand: &Stand, told: &Told) -> (Vec<String>, String) {
    let mut ended = said(told);
    let mut all = ended.clone();
    for _ in 0..4 {
        if ended.starts_with("done") {
            return (Vec::new(), all);
        }
        let Some(mut next) = further(stand, told).await else { break };
        if let (true, Do::Resume(id)) = (ended.contains("--load-again"), &next.what) {
            next.what = Do::LoadAgain(id.clone());
            all.push_str(", loaded again");
        }
        ended = match do_it(&next).await {
            Ok(ended) => format!("{} {}", ended.state.word(), ended.why.unwrap_or_default()),
            Err(trouble) if trouble.to_string().contains("is done") => "done".to_owned(),
            Err(trouble) => format!("refused {trouble}"),
        };
        all.push_str(", ");
        all.push_str(&ended);
    }
    if ended.starts_with("done") { (Vec::new(), all) } else { (vec!["it does not come to an end".to_owned()], all) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_killed_in_each_step() {
    server_killed(Engine::PostgreSql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_is_killed_in_each_step() {
    server_killed(Engine::MySql).await;
}

async fn open_run(stand: &Stand) -> Option<String> {
    let door = Door::fixed(Database::parse(&stand.target).unwrap());
    refresh::open_runs(&door).await.unwrap().first().map(|run| run.id.0.clone())
}

/// The session that has the lock; whether there is one.
async fn end_session(stand: &Stand) -> bool {
    let mut session = Database::parse(&stand.target).unwrap().write_owned_by_demo().await.unwrap();
    if stand.engine == Engine::PostgreSql {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        return !session.query(sql, &[]).await.unwrap().is_empty();
    }
    let sql = "SELECT IS_USED_LOCK(CONCAT('cutover/', LEFT(SHA2(DATABASE(), 256), 32)))";
    let id = session.query(sql, &[]).await.unwrap()[0][0].as_int();
    if let Some(id) = id {
        session.script(&format!("KILL {id}")).await.unwrap();
    }
    id.is_some()
}
