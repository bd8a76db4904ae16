-- One row for each order.
SELECT id AS order_id, paid_at
FROM raw.raw_order
