//! The runner, with plans made by hand and SQLite targets.
