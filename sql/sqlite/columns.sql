-- One row a column of every table in every attached file, virtual ones too, in table and column order:
-- schema, table, column, declared type, may be null, computed by the engine.
SELECT t.schema, t.name, c.name, c.type, c."notnull" = 0, c.hidden IN (2, 3)
FROM pragma_table_list AS t
JOIN pragma_table_xinfo(t.name, t.schema) AS c
WHERE t.type IN ('table', 'virtual')
  AND c.hidden <> 1
  AND t.schema <> 'temp'
  AND substr(t.name, 1, 7) <> 'sqlite_'
ORDER BY t.schema, t.name, c.cid
