-- Every row of the ledgers that has money is in the period of at most one bill: what bills say was used is never more than what was used.
{{ config(meta={'dagster': {'ref': {'name': 'int_bill_usage'}}}) }}

select spend.vendor, spend.account, spend.month, spend.billed_usd, bills.billed_usd as on_bills_usd
from (
    select vendor, account, cast({{ dbt.date_trunc('month', 'day') }} as date) as month, sum(billed_usd) as billed_usd
    from {{ ref('int_spend') }}
    group by vendor, account, month
) as spend
inner join (
    select vendor, account, month, sum(billed_usd) as billed_usd
    from {{ ref('int_bill_usage') }}
    where is_consumed
    group by vendor, account, month
) as bills on spend.vendor = bills.vendor and spend.account = bills.account and spend.month = bills.month
where abs(bills.billed_usd) > abs(spend.billed_usd)
