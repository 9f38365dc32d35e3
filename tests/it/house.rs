//! Who may call whom: the edges of the house, read from every line of code under `src/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One room: its folder or file under `src/`, the rooms it may name, the outside crates it may name.
struct Room {
    path: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
}

const fn room(path: &'static str, rooms: &'static [&'static str], crates: &'static [&'static str]) -> Room {
    Room { path, rooms, crates }
}

/// The longest matching path decides. `console` as a whole is `message.rs` and what the pure half shares.
const HOUSE: [Room; 18] = [
    room("model", &[], &[]),
    room("aws", &["model"], &["tokio", "aws_"]),
    room("db", &["model"], &["tokio", "sqlx"]),
    room("store", &["model"], &["sqlx", "rustix", "tokio"]),
    room("change", &["model", "aws", "db", "store"], &[]),
    room("validate", &["model", "db", "store"], &["tokio"]),
    room("refresh", &["model", "aws", "db", "store", "change", "validate"], &["tokio", "rustix"]),
    room("feeds", &["model", "aws"], &["tokio"]),
    room("console", &["model", "console"], &[]),
    room("console/view", &["model", "console"], &["ratatui"]),
    room("console/theme", &["model", "console"], &["ratatui"]),
    room("console/terminal", &["model", "console"], &["ratatui", "crossterm", "tokio", "rustix"]),
    room("console/run.rs", &["model", "console", "app"], &["ratatui", "crossterm", "tokio"]),
    room("config", &["model", "aws", "feeds", "validate", "refresh", "console"], &[]),
    room(
        "app",
        &["model", "aws", "db", "store", "feeds", "change", "validate", "refresh", "console", "config", "demo"],
        &["tokio", "crossterm", "ratatui", "rustix"],
    ),
    room("cli", &["model", "app"], &["tokio"]),
    room("demo", &["model", "db"], &["tokio", "aws_smithy"]),
    room("main.rs", &["app", "cli", "config"], &[]),
];

/// Crates that only some rooms may name; every other crate is nobody's secret.
const GUARDED: [&str; 6] = ["tokio", "aws_", "sqlx", "ratatui", "crossterm", "rustix"];

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn room_of(path: &str) -> Option<&'static Room> {
    HOUSE
        .iter()
        .filter(|room| {
            path.strip_prefix(room.path).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || rest == ".rs" // a room that is one file
            })
        })
        .max_by_key(|room| room.path.len())
}

/// Code without comments and string contents, so that prose names nobody.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        for (index, part) in line.split('"').enumerate() {
            if index % 2 == 0 {
                out.push_str(part);
            }
        }
        out.push('\n');
    }
    out
}

/// Every `first::` of a path that starts a word: `tokio::sync` gives `tokio`, `crate::aws::Reader` gives `crate`.
fn starts(code: &str) -> impl Iterator<Item = (&str, &str)> {
    code.match_indices("::").filter_map(|(at, _)| {
        let head = &code[..at];
        let from = head.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |i| i + 1);
        let word = &head[from..];
        (!head[..from].ends_with("::") && !word.is_empty()).then(|| (word, &code[at + 2..]))
    })
}

/// Rooms named after `crate::`, also inside `crate::{a, b::c}`.
fn rooms_after(rest: &str) -> Vec<String> {
    let ident = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    match rest.strip_prefix('{') {
        None => vec![ident(rest)],
        Some(list) => {
            let mut depth = 0;
            let mut out = vec![ident(list.trim_start())];
            for (at, c) in list.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => out.push(ident(list[at + 1..].trim_start())),
                    _ => {}
                }
            }
            out.retain(|name| !name.is_empty());
            out
        }
    }
}

fn wrong_in(path: &str, text: &str) -> Vec<String> {
    let Some(room) = room_of(path) else {
        return vec![format!("src/{path} is in no room of the house: add it to the table in tests/it/house.rs")];
    };
    let top = room.path.split(['/', '.']).next().unwrap_or_default();
    let code = code(text);
    let mut wrong = BTreeSet::new();
    for (word, rest) in starts(&code) {
        if word == "crate" || word == "cutover" {
            for name in rooms_after(rest) {
                let is_room = HOUSE.iter().any(|r| r.path == name || r.path.strip_suffix(".rs") == Some(&name));
                if is_room && name != top && !room.rooms.contains(&name.as_str()) {
                    wrong.insert(format!("src/{path}: {} must not call {name}", room.path));
                }
            }
        } else if let Some(guarded) =
            GUARDED.iter().find(|g| word == **g || (g.ends_with('_') && word.starts_with(**g)))
            && !room.crates.iter().any(|allowed| word.starts_with(allowed))
        {
            wrong.insert(format!("src/{path}: {} must not see {guarded}* ({word})", room.path));
        }
    }
    wrong.into_iter().collect()
}

/// What changes something at AWS, as `aws` names it.
const WRITERS: [&str; 5] = ["Writer", "Signed", "Sent", "Unsigned", "writer"];

/// Where those may be named: where they are made, and the one file that sends.
fn may_write(path: &str) -> bool {
    path.starts_with("aws/") || path.starts_with("change/executor/")
}

/// What a path goes on with after `aws::`: all of it, with everything between its braces.
fn rest_of_path(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text.find(|c: char| match c {
        '{' => {
            depth += 1;
            false
        }
        '}' => {
            depth = depth.saturating_sub(1);
            depth == 0
        }
        _ => depth == 0 && !(c.is_alphanumeric() || "_:*".contains(c)),
    });
    &text[..end.unwrap_or(text.len())]
}

/// Names taken out of `aws`: every word of what stands after `aws::`, however deep; a glob or a second name for the room
/// would hide them.
fn taken_from_aws(code: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut taken = BTreeSet::new();
    for (at, found) in code.match_indices("aws") {
        if code[..at].ends_with(is_word) {
            continue;
        }
        let rest = &code[at + found.len()..];
        if rest.trim_start().starts_with("as ") {
            taken.insert("another name for aws".to_owned());
        }
        let Some(rest) = rest.strip_prefix("::") else { continue };
        let path = rest_of_path(rest);
        if path.contains('*') {
            taken.insert("everything of aws".to_owned());
        }
        let words: Vec<&str> = path.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect();
        if words.windows(2).any(|two| two == ["self", "as"]) {
            taken.insert("another name for aws".to_owned());
        }
        taken.extend(words.into_iter().map(str::to_owned));
    }
    taken
}

fn writes_in(path: &str, text: &str) -> Vec<String> {
    let hidden = ["another name for aws", "everything of aws"];
    let taken = taken_from_aws(&code(text));
    let wrong = taken.into_iter().filter(|name| WRITERS.contains(&name.as_str()) || hidden.contains(&name.as_str()));
    wrong.filter(|_| !may_write(path)).map(|name| format!("src/{path} must not take {name} from aws")).collect()
}

#[test]
fn only_the_executor_of_changes_can_reach_a_writer() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let mut wrong = Vec::new();
    for path in &all {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        wrong.extend(writes_in(&name, &std::fs::read_to_string(path).unwrap()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The one who may does, so the names looked for are the right ones.
    let mut executor = Vec::new();
    files(&src.join("change/executor"), &mut executor);
    let taken: BTreeSet<String> =
        executor.iter().flat_map(|path| taken_from_aws(&code(&std::fs::read_to_string(path).unwrap()))).collect();
    assert!(WRITERS.iter().all(|name| taken.contains(*name)), "{taken:?}");
    for (path, text, finds) in [
        ("app/x.rs", "use crate::aws::Writer;", true),
        ("app/x.rs", "use crate::aws::{Connected, Signed};", true),
        ("app/x.rs", "let w = aws::writer(&connected, account);", true),
        ("app/x.rs", "use crate::aws::*;", true),
        ("app/x.rs", "use crate::aws::{limiter::{Urgency}, Connected, Writer};", true),
        (
            "app/x.rs",
            "use crate::{\n    aws::{\n        limiter::{Limiter, Urgency},\n        Writer as Pen,\n    },\n};",
            true,
        ),
        ("app/x.rs", "use crate::aws::{Connected, writer::*};", true),
        ("app/x.rs", "let w = crate::aws::writer::Writer::new();", true),
        ("app/x.rs", "use crate::aws::{Connected, self as amazon};", true),
        ("app/x.rs", "use crate::aws as amazon;", true),
        ("feeds/x.rs", "use crate::{aws::{Writer}, model::Task};", true),
        ("change/legal/task.rs", "use crate::aws::Sent;", true),
        ("change/executor/mod.rs", "use crate::aws::Writer;", false),
        ("app/x.rs", "use crate::aws::{Connected, Reader};", false),
        ("app/x.rs", "use crate::{aws::{limiter::{Urgency}, Connected}, console::terminal::writer::Writer};", false),
        ("console/terminal/x.rs", "use super::writer::Writer;", false),
    ] {
        assert_eq!(!writes_in(path, text).is_empty(), finds, "{path}: {text}");
    }
}

/// Whoever can make a permit can open any database for writing.
#[test]
fn a_permit_to_write_to_a_target_is_issued_by_a_confirmed_plan_alone() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let names_it =
        |path: &PathBuf| code(&std::fs::read_to_string(path).unwrap()).contains("issued_for_a_confirmed_plan");
    let found: BTreeSet<String> = all
        .iter()
        .filter(|path| names_it(path))
        .map(|path| path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/"))
        .collect();
    let want = ["change/confirmed.rs", "db/permit.rs"].map(str::to_owned).into();
    assert_eq!(found, want);
}

#[test]
fn every_file_keeps_to_the_edges_of_the_house() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let wrong: Vec<String> = all
        .iter()
        .filter(|path| !path.ends_with("lib.rs"))
        .flat_map(|path| {
            let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
            wrong_in(&name, &std::fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(all.len() > 15, "found only {} files under {}", all.len(), src.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_edge_check_finds_what_it_is_for() {
    for (path, text, finds) in [
        ("model/x.rs", "use crate::aws::Reader;", true),
        ("model/x.rs", "use tokio::sync::mpsc;", true),
        ("model/x.rs", "// use tokio::sync\nlet s = \"crate::aws::x\";", false),
        ("feeds/x.rs", "use crate::{aws::Reader, model::Task};", false),
        ("feeds/x.rs", "use crate::{model::Task, console::message::Message};", true),
        ("console/update/x.rs", "let t = ratatui::layout::Rect::default();", true),
        ("console/view/x.rs", "let t = ratatui::layout::Rect::default();", false),
        ("demo/x.rs", "use aws_smithy_cbor::Encoder;", false),
        ("demo/x.rs", "use aws_sdk_sts::Client;", true),
        ("db/x.rs", "use sqlx::Row;", false),
        ("app/x.rs", "use sqlx::Row;", true),
        ("attic/x.rs", "", true),
    ] {
        assert_eq!(!wrong_in(path, text).is_empty(), finds, "{path}: {text}");
    }
}

#[test]
fn every_room_says_what_it_is_for() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} opens without a word on what it is for", path.display());
    }
}
