-- Around the tables of the target: keys, triggers, tables that are not loaded.
ALTER TABLE stg_address ADD CONSTRAINT `of Customer; DROP` FOREIGN KEY (customer_id) REFERENCES stg_customer (id) ON DELETE CASCADE;
ALTER TABLE stg_category ADD CONSTRAINT tree FOREIGN KEY (parent_id) REFERENCES stg_category (id);
ALTER TABLE stg_orders ADD CONSTRAINT of_address FOREIGN KEY (address_id) REFERENCES stg_address (id) ON DELETE SET NULL;
ALTER TABLE stg_order_item ADD CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES stg_orders (id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE stg_invoice_line ADD CONSTRAINT of_item FOREIGN KEY (order_id, line) REFERENCES stg_order_item (order_id, line);
CREATE TABLE local_note (id integer PRIMARY KEY, customer_id bigint, FOREIGN KEY (customer_id) REFERENCES stg_customer (id));
INSERT INTO local_note VALUES (1, 1);
CREATE TABLE heard (what varchar(20) NOT NULL);
CREATE TABLE counted (n integer NOT NULL);
INSERT INTO counted VALUES (0);
CREATE TRIGGER heard AFTER INSERT ON stg_customer FOR EACH ROW INSERT INTO heard VALUES ('INSERT');
CREATE TRIGGER heard_first AFTER INSERT ON stg_customer FOR EACH ROW PRECEDES heard INSERT INTO heard VALUES ('FIRST');
CREATE TRIGGER changed AFTER UPDATE ON stg_customer FOR EACH ROW INSERT INTO heard VALUES ('UPDATE');
