-- Money of usage files that is in no figure: an amount in another currency than dollars, or an account that has not declared its ledger. Remedy: write dollars;
-- name the ledger of the account in spend.toml where no vendor behind it sends a bill that is ingested as well.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select 'custom_agents' as vendor, account, coalesce(currency, unit) as currency, 'not in dollars' as reason, min(day) as since, max(day) as until
from {{ ref('stg_custom_agents__usage') }}
where currency <> 'USD'
group by account, coalesce(currency, unit)

union all

select lines.vendor, lines.account, 'USD' as currency, 'an estimate: no declared ledger' as reason, min(lines.day) as since, max(lines.day) as until
from {{ ref('int_file_vendors_spend_lines') }} as lines
where lines.basis = 'estimate'
group by lines.vendor, lines.account
