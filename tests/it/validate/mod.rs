//! `cutover validate`: the real binary on real PostgreSQL, MariaDB and SQLite.

mod command;
mod faults;
mod hidden;
mod hostile;
mod kept;
mod methods;
mod middle;
mod moving;
mod named;
mod proxy;
mod random;
mod redshift;
mod repair;
mod side;
mod sides;
mod silent;
mod terminal;
mod tls;
mod traffic;
mod vanished;
mod wrong_answers;
