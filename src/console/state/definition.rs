//! What a task is made of.

use super::page::{Act, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::Subject;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definition {}

pub struct DefinitionPage;

impl Page for DefinitionPage {
    fn context(&self) -> Context {
        Context::Definition
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Tasks]
    }

    fn filling(&self, _state: &State) -> Filling {
        Filling::Loading
    }

    fn fit(&self, _state: &mut State, _inner: Area) {}

    fn act(&self, _state: &mut State, _act: Act<'_>) {}
}
