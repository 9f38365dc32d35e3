-- Differences of a table that is written anew.
DELETE FROM validation_difference WHERE run = ?1 AND nth = ?2
