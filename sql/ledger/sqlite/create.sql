-- The ledger of refreshes on their target: nobody's data, and needed to put back what a refresh took away. It may be dropped
-- when no run in it is open. The last table that is made says that all of it is there.
CREATE TABLE IF NOT EXISTS {run} (
  id          TEXT PRIMARY KEY NOT NULL,
  target      TEXT NOT NULL,
  name        TEXT NOT NULL,
  state       TEXT NOT NULL, -- running, paused, …
  plan_hash   TEXT NOT NULL,
  confirmed   TEXT NOT NULL, -- typed, flag
  plan        TEXT NOT NULL, -- JSON
  os_user     TEXT NOT NULL,
  host        TEXT NOT NULL,
  pid         TEXT NOT NULL,
  epoch       INTEGER NOT NULL,
  holder      TEXT NOT NULL, -- name of the session that has it
  wish        TEXT,
  why         TEXT,
  restore_sql TEXT NOT NULL, -- what a person can run with sqlite3 alone
  began       TEXT NOT NULL, -- RFC 3339, UTC
  beat        TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS {obj} (
  run         TEXT NOT NULL,
  kind        TEXT NOT NULL, -- key, trigger, schedule, access, sequence, other
  ident       TEXT NOT NULL,
  restore_sql TEXT NOT NULL,
  details     TEXT NOT NULL, -- JSON
  state       TEXT NOT NULL, -- present, dropping, dropped, restored, valid, orphans
  error       TEXT,
  PRIMARY KEY (run, kind, ident)
);
CREATE TABLE IF NOT EXISTS {mark} (
  run    TEXT NOT NULL,
  step   TEXT NOT NULL,
  name   TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (run, step, name)
);
