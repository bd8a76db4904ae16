-- Club memberships as they stand now.
select
  id as membership_id,
  customer_id,
  club_id,
  status,
  signup_date as signed_up_at,
  cancel_date as cancelled_at
from raw.raw_club_membership
where deleted_at is null
