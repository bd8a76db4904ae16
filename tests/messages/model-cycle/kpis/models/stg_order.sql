-- Orders, cleaned.
SELECT order_id, paid_at
FROM marts.fct_order
