-- Products.
select product_id, product_title, product_type, department_title, admin_status
from stg_product
