//! What is wrong, in one list.

use super::page::{Act, Page};
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::Subject;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alerts {}

pub struct AlertsPage;

impl Page for AlertsPage {
    fn context(&self) -> Context {
        Context::Alerts
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Tasks, Subject::Metrics]
    }

    fn filling(&self, _state: &State) -> Filling {
        Filling::Loading
    }

    fn fit(&self, _state: &mut State, _inner: Area) {}

    fn act(&self, _state: &mut State, _act: Act<'_>) {}
}
