-- One row a column of every index, in order: schema, table, index, column (null: an expression), unique, made by whom (c: a
-- statement, u: a constraint, pk: the primary key), only for some rows.
SELECT t.schema, t.name, i.name, k.name, i."unique", i.origin, i.partial
FROM pragma_table_list AS t
JOIN pragma_index_list(t.name, t.schema) AS i
JOIN pragma_index_info(i.name, t.schema) AS k
WHERE t.type = 'table' AND t.schema <> 'temp' AND substr(t.name, 1, 7) <> 'sqlite_'
ORDER BY t.schema, t.name, i.name, k.seqno
