-- The demo's shop on SQLite: tables, primary keys and foreign keys. {schema} is the quoted name of the attached file.
-- A NUMERIC column keeps a price as a binary float, as many SQLite applications do.
CREATE TABLE {schema}.customer (
    id integer PRIMARY KEY AUTOINCREMENT,
    name varchar(120) NOT NULL,
    email varchar(160) NOT NULL,
    phone varchar(40),
    born date,
    newsletter boolean NOT NULL,
    created_at timestamp NOT NULL
);
CREATE TABLE {schema}.address (
    id integer PRIMARY KEY AUTOINCREMENT,
    customer_id bigint NOT NULL,
    street varchar(160) NOT NULL,
    city varchar(80) NOT NULL,
    postcode varchar(16) NOT NULL,
    country character(2) NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE TABLE {schema}.category (
    id integer PRIMARY KEY AUTOINCREMENT,
    parent_id integer,
    name varchar(80) NOT NULL,
    FOREIGN KEY (parent_id) REFERENCES category (id)
);
CREATE TABLE {schema}.product (
    id integer PRIMARY KEY AUTOINCREMENT,
    category_id integer NOT NULL,
    sku varchar(24) NOT NULL,
    name varchar(160) NOT NULL,
    description text,
    price numeric(12,2) NOT NULL,
    weight_kg double,
    active boolean NOT NULL,
    FOREIGN KEY (category_id) REFERENCES category (id)
);
CREATE TABLE {schema}.stock (
    product_id bigint NOT NULL,
    warehouse varchar(8) NOT NULL,
    quantity integer NOT NULL,
    counted_at timestamp NOT NULL,
    PRIMARY KEY (product_id, warehouse),
    FOREIGN KEY (product_id) REFERENCES product (id)
);
CREATE TABLE {schema}.orders (
    id integer PRIMARY KEY AUTOINCREMENT,
    customer_id bigint NOT NULL,
    address_id bigint NOT NULL,
    status varchar(16) NOT NULL,
    total numeric(14,2) NOT NULL,
    note text,
    placed_at timestamp NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customer (id),
    FOREIGN KEY (address_id) REFERENCES address (id)
);
CREATE TABLE {schema}.order_item (
    order_id bigint NOT NULL,
    line integer NOT NULL,
    product_id bigint NOT NULL,
    quantity integer NOT NULL,
    price numeric(12,2) NOT NULL,
    PRIMARY KEY (order_id, line),
    FOREIGN KEY (order_id) REFERENCES orders (id),
    FOREIGN KEY (product_id) REFERENCES product (id)
);
CREATE TABLE {schema}.invoice (
    id integer PRIMARY KEY AUTOINCREMENT,
    order_id bigint NOT NULL,
    number varchar(24) NOT NULL,
    net numeric(14,2) NOT NULL,
    tax numeric(14,2) NOT NULL,
    issued_on date NOT NULL,
    FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE {schema}.invoice_line (
    id integer PRIMARY KEY AUTOINCREMENT,
    invoice_id bigint NOT NULL,
    text varchar(200) NOT NULL,
    amount numeric(14,2) NOT NULL,
    FOREIGN KEY (invoice_id) REFERENCES invoice (id)
);
CREATE TABLE {schema}.payment (
    id integer PRIMARY KEY AUTOINCREMENT,
    invoice_id bigint NOT NULL,
    method varchar(16) NOT NULL,
    amount numeric(14,2) NOT NULL,
    card_last4 character(4),
    paid_at timestamp NOT NULL,
    FOREIGN KEY (invoice_id) REFERENCES invoice (id)
);
CREATE TABLE {schema}.shipment (
    id integer PRIMARY KEY AUTOINCREMENT,
    order_id bigint NOT NULL,
    carrier varchar(24) NOT NULL,
    tracking varchar(40),
    shipped_at timestamp,
    delivered_at timestamp,
    FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE {schema}.document (
    id integer PRIMARY KEY AUTOINCREMENT,
    order_id bigint NOT NULL,
    kind varchar(24) NOT NULL,
    content blob,
    created_at timestamp NOT NULL,
    FOREIGN KEY (order_id) REFERENCES orders (id)
);
