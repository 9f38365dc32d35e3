-- A sign of life of its owner.
UPDATE validation_run SET beat = ?3 WHERE id = ?1 AND owner = ?2
