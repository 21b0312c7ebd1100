-- Of vendors by file: what a declared ledger says lands exactly once in int_spend, and what is no ledger lands as no money at all.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}

with said as (
    select 'openrouter' as vendor, account, day, 'activity' as stream, usage_usd as usd from {{ ref('stg_openrouter__activity') }}
    union all
    select 'litellm' as vendor, account, day, 'spend_logs' as stream, estimated_usd as usd from {{ ref('stg_litellm__spend_logs') }}
    union all
    select 'custom_agents' as vendor, account, day, 'usage' as stream, amount_usd as usd from {{ ref('stg_custom_agents__usage') }}
),

ledger as (
    select said.vendor, said.account, said.day, sum(said.usd) as billed_usd
    from said
    inner join {{ source('platform', 'accounts') }} as accounts
        on said.vendor = accounts.vendor and said.account = accounts.account and said.stream = accounts.ledger
    group by said.vendor, said.account, said.day
),

spend as (
    select vendor, account, day, sum(billed_usd) as billed_usd
    from {{ ref('int_spend') }}
    where vendor in ('openrouter', 'litellm') or (vendor = 'custom_agents' and stream = 'usage')
    group by vendor, account, day
)

select
    coalesce(ledger.vendor, spend.vendor) as vendor,
    coalesce(ledger.account, spend.account) as account,
    coalesce(ledger.day, spend.day) as day,
    ledger.billed_usd as ledger_billed_usd,
    spend.billed_usd
from ledger
full outer join spend on ledger.vendor = spend.vendor and ledger.account = spend.account and ledger.day = spend.day
where coalesce(ledger.billed_usd, 0) <> coalesce(spend.billed_usd, 0)
