//! The log of a task, or of a log group that the configuration names.

use super::page::{Act, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::Subject;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logs {}

pub struct LogsPage;

impl Page for LogsPage {
    fn context(&self) -> Context {
        Context::Logs
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![]
    }

    fn filling(&self, _state: &State) -> Filling {
        Filling::Loading
    }

    fn fit(&self, _state: &mut State, _inner: Area) {}

    fn act(&self, _state: &mut State, _act: Act<'_>) {}
}
