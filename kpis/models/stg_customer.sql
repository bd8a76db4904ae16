-- Customers as they stand now.
select
  id as customer_id,
  city,
  state_code,
  zip_code,
  country_code,
  acquisition_channel,
  order_count,
  lifetime_value * 0.01 as lifetime_value,
  created_at
from raw.raw_customer
where deleted_at is null
