//! `cutover validate`: the real binary on real PostgreSQL, MariaDB and SQLite.

mod command;
mod faults;
mod methods;
mod proxy;
mod random;
mod side;
mod terminal;
mod wrong_answers;
