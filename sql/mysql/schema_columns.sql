-- One row a column of every base table: schema, table, column, may be set to null.
SELECT CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), CAST(c.column_name AS CHAR),
       c.is_nullable = 'YES' AND c.extra NOT LIKE '%GENERATED%'
FROM information_schema.columns c
WHERE c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
