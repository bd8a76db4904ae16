-- Customers, and whether they are members of a club today.
select
  customer.customer_id,
  customer.city,
  customer.state_code,
  customer.country_code,
  customer.acquisition_channel,
  customer.created_at,
  coalesce(member.memberships, 0) as active_memberships
from stg_customer as customer
left join (
  select customer_id, count(*) as memberships
  from fct_club_membership
  where cancelled_at is null
  group by customer_id
) as member on member.customer_id = customer.customer_id
