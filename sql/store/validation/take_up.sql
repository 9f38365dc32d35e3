-- Another owner carries a comparison on, where the one before is still who it was read with (?2).
UPDATE validation_run SET owner = ?3, os_user = ?4, host = ?5, pid = ?6, resumed = ?7, beat = ?7, state = 'running',
  ended = NULL, verdict = NULL, summary = NULL, why = NULL WHERE id = ?1 AND owner = ?2
