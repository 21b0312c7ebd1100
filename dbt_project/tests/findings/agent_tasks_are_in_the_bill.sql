-- The cloud agent's credits by task lie inside what Copilot's ledger says of the cloud agent: more of them means that the bill lacks something.
-- A session may end on the day after the one it is billed on, hence a month and a tolerance of 2 %.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_agent_tasks'}}}) }}

with sessions as (
    select account, cast(date_trunc('month', completed_at) as date) as month, sum(nano_credits) as nano_credits
    from {{ ref('stg_git_delivery__agent_sessions') }}
    where completed_at is not null
    group by account, cast(date_trunc('month', completed_at) as date)
),

bill as (
    select account, cast(date_trunc('month', day) as date) as month, sum(credits) as credits, max(day) as last_day
    from {{ ref('int_spend_lines') }}
    where vendor = 'github_copilot' and surface = 'background_agent' and credits is not null
    group by account, cast(date_trunc('month', day) as date)
),

judged as (
    select
        sessions.account,
        sessions.month,
        {{ times('sessions.nano_credits', "'0.000000001'") }} as task_credits,
        bill.credits as billed_credits
    from sessions
    inner join bill on sessions.account = bill.account and sessions.month = bill.month
)

select *
from judged
where task_credits * 100 > billed_credits * 102
