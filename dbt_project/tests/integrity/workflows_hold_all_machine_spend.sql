-- spend_per_workflow_daily equals the machines' use of each day, without the keys that are one person's own; fully loaded, it is the same money.
{{ config(meta={'dagster': {'ref': {'name': 'spend_per_workflow_daily'}}}) }}

with billed as (
    select day, sum(effective_usd) as effective_usd
    from {{ ref('int_work_costs') }}
    where principal_kind = 'machine'
    group by day
),

told as (
    select day, sum(effective_usd) as effective_usd, sum(fully_loaded_usd) as fully_loaded_usd
    from {{ ref('spend_per_workflow_daily') }}
    group by day
)

select *
from billed
full outer join told using (day)
where coalesce(billed.effective_usd, 0) <> coalesce(told.effective_usd, 0)
    or coalesce(told.fully_loaded_usd, 0) <> coalesce(told.effective_usd, 0)
