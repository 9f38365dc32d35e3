-- What the gate said last.
UPDATE validation_run SET gate_seen = ?2 WHERE id = ?1
