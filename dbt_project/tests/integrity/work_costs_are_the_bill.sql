-- Known work and what is left of each pool are the use on the bill, per vendor and day, to the last unit.
{{ config(meta={'dagster': {'ref': {'name': 'int_work_costs'}}}) }}

with billed as (
    select vendor, day, sum(effective_usd) as effective_usd
    from {{ ref('int_spend_effective') }}
    where series <> 'human_seat' and principal_kind in ('person', 'machine')
    group by vendor, day
),

found as (
    select vendor, day, sum(effective_usd) as effective_usd
    from {{ ref('int_work_costs') }}
    group by vendor, day
)

select *
from billed
full outer join found using (vendor, day)
where coalesce(billed.effective_usd, 0) <> coalesce(found.effective_usd, 0)
