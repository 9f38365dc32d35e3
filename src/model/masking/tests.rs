//! Functions, resolution and checks, as tables of cases.
