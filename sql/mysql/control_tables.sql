-- One row a column of every table that we may see whose name begins with awsdms_: schema, table, column, declared type, true.
SELECT CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), CAST(c.column_name AS CHAR), CAST(c.column_type AS CHAR), 1
FROM information_schema.columns c
WHERE LOWER(c.table_name) LIKE 'awsdms~_%' ESCAPE '~'
  AND c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY c.table_schema, c.table_name, c.ordinal_position
