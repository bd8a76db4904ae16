-- Orders as they stand now: an order that was made anew under its number replaces the old one.
with numbered as (
  select
    *,
    row_number() over (
      partition by coalesce(cast(order_number as text), id)
      order by updated_at desc nulls last, id desc
    ) as position
  from raw.raw_order
  where deleted_at is null
)
select
  id as order_id,
  order_number,
  channel,
  purchase_type,
  payment_status,
  order_paid_date as paid_at,
  previous_order_id,
  customer_id,
  coalesce(lower(external_order_vendor), '') = 'tock' as is_from_tock,
  coalesce(lower(meta_data ->> 'event-specific-sale'), '') = 'true' as is_event,
  meta_data ->> 'event-fee-or-wine' as event_kind,
  meta_data ->> 'event-revenue-relization-date' as event_revenue_text,
  sub_total * 0.01 as net_sales,
  ship_total * 0.01 as shipping,
  tax_total * 0.01 as tax,
  tip_total * 0.01 as tip,
  total * 0.01 as total
from numbered
where position = 1
