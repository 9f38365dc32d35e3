-- A table of the plan, which is not done.
INSERT INTO validation_table (run, nth, source, target, fingerprint) VALUES (?1, ?2, ?3, ?4, ?5)
