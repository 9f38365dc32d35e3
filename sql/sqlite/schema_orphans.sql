-- One row a foreign key that rows break: schema, table, number of the key in it, how many rows.
SELECT t.schema, t.name, f.fkid, count(*)
FROM pragma_table_list AS t
JOIN pragma_foreign_key_check(t.name, t.schema) AS f
WHERE t.type = 'table' AND t.schema <> 'temp'
GROUP BY t.schema, t.name, f.fkid
ORDER BY t.schema, t.name, f.fkid
