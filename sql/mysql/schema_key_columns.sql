-- One row a foreign key column, in key order: schema, table, constraint, column, referenced schema, referenced table,
-- referenced column.
SELECT CAST(k.constraint_schema AS CHAR), CAST(k.table_name AS CHAR), CAST(k.constraint_name AS CHAR),
       CAST(k.column_name AS CHAR), CAST(k.referenced_table_schema AS CHAR), CAST(k.referenced_table_name AS CHAR),
       CAST(k.referenced_column_name AS CHAR)
FROM information_schema.key_column_usage k
WHERE k.referenced_table_name IS NOT NULL
  AND k.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY k.constraint_schema, k.table_name, k.constraint_name, k.ordinal_position
