-- Tables of a comparison, in the order of the plan.
SELECT source, target, fingerprint, result FROM validation_table WHERE run = ?1 ORDER BY nth
