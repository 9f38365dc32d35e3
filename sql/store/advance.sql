-- What came of an entry: id, state, end, request id, outcome.
UPDATE audit SET state = ?2, ended_at = ?3, request_id = ?4, outcome = ?5 WHERE id = ?1
