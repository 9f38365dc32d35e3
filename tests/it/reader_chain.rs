//! The configuration chain. It reads the process environment, so each case runs this test binary again as a child with
//! an environment of its own.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests are tests")]

use crate::reader_script::{ACCOUNT, Play, Server};
use cutover::aws::{Limiters, Serverless, Settings, TaskDetail, connect};
use cutover::model::{Problem, ProblemKind};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

const CHILD: &str = "CUTOVER_TEST_CHILD";

/// Not a test of its own: what the others run in a child. Prints `connected PROFILE ACCOUNT REGION` or a problem as JSON.
#[tokio::test]
async fn child() {
    let Ok(work) = std::env::var(CHILD) else { return };
    // The test runner has begun a line of its own.
    println!();
    let started = Instant::now();
    let mut words = work.split_whitespace().map(str::to_owned);
    let (profile, region) = (words.next().filter(|word| word != "-"), words.next().filter(|word| word != "-"));
    let settings = Settings { profile, region, ..Settings::default() };
    let connected = match connect(&settings, &Limiters::default()).await {
        Ok(connected) => connected,
        Err(problem) => return say(&problem, started),
    };
    let scope = &connected.scope;
    println!("connected {} {} {}", scope.profile, scope.account.0, scope.region.0);
    // Further words are files to copy over the credentials file, each followed by a read.
    for file in words {
        std::fs::copy(&file, std::env::var("AWS_SHARED_CREDENTIALS_FILE").unwrap()).unwrap();
        match connected.reader.tasks(TaskDetail::Brief, Serverless::Skip).await {
            Ok(answer) => println!("read {}", answer.value.len()),
            Err(problem) => say(&problem, started),
        }
    }
}

fn say(problem: &Problem, started: Instant) {
    println!("took {}", started.elapsed().as_millis());
    println!("problem {}", serde_json::to_string(problem).unwrap());
}

struct Told {
    out: String,
}

impl Told {
    fn problem(&self) -> Problem {
        let line = self.out.lines().find_map(|line| line.strip_prefix("problem "));
        serde_json::from_str(line.unwrap_or_else(|| panic!("no problem in:\n{}", self.out))).unwrap()
    }

    fn took(&self) -> Duration {
        let line = self.out.lines().find_map(|line| line.strip_prefix("took "));
        Duration::from_millis(line.unwrap_or_else(|| panic!("no time in:\n{}", self.out)).parse().unwrap())
    }
}

/// Runs the child with nothing but this environment.
async fn run(work: &str, home: &Path, environment: &[(&str, &str)]) -> Told {
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "reader_chain::child", "--nocapture", "--test-threads=1"])
        .env_clear()
        .env("HOME", home)
        .env(CHILD, work)
        .envs(environment.iter().copied())
        .kill_on_drop(true);
    let Output { stdout, stderr, status } = command.output().await.unwrap();
    let out = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{out}");
    Told { out }
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A listener whose queue is full: further connections hang without an answer, as behind a firewall that drops.
fn never_connects() -> (TcpListener, Vec<std::net::TcpStream>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    // The standard library listens with a queue of 128 or 4096; what is not accepted stays in it.
    while held.len() < 8192 {
        match std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            Ok(stream) => held.push(stream),
            Err(_) => return (listener, held, format!("http://{address}")),
        }
    }
    panic!("the queue never filled");
}

#[tokio::test]
async fn no_credentials_anywhere_is_told_within_two_seconds_whatever_the_metadata_service_does() {
    let accepts = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", accepts.local_addr().unwrap());
    let (_listener, _held, hanging) = never_connects();
    let refused = "http://127.0.0.1:1".to_owned();
    for (what, endpoint) in [("accepts and says nothing", silent), ("never connects", hanging), ("refuses", refused)] {
        for region in [Some("eu-west-1"), None] {
            let home = home();
            let mut environment = vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str())];
            environment.extend(region.map(|region| ("AWS_REGION", region)));
            let told = run("- -", home.path(), &environment).await;
            let problem = told.problem();
            assert_eq!(problem.kind, ProblemKind::NoCredentials, "{what}, {region:?}: {problem:?}");
            for name in ["environment", "profile", "web identity", "container", "instance metadata ("] {
                assert!(problem.detail.contains(name), "{what}: {name} not in {}", problem.detail);
            }
            assert!(told.took() < Duration::from_secs(2), "{what}, {region:?}: {:?}", told.took());
        }
    }
}

#[tokio::test]
async fn a_disabled_metadata_service_is_not_asked() {
    let server = Server::start().await;
    let home = home();
    let environment =
        [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url.as_str())];
    let problem = run("- -", home.path(), &environment).await.problem();
    assert_eq!(problem.kind, ProblemKind::NoCredentials);
    assert!(problem.detail.contains("AWS_EC2_METADATA_DISABLED"), "{problem:?}");
    assert_eq!(server.count("PUT /latest/api/token HTTP/1.1"), 0);
}

#[tokio::test]
async fn what_is_wrong_with_the_configuration_is_named() {
    let home = home();
    let config = home.path().join("config");
    std::fs::write(&config, "[profile orders]\nregion = eu-west-1\n").unwrap();
    let broken = home.path().join("broken");
    std::fs::write(&broken, "[profile orders\nregion = eu-west-1\n").unwrap();
    let (config, broken) = (config.to_str().unwrap(), broken.to_str().unwrap());
    let keys =
        [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_EC2_METADATA_DISABLED", "true")];
    for (work, extra, words) in [
        ("ordres -", vec![("AWS_CONFIG_FILE", config)], vec!["ordres", config, "profiles there: orders"]),
        ("- -", vec![("AWS_CONFIG_FILE", config), ("AWS_PROFILE", "ordres")], vec!["ordres", config]),
        ("- -", vec![("AWS_CONFIG_FILE", broken)], vec![broken, "line 1"]),
        ("- -", vec![], vec!["no AWS region", "AWS_REGION"]),
        ("- eu_west_1", vec![], vec!["eu_west_1", "region"]),
    ] {
        let environment: Vec<_> = keys.into_iter().chain(extra).collect();
        let problem = run(work, home.path(), &environment).await.problem();
        assert_eq!(problem.kind, ProblemKind::Configuration, "{problem:?}");
        let text = problem.lines().join("\n");
        for word in words {
            assert!(text.contains(word), "{word} not in {text}");
        }
    }
}

#[tokio::test]
async fn the_environment_decides_endpoint_region_and_keys_and_a_named_profile_beats_its_keys() {
    let server = Server::start().await;
    let home = home();
    let config = home.path().join("config");
    let text = "[profile orders]\nregion = eu-central-1\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n";
    std::fs::write(&config, text).unwrap();
    let base = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_STS", server.url.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    for (work, extra, connected, key) in [
        ("- -", vec![keys[0], keys[1], ("AWS_REGION", "us-east-1")], "(none) 123456789012 us-east-1", "AKIDENV"),
        (
            "- -",
            vec![keys[0], keys[1], ("AWS_DEFAULT_REGION", "us-east-2")],
            "(none) 123456789012 us-east-2",
            "AKIDENV",
        ),
        ("- -", vec![("AWS_PROFILE", "orders")], "orders 123456789012 eu-central-1", "AKIDFILE"),
        ("orders -", vec![keys[0], keys[1]], "orders 123456789012 eu-central-1", "AKIDFILE"),
        ("orders ap-south-1", vec![], "orders 123456789012 ap-south-1", "AKIDFILE"),
    ] {
        let environment: Vec<_> = base.into_iter().chain(extra).collect();
        let told = run(work, home.path(), &environment).await;
        assert!(told.out.contains(&format!("connected {connected}")), "{work}: {}", told.out);
        assert_eq!(server.keys("GetCallerIdentity").last().map(String::as_str), Some(key), "{work}");
    }
}

#[tokio::test]
async fn an_instance_role_works_and_a_slow_identity_provider_is_waited_for() {
    let server = Server::start().await;
    let home = home();
    let answer = |body: &str| vec![Play::Answer(200, "text/plain", body.to_owned())];
    server.script("PUT /latest/api/token HTTP/1.1", answer("token"));
    server.script("GET /latest/meta-data/placement/region HTTP/1.1", answer("eu-west-3"));
    server.script("GET /latest/meta-data/iam/security-credentials/ HTTP/1.1", answer("role"));
    let keys = r#"{"Code":"Success","AccessKeyId":"AKIDROLE","SecretAccessKey":"s","Token":"t","Expiration":"2036-01-01T00:00:00Z"}"#;
    server.script("GET /latest/meta-data/iam/security-credentials/role HTTP/1.1", answer(keys));
    let metadata = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url.as_str());
    let told = run("- -", home.path(), &[metadata, ("AWS_ENDPOINT_URL_STS", &server.url)]).await;
    assert!(told.out.contains("connected (none) 123456789012 eu-west-3"), "{}", told.out);
    assert_eq!(server.keys("GetCallerIdentity"), ["AKIDROLE"]);

    let config = home.path().join("config");
    let slow = r#"sh -c 'sleep 2.5; echo "{\"Version\":1,\"AccessKeyId\":\"AKIDSLOW\",\"SecretAccessKey\":\"s\"}"'"#;
    let program = home.path().join("slow.sh");
    std::fs::write(&program, slow.strip_prefix("sh -c '").unwrap().strip_suffix('\'').unwrap()).unwrap();
    let text = format!("[profile slow]\nregion = eu-west-1\ncredential_process = sh {}\n", program.display());
    std::fs::write(&config, text).unwrap();
    let environment = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_STS", &server.url),
        ("PATH", "/usr/bin:/bin"),
    ];
    let told = run("slow -", home.path(), &environment).await;
    assert!(told.out.contains("connected slow"), "{}", told.out);
    assert_eq!(server.keys("GetCallerIdentity").last().map(String::as_str), Some("AKIDSLOW"));
}

#[tokio::test]
async fn expired_keys_are_replaced_when_the_file_changes_and_another_account_is_never_read() {
    let home = home();
    let write = |name: &str, key: &str| {
        let file = home.path().join(name);
        std::fs::write(&file, format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = s\n")).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (file, renewed) = (write("credentials", "AKIDOLD"), write("new", "AKIDNEW"));
    let empty = || Play::json(200, r#"{"ReplicationTasks":[]}"#);
    for (account, reads, problem) in [(ACCOUNT, 2, None), ("999999999999", 1, Some(ProblemKind::AccessDenied))] {
        write("credentials", "AKIDOLD");
        let server = Server::start().await;
        server.script("GetCallerIdentity", vec![Play::who(ACCOUNT), Play::who(account)]);
        server.script("DescribeReplicationTasks", vec![Play::error(400, "ExpiredTokenException", "expired"), empty()]);
        let environment = [
            ("AWS_SHARED_CREDENTIALS_FILE", file.as_str()),
            ("AWS_ENDPOINT_URL", &server.url),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let told = run(&format!("- - {renewed}"), home.path(), &environment).await;
        assert_eq!(server.count("DescribeReplicationTasks"), reads, "{}", told.out);
        match problem {
            None => {
                assert!(told.out.contains("read 0"), "{}", told.out);
                assert_eq!(server.keys("DescribeReplicationTasks"), ["AKIDOLD", "AKIDNEW"]);
            }
            Some(kind) => {
                assert_eq!(told.problem().kind, kind);
                assert!(told.problem().summary.contains("999999999999"), "{}", told.out);
            }
        }
    }
}

#[tokio::test]
async fn keys_that_expired_before_the_start_are_told_as_that() {
    let server = Server::start().await;
    server.script("GetCallerIdentity", vec![Play::sts_error("ExpiredToken")]);
    let home = home();
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", "t"),
        ("AWS_ENDPOINT_URL", server.url.as_str()),
        ("AWS_REGION", "eu-west-1"),
    ];
    let problem = run("- -", home.path(), &environment).await.problem();
    assert_eq!(problem.kind, ProblemKind::ExpiredCredentials, "{problem:?}");
}
