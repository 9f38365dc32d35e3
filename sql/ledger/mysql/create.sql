-- The ledger of refreshes on their target: nobody's data, and needed to put back what a refresh took away. It may be dropped
-- when no run in it is open. The last table that is made says that all of it is there.
CREATE DATABASE IF NOT EXISTS cutover_ledger CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS cutover_ledger.run (
  id          varchar(64) PRIMARY KEY,
  target      varchar(64) NOT NULL, -- the database
  name        text NOT NULL,
  state       varchar(32) NOT NULL, -- running, paused, …
  plan_hash   varchar(64) NOT NULL,
  confirmed   varchar(32) NOT NULL, -- typed, flag
  plan        longtext NOT NULL, -- JSON
  os_user     text NOT NULL,
  host        text NOT NULL,
  pid         varchar(32) NOT NULL,
  epoch       bigint NOT NULL,
  holder      text NOT NULL, -- name and number of the session that has it
  wish        varchar(32),
  why         longtext,
  restore_sql longtext NOT NULL, -- what a person can run with mysql alone
  began       varchar(64) NOT NULL, -- RFC 3339, UTC
  beat        varchar(64) NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS cutover_ledger.obj (
  run         varchar(64) NOT NULL,
  kind        varchar(32) NOT NULL, -- key, trigger, schedule, access, sequence, other
  ident       varchar(600) NOT NULL,
  restore_sql longtext NOT NULL,
  details     longtext NOT NULL, -- JSON
  state       varchar(32) NOT NULL, -- present, dropping, dropped, restored, valid, orphans
  error       longtext,
  PRIMARY KEY (run, kind, ident)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS cutover_ledger.mark (
  run    varchar(64) NOT NULL,
  step   varchar(200) NOT NULL,
  name   varchar(450) NOT NULL,
  detail longtext NOT NULL,
  PRIMARY KEY (run, step, name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
