-- One row for each order.
SELECT id AS order_id, paid_at, subtotal AS net_sales
FROM raw.raw_order
