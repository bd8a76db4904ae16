-- Products as they stand now.
select
  id as product_id,
  title as product_title,
  type as product_type,
  department_title,
  admin_status,
  web_status
from raw.raw_product
where deleted_at is null
