-- Payments of each month and method, in UTC. MySQL, MariaDB. Key: month, method.
SELECT date_format(paid_at, '%Y-%m') AS month, method, count(*) AS payments, sum(amount) AS amount
FROM payment
GROUP BY 1, 2;
