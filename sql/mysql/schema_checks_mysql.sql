-- One row a check constraint: schema, table, name, condition. MySQL before 8.0.16 has none, and no such table.
SELECT CAST(t.constraint_schema AS CHAR), CAST(t.table_name AS CHAR), CAST(t.constraint_name AS CHAR), CAST(k.check_clause AS CHAR)
FROM information_schema.table_constraints t
JOIN information_schema.check_constraints k
    ON k.constraint_schema = t.constraint_schema AND k.constraint_name = t.constraint_name
WHERE t.constraint_type = 'CHECK'
