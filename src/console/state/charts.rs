//! Metrics of one task as charts.

use super::page::{Act, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::Subject;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Charts {}

pub struct ChartsPage;

impl Page for ChartsPage {
    fn context(&self) -> Context {
        Context::Metrics
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Metrics]
    }

    fn filling(&self, _state: &State) -> Filling {
        Filling::Loading
    }

    fn fit(&self, _state: &mut State, _inner: Area) {}

    fn act(&self, _state: &mut State, _act: Act<'_>) {}
}
