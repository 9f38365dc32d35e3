//! What the opened task is made of: endpoints, instance, mappings, settings, in words or as JSON, one running text.
//!
//! `write.rs` writes the lines, `sections.rs` says what stands in them. They are made when something came or the width
//! changed; the two large documents only when they themselves changed.

mod sections;
pub mod write;

use super::page::{Act, Next, Page};
use super::text_pane::TextPane;
use super::{Filling, State, page};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::model::{ReplicationArn, Subject};
use write::{Kind, Line};

/// How the two documents are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Words,
    Json,
}

/// What the lines were made from: task, revision of the world, width, form.
type Made = (ReplicationArn, u64, usize, Form);

/// The lines of the two documents, and what they were made from.
#[derive(Debug, Clone, Default, PartialEq)]
struct Documents {
    mappings: Option<String>,
    settings: Option<String>,
    /// Why one of them is not there.
    unread: String,
    width: usize,
    form: Form,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definition {
    pub pane: TextPane,
    pub form: Form,
    /// What is looked for; empty is nothing.
    pub search: String,
    /// Lines it stands in.
    hits: Vec<usize>,
    /// The one that was jumped to.
    hit: usize,
    area: (usize, usize),
    /// Everything but the two documents.
    around: Vec<Line>,
    documents: Documents,
    made: Option<Made>,
}

impl Definition {
    pub fn line(&self, at: usize) -> Option<&Line> {
        self.around.get(at).or_else(|| self.documents.lines.get(at.checked_sub(self.around.len())?))
    }

    pub fn lines(&self) -> usize {
        self.around.len() + self.documents.lines.len()
    }

    /// How many lines match, and which of them was jumped to, from 1.
    pub fn found(&self) -> (usize, usize) {
        (self.hits.len(), if self.hits.is_empty() { 0 } else { self.hit + 1 })
    }

    pub fn is_hit(&self, line: usize) -> bool {
        self.hits.binary_search(&line).is_ok()
    }

    /// The line that was jumped to.
    pub fn current(&self) -> Option<usize> {
        self.hits.get(self.hit).copied()
    }

    /// Words or JSON; from the beginning, since no line stays what it was.
    pub fn turn(&mut self) {
        self.form = match self.form {
            Form::Words => Form::Json,
            Form::Json => Form::Words,
        };
        self.pane.to(0);
    }

    /// To the heading above or below.
    pub fn heading(&mut self, forward: bool) {
        let top = self.pane.visible().start;
        let is_heading = |at: &usize| self.line(*at).is_some_and(|line| line.kind == Kind::Heading);
        let found = if forward { (top + 1..self.lines()).find(is_heading) } else { (0..top).rev().find(is_heading) };
        if let Some(at) = found {
            self.pane.to(at);
        }
    }

    /// To the next place where it stands, around the end.
    pub fn next(&mut self, forward: bool) {
        let of = self.hits.len();
        if of == 0 {
            return;
        }
        self.hit = if forward { (self.hit + 1) % of } else { (self.hit + of - 1) % of };
        self.pane.show(self.hits[self.hit]);
    }

    /// Looks for another text, from what is on screen on.
    fn look_for(&mut self, text: &str) {
        text.clone_into(&mut self.search);
        self.find();
        let top = self.pane.visible().start;
        self.hit = self.hits.iter().position(|at| *at >= top).unwrap_or(0);
        if let Some(at) = self.current() {
            self.pane.show(at);
        }
    }

    fn find(&mut self) {
        let wanted = self.search.trim().to_lowercase();
        self.hits = if wanted.is_empty() {
            Vec::new()
        } else {
            let all = self.around.iter().chain(&self.documents.lines).enumerate();
            all.filter(|(_, line)| line.says(&wanted)).map(|(at, _)| at).collect()
        };
        self.hit = self.hit.min(self.hits.len().saturating_sub(1));
    }
}

/// What the opened task is made of.
pub struct DefinitionPage;

impl Page for DefinitionPage {
    fn context(&self) -> Context {
        Context::Definition
    }

    fn subjects(&self, state: &State) -> Vec<Subject> {
        let own = state.opened.clone().map(Subject::Definition);
        own.into_iter()
            .chain([Subject::Tasks, Subject::Endpoints, Subject::Instances, Subject::Connections, Subject::Maintenance])
            .collect()
    }

    fn filling(&self, state: &State) -> Filling {
        page::filling(state, &Subject::Tasks, state.world.tasks.len(), state.definition.lines())
    }

    fn fit(&self, state: &mut State, inner: Area) {
        let definition = &mut state.definition;
        definition.area = (usize::from(inner.width), usize::from(inner.height));
        definition.pane.fit(definition.lines(), definition.area.1);
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        match act {
            Act::Move(how) => state.definition.pane.go(how),
            Act::Refilter(text) => state.definition.look_for(text),
            Act::Sort(_) | Act::Shift(_) | Act::Mark(_) => {}
        }
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        &state.definition.search
    }

    /// Writes the lines again where something came.
    fn follow(&self, state: &mut State) {
        let Some(arn) = state.opened.clone() else { return };
        let (width, form) = (state.definition.area.0, state.definition.form);
        let made = (arn.clone(), state.world.revision(), width, form);
        if state.definition.made.as_ref() == Some(&made) {
            return;
        }
        let mut definition = std::mem::take(&mut state.definition);
        if definition.made.as_ref().is_some_and(|(of, ..)| *of != arn) {
            definition.pane.to(0);
            definition.search.clear();
        }
        let task = state.world.task(&arn);
        definition.around = task.map(|task| sections::around(state, task, width, form)).unwrap_or_default();
        let (mappings, settings) =
            task.map_or((None, None), |task| (task.table_mappings.as_ref(), task.settings.as_ref()));
        let missing = task.filter(|_| mappings.is_none() || settings.is_none());
        let unread = missing.map(|task| sections::unread(state, task)).unwrap_or_default();
        let old = &definition.documents;
        let same = (old.mappings.as_ref(), old.settings.as_ref(), &old.unread, old.width, old.form)
            == (mappings, settings, &unread, width, form);
        if !same || old.lines.is_empty() {
            let lines = task.map(|task| sections::documents(task, &unread, width, form)).unwrap_or_default();
            let (mappings, settings) = (mappings.cloned(), settings.cloned());
            definition.documents = Documents { mappings, settings, unread, width, form, lines };
        }
        definition.made = Some(made);
        definition.find();
        definition.pane.fit(definition.lines(), definition.area.1);
        state.definition = definition;
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        focus.definition_of.clone_from(&state.opened);
        focus.visible.extend(state.opened.clone());
    }

    fn deadline(&self, _state: &State, _next: &mut Next) {}
}
