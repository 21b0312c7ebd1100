-- Credits of the metrics report against credits of the bill, per person and day, where both are complete. GitHub derives both from the
-- same use and does not promise that they are equal: more than 1 % and a tenth of a credit apart is a finding.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with complete_days as (
    select account, day
    from {{ ref('int_stream_days') }}
    where vendor = 'github_copilot' and stream in ('user_days', 'ai_credit_report') and status = 'complete'
    group by account, day
    having count(*) = 2
),

metric as (
    select account, day, login, sum(credits) as credits
    from {{ ref('stg_github_copilot__user_days') }}
    where credits is not null
    group by account, day, login
),

bill as (
    select account, day, login, sum(quantity) as credits
    from {{ ref('stg_github_copilot__ai_credit_report') }}
    where login is not null and unit_type = 'ai-credits' and login not like '%[bot]'
    group by account, day, login
),

compared as (
    select
        coalesce(metric.account, bill.account) as account,
        coalesce(metric.day, bill.day) as day,
        coalesce(metric.credits, 0) as metric_credits,
        coalesce(bill.credits, 0) as billed_credits
    from metric
    full outer join bill on metric.account = bill.account and metric.day = bill.day and metric.login = bill.login
)

select compared.account, compared.day, count(*) as persons_found, sum(metric_credits) as metric_credits, sum(billed_credits) as billed_credits
from compared
inner join complete_days on compared.account = complete_days.account and compared.day = complete_days.day
where abs(metric_credits - billed_credits) > 0.1
    and abs(metric_credits - billed_credits) * 100 > greatest(metric_credits, billed_credits)
group by compared.account, compared.day
