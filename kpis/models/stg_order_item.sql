-- The lines of orders, as they were sold.
select
  id as order_item_id,
  order_id,
  product_id,
  product_title,
  type as item_type,
  purchase_type,
  sku,
  quantity,
  price * 0.01 as price,
  coalesce(volume_in_ml, 750) as volume_in_ml
from raw.raw_order_item
where deleted_at is null
