//! A state drawn into a buffer. Pure: the same state gives the same cells, and the only time is the state's own.
//!
//! May touch `state`, `actions`, `theme` and ratatui. One file per screen; `canvas` is the one way to the buffer, `grid`
//! draws any table, `frame` says what stands in the title of a pane. Text from outside comes through `shown()` only.

mod activity;
mod alerts;
mod all_drain;
mod canvas;
mod charts;
mod confirm;
mod cost;
mod definition;
mod differences;
mod drain;
mod event_detail;
mod events;
mod footer;
mod frame;
mod grid;
mod header;
mod help;
mod logs;
mod operate;
mod palette;
mod problems;
mod refresh_plan;
mod refresh_run;
mod refreshes;
mod schedule_detail;
mod schedules;
mod subscriptions;
mod table_detail;
mod tables;
mod tabs;
mod tasks;
mod validate;
mod validation;
mod validation_tab;
mod validations;
mod why;

use super::state::layout::{Layout, MIN_HEIGHT, MIN_WIDTH, Pane};
use super::state::{Overlay, Screen, State, Tab};
use super::theme::{Role, Theme};
use canvas::Canvas;
use ratatui::Frame;
use ratatui::buffer::Buffer;

/// Draws the whole screen.
pub fn view(state: &State, theme: &Theme, frame: &mut Frame<'_>) {
    draw(state, *theme, frame.buffer_mut());
}

/// Draws the whole screen into a buffer.
pub fn draw(state: &State, theme: Theme, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(buffer, theme);
    let layout = state.layout();
    if layout.too_small {
        return too_small(state, &mut canvas);
    }
    header::draw(state, &mut canvas, layout.header);
    if let (Some(pane), Some(banner)) = (layout.banner, &state.banner) {
        header::banner(state, &mut canvas, pane, banner);
    } else if let (Some(pane), Some(words)) = (layout.banner, state.red()) {
        header::red(state, &mut canvas, pane, &words);
    }
    match &state.overlay {
        Some(Overlay::Help { offset, over }) => help::draw(state, &mut canvas, layout, *offset, *over),
        overlay => {
            if let Some(pane) = layout.tabs {
                tabs::draw(state, &mut canvas, pane);
            }
            screen(state, &mut canvas, layout);
            match overlay {
                Some(Overlay::Palette(palette)) => palette::draw(palette, &mut canvas, state.area),
                Some(Overlay::Operate(menu)) => operate::draw(state, menu, &mut canvas),
                Some(Overlay::Confirm(confirm)) => confirm::draw(state, confirm, &mut canvas),
                Some(Overlay::Validate(start)) => validate::draw(state, start, &mut canvas),
                Some(Overlay::Ask(ask)) => validate::ask(state, ask, &mut canvas),
                _ => {}
            }
        }
    }
    footer::draw(state, &mut canvas, layout.footer);
}

fn screen(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    match state.screen() {
        Screen::Tasks => tasks::draw(state, canvas, layout),
        Screen::Task(Tab::Tables) => {
            if let Some(tables) = &state.tables {
                tables::draw(state, tables, canvas, layout);
            }
        }
        Screen::Events | Screen::Task(Tab::Events) => events::draw(state, canvas, layout),
        Screen::Logs | Screen::Task(Tab::Logs) => logs::draw(state, canvas, layout),
        Screen::Task(Tab::Metrics) => charts::draw(state, canvas, layout),
        Screen::Drain => all_drain::draw(state, canvas, layout),
        Screen::Task(Tab::Drain) => drain::draw(state, canvas, layout),
        Screen::Task(Tab::Validation) => validation_tab::draw(state, canvas, layout),
        Screen::Task(Tab::Definition) => definition::draw(state, canvas, layout),
        Screen::Schedules => schedules::draw(state, canvas, layout),
        Screen::Alerts => alerts::draw(state, canvas, layout),
        Screen::Activity => activity::draw(state, canvas, layout),
        Screen::Validations => validations::draw(state, canvas, layout),
        Screen::Validation => validation::draw(state, canvas, layout),
        Screen::Differences => differences::draw(state, canvas, layout),
        Screen::Refreshes => refreshes::draw(state, canvas, layout),
        Screen::RefreshPlan => refresh_plan::draw(state, canvas, layout),
        Screen::RefreshRun => refresh_run::draw(state, canvas, layout),
        Screen::Problems => problems::draw(state, canvas, layout),
    }
}

/// One sentence, wrapped into whatever there is.
fn too_small(state: &State, canvas: &mut Canvas<'_>) {
    let (width, height) = (state.area.width, state.area.height);
    let sentence = format!("cutover needs {MIN_WIDTH}x{MIN_HEIGHT}; this is {width}x{height}");
    let lines = super::text::wrap(&sentence, usize::from(width));
    let lines: Vec<_> = lines.into_iter().map(|line| vec![canvas::span(Role::Text, line)]).collect();
    for (line, y) in lines.iter().zip(0..height) {
        canvas.line(0, y, width, line);
    }
}

/// Room for the head of a table above its rows.
fn below_head(pane: Pane, rows: u16) -> Pane {
    pane.below(rows)
}

#[cfg(test)]
mod tests;
