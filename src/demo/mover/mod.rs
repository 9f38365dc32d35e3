//! Moves rows from one database to another the way a DMS task does: full load, then changes.
//!
//! The mover knows databases and nothing of AWS. It is told what to do by an [`order::Order`] and says what happened by
//! [`order::Happened`]; the world folds these into what DescribeReplicationTasks, DescribeTableStatistics and GetMetricData
//! answer.

pub mod order;
