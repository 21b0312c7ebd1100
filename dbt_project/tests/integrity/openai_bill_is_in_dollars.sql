-- OpenAI bills in dollars. An amount in another currency is in no figure, and one without a currency is no amount: nothing is published without it.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select account, day, coalesce(currency, '(none)') as currency, count(*) as rows_found
from {{ ref('stg_openai__costs') }}
where amount_usd is null
group by account, day, coalesce(currency, '(none)')
