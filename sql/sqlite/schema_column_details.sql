-- One row a column of every table: schema, table, column, type, must have a value, default, computed, place in the primary key.
SELECT t.schema, t.name, c.name, c.type, c."notnull", c.dflt_value, c.hidden IN (2, 3), c.pk
FROM pragma_table_list AS t
JOIN pragma_table_xinfo(t.name, t.schema) AS c
WHERE t.type = 'table' AND t.schema <> 'temp' AND substr(t.name, 1, 7) <> 'sqlite_' AND c.hidden <> 1
