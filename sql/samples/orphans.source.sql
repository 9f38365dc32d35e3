-- Items of orders that are not there. PostgreSQL. One row.
SELECT count(*) AS orphans
FROM shop.order_item AS item
LEFT JOIN shop.orders AS parent ON parent.id = item.order_id
WHERE parent.id IS NULL;
