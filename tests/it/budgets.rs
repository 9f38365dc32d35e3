//! Budgets that are exact: bytes of a frame as the terminal gets them. Times and memory are benchmarks (`cargo bench`).

use crate::scene::Scene;
use cutover::console::message::{Area, KeyCode};
use cutover::console::terminal::Painter;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const SCREEN: Area = Area { width: 120, height: 40 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    budget: usize,
    ratchet: usize,
}

fn bytes(painter: &mut Painter, scene: &Scene) -> usize {
    painter.paint(|frame| scene.view(frame)).unwrap().len()
}

fn full(scene: &Scene) -> usize {
    bytes(&mut Painter::new(SCREEN), scene)
}

/// The largest frame of the four that follow `change`, after a first full one.
fn worst_of_four(scene: &mut Scene, mut change: impl FnMut(&mut Scene)) -> usize {
    let mut painter = Painter::new(SCREEN);
    bytes(&mut painter, scene);
    (0..4)
        .map(|_| {
            change(scene);
            bytes(&mut painter, scene)
        })
        .max()
        .unwrap()
}

#[test]
fn frames_keep_to_their_bytes_and_the_ratchet_only_falls() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/budgets.toml");
    let budgets: BTreeMap<String, Budget> = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let on = |key| {
        let mut scene = Scene::tables(SCREEN, 10_000);
        scene.key(key);
        full(&scene)
    };
    let mut charts = Scene::charts(SCREEN);
    let mut all_drain = Scene::new(SCREEN, 600);
    all_drain.key(KeyCode::Char('D'));
    let mut tables = Scene::tables(SCREEN, 10_000);
    tables.key(KeyCode::Down);
    let mut logs = Scene::logs(SCREEN, 10_000);
    logs.key(KeyCode::Up);
    let mut moved_in_logs = Scene::logs(SCREEN, 10_000);
    moved_in_logs.key(KeyCode::Up);
    let at = |key| {
        let mut scene = Scene::new(SCREEN, 600);
        scene.key(KeyCode::Char(key));
        scene
    };
    let screen = |key| full(&at(key));
    // Between two steps of the age labels, which come at 5 and 10 seconds.
    let mut aged = Scene::new(SCREEN, 100);
    aged.pass(5);
    let seen = [
        ("full_frame_tasks_bytes", full(&Scene::new(SCREEN, 600))),
        ("full_frame_events_bytes", screen('E')),
        ("full_frame_schedules_bytes", screen('S')),
        ("move_selection_events_bytes", worst_of_four(&mut at('E'), |scene| scene.key(KeyCode::Down))),
        ("move_selection_schedules_bytes", worst_of_four(&mut at('S'), |scene| scene.key(KeyCode::Down))),
        ("full_frame_alerts_bytes", screen('A')),
        ("move_selection_alerts_bytes", worst_of_four(&mut at('A'), |scene| scene.key(KeyCode::Down))),
        ("full_frame_tables_bytes", full(&tables)),
        ("full_frame_help_bytes", on(KeyCode::Char('?'))),
        ("full_frame_problems_bytes", on(KeyCode::Char('!'))),
        ("full_frame_logs_bytes", full(&logs)),
        ("move_selection_logs_bytes", worst_of_four(&mut moved_in_logs, |scene| scene.key(KeyCode::Up))),
        ("full_frame_metrics_bytes", full(&charts)),
        ("move_cursor_metrics_bytes", worst_of_four(&mut charts, |scene| scene.key(KeyCode::Left))),
        ("full_frame_drain_bytes", on(KeyCode::Char('d'))),
        ("full_frame_all_drain_bytes", full(&all_drain)),
        ("full_frame_definition_bytes", on(KeyCode::Char('i'))),
        ("move_selection_tables_bytes", worst_of_four(&mut tables, |scene| scene.key(KeyCode::Down))),
        ("clock_second_bytes", worst_of_four(&mut aged, |scene| scene.pass(1))),
        ("the_same_answer_again_bytes", worst_of_four(&mut Scene::new(SCREEN, 100), Scene::refresh_tasks)),
        ("nothing_changed_bytes", worst_of_four(&mut Scene::new(SCREEN, 100), |_| {})),
    ];
    assert_eq!(budgets.len(), seen.len(), "a budget nobody measures, or the other way round");
    let mut wrong = Vec::new();
    for (name, bytes) in seen {
        let Budget { budget, ratchet } = budgets[name];
        eprintln!("{name}: {bytes} (ratchet {ratchet}, budget {budget})");
        if ratchet > budget {
            wrong.push(format!("{name}: the ratchet {ratchet} is above the budget {budget}"));
        }
        if bytes > ratchet {
            wrong.push(format!("{name}: {bytes} bytes, {ratchet} when last looked at, budget {budget}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
