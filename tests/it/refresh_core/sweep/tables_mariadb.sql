-- The tables that are loaded, on both sides: {p} is what their names begin with.
CREATE TABLE {p}customer (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(120) NOT NULL, email varchar(160) NOT NULL);
CREATE TABLE {p}address (id bigint AUTO_INCREMENT PRIMARY KEY, customer_id bigint NOT NULL, street varchar(160));
CREATE TABLE {p}category (id integer PRIMARY KEY, parent_id integer, name varchar(80) NOT NULL);
CREATE TABLE {p}product (id bigint AUTO_INCREMENT PRIMARY KEY, category_id integer NOT NULL, name varchar(80) NOT NULL);
CREATE TABLE {p}stock (product_id bigint NOT NULL, warehouse varchar(8) NOT NULL, quantity integer NOT NULL, PRIMARY KEY (product_id, warehouse));
CREATE TABLE {p}orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer_id bigint NOT NULL, address_id bigint, status varchar(16) NOT NULL);
CREATE TABLE {p}order_item (order_id bigint NOT NULL, line integer NOT NULL, product_id bigint NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE {p}invoice (id bigint PRIMARY KEY, order_id bigint NOT NULL, net integer NOT NULL);
CREATE TABLE {p}invoice_line (id bigint PRIMARY KEY, order_id bigint NOT NULL, line integer NOT NULL, word varchar(80));
CREATE TABLE {p}payment (id bigint PRIMARY KEY, invoice_id bigint NOT NULL, amount integer NOT NULL);
CREATE TABLE {p}shipment (id bigint PRIMARY KEY, order_id bigint NOT NULL, carrier varchar(24) NOT NULL);
CREATE TABLE {p}document (id bigint PRIMARY KEY, order_id bigint NOT NULL, content text);
