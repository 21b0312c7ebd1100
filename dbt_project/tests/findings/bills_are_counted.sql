-- A bill that was imported for an account whose declared ledger is another stream is in no figure: without this nobody would know.
-- Remedy: `ledger = "ai_credit_report"` in the account's section of spend.toml.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select
    bill.account, accounts.ledger, min(bill.day) as since, max(bill.day) as until,
    sum(bill.gross_usd) as gross_usd, sum(bill.net_usd) as net_usd
from {{ ref('stg_github_copilot__ai_credit_report') }} as bill
left join {{ source('platform', 'accounts') }} as accounts on accounts.vendor = 'github_copilot' and bill.account = accounts.account
where coalesce(accounts.ledger, '') <> 'ai_credit_report'
group by bill.account, accounts.ledger
