-- Orders of each day, in UTC. MySQL, MariaDB. Key: day.
SELECT date_format(placed_at, '%Y-%m-%d') AS day, count(*) AS orders
FROM orders
GROUP BY 1;
