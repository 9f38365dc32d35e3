-- One row a foreign key column, in key order: schema, table, number of the key, column, referenced schema (always the
-- same file), referenced table.
SELECT t.schema, t.name, CAST(f.id AS TEXT), f."from", t.schema, f."table"
FROM pragma_table_list AS t
JOIN pragma_foreign_key_list(t.name, t.schema) AS f
WHERE t.type = 'table'
  AND t.schema <> 'temp'
ORDER BY t.schema, t.name, f.id, f.seq
