-- One row a column of every unique index of table ?2 in schema ?1 that has no column that may be null and none of which
-- only the beginning counts, in key order: name of the index, column, is the primary key.
SELECT CAST(s.index_name AS CHAR), CAST(s.column_name AS CHAR), s.index_name = 'PRIMARY'
FROM information_schema.statistics s
JOIN (
    SELECT x.table_schema, x.table_name, x.index_name, COUNT(*) AS parts
    FROM information_schema.statistics x
    WHERE x.non_unique = 0
    GROUP BY x.table_schema, x.table_name, x.index_name
    HAVING SUM(x.nullable = 'YES' OR x.sub_part IS NOT NULL OR x.column_name IS NULL) = 0
) k ON k.table_schema = s.table_schema AND k.table_name = s.table_name AND k.index_name = s.index_name
WHERE s.table_schema = ? AND s.table_name = ?
ORDER BY s.index_name <> 'PRIMARY', k.parts, s.index_name, s.seq_in_index
