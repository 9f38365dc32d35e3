-- How a table was cut into ranges.
INSERT OR REPLACE INTO validation_cut (run, nth, ranges) VALUES (?1, ?2, ?3)
