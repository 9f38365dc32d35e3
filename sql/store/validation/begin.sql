-- A comparison begins: who carries it out, and what was shown before.
INSERT INTO validation_run (id, task, trigger, planned, head, fingerprint, tables, started, state, os_user, host, pid,
  owner, beat) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'running', ?9, ?10, ?11, ?12, ?8)
