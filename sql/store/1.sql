-- Version 1 of cutover.db: the audit. An entry is written before anything is sent, gains what came of it, and is then as
-- it is: nothing ended is changed, nothing is deleted.
CREATE TABLE audit (
  id            TEXT PRIMARY KEY NOT NULL,
  asked_at      TEXT NOT NULL, -- RFC 3339, UTC
  ended_at      TEXT,
  state         TEXT NOT NULL, -- asked, sent, done, refused, failed, unknown
  caller        TEXT NOT NULL, -- ARN, as STS says it
  os_user       TEXT NOT NULL,
  host          TEXT NOT NULL,
  pid           INTEGER NOT NULL,
  tty           INTEGER NOT NULL,
  version       TEXT NOT NULL,
  profile       TEXT NOT NULL,
  account       TEXT NOT NULL,
  region        TEXT NOT NULL,
  environment   TEXT,
  kind          TEXT NOT NULL, -- disable-rule and its like
  arn           TEXT NOT NULL,
  name          TEXT NOT NULL,
  preview       TEXT NOT NULL,
  precondition  TEXT NOT NULL, -- JSON
  aws_command   TEXT NOT NULL,
  confirmed_by  TEXT,          -- flag, typed
  request_id    TEXT,
  outcome       TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (asked_at);
CREATE TRIGGER audit_keeps_what_ended BEFORE UPDATE ON audit WHEN old.state NOT IN ('asked', 'sent')
BEGIN SELECT RAISE(ABORT, 'an entry of the audit that has ended is not changed'); END;
CREATE TRIGGER audit_keeps_everything BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'nothing is deleted from the audit'); END;
