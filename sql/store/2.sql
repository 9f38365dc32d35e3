-- Version 2 of cutover.db: comparisons and what came of them. Times are microseconds since 1970. Never a value of a row
-- that was compared: keys, names of columns, hashes. What is old is deleted, see validation/prune.sql.
CREATE TABLE validation_run (
  id          TEXT PRIMARY KEY NOT NULL,
  task        TEXT,             -- its name, where it is of a task
  trigger     TEXT NOT NULL,    -- JSON
  planned     TEXT NOT NULL,    -- JSON: all that was shown before it began
  head        TEXT NOT NULL,    -- JSON: the same without its tables, for lists
  fingerprint TEXT NOT NULL,
  tables      INTEGER NOT NULL,
  gate_seen   TEXT,             -- JSON: what the gate said last
  started     INTEGER NOT NULL,
  resumed     INTEGER,          -- when it was taken up again, the last time
  ended       INTEGER,
  state       TEXT NOT NULL,    -- running, paused, interrupted, ended
  verdict     TEXT,
  summary     TEXT,             -- JSON
  why         TEXT,             -- why it could not go on
  os_user     TEXT NOT NULL,
  host        TEXT NOT NULL,
  pid         INTEGER NOT NULL,
  owner       TEXT NOT NULL,    -- whoever writes: another one after each resume
  beat        INTEGER NOT NULL  -- the last sign of life
);
CREATE INDEX validation_run_by_time ON validation_run (started);
CREATE TABLE validation_table (
  run         TEXT NOT NULL REFERENCES validation_run (id) ON DELETE CASCADE,
  nth         INTEGER NOT NULL, -- its place in the plan
  source      TEXT NOT NULL,    -- schema.table
  target      TEXT NOT NULL,    -- empty where there is none
  fingerprint TEXT NOT NULL,
  result      TEXT,             -- JSON; null: not done
  PRIMARY KEY (run, nth)
) WITHOUT ROWID;
CREATE INDEX validation_table_by_source ON validation_table (source);
CREATE TABLE validation_difference (
  run         TEXT NOT NULL REFERENCES validation_run (id) ON DELETE CASCADE,
  nth         INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  difference  TEXT NOT NULL,    -- JSON
  PRIMARY KEY (run, nth, number)
) WITHOUT ROWID;
-- How a table was cut into ranges: another cut would make other units.
CREATE TABLE validation_cut (
  run         TEXT NOT NULL REFERENCES validation_run (id) ON DELETE CASCADE,
  nth         INTEGER NOT NULL,
  ranges      TEXT NOT NULL,    -- JSON: bounds as canonical bytes in hexadecimal
  PRIMARY KEY (run, nth)
) WITHOUT ROWID;
-- Ranges that were compared to their ends, until their table is done.
CREATE TABLE validation_unit (
  run         TEXT NOT NULL REFERENCES validation_run (id) ON DELETE CASCADE,
  nth         INTEGER NOT NULL,
  number      INTEGER NOT NULL, -- its place among the ranges
  part        TEXT NOT NULL,    -- JSON
  PRIMARY KEY (run, nth, number)
) WITHOUT ROWID;
-- Who has once confirmed what comparing these two by rows costs.
CREATE TABLE validation_confirmed (
  source      TEXT NOT NULL,    -- engine host:port/database
  target      TEXT NOT NULL,
  os_user     TEXT NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (source, target, os_user)
) WITHOUT ROWID;
