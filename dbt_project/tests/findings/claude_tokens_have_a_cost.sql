-- Days of Claude with tokens and no cost, or with token costs and no tokens: the two reports count blocked requests differently, but
-- not whole days. Priority Tier is not in the older cost report: its tokens are no cost there, and a finding of their own.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_anthropic_spend_lines'}}}) }}

with days as (
    select
        account,
        day,
        sum(case when stream in ('analytics_usage', 'usage_messages') then uncached_input_tokens + output_tokens end) as tokens,
        sum(case when sku like 'tokens:%' then billed_usd end) as billed_usd
    from {{ ref('int_anthropic_spend_lines') }}
    where stream <> 'team_spend'
    group by account, day
),

priority as (
    select account, day, sum(uncached_input_tokens + output_tokens) as tokens
    from {{ ref('stg_anthropic__usage_messages') }}
    where service_tier in ('priority', 'priority_on_demand')
    group by account, day
)

select account, day, tokens, billed_usd, 'tokens and cost contradict each other' as finding
from days
where (coalesce(tokens, 0) > 0) <> (billed_usd is not null)
union all
select account, day, tokens, cast(null as {{ money_type() }}) as billed_usd, 'Priority Tier is not in the cost' as finding
from priority
where tokens > 0
