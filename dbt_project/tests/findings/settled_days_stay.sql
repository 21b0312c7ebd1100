-- The 28-day report shows a settled day otherwise than we hold it, and the day was not fetched again.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'data_health'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('data_health') }}

with newest as (
    select account, max(observed_on) as observed_on from {{ ref('stg_github_copilot__user_28_days') }} group by account
),

shown as (
    select report.account, report.day, report.github_id, report.credits
    from {{ ref('stg_github_copilot__user_28_days') }} as report
    inner join newest on report.account = newest.account and report.observed_on = newest.observed_on
),

settled as (
    select account, day
    from {{ ref('int_stream_days') }}
    where vendor = 'github_copilot' and stream = 'user_days' and status = 'complete'
)

select shown.account, shown.day, count(*) as persons_found
from shown
inner join settled on shown.account = settled.account and shown.day = settled.day
left join {{ ref('stg_github_copilot__user_days') }} as held
    on shown.account = held.account and shown.day = held.day and shown.github_id = held.github_id
where held.github_id is null or coalesce(held.credits, -1) <> coalesce(shown.credits, -1)
group by shown.account, shown.day
