//! `cutover validate`: the real binary on real PostgreSQL, MariaDB and SQLite.

mod command;
mod faults;
mod hostile;
mod moving;
mod named;
mod proxy;
mod random;
mod redshift;
mod side;
mod terminal;
mod wrong_answers;
