-- How it ended, told by its owner.
UPDATE validation_run SET state = ?3, ended = ?4, verdict = ?5, summary = ?6, why = ?7 WHERE id = ?1 AND owner = ?2
