-- The wide table: a row a day, a column for each KPI, as they were last published.
select
  date_key,
  max(case when kpi_id = 1 then value end) as tasting_room_wine_revenue,
  max(case when kpi_id = 2 then value end) as tasting_room_fees_revenue,
  max(case when kpi_id = 3 then value end) as tasting_room_total_revenue,
  max(case when kpi_id = 4 then value end) as wine_club_orders_revenue,
  max(case when kpi_id = 5 then value end) as wine_club_fees_revenue,
  max(case when kpi_id = 6 then value end) as wine_club_total_revenue,
  max(case when kpi_id = 7 then value end) as ecomm_revenue,
  max(case when kpi_id = 8 then value end) as phone_revenue,
  max(case when kpi_id = 9 then value end) as event_fees_orders_revenue,
  max(case when kpi_id = 10 then value end) as event_fees_reservations_revenue,
  max(case when kpi_id = 11 then value end) as event_fees_total_revenue,
  max(case when kpi_id = 12 then value end) as event_wine_revenue,
  max(case when kpi_id = 13 then value end) as shipping_revenue,
  max(case when kpi_id = 14 then value end) as total_daily_revenue,
  max(case when kpi_id = 15 then value end) as total_reservations,
  max(case when kpi_id = 16 then value end) as total_visitors,
  max(case when kpi_id = 17 then value end) as avg_party_size,
  max(case when kpi_id = 18 then value end) as tasting_room_guests,
  max(case when kpi_id = 19 then value end) as event_guests,
  max(case when kpi_id = 20 then value end) as avg_tasting_fee_per_guest,
  max(case when kpi_id = 21 then value end) as tasting_room_orders_per_guest_pct,
  max(case when kpi_id = 22 then value end) as total_9l_sold,
  max(case when kpi_id = 23 then value end) as total_active_club_membership,
  max(case when kpi_id = 24 then value end) as new_member_acquisition,
  max(case when kpi_id = 25 then value end) as existing_member_attrition,
  max(case when kpi_id = 26 then value end) as club_population_net_gain_loss,
  max(case when kpi_id = 27 then value end) as club_conversion_per_taster_pct
from nate_sandbox.fact_kpi_daily
where entity_id = 0
group by date_key
