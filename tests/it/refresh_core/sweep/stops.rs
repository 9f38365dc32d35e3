//! A process that is stopped at a point and goes on later: its session is gone by then, or the whole run is somebody else's.

use super::kills::{Point, Variant, further};
use super::seen::Seen;
use super::stand::Stand;
use super::*;
use rustix::process::Signal;

/// What is wrong in the end.
pub async fn stopped(stand: &Stand, point: &Point, variant: Variant) -> Vec<String> {
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
        end_session(stand).await;
    } else if let Some(open) = open_run(stand).await {
        let other = Told { state: folder.path().join("other"), what: Do::Recover { end_any: true }, ..told.clone() };
        match do_it(&other).await {
            Ok(ended) if ended.state == RunState::Done => is_over = true,
            Ok(ended) => wrong.push(format!("who took {open} over ended {ended:?}")),
            Err(trouble) => wrong.push(format!("{open} could not be taken over: {trouble}")),
        }
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

async fn open_run(stand: &Stand) -> Option<String> {
    let door = Door::fixed(Database::parse(&stand.target).unwrap());
    refresh::open_runs(&door).await.unwrap().first().map(|run| run.id.0.clone())
}

/// The session that has the lock, if there is one.
async fn end_session(stand: &Stand) {
    let mut session = Database::parse(&stand.target).unwrap().write_owned_by_demo().await.unwrap();
    if stand.engine == Engine::PostgreSql {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        session.query(sql, &[]).await.unwrap();
        return;
    }
    let sql = "SELECT IS_USED_LOCK(CONCAT('cutover/', LEFT(SHA2(DATABASE(), 256), 32)))";
    if let Some(id) = session.query(sql, &[]).await.unwrap()[0][0].as_int() {
        session.script(&format!("KILL {id}")).await.unwrap();
    }
}
