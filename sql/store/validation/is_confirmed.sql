-- Whether this user has agreed to compare these two by rows.
SELECT count(*) FROM validation_confirmed WHERE source = ?1 AND target = ?2 AND os_user = ?3
