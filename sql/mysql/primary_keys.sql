-- One row a primary key column, in key order: schema, table, column.
SELECT CAST(k.table_schema AS CHAR), CAST(k.table_name AS CHAR), CAST(k.column_name AS CHAR)
FROM information_schema.key_column_usage k
WHERE k.constraint_name = 'PRIMARY'
  AND k.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY k.table_schema, k.table_name, k.ordinal_position
