-- Change log of the demo's source on MariaDB and MySQL. {schema} is the quoted schema. Run again: changes nothing.
-- Numbers come from one counted row, not from AUTO_INCREMENT: the row stays locked until commit, so a lower number can
-- never become visible after a higher one, and a rollback leaves no gap. The price is that writers of captured tables
-- queue, and that two of them may be told to try again (deadlock), as on any busy server.
CREATE TABLE IF NOT EXISTS {schema}.cutover_demo_clock (id smallint PRIMARY KEY, n bigint NOT NULL) ENGINE=InnoDB;
INSERT IGNORE INTO {schema}.cutover_demo_clock (id, n) VALUES (1, 0);
CREATE TABLE IF NOT EXISTS {schema}.cutover_demo_change (
    seq bigint PRIMARY KEY,
    table_name varchar(64) NOT NULL,
    operation char(1) NOT NULL,
    row_key text NOT NULL,
    at datetime(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
