-- One difference that is listed.
INSERT INTO validation_difference (run, nth, number, difference) VALUES (?1, ?2, ?3, ?4)
