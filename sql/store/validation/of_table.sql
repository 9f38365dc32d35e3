-- One table of the source (?2) in a comparison.
SELECT source, target, result FROM validation_table WHERE run = ?1 AND source = ?2 ORDER BY nth
