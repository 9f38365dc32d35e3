-- Differences of a comparison, by table and key.
SELECT nth, difference FROM validation_difference WHERE run = ?1 ORDER BY nth, number
