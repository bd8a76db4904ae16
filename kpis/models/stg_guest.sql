-- Guests of Tock by patron, without what is private.
select
  patron_id,
  email_hash,
  total_spend_cents * 0.01 as total_spend,
  opt_in
from raw.raw_tock_guest
where deleted_at is null
