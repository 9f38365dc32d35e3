-- One row a sequence object and a column whose default names it (null: none): schema and name of the sequence; schema, table,
-- column and type of the use, its values are the sequence's own.
SELECT CAST(s.table_schema AS CHAR), CAST(s.table_name AS CHAR),
       CAST(c.table_schema AS CHAR), CAST(c.table_name AS CHAR), CAST(c.column_name AS CHAR), CAST(c.data_type AS CHAR),
       c.column_default = CONCAT('nextval(`', REPLACE(s.table_schema, '`', '``'), '`.`', REPLACE(s.table_name, '`', '``'), '`)')
           AND c.data_type IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal')
FROM information_schema.tables s
LEFT JOIN information_schema.columns c
    ON LOCATE(CONCAT('nextval(`', REPLACE(s.table_schema, '`', '``'), '`.`', REPLACE(s.table_name, '`', '``'), '`)'),
              c.column_default) > 0
WHERE s.table_type = 'SEQUENCE'
  AND s.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY s.table_schema, s.table_name, c.table_schema, c.table_name, c.column_name
