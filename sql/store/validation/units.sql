-- Ranges of tables that are not done.
SELECT nth, number, part FROM validation_unit WHERE run = ?1 ORDER BY nth, number
