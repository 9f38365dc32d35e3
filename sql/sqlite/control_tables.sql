-- One row a column of every table whose name begins with awsdms_: schema, table, column, declared type, true.
SELECT t.schema, t.name, c.name, c.type, 1
FROM pragma_table_list AS t
JOIN pragma_table_xinfo(t.name, t.schema) AS c
WHERE t.type IN ('table', 'view') AND t.schema <> 'temp' AND lower(substr(t.name, 1, 7)) = 'awsdms_'
ORDER BY t.schema, t.name, c.cid
