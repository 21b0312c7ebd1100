-- Daily usage counts calls too, by how they are paid: where both are complete, a day that differs by more than a twentieth was not read whole.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with complete_days as (
    select account, day
    from {{ ref('int_stream_days') }}
    where vendor = 'cursor' and stream in ('usage_events', 'daily_usage') and status = 'complete'
    group by account, day
    having count(*) = 2
),

tellings as (
    select account, day, included_events + on_demand_events + own_key_events as counted, 0 as listed
    from {{ ref('stg_cursor__daily_usage') }}
    union all
    select account, day, 0, 1
    from {{ ref('int_cursor_events') }}
    where principal_kind = 'person' and billing in ('included', 'on_demand', 'own_key')
)

select tellings.account, tellings.day, sum(counted) as counted_calls, sum(listed) as listed_calls
from tellings
inner join complete_days on tellings.account = complete_days.account and tellings.day = complete_days.day
group by tellings.account, tellings.day
having abs(sum(counted) - sum(listed)) > 1 and abs(sum(counted) - sum(listed)) * 20 > sum(listed)
