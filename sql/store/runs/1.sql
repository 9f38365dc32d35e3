-- Version 1 of runs/<id>.db: the journal of one refresh. It says which questions to ask after a crash, and it is what screens
-- and commands show; what is true of the target stands in the ledger there. No value of a row, no secret. Times are
-- microseconds since 1970, UTC.
CREATE TABLE run (
  one       INTEGER PRIMARY KEY CHECK (one = 1), -- one run, one file
  id        TEXT NOT NULL,
  name      TEXT NOT NULL,
  task      TEXT NOT NULL,
  purpose   TEXT NOT NULL, -- JSON, as are the next three
  load      TEXT NOT NULL,
  source    TEXT NOT NULL,
  target    TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  plan      TEXT NOT NULL, -- JSON, of the room that carries it out
  confirmed TEXT NOT NULL, -- typed, flag
  state     TEXT NOT NULL, -- running, paused, …
  step      TEXT,
  began     INTEGER NOT NULL,
  ended     INTEGER,
  why       TEXT,
  os_user   TEXT NOT NULL,
  host      TEXT NOT NULL,
  pid       INTEGER NOT NULL
);
CREATE TABLE step (
  nth      INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  kind     TEXT NOT NULL, -- JSON
  state    TEXT NOT NULL, -- JSON
  attempts INTEGER NOT NULL,
  began    INTEGER,
  ended    INTEGER,
  note     TEXT NOT NULL
);
CREATE TABLE attempt (
  id    INTEGER PRIMARY KEY,
  step  TEXT NOT NULL,
  n     INTEGER NOT NULL,
  phase TEXT NOT NULL, -- intent, effect-seen, outcome
  at    INTEGER NOT NULL,
  words TEXT NOT NULL, -- what was asked for, what was seen, what came of it
  class TEXT           -- of what went wrong
);
CREATE TABLE away (
  kind       TEXT NOT NULL, -- JSON
  name       TEXT NOT NULL,
  prior      TEXT NOT NULL,
  since      INTEGER NOT NULL,
  comes_back TEXT NOT NULL,
  PRIMARY KEY (kind, name)
);
CREATE TABLE progress (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  load TEXT NOT NULL -- JSON
);
CREATE TABLE line (
  id   INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  step TEXT,
  text TEXT NOT NULL,
  bad  INTEGER NOT NULL
);
