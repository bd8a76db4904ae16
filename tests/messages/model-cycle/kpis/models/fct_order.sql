-- One row for each order.
SELECT order_id, paid_at
FROM marts.stg_order
