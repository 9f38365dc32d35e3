-- Ranges of a table that is told to its end.
DELETE FROM validation_unit WHERE run = ?1 AND nth = ?2
