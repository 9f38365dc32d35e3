-- Items of orders that are not there. MySQL, MariaDB. One row.
SELECT count(*) AS orphans
FROM order_item AS item
LEFT JOIN orders AS parent ON parent.id = item.order_id
WHERE parent.id IS NULL;
