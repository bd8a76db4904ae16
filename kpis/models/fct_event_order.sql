-- Paid orders of events, dated by the day that their revenue belongs to; imports from Tock are reservations again.
with event_order as (
  select
    order_id,
    event_kind,
    net_sales,
    cast(paid_at at time zone 'America/Los_Angeles' as date) as paid_date,
    event_revenue_text,
    case
      -- The first of the month plus days cannot fail (but in the year 0); whether the day exists is seen below.
      when event_revenue_text ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
        and not event_revenue_text ~ '^0000'
        then cast(substring(event_revenue_text from 1 for 7) || '-01' as date)
          + (cast(substring(event_revenue_text from 9 for 2) as integer) - 1)
    end as written_date
  from fct_order
  where is_event and not is_from_tock and payment_status = 'Paid'
)
select
  order_id,
  event_kind,
  net_sales,
  cast(
    case
      when cast(written_date as text) = substring(event_revenue_text from 1 for 10) then written_date
      else paid_date
    end as date
  ) as revenue_date
from event_order
