-- One row a check constraint: schema, table, name, condition.
SELECT CAST(k.constraint_schema AS CHAR), CAST(k.table_name AS CHAR), CAST(k.constraint_name AS CHAR), CAST(k.check_clause AS CHAR)
FROM information_schema.check_constraints k
