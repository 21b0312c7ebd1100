-- The cloud agent's credits by task lie inside what Copilot's ledger says of the cloud agent: more of them means that the bill lacks something.
-- By month and up to the bill's last day, as tasks are known a day earlier; a session may use credits after midnight, hence a tolerance of 2 %.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_agent_tasks'}}}) }}

with lines as (
    select account, day, surface, credits
    from {{ ref('int_spend_lines') }}
    where vendor = 'github_copilot' and credits is not null
),

bill as (
    select account, cast(date_trunc('month', day) as date) as month, sum(credits) as credits
    from lines
    where surface = 'background_agent'
    group by account, cast(date_trunc('month', day) as date)
),

-- A ledger that does not split by surface says nothing of the agent.
splits as (
    select account, max(day) as last_day
    from lines
    where account in (select account from bill)
    group by account
),

sessions as (
    select
        sessions.account,
        cast(date_trunc('month', sessions.created_at) as date) as month,
        {{ times('sum(sessions.nano_credits)', "'0.000000001'") }} as credits
    from {{ ref('stg_git_delivery__agent_sessions') }} as sessions
    inner join splits on sessions.account = splits.account and cast(sessions.created_at as date) <= splits.last_day
    group by sessions.account, cast(date_trunc('month', sessions.created_at) as date)
)

select sessions.account, sessions.month, sessions.credits as task_credits, bill.credits as billed_credits
from sessions
left join bill on sessions.account = bill.account and sessions.month = bill.month
where sessions.credits * 100 > coalesce(bill.credits, 0) * 102
