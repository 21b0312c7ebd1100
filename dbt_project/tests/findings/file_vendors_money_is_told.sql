-- Money of usage files that is in no figure: an amount in another currency than dollars, or an account that has not declared its ledger. Remedy: write dollars;
-- declare the ledger under [[sources.files]] in spend.toml, where no vendor behind the gateway sends a bill that is ingested as well.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with said as (
    select 'litellm' as vendor, account, day, 'spend_logs' as stream, estimated_usd as usd from {{ ref('stg_litellm__spend_logs') }}
    union all
    select 'custom_agents' as vendor, account, day, 'usage' as stream, amount_usd as usd from {{ ref('stg_custom_agents__usage') }}
)

select 'custom_agents' as vendor, account, currency, 'not in dollars' as reason, min(day) as since, max(day) as until, sum(amount) as amount
from {{ ref('stg_custom_agents__usage') }}
where currency <> 'USD'
group by account, currency

union all

select said.vendor, said.account, 'USD' as currency, 'an estimate: no declared ledger' as reason, min(said.day) as since, max(said.day) as until, sum(said.usd)
from said
left join {{ source('platform', 'accounts') }} as accounts
    on said.vendor = accounts.vendor and said.account = accounts.account and said.stream = accounts.ledger
where said.usd <> 0 and accounts.account is null
group by said.vendor, said.account
