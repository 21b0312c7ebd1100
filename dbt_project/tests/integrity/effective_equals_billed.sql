-- What is shared out is what was billed, per account and month, to the last unit.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend_effective'}}}) }}

select vendor, account, month, sum(billed_usd) as billed_usd, sum(effective_usd) as effective_usd
from {{ ref('int_spend_effective') }}
group by vendor, account, month
having coalesce(sum(billed_usd), 0) <> coalesce(sum(effective_usd), 0)
