-- OpenAI bills in dollars. An amount in another currency would be in no figure: nothing is published without it.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select account, day, currency, count(*) as rows_found
from {{ ref('stg_openai__costs') }}
where currency <> 'usd'
group by account, day, currency
