-- Reservations and walk-ins in their last version.
select
  id as reservation_id,
  service_at,
  party_size,
  party_state,
  is_cancelled,
  transferred_out,
  experience_name,
  experience_variety,
  walkin_id is not null
    or (experience_id is null and experience_name is null and confirmation_code is null) as is_walk_in,
  (
    net_amount_paid_cents
    - processor_fee_cents - tock_fee_cents
    + processor_fee_refunded_cents + tock_fee_refunded_cents
  ) * 0.01 as final_total
from raw.raw_tock_reservation
where deleted_at is null
