-- One row a column of table ?2 in schema ?1, in order: name; type; may be null (only an INTEGER PRIMARY KEY cannot
-- without being told); computed by the engine; its text sorts as its bytes do (every statement asks for that itself).
SELECT c.name, c.type,
       c."notnull" = 0 AND NOT (c.pk = 1 AND upper(c.type) = 'INTEGER'
           AND (SELECT count(*) FROM pragma_table_xinfo(t.name, t.schema) WHERE pk > 0) = 1),
       c.hidden IN (2, 3), 1
FROM pragma_table_list AS t
JOIN pragma_table_xinfo(t.name, t.schema) AS c
WHERE t.schema = ? AND t.name = ? AND c.hidden <> 1
ORDER BY c.cid
