-- One row a primary key column, in key order: schema, table, column.
SELECT t.schema, t.name, c.name
FROM pragma_table_list AS t
JOIN pragma_table_xinfo(t.name, t.schema) AS c
WHERE t.type = 'table'
  AND t.schema <> 'temp'
  AND substr(t.name, 1, 7) <> 'sqlite_'
  AND c.pk > 0
ORDER BY t.schema, t.name, c.pk
