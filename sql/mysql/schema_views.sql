-- One row a view and a routine: view or function, schema, name, definition.
SELECT 'view', CAST(v.table_schema AS CHAR), CAST(v.table_name AS CHAR), CAST(v.view_definition AS CHAR)
FROM information_schema.views v
WHERE v.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
UNION ALL
SELECT 'function', CAST(r.routine_schema AS CHAR), CAST(r.routine_name AS CHAR),
       CONCAT(r.routine_type, ' ', COALESCE(CAST(r.dtd_identifier AS CHAR), ''), ' ', COALESCE(CAST(r.routine_definition AS CHAR), ''))
FROM information_schema.routines r
WHERE r.routine_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
