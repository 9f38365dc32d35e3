//! Bytes a frame costs, as the terminal would get them.

use super::*;
use crate::model::table::TableState;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

#[derive(Clone, Default)]
struct Wire(Rc<RefCell<usize>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        *self.0.borrow_mut() += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Screen {
    terminal: Terminal<CrosstermBackend<Wire>>,
    wire: Wire,
}

impl Screen {
    fn new(state: &State) -> Self {
        let wire = Wire::default();
        let area = Rect::new(0, 0, state.area.width, state.area.height);
        let options = ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(area) };
        let terminal = Terminal::with_options(CrosstermBackend::new(wire.clone()), options).unwrap();
        Self { terminal, wire }
    }

    fn bytes(&mut self, state: &State) -> usize {
        let before = *self.wire.0.borrow();
        let theme = Theme::new(state.setup.ascii, state.setup.look);
        self.terminal.draw(|frame| crate::console::view(state, &theme, frame)).unwrap();
        *self.wire.0.borrow() - before
    }
}

#[test]
fn a_full_frame_and_a_moved_cursor_stay_within_their_budgets() {
    for (state, full, move_) in
        [(Box::new(populated(120, 40)), 9 * 1024, 400), (Box::new(opened(120, 40)), 16 * 1024, 400)]
    {
        let mut state = state;
        let mut screen = Screen::new(&state);
        let first = screen.bytes(&state);
        assert!(first > 1_000 && first <= full, "full frame {first}");
        keys(&mut state, &[KeyCode::Down]);
        let moved = screen.bytes(&state);
        assert!(moved > 20 && moved <= move_, "moved {moved}");
    }
}

#[test]
fn between_two_label_changes_nothing_is_sent_and_a_tick_of_the_clock_costs_at_most_sixty_bytes() {
    let mut state = populated(120, 40);
    let mut screen = Screen::new(&state);
    screen.bytes(&state);
    let idle = screen.bytes(&state);
    assert!(idle <= 30, "an unchanged frame has only the terminal's own bytes: {idle}");
    let next = state.next_deadline(state.now).unwrap();
    assert_eq!(next, after(1));
    update(&mut state, Message::Tick, next);
    let tick = screen.bytes(&state) - idle;
    assert!((1..=60).contains(&tick), "tick {tick}");
}

#[test]
fn without_a_clock_the_next_frame_is_due_exactly_when_a_label_changes() {
    let mut state = populated_with(Setup { clock: false, ..setup() }, 120, 40);
    let mut frames = 0;
    while state.now < after(300) {
        let next = state.next_deadline(state.now).unwrap();
        assert!(next > state.now);
        let before_it = text(&state);
        let mut just_before = state.clone();
        let almost = next.checked_sub(jiff::SignedDuration::from_millis(1)).unwrap();
        if almost > state.now {
            update(&mut just_before, Message::Tick, almost);
            assert_eq!(text(&just_before), before_it, "nothing may change before {next}");
        }
        update(&mut state, Message::Tick, next);
        frames += 1;
    }
    assert!(frames < 60, "{frames} frames in five minutes");
}

#[test]
fn nothing_ages_before_the_first_answer() {
    let state = State::new(Setup { clock: false, ..setup() }, Area { width: 120, height: 40 }, now());
    assert_eq!(state.next_deadline(now()), None);
}

#[test]
fn of_thousands_of_events_only_those_on_screen_are_built() {
    let built = |state: &State| {
        let before = super::super::grid::ROWS_BUILT.with(std::cell::Cell::get);
        buffer(state);
        super::super::grid::ROWS_BUILT.with(std::cell::Cell::get) - before
    };
    let mut state = populated(120, 40);
    let many = (0..9_000).map(|n| crate::console::fixtures::lists::event(n, "orders-cdc", "", &format!("m{n}")));
    update(&mut state, observed(Subject::Events, Value::Events(many.collect()), 5, 20), now());
    assert!(state.world.events.len() < 9_000, "what is kept is bounded");
    for keys_pressed in ["E", "jjj", "G", "S"] {
        press(&mut state, keys_pressed);
        let rows = built(&state);
        assert!((1..=40).contains(&rows), "{keys_pressed}: {rows}");
    }
}

#[test]
fn only_the_rows_on_screen_are_built_however_many_there_are() {
    let built = |state: &State| {
        let before = super::super::grid::ROWS_BUILT.with(std::cell::Cell::get);
        buffer(state);
        super::super::grid::ROWS_BUILT.with(std::cell::Cell::get) - before
    };
    for count in [1, 100, 10_000, 60_000] {
        let mut state = opened(120, 40);
        let rows = (0..count).map(|n| table("shop", &format!("t{n:05}"), TableState::Completed)).collect();
        update(&mut state, observed(Subject::Tables(arn("BILLINGXCDC")), Value::Tables(rows), 11, 15), now());
        let shown = text(&state).lines().filter(|line| line.contains("shop.t")).count();
        assert_eq!(built(&state), shown.min(count), "{count} tables");
        assert!(built(&state) <= 40);
        keys(&mut state, &[KeyCode::End]);
        assert!(built(&state) <= 40, "{count} tables, at the end");
    }
}
