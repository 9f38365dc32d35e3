-- Running, or paused.
UPDATE validation_run SET state = ?2 WHERE id = ?1
