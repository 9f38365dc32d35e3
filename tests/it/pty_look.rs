//! How the console looks and what it hands out: keys of one's own, themes, the clipboard, files.

use crate::pty::{Pty, Start};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

/// The demo with its clock stopped, so that two of them show the same.
fn demo(more: &[&str]) -> Start {
    Start::cutover(&[&["demo", "--frozen"], more].concat())
}

fn on_screen(start: Start) -> Pty {
    let pty = start.start();
    pty.wait("billing-cdc");
    pty
}

fn config(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn sent(pty: &Pty) -> String {
    String::from_utf8_lossy(&pty.raw()).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    let mut command = Command::new("base64");
    command.arg("-w0").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), bytes).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_key_of_ones_own_works_and_is_what_footer_help_and_palette_show() {
    let (_folder, path) = config("[keys]\nproblems = \"F2\"\nask-now = \"K\"\ndown = [\"F9\", \"Down\"]\n");
    let mut pty = on_screen(demo(&["--config", path.to_str().unwrap()]).size(120, 40));
    let screen = pty.wait("F2 problems");
    assert!(screen.contains("K ask now") && !screen.contains("r ask now"), "{screen}");
    pty.keys("?");
    let help = pty.wait("Keys on Tasks");
    assert!(help.lines().any(|line| line.contains("F2 ") && line.contains("Every error so far")), "{help}");
    assert!(help.lines().any(|line| line.contains("K ") && line.contains("Ask AWS again")), "{help}");
    pty.keys("?");
    pty.keys(":problems");
    pty.until("its key in the palette", |screen| {
        screen.lines().any(|line| line.contains("problems") && line.contains("F2"))
    });
    pty.keys("\x1b");
    pty.wait_gone("Commands");
    // The old key means nothing now, the new one does.
    pty.keys("!");
    pty.keys("\x1bOQ");
    pty.wait("Problems ─");
    pty.keys("q");
    pty.wait("billing-cdc");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn keys_that_collide_are_refused_with_file_line_and_both_commands() {
    let (_folder, path) = config("environment = \"TEST\"\n\n[keys]\ndown = \"r\"\n");
    for arguments in [&["config", "check"][..], &["demo"]] {
        let program = Command::new(env!("CARGO_BIN_EXE_cutover")).args(arguments).arg("--config").arg(&path).output();
        let output = program.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("config.toml:4:8: `keys.down` takes r, which is ask-now in Tasks"), "{said}");
    }
}

/// The bytes for a text that is in base64 already.
type Wrapped = fn(&str) -> String;

#[test]
fn y_puts_the_arn_into_the_clipboard_through_whatever_lies_between() {
    let wrapped: [(&str, Wrapped); 3] = [
        ("", |data| format!("\x1b]52;c;{data}\x07")),
        ("TMUX", |data| format!("\x1b]52;c;{data}\x07\x1bPtmux;\x1b\x1b]52;c;{data}\x07\x1b\\")),
        ("STY", |data| {
            let pieces: Vec<_> = data.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
            format!("\x1bP\x1b]52;c;{}\x07\x1b\\", pieces.join("\x1b\\\x1bP"))
        }),
    ];
    for (variable, want) in wrapped {
        let mut start = demo(&[]);
        if !variable.is_empty() {
            start = start.env(variable, "/tmp/tmux-0/default,1,0");
        }
        let mut pty = on_screen(start);
        pty.keys("y");
        let screen = pty.wait("bytes to the terminal");
        let (_, arn) = screen.lines().last().unwrap().split_once("clipboard: ").unwrap();
        let arn = arn.split_whitespace().next().unwrap();
        assert!(arn.starts_with("arn:aws:dms:"), "{screen}");
        assert!(sent(&pty).contains(&want(&base64(arn.as_bytes()))), "{variable}");
        // It is not part of a frame, and the screen is as it was.
        pty.keys("j");
        pty.wait_gone("bytes to the terminal");
        pty.keys("\x03");
        assert_eq!(pty.end().0, 0);
        pty.assert_given_back();
    }
}

#[test]
fn where_the_clipboard_is_switched_off_nothing_is_sent() {
    let (_folder, path) = config("screen.clipboard = \"never\"\n");
    let pty = on_screen(demo(&["--config", path.to_str().unwrap()]));
    pty.keys("y");
    pty.wait("copying is switched off");
    pty.keys("Y");
    pty.wait("copying is switched off");
    assert!(!sent(&pty).contains("]52;"));
}

#[test]
fn w_writes_what_the_command_prints_and_never_over_a_file_that_is_there() {
    let mut pty = on_screen(demo(&[]).size(80, 24));
    pty.keys("w");
    let screen = pty.wait("Esc close");
    let line = screen.lines().last().unwrap();
    let name = line.split_whitespace().find(|word| word.starts_with("tasks-")).unwrap().to_owned();
    assert!(name.ends_with("Z.csv"), "{line}");
    pty.keys("\r");
    pty.wait("✓ wrote ");
    let path = pty.home().join(&name);
    let first = std::fs::read_to_string(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let heads = "name,arn,resource_id,type,status,health,load_percent,tables_loaded,tables_errored,\
                 latency_source_seconds,latency_target_seconds,stop_reason,as_of,stated_at,alerts\r\n";
    assert!(first.starts_with(heads) && first.contains("\r\nbilling-cdc,arn:aws:dms:"), "{first}");

    // The clock stands still, so the same name is proposed.
    std::fs::write(&path, "precious").unwrap();
    pty.keys("w");
    pty.wait(&name);
    pty.keys("\r");
    pty.wait("already there and kept: take this name?");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    pty.keys("\r");
    pty.wait("✓ wrote ");
    let other = name.replace(".csv", "-2.csv");
    assert!(std::fs::read_to_string(pty.home().join(&other)).unwrap().starts_with(heads));

    // JSON, only what passes the filter, and a name that cannot be.
    pty.keys("/billing\r");
    pty.wait("1 of ");
    pty.keys("w\x15no/such/folder.json\r");
    pty.wait("there is no folder");
    pty.keys("\x15b.json\r");
    pty.wait("✓ wrote ");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(pty.home().join("b.json")).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(json[0]["name"], "billing-cdc");
    pty.keys("qq\x03");
    assert_eq!(pty.end().0, 0);
}

type Environment<'a> = &'a [(&'a str, &'a str)];
/// What must be true of the numbers sent.
type Wants = fn(&[u16]) -> bool;

/// Every number of every `CSI … m` that was sent.
fn styles(sent: &str) -> Vec<u16> {
    let mut out = Vec::new();
    for part in sent.split("\x1b[").skip(1) {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(part.len());
        if part[end..].starts_with('m') {
            out.extend(part[..end].split([';', ':']).filter_map(|n| n.parse::<u16>().ok()));
        }
    }
    out
}

/// Sets a colour; 39, 49 and 59 take one away.
fn is_colour(number: u16) -> bool {
    matches!(number, 30..=38 | 40..=48 | 58 | 90..=107)
}

#[test]
fn a_theme_decides_which_colours_are_sent_and_monochrome_sends_none() {
    let (_folder, path) = config("[screen]\ntheme = \"colour-blind\"\n");
    let path = path.to_str().unwrap();
    let (_other, never) = config("[screen]\ntheme = \"colour-blind\"\ncolour = \"never\"\n");
    let never = never.to_str().unwrap();
    let none: Wants = |styles| !styles.iter().any(|n| is_colour(*n));
    let cases: [(&[&str], Environment<'_>, Wants); 7] = [
        (&["--theme", "monochrome"], &[], none),
        (&[], &[("NO_COLOR", "1")], none),
        (&["--config", path], &[("NO_COLOR", "1")], none),
        (&["--config", never], &[], none),
        (&["--config", path], &[], |styles| styles.contains(&166)),
        (&["--config", path], &[("TERM", "xterm")], |styles| none_wide(styles) && styles.iter().any(|n| is_colour(*n))),
        (&["--theme", "16-colour", "--config", path], &[("NO_COLOR", "1")], |styles| {
            styles.iter().any(|n| is_colour(*n)) && !styles.contains(&166)
        }),
    ];
    for (arguments, environment, wants) in cases {
        let start = environment.iter().fold(demo(arguments), |start, (name, text)| start.env(name, text));
        let pty = on_screen(start);
        pty.keys("!");
        pty.wait("Problems ─");
        pty.keys("?");
        pty.wait("Keys on Problems");
        let styles = styles(&sent(&pty));
        assert!(styles.contains(&1), "{arguments:?}: nothing is even bold");
        assert!(wants(&styles), "{arguments:?} {environment:?}: {styles:?}");
    }
}

/// None beyond the first sixteen.
fn none_wide(styles: &[u16]) -> bool {
    !styles.windows(3).any(|three| matches!(three, [38 | 48, 5, 16..=255]))
}
