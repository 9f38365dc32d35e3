-- What a table came to.
UPDATE validation_table SET result = ?3 WHERE run = ?1 AND nth = ?2
