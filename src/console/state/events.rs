//! Events: what DMS says has happened, of one task or of everything.

use super::page::{Act, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::Subject;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {}

pub struct EventsPage;

impl Page for EventsPage {
    fn context(&self) -> Context {
        Context::Events
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Events]
    }

    fn filling(&self, _state: &State) -> Filling {
        Filling::Loading
    }

    fn fit(&self, _state: &mut State, _inner: Area) {}

    fn act(&self, _state: &mut State, _act: Act<'_>) {}
}
