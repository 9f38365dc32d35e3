//! A server that is killed while everything is put back, and comes again some minutes later.

use super::*;
use crate::around::Base;
use crate::servers;
use cutover::model::refresh::RunState;

const TABLES: &str = "CREATE TABLE {s}.parent (id int PRIMARY KEY);
    CREATE TABLE {s}.child (id int PRIMARY KEY, p int, CONSTRAINT first FOREIGN KEY (p) REFERENCES {s}.parent (id));
    INSERT INTO {s}.child VALUES (1, NULL)";
const TRIGGERS: [(Engine, &str); 2] = [
    (
        Engine::PostgreSql,
        "CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER fires BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION noop()",
    ),
    (Engine::MySql, "CREATE TRIGGER {s}.fires BEFORE INSERT ON {s}.child FOR EACH ROW SET @a = 1"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_while_everything_is_put_back_is_waited_for_and_all_of_it_comes_back() {
    for (engine, triggers) in TRIGGERS {
        let server = match engine {
            Engine::PostgreSql => servers::own_postgres("").await,
            // What is committed outlives the process.
            _ => servers::own_mariadb("--innodb-flush-log-at-trx-commit=2").await,
        };
        let desk = Desk::of(Base::of(server.database().await));
        desk.script(TABLES).await;
        desk.script(triggers).await;
        let before = desk.snapshot().await;
        let (here, gate) = (desk.file("here"), desk.file("gate"));
        let fails = format!("touch {}; until [ -e {} ]; do sleep 0.05; done; exit 1", here.display(), gate.display());
        let mut plan = desk.plan(&around("SELECT 1"), &[]).await;
        plan.custom[0].does = Does::Command(["sh", "-c", &fails].map(str::to_owned).to_vec());
        // Ten minutes are half a one.
        let time = Time { now: Timestamp::now, wait: |span| Box::pin(tokio::time::sleep(span / 20)) };
        let work = begin(&plan, Means { time, ..desk.means() }).await.unwrap();
        let running = tokio::spawn(async move { Box::pin(refresh::run(work)).await });
        until(async || here.exists()).await;
        // Somebody is in the way of the first thing that comes back: there the server dies.
        let mut other = desk.base.session().await;
        other.begin().await.unwrap();
        other.script(&desk.sql("UPDATE {s}.child SET p = NULL")).await.unwrap();
        std::fs::write(&gate, "").unwrap();
        until(async || desk.log().await.contains("the run does not go on")).await;
        server.kill();
        until(async || desk.log().await.matches("putting back: ").count() > 5).await;
        let _again = server.again().await;
        let ended = running.await.unwrap();
        assert_eq!(ended.state, RunState::Undone, "{engine:?} {ended:?}\n{}", desk.log().await);
        desk.is_as(&before).await;
        assert_eq!(refresh::open_runs(&Door::fixed(desk.base.database.clone())).await.unwrap(), []);
    }
}
