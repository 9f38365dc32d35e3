-- One row a foreign key column, in key order: schema, table, number of the key in it, column, referenced table, referenced
-- column (null: the primary key's), what happens on update, on delete, the referenced table is there, the column may be set
-- to null.
SELECT t.schema, t.name, f.id, f."from", f."table", f."to", f.on_update, f.on_delete,
       EXISTS (SELECT 1 FROM pragma_table_list AS p
               WHERE p.schema = t.schema AND p.name = f."table" COLLATE NOCASE AND p.type = 'table'),
       COALESCE((SELECT c."notnull" = 0 AND c.pk = 0 AND c.hidden = 0 FROM pragma_table_xinfo(t.name, t.schema) AS c
                 WHERE c.name = f."from" COLLATE NOCASE), 0)
FROM pragma_table_list AS t
JOIN pragma_foreign_key_list(t.name, t.schema) AS f
WHERE t.type = 'table' AND t.schema <> 'temp'
ORDER BY t.schema, t.name, f.id, f.seq
