-- Around the tables of the target: keys of each kind, triggers, tables that are not loaded.
ALTER TABLE shop.stg_address ADD CONSTRAINT "of Customer; DROP" FOREIGN KEY (customer_id) REFERENCES shop.stg_customer ON DELETE CASCADE;
COMMENT ON CONSTRAINT "of Customer; DROP" ON shop.stg_address IS 'whose it is';
ALTER TABLE shop.stg_category ADD CONSTRAINT tree FOREIGN KEY (parent_id) REFERENCES shop.stg_category;
ALTER TABLE shop.stg_orders ADD CONSTRAINT of_address FOREIGN KEY (address_id) REFERENCES shop.stg_address NOT VALID;
ALTER TABLE shop.stg_order_item ADD CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES shop.stg_orders ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE shop.stg_invoice_line ADD CONSTRAINT of_item FOREIGN KEY (order_id, line) REFERENCES shop.stg_order_item DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE shop.local_note (id integer PRIMARY KEY, customer_id bigint REFERENCES shop.stg_customer);
INSERT INTO shop.local_note VALUES (1, 1);
CREATE TABLE shop.heard (what text NOT NULL);
CREATE TABLE shop.counted (n integer NOT NULL);
INSERT INTO shop.counted VALUES (0);
CREATE FUNCTION shop.hear() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO shop.heard VALUES (TG_OP); RETURN NULL; END';
CREATE TRIGGER heard AFTER INSERT OR UPDATE OR DELETE ON shop.stg_customer FOR EACH ROW EXECUTE FUNCTION shop.hear();
CREATE TRIGGER always AFTER INSERT ON shop.stg_orders FOR EACH ROW EXECUTE FUNCTION shop.hear();
ALTER TABLE shop.stg_orders ENABLE ALWAYS TRIGGER always;
CREATE TRIGGER never AFTER INSERT ON shop.stg_orders FOR EACH ROW EXECUTE FUNCTION shop.hear();
ALTER TABLE shop.stg_orders DISABLE TRIGGER never;
