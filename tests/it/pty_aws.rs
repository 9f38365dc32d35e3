//! What the console shows and does when AWS is absent, slow, broken or hostile.

use crate::cli::{Aws, is_invisible};
use crate::pty::{Pty, Start};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

fn on(aws: &Aws) -> Start {
    aws.env().iter().fold(Start::cutover(&[]), |start, (name, value)| start.env(name, value))
}

/// A key and what it brings up, measured from the key to the painted screen.
fn answers(pty: &Pty, key: &str, text: &str) -> Duration {
    let began = Instant::now();
    pty.keys(key);
    while !pty.screen().contains(text) {
        assert!(began.elapsed() < Duration::from_secs(5), "{key:?} did not bring {text:?}:\n{}", pty.screen());
        std::thread::sleep(Duration::from_millis(1));
    }
    began.elapsed()
}

#[test]
fn without_credentials_it_leaves_within_two_seconds_and_says_what_was_tried() {
    // Accepts and never answers: a metadata service behind a wrong route.
    let black_hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", black_hole.local_addr().unwrap());
    for (name, value) in [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &address)] {
        let mut pty = Start::cutover(&[]).env("AWS_REGION", "eu-west-1").env(name, value).start();
        let (status, took) = pty.end();
        assert_eq!(status, 3, "{name}");
        assert!(took < Duration::from_secs(2), "{name}: {took:?}");
        let screen = pty.wait("no AWS credentials found");
        assert!(screen.to_lowercase().contains("environment"), "names what was tried:\n{screen}");
        pty.assert_given_back();
    }
}

#[test]
fn the_screen_stands_before_aws_has_answered() {
    let aws = Aws::start(&["latency=3000"]);
    let mut pty = on(&aws).start();
    let began = Instant::now();
    pty.wait("? help");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn the_tasks_and_the_tables_of_an_account_come_up() {
    let aws = Aws::start(&[]);
    let mut pty = on(&aws).start();
    let screen = pty.wait("billing-cdc");
    assert!(screen.contains("123456789012") && screen.contains("eu-west-1"), "{screen}");
    pty.keys("\r");
    pty.wait("invoice_line");
    pty.keys("\x1b");
    pty.wait("orders-cdc");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    pty.assert_given_back();
}

#[test]
fn keys_answer_at_once_while_aws_is_slow_throttled_or_cut_off() {
    for fault in ["latency=3000", "throttle=1", "cut"] {
        let aws = Aws::start(&[]);
        let mut pty = on(&aws).start();
        pty.wait("billing-cdc");
        aws.switch_on(fault);
        pty.keys("r");
        let mut took: Vec<Duration> = Vec::new();
        for _ in 0..10 {
            took.push(answers(&pty, "?", "Keys"));
            pty.keys("\x1b");
            pty.wait_gone("Keys");
        }
        took.sort();
        // The budget of 16 ms is for a release build on a quiet machine; a freeze would take as long as AWS does.
        assert!(took[8] < Duration::from_millis(150), "{fault}: {took:?}");
        assert!(pty.screen().contains("billing-cdc"), "the last good data stays");
        pty.keys("q");
        assert_eq!(pty.end().0, 0);
    }
}

#[test]
fn expired_credentials_are_a_banner_and_the_data_stays() {
    let aws = Aws::start(&[]);
    let mut pty = on(&aws).start();
    pty.wait("billing-cdc");
    aws.switch_on("expired-credentials");
    pty.keys("r");
    let screen = pty.until("the banner", |screen| screen.to_lowercase().contains("expired"));
    assert!(screen.contains("billing-cdc"), "{screen}");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

/// A console whose keys stand in a file of this folder.
fn with_file(folder: &Path, endpoint: &str, key: &str) -> Start {
    let start = Start::cutover(&[]).env("AWS_ENDPOINT_URL", endpoint).env("AWS_REGION", "eu-west-1");
    let file = folder.join("credentials");
    write_keys(folder, key);
    start.env("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap()).env("AWS_EC2_METADATA_DISABLED", "true")
}

fn write_keys(folder: &Path, key: &str) {
    let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = s\n");
    std::fs::write(folder.join("credentials"), text).unwrap();
}

#[test]
fn expired_credentials_are_replaced_by_themselves_when_the_file_changes() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let mut pty = with_file(folder.path(), &aws.endpoint(), "AKIAOLD").start();
    pty.wait("billing-cdc");
    aws.switch_on("expired-credentials");
    pty.keys("r");
    pty.wait("credentials expired");
    write_keys(folder.path(), "AKIANEW");
    aws.switch_off("expired-credentials");
    // Nobody presses a key: the probe goes out every fifteen seconds.
    let screen = pty.wait_gone("credentials expired");
    assert!(screen.contains("billing-cdc"), "{screen}");
    pty.until("fresh data", |screen| !screen.contains("expired"));
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn credentials_of_another_account_are_refused_and_nothing_is_read_with_them() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let mut pty = with_file(folder.path(), &aws.endpoint(), "AKIAOLD").start();
    pty.wait("billing-cdc");
    aws.switch_on("expired-credentials@dms");
    aws.switch_on("wrong-account=999999999999:AKIAOTHER");
    write_keys(folder.path(), "AKIAOTHER");
    pty.keys("r!");
    let screen = pty.wait("now belong to account 999999999999");
    assert!(screen.contains("123456789012"), "the header keeps the account of the data:\n{screen}");
    aws.switch_off("expired-credentials");
    // The service would answer now, yet the keys in the file are somebody else's; those in use still work.
    pty.keys("\x1b");
    pty.wait("billing-cdc");
    pty.keys("r");
    let screen = pty.until("an answer", |screen| screen.contains("as of now") && !screen.contains("expired"));
    assert!(screen.lines().next().unwrap().contains("123456789012"), "{screen}");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn what_is_out_of_scope_neither_stands_there_nor_rings() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[scope]\ntags = { team = \"orders\" }\n").unwrap();
    let start = Start::cutover(&["--config", config.to_str().unwrap()]);
    let mut pty = aws.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    let screen = pty.until("the task of the team, and its metrics", |screen| screen.contains("orders-cdc"));
    for other in ["billing-cdc", "catalog-load"] {
        assert!(!screen.contains(other), "{screen}");
    }
    assert!(!screen.contains("need attention"), "{screen}");
    aws.switch_on("fail-task=billing-cdc");
    pty.keys("r");
    pty.keys("!");
    let screen = pty.wait("Problems");
    assert!(!screen.contains("billing-cdc"), "{screen}");
    pty.keys("\x03");
    pty.end();
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!raw.contains("billing-cdc") && !raw.contains('\u{7}'), "it was on screen at some time");
}

#[test]
fn what_part_of_an_answer_is_missing_stands_among_the_problems() {
    let aws = Aws::start(&["access-denied=DescribeReplications"]);
    let mut pty = on(&aws).start();
    pty.wait("billing-cdc");
    pty.keys("!");
    pty.wait("dms:DescribeReplications in eu-west-1: access denied");
    pty.keys("\x03");
    pty.end();
}

#[test]
fn nothing_hostile_reaches_the_terminal_raw() {
    let aws = Aws::start(&["hostile-text"]);
    let mut pty = on(&aws).start();
    pty.until("the tasks", |screen| screen.contains("Tasks") && screen.contains("cdc"));
    pty.keys("\r");
    pty.until("the tables", |screen| screen.contains("Tables"));
    pty.keys("!");
    pty.wait("Problems");
    pty.keys("\x03");
    pty.end();
    let raw = String::from_utf8(pty.raw()).unwrap();
    let bad: Vec<char> = raw.chars().filter(|c| is_invisible(*c) || ('\u{80}'..='\u{9f}').contains(c)).collect();
    assert!(bad.is_empty(), "{bad:?}");
    // Every escape sequence on the wire is one of ours: styles, cursor, clearing, modes.
    for piece in raw.split('\u{1b}').skip(1) {
        let ours = piece.starts_with('\\')
            || piece.strip_prefix('[').is_some_and(|rest| {
                let last = rest.find(|c: char| !"0123456789;:?".contains(c)).map(|at| rest.as_bytes()[at]);
                matches!(last, Some(b'm' | b'H' | b'J' | b'h' | b'l'))
            });
        assert!(ours, "ESC {:?}", piece.chars().take(20).collect::<String>());
    }
    let controls = raw.chars().filter(|c| c.is_control() && !"\u{1b}\r\n".contains(*c)).count();
    assert_eq!(controls, 0);
}

#[test]
fn small_monochrome_and_ascii_terminals_get_what_they_can_show() {
    let aws = Aws::start(&[]);
    let mut pty = on(&aws).size(20, 5).start();
    pty.until("the sentence", |screen| screen.contains("60x15"));
    pty.resize(120, 40);
    pty.wait("billing-cdc");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    drop(pty);

    let mut pty = on(&aws).env("NO_COLOR", "1").start();
    pty.wait("billing-cdc");
    pty.keys("q");
    pty.end();
    let raw = String::from_utf8(pty.raw()).unwrap();
    let coloured: Vec<&str> = raw
        .split("\u{1b}[")
        .skip(1)
        .filter_map(|piece| piece.split_once('m'))
        .map(|(codes, _)| codes)
        .filter(|codes| codes.bytes().all(|b| b.is_ascii_digit() || b == b';'))
        .filter(|codes| {
            codes
                .split(';')
                .filter_map(|code| code.parse::<u8>().ok())
                .any(|code| matches!(code, 30..=38 | 40..=48 | 90..=107))
        })
        .collect();
    assert!(coloured.is_empty(), "{coloured:?}");
    drop(pty);

    let mut pty = on(&aws).env("LANG", "C").start();
    pty.wait("billing-cdc");
    pty.keys("?");
    pty.wait("Keys");
    pty.keys("\x03");
    pty.end();
    assert!(pty.raw().is_ascii(), "{}", String::from_utf8_lossy(&pty.raw()));
}

/// The embedded AWS stands at a moment of last winter: for this program, a machine whose clock is months off.
#[test]
fn ages_go_by_the_clock_of_aws_where_ours_is_off() {
    let aws = Aws::with(crate::embedded::frozen());
    let mut pty = on(&aws).start();
    let screen = pty.until("the clock of AWS", |screen| screen.contains("billing-cdc") && screen.contains(" 14:0"));
    let header = screen.lines().next().unwrap();
    let age = header.split("data ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(age == "now" || age.ends_with('s') || age == "1m" || age == "2m", "{header}");
    pty.keys("!");
    let told = pty.wait("the clock of this machine is");
    assert!(told.contains("ahead of AWS's"), "{told}");
    pty.keys("\x1bq");
    assert_eq!(pty.end().0, 0);
}
