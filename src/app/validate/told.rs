//! What is kept of comparisons as screens and reports take it.

use crate::model::listing::validations::Summary;
use crate::model::validation::told::{RunLine, RunState, RunTold, TableTold};
use crate::model::validation::{GateSeen, KeptRun, KeptWhole, RunState as Kept};

fn state(run: &KeptRun) -> RunState {
    let waits = matches!(run.gate_seen, Some(GateSeen::Waiting { .. }));
    match run.state {
        Kept::Running if waits => RunState::Waiting,
        Kept::Running => RunState::Comparing,
        Kept::Paused => RunState::Paused,
        Kept::Interrupted => RunState::Interrupted,
        Kept::Ended if run.why.is_some() && run.summary.is_none() => RunState::Failed,
        Kept::Ended => RunState::Ended,
    }
}

/// A kept run as a list shows it.
pub fn line(run: &KeptRun) -> RunLine {
    let summary = run.summary.as_ref();
    RunLine {
        id: run.id.clone(),
        what: run.what.clone(),
        trigger: run.trigger,
        state: state(run),
        verdict: run.verdict,
        started: run.started,
        ended: run.ended,
        source_at: run.source.at.clone(),
        target_at: run.target.at.clone(),
        seen_from: run.seen_from.clone(),
        tables: usize::try_from(run.tables).unwrap_or(usize::MAX),
        equal: summary.map_or(0, |summary| summary.equal),
        different: summary.map_or(0, |summary| summary.different),
        unknown: summary.map_or(0, |summary| summary.unknown),
        rows: summary.map_or(0, |summary| summary.rows_source),
        differences: summary.map_or(0, |summary| summary.differences),
        ours: false,
        at_rest: summary.and_then(Summary::at_rest),
    }
}

/// A kept run, opened.
pub fn whole(whole: KeptWhole) -> RunTold {
    let line = line(&whole.run);
    let tables = whole.tables.into_iter().enumerate();
    let tables = tables.filter_map(|(nth, table)| Some(TableTold { nth, result: table.result?, rows: table.rows }));
    RunTold {
        tables: tables.collect(),
        planned: Some(whole.planned),
        gate: whole.run.gate_seen,
        progress: None,
        summary: whole.run.summary,
        failed: whole.run.why,
        line,
    }
}
