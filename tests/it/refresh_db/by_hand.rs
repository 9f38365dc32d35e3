//! A run is killed with everything away, and its machine is lost: a person puts it back with the client of the server alone, as
//! docs/refresh.md says.

use super::kills::started;
use super::*;
use crate::refresh_keys::{nasty_mariadb, nasty_postgres};
use std::process::{Command, Output, Stdio};

const PAGE: &str = include_str!("../../../docs/refresh.md");

/// What the page gives this client to fetch the text with.
fn documented(client: &str) -> &'static str {
    PAGE.lines().find(|line| line.starts_with(client)).unwrap().split('"').nth(1).unwrap()
}

fn client(desk: &Desk, args: &[&str]) -> Command {
    let mut command = Command::new(if desk.engine() == Engine::MySql { "mariadb" } else { "psql" });
    if desk.engine() == Engine::MySql {
        let port = desk.base.database.port().unwrap().to_string();
        command.args(["--no-defaults", "-h127.0.0.1", "-ucutover", "-psesame", "-P", &port]).args(args);
    } else {
        command.arg("-X").args(args).arg(&desk.base.url);
    }
    command
}

async fn output(mut command: Command, input: Stdio) -> Output {
    command.stdin(input);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ledger_says_puts_everything_back_with_the_client_alone() {
    for engine in [Engine::PostgreSql, Engine::MySql] {
        let (desk, other, sleep) = if engine == Engine::MySql {
            (Desk::of(nasty_mariadb().await), Desk::of(nasty_mariadb().await), "SELECT SLEEP(60)")
        } else {
            (Desk::of(nasty_postgres().await), Desk::new(engine).await, "SELECT pg_sleep(60)")
        };
        let (before, triggers) = (desk.snapshot().await, desk.triggers().await);
        let policies = [("nowhere", Orphans::Report)];
        let mut process = started(&desk, &desk.plan(&around(sleep), &policies).await, &[]);
        until(async || {
            let seen = match runs::list(&desk.store()).await.unwrap().0.first() {
                Some(_) => desk.seen().await,
                None => return false,
            };
            seen.steps.iter().any(|step| step.name.0 == "load-it" && step.attempts > 0)
        })
        .await;
        process.kill().unwrap();
        process.wait().unwrap();
        let away = desk.snapshot().await;
        assert!(!before.difference(&away).is_empty() && desk.triggers().await != triggers, "{engine:?}");
        std::fs::remove_dir_all(desk.state()).unwrap();
        // A later run of another database, which has the same ledger on the MySQL family.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        other.run(&other.plan(&around("SELECT 1"), &policies).await).await;

        let (name, args): (_, &[&str]) =
            if engine == Engine::MySql { ("mysql", &["-N", "-r", "-e"]) } else { ("psql", &["-At", "-c"]) };
        let select = documented(name).replace("'DB'", &format!("'{}'", desk.base.schema));
        let fetched = output(client(&desk, &[args, &[&select]].concat()), Stdio::null()).await;
        assert!(fetched.status.success() && !fetched.stdout.is_empty(), "{fetched:?}");
        let path = desk.file("restore.sql");
        std::fs::write(&path, &fetched.stdout).unwrap();
        let file = std::fs::File::open(&path).unwrap().into();
        let args: &[&str] =
            if engine == Engine::MySql { &[&desk.base.schema] } else { &["-q", "-v", "ON_ERROR_STOP=1", "-f", "-"] };
        let restored = output(client(&desk, args), file).await;
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        desk.is_as(&before).await;
        assert_eq!(desk.triggers().await, triggers, "{engine:?}");
    }
}
