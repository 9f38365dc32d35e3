-- The newest order: is it there yet? MySQL, MariaDB. One row.
SELECT max(id) AS id FROM orders;
