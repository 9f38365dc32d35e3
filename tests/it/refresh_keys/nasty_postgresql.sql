-- A schema as nasty as they come: every way in which a foreign key can be hard to take away and put back the same.
CREATE SCHEMA a;
CREATE SCHEMA b;
CREATE SCHEMA "Ünï.Cödé; DROP";
CREATE TYPE a.mood AS ENUM ('sad', 'ok', 'glad');
CREATE DOMAIN a.code AS varchar(12) CHECK (VALUE ~ '^[a-z]+$');
CREATE TABLE a.parent (id int PRIMARY KEY, alt int UNIQUE, x int, y int, UNIQUE (x, y));
CREATE TABLE b.parent (id int PRIMARY KEY, other text);
-- Composite, columns in another order than in the tables; MATCH FULL; SET NULL of one column; deferrable; commented.
CREATE TABLE a.child (
    c2 int, id serial PRIMARY KEY, c1 int, p int NOT NULL DEFAULT 1, q int, r bigint, s int, t int, m a.mood DEFAULT 'ok',
    CONSTRAINT composite FOREIGN KEY (c1, c2) REFERENCES a.parent (y, x) ON UPDATE CASCADE,
    CONSTRAINT whole FOREIGN KEY (c2, c1) REFERENCES a.parent (x, y) MATCH FULL,
    CONSTRAINT one_column FOREIGN KEY (c1, c2) REFERENCES a.parent (x, y) ON DELETE SET NULL (c2),
    CONSTRAINT late FOREIGN KEY (p) REFERENCES a.parent (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT sometimes FOREIGN KEY (q) REFERENCES a.parent (id) ON DELETE SET DEFAULT ON UPDATE RESTRICT DEFERRABLE,
    CONSTRAINT wider FOREIGN KEY (r) REFERENCES a.parent (alt),
    CONSTRAINT elsewhere FOREIGN KEY (s) REFERENCES b.parent (id),
    CONSTRAINT twice FOREIGN KEY (t) REFERENCES a.parent (id),
    CONSTRAINT twice_again FOREIGN KEY (t) REFERENCES a.parent (id)
);
COMMENT ON CONSTRAINT late ON a.child IS 'it''s late; \ "really" $$ $cutover$';
COMMENT ON TABLE a.child IS 'the child';
COMMENT ON COLUMN a.child.c1 IS 'first';
-- Only a unique index, no constraint.
CREATE TABLE a.indexed (k text);
CREATE UNIQUE INDEX indexed_k ON a.indexed (k);
CREATE TABLE a.to_index (k text COLLATE "C" REFERENCES a.indexed (k));
-- Itself, and in a circle.
CREATE TABLE a.tree (id int PRIMARY KEY, up int REFERENCES a.tree);
CREATE TABLE a.hen (id int PRIMARY KEY, egg int);
CREATE TABLE a.egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES a.hen);
ALTER TABLE a.hen ADD FOREIGN KEY (egg) REFERENCES a.egg DEFERRABLE;
-- Names.
CREATE TABLE "Ünï.Cödé; DROP"."select" ("order" int PRIMARY KEY, "группа" int, "a.b" int, "q""uote" int);
CREATE TABLE "Ünï.Cödé; DROP"."Ta""ble; --" (
    "from" int CONSTRAINT "κλειδί" REFERENCES "Ünï.Cödé; DROP"."select",
    "Mixed Case" int CONSTRAINT "Con""straint; DROP TABLE x; --" REFERENCES "Ünï.Cödé; DROP"."select" ON DELETE SET NULL,
    "$1" int CONSTRAINT "a234567890123456789012345678901234567890123456789012345678901" REFERENCES a.parent,
    "it's" int CONSTRAINT "it's" REFERENCES a.parent
);
-- Not validated, switched off, half switched off.
CREATE TABLE a.loose (p int, q int, r int);
ALTER TABLE a.loose ADD CONSTRAINT unseen FOREIGN KEY (p) REFERENCES a.parent NOT VALID;
ALTER TABLE a.loose ADD CONSTRAINT unseen_late FOREIGN KEY (r) REFERENCES a.parent DEFERRABLE NOT VALID;
CREATE TABLE a.off (p int CONSTRAINT is_off REFERENCES b.parent);
ALTER TABLE a.off DISABLE TRIGGER ALL;
-- Partitioned both ways, a partition's own key, a key that had been a partition's own before it was attached.
CREATE TABLE a.part (id int, region int, p int, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE a.part_1 PARTITION OF a.part FOR VALUES IN (1);
CREATE TABLE a.part_2 (id int NOT NULL, region int NOT NULL, p int,
    CONSTRAINT own_par FOREIGN KEY (p) REFERENCES a.parent (id), PRIMARY KEY (id, region));
COMMENT ON CONSTRAINT own_par ON a.part_2 IS 'mine';
ALTER TABLE a.part ADD CONSTRAINT of_all FOREIGN KEY (p) REFERENCES a.parent (id);
ALTER TABLE a.part ATTACH PARTITION a.part_2 FOR VALUES IN (2);
CREATE TABLE a.part_3 PARTITION OF a.part FOR VALUES IN (3) PARTITION BY RANGE (id);
CREATE TABLE a.part_3a PARTITION OF a.part_3 FOR VALUES FROM (0) TO (100);
CREATE TABLE a.part_3b PARTITION OF a.part_3 DEFAULT;
ALTER TABLE a.part_1 ADD CONSTRAINT only_here FOREIGN KEY (id) REFERENCES b.parent (id);
CREATE TABLE a.to_part (id int, region int, CONSTRAINT to_part FOREIGN KEY (id, region) REFERENCES a.part (id, region));
CREATE TABLE a.part_to_part (id int, region int, r int) PARTITION BY HASH (r);
CREATE TABLE a.part_to_part_0 PARTITION OF a.part_to_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE a.part_to_part_1 PARTITION OF a.part_to_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE a.part_to_part ADD CONSTRAINT both_ways FOREIGN KEY (id, region) REFERENCES a.part (id, region)
    DEFERRABLE INITIALLY DEFERRED;
-- Shares of one partition that go by one another's names.
CREATE TABLE a.swap (u int, v int, r int) PARTITION BY LIST (r);
CREATE TABLE a.swap_1 (u int, v int, r int,
    CONSTRAINT key_v FOREIGN KEY (u) REFERENCES a.parent, CONSTRAINT key_u FOREIGN KEY (v) REFERENCES a.parent);
ALTER TABLE a.swap ADD CONSTRAINT key_u FOREIGN KEY (u) REFERENCES a.parent;
ALTER TABLE a.swap ADD CONSTRAINT key_v FOREIGN KEY (v) REFERENCES a.parent;
ALTER TABLE a.swap ATTACH PARTITION a.swap_1 FOR VALUES IN (1);
-- Inheritance: keys are not inherited, and rows of heirs are not the parent's.
CREATE TABLE a.base (id int PRIMARY KEY, p int CONSTRAINT base_p REFERENCES a.parent);
CREATE TABLE a.heir (extra text) INHERITS (a.base);
ALTER TABLE a.heir ADD CONSTRAINT heir_p FOREIGN KEY (p) REFERENCES a.parent;
CREATE TABLE a.to_base (b int REFERENCES a.base (id));
-- Triggers in every state, on a table of its own and on partitions.
CREATE FUNCTION a.noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE a.fired (id int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (1 + 1) STORED, c a.code, CHECK (id > 0));
CREATE TRIGGER ordinary BEFORE INSERT ON a.fired FOR EACH ROW EXECUTE FUNCTION a.noop();
CREATE TRIGGER "Re""plica" BEFORE INSERT ON a.fired FOR EACH ROW EXECUTE FUNCTION a.noop();
CREATE TRIGGER always AFTER UPDATE OF c ON a.fired FOR EACH ROW WHEN (OLD.c IS DISTINCT FROM NEW.c) EXECUTE FUNCTION a.noop('x;y');
CREATE TRIGGER off BEFORE DELETE ON a.fired FOR EACH STATEMENT EXECUTE FUNCTION a.noop();
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON a.fired DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION a.noop();
ALTER TABLE a.fired ENABLE REPLICA TRIGGER "Re""plica";
ALTER TABLE a.fired ENABLE ALWAYS TRIGGER always;
ALTER TABLE a.fired DISABLE TRIGGER off;
CREATE TRIGGER of_parts AFTER INSERT ON a.part FOR EACH ROW EXECUTE FUNCTION a.noop();
ALTER TABLE a.part_1 DISABLE TRIGGER of_parts;
ALTER TABLE a.part_2 ENABLE ALWAYS TRIGGER of_parts;
CREATE VIEW a.seen AS SELECT id, c FROM a.fired;
CREATE INDEX fired_c ON a.fired (lower(c::text)) WHERE id > 3;
ALTER TABLE a.fired ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON a.fired FOR SELECT USING (id > 0);
