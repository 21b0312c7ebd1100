-- Each usage event lands exactly once in int_spend, per account and day (DESIGN law 4). What a kind means is written out here, so that a wrong
-- rule in the seed shows.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}

with accounts as (
    select * from {{ source('platform', 'accounts') }} where vendor = 'cursor' and ledger = 'usage_events'
),

events as (
    select
        events.*,
        regexp_matches(kind, 'not[ _]charged') as is_not_charged,
        regexp_matches(kind, 'api[ _]key') as is_own_key,
        regexp_matches(kind, 'included|free') as is_covered,
        regexp_matches(kind, 'usage[ _-]based|on[ _-]demand') as is_on_demand
    from {{ ref('stg_cursor__usage_events') }} as events
    inner join accounts on events.account = accounts.account
),

ledger as (
    select
        account,
        day,
        count(*) as requests,
        sum(
            case
                when is_own_key and not is_not_charged then coalesce(token_fee_usd, 0)
                when is_token_based then list_usd + coalesce(token_fee_usd, 0)
                else {{ times('request_units', "'0.04'") }}
            end
        ) as consumption_usd,
        sum(case when (is_on_demand or is_own_key) and not is_not_charged and not is_covered then charged_usd end) as billed_usd,
        sum(uncached_input_tokens) + sum(cache_read_tokens) + sum(cache_write_tokens) + sum(output_tokens) as tokens
    from events
    group by account, day
),

spend as (
    select
        account,
        day,
        sum(requests) as requests,
        sum(consumption_usd) as consumption_usd,
        sum(billed_usd) as billed_usd,
        sum(uncached_input_tokens) + sum(cache_read_tokens) + sum(cache_write_tokens) + sum(output_tokens) as tokens
    from {{ ref('int_spend') }}
    where vendor = 'cursor'
    group by account, day
)

select
    coalesce(ledger.account, spend.account) as account,
    coalesce(ledger.day, spend.day) as day,
    ledger.requests as ledger_requests,
    spend.requests,
    ledger.consumption_usd as ledger_consumption_usd,
    spend.consumption_usd,
    ledger.billed_usd as ledger_billed_usd,
    spend.billed_usd
from ledger
full outer join spend on ledger.account = spend.account and ledger.day = spend.day
where coalesce(ledger.requests, 0) <> coalesce(spend.requests, 0)
    or coalesce(ledger.consumption_usd, 0) <> coalesce(spend.consumption_usd, 0)
    or coalesce(ledger.billed_usd, 0) <> coalesce(spend.billed_usd, 0)
    or coalesce(ledger.tokens, 0) <> coalesce(spend.tokens, 0)
