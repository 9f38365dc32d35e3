-- Payments of each month and method, in UTC. PostgreSQL. Key: month, method.
SELECT to_char(paid_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, method, count(*) AS payments, sum(amount) AS amount
FROM shop.payment
GROUP BY 1, 2;
