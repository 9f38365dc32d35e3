-- How that was cut.
DELETE FROM validation_cut WHERE run = ?1 AND nth = ?2
