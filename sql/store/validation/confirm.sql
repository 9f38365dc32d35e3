-- This user has agreed.
INSERT OR IGNORE INTO validation_confirmed (source, target, os_user, at) VALUES (?1, ?2, ?3, ?4)
