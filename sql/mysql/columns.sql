-- One row a column of every table outside the system schemas, in table and column order, those that keep their history
-- (`SYSTEM VERSIONED`) and of kinds unknown today among them:
-- schema, table, column, declared type, may be null, computed by the server.
SELECT CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), CAST(c.column_name AS CHAR),
       CAST(c.column_type AS CHAR), c.is_nullable = 'YES', COALESCE(c.generation_expression, '') <> ''
FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE t.table_type NOT IN ('VIEW', 'SYSTEM VIEW', 'SEQUENCE', 'TEMPORARY', 'LOCAL TEMPORARY', 'GLOBAL TEMPORARY')
  AND c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY c.table_schema, c.table_name, c.ordinal_position
