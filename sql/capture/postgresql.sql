-- Change log of the demo's source on PostgreSQL. {schema} is the quoted schema. Run again: changes nothing.
-- Numbers come from one counted row, not from a sequence: the row stays locked until commit, so a lower number can never
-- become visible after a higher one, and a rollback leaves no gap. The price is that writers of captured tables queue.
CREATE TABLE IF NOT EXISTS {schema}.cutover_demo_clock (id smallint PRIMARY KEY, n bigint NOT NULL);
INSERT INTO {schema}.cutover_demo_clock (id, n) VALUES (1, 0) ON CONFLICT (id) DO NOTHING;
CREATE TABLE IF NOT EXISTS {schema}.cutover_demo_change (
    seq bigint PRIMARY KEY,
    table_name text NOT NULL,
    operation character(1) NOT NULL,
    row_key text NOT NULL,
    at timestamp(6) without time zone NOT NULL
);
CREATE OR REPLACE FUNCTION {schema}.cutover_demo_note(changed text, kind text, touched text) RETURNS void
LANGUAGE sql AS $$
    WITH clock AS (UPDATE {schema}.cutover_demo_clock SET n = n + 1 WHERE id = 1 RETURNING n)
    INSERT INTO {schema}.cutover_demo_change (seq, table_name, operation, row_key, at)
    SELECT n, changed, kind, touched, clock_timestamp() AT TIME ZONE 'UTC' FROM clock
$$;
-- Before a statement touches a row it takes the clock: two writers then never wait for each other crosswise.
CREATE OR REPLACE FUNCTION {schema}.cutover_demo_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM n FROM {schema}.cutover_demo_clock WHERE id = 1 FOR UPDATE;
    RETURN NULL;
END
$$;
-- A changed key is a deletion and an insertion. Arguments of the trigger: the key columns.
CREATE OR REPLACE FUNCTION {schema}.cutover_demo_capture() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text;
    is_now text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT json_object_agg(k, to_jsonb(OLD) ->> k)::text INTO was FROM unnest(TG_ARGV) AS k;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT json_object_agg(k, to_jsonb(NEW) ->> k)::text INTO is_now FROM unnest(TG_ARGV) AS k;
    END IF;
    IF TG_OP = 'UPDATE' AND was = is_now THEN
        PERFORM {schema}.cutover_demo_note(TG_TABLE_NAME::text, 'U', is_now);
        RETURN NULL;
    END IF;
    IF was IS NOT NULL THEN
        PERFORM {schema}.cutover_demo_note(TG_TABLE_NAME::text, 'D', was);
    END IF;
    IF is_now IS NOT NULL THEN
        PERFORM {schema}.cutover_demo_note(TG_TABLE_NAME::text, 'I', is_now);
    END IF;
    RETURN NULL;
END
$$;
