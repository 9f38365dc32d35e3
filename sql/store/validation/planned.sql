-- What was shown before it began.
SELECT planned FROM validation_run WHERE id = ?1
