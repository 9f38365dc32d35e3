//! Functions, resolution and checks, as tables of cases.

mod functions;
mod resolution;
