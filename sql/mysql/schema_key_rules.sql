-- One row a foreign key: schema, table, constraint, what happens on update, on delete.
SELECT CAST(r.constraint_schema AS CHAR), CAST(r.table_name AS CHAR), CAST(r.constraint_name AS CHAR),
       CAST(r.update_rule AS CHAR), CAST(r.delete_rule AS CHAR)
FROM information_schema.referential_constraints r
WHERE r.constraint_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
