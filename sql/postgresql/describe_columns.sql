-- One row a column of table $2 in schema $1, in order: name; type, of a domain what is beneath it, `enum` for an
-- enumeration; may be null; computed by the server; its text sorts as its bytes do.
WITH RECURSIVE beneath AS (
    SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier, a.attcollation AS collation
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm', 'v', 'f')
      AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.typbasetype, t.typtypmod, b.collation
    FROM beneath b
    JOIN pg_catalog.pg_type t ON t.oid = b.type
    WHERE t.typtype = 'd'
)
SELECT CAST(a.attname AS text),
       CASE WHEN t.typtype = 'e' THEN 'enum' ELSE format_type(b.type, b.modifier) END,
       NOT a.attnotnull, a.attgenerated <> '',
       b.type IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype)
           AND pg_encoding_to_char(d.encoding) = 'UTF8'
           AND COALESCE(CASE WHEN l.collname = 'default'
                             THEN COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
                                  AND d.datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8')
                             ELSE l.collname IN ('C', 'POSIX', 'ucs_basic') END, false)
FROM beneath b
JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
JOIN pg_catalog.pg_class c ON c.relname = $2
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = b.attnum
JOIN pg_catalog.pg_database d ON d.datname = current_database()
LEFT JOIN pg_catalog.pg_collation l ON l.oid = b.collation
ORDER BY a.attnum
