-- Orders of each day, in UTC. PostgreSQL. Key: day.
SELECT to_char(placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*) AS orders
FROM shop.orders
GROUP BY 1;
