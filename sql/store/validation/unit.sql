-- A range that was compared to its end.
INSERT OR REPLACE INTO validation_unit (run, nth, number, part) VALUES (?1, ?2, ?3, ?4)
