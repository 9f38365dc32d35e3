//! Who has the target: two operators, a runner that is stopped, one whose session was ended, a statement that outlives its client.

use super::*;
use rustix::process::Signal;

const SERVERS: [Engine; 2] = [Engine::PostgreSql, Engine::MySql];

impl Desk {
    /// Ends every session that has a lock of ours, as somebody else would.
    pub async fn end_sessions(&self) {
        if self.database().dialect().engine == Engine::PostgreSql {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE application_name LIKE 'cutover/%' AND datname = current_database()";
            let mut session = self.database().write_owned_by_demo().await.unwrap();
            assert!(!session.query(sql, &[]).await.unwrap().is_empty());
        } else {
            let mut session = self.database().write_owned_by_demo().await.unwrap();
            let sql = "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db = DATABASE()";
            for row in session.query(sql, &[]).await.unwrap() {
                // Another session may have gone by itself.
                let _ = session.script(&format!("KILL {}", row[0].as_int().unwrap())).await;
            }
        }
    }

    /// A state folder of another machine.
    fn elsewhere(&self) -> PathBuf {
        self.folder.path().join("elsewhere")
    }
}

#[tokio::test]
async fn a_second_operator_is_refused_and_told_who_has_it() {
    for engine in SERVERS {
        let desk = Desk::new(engine).await;
        let plan = desk.plan(vec![count_up()]);
        let first = begin(&plan, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.unwrap();
        let id = first.id.0.clone();
        let refused = begin(&plan, means(&desk.url, &desk.elsewhere(), Zombie::EndAny)).await.map(drop).unwrap_err();
        let refused = refused.to_string();
        let want = if engine == Engine::PostgreSql {
            format!("locked by cutover/{id}/1@")
        } else {
            "locked by a session (cutover from".into()
        };
        assert!(refused.contains(&want) && refused.contains("session "), "{refused}");
        assert_eq!(refresh::run(first).await.state, RunState::Done);
        let second = begin(&plan, means(&desk.url, &desk.elsewhere(), Zombie::EndOurs)).await.unwrap();
        assert_eq!(refresh::run(second).await.state, RunState::Done);
        assert_eq!(desk.counted().await, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_operators_on_two_hosts_in_the_same_moment_one_begins() {
    for engine in SERVERS {
        let desk = Desk::new(engine).await;
        let plan = desk.plan(vec![count_up()]);
        for round in 1..=10 {
            let from = async |host: &str, zombie| {
                let mut means = means(&desk.url, &desk.state().join(host), zombie);
                host.clone_into(&mut means.who.host);
                begin(&plan, means).await
            };
            let (one, two) = tokio::join!(from("jump1", Zombie::EndOurs), from("jump2", Zombie::EndAny));
            let (winner, refused) = match (one, two) {
                (Ok(winner), Err(refused)) | (Err(refused), Ok(winner)) => (winner, refused.to_string()),
                (Ok(_), Ok(_)) => panic!("{engine:?}, {round}: both began"),
                (Err(one), Err(two)) => panic!("{engine:?}, {round}: nobody began: {one}; {two}"),
            };
            assert!(refused.contains("locked by"), "{engine:?}, {round}: {refused}");
            assert_eq!(refresh::run(winner).await.state, RunState::Done);
            assert_eq!(desk.counted().await, round);
        }
    }
}

#[tokio::test]
async fn a_session_that_is_ended_is_opened_again_and_the_run_goes_on() {
    for engine in SERVERS {
        let desk = Desk::new(engine).await;
        let (here, go) = (desk.file("here"), desk.file("go"));
        let waits = format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done", here.display(), go.display());
        let plan = desk.plan(vec![shell("waits", &waits), count_up()]);
        let work = begin(&plan, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.unwrap();
        let running = tokio::spawn(refresh::run(work));
        until(async || here.exists()).await;
        desk.end_sessions().await;
        std::fs::write(&go, "").unwrap();
        let ended = running.await.unwrap();
        assert_eq!(ended.state, RunState::Done, "{engine:?} {ended:?}");
        assert_eq!(desk.counted().await, 1);
    }
}

#[tokio::test]
async fn who_was_taken_over_writes_nothing_any_more() {
    for engine in SERVERS {
        let desk = Desk::new(engine).await;
        let (here, go) = (desk.file("here"), desk.file("go"));
        let waits = format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done", here.display(), go.display());
        let plan = desk.plan(vec![shell("waits", &waits), count_up()]);
        let told = desk.told(&plan, Do::Begin);
        let stopped = Process::start(&told, &[]);
        until(async || here.exists()).await;
        stopped.signal(Signal::STOP);
        // A process of this machine that is there, stopped or not, is not taken for a dead one.
        let name = RefreshName(NAME.into());
        let other = desk.state().join("other");
        let recover = |zombie| Box::pin(refresh::recover(&name, None, means(&desk.url, &other, zombie)));
        let refused = recover(Zombie::EndOurs).await.map(drop).unwrap_err().to_string();
        assert!(refused.contains("of this very run"), "{engine:?} {refused}");
        std::fs::write(&go, "").unwrap();
        let work = recover(Zombie::EndAny).await.unwrap();
        let ended = refresh::run(work).await;
        assert_eq!(ended.state, RunState::Done, "{ended:?}");
        stopped.signal(Signal::CONT);
        assert!(!stopped.end().await);
        let said = said(&told);
        assert!(
            said.starts_with("needs-attention") && said.contains("was taken over by somebody else"),
            "{engine:?} {said}"
        );
        assert_eq!(desk.counted().await, 1);
        assert_eq!(refresh::open_runs(&Door::fixed(desk.database())).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_statement_that_outlives_its_client_is_ended_before_anything_is_looked_at() {
    for engine in SERVERS {
        let desk = Desk::new(engine).await;
        desk.script("CREATE TABLE nap (s integer NOT NULL); INSERT INTO nap VALUES (300)").await;
        let sleeps = if engine == Engine::PostgreSql {
            // As before PostgreSQL 14: nobody notices that the client is gone.
            "SET LOCAL client_connection_check_interval = 0; UPDATE counted SET n = n + 1; \
             SELECT pg_sleep((SELECT s FROM nap))"
        } else {
            "UPDATE counted SET n = n + 1; DO SLEEP((SELECT s FROM nap))"
        };
        let plan = desk.plan(vec![custom("sleeps", Does::Sql(sleeps.into()))]);
        let told = desk.told(&plan, Do::Begin);
        let process = Process::start(&told, &[]);
        let sleeping = if engine == Engine::PostgreSql {
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        } else {
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep' AND db = DATABASE()"
        };
        until(async || desk.number(sleeping).await == 1).await;
        process.signal(Signal::KILL);
        assert!(process.end().await);
        assert_eq!(desk.number(sleeping).await, 1, "the server goes on");
        let id = desk.run_here().await.unwrap();
        desk.script("UPDATE nap SET s = 0").await;
        let ended = do_it(&desk.told(&plan, Do::Resume(id))).await.unwrap();
        assert_eq!(ended.state, RunState::Done, "{engine:?} {ended:?}");
        assert_eq!((desk.counted().await, desk.number(sleeping).await), (1, 0), "{engine:?}");
    }
}

#[tokio::test]
async fn sessions_say_who_they_are_and_give_up_when_nobody_is_there() {
    let desk = Desk::new(Engine::PostgreSql).await;
    let plan = desk.plan(vec![count_up()]);
    let mut work = begin(&plan, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.unwrap();
    let label = work.target.bearer().label();
    assert!(label.starts_with(&format!("cutover/{}/1@", work.id.0)) && label.len() <= 63, "{label}");
    let mut one = async |sql: &str| {
        let rows = work.target.query(sql, &[]).await.unwrap();
        rows[0][0].as_text().unwrap().into_owned()
    };
    for (setting, want) in [
        ("application_name", label.as_str()),
        ("search_path", "\"\""),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "5min"),
        ("tcp_keepalives_idle", "30"),
        ("client_connection_check_interval", "2s"),
        ("row_security", "off"),
    ] {
        assert_eq!(one(&format!("SELECT current_setting('{setting}')")).await, want, "{setting}");
    }
    let desk = Desk::new(Engine::MySql).await;
    let plan = desk.plan(vec![count_up()]);
    let mut work = begin(&plan, means(&desk.url, &desk.state(), Zombie::EndOurs)).await.unwrap();
    let rows =
        work.target.query("SELECT @@wait_timeout, @@sql_mode LIKE '%NO_AUTO_VALUE_ON_ZERO%'", &[]).await.unwrap();
    assert_eq!((rows[0][0].as_int(), rows[0][1].as_int()), (Some(120), Some(1)));
}
