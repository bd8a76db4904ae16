-- One row for each line of an order, on the order's day; what came back has a negative quantity.
with line as (
  select
    item.order_item_id,
    item.order_id,
    item.product_id,
    item.item_type,
    item.volume_in_ml,
    sale.payment_status,
    sale.paid_at,
    case
      when item.purchase_type = 'Refund' or sale.purchase_type = 'Refund' then -abs(item.quantity)
      else item.quantity
    end as quantity
  from stg_order_item as item
  join fct_order as sale on sale.order_id = item.order_id
)
select
  order_item_id,
  order_id,
  product_id,
  item_type,
  payment_status,
  cast(paid_at as timestamp with time zone) as paid_at,
  quantity,
  case when item_type = 'Wine' then quantity * volume_in_ml end as wine_ml
from line
