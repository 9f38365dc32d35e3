-- The shop's foreign keys, on PostgreSQL and MySQL. {schema} is the quoted schema. SQLite has them in its tables.
ALTER TABLE {schema}.address ADD CONSTRAINT address_customer FOREIGN KEY (customer_id) REFERENCES {schema}.customer (id);
ALTER TABLE {schema}.category ADD CONSTRAINT category_parent FOREIGN KEY (parent_id) REFERENCES {schema}.category (id);
ALTER TABLE {schema}.product ADD CONSTRAINT product_category FOREIGN KEY (category_id) REFERENCES {schema}.category (id);
ALTER TABLE {schema}.stock ADD CONSTRAINT stock_product FOREIGN KEY (product_id) REFERENCES {schema}.product (id);
ALTER TABLE {schema}.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES {schema}.customer (id);
ALTER TABLE {schema}.orders ADD CONSTRAINT orders_address FOREIGN KEY (address_id) REFERENCES {schema}.address (id);
ALTER TABLE {schema}.order_item ADD CONSTRAINT order_item_order FOREIGN KEY (order_id) REFERENCES {schema}.orders (id);
ALTER TABLE {schema}.order_item ADD CONSTRAINT order_item_product FOREIGN KEY (product_id) REFERENCES {schema}.product (id);
ALTER TABLE {schema}.invoice ADD CONSTRAINT invoice_order FOREIGN KEY (order_id) REFERENCES {schema}.orders (id);
ALTER TABLE {schema}.invoice_line ADD CONSTRAINT invoice_line_invoice FOREIGN KEY (invoice_id) REFERENCES {schema}.invoice (id);
ALTER TABLE {schema}.payment ADD CONSTRAINT payment_invoice FOREIGN KEY (invoice_id) REFERENCES {schema}.invoice (id);
ALTER TABLE {schema}.shipment ADD CONSTRAINT shipment_order FOREIGN KEY (order_id) REFERENCES {schema}.orders (id);
ALTER TABLE {schema}.document ADD CONSTRAINT document_order FOREIGN KEY (order_id) REFERENCES {schema}.orders (id);
