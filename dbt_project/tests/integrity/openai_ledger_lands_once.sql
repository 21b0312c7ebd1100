-- Each row of the costs lands exactly once in int_spend as money, each row of the usage exactly once as tokens (DESIGN law 4).
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}

with ledger as (
    select account, day, sum(amount_usd) as billed_usd, 0 as input_tokens, 0 as output_tokens, cast(0 as {{ money_type() }}) as credits
    from {{ ref('stg_openai__costs') }}
    group by account, day
    union all
    select
        account, day, 0,
        sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)), sum(output_tokens), 0
    from {{ ref('stg_openai__usage_completions') }}
    group by account, day
    union all
    select account, day, 0, sum(coalesce(input_tokens, 0)), 0, 0
    from {{ ref('stg_openai__usage_other') }}
    group by account, day
    union all
    select
        account, day, 0, sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0)), sum(coalesce(output_tokens, 0)),
        sum(coalesce(credits, 0))
    from {{ ref('stg_openai__codex_usage') }}
    group by account, day
),

told as (
    select
        ledger.account, ledger.day, sum(billed_usd) as billed_usd, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
        sum(credits) as credits
    from ledger
    inner join {{ source('platform', 'accounts') }} as accounts
        on accounts.vendor = 'openai' and ledger.account = accounts.account and accounts.ledger = 'costs'
    group by ledger.account, ledger.day
),

spend as (
    select
        account,
        day,
        sum(coalesce(billed_usd, 0)) as billed_usd,
        sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)) as input_tokens,
        sum(coalesce(output_tokens, 0)) as output_tokens,
        sum(coalesce(credits, 0)) as credits
    from {{ ref('int_spend') }}
    where vendor = 'openai'
    group by account, day
)

select
    coalesce(told.account, spend.account) as account,
    coalesce(told.day, spend.day) as day,
    told.billed_usd as ledger_billed_usd,
    spend.billed_usd,
    told.input_tokens as ledger_input_tokens,
    spend.input_tokens,
    told.output_tokens as ledger_output_tokens,
    spend.output_tokens,
    told.credits as ledger_credits,
    spend.credits
from told
full outer join spend on told.account = spend.account and told.day = spend.day
where coalesce(told.billed_usd, 0) <> coalesce(spend.billed_usd, 0)
    or coalesce(told.input_tokens, 0) <> coalesce(spend.input_tokens, 0)
    or coalesce(told.output_tokens, 0) <> coalesce(spend.output_tokens, 0)
    or coalesce(told.credits, 0) <> coalesce(spend.credits, 0)
