-- One row for each reservation and walk-in: what it belongs to, whether it was held, what was kept of its money.
select
  booking.reservation_id,
  cast(booking.service_at as timestamp with time zone) as service_at,
  booking.party_size,
  booking.experience_name,
  booking.final_total,
  not booking.is_cancelled
    and not booking.transferred_out
    and coalesce(booking.party_state, '') not in ('NO_SHOW', 'CANCELLED')
    and coalesce(booking.experience_variety, '') not in ('PICKUP', 'DELIVERY') as is_held,
  coalesce(
    experience.attribution,
    case when booking.is_walk_in then 'tasting_room' end
  ) as attribution
from stg_reservation as booking
left join experience on experience.experience_name = booking.experience_name
