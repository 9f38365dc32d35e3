-- One row a base table: schema, table, engine, collation, options, comment.
SELECT CAST(t.table_schema AS CHAR), CAST(t.table_name AS CHAR), CAST(t.engine AS CHAR), CAST(t.table_collation AS CHAR),
       CAST(t.create_options AS CHAR), CAST(t.table_comment AS CHAR)
FROM information_schema.tables t
WHERE t.table_type = 'BASE TABLE'
  AND t.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
