-- The newest order: is it there yet? PostgreSQL. One row.
SELECT max(id) AS id FROM shop.orders;
