-- The export and the summary are two tellings of one bill: where both are whole, a day that differs by more than a cent was not read whole.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with whole_days as (
    select account, day
    from {{ ref('int_stream_days') }}
    where vendor = 'github_copilot' and stream in ('ai_credit_report', 'ai_credit_usage') and status = 'complete'
    group by account, day
    having count(*) = 2
),

tellings as (
    select account, day, gross_usd as export_gross, net_usd as export_net, 0 as summary_gross, 0 as summary_net
    from {{ ref('stg_github_copilot__ai_credit_report') }}
    union all
    select account, day, 0, 0, gross_usd, net_usd
    from {{ ref('stg_github_copilot__ai_credit_usage') }}
)

select
    tellings.account, tellings.day, sum(export_gross) as export_gross_usd, sum(summary_gross) as summary_gross_usd,
    sum(export_net) as export_net_usd, sum(summary_net) as summary_net_usd
from tellings
inner join whole_days on tellings.account = whole_days.account and tellings.day = whole_days.day
group by tellings.account, tellings.day
having abs(sum(export_gross) - sum(summary_gross)) > 0.01 or abs(sum(export_net) - sum(summary_net)) > 0.01
