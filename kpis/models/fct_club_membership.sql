-- One row for each membership whose end is known: a cancelled one without a cancel date is left out.
select
  membership_id,
  customer_id,
  club_id,
  cast(signed_up_at as timestamp with time zone) as signed_up_at,
  cast(cancelled_at as timestamp with time zone) as cancelled_at
from stg_club_membership
where status is null or status <> 'Cancelled' or cancelled_at is not null
