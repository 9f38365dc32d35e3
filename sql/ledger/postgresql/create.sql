-- The ledger of refreshes on their target: nobody's data, and needed to put back what a refresh took away. It may be dropped
-- when no run in it is open. The last table that is made says that all of it is there.
BEGIN;
CREATE SCHEMA IF NOT EXISTS cutover_ledger;
CREATE TABLE IF NOT EXISTS cutover_ledger.run (
  id          text PRIMARY KEY,
  target      text NOT NULL,
  name        text NOT NULL,
  state       text NOT NULL, -- running, paused, …
  plan_hash   text NOT NULL,
  confirmed   text NOT NULL, -- typed, flag
  plan        text NOT NULL, -- JSON
  os_user     text NOT NULL,
  host        text NOT NULL,
  pid         text NOT NULL,
  epoch       bigint NOT NULL,
  holder      text NOT NULL, -- name and number of the session that has it
  wish        text,
  why         text,
  restore_sql text NOT NULL, -- what a person can run with psql alone
  began       text NOT NULL, -- RFC 3339, UTC
  beat        text NOT NULL
);
CREATE TABLE IF NOT EXISTS cutover_ledger.obj (
  run         text NOT NULL,
  kind        text NOT NULL, -- key, trigger, schedule, access, sequence, other
  ident       text NOT NULL,
  restore_sql text NOT NULL,
  details     text NOT NULL, -- JSON
  state       text NOT NULL, -- present, dropping, dropped, restored, valid, orphans
  error       text,
  PRIMARY KEY (run, kind, ident)
);
CREATE TABLE IF NOT EXISTS cutover_ledger.mark (
  run    text NOT NULL,
  step   text NOT NULL,
  name   text NOT NULL,
  detail text NOT NULL,
  PRIMARY KEY (run, step, name)
);
COMMIT;
