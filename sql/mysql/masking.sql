-- What masking must know of tables besides their columns, one fact a row:
-- kind, schema, table, name, place, column, and up to three texts. Everything is text.
SELECT CAST('surrogate' AS CHAR), CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), NULL, NULL, CAST(c.column_name AS CHAR),
       NULL, NULL, NULL
FROM information_schema.columns c
WHERE (c.extra LIKE '%auto_increment%' OR c.column_default LIKE '%uuid(%')
  AND c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
UNION ALL
SELECT 'touched', CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), NULL, NULL, CAST(c.column_name AS CHAR), NULL, NULL, NULL
FROM information_schema.columns c
WHERE c.extra LIKE '%on update%'
  AND c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
UNION ALL
SELECT DISTINCT 'partition', CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), NULL, NULL, CAST(c.column_name AS CHAR),
       NULL, NULL, NULL
FROM information_schema.partitions p
JOIN information_schema.columns c ON c.table_schema = p.table_schema AND c.table_name = p.table_name
WHERE p.partition_name IS NOT NULL
  AND (LOCATE(c.column_name, p.partition_expression) > 0 OR LOCATE(c.column_name, COALESCE(p.subpartition_expression, '')) > 0)
UNION ALL
-- A unique index over the beginning of a column says nothing about whole rows.
SELECT 'unique', CAST(s.table_schema AS CHAR), CAST(s.table_name AS CHAR), CAST(s.index_name AS CHAR), CAST(s.seq_in_index AS CHAR),
       CAST(COALESCE(s.column_name, '') AS CHAR),
       CASE WHEN s.sub_part IS NOT NULL OR s.column_name IS NULL THEN 'part' WHEN s.index_name = 'PRIMARY' THEN 'primary' ELSE 'whole' END,
       NULL, NULL
FROM information_schema.statistics s
WHERE s.non_unique = 0 AND s.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
UNION ALL
SELECT 'reference', CAST(k.table_schema AS CHAR), CAST(k.table_name AS CHAR), CAST(k.constraint_name AS CHAR),
       CAST(k.ordinal_position AS CHAR), CAST(k.column_name AS CHAR), CAST(k.referenced_table_schema AS CHAR),
       CAST(k.referenced_table_name AS CHAR), CAST(k.referenced_column_name AS CHAR)
FROM information_schema.key_column_usage k
WHERE k.referenced_table_name IS NOT NULL
UNION ALL
SELECT 'check', CAST(t.table_schema AS CHAR), CAST(t.table_name AS CHAR), CAST(c.constraint_name AS CHAR), NULL, NULL,
       CAST(c.check_clause AS CHAR), NULL, NULL
FROM information_schema.check_constraints c
JOIN information_schema.table_constraints t
  ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name AND t.constraint_type = 'CHECK'
UNION ALL
SELECT 'trigger', CAST(g.event_object_schema AS CHAR), CAST(g.event_object_table AS CHAR), CAST(g.trigger_name AS CHAR), NULL, NULL,
       CAST(g.action_statement AS CHAR), NULL, NULL
FROM information_schema.triggers g
UNION ALL
SELECT 'rows', CAST(t.table_schema AS CHAR), CAST(t.table_name AS CHAR), NULL, NULL, NULL, CAST(t.table_rows AS CHAR), NULL, NULL
FROM information_schema.tables t
WHERE t.table_type = 'BASE TABLE' AND t.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY 1, 2, 3, 4, 6
