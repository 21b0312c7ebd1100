-- Each row of the declared ledger lands exactly once in int_spend, per measure, account and day (DESIGN law 4).
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}

with accounts as (
    select * from {{ source('platform', 'accounts') }} where vendor = 'github_copilot'
),

prices as (
    select * from {{ ref('int_prices') }} where vendor = 'github_copilot' and item = 'ai_credit'
),

ledger as (
    select rows.account, rows.day, 'ai_credit_report' as stream, sum(rows.gross_usd) as consumption_usd, sum(rows.net_usd) as billed_usd
    from {{ ref('stg_github_copilot__ai_credit_report') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'ai_credit_report'
    group by rows.account, rows.day
    union all
    select rows.account, rows.day, 'ai_credit_usage' as stream, sum(rows.gross_usd) as consumption_usd, sum(rows.net_usd) as billed_usd
    from {{ ref('stg_github_copilot__ai_credit_usage') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'ai_credit_usage'
    group by rows.account, rows.day
    union all
    select
        rows.account, rows.day, 'user_days' as stream,
        sum({{ times('rows.credits', 'prices.usd') }}) as consumption_usd, cast(null as {{ money_type() }}) as billed_usd
    from {{ ref('stg_github_copilot__user_days') }} as rows
    inner join accounts on rows.account = accounts.account and accounts.ledger = 'user_days'
    left join prices on rows.day >= prices.valid_from and rows.day < prices.valid_to
    where rows.credits is not null
    group by rows.account, rows.day
    union all
    -- Of the detailed bill: seats, and what agents cost elsewhere. Written out here, so that a wrong rule in the seed shows.
    select
        account, day, 'billing_report' as stream,
        sum(case when product <> 'copilot' or sku like 'sandbox%' then gross_usd end) as consumption_usd, sum(net_usd) as billed_usd
    from {{ ref('stg_github_copilot__billing_report') }}
    where (product = 'copilot' and sku not like '%ai_credit%' and sku not like '%premium_request%')
        or (product = 'actions' and workflow_path like 'dynamic/%')
        or (sku like 'sandbox%' and sku not like '%ai_credit%')
    group by account, day
),

spend as (
    select account, day, stream, sum(consumption_usd) as consumption_usd, sum(billed_usd) as billed_usd
    from {{ ref('int_spend') }}
    where vendor = 'github_copilot'
    group by account, day, stream
)

select
    coalesce(ledger.account, spend.account) as account,
    coalesce(ledger.day, spend.day) as day,
    coalesce(ledger.stream, spend.stream) as stream,
    ledger.consumption_usd as ledger_consumption_usd,
    spend.consumption_usd,
    ledger.billed_usd as ledger_billed_usd,
    spend.billed_usd
from ledger
full outer join spend on ledger.account = spend.account and ledger.day = spend.day and ledger.stream = spend.stream
where coalesce(ledger.consumption_usd, 0) <> coalesce(spend.consumption_usd, 0)
    or coalesce(ledger.billed_usd, 0) <> coalesce(spend.billed_usd, 0)
