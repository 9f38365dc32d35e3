//! How the two databases of a comparison are found: by the endpoints of a task, by their names in the configuration, with
//! passwords from secrets, variables and commands.

use crate::embedded::{python, started};
use crate::moto::Moto;
use crate::servers;
use cutover::app::validate::sides::{Means, SideAsked};
use cutover::aws::{Limiters, Reader, Serverless, Settings, TaskDetail, connect};
use cutover::db::Value;
use cutover::demo::{Options, launcher};
use cutover::model::database::{AwsPlace, Entry, PasswordFrom};
use cutover::model::task::Task;
use cutover::validate::merge::Side;
use serde_json::Value as Json;
use std::process::{Command, Stdio};

async fn reader(url: &str) -> Reader {
    let settings = Settings { burst: 50, requests_per_second: 4.0, ..Settings::embedded(url) };
    connect(&settings, &Limiters::default()).await.unwrap().reader
}

async fn tasks(reader: &Reader) -> Vec<Task> {
    reader.tasks(TaskDetail::Brief, Serverless::Include).await.unwrap().value
}

fn entry(name: &str, url: &str, endpoint: &str) -> Entry {
    Entry {
        name: name.to_owned(),
        url: url.to_owned(),
        password: PasswordFrom::Unsaid,
        aws: AwsPlace::default(),
        replica: None,
        ca: None,
        tls: None,
        endpoint: Some(endpoint.to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_databases_of_a_task_are_found_by_its_endpoints_alone_and_a_section_wins() {
    let running = started(Options { launcher: Some(launcher()), ..Options::default() }).await;
    let reader = reader(&running.endpoint_url()).await;
    let all = tasks(&reader).await;
    let task = all.iter().find(|task| task.name.raw() == "orders-cdc").unwrap();
    let means = Means { reader: Some(&reader), ..Means::default() };
    let [source, target] = means.for_task(task).await.unwrap();
    assert_eq!(source.by, "endpoint shop-prod of DMS, password from secret rds/shop-prod");
    assert_eq!(target.by, "endpoint shop-aurora of DMS, password from secret rds/shop-aurora");
    let mut session = source.database.read().await.unwrap();
    let rows = session.query("SELECT count(*) > 1000 FROM shop.customer", &[]).await.unwrap();
    assert_eq!(rows, [vec![Value::Int(1)]]);
    assert!(target.database.read().await.is_ok() && target.database.place() != source.database.place());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.db");
    std::fs::write(&file, "").unwrap();
    let url = format!("sqlite:{}", file.display());
    for names in ["shop-prod", &task.source.0] {
        let databases = [entry("mine", &url, names)];
        let means = Means { databases: &databases, ..means };
        let found = means.find(Side::Source, &SideAsked::Endpoint(task.source.clone())).await.unwrap();
        assert_eq!((found.by.as_str(), found.database.place()), ("[databases.mine]", file.display().to_string()));
        // It is that endpoint's section, and nobody else's.
        let found = means.find(Side::Target, &SideAsked::Endpoint(task.target.clone())).await.unwrap();
        assert!(found.by.starts_with("endpoint shop-aurora"), "{}", found.by);
        let wrong = means.find(Side::Source, &SideAsked::Database("yours".into())).await.unwrap_err();
        assert!(wrong.status == 2 && wrong.lines[0].contains("there are mine"), "{wrong:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_may_not_be_opened_is_told_with_the_action_that_is_missing() {
    let denied = "access-denied=GetSecretValue".parse().unwrap();
    let running = started(Options { frozen: true, faults: vec![denied], ..Options::default() }).await;
    let reader = reader(&running.endpoint_url()).await;
    let all = tasks(&reader).await;
    let means = Means { reader: Some(&reader), ..Means::default() };
    let mut one = entry("mine", "postgres://", "shop-prod");
    one.password = PasswordFrom::Secret("rds/shop-prod".into());
    let databases = [one];
    let means = Means { databases: &databases, ..means };
    let failure = means.for_task(&all[0]).await.unwrap_err();
    let said = failure.lines.join("\n");
    assert!(said.contains("[databases.mine]") && said.contains("secretsmanager:GetSecretValue"), "{said}");
    running.stop().await;
}

const FILL: &str = r#"
import boto3, json, sys
secrets = boto3.client("secretsmanager")
host, port, name = sys.argv[1:]
login = {"username": "cutover", "password": "sesame"}
secrets.create_secret(Name="rds/whole", SecretString=json.dumps({**login, "host": host, "port": int(port), "dbname": name}))
secrets.create_secret(Name="alone", SecretString="sesame")
secrets.create_secret(Name="wrong", SecretString=json.dumps({"username": "cutover", "password": "hunter2"}))
far = boto3.client("secretsmanager", region_name="eu-central-1")
print(far.create_secret(Name="far", SecretString=json.dumps(login))["ARN"])
"#;

/// A section for each way to a password, and for what can go wrong with one.
fn sections(place: &str, far: &str, postgres: &str) -> String {
    let bare = format!("mysql://cutover@{place}");
    let (host, name) = place.split_once('/').unwrap();
    format!(
        r#"
[databases.a-whole]
url = "mysql://"
secret = "rds/whole"
[databases.b-alone]
url = "{bare}"
secret = "alone"
[databases.c-far]
url = "mysql://{place}"
secret = "{far}"
role = "arn:aws:iam::123456789012:role/secret-reader"
[databases.d-variable]
url = "{bare}"
password_env = "THE_PASSWORD"
[databases.e-command]
url = "{bare}"
password_command = ["printf", "%s\nmore", "sesame"]
[databases.f-unsaid]
url = "{bare}"
[databases.g-wrong]
url = "{bare}"
secret = "wrong"
[databases.h-nobody]
url = "{bare}"
[databases.i-absent]
url = "{bare}"
secret = "absent"
[databases.j-postgres]
url = "{postgres}"
[databases.k-replica]
url = "postgres://cutover@shop-prod.invalid/x"
replica = "127.0.0.1:1"
tls = "off"
[databases.l-redshift]
url = "{redshift}"
[databases.m-profile]
url = "{bare}"
secret = "alone"
profile = "nobody-has-this"
[databases.n-region]
url = "mysql://{place}"
secret = "far"
region = "eu-central-1"
[databases.o-replica]
url = "mysql://cutover@shop-prod.invalid/{name}"
replica = "{host}"
password_env = "THE_PASSWORD"
tls = "off"
"#,
        redshift = postgres.replace("postgres:", "redshift:")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_opens_every_database_with_the_password_from_where_it_is() {
    let moto = tokio::task::spawn_blocking(Moto::start).await.unwrap();
    let (mysql, postgres) = (servers::mariadb().await.database().await, servers::postgres().await.database().await);
    let (_, place) = mysql.split_once('@').unwrap();
    let (host, name) = place.split_once('/').unwrap();
    let (host, port) = host.split_once(':').unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL", moto.url()),
        ("AWS_ACCESS_KEY_ID", "demo"),
        ("AWS_SECRET_ACCESS_KEY", "demo"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ];
    let filled = Command::new(python()).args(["-c", FILL, host, port, name]).envs(environment).output().unwrap();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let far = String::from_utf8(filled.stdout).unwrap();
    let far = far.trim();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let text = sections(place, far, &postgres);
    std::fs::write(&config, text).unwrap();
    let doctor = |output: &str| {
        Command::new(env!("CARGO_BIN_EXE_cutover"))
            .args(["doctor", "--config", &config.display().to_string(), "--output", output])
            .env_clear()
            .envs(environment)
            .envs([("HOME", "/nonexistent"), ("THE_PASSWORD", "sesame"), ("CUTOVER_F_UNSAID_PASSWORD", "sesame")])
            .env("PATH", std::env::var_os("PATH").unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let output = doctor("json");
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("sesame") && !said.contains("hunter2"), "{said}");
    let rows: Vec<Json> = serde_json::from_str(&said).unwrap();
    let rows: Vec<&Json> = rows.iter().filter(|row| row["area"] == "databases").collect();
    let of = |name: &str| *rows.iter().find(|row| row["check"] == name).unwrap_or_else(|| panic!("{name}: {rows:#?}"));
    for (name, by) in [
        ("a-whole", "[databases.a-whole], password from secret rds/whole"),
        ("b-alone", "password from secret alone"),
        ("c-far", "password from secret arn:"),
        ("d-variable", "password from THE_PASSWORD"),
        ("e-command", "password from its command"),
        ("f-unsaid", "password from CUTOVER_F_UNSAID_PASSWORD"),
        ("n-region", "password from secret far"),
        ("o-replica", "[databases.o-replica], its replica, password from THE_PASSWORD"),
    ] {
        let row = of(name);
        let message = row["message"].as_str().unwrap();
        assert_eq!(row["result"], "passed", "{row:#}");
        assert!(message.starts_with("MariaDB ") && message.contains(by), "{message}");
        assert!(message.contains(&format!("{place}, read-only, on this machine; seen from ")), "{message}");
    }
    assert!(of("j-postgres")["message"].as_str().unwrap().starts_with("PostgreSQL "));
    for (name, result, part) in [
        ("g-wrong", "failed", "Access denied"),
        ("h-nobody", "unknown", "there is no password here"),
        ("i-absent", "failed", "its secret absent could not be opened"),
        ("k-replica", "failed", "127.0.0.1:1/x"),
        ("l-redshift", "failed", "it is no Redshift: PostgreSQL "),
        ("m-profile", "failed", "its secret alone could not be opened"),
    ] {
        let row = of(name);
        assert_eq!(row["result"], result, "{row:#}");
        assert!(row["message"].as_str().unwrap().contains(part), "{row:#}");
        assert!(!row["action"].is_null(), "{row:#}");
    }
    assert!(of("i-absent")["detail"].as_str().unwrap().contains("not found"), "{:#}", of("i-absent"));
    assert!(of("m-profile").to_string().contains("nobody-has-this"), "{:#}", of("m-profile"));
    let text = String::from_utf8(doctor("table").stdout).unwrap();
    assert!(text.contains("\nDatabases\n") && text.contains("unknown  h-nobody"), "{text}");
}
