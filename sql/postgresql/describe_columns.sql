-- One row a column of table $2 in schema $1, in order: name; type, of a domain what is beneath it, `enum` for an
-- enumeration; may be null; computed by the server; its text sorts as its bytes do.
-- What inherits from the table may allow a NULL where it does not, and its rows are read with it. A constraint that was
-- not validated says nothing of the rows that were there.
WITH RECURSIVE family AS (
    SELECT c.oid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
    UNION
    SELECT i.inhrelid
    FROM family f
    JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid
), loose AS (
    SELECT a.attname
    FROM family f
    JOIN pg_catalog.pg_attribute a ON a.attrelid = f.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND (NOT a.attnotnull
           OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = f.oid AND k.contype = 'n' AND NOT k.convalidated AND a.attnum = ANY (k.conkey)))
), beneath AS (
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
       a.attname IN (SELECT attname FROM loose), a.attgenerated <> '',
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
