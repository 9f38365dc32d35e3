-- The demo's shop on MariaDB and MySQL: tables and primary keys. {schema} is the quoted schema (a database).
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE {schema}.customer (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    name varchar(120) NOT NULL,
    email varchar(160) NOT NULL,
    phone varchar(40),
    born date,
    newsletter boolean NOT NULL,
    created_at datetime(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.address (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    customer_id bigint NOT NULL,
    street varchar(160) NOT NULL,
    city varchar(80) NOT NULL,
    postcode varchar(16) NOT NULL,
    country character(2) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.category (
    id integer AUTO_INCREMENT PRIMARY KEY,
    parent_id integer,
    name varchar(80) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.product (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    category_id integer NOT NULL,
    sku varchar(24) NOT NULL,
    name varchar(160) NOT NULL,
    description longtext,
    price decimal(12,2) NOT NULL,
    weight_kg double,
    active boolean NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.stock (
    product_id bigint NOT NULL,
    warehouse varchar(8) NOT NULL,
    quantity integer NOT NULL,
    counted_at datetime(6) NOT NULL,
    PRIMARY KEY (product_id, warehouse)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.orders (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    customer_id bigint NOT NULL,
    address_id bigint NOT NULL,
    status varchar(16) NOT NULL,
    total decimal(14,2) NOT NULL,
    note longtext,
    placed_at datetime(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.order_item (
    order_id bigint NOT NULL,
    line integer NOT NULL,
    product_id bigint NOT NULL,
    quantity integer NOT NULL,
    price decimal(12,2) NOT NULL,
    PRIMARY KEY (order_id, line)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.invoice (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    order_id bigint NOT NULL,
    number varchar(24) NOT NULL,
    net decimal(14,2) NOT NULL,
    tax decimal(14,2) NOT NULL,
    issued_on date NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.invoice_line (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    invoice_id bigint NOT NULL,
    text varchar(200) NOT NULL,
    amount decimal(14,2) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.payment (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    invoice_id bigint NOT NULL,
    method varchar(16) NOT NULL,
    amount decimal(14,2) NOT NULL,
    card_last4 character(4),
    paid_at datetime(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.shipment (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    order_id bigint NOT NULL,
    carrier varchar(24) NOT NULL,
    tracking varchar(40),
    shipped_at datetime(6),
    delivered_at datetime(6)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE {schema}.document (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    order_id bigint NOT NULL,
    kind varchar(24) NOT NULL,
    content longblob,
    created_at datetime(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
