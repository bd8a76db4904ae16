-- The winery's daily run as a person would write it for PostgreSQL: :as_of, :covers_from and :began_at are its
-- parameters. The views of the models, the dimensions and the cards stand ready; the rest is made here, in one transaction.

-- orders under the channel that they count for
create temporary table sale on commit drop as
select * from marts.stg_order;

analyze sale (order_id, previous_order_id, purchase_type);

delete from marts.fct_order;

insert into marts.fct_order
with recursive trail as (
  select order_id, purchase_type, previous_order_id, channel, 0 as steps
  from sale
  where purchase_type = 'Exchange'
  union all
  select trail.order_id, earlier.purchase_type, earlier.previous_order_id, earlier.channel, trail.steps + 1
  from trail
  join sale as earlier on earlier.order_id = trail.previous_order_id
  where trail.purchase_type = 'Exchange' and trail.steps < 50
),
original as (
  select order_id, channel
  from trail
  where purchase_type is null or purchase_type <> 'Exchange'
)
select
  sale.order_id, sale.order_number, sale.customer_id, sale.payment_status, sale.purchase_type,
  coalesce(original.channel, sale.channel) as channel,
  sale.paid_at, sale.is_from_tock, sale.is_event, sale.event_kind, sale.event_revenue_text,
  sale.net_sales, sale.shipping, sale.tax, sale.tip, sale.total
from sale
left join original on original.order_id = sale.order_id;

-- a row a day, dense, with what every window can be summed from
create temporary table day on commit drop as
with orders as (
  select
    cast(paid_at at time zone 'America/Los_Angeles' as date) as date_key,
    sum(net_sales) filter (where channel = 'POS' and not is_event and not is_from_tock) as tasting_room_wine,
    sum(net_sales) filter (where channel = 'Club' and not is_event and not is_from_tock) as club_orders,
    sum(net_sales) filter (where channel = 'Web' and not is_event and not is_from_tock) as ecomm,
    sum(net_sales) filter (where channel = 'Inbound' and not is_event and not is_from_tock) as phone,
    sum(shipping) as shipping,
    count(*) filter (
      where channel = 'POS' and not is_event and not is_from_tock and total > 0
        and coalesce(purchase_type, '') not in ('Refund', 'Exchange', 'Pickup To Ship')
    ) as tasting_room_orders
  from marts.fct_order
  where payment_status = 'Paid'
  group by 1
),
events as (
  select
    revenue_date as date_key,
    sum(net_sales) filter (where event_kind = 'Event Fee') as event_fees_orders,
    sum(net_sales) filter (where event_kind = 'Event Wine') as event_wine
  from marts.fct_event_order
  group by 1
),
items as (
  select cast(paid_at at time zone 'America/Los_Angeles' as date) as date_key, sum(wine_ml) as wine_ml
  from marts.fct_order_item
  where payment_status = 'Paid'
  group by 1
),
visits as (
  select
    cast(service_at at time zone 'America/Los_Angeles' as date) as date_key,
    sum(final_total) filter (where attribution = 'tasting_room') as tasting_room_fees,
    sum(final_total) filter (where attribution = 'club') as club_fees,
    sum(final_total) filter (where attribution = 'event') as event_fees,
    count(*) filter (where is_held) as reservations,
    sum(party_size) filter (where is_held) as visitors,
    sum(party_size) filter (where is_held and attribution = 'tasting_room') as tasting_room_guests,
    sum(party_size) filter (where is_held and attribution = 'event') as event_guests
  from marts.fct_reservation
  group by 1
),
membership as (
  select
    cast(signed_up_at at time zone 'America/Los_Angeles' as date) as signed_up,
    cast(cancelled_at at time zone 'America/Los_Angeles' as date) as cancelled
  from marts.fct_club_membership
),
signups as (
  select signed_up as date_key, count(*) as signups from membership group by 1
),
cancellations as (
  select cancelled as date_key, count(*) as cancellations from membership where cancelled is not null group by 1
),
-- changes before the first day are carried in on it
change as (
  select greatest(date_key, cast(:covers_from as date)) as date_key, sum(sign) as change
  from (
    select signed_up as date_key, 1 as sign from membership where cancelled is null or cancelled > signed_up
    union all
    select cancelled, -1 from membership where cancelled > signed_up
  ) as moved
  where date_key is not null
  group by 1
)
select
  dim_date.date_key,
  coalesce(tasting_room_wine, 0) as tasting_room_wine,
  coalesce(club_orders, 0) as club_orders,
  coalesce(ecomm, 0) as ecomm,
  coalesce(phone, 0) as phone,
  coalesce(shipping, 0) as shipping,
  coalesce(tasting_room_orders, 0) as tasting_room_orders,
  coalesce(event_fees_orders, 0) as event_fees_orders,
  coalesce(event_wine, 0) as event_wine,
  coalesce(wine_ml, 0) as wine_ml,
  coalesce(tasting_room_fees, 0) as tasting_room_fees,
  coalesce(club_fees, 0) as club_fees,
  coalesce(event_fees, 0) as event_fees,
  coalesce(reservations, 0) as reservations,
  coalesce(visitors, 0) as visitors,
  coalesce(tasting_room_guests, 0) as tasting_room_guests,
  coalesce(event_guests, 0) as event_guests,
  coalesce(signups, 0) as signups,
  coalesce(cancellations, 0) as cancellations,
  sum(coalesce(change, 0)) over (order by dim_date.date_key) as members,
  orders.date_key is not null as has_orders,
  events.date_key is not null as has_events,
  items.date_key is not null as has_items,
  visits.date_key is not null as has_visits,
  signups.date_key is not null as has_signups,
  cancellations.date_key is not null as has_cancellations
from nate_sandbox.dim_date
left join orders on orders.date_key = dim_date.date_key
left join events on events.date_key = dim_date.date_key
left join items on items.date_key = dim_date.date_key
left join visits on visits.date_key = dim_date.date_key
left join signups on signups.date_key = dim_date.date_key
left join cancellations on cancellations.date_key = dim_date.date_key
left join change on change.date_key = dim_date.date_key
where dim_date.date_key between :covers_from and :as_of;

-- the weeks, months, quarters and years so far, each with the one that it is compared with
create temporary table period on commit drop as
with unit as (
  select 'week' as period, interval '7 days' as long
  union all select 'month', interval '1 month'
  union all select 'quarter', interval '3 months'
  union all select 'year', interval '1 year'
),
begun as (
  select
    period,
    cast(date_trunc(period, dim_date.date_key) as date) as period_start,
    cast(date_trunc(period, dim_date.date_key) + long - interval '1 day' as date) as period_end,
    long
  from nate_sandbox.dim_date
  cross join unit
  where dim_date.date_key between :covers_from and :as_of
  group by 1, 2, 3, 4
),
known as (
  select *, least(period_end, cast(:as_of as date)) as through, period_end > :as_of as in_progress from begun
)
select
  period, period_start, period_end, through, in_progress,
  case when period = 'week' then period_start - 364 else cast(period_start - interval '1 year' as date) end as prior_first,
  case
    when period = 'week' then through - 364
    when in_progress then cast(through - interval '1 year' as date)
    else cast(period_start - interval '1 year' + long - interval '1 day' as date)
  end as prior_last
from known;

-- the four windows and the same a year before
create temporary table bounds on commit drop as
with given as (
  select cast(:as_of as date) as today, cast(cast(:as_of as date) - interval '1 year' as date) as year_ago
)
select 'mtd' as window_name, 'current' as side, cast(date_trunc('month', today) as date) as first_day, today as last_day from given
union all select 'mtd' as window_name, 'prior' as side, cast(date_trunc('month', year_ago) as date) as first_day, year_ago as last_day from given
union all select 'qtd' as window_name, 'current' as side, cast(date_trunc('quarter', today) as date) as first_day, today as last_day from given
union all select 'qtd' as window_name, 'prior' as side, cast(date_trunc('quarter', year_ago) as date) as first_day, year_ago as last_day from given
union all select 'ytd' as window_name, 'current' as side, cast(date_trunc('year', today) as date) as first_day, today as last_day from given
union all select 'ytd' as window_name, 'prior' as side, cast(date_trunc('year', year_ago) as date) as first_day, year_ago as last_day from given
union all select 'last28' as window_name, 'current' as side, today - 27 as first_day, today as last_day from given
union all select 'last28' as window_name, 'prior' as side, year_ago - 27 as first_day, year_ago as last_day from given
union all select period, 'current', period_start, through from period
union all select period, 'prior', prior_first, prior_last from period;

analyze day, bounds, period;

-- every KPI on every day and over every window: the formulas stand here once
create temporary table cell on commit drop as
with span as (
  select
    'day' as window_name, 'current' as side, date_key as first_day, date_key as last_day,
    tasting_room_wine, club_orders, ecomm, phone, shipping, tasting_room_orders, event_fees_orders, event_wine, wine_ml,
    tasting_room_fees, club_fees, event_fees, reservations, visitors, tasting_room_guests, event_guests, signups, cancellations, members
  from day
  union all
  select
    bounds.window_name, bounds.side, bounds.first_day, bounds.last_day,
    sum(tasting_room_wine) as tasting_room_wine,
    sum(club_orders) as club_orders,
    sum(ecomm) as ecomm,
    sum(phone) as phone,
    sum(shipping) as shipping,
    sum(tasting_room_orders) as tasting_room_orders,
    sum(event_fees_orders) as event_fees_orders,
    sum(event_wine) as event_wine,
    sum(wine_ml) as wine_ml,
    sum(tasting_room_fees) as tasting_room_fees,
    sum(club_fees) as club_fees,
    sum(event_fees) as event_fees,
    sum(reservations) as reservations,
    sum(visitors) as visitors,
    sum(tasting_room_guests) as tasting_room_guests,
    sum(event_guests) as event_guests,
    sum(signups) as signups,
    sum(cancellations) as cancellations,
    max(members) filter (where date_key = bounds.last_day) as members
  from bounds
  cross join lateral generate_series(0, bounds.last_day - bounds.first_day) as since
  left join day on day.date_key = bounds.first_day + since
  group by bounds.window_name, bounds.side, bounds.first_day, bounds.last_day
)
select span.window_name, span.side, span.first_day, span.last_day, kpi.kpi_id, cast(kpi.value as numeric(38, 10)) as value
from span
cross join lateral (
  values
    (1, tasting_room_wine),
    (2, tasting_room_fees),
    (3, tasting_room_wine + tasting_room_fees),
    (4, club_orders),
    (5, club_fees),
    (6, club_orders + club_fees),
    (7, ecomm),
    (8, phone),
    (9, event_fees_orders),
    (10, event_fees),
    (11, event_fees_orders + event_fees),
    (12, event_wine),
    (13, shipping),
    (14, tasting_room_wine + tasting_room_fees + club_orders + club_fees + ecomm + phone
      + event_fees_orders + event_fees + event_wine + shipping),
    (15, reservations),
    (16, visitors),
    (17, cast(cast(visitors as double precision) / nullif(reservations, 0) as numeric)),
    (18, tasting_room_guests),
    (19, event_guests),
    (20, cast(cast((tasting_room_fees + club_fees + event_fees) as double precision) / nullif(visitors, 0) as numeric)),
    (21, cast(cast(100 * tasting_room_orders as double precision) / nullif(tasting_room_guests, 0) as numeric)),
    (22, cast(cast(wine_ml as double precision) / nullif(9000, 0) as numeric)),
    (23, members),
    (24, signups),
    (25, cancellations),
    (26, signups - cancellations),
    (27, cast(cast(100 * signups as double precision) / nullif(tasting_room_guests, 0) as numeric))
) as kpi (kpi_id, value);

analyze cell (window_name, side, first_day, kpi_id);

-- what a person has as tests, for the run checks the same: keys are unique, visits have a known experience
select order_id, count(*) from marts.fct_order where payment_status = 'Paid' group by order_id having count(*) > 1;

select order_id, count(*) from marts.fct_event_order group by order_id having count(*) > 1;

select order_item_id, count(*) from marts.fct_order_item where payment_status = 'Paid' group by order_item_id having count(*) > 1;

select reservation_id, count(*) from marts.fct_reservation group by reservation_id having count(*) > 1;

select membership_id, count(*) from marts.fct_club_membership group by membership_id having count(*) > 1;

select experience_name, count(*) from marts.fct_reservation
where attribution is null and experience_name is not null group by experience_name;

-- the facts that are new or differ
insert into nate_sandbox.fact_kpi_daily (date_key, kpi_id, entity_id, value)
select cell.first_day, cell.kpi_id, 0, cell.value
from cell
left join nate_sandbox.fact_kpi_daily as fact
  on fact.date_key = cell.first_day and fact.kpi_id = cell.kpi_id and fact.entity_id = 0
where cell.window_name = 'day' and (fact.kpi_id is null or fact.value is distinct from cell.value)
on conflict (date_key, kpi_id, entity_id) do update set value = excluded.value;

-- the periods that are new or differ
insert into nate_sandbox.agg_kpi_period (period, period_start, period_end, through, kpi_id, entity_id,
  value, prior, delta, delta_pct, status, prior_status, in_progress)
with judged as (
  select
    *,
    case when last_day < :covers_from then 'no_data' when first_day < :covers_from then 'partial' when value is null then 'undefined' else 'ok' end as status
  from cell
  where window_name in ('week', 'month', 'quarter', 'year')
),
fresh as (
  select
    period.period, period.period_start, period.period_end, period.through, now.kpi_id, 0 as entity_id,
    now.value, before.value as prior, now.value - before.value as delta,
    cast(
      100 * cast(now.value - before.value as double precision) / nullif(abs(cast(before.value as double precision)), 0)
      as decimal(38, 10)
    ) as delta_pct,
    now.status, before.status as prior_status, period.in_progress
  from period
  join judged as now
    on now.window_name = period.period and now.side = 'current' and now.first_day = period.period_start
  join judged as before
    on before.window_name = period.period and before.side = 'prior' and before.first_day = period.prior_first
    and before.kpi_id = now.kpi_id
)
select fresh.*
from fresh
left join nate_sandbox.agg_kpi_period as kept
  on kept.period = fresh.period and kept.period_start = fresh.period_start and kept.kpi_id = fresh.kpi_id
  and kept.entity_id = fresh.entity_id
where kept.kpi_id is null
  or (kept.period_end, kept.through, kept.value, kept.prior, kept.delta, kept.delta_pct, kept.status, kept.prior_status, kept.in_progress)
  is distinct from (fresh.period_end, fresh.through, fresh.value, fresh.prior, fresh.delta, fresh.delta_pct, fresh.status, fresh.prior_status, fresh.in_progress)
on conflict (period, period_start, kpi_id, entity_id) do update set
  period_end = excluded.period_end, through = excluded.through, value = excluded.value, prior = excluded.prior, delta = excluded.delta, delta_pct = excluded.delta_pct, status = excluded.status, prior_status = excluded.prior_status, in_progress = excluded.in_progress;

delete from nate_sandbox.agg_kpi_dashboard where as_of_date = :as_of;

insert into nate_sandbox.agg_kpi_dashboard (as_of_date, kpi_id, entity_id,
  mtd_value, mtd_prior, mtd_delta, mtd_delta_pct, mtd_status, mtd_prior_status,
  qtd_value, qtd_prior, qtd_delta, qtd_delta_pct, qtd_status, qtd_prior_status,
  ytd_value, ytd_prior, ytd_delta, ytd_delta_pct, ytd_status, ytd_prior_status,
  last28_value, last28_prior, last28_delta, last28_delta_pct, last28_status, last28_prior_status,
  payload, data_through, refreshed_at)
with judged as (
  select
    *,
    case when last_day < :covers_from then 'no_data' when first_day < :covers_from then 'partial' when value is null then 'undefined' else 'ok' end as status
  from cell
  where window_name in ('mtd', 'qtd', 'ytd', 'last28')
),
wide as (
  select
    kpi_id,
    max(value) filter (where window_name = 'mtd' and side = 'current') as mtd_value,
    max(status) filter (where window_name = 'mtd' and side = 'current') as mtd_status,
    max(first_day) filter (where window_name = 'mtd' and side = 'current') as mtd_from,
    max(last_day) filter (where window_name = 'mtd' and side = 'current') as mtd_to,
    max(value) filter (where window_name = 'mtd' and side = 'prior') as mtd_prior,
    max(status) filter (where window_name = 'mtd' and side = 'prior') as mtd_prior_status,
    max(first_day) filter (where window_name = 'mtd' and side = 'prior') as mtd_prior_from,
    max(last_day) filter (where window_name = 'mtd' and side = 'prior') as mtd_prior_to,
    max(value) filter (where window_name = 'qtd' and side = 'current') as qtd_value,
    max(status) filter (where window_name = 'qtd' and side = 'current') as qtd_status,
    max(first_day) filter (where window_name = 'qtd' and side = 'current') as qtd_from,
    max(last_day) filter (where window_name = 'qtd' and side = 'current') as qtd_to,
    max(value) filter (where window_name = 'qtd' and side = 'prior') as qtd_prior,
    max(status) filter (where window_name = 'qtd' and side = 'prior') as qtd_prior_status,
    max(first_day) filter (where window_name = 'qtd' and side = 'prior') as qtd_prior_from,
    max(last_day) filter (where window_name = 'qtd' and side = 'prior') as qtd_prior_to,
    max(value) filter (where window_name = 'ytd' and side = 'current') as ytd_value,
    max(status) filter (where window_name = 'ytd' and side = 'current') as ytd_status,
    max(first_day) filter (where window_name = 'ytd' and side = 'current') as ytd_from,
    max(last_day) filter (where window_name = 'ytd' and side = 'current') as ytd_to,
    max(value) filter (where window_name = 'ytd' and side = 'prior') as ytd_prior,
    max(status) filter (where window_name = 'ytd' and side = 'prior') as ytd_prior_status,
    max(first_day) filter (where window_name = 'ytd' and side = 'prior') as ytd_prior_from,
    max(last_day) filter (where window_name = 'ytd' and side = 'prior') as ytd_prior_to,
    max(value) filter (where window_name = 'last28' and side = 'current') as last28_value,
    max(status) filter (where window_name = 'last28' and side = 'current') as last28_status,
    max(first_day) filter (where window_name = 'last28' and side = 'current') as last28_from,
    max(last_day) filter (where window_name = 'last28' and side = 'current') as last28_to,
    max(value) filter (where window_name = 'last28' and side = 'prior') as last28_prior,
    max(status) filter (where window_name = 'last28' and side = 'prior') as last28_prior_status,
    max(first_day) filter (where window_name = 'last28' and side = 'prior') as last28_prior_from,
    max(last_day) filter (where window_name = 'last28' and side = 'prior') as last28_prior_to
  from judged
  group by kpi_id
),
changed as (
  select
    *,
    mtd_value - mtd_prior as mtd_delta,
    cast(
      100 * cast(mtd_value - mtd_prior as double precision) / nullif(abs(cast(mtd_prior as double precision)), 0)
      as decimal(38, 10)
    ) as mtd_delta_pct,
    qtd_value - qtd_prior as qtd_delta,
    cast(
      100 * cast(qtd_value - qtd_prior as double precision) / nullif(abs(cast(qtd_prior as double precision)), 0)
      as decimal(38, 10)
    ) as qtd_delta_pct,
    ytd_value - ytd_prior as ytd_delta,
    cast(
      100 * cast(ytd_value - ytd_prior as double precision) / nullif(abs(cast(ytd_prior as double precision)), 0)
      as decimal(38, 10)
    ) as ytd_delta_pct,
    last28_value - last28_prior as last28_delta,
    cast(
      100 * cast(last28_value - last28_prior as double precision) / nullif(abs(cast(last28_prior as double precision)), 0)
      as decimal(38, 10)
    ) as last28_delta_pct
  from wide
),
through as (
  select
    max(date_key) filter (where has_orders) as orders,
    max(date_key) filter (where has_events) as event_orders,
    max(date_key) filter (where has_items) as order_items,
    max(date_key) filter (where has_visits) as reservations,
    max(date_key) filter (where has_signups) as club_signups,
    max(date_key) filter (where has_cancellations) as club_cancellations
  from day
),
data_through as (
  select
    kpi_id,
    case
      when kpi_id in (1, 4, 7, 8, 13) then orders
      when kpi_id in (9, 12) then event_orders
      when kpi_id in (3, 6, 21) then least(orders, reservations)
      when kpi_id = 11 then least(event_orders, reservations)
      when kpi_id = 14 then least(orders, event_orders, reservations)
      when kpi_id = 22 then order_items
      when kpi_id in (23, 24) then club_signups
      when kpi_id = 25 then club_cancellations
      when kpi_id = 26 then least(club_signups, club_cancellations)
      when kpi_id = 27 then least(club_signups, reservations)
      else reservations
    end as data_through
  from changed
  cross join through
),
trend as (
  select
    changed.kpi_id,
    jsonb_agg(jsonb_build_object('date', dim_date.date_key, 'value', cell.value) order by dim_date.date_key) as trend
  from changed
  join nate_sandbox.dim_date on dim_date.date_key between cast(:as_of as date) - 27 and :as_of
  left join cell
    on cell.kpi_id = changed.kpi_id and cell.window_name = 'day' and cell.first_day = dim_date.date_key
  group by changed.kpi_id
)
select
  cast(:as_of as date), changed.kpi_id, 0,
  mtd_value, mtd_prior, mtd_delta, mtd_delta_pct, mtd_status, mtd_prior_status,
  qtd_value, qtd_prior, qtd_delta, qtd_delta_pct, qtd_status, qtd_prior_status,
  ytd_value, ytd_prior, ytd_delta, ytd_delta_pct, ytd_status, ytd_prior_status,
  last28_value, last28_prior, last28_delta, last28_delta_pct, last28_status, last28_prior_status,
  jsonb_build_object(
    'kpi', card.card,
    'entity', jsonb_build_object('id', 0, 'code', 'ALL', 'name', 'All locations'),
    'as_of', cast(:as_of as date),
    'data_through', data_through.data_through,
    'format', card.format,
    'windows', jsonb_build_object(
      'mtd', jsonb_build_object(
        'from', mtd_from, 'to', mtd_to, 'days', mtd_to - mtd_from + 1, 'value', mtd_value, 'status', mtd_status,
        'prior', jsonb_build_object(
          'from', mtd_prior_from, 'to', mtd_prior_to, 'days', mtd_prior_to - mtd_prior_from + 1,
          'value', mtd_prior, 'status', mtd_prior_status
        ),
        'delta', mtd_delta, 'delta_pct', mtd_delta_pct
      ),
      'qtd', jsonb_build_object(
        'from', qtd_from, 'to', qtd_to, 'days', qtd_to - qtd_from + 1, 'value', qtd_value, 'status', qtd_status,
        'prior', jsonb_build_object(
          'from', qtd_prior_from, 'to', qtd_prior_to, 'days', qtd_prior_to - qtd_prior_from + 1,
          'value', qtd_prior, 'status', qtd_prior_status
        ),
        'delta', qtd_delta, 'delta_pct', qtd_delta_pct
      ),
      'ytd', jsonb_build_object(
        'from', ytd_from, 'to', ytd_to, 'days', ytd_to - ytd_from + 1, 'value', ytd_value, 'status', ytd_status,
        'prior', jsonb_build_object(
          'from', ytd_prior_from, 'to', ytd_prior_to, 'days', ytd_prior_to - ytd_prior_from + 1,
          'value', ytd_prior, 'status', ytd_prior_status
        ),
        'delta', ytd_delta, 'delta_pct', ytd_delta_pct
      ),
      'last28', jsonb_build_object(
        'from', last28_from, 'to', last28_to, 'days', last28_to - last28_from + 1, 'value', last28_value, 'status', last28_status,
        'prior', jsonb_build_object(
          'from', last28_prior_from, 'to', last28_prior_to, 'days', last28_prior_to - last28_prior_from + 1,
          'value', last28_prior, 'status', last28_prior_status
        ),
        'delta', last28_delta, 'delta_pct', last28_delta_pct
      )
    ),
    'trend', trend.trend
  ),
  data_through.data_through, cast(:began_at as timestamp with time zone)
from changed
join data_through on data_through.kpi_id = changed.kpi_id
join trend on trend.kpi_id = changed.kpi_id
join nate_sandbox.card on card.kpi_id = changed.kpi_id;
