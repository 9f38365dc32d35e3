-- One row a column of every base table: schema, table, column, type, may be null, default, extra, expression it is computed
-- from, collation, comment.
SELECT CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), CAST(c.column_name AS CHAR), CAST(c.column_type AS CHAR),
       c.is_nullable = 'YES', CAST(c.column_default AS CHAR), CAST(c.extra AS CHAR), CAST(c.generation_expression AS CHAR),
       CAST(c.collation_name AS CHAR), CAST(c.column_comment AS CHAR)
FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE t.table_type = 'BASE TABLE'
  AND c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
