-- One row a column of table ?2 in schema ?1, in order: name; type; may be null; computed by the server; its text sorts
-- as its bytes do (no padding, code points in UTF-8).
SELECT CAST(c.column_name AS CHAR), CAST(c.column_type AS CHAR), c.is_nullable = 'YES',
       COALESCE(c.generation_expression, '') <> '',
       COALESCE(c.collation_name IN ('utf8mb4_0900_bin', 'utf8mb4_nopad_bin'), 0)
FROM information_schema.columns c
WHERE c.table_schema = ? AND c.table_name = ?
ORDER BY c.ordinal_position
