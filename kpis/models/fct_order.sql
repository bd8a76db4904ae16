-- materialize: table
-- One row for each order, under the channel that it counts for; money in dollars.
with recursive sale as (
  select * from stg_order
),
trail as (
  -- An exchange comes in as Inbound: follow it to the order that was exchanged in the first place.
  select order_id, purchase_type, previous_order_id, channel, 0 as steps
  from sale
  where purchase_type = 'Exchange'
  union all
  select trail.order_id, earlier.purchase_type, earlier.previous_order_id, earlier.channel, trail.steps + 1
  from trail
  join sale as earlier on earlier.order_id = trail.previous_order_id
  where trail.purchase_type = 'Exchange' and trail.steps < 50
),
original as (
  select order_id, channel
  from trail
  where purchase_type is null or purchase_type <> 'Exchange'
)
select
  sale.order_id,
  sale.order_number,
  sale.customer_id,
  sale.payment_status,
  sale.purchase_type,
  coalesce(original.channel, sale.channel) as channel,
  cast(sale.paid_at as timestamp with time zone) as paid_at,
  sale.is_from_tock,
  sale.is_event,
  sale.event_kind,
  sale.event_revenue_text,
  sale.net_sales,
  sale.shipping,
  sale.tax,
  sale.tip,
  sale.total
from sale
left join original on original.order_id = sale.order_id
