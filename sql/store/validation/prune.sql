-- Comparisons begun before ?1, and all but the newest ?2; none whose last sign of life is after ?3: it may live.
DELETE FROM validation_run
WHERE (started < ?1 OR id NOT IN (SELECT id FROM validation_run ORDER BY started DESC, id DESC LIMIT ?2)) AND beat < ?3
