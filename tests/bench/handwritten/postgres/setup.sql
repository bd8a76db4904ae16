-- Once, before the first daily run: what the payload says of a KPI itself.
create table nate_sandbox.card as
select
  kpi_id,
  jsonb_build_object('id', kpi_id, 'code', kpi_code, 'name', kpi_name, 'target_direction', target_direction) as card,
  cast(
    case format
      when 'currency' then '{"kind": "currency", "currency": "USD", "decimals": 0}'
      when 'currency_cents' then '{"kind": "currency", "currency": "USD", "decimals": 2}'
      when 'percent' then '{"kind": "percent", "decimals": 1, "stored_as": "percent"}'
      when 'number' then '{"kind": "number", "decimals": 0}'
      when 'number_tenths' then '{"kind": "number", "decimals": 1}'
      when 'cases' then '{"kind": "number", "decimals": 1, "unit": "9L cases"}'
    end as jsonb
  ) as format
from nate_sandbox.dim_kpi;
