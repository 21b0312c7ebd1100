-- Each row of Claude's declared ledger lands exactly once in int_spend, per measure, account and day (DESIGN law 4).
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}

with accounts as (
    select * from {{ source('platform', 'accounts') }} where vendor = 'anthropic'
),

ledger as (
    select rows.account, rows.day, 'analytics_cost' as stream, sum(consumption_usd) as consumption_usd, sum(billed_usd) as billed_usd, 0 as tokens
    from {{ ref('stg_anthropic__analytics_cost') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'analytics_cost'
    group by rows.account, rows.day
    union all
    select
        rows.account, rows.day, 'analytics_usage' as stream, 0 as consumption_usd, 0 as billed_usd,
        sum(uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + output_tokens) as tokens
    from {{ ref('stg_anthropic__analytics_usage') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'analytics_cost'
    group by rows.account, rows.day
    union all
    select rows.account, rows.day, 'cost_report' as stream, 0 as consumption_usd, sum(billed_usd) as billed_usd, 0 as tokens
    from {{ ref('stg_anthropic__cost_report') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'cost_report'
    group by rows.account, rows.day
    union all
    select
        rows.account, rows.day, 'usage_messages' as stream, 0 as consumption_usd, 0 as billed_usd,
        sum(uncached_input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + output_tokens) as tokens
    from {{ ref('stg_anthropic__usage_messages') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'cost_report'
    group by rows.account, rows.day
    union all
    select
        rows.account, rows.day, 'team_spend' as stream, sum(consumption_usd) as consumption_usd, sum(billed_usd) as billed_usd,
        sum(output_tokens) as tokens
    from {{ ref('stg_anthropic__team_spend') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'team_spend'
    group by rows.account, rows.day
),

spend as (
    select
        account,
        day,
        stream,
        sum(consumption_usd) as consumption_usd,
        sum(billed_usd) as billed_usd,
        sum(
            coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0)
        ) as tokens
    from {{ ref('int_spend') }}
    where vendor = 'anthropic'
    group by account, day, stream
)

select
    coalesce(ledger.account, spend.account) as account,
    coalesce(ledger.day, spend.day) as day,
    coalesce(ledger.stream, spend.stream) as stream,
    ledger.consumption_usd as ledger_consumption_usd,
    spend.consumption_usd,
    ledger.billed_usd as ledger_billed_usd,
    spend.billed_usd,
    ledger.tokens as ledger_tokens,
    spend.tokens
from ledger
full outer join spend on ledger.account = spend.account and ledger.day = spend.day and ledger.stream = spend.stream
where coalesce(ledger.consumption_usd, 0) <> coalesce(spend.consumption_usd, 0)
    or coalesce(ledger.billed_usd, 0) <> coalesce(spend.billed_usd, 0)
    or coalesce(ledger.tokens, 0) <> coalesce(spend.tokens, 0)
