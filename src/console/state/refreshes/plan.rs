//! A refresh that is planned: everything that it would do, in order, as one running text. `words.rs` says what stands in it.
//!
//! The lines are made when a plan came or the width changed. The filter leaves lines out, never the headings above those that
//! stay.

mod words;

use super::super::export::Export;
use super::super::feed::Freshness;
use super::super::filter::Filter;
use super::super::page::{Act, Next, Page};
use super::super::text_pane::TextPane;
use super::super::{Filling, PaneAge, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::refresh::RefreshName;
use crate::model::refresh::told::Offer;
use crate::model::untrusted::shown;
use crate::model::{Problem, Subject, listing};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeSet;

/// A plan can be confirmed this long after it was made (`change::PLAN_LIVES`).
pub const LIVES: SignedDuration = SignedDuration::from_mins(15);

/// What a line is; the view knows how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Blank,
    Heading,
    /// A step, with its place and name.
    Step,
    Text,
    Dim,
    Good,
    Warning,
    Bad,
    Sql,
}

/// A line that fits. The sign stands in front and judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    pub sign: String,
    pub text: String,
    /// The line begins something: what follows with `false` goes on with it.
    pub first: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    Planning,
    Offered(Box<Offer>),
    Failed(Problem),
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlanView {
    /// Number of the plan.
    pub id: u64,
    pub name: RefreshName,
    pub stage: Stage,
    /// Why it did not begin.
    refused: Option<Problem>,
    pub pane: TextPane,
    pub filter: Filter,
    lines: Vec<Line>,
    /// Places of those that pass the filter.
    kept: Vec<usize>,
    /// For this width.
    made: Option<usize>,
    height: usize,
}

impl PlanView {
    pub fn new(id: u64, name: RefreshName) -> Self {
        Self {
            id,
            name,
            stage: Stage::Planning,
            refused: None,
            pane: TextPane::default(),
            filter: Filter::default(),
            lines: Vec::new(),
            kept: Vec::new(),
            made: None,
            height: 0,
        }
    }

    /// The answer to this plan's question. `false`: it is of another.
    pub fn take(&mut self, id: u64, offer: Result<Box<Offer>, Problem>) -> bool {
        if self.id != id {
            return false;
        }
        self.stage = match offer {
            Ok(offer) => Stage::Offered(offer),
            Err(problem) => Stage::Failed(problem),
        };
        self.made = None;
        true
    }

    /// It was confirmed, and did not begin: that stands on top until it is planned again.
    pub fn refuse(&mut self, problem: Problem) {
        (self.refused, self.made) = (Some(problem), None);
        self.pane.to(0);
    }

    pub fn offer(&self) -> Option<&Offer> {
        match &self.stage {
            Stage::Offered(offer) => Some(offer),
            _ => None,
        }
    }

    /// Lines on screen.
    pub fn visible(&self) -> impl Iterator<Item = &Line> {
        self.pane.visible().filter_map(|at| self.lines.get(*self.kept.get(at)?))
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Lines that pass the filter, and all.
    pub fn counts(&self) -> (usize, usize) {
        (self.kept.len(), self.lines.len())
    }

    fn fit(&mut self, area: Area) {
        let width = usize::from(area.width.saturating_sub(2));
        self.height = usize::from(area.height);
        if self.made != Some(width) {
            self.lines = match &self.stage {
                Stage::Offered(offer) => words::of(offer, self.refused.as_ref(), width),
                _ => Vec::new(),
            };
            self.made = Some(width);
            self.sieve();
        }
        self.pane.fit(self.kept.len(), self.height);
    }

    fn refilter(&mut self, text: &str) {
        self.filter = Filter::parse(text, &[]);
        self.sieve();
        self.pane.fit(self.kept.len(), self.height);
        self.pane.to(0);
    }

    /// Which lines stay: those that match, whole, and what they stand under.
    fn sieve(&mut self) {
        if self.filter.is_empty() {
            self.kept = (0..self.lines.len()).collect();
            return;
        }
        let mut kept = BTreeSet::new();
        let (mut heading, mut step) = (None, None);
        let mut at = 0;
        while at < self.lines.len() {
            let line = &self.lines[at];
            let end = (at + 1..self.lines.len()).find(|next| self.lines[*next].first).unwrap_or(self.lines.len());
            match line.kind {
                Kind::Heading => (heading, step) = (Some(at), None),
                Kind::Step => step = Some(at),
                _ => {}
            }
            let text = self.lines[at..end].iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
            if line.kind != Kind::Blank && self.filter.matches(&text.to_lowercase(), |_| String::new()) {
                kept.extend(heading);
                kept.extend(step);
                kept.extend(at..end);
            }
            at = end;
        }
        self.kept = kept.into_iter().collect();
    }

    /// To the heading above or below.
    pub fn heading(&mut self, forward: bool) {
        let top = self.pane.visible().start;
        let is_heading = |at: &usize| {
            self.kept.get(*at).and_then(|at| self.lines.get(*at)).is_some_and(|line| line.kind == Kind::Heading)
        };
        let found = if forward { (top + 1..self.kept.len()).find(is_heading) } else { (0..top).rev().find(is_heading) };
        if let Some(at) = found {
            self.pane.to(at);
        }
    }

    fn age(&self, now: Timestamp) -> PaneAge {
        let as_of = self.offer().map(|offer| offer.plan.made);
        let late_from = as_of.and_then(|at| at.checked_add(LIVES).ok());
        let freshness = match (&self.stage, late_from) {
            (Stage::Failed(_), _) => Freshness::Missing,
            (_, Some(late)) if now >= late => Freshness::Late,
            (_, Some(_)) => Freshness::Fresh,
            _ => Freshness::Awaited,
        };
        PaneAge { has_data: as_of.is_some(), as_of, freshness, late_from }
    }
}

pub struct RefreshPlanPage;

impl Page for RefreshPlanPage {
    fn context(&self) -> Context {
        Context::RefreshPlan
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        Vec::new()
    }

    fn ages(&self, state: &State) -> Vec<PaneAge> {
        state.refreshes.plan.iter().map(|plan| plan.age(state.now)).collect()
    }

    fn filling(&self, state: &State) -> Filling {
        match state.refreshes.plan.as_deref() {
            None => Filling::Empty,
            Some(PlanView { stage: Stage::Planning, .. }) => Filling::Loading,
            Some(PlanView { stage: Stage::Failed(_), .. }) => Filling::Failed,
            Some(plan) if plan.is_empty() => Filling::NoMatch,
            Some(_) => Filling::Rows,
        }
    }

    fn fit(&self, state: &mut State, inner: Area) {
        if let Some(plan) = &mut state.refreshes.plan {
            plan.fit(inner);
        }
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let Some(plan) = &mut state.refreshes.plan else { return };
        match act {
            Act::Move(how) => plan.pane.go(how),
            Act::Refilter(text) => plan.refilter(text),
            Act::Sort(_) | Act::Shift(_) | Act::Mark(_) => {}
        }
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.refreshes.plan.as_ref().map_or("", |plan| plan.filter.text())
    }

    /// The plan's hash, for a ticket.
    fn under_cursor(&self, state: &State) -> Option<String> {
        let offer = state.refreshes.plan.as_ref()?.offer()?;
        Some(shown(&format!("plan {} of {}", offer.plan.hash.0, offer.plan.name.0)).into_owned())
    }

    fn export(&self, state: &State) -> Option<Export> {
        let plan = state.refreshes.plan.as_ref()?;
        let offer = plan.offer()?;
        // As wide as a line of a ticket, whatever the screen.
        let lines = words::of(offer, None, 110);
        let rows = lines.iter().filter(|line| line.kind != Kind::Blank);
        let rows = rows.map(|line| vec![json!(words::part(line.kind)), json!(format!("{}{}", line.sign, line.text))]);
        let list = listing::List { columns: LISTED, rows: rows.collect() };
        Some(Export { name: format!("plan-{}", plan.name.0), list })
    }

    fn deadline(&self, _state: &State, _next: &mut Next) {}
}

/// What `w` writes of a plan.
const LISTED: &[listing::Column] = &[listing::column("part", "PART"), listing::column("text", "TEXT")];
